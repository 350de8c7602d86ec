"""What remains when the first factor is eliminated: further factors, block by block while sparse, then densely.

`solve` takes the elements of A = Z_r'V_1^-1 Z_r, `cross` = Z_r'V_1^-1 D and D'V_1^-1 D of the remaining columns Z_r, and
finishes the elimination. With H = (Psi^-1 + A)^-1, the covariance of the remaining effects given the data over sigma^2,

    D'V^-1 D = D'V_1^-1 D - cross' H cross,   log|V| = log|V_1| + log|I + Lambda'A Lambda|,
    Z'V^-1 Z = A - A H A,                     Z'V^-1 D = cross - A H cross.

H is needed only where A has elements, which is what the recursion from the last factor to the first yields (Takahashi,
Fagan & Chen 1973; Erisman & Tinney 1975, Commun. ACM 18).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np
from scipy.linalg import solve_triangular
from scipy.linalg.lapack import dpotrf, dpotri

from service.arrays import Codes, Matrices, Matrix, Vector
from service.engine import groupwise
from service.engine.elimination import (
    columns_of,
    graded_roots,
    grading,
    groups_of,
    pool,
    shrunken,
    weighted_products,
)
from service.engine.sparsity import Coupling, Remainder

WELL_POOLED = 1e-3
"""Lambda'A Lambda from which I - (I + Lambda'A Lambda)^-1 keeps its digits."""


@dataclass(frozen=True, slots=True)
class Solved:
    """A factor when all are eliminated: Z'V^-1 Z of each group (q, q, J) and Z'V^-1 D (q, m, J).

    `effects_covariance` gives H (q, q, J), which only the optimum is asked for.
    """

    N: Matrices
    U: Matrices
    effects_covariance: Callable[[], Matrices]


@dataclass(frozen=True, slots=True)
class Solution:
    """The remaining factors eliminated.

    `log_determinant` of I + Lambda'A Lambda; `products` D'V^-1 D (m, m); `H` at the elements of the remainder;
    `lean` H cross (columns, m); `factors`, one for each.
    """

    log_determinant: float
    products: Matrix
    H: Vector
    lean: Matrix
    factors: tuple[Solved, ...]


class Rest(Protocol):
    """The factors that remain: where their elements are, and how they are eliminated."""

    @property
    def size(self) -> int:
        """How many elements there are."""
        ...

    def places(self, keys: Codes) -> Codes:
        """Where the elements row * n_columns + column, rows <= columns, are."""
        ...

    def solve(self, values: Vector, cross: Matrix, products: Matrix, roots: Sequence[Matrix]) -> Solution:
        """Eliminate the remaining factors, whose Lambdas are `roots`."""
        ...


@dataclass(frozen=True, slots=True)
class DenseRest:
    """Remaining factors with `groups` J and `sizes` q, as one dense matrix whose upper triangle is kept row by row."""

    groups: tuple[int, ...]
    sizes: tuple[int, ...]

    @property
    def n_columns(self) -> int:
        """The order of the matrix."""
        return sum(j * q for j, q in zip(self.groups, self.sizes, strict=True))

    @property
    def size(self) -> int:
        """Its elements, the lower triangle's unused."""
        return self.n_columns**2

    def places(self, keys: Codes) -> Codes:
        """An element's place is its key."""
        return keys

    def solve(self, values: Vector, cross: Matrix, products: Matrix, roots: Sequence[Matrix]) -> Solution:
        """Eliminate all at once."""
        A = values.reshape(self.n_columns, self.n_columns)
        scaled = self._scaled(A, roots)
        triangle = dpotrf(_raised(scaled).T, lower=1, clean=0, overwrite_a=1)[0]
        half = solve_triangular(triangle, self._times(roots, cross, transposed=True), lower=True, check_finite=False)
        lean = self._times(roots, solve_triangular(triangle, half, lower=True, trans="T", check_finite=False))
        log_determinant = 2.0 * float(np.log(triangle.diagonal()).sum())
        inverse = dpotri(triangle.copy(order="F"), lower=1, overwrite_c=1)[0].T
        H = self._scaled_back(inverse, roots)
        factors = self._factors(A, triangle, inverse, H, cross, lean, roots)
        return Solution(log_determinant, products - half.T @ half, H.ravel(), lean, factors)

    def _diagonal(self, roots: Sequence[Matrix]) -> Vector | None:
        """The diagonal of Lambda over all columns, if every factor has one coefficient."""
        if any(q > 1 for q in self.sizes):
            return None
        return np.repeat([root[0, 0] for root in roots], self.groups)

    def _times(self, roots: Sequence[Matrix], columns: Matrix, *, transposed: bool = False) -> Matrix:
        """Lambda or Lambda' times (columns, m)."""
        parts, start = [], 0
        for root, groups, q in zip(roots, self.groups, self.sizes, strict=True):
            part = columns[start : start + groups * q].reshape(groups, q, -1)
            parts.append(((root.T if transposed else root) @ part).reshape(groups * q, -1))
            start += groups * q
        return np.concatenate(parts)

    def _scaled(self, A: Matrix, roots: Sequence[Matrix]) -> Matrix:
        """Lambda'A Lambda, its upper triangle."""
        diagonal = self._diagonal(roots)
        if diagonal is not None:
            return A * diagonal[:, None] * diagonal
        full = _symmetric(A)
        return self._times(roots, self._times(roots, full, transposed=True).T, transposed=True)

    def _scaled_back(self, inverse: Matrix, roots: Sequence[Matrix]) -> Matrix:
        """H = Lambda (I + Lambda'A Lambda)^-1 Lambda', its upper triangle."""
        diagonal = self._diagonal(roots)
        if diagonal is not None:
            return inverse * diagonal[:, None] * diagonal
        return self._times(roots, self._times(roots, _symmetric(inverse)).T)

    def _factors(
        self,
        A: Matrix,
        triangle: Matrix,
        inverse: Matrix,
        H: Matrix,
        cross: Matrix,
        lean: Matrix,
        roots: Sequence[Matrix],
    ) -> tuple[Solved, ...]:
        """Every factor's groups."""
        found, start = [], 0
        for root, groups, q in zip(roots, self.groups, self.sizes, strict=True):
            own = slice(start, start + groups * q)
            start += groups * q
            gram, kept = _blocks(A[own, own], q), _blocks(inverse[own, own], q)
            if _is_well_pooled(root, gram):
                back = np.linalg.inv(root)
                N = groupwise.sandwich(back, np.eye(q)[:, :, None] - kept)
                U = groups_of(lean[own], q)
                found.append(Solved(N, np.einsum("ac,cmj->amj", back.T @ back, U), partial(_blocks, H[own, own], q)))
            else:
                beside = np.concatenate([A[: own.start, own], _symmetric(A[own, own]), A[own, own.stop :].T])
                W = solve_triangular(triangle, self._times(roots, beside, transposed=True), lower=True)
                W3 = W.reshape(len(W), groups, q)
                N = gram - np.einsum("nja,njb->abj", W3, W3)
                found.append(Solved(N, groups_of(cross[own] - beside.T @ lean, q), partial(_blocks, H[own, own], q)))
        return tuple(found)


