"""Comparisons: several formulas of one response, fitted by ML to the same rows, side by side."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from service import data, engine
from service.contract import ComparisonDocument, ComparisonOptions, Reply, Submission, checked
from service.design import INTERCEPT, Design, ModelMatrix, RandomEffect, make_lots
from service.design.columns import columns_of
from service.engine import Fit
from service.errors import Fault, InvalidRequest, ServiceError, UnsupportedModel
from service.formula import read
from service.formula.formula import Formula
from service.inference import compare
from service.quoting import pointer_to, quote
from service.report import comparison_document
from service.tasks.answer import Stopwatch, hint_of, received, reply_to


def compare_formulas(submission: Submission) -> Reply:
    """The comparison of the formulas of a request; or why there is none."""
    return reply_to(lambda: _compare(submission), hint_of(submission))


def _compare(submission: Submission) -> Reply:
    clock = Stopwatch()
    with clock.stage("read"):
        payload = received(submission)
        options = checked(ComparisonOptions, payload.options)
        table = payload.table if payload.table is not None else data.dataset(payload.dataset or "")
        formulas = _read_all(options.formulas, table)
    with clock.stage("design"):
        designs = _designs(formulas, table, options, submission.limits.levels)
    with clock.stage("fit"):
        fits = _fits(designs)
        comparison = compare(designs, fits)
    with clock.stage("report"):
        document: ComparisonDocument = comparison_document(designs, fits, comparison, options)
        body = document.model_dump_json().encode()
    return Reply(body, seconds=clock.seconds)


def _read_all(texts: Sequence[str], table: data.Table) -> list[Formula]:
    """The formulas, which must have one response, the same for all."""
    formulas = []
    for place, text in enumerate(texts):
        try:
            formula = read(text, list(table.columns))
            columns_of(formula.variables.values(), table)
        except ServiceError as error:
            raise _at(error, place) from None
        formulas.append(formula)
    responses = list(dict.fromkeys(formula.response for formula in formulas))
    if len(responses) > 1:
        message = (
            f"Likelihoods of different responses cannot be compared, and a transformed response is another one: these "
            f"formulas have {_listed(responses)}."
        )
        others = (place for place, formula in enumerate(formulas) if formula.response != responses[0])
        faults = [
            Fault(f"The response is {quote(formulas[place].response)}.", pointer=_pointer(place)) for place in others
        ]
        raise InvalidRequest(message, *faults)
    return formulas


def _designs(
    formulas: Sequence[Formula], table: data.Table, options: ComparisonOptions, most_levels: int
) -> list[Design]:
    """The designs of the formulas, all of the rows that are complete for all of them."""
    every = chain.from_iterable(columns_of(formula.variables.values(), table) for formula in formulas)
    lots = make_lots(
        formulas,
        table,
        weights=options.weights,
        missing=options.missing,
        levels=options.levels,
        contrasts=options.contrasts,
        most_levels=most_levels,
        also=list(dict.fromkeys(every)),
    )
    designs = []
    for place, design in enumerate(chain.from_iterable(lots)):
        if isinstance(design, ServiceError):
            raise _at(design, place)
        designs.append(design)
    return designs


def _fits(designs: Sequence[Design]) -> list[Fit]:
    """The fits of the designs by ML."""
    groups = next((effect for design in designs for effect in design.random), None)
    if groups is None:
        message = "None of the formulas has a random term: add one such as (1 | group) to at least one of them."
        raise UnsupportedModel(message, Fault(message, pointer="/formulas"))
    mixed = [design for design in designs if design.random]
    found = iter(engine.fit_all(mixed, restricted=False))
    fits = []
    for place, design in enumerate(designs):
        fit = next(found) if design.random else _classical_fit(design, groups)
        if isinstance(fit, ServiceError):
            raise _at(fit, place)
        fits.append(fit)
    return fits


def _classical_fit(design: Design, groups: RandomEffect) -> Fit | ServiceError:
    """The fit of a design without random terms: complete pooling, whatever the groups."""
    intercept = ModelMatrix((INTERCEPT,), ((),), design.n)
    varying = replace(groups, Z=intercept)
    (fit,) = engine.fit_all([replace(design, random=(varying,))], restricted=False, theta=[0.0])
    return fit


def _at(error: ServiceError, place: int) -> ServiceError:
    """The error, pointing to the formula it is about unless it points elsewhere."""
    pointer = _pointer(place)
    faults = [replace(fault, pointer=fault.pointer or pointer) for fault in error.faults]
    return type(error)(error.detail, *(faults or [Fault("This formula has no fit.", pointer=pointer)]))


def _pointer(place: int) -> str:
    return pointer_to("", "formulas", place)


def _listed(names: Sequence[str]) -> str:
    shown = [quote(name) for name in names[:5]]
    return ", ".join(shown[:-1]) + f" and {shown[-1]}" if len(names) <= 5 else f"{', '.join(shown)} and others"
