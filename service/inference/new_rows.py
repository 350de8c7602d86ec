"""New rows for a fitted model: their predictors, and which group of the fit each belongs to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from service.arrays import Codes, Matrix, Vector
from service.data import Categorical, Numeric, Table
from service.design import Grouping, code_fixed, code_random, code_varying
from service.design.levels import recoded
from service.design.responses import take_weights
from service.engine.random_factors import lme4_order
from service.errors import Fault, InvalidRequest
from service.inference.fitted_model import FittedFactor, FittedModel
from service.quoting import excerpt, quote

Knowledge = Literal["groups", "columns", "nothing"]
"""What is to be known of rows beside their predictors: their groups, what varies by groups, or neither."""

NEW, MISSING = -1, -2
"""Codes of a group that the fit did not have, and of none."""


@dataclass(frozen=True, slots=True)
class NewGroups:
    """The rows of a factor: `codes` (m,) of their groups, among the fit's `n_groups`, NEW or MISSING; `Z` (m, q)."""

    codes: Codes
    Z: Matrix
    n_groups: int

    def at(self, rows: slice) -> "NewGroups":
        """Some of the rows."""
        return NewGroups(self.codes[rows], self.Z[rows], self.n_groups)


@dataclass(frozen=True, slots=True)
class NewRows:
    """New rows: `X` (m, p) and `offset` (m,), and of each factor its groups; NaN where a value is missing.

    `weights` (m,) are prior weights; None without any, when each is 1.
    """

    X: Matrix
    offset: Vector | None
    groups: tuple[NewGroups, ...]
    weights: Vector | None


def code_rows(model: FittedModel, table: Table, known: Knowledge, *, refuse_new: bool = False) -> NewRows:
    """The rows of a table for a model, with as much of their groups as is asked for.

    Raises as the design does for what it cannot code, and InvalidRequest where a group is new and `refuse_new`.
    """
    fixed = code_fixed(model.formula, model.coding, table)
    if fixed.X.shape[1] <= max(model.columns.tolist(), default=-1):
        message = "The coding does not have all columns that coefficients belong to."
        raise InvalidRequest(message, Fault(message, pointer="/document/coding/columns"))
    groups: tuple[NewGroups, ...] = ()
    if known == "groups":
        groups = _known(model, table, refuse_new=refuse_new)
    elif known == "columns":
        groups = _unknown(model, table)
    weights = _weights(model.weights, table) if model.weights in table.columns else None
    return NewRows(fixed.X[:, model.columns], fixed.offset, groups, weights)


def _known(model: FittedModel, table: Table, *, refuse_new: bool) -> tuple[NewGroups, ...]:
    """The groups of each factor."""
    terms = code_random(model.formula, model.coding, table)
    columns = _by_factor(model, [term.grouping.name for term in terms], [term.Z for term in terms])
    groupings = {term.grouping.name: term.grouping for term in terms}
    found = []
    for factor in model.factors or ():
        codes = _codes(groupings[factor.name], factor, refuse_new=refuse_new)
        found.append(NewGroups(codes, columns[factor.name], len(factor.levels)))
    return tuple(found)


def _unknown(model: FittedModel, table: Table) -> tuple[NewGroups, ...]:
    """The same where no group is known."""
    names: dict[tuple[str, ...], str] = {}
    of_term = [names.setdefault(term.group, term.group_name) for term in model.formula.random]
    columns = _by_factor(model, of_term, code_varying(model.formula, model.coding, table))
    nobody = np.full(table.n_rows, MISSING)
    return tuple(NewGroups(nobody, columns[name], size) for name, size in model.sizes.items())


def _by_factor(model: FittedModel, names: Sequence[str], matrices: Sequence[Matrix]) -> dict[str, Matrix]:
    """The columns of every factor, those of its terms side by side in lme4's order."""
    if set(names) != set(model.sizes):
        message = "The formula's grouping factors are not those of the document."
        raise InvalidRequest(message, Fault(message, pointer="/document/model/formula"))
    gathered: dict[str, list[Matrix]] = {}
    for place in lme4_order([model.sizes[name] for name in names]):
        gathered.setdefault(names[place], []).append(matrices[place])
    if {name: sum(part.shape[1] for part in parts) for name, parts in gathered.items()} != model.widths:
        message = "As many coefficients do not vary by the formula as by the document."
        raise InvalidRequest(message, Fault(message, pointer="/document/model/formula"))
    return {name: np.column_stack(parts) if len(parts) > 1 else parts[0] for name, parts in gathered.items()}


def _codes(grouping: Grouping, factor: FittedFactor, *, refuse_new: bool) -> Codes:
    """The code of each row's group among the fit's."""
    known = recoded(Categorical(grouping.codes, grouping.levels), factor.levels)
    is_new = (known < 0) & (grouping.codes >= 0)
    if refuse_new and is_new.any():
        row = int(np.argmax(is_new))
        label, name = grouping.levels[grouping.codes[row]], excerpt(factor.name)
        message = f"{quote(factor.name)} is {quote(label)} in row {row}, a group that the fitted model does not know."
        raise InvalidRequest(message, Fault(message, column=name, row=row))
    return np.where(grouping.codes < 0, MISSING, known)


def _weights(name: str | None, table: Table) -> Vector:
    """The prior weights of the rows, NaN where one is missing."""
    column = table.columns[name or ""]
    present = ~np.isnan(column.values) if isinstance(column, Numeric) else np.ones(table.n_rows, dtype=np.bool_)
    weights = np.full(table.n_rows, np.nan)
    weights[present] = take_weights(name or "", table, np.flatnonzero(present))
    return weights
