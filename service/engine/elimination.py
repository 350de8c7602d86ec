"""One factor eliminated: what its groups' random effects leave of everything else.

With G_j, C_j the products of group j's columns with themselves and with the rest E, and Psi = Lambda Lambda' the
relative covariance of its effects,

    N_j = Z_j' V_j^-1 Z_j = (G_j^-1 + Psi)^-1 = L (I + L' Psi L)^-1 L'  for G_j = L L',   M_j = G_j^- C_j,
    log|V_j| = log|I + L' Psi L|,   E'V_j^-1 E = (E'E - M_j' G_j M_j) + M_j' N_j M_j.

All follow from the Woodbury identity; the last, as a sum of positive terms, loses nothing at large Psi.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from service.arrays import Matrices, Matrix
from service.engine import groupwise
from service.engine.columns import blocks


@dataclass(frozen=True, slots=True)
class Pooled:
    """The groups of a factor at one Psi: `N` (q, q, J), and the sum over groups of log|I + L' Psi L|."""

    N: Matrices
    log_determinant: float


@dataclass(frozen=True, slots=True)
class Alone:
    """The groups of the only factor, where they are many: `N` (q, q, J); what else is asked for is made anew.

    `gram` G (q, q, J) and `solution` M (q, m, J) are those of the cross-products, `root` (q, q) is Lambda. U, which is
    as large as M, is N M.
    """

    N: Matrices
    gram: Matrices
    solution: Matrices
    root: Matrix

    @property
    def U(self) -> Matrices:
        """Z'V^-1 D of each group (q, m, J)."""
        return groupwise.product(self.N, self.solution)

    def parts(self) -> Iterator[tuple[Matrices, Matrices]]:
        """N and U of some groups at a time."""
        for block in blocks(self.N.shape[2]):
            own = self.N[:, :, block]
            yield own, groupwise.product(own, self.solution[:, :, block])

    def products(self) -> Matrix:
        """The sum over groups of M'N M, (m, m)."""
        m = self.solution.shape[1]
        total = np.zeros((m, m))
        for block, (_, U) in zip(blocks(self.N.shape[2]), self.parts(), strict=True):
            total += groupwise.weighted_products(self.solution[:, :, block], U)
        return total

    def effects_covariance(self) -> Matrices:
        """H (q, q, J)."""
        return shrunken(self.gram, self.root)


def grading(psi: Matrix) -> tuple[int, ...]:
    """The coefficients by decreasing variance: in this order L' Psi L keeps the small ones apart from the large."""
    return tuple(np.argsort(-np.diag(psi), kind="stable").tolist())


def graded_roots(gram: Matrices, order: tuple[int, ...]) -> Matrices:
    """L with G = L L' whose rows in `order` form a lower triangle, (q, q, J)."""
    if order == tuple(range(len(order))):
        return groupwise.cholesky(gram)
    places = np.array(order)
    roots = np.empty_like(gram)
    roots[places] = groupwise.cholesky(gram[np.ix_(places, places)])
    return roots


def pool(roots: Matrices, psi: Matrix) -> Pooled:
    """The groups with these roots L (q, q, J) of their Grams, pooled as Psi (q, q) says."""
    q = len(roots)
    if q == 1:
        square = roots[0, 0] ** 2
        spread = 1.0 + psi[0, 0] * square
        return Pooled((square / spread)[None, None], float(np.log(spread).sum()))
    N, log_determinant = np.empty_like(roots), 0.0
    for block in blocks(roots.shape[2]):
        own = roots[:, :, block]
        turned = own.transpose(1, 0, 2)
        inner = groupwise.product(turned, (psi @ own.reshape(q, -1)).reshape(own.shape))
        factor = groupwise.cholesky_plus_identity(inner)
        half = groupwise.forward(factor, turned)
        np.einsum("caj,cbj->abj", half, half, out=N[:, :, block])
        log_determinant += groupwise.log_determinants(factor)
    return Pooled(N, log_determinant)


def shrunken(gram: Matrices, root: Matrix) -> Matrices:
    """Lambda (I + Lambda' G_j Lambda)^-1 Lambda', the effects' covariance given the data, over sigma^2, (q, q, J)."""
    if len(root) == 1:
        shrunk: Matrices = root[0, 0] ** 2 / (1.0 + root[0, 0] ** 2 * gram)
        return shrunk
    half = shrunken_roots(gram, root)
    covariance: Matrices = np.einsum("caj,cbj->abj", half, half)
    return covariance


def shrunken_roots(gram: Matrices, root: Matrix) -> Matrices:
    """R_j with R_j' R_j the same covariance, (q, q, J)."""
    q = len(root)
    if q == 1:
        half: Matrices = root[0, 0] / np.sqrt(1.0 + root[0, 0] ** 2 * gram)
        return half
    inner = groupwise.sandwich(root, gram)
    every = np.broadcast_to(root.T[:, :, None], gram.shape)
    return groupwise.forward(groupwise.cholesky_plus_identity(inner), every)


def columns_of(matrices: Matrices) -> Matrix:
    """(q, m, J) as (J q, m): a group's coefficients side by side."""
    q, m, groups = matrices.shape
    return matrices.transpose(2, 0, 1).reshape(groups * q, m)


def groups_of(columns: Matrix, q: int) -> Matrices:
    """(J q, m) as (q, m, J)."""
    return columns.reshape(len(columns) // q, q, columns.shape[1]).transpose(1, 2, 0)
