"""Standard errors of predictions: from the chain of the estimates' errors and new rows to a number for each row.

The error of x'beta + z'b_j is a sum of independent parts (engine/joint_error.py): following the chain, what a factor's
error does to the errors of later factors and of beta is handed on to them. The effect of a group that the fit did not
have is estimated by 0 and errs by all that effects vary.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, hstack

from service.arrays import Flags, Matrix, Vector
from service.engine.columns import blocks
from service.engine.joint_error import JointError, Tie
from service.engine.sparsity import block_diagonal
from service.inference.fitted_model import Errors
from service.inference.new_rows import NewGroups, NewRows

AT_ONCE = 65_536
"""Rows worked on together, unless many columns are tied."""

CELLS = 2**22
"""Numbers of a dense matrix held at once."""


def standard_errors(errors: Errors, rows: NewRows, *, conditional: bool, of_groups: bool) -> Vector:
    """The standard error of each row's expected value (m,), nan where there is none.

    `conditional` on the groups that are known; `of_groups` counts what effects that are not known vary.
    """
    unit = _unit(errors)
    chain = _chain(errors.chain, len(errors.root), unit) if conditional and errors.chain is not None else None
    at_once = AT_ONCE if chain is None else chain.rows_at_once
    found = np.empty(len(rows.X))
    for block in blocks(len(rows.X), at_once):
        groups = [own.at(block) for own in rows.groups]
        x, squares = rows.X[block], np.zeros(block.stop - block.start)
        known = np.zeros(len(x), dtype=np.bool_)
        if conditional:
            known = np.logical_and.reduce([own.codes >= 0 for own in groups])
        if chain is not None:
            x, squares = chain.follow(groups, x)
        elif conditional:
            squares[np.logical_or.reduce([own.codes >= 0 for own in groups])] = np.nan
        if of_groups:
            for own, spread in zip(groups, errors.spreads, strict=True):
                squares += _spread(own, spread, unit)
        squares += _lengths(x @ (errors.root.T / unit))
        found[block] = np.where(known | ~_reaches(x, errors.unbounded), np.sqrt(squares) * unit, np.nan)
    return found


def _unit(errors: Errors) -> float:
    """The largest of the roots, in units of which they are squared."""
    sizes = [float(np.abs(root).max(initial=0.0)) for root in (errors.root, *errors.spreads) if root is not None]
    largest = max(size for size in sizes if np.isfinite(size))
    return largest if largest > 0 else 1.0


def _reaches(x: Matrix, unbounded: Flags) -> Flags:
    """Which rows have a part in what has no bound."""
    return np.asarray((x[:, unbounded] != 0.0).any(axis=1))


def _spread(groups: NewGroups, spread: Matrix | None, unit: float) -> Vector:
    """The variances of the effects of rows whose group is not known, 0 of others; nan without bound."""
    if spread is None:
        return np.where(groups.codes < 0, np.nan, 0.0)
    return np.where(groups.codes < 0, _lengths(groups.Z @ (spread / unit)), 0.0)


def _lengths(rows: Matrix) -> Vector:
    """The squared length of each row."""
    return np.asarray(np.einsum("ij,ij->i", rows, rows))


@dataclass(frozen=True, slots=True)
class _Chain:
    """The chain, ready to be followed: of each link the transposed roots, block-diagonal, the pulls (J q, p), and K."""

    roots: tuple[csr_array, ...]
    pulls: tuple[Matrix, ...]
    later: tuple[csr_array, ...]
    tie: Tie | None

    @property
    def rows_at_once(self) -> int:
        """How many rows may be followed together."""
        return AT_ONCE if self.tie is None else max(1, min(AT_ONCE, CELLS // max(1, len(self.tie.root))))

    def follow(self, groups: Sequence[NewGroups], x: Matrix) -> tuple[Matrix, Vector]:
        """What all errors of the rows' effects hand on to beta, x less what they pull (m, p), and their variances."""
        left, squares = [_directions(own) for own in groups], np.zeros(len(x))
        for root, pull, later in zip(self.roots, self.pulls, self.later, strict=True):
            own, *left = left
            squares += np.asarray((own @ root).power(2).sum(axis=1))
            x = x - own @ pull
            left = _less(left, csr_array(own @ later))
        if self.tie is not None:
            tied = csr_array(hstack(left, format="csr"))
            squares += _lengths(tied @ self.tie.root.T)
            x = x - tied @ self.tie.pull
        return x, squares


def _chain(chain: JointError, p: int, unit: float) -> _Chain:
    """The chain in a unit, for p coefficients."""
    links, tie = chain.links, chain.tie
    return _Chain(
        roots=tuple(block_diagonal(link.root.transpose(1, 0, 2) / unit) for link in links),
        pulls=tuple(link.pull.transpose(2, 0, 1).reshape(link.later.shape[0], p) for link in links),
        later=tuple(link.later for link in links),
        tie=None if tie is None else Tie(tie.root / unit, tie.pull),
    )


def _directions(groups: NewGroups) -> csr_array:
    """Z at the columns (m, J q) of each row's group; a row whose group is not known has nothing."""
    m, q = groups.Z.shape
    known = groups.codes >= 0
    starts = np.concatenate([[0], np.cumsum(known) * q])
    columns = (groups.codes[known, None] * q + np.arange(q)).ravel()
    return csr_array((groups.Z[known].ravel(), columns, starts), (m, groups.n_groups * q))


def _less(left: Sequence[csr_array], taken: csr_array) -> list[csr_array]:
    """The directions of later factors less what is taken of all of them, side by side."""
    stops = np.cumsum([each.shape[1] for each in left]).tolist()
    return [csr_array(each - taken[:, stop - each.shape[1] : stop]) for each, stop in zip(left, stops, strict=True)]
