"""Responses drawn from a model of any random factors, as cross-products: no rows, in units of sigma, less X beta.

With y = sum_f Z_f b_f + e, b_f = Lambda_f u_f, and R, K of what the first factor leaves (gram_root.py):

    M_1y = b_1 + M_1r b_r + L'^-1 z_1 for G_1 = L L',      v = R' b_r + z,
    Z_r'y, less what the first factor explains, = R v,     S_Xy = K' v + z_X,     S_yy = v'v + z_X'z_X + chi^2

for standard normal u, z, z_1, and z_X times a root of what is left of S_XX: Z_1's part of the noise and what it leaves
are independent. The chi-squared has as many degrees of freedom as rows that all the columns leave free.
"""

from dataclasses import dataclass, replace

import numpy as np

from service.arrays import Matrices, Matrix, Vector
from service.engine import groupwise
from service.engine.criterion import Criterion
from service.engine.crossproducts import FactorProducts
from service.engine.elimination import columns_of, groups_of
from service.engine.gram_root import GramRoot, gram_root


@dataclass(frozen=True, slots=True)
class Law:
    """The law of the cross-products of a response with all columns of a model.

    `lambdas` are the Lambda (q, q) of every factor, `roots` (q, q, J) those of the first factor's Grams, `remaining`
    that of what it leaves; `spare` are the degrees of freedom that no column takes.
    """

    criterion: Criterion
    lambdas: list[Matrix]
    roots: Matrices
    remaining: GramRoot
    spare: int

    def draw(self, generator: np.random.Generator) -> Criterion:
        """The criterion of the same model for a drawn response."""
        first, *others = self.criterion.products.factors
        plan, remaining = self.criterion.arrangement, self.remaining
        own = self._effects(0, first, generator) + self._noise(generator)
        v = generator.standard_normal(len(remaining.across))
        z_X = generator.standard_normal(len(remaining.fixed.T))
        squares = 2.0 * float(generator.standard_gamma(0.5 * self.spare)) + float(z_X @ z_X)
        if plan is not None:
            b = np.concatenate([columns_of(self._effects(f + 1, each, generator)) for f, each in enumerate(others)])
            own = own + groups_of(plan.solution @ b, len(own))
            v = v + remaining.random.T @ b[:, 0]
        within = remaining.across.T @ v + remaining.fixed @ z_X
        return _with_response(self.criterion, own, remaining.random @ v, within, squares + float(v @ v))

    def _effects(self, place: int, factor: FactorProducts, generator: np.random.Generator) -> Matrices:
        """The effects (q, 1, J) of a factor."""
        q, _, groups = factor.gram.shape
        return groupwise.times(self.lambdas[place], generator.standard_normal((q, 1, groups)))

    def _noise(self, generator: np.random.Generator) -> Matrices:
        """What the noise adds to the first factor's regressions (q, 1, J)."""
        q, _, groups = self.roots.shape
        return groupwise.backward(self.roots, generator.standard_normal((q, 1, groups)))


def law_of(criterion: Criterion, theta: Vector) -> Law:
    """The law of responses of the model at theta (k,); raises UnsupportedModel as `gram_root`."""
    products = criterion.products
    roots = groupwise.cholesky(products.factors[0].gram)
    remaining = gram_root(criterion.arrangement, products.within[:-1, :-1])
    taken = int(np.count_nonzero(np.diagonal(roots))) + remaining.rank
    return Law(criterion, criterion.parameters.roots(theta), roots, remaining, max(products.n - taken, 0))


def _with_response(criterion: Criterion, own: Matrices, rest: Vector, within: Vector, squares: float) -> Criterion:
    """The criterion with another response.

    `own` (q, 1, J) are its regressions on the first factor, `rest` (columns,) its products with what that leaves of the
    later columns, `within` (p,) of X, and `squares` of the response itself.
    """
    products, plan = criterion.products, criterion.arrangement
    solution, S = products.solution.copy(), products.within.copy()
    solution[:, -1] = own[:, 0]
    S[-1, :-1] = S[:-1, -1] = within
    S[-1, -1] = squares
    crosses = [groupwise.product(products.factors[0].gram, own)]
    if plan is not None:
        later, start = rest + plan.solution.T @ columns_of(crosses[0])[:, 0], 0
        for factor in products.factors[1:]:
            q, _, groups = factor.gram.shape
            crosses.append(groups_of(later[start : start + q * groups, None], q))
            start += q * groups
        cross = plan.cross.copy()
        cross[:, -1] = rest
        plan = replace(plan, cross=cross)
    factors = tuple(_with_cross(factor, each) for factor, each in zip(products.factors, crosses, strict=True))
    drawn = replace(products, factors=factors, solution=solution, within=S)
    return replace(criterion, products=drawn, arrangement=plan)


def _with_cross(factor: FactorProducts, own: Matrices) -> FactorProducts:
    """The factor with other products (q, 1, J) of its columns with the response."""
    cross = factor.cross.copy()
    cross[:, -1] = own[:, 0]
    return replace(factor, cross=cross)
