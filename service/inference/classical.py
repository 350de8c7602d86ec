"""Classical regressions from a multilevel model's cross-products: complete pooling, and no pooling by group indicators.

Complete pooling is least squares of all rows. With an indicator for each group, least squares sees of every column
what varies within groups (Frisch & Waugh 1933, Econometrica 1), so that the J indicators need never be formed.
"""

from dataclasses import dataclass

import numpy as np

from service.arrays import Codes, Matrix, Vector
from service.engine import CrossProducts
from service.engine.conditioning import RANK_TOLERANCE
from service.engine.crossproducts import total_products
from service.engine.estimates import in_data_units
from service.engine.noise import rounding
from service.engine.profile import whiten


@dataclass(frozen=True, slots=True)
class Regression:
    """A least squares fit of p coefficients.

    `beta` and `std_error` (p,) in the units of the data; nan where a coefficient cannot be told from the indicators.
    `sigma` and the errors are nan where no degree of freedom is left. In units of the products' basis, `solution` (p,)
    and `inverse` (p, p), which times the residual variance is its covariance; zero where nothing is told.
    """

    beta: Vector
    std_error: Vector
    sigma: float
    residual_df: int
    solution: Vector
    inverse: Matrix


def complete_pooling(products: CrossProducts) -> Regression:
    """The regression of all rows that knows no groups."""
    every = np.arange(products.width - 1)
    return _least_squares(products, total_products(products), every, products.n - every.size)


def group_indicators(products: CrossProducts) -> Regression:
    """The regression with an indicator for each group of the first factor, a varying intercept's.

    A column of which the indicators leave as little as lm would call dependent is not told beside them.
    """
    left, total = products.within.diagonal()[:-1], total_products(products).diagonal()[:-1]
    inside = np.flatnonzero(left > RANK_TOLERANCE**2 * total)
    groups = products.factors[0].counts.size
    return _least_squares(products, products.within, inside, products.n - groups - inside.size)


def _least_squares(products: CrossProducts, A: Matrix, inside: Codes, df: int) -> Regression:
    """The regression of the last column of D on the columns `inside`, A (m, m) being what is left of D'D."""
    basis, p = products.basis, products.width - 1
    R, _ = whiten(A[np.ix_(inside, inside)])
    solution, inverse = np.zeros(p), np.zeros((p, p))
    inverse[np.ix_(inside, inside)] = R.T @ R
    solution[inside] = (R @ A[inside, -1]) @ R
    direction = np.append(-solution, 1.0)
    squares = float(direction @ A @ direction)
    nothing = squares <= float(products.factors[0].weights.sum()) * rounding(products) ** 2
    sigma = (0.0 if nothing else np.sqrt(squares / df)) if df > 0 else np.nan
    untold = np.ones(p, dtype=np.bool_)
    untold[inside] = False
    marked = inverse.copy()
    marked[untold] = marked[:, untold] = np.inf
    jacobian = basis.jacobian()
    unit_error, _ = in_data_units(jacobian, marked, basis.y_unit)
    told = np.isfinite(unit_error)
    return Regression(
        beta=np.where(told, basis.coefficients(solution, jacobian), np.nan),
        std_error=np.where(told, unit_error, np.nan) * sigma,
        sigma=sigma * basis.y_unit,
        residual_df=df,
        solution=solution,
        inverse=inverse,
    )