def _raised(A: Matrix) -> Matrix:
    """I + A, in place."""
    A[np.diag_indices_from(A)] += 1.0
    return A


def _symmetric(A: Matrix) -> Matrix:
    """The symmetric matrix whose upper triangle this is."""
    upper = np.triu(A)
    full: Matrix = upper + np.triu(A, 1).T
    return full


def _blocks(A: Matrix, q: int) -> Matrices:
    """The diagonal blocks (q, q, J) of a matrix whose upper triangle this is."""
    groups = len(A) // q
    j = np.arange(groups) * q
    blocks = np.empty((q, q, groups))
    for a in range(q):
        for b in range(a, q):
            blocks[a, b] = blocks[b, a] = A[j + a, j + b]
    return blocks


def _is_well_pooled(root: Matrix, gram: Matrices) -> bool:
    """Whether Lambda is far enough from singular for its inverse to keep the digits."""
    least = float(np.linalg.svd(root, compute_uv=False)[-1])
    return least**2 * float(np.median(np.einsum("aaj->j", gram))) > WELL_POOLED


@dataclass(frozen=True, slots=True)
class BlockRest:
    """A remaining factor of J `groups` whose blocks do not touch each other, and the factors that remain after it.

    `pattern` are the elements; `own` (q, q, J), `beside` (q, E) and `after` (elements of `rest`) say where those
    of the factor itself, its products with later columns and those of later columns are among them, one past the end
    where there is none; `following` (after,) where the latter are in `rest`; `slot` (T,) where each pair of the coupling is.
    """

    groups: int
    q: int
    pattern: Remainder
    coupling: Coupling
    own: Codes
    beside: Codes
    after: Codes
    following: Codes
    slot: Codes
    rest: Rest | None

    @property
    def size(self) -> int:
        """How many elements there are."""
        return self.pattern.keys.size

    def places(self, keys: Codes) -> Codes:
        """Where these elements are."""
        return self.pattern.find(keys)

    def solve(self, values: Vector, cross: Matrix, products: Matrix, roots: Sequence[Matrix]) -> Solution:
        """Eliminate the factor, then the rest, then go back to what the rest leaves of it."""
        q, coupling = self.q, self.coupling
        padded = np.append(values, 0.0)
        gram, beside = padded[self.own], padded[self.beside]
        psi = roots[0] @ roots[0].T
        pooled = pool(graded_roots(gram, grading(psi)), psi)
        D = groups_of(cross[: self.groups * q], q)
        inverse = groupwise.cholesky(gram)
        M_D = groupwise.solve(inverse, D)
        M = groupwise.solve(inverse[:, :, coupling.group], beside[:, None, :])[:, 0]
        U = groupwise.product(pooled.N, M_D)
        products = products - weighted_products(M_D, D) + weighted_products(M_D, U)
        H0 = shrunken(gram, roots[0])
        if self.rest is None:
            lean = columns_of(groupwise.product(H0, D))
            H = np.zeros(self.size + 1)
            H[self.own] = H0
            return Solution(pooled.log_determinant, products, H[:-1], lean, (Solved(pooled.N, U, lambda: H0),))
        eased = pooled.N - gram
        below = np.zeros(self.rest.size)
        below[self.following] = values[self.after]
        below += self._spread(eased, M)
        onward = cross[self.groups * q :].copy()
        np.add.at(onward, coupling.column, np.einsum("ae,ame->em", M, (U - D)[:, :, coupling.group]))
        then = self.rest.solve(below, onward, products, roots[1:])
        return self._return(then, pooled.N, M, M_D, gram, D, H0, pooled.log_determinant)

    def _spread(self, weight: Matrices, M: Matrix) -> Vector:
        """The sum over groups of M_j' weight_j M_j, by element of the rest."""
        coupling = self.coupling
        of = weight[:, :, coupling.group[coupling.left]]
        value = np.einsum("at,abt,bt->t", M[:, coupling.left], of, M[:, coupling.right])
        return np.bincount(self.slot, value, self.rest.size if self.rest else 0)

    def _return(
        self,
        then: Solution,
        N: Matrices,
        M: Matrix,
        M_D: Matrices,
        gram: Matrices,
        D: Matrices,
        H0: Matrices,
        log_determinant: float,
    ) -> Solution:
        """What the rest, once eliminated, leaves of this factor."""
        q, coupling, groups = self.q, self.coupling, self.groups
        H_pairs = then.H[self.slot]
        apart = coupling.left != coupling.right
        # M_j H for every entry: a pair counts for its left entry and, unless it is one entry twice, for its right.
        reach = np.stack(
            [
                np.bincount(coupling.left, M[a, coupling.right] * H_pairs, coupling.group.size)
                + np.bincount(coupling.right[apart], (M[a, coupling.left] * H_pairs)[apart], coupling.group.size)
                for a in range(q)
            ]
        )
        around = np.stack(
            [np.stack([np.bincount(coupling.group, reach[a] * M[b], groups) for b in range(q)]) for a in range(q)]
        )
        lean_D = np.stack(
            [
                np.stack(
                    [np.bincount(coupling.group, M[a] * column[coupling.column], groups) for column in then.lean.T]
                )
                for a in range(q)
            ]
        )
        inner = groupwise.product(H0, gram)
        H_own = H0 + groupwise.product(groupwise.product(inner, around), inner.transpose(1, 0, 2))
        H_beside = -np.einsum("abe,be->ae", inner[:, :, coupling.group], reach)
        lean = groupwise.product(H0, D - groupwise.product(gram, lean_D))
        H = np.zeros(self.size + 1)
        H[self.own], H[self.beside], H[self.after] = H_own, H_beside, then.H[self.following]
        solved = Solved(
            N - groupwise.product(groupwise.product(N, around), N), groupwise.product(N, M_D - lean_D), lambda: H_own
        )
        return Solution(
            log_determinant + then.log_determinant,
            then.products,
            H[:-1],
            np.concatenate([columns_of(lean), then.lean]),
            (solved, *then.factors),
        )
