"""Designs of more rows than are held: the rows are read and coded again, batch after batch, whenever they are needed.

One pass finds what a batch cannot know of the others: the levels of factors and groups, which rows are complete, and
whether every number is one. Then each batch is coded into those levels, a `Design` of its own. Whatever does not
depend on the rows is the same as of a design in memory, and so are the errors.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from service.data.table import Rows
from service.design.batches import Batches
from service.design.coder import Coder, Values, columns_at
from service.design.coding import Coding, Factor
from service.design.columns import columns_named
from service.design.design import Design
from service.design.evaluation import takes_statistics
from service.design.factors import choose_factors
from service.design.missing import Missing, require_complete
from service.design.options import check_contrasts, check_options
from service.design.recoding import Recoding, recoding
from service.design.refusals import several_responses
from service.design.responses import take_offset, take_response
from service.design.streamed_groups import StreamedGrouping
from service.design.survey import Survey, Variable
from service.formula.formula import Formula, Term
from service.formula.variables import names_in

MOST_CELLS = 2**23
"""Cells of the columns of a formula that are held rather than streamed: 64 MiB."""


@dataclass(frozen=True, slots=True)
class StreamedDesign(Design):
    """A design that holds none of its `n_rows` rows: `X`, `y` and `random` are as they would be without them.

    `weights` and `offset` are empty, or None where there are none; `rows` is None. Only its chunks have rows.
    """

    n_rows: int
    batches: Batches
    coder: Coder

    @property
    def n(self) -> int:
        """The number of rows."""
        return self.n_rows

    def chunks(self) -> Iterator[Design]:
        """The rows, read anew, in designs of a few megabytes or of as many rows as there are groups."""
        n_groups = max((len(effect.grouping.levels) for effect in self.random), default=0)
        for table in self.batches.tables(n_groups):
            if (design := self.coder.design(table)) is not None:
                yield design


def is_streamed(formula: Formula, n_rows: int) -> bool:
    """Whether the design of a formula, of so many rows, is to be streamed rather than held.

    It is if its columns have more than `MOST_CELLS` cells, unless it takes statistics of one, as `scale` and `poly` do:
    those look at all rows.
    """
    trees = formula.variables.values()
    n_columns = len({name.text for tree in trees for name in names_in(tree)})
    return n_rows * n_columns > MOST_CELLS and not any(map(takes_statistics, trees))


def make_streamed_design(
    formula: Formula,
    rows: Rows,
    *,
    weights: str | None = None,
    missing: Missing = "drop",
    levels: Mapping[str, Sequence[str]] | None = None,
    contrasts: Mapping[str, str] | None = None,
) -> StreamedDesign:
    """The design that `make_design` would make of the same rows in memory; raises as that does."""
    outline = rows.outline
    check_options([formula], outline, weights, levels or {}, contrasts or {})
    if len(formula.responses) > 1:
        raise several_responses(formula)
    check_contrasts(formula, outline, contrasts or {})
    names = columns_named(formula.names, outline)
    names = names if weights is None else list(dict.fromkeys([*names, weights]))
    batches = Batches(rows, names, levels or {})
    survey = _surveyed(formula, batches, weights)
    require_complete({name: survey.gaps[name] for name in names if name in survey.gaps}, survey.n, missing)
    outlines = _outlines(formula, survey)
    coder = _coder(formula, survey, weights, contrasts or {})
    X = coder.matrix(outlines, survey.n)
    survey.require(None)
    offset = take_offset(formula, outlines)
    _complete_groups(coder, batches)
    return StreamedDesign(
        formula=formula.text,
        response=formula.response,
        intercept=formula.intercept,
        X=X,
        y=np.empty(0),
        weights=None if weights is None else np.empty(0),
        offset=offset,
        random=coder.random(outlines, survey.n),
        rows=None,
        n_dropped=rows.n_rows - survey.n,
        coding=coder.coding,
        n_rows=survey.n,
        batches=batches,
        coder=coder,
    )


def _surveyed(formula: Formula, batches: Batches, weights: str | None) -> Survey:
    """What one pass over the rows tells of the variables."""
    labels = [formula.response, *formula.predictors]
    variables = {label: Variable(formula.variables[label]) for label in labels}
    survey = Survey(variables, chain.from_iterable(term.group for term in formula.random), weights)
    for table in batches.tables():
        survey.see(table)
    return survey


def _outlines(formula: Formula, survey: Survey) -> Values:
    """The values of the variables in no row; raises the first error, in the order in which they would be computed."""
    for label in survey.variables:
        survey.require(label)
        if label == formula.response:
            take_response(formula, survey.outlines[label])
    return survey.outlines


def _coder(formula: Formula, survey: Survey, weights: str | None, contrasts: Mapping[str, str]) -> Coder:
    """The coder of a formula's rows, whose groupings may not be complete."""
    labels = dict.fromkeys(chain.from_iterable(chain(formula.terms, *(term.terms for term in formula.random))))
    factors = choose_factors(labels, formula, {label: survey.specimen(label) for label in labels}, contrasts)
    recodings = {label: _recoding(label, survey, factors.get(label)) for label in labels}
    groups: dict[tuple[str, Term], StreamedGrouping] = {}
    names: dict[Term, str] = {}
    for term in formula.random:
        key = (names.setdefault(term.group, term.group_name), term.group)
        if key not in groups:
            groups[key] = StreamedGrouping(term.group_name, map(survey.distinct, term.group))
    return Coder(formula, survey.variables, Coding(factors, {}), recodings, groups, weights)


def _recoding(label: str, survey: Survey, factor: Factor | None) -> Recoding | None:
    """How a variable becomes codes in the levels of its factor, None if it has none."""
    return None if factor is None else recoding(survey.distinct(label), factor.levels)


def _complete_groups(coder: Coder, batches: Batches) -> None:
    """Pass over the rows until all groupings are complete: once for each variable of an interaction but the first."""
    while waiting := {key: group for key, group in coder.groups.items() if not group.is_complete}:
        for table in batches.tables():
            _, values = coder.values(table)
            for (_, labels), group in waiting.items():
                group.see(columns_at(labels, values))
        for group in waiting.values():
            group.end_pass()
