"""Remaining factors that touch each other, but few of them: a sparse matrix, front by front."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.sparse import block_diag, csr_array, eye_array, kron

from service.arrays import Codes, Matrices, Matrix, Vector
from service.engine import groupwise
from service.engine.dense_rest import is_well_pooled
from service.engine.elimination import groups_of
from service.engine.fronts import Fronts
from service.engine.multifrontal import Factor, factorise, inverse_elements
from service.engine.remainder import Solution, Solved
from service.engine.sparsity import Patterned

BARELY_POOLED = 1e-9
"""Lambda'A Lambda from which I - (I + Lambda'A Lambda)^-1 keeps half of its digits: the way without costs a solution
for every column."""

AT_ONCE = 256
"""Right-hand sides solved for together."""


@dataclass(frozen=True, slots=True)
class SparseRest(Patterned):
    """Remaining factors with `groups` J and `sizes` q, as one sparse matrix."""

    groups: tuple[int, ...]
    sizes: tuple[int, ...]
    fronts: Fronts

    def solve(self, values: Vector, cross: Matrix, products: Matrix, roots: Sequence[Matrix]) -> Solution:
        """Eliminate all factors, front by front."""
        order = self.fronts.order
        L = self._block_diagonal(roots)
        inner = self._both_sides(values, csr_array(L.T))
        barely = float(np.abs(inner).max(initial=0.0)) < BARELY_POOLED
        inner[self._diagonal()] += 1.0
        factor = factorise(self.fronts, inner)
        half = factor.forward((L.T @ cross)[order])
        lean = np.empty_like(cross)
        lean[order] = factor.backward(half)
        lean = L @ lean
        inverse = inverse_elements(factor, self.size)
        H = self._both_sides(inverse, L)
        return Solution(
            log_determinant=factor.log_determinant,
            products=products - half.T @ half,
            H=H,
            lean=lean,
            factors=tuple(self._factors(_Inverse(values, factor, inverse, H, barely), cross, lean, roots)),
        )

    def _block_diagonal(self, roots: Sequence[Matrix]) -> csr_array:
        """Lambda over all columns."""
        blocks = [kron(eye_array(groups), root) for root, groups in zip(roots, self.groups, strict=True)]
        return csr_array(block_diag(blocks, format="csr"))

    def _diagonal(self) -> Codes:
        n = self.pattern.n_columns
        return self.pattern.find(np.arange(n) * (n + 1))

    def _both_sides(self, values: Vector, R: csr_array) -> Vector:
        """The elements of R A R' for the block-diagonal R."""
        if all(q == 1 for q in self.sizes):
            n, diagonal = self.pattern.n_columns, R.diagonal()
            scaled: Vector = values * diagonal[self.pattern.keys // n] * diagonal[self.pattern.keys % n]
            return scaled
        product = (R @ self.matrix(values) @ R.T).tocoo()
        found = np.zeros(self.size + 1)
        found[self.pattern.find(product.row.astype(np.intp) * self.pattern.n_columns + product.col)] = product.data
        return found[:-1]

    def _factors(self, known: "_Inverse", cross: Matrix, lean: Matrix, roots: Sequence[Matrix]) -> Iterator[Solved]:
        """Every factor's groups."""
        start = 0
        for root, groups, q in zip(roots, self.groups, self.sizes, strict=True):
            own = self._own(start, groups, q)
            columns = slice(start, start + groups * q)
            start += groups * q
            gram = known.values[own]
            if is_well_pooled(root, gram, BARELY_POOLED):
                back = np.linalg.inv(root).astype(np.float64, copy=False)
                N = groupwise.sandwich(back, np.eye(q)[:, :, None] - known.inner[own])
                U = groupwise.times(back.T @ back, groups_of(lean[columns], q))
            else:
                A = self.matrix(known.values)[:, columns]
                N = gram - self._explained(A, known, roots, q)
                U = groups_of(cross[columns] - A.T @ lean, q)
            yield Solved(N, U, partial(np.asarray, known.H[own]))

    def _own(self, start: int, groups: int, q: int) -> Codes:
        """Where the blocks (q, q, J) of a factor are among the elements."""
        j, a = start + np.arange(groups) * q, np.arange(q)
        low, high = np.minimum(a[:, None], a), np.maximum(a[:, None], a)
        return self.pattern.find((j + low[:, :, None]) * self.pattern.n_columns + j + high[:, :, None])

    def _explained(self, A: csr_array, known: "_Inverse", roots: Sequence[Matrix], q: int) -> Matrices:
        """The diagonal blocks (q, q, J) of A'H A for these columns of A."""
        scaled = csr_array(self._block_diagonal(roots).T @ A)
        if known.barely_pooled:
            # I + Lambda'A Lambda is the identity but for what does not show.
            return diagonal_products(scaled, q)
        parts = []
        for first in range(0, A.shape[1], AT_ONCE * q):
            half = known.factor.forward(scaled[:, first : first + AT_ONCE * q].toarray()[self.fronts.order])
            cube = half.reshape(len(half), -1, q)
            parts.append(np.einsum("nja,njb->abj", cube, cube))
        return np.concatenate(parts, axis=2)


def diagonal_products(B: csr_array, q: int) -> Matrices:
    """The diagonal blocks (q, q, J) of B'B."""
    columns = [B[:, a::q] for a in range(q)]
    return np.array([[np.asarray((left * right).sum(axis=0)) for right in columns] for left in columns])


@dataclass(frozen=True, slots=True)
class _Inverse:
    """The elements of A, the factor of I + Lambda'A Lambda, and the elements of its inverse and of H.

    `barely_pooled` says that the inverse is the identity but for rounding.
    """

    values: Vector
    factor: Factor
    inner: Vector
    H: Vector
    barely_pooled: bool
