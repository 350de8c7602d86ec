"""A model, opened again: from the request that a fit answered, kept as it was sent, to its design and its fit.

What follows a fit is computed from the cross-products, which cost less to make again than to keep: a document says what
the model is, the kept request has the rows.
"""

from dataclasses import dataclass

from service import data, engine
from service.contract import FailedFit, FitDocument, FitOptions, RowOptions, Submission, checked, read_fits
from service.design import Design, make_lots
from service.engine import Fit
from service.errors import InvalidRequest, ServiceError
from service.formula import read
from service.formula.formula import Formula
from service.tasks.answer import received


@dataclass(frozen=True, slots=True)
class OpenModel:
    """A model that was fitted before: its document, the options it was fitted with, its design and its fit."""

    document: FitDocument
    options: FitOptions
    design: Design
    fit: Fit


def open_model(document: bytes, submission: Submission, *, in_memory: bool = False) -> OpenModel:
    """The model whose document's bytes these are, made again from the request that it answered.

    `in_memory` says that the rows are wanted, not their cross-products alone: the design is then held.

    Raises InvalidRequest for the document of a collection.
    """
    fitted = the_fit(document)
    payload = received(submission)
    options = checked(FitOptions, payload.options)
    table = payload.table if payload.table is not None else data.dataset(payload.dataset or "")
    formula = read(fitted.model.formula, list(table.columns))
    design = design_of(formula, table, None if in_memory else payload.rows, options)
    fit = engine.fit(design, restricted=options.method == "REML", theta=options.theta)
    return OpenModel(fitted, options, design, fit)


def the_fit(document: bytes) -> FitDocument:
    """The fit of a document that was kept; raises InvalidRequest for a collection's."""
    fits = read_fits(document)
    if len(fits) != 1 or isinstance(fits[0], FailedFit):
        raise InvalidRequest("This is a collection of fits: ask for one of them, by its own id.")
    return fits[0]


def design_of(
    formula: Formula, table: data.Table, rows: data.Rows | None, options: RowOptions, most_levels: int | None = None
) -> Design:
    """The design of one formula on a table, whose rows may come in batches."""
    ((design,),) = make_lots(
        [formula],
        table,
        rows,
        weights=options.weights,
        missing=options.missing,
        levels=options.levels,
        contrasts=options.contrasts,
        most_levels=most_levels,
    )
    if isinstance(design, ServiceError):
        raise design
    return design
