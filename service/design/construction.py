"""The making of designs: from formulas, a table and options to the arrays that models are fitted from."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, groupby

from service.data.table import Rows, Table
from service.design.coding import Coding
from service.design.columns import columns_named
from service.design.design import Design
from service.design.missing import Missing, complete_rows
from service.design.model_frame import ModelFrame
from service.design.options import check_contrasts, check_options
from service.design.refusals import several_responses, too_many_levels
from service.design.responses import take_response
from service.design.row_set import RowSet
from service.design.streamed import is_streamed, make_streamed_design
from service.errors import ServiceError
from service.formula.formula import Formula

TOGETHER = 64
"""Formulas worked on at a time: with more, what each has of its own takes more memory and sharing saves hardly more."""

CELLS = 2**24
"""Rows times formulas worked on at a time: some 128 MiB for each variable that they do not share."""


def make_design(
    formula: Formula,
    table: Table,
    *,
    weights: str | None = None,
    missing: Missing = "drop",
    levels: Mapping[str, Sequence[str]] | None = None,
    contrasts: Mapping[str, str] | None = None,
) -> Design:
    """The design of a model of one response: its complete rows, coded.

    `weights` names a column of prior weights, `levels` orders the levels of columns, `contrasts` names the scheme of
    factors. Raises the errors of the table and the model, each with its place.
    """
    check_options([formula], table, weights, levels or {}, contrasts or {})
    return _Designs(table, levels or {}, weights=weights, missing=missing, contrasts=contrasts or {}).design(formula)


def make_designs(
    formulas: Sequence[Formula],
    table: Table,
    *,
    weights: str | None = None,
    missing: Missing = "drop",
    levels: Mapping[str, Sequence[str]] | None = None,
    contrasts: Mapping[str, str] | None = None,
) -> list[Design | ServiceError]:
    """For each formula, which has one response, the design it has alone, or the error that it has none.

    Everything that is equal is shared: variables are computed once, and on the same complete rows the coded variables,
    the groupings and whatever consists of the same terms are the same objects. Raises errors in the options, which are
    no formula's own.
    """
    lots = make_lots(formulas, table, weights=weights, missing=missing, levels=levels, contrasts=contrasts)
    return list(chain.from_iterable(lots))


def make_lots(
    formulas: Sequence[Formula],
    table: Table,
    rows: Rows | None = None,
    *,
    weights: str | None = None,
    missing: Missing = "drop",
    levels: Mapping[str, Sequence[str]] | None = None,
    contrasts: Mapping[str, str] | None = None,
    also: Collection[str] = (),
    most_levels: int | None = None,
) -> Iterator[list[Design | ServiceError]]:
    """The same in lots, one after another, so that memory need not hold what every formula has of its own at once.

    Where the table can be had in batches of `rows`, formulas of many cells have streamed designs, which share nothing.
    Rows of designs that are held are complete in the columns `also`, too, which the table must have. A design of a
    factor of more than `most_levels` levels, or of as many groups, is an error.
    """
    orders, schemes = levels or {}, contrasts or {}
    check_options(formulas, table, weights, orders, schemes)
    size = min(TOGETHER, max(1, CELLS // max(1, table.n_rows)))
    streamed = partial(make_streamed_design, weights=weights, missing=missing, levels=orders, contrasts=schemes)
    for are_many, run in groupby(formulas, lambda each: rows is not None and is_streamed(each, table.n_rows)):
        alike = list(run)
        if rows is not None and are_many:
            yield from ([_attempt(partial(streamed, rows=rows), formula, most_levels)] for formula in alike)
            continue
        for start in range(0, len(alike), size):
            designs = _Designs(table, orders, weights=weights, missing=missing, contrasts=schemes, also=also)
            yield [_attempt(designs.design, formula, most_levels) for formula in alike[start : start + size]]


def _attempt(
    make: Callable[[Formula], Design], formula: Formula, most_levels: int | None = None
) -> Design | ServiceError:
    """The design of a formula, or why there is none."""
    try:
        design = make(formula)
        if most_levels is not None:
            _require_few_levels(design, most_levels)
        return design
    except ServiceError as error:
        # A traceback would keep the arrays of the attempt.
        return error.with_traceback(None)


def _require_few_levels(design: Design, most: int) -> None:
    """Raise BodyTooLarge for a factor or a grouping of more levels."""
    counts = {label: len(factor.levels) for label, factor in design.coding.factors.items()}
    counts |= {effect.grouping.name: len(effect.grouping.levels) for effect in design.random}
    for label, count in counts.items():
        if count > most:
            raise too_many_levels(label, count, most)


class _Designs:
    """Designs of one table, all with the same options."""

    __slots__ = ("also", "contrasts", "frame", "missing", "of_gaps", "of_rows", "table", "weights")

    def __init__(
        self,
        table: Table,
        levels: Mapping[str, Sequence[str]],
        *,
        weights: str | None,
        missing: Missing,
        contrasts: Mapping[str, str],
        also: Collection[str] = (),
    ) -> None:
        self.table = table
        self.also = also
        self.frame = ModelFrame(table, levels)
        self.weights = weights
        self.missing = missing
        self.contrasts = contrasts
        self.of_gaps: dict[frozenset[str], RowSet] = {}
        self.of_rows: dict[bytes, RowSet] = {}

    def design(self, formula: Formula) -> Design:
        """The design of a formula with one response."""
        if len(formula.responses) > 1:
            raise several_responses(formula)
        check_contrasts(formula, self.table, self.contrasts)
        columns = columns_named(formula.names, self.table)
        columns += [*self.also, *([] if self.weights is None else [self.weights])]
        complete = self.complete(columns)
        y = take_response(formula, complete.value(formula.response, formula))
        part = complete.predictors(formula)
        return Design(
            formula=formula.text,
            response=formula.response,
            intercept=formula.intercept,
            X=part.X,
            y=y,
            weights=part.weights,
            offset=part.offset,
            random=part.random,
            rows=complete.rows,
            n_dropped=self.table.n_rows - len(y),
            coding=Coding(part.factors, self.frame.constants(formula.variables)),
        )

    def complete(self, columns: Iterable[str]) -> RowSet:
        """The rows where none of these columns is missing, the same object for the same rows.

        Raises as `complete_rows`.
        """
        gaps = self.frame.gaps(columns)
        names = frozenset(gaps)
        if names not in self.of_gaps:
            rows = complete_rows(gaps, self.table.n_rows, self.missing)
            content = b"" if rows is None else hashlib.sha256(rows.data).digest()
            if content not in self.of_rows:
                self.of_rows[content] = RowSet(self.frame, rows, weights=self.weights, contrasts=self.contrasts)
            self.of_gaps[names] = self.of_rows[content]
        return self.of_gaps[names]
