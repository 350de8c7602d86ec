"""Fitted values: what the coefficients, and the groups' effects, make of each row."""

import numpy as np

from service.arrays import Vector
from service.design import Design
from service.engine import Estimates, random_factors


def population_values(design: Design, estimates: Estimates) -> Vector:
    """X beta and the offset of each row (n,) of a design whose columns are the fit's."""
    fitted = np.zeros(design.n) if design.offset is None else design.offset.copy()
    every, column = slice(design.n), np.empty(design.n)
    for k, coefficient in zip(estimates.kept.tolist(), estimates.beta.tolist(), strict=True):
        design.X.fill(k, every, column)
        column *= coefficient
        fitted += column
    return fitted


def fitted_values(design: Design, estimates: Estimates) -> Vector:
    """The fitted value of each row (n,) of a design whose groups are the fit's too: with the groups' deviations."""
    fitted = population_values(design, estimates)
    every, column = slice(design.n), np.empty(design.n)
    for factor, own in zip(estimates.factors, random_factors(design), strict=True):
        for effect, term in zip(own.effects, own.terms, strict=True):
            for k, deviations in enumerate(factor.effects[term]):
                effect.Z.fill(k, every, column)
                column *= deviations[effect.grouping.codes]
                fitted += column
    return fitted
