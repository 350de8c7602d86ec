"""Remaining factors that touch each other, as crossed ones do: one dense matrix."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.linalg import solve_triangular
from scipy.linalg.lapack import dpotrf, dpotri
from scipy.sparse import csr_array

from service.arrays import Codes, Flags, Matrices, Matrix, Vector
from service.engine import groupwise
from service.engine.elimination import groups_of
from service.engine.remainder import Solution, Solved

WELL_POOLED = 1e-3
"""Lambda'A Lambda from which I - (I + Lambda'A Lambda)^-1 keeps its digits."""


@dataclass(frozen=True, slots=True)
class DenseRest:
    """Remaining factors with `groups` J and `sizes` q; the upper triangle of their matrix is kept row by row."""

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

    @property
    def keys(self) -> Codes:
        """Which element is at each place."""
        return np.arange(self.size)

    def places(self, keys: Codes) -> Codes:
        """An element's place is its key."""
        return keys

    def beside(self, columns: Flags) -> Codes:
        """Where the elements are whose row or column is one of these columns."""
        places = np.flatnonzero(columns)
        every = np.arange(self.n_columns)
        return np.concatenate(
            [(places[:, None] * self.n_columns + every).ravel(), (every[:, None] * self.n_columns + places).ravel()]
        )

    def matrix(self, values: Vector) -> csr_array:
        """The symmetric matrix with these elements."""
        return csr_array(symmetric(values.reshape(self.n_columns, self.n_columns)))

    def solve(self, values: Vector, cross: Matrix, products: Matrix, roots: Sequence[Matrix]) -> Solution:
        """Eliminate all factors at once."""
        A = values.reshape(self.n_columns, self.n_columns)
        inner = self._both_sides(A, [root.T for root in roots])
        inner[np.diag_indices_from(inner)] += 1.0
        triangle, failed = dpotrf(inner.T, lower=1, clean=0, overwrite_a=1)
        if failed:
            raise np.linalg.LinAlgError("not positive definite")
        half = solve_triangular(
            triangle, self._times([root.T for root in roots], cross), lower=True, check_finite=False
        )
        lean = self._times(roots, solve_triangular(triangle, half, lower=True, trans="T", check_finite=False))
        inverse = dpotri(triangle, lower=1)[0].T
        H = self._both_sides(inverse, roots)
        return Solution(
            log_determinant=2.0 * float(np.log(triangle.diagonal()).sum()),
            products=products - half.T @ half,
            H=H.ravel(),
            lean=lean,
            factors=tuple(self._factors(A, _Inverse(triangle, inverse, H), cross, lean, roots)),
        )

    def _times(self, roots: Sequence[Matrix], columns: Matrix) -> Matrix:
        """The block-diagonal matrix of `roots` times (columns, m)."""
        parts, start = [], 0
        for root, groups, q in zip(roots, self.groups, self.sizes, strict=True):
            part = columns[start : start + groups * q].reshape(groups, q, -1)
            parts.append((root @ part).reshape(groups * q, -1))
            start += groups * q
        return np.concatenate(parts)

    def _both_sides(self, A: Matrix, roots: Sequence[Matrix]) -> Matrix:
        """R A R' for the block-diagonal R of `roots`, the upper triangle from that of A."""
        if all(q == 1 for q in self.sizes):
            diagonal = np.repeat([root[0, 0] for root in roots], self.groups)
            scaled: Matrix = A * diagonal[:, None]
            scaled *= diagonal
            return scaled
        return self._times(roots, self._times(roots, symmetric(A)).T)

    def _factors(
        self, A: Matrix, inverse: "_Inverse", cross: Matrix, lean: Matrix, roots: Sequence[Matrix]
    ) -> Iterator[Solved]:
        """Every factor's groups."""
        start = 0
        for root, groups, q in zip(roots, self.groups, self.sizes, strict=True):
            own = slice(start, start + groups * q)
            start += groups * q
            covariance = diagonal_blocks(inverse.H[own, own], q)
            gram = diagonal_blocks(A[own, own], q)
            if is_well_pooled(root, gram):
                back = np.linalg.inv(root).astype(np.float64, copy=False)
                N = groupwise.sandwich(back, np.eye(q)[:, :, None] - diagonal_blocks(inverse.inner[own, own], q))
                U = groupwise.times(back.T @ back, groups_of(lean[own], q))
            else:
                beside = np.concatenate([A[: own.start, own], symmetric(A[own, own]), A[own, own.stop :].T])
                inner = self._times([other.T for other in roots], beside)
                half = solve_triangular(inverse.triangle, inner, lower=True, check_finite=False).reshape(-1, groups, q)
                N = gram - np.einsum("nja,njb->abj", half, half)
                U = groups_of(cross[own] - beside.T @ lean, q)
            yield Solved(N, U, partial(np.asarray, covariance))


@dataclass(frozen=True, slots=True)
class _Inverse:
    """Of I + Lambda'A Lambda: its Cholesky factor, its inverse, and H; of the latter two the upper triangles."""

    triangle: Matrix
    inner: Matrix
    H: Matrix


def symmetric(A: Matrix) -> Matrix:
    """The symmetric matrix whose upper triangle this is."""
    full: Matrix = np.triu(A) + np.triu(A, 1).T
    return full


def diagonal_blocks(A: Matrix, q: int) -> Matrices:
    """The diagonal blocks (q, q, J) of a matrix whose upper triangle this is."""
    starts = np.arange(len(A) // q) * q
    blocks = np.empty((q, q, starts.size))
    for a in range(q):
        for b in range(a, q):
            blocks[a, b] = blocks[b, a] = A[starts + a, starts + b]
    return blocks


def is_well_pooled(root: Matrix, gram: Matrices, least: float = WELL_POOLED) -> bool:
    """Whether Lambda is far enough from singular for its inverse to keep the digits."""
    smallest = float(np.linalg.svd(root, compute_uv=False)[-1])
    return smallest**2 * float(np.median(np.einsum("aaj->j", gram))) > least
