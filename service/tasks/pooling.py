"""Pooling: a formula with one varying intercept, with complete, no and partial pooling side by side."""

from service import data
from service.contract import PoolingOptions, Reply, Submission, checked
from service.errors import Fault, UnsupportedModel
from service.formula import read
from service.formula.formula import Formula
from service.inference import alternatives
from service.report import pooling_document
from service.tasks.answer import Stopwatch, hint_of, received, reply_to
from service.tasks.models import design_of


def pool(submission: Submission) -> Reply:
    """All ways to pool the model of a request; or why there are none."""
    return reply_to(lambda: _pool(submission), hint_of(submission))


def _pool(submission: Submission) -> Reply:
    clock = Stopwatch()
    with clock.stage("read"):
        payload = received(submission)
        options = checked(PoolingOptions, payload.options)
        table = payload.table if payload.table is not None else data.dataset(payload.dataset or "")
        formula = read(options.formula, list(table.columns))
        _require_varying_intercept(formula)
    with clock.stage("design"):
        design = design_of(formula, table, payload.rows, options, submission.limits.levels)
    with clock.stage("fit"):
        found = alternatives(design, restricted=options.method == "REML", separately="separate" in options.include)
    with clock.stage("report"):
        body = pooling_document(design, found, options).model_dump_json().encode()
    return Reply(body, seconds=clock.seconds)


def _require_varying_intercept(formula: Formula) -> None:
    """Refuse a formula of other random terms than one varying intercept."""
    other = [term for place, term in enumerate(formula.random) if place or not term.intercept or term.terms]
    if other or not formula.random:
        message = "Pooling is compared for one varying intercept: the formula needs one random term, (1 | group)."
        position = other[0].position if other else None
        raise UnsupportedModel(message, Fault(message, pointer="/formula", position=position))
