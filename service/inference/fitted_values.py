"""Fitted values: what the coefficients and the groups' effects make of each row."""

import numpy as np

from service.arrays import Vector
from service.design import Design
from service.engine import Estimates


def fitted_values(design: Design, estimates: Estimates) -> Vector:
    """The fitted value of each row (n,): X beta, the deviations of its groups, and the offset."""
    fitted = np.zeros(design.n) if design.offset is None else design.offset.copy()
    every, column = slice(design.n), np.empty(design.n)
    for k, coefficient in zip(estimates.kept.tolist(), estimates.beta.tolist(), strict=True):
        design.X.fill(k, every, column)
        column *= coefficient
        fitted += column
    for factor in estimates.factors:
        for effect, term in zip(factor.factor.effects, factor.factor.terms, strict=True):
            for k, deviations in enumerate(factor.effects[term]):
                effect.Z.fill(k, every, column)
                column *= deviations[effect.grouping.codes]
                fitted += column
    return fitted
