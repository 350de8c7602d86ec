"""A remaining factor whose groups do not touch each other, as those of a nesting do not: block by block."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.arrays import Codes, Matrices, Matrix, Vector
from service.engine import groupwise
from service.engine.elimination import (
    columns_of,
    graded_roots,
    grading,
    groups_of,
    pool,
    shrunken,
)
from service.engine.remainder import Rest, Solution, Solved
from service.engine.sparsity import Coupling, Patterned


@dataclass(frozen=True, slots=True)
class Onward:
    """What remains after a factor: `rest`, and where things are among its elements.

    `coupling` joins the factor's groups and the later columns; `beside` (q, E) says where their products are among the
    factor's elements, `after` (elements,) where those of later columns are, and `following` (elements,) where these are
    in `rest`; `slot` (T,) where each pair of the coupling meets there.
    """

    rest: Rest
    coupling: Coupling
    beside: Codes
    after: Codes
    following: Codes
    slot: Codes


@dataclass(frozen=True, slots=True)
class BlockRest(Patterned):
    """A remaining factor of J `groups` with q coefficients, and what remains after it, if anything does.

    `own` (q, q, J) says where the elements of the factor's blocks are.
    """

    groups: int
    q: int
    own: Codes
    onward: Onward | None

    def solve(self, values: Vector, cross: Matrix, products: Matrix, roots: Sequence[Matrix]) -> Solution:
        """Eliminate the factor, then the rest, then go back to what the rest leaves of it."""
        block = _Block(np.append(values, 0.0)[self.own], groups_of(cross[: self.groups * self.q], self.q), roots[0])
        products = products + block.products()
        onward = self.onward
        H = np.zeros(self.size + 1)
        if onward is None:
            H[self.own] = block.H
            lean = columns_of(groupwise.product(block.H, block.D))
            solved = Solved(block.N, groupwise.product(block.N, block.M_D), lambda: block.H)
            return Solution(block.log_determinant, products, H[:-1], lean, (solved,))
        coupled = _Coupled(block, onward, np.append(values, 0.0)[onward.beside])
        below = coupled.spread()
        below[onward.following] += values[onward.after]
        then = onward.rest.solve(below, cross[self.groups * self.q :] + coupled.pull(cross), products, roots[1:])
        reach, around, lean_D = coupled.back(then)
        inner = groupwise.product(block.H, block.gram)
        H_own = block.H + groupwise.product(groupwise.product(inner, around), inner.transpose(1, 0, 2))
        H[self.own] = H_own
        H[onward.beside] = -np.einsum("abe,be->ae", inner[:, :, onward.coupling.group], reach)
        H[onward.after] = then.H[onward.following]
        lean = columns_of(groupwise.product(block.H, block.D - groupwise.product(block.gram, lean_D)))
        solved = Solved(
            block.N - groupwise.product(groupwise.product(block.N, around), block.N),
            groupwise.product(block.N, block.M_D - lean_D),
            lambda: H_own,
        )
        return Solution(
            block.log_determinant + then.log_determinant,
            then.products,
            H[:-1],
            np.concatenate([lean, then.lean]),
            (solved, *then.factors),
        )


class _Block:
    """A factor's groups, eliminated given those before: G, D, their M, N and H (elimination.py)."""

    __slots__ = ("D", "H", "M_D", "N", "gram", "log_determinant", "roots")

    def __init__(self, gram: Matrices, D: Matrices, root: Matrix) -> None:
        psi = root @ root.T
        pooled = pool(graded_roots(gram, grading(psi)), psi)
        self.gram, self.D = gram, D
        self.N, self.log_determinant = pooled.N, pooled.log_determinant
        self.H = shrunken(gram, root)
        self.roots = groupwise.cholesky(gram)
        self.M_D = groupwise.solve(self.roots, D)

    def products(self) -> Matrix:
        """What eliminating the factor adds to D'V^-1 D: M' N M - M' G M, (m, m)."""
        return groupwise.weighted_products(self.M_D, groupwise.product(self.N, self.M_D) - self.D)


class _Coupled:
    """A block and the later columns it meets; M (q, E) are its groups' regressions of those columns."""

    __slots__ = ("M", "block", "onward")

    def __init__(self, block: _Block, onward: Onward, beside: Matrix) -> None:
        group = onward.coupling.group
        self.block, self.onward = block, onward
        self.M = groupwise.solve(block.roots[:, :, group], beside[:, None, :])[:, 0]

    def spread(self) -> Vector:
        """What eliminating the block adds to the elements of the rest: M_j' (N_j - G_j) M_j."""
        coupling, M = self.onward.coupling, self.M
        eased = (self.block.N - self.block.gram)[:, :, coupling.group[coupling.left]]
        value = np.einsum("at,abt,bt->t", M[:, coupling.left], eased, M[:, coupling.right])
        return np.bincount(self.onward.slot, value, self.onward.rest.size).astype(np.float64, copy=False)

    def pull(self, cross: Matrix) -> Matrix:
        """What it adds to the later columns' products with D, (later columns, m)."""
        block, coupling = self.block, self.onward.coupling
        change = groupwise.product(block.N, block.M_D) - block.D
        taken = np.einsum("ae,ame->em", self.M, change[:, :, coupling.group])
        own = block.gram.shape[0] * block.gram.shape[2]
        added = np.zeros_like(cross[own:])
        np.add.at(added, coupling.column, taken)
        return added

    def back(self, then: Solution) -> tuple[Matrix, Matrices, Matrices]:
        """M_j H of every entry (q, E), M_j H M_j' (q, q, J), and M_j times the rest's lean (q, m, J)."""
        coupling, M = self.onward.coupling, self.M
        left, right, group = coupling.left, coupling.right, coupling.group
        H, entries, groups = then.H[self.onward.slot], group.size, self.block.gram.shape[2]
        # A pair of two entries counts for both of them.
        both = np.where(left == right, 0.0, H)
        reach = np.stack([_summed(left, m[right] * H, entries) + _summed(right, m[left] * both, entries) for m in M])
        around = np.stack([np.stack([_summed(group, r * m, groups) for m in M]) for r in reach])
        beside = then.lean.T[:, coupling.column]
        lean = np.stack([np.stack([_summed(group, m * own, groups) for own in beside]) for m in M])
        return reach, around, lean


def _summed(places: Codes, values: Vector, size: int) -> Vector:
    """The sum of the values at each place, (size,); zeros without any."""
    return np.bincount(places, values, size).astype(np.float64, copy=False)
