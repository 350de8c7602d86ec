"""Roots of covariance matrices: the lengths of their rows, and the one that is lower triangular."""

import math

import numpy as np

from service.arrays import Matrix, Vector
from service.engine.random_factors import RandomFactor

RANK = 1e-13
"""Share of a standard deviation that the earlier coefficients leave below which a covariance is singular."""


def lengths(rows: Matrix) -> Vector:
    """The length of each row, squared in units of its largest element, so that none overflows or vanishes."""
    largest = np.abs(rows).max(axis=1)
    units = largest + (largest == 0)
    scaled = rows / units[:, None]
    found: Vector = np.sqrt(np.vecdot(scaled, scaled)) * units
    return found


def canonical_root(scores: Matrix, factor: RandomFactor) -> Matrix:
    """The lower triangular Lambda (q, q) with Lambda Lambda' = scores scores', its diagonal not negative."""
    if factor.n_coefficients == len(factor.effects):
        return np.abs(scores)
    root = np.zeros_like(scores)
    for term in factor.terms:
        root[term, term] = lower_root(scores[term, term])
    return root


def lower_root(rows: Matrix) -> Matrix:
    """The lower triangle L of rows = L Q with orthonormal Q; the column of a dependent row is zero."""
    L, Q = np.zeros_like(rows), np.zeros_like(rows)
    for r, size in enumerate(np.abs(rows).max(axis=1).tolist()):
        if size == 0.0:
            continue
        left = rows[r] / size
        # Twice, as what is left may be small; of the first row all is.
        for _ in range(2 if r else 0):
            along = Q[:r] @ left
            left = left - along @ Q[:r]
            L[r, :r] += along * size
        length = math.sqrt(float(left @ left))
        if length > RANK:
            L[r, r], Q[r] = length * size, left / length
    return L
