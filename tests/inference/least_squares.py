"""A witness: weighted least squares by the normal equations, in 60 digits."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from service.arrays import Vector
from service.design import Design
from tests.decimals import backward, dot, doubles, exact, factor, forward
from tests.oracle import digits


@dataclass(frozen=True, slots=True)
class Truth:
    """Coefficients, their standard errors for a sigma of 1, and sigma (nan without a degree of freedom), as doubles."""

    beta: Vector
    unit_error: Vector
    sigma: float
    df: int


def least_squares(columns: Sequence[Vector], y: Vector, weights: Vector | None, offset: Vector | None = None) -> Truth:
    """The regression of y less the offset on these columns, which must be independent."""
    with digits():
        w = exact(np.ones(y.size) if weights is None else weights)
        given = exact(np.zeros(y.size) if offset is None else offset)
        target = [a - b for a, b in zip(exact(y), given, strict=True)]
        X = [exact(column) for column in columns]
        weighted = [[a * b for a, b in zip(column, w, strict=True)] for column in X]
        root = factor([[dot(a, b) for b in X] for a in weighted])
        beta = backward(root, forward(root, [dot(column, target) for column in weighted]))
        left = [value - dot([column[i] for column in X], beta) for i, value in enumerate(target)]
        squares, df = dot([a * b for a, b in zip(left, w, strict=True)], left), y.size - len(X)
        units = [[Decimal(int(i == k)) for i in range(len(X))] for k in range(len(X))]
        lengths = [forward(root, unit) for unit in units]
        return Truth(
            beta=doubles(beta),
            unit_error=doubles([dot(each, each).sqrt() for each in lengths]),
            sigma=float((squares / df).sqrt()) if df > 0 else np.nan,
            df=df,
        )


def of_design(columns: Sequence[Vector], design: Design) -> Truth:
    """The regression of a design's response on these columns."""
    return least_squares(columns, design.y, design.weights, design.offset)
