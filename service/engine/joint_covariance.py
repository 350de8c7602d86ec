"""How the effects of two factors vary together given the data, where a row has both: blocks of H off the diagonal.

H is the covariance of all random effects given the data, beta and theta, over sigma^2. Between factors after the first
its elements are those of the remainder (remainder.py). Between a group j of the first factor, of which
H_j = (Psi^-1 + G_j)^-1 is known given the others, and the columns of a later one

    H_j. = -H_j G_j M_j H   (M_j the group's regressions on the columns that it meets),

by the inverse of a matrix in blocks. All are wanted at pairs of groups that share a row, where the equations have
elements.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from service.arrays import Codes, Matrices, Matrix, Vector
from service.design import Design
from service.engine import groupwise
from service.engine.arrangement import Arrangement
from service.engine.criterion import Criterion
from service.engine.elimination import shrunken
from service.engine.random_factors import random_factors
from service.engine.sparsity import Coupling, lots, pair_up

AT_ONCE = 2_000_000
"""Pairs of entries of the first factor's groups that are looked at together."""


@dataclass(frozen=True, slots=True)
class JointCovariance:
    """The blocks `values` (q, r, E) of H of the E pairs of groups of two factors that share a row.

    `keys` (E,), rising, are j * n_groups + k for group j of the first and k of the second, of which there are
    `n_groups`. A value that elimination does not reach is nan: there the products of the columns cancel exactly.
    """

    n_groups: int
    keys: Codes
    values: Matrices

    def at(self, first: Codes, second: Codes) -> Matrices:
        """The blocks (q, r, n) of these groups of rows (n,), which must share a row."""
        return self.values[:, :, np.searchsorted(self.keys, first * self.n_groups + second)]


Joint = Mapping[tuple[int, int], JointCovariance]
"""The covariances of every two factors, by their places, the smaller first."""


def joint_covariances(design: Design, criterion: Criterion, theta: Vector) -> Joint:
    """The covariances between the factors of a design at theta (k,), in the coordinates of the criterion's products."""
    plan = criterion.arrangement
    if plan is None:
        return {}
    products = criterion.products
    counts, sizes = zip(*((own.gram.shape[2], len(own.gram)) for own in products.factors), strict=True)
    keys = _meetings(design, counts)
    # Places beyond the last element are those that elimination does not reach.
    H = np.append(criterion.rest_covariance(theta), np.nan)
    starts = np.cumsum([0, *(j * q for j, q in zip(counts[1:], sizes[1:], strict=True))]).tolist()
    columns = {(f, h): _columns(own % counts[h], sizes[h], starts[h - 1]) for (f, h), own in keys.items()}
    first = _First(plan, H, shrunken(products.factors[0].gram, criterion.parameters.roots(theta)[0]), criterion)
    entries = [(keys[0, h] // counts[h], columns[0, h]) for h in range(1, len(counts))]
    beside = first.beside(entries)
    found = {}
    for (f, h), own in keys.items():
        if f == 0:
            values = beside[h - 1]
        else:
            rows = _columns(own // counts[h], sizes[f], starts[f - 1])
            values = H[plan.rest.places(rows[:, None] * starts[-1] + columns[f, h])]
        found[f, h] = JointCovariance(counts[h], own, values)
    return found


def _meetings(design: Design, counts: tuple[int, ...]) -> dict[tuple[int, int], Codes]:
    """The pairs of groups that share a row, for every two factors."""
    found: dict[tuple[int, int], list[Codes]] = {}
    for chunk in design.chunks():
        codes = [factor.grouping.codes for factor in random_factors(chunk)]
        for f, mine in enumerate(codes):
            for h in range(f + 1, len(codes)):
                found.setdefault((f, h), []).append(np.unique(mine * counts[h] + codes[h]))
    return {pair: np.unique(np.concatenate(parts)) for pair, parts in found.items()}


def _columns(groups: Codes, q: int, start: int) -> Codes:
    """The columns (q, E) of these groups (E,) of a factor whose columns begin at `start`."""
    columns: Codes = start + groups * q + np.arange(q)[:, None]
    return columns


@dataclass(frozen=True, slots=True)
class _First:
    """The first factor beside the later ones: its H_j (q, q, J) given those, and `rest` H at the elements."""

    plan: Arrangement
    rest: Vector
    own: Matrices
    criterion: Criterion

    def beside(self, entries: list[tuple[Codes, Codes]]) -> list[Matrices]:
        """H between the first factor's groups (E,) and the columns (r, E) of each later factor, (q, r, E) each."""
        group = np.concatenate([np.tile(j, len(columns)) for j, columns in entries])
        column = np.concatenate([columns.ravel() for _, columns in entries])
        order = np.lexsort((column, group))
        reach = np.empty((len(self.own), group.size))
        reach[:, order] = self._reach(group[order], column[order])
        inner = groupwise.product(self.own, self.criterion.products.factors[0].gram)
        values = -np.einsum("abe,be->ae", inner[:, :, group], reach)
        stops = np.cumsum([columns.size for _, columns in entries])
        parts = np.split(values, stops[:-1], axis=1)
        return [part.reshape(len(part), *columns.shape) for part, (_, columns) in zip(parts, entries, strict=True)]

    def _reach(self, group: Codes, column: Codes) -> Matrix:
        """M_j H (q, E) at entries by group, then column."""
        M = self._regressions(group, column)
        return np.concatenate(
            [self._reach_of(pair_up(group[lot], column[lot]), M[:, lot]) for lot in lots(group, AT_ONCE)], axis=1
        )

    def _reach_of(self, coupling: Coupling, M: Matrix) -> Matrix:
        """The same of some groups, whose entries meet in pairs."""
        left, right, size = coupling.left, coupling.right, coupling.group.size
        H = self.rest[self.plan.rest.places(coupling.keys(self.plan.solution.shape[1]))]
        # A pair of two entries counts for both of them.
        both = np.where(left == right, 0.0, H)
        return np.stack(
            [
                np.bincount(left, _product(m[right], H), size) + np.bincount(right, _product(m[left], both), size)
                for m in M
            ]
        )

    def _regressions(self, group: Codes, column: Codes) -> Matrix:
        """M (q, E) at these entries; 0 where the group's columns have no product with the column."""
        known, q = self.plan.solution.tocoo(), len(self.own)
        keys = known.row.astype(np.intp) * known.shape[1] + known.col
        order = np.argsort(keys)
        values, keys = np.append(known.data[order], 0.0), np.append(keys[order], -1)
        wanted = (group * q + np.arange(q)[:, None]) * known.shape[1] + column
        places = np.searchsorted(keys[:-1], wanted)
        return np.where(keys[places] == wanted, values[places], 0.0)


def _product(m: Vector, H: Vector) -> Vector:
    """The products m H, 0 where m is: what is not known does not matter there."""
    return np.where(m != 0.0, m * H, 0.0)
