"""The law of a likelihood ratio, in parts."""

from service.contract.part import Part


class ChiSquared(Part):
    """A part of the law, if the smaller model is true: a chi-squared, which without degrees of freedom is 0."""

    df: int
    weight: float
