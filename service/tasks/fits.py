"""Fits: bytes of a request -> bytes of a document: the whole service in a few short functions."""

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path

from service import __version__, data, engine
from service.contract import FailedFit, FitOptions, Reply, Submission, checked, failure_of, join_fits, read_fits
from service.design import Design, is_streamed, make_lots
from service.engine import Fit
from service.errors import ServiceError
from service.formula.formula import Formula
from service.report import fit_document, summary_text
from service.tasks.answer import Stopwatch, hint_of, hinted, received, reply_to
from service.tasks.questions import Identities, Question, identity, questions_of

Answer = tuple[str, bytes] | ServiceError
"""What a question gets: the id of a fit and its document, or why there is none."""


def fit(submission: Submission) -> Reply:
    """The document of a request, with its id and the seconds each stage took; or why there is none."""
    hint = hint_of(submission)
    most_levels = submission.limits.levels
    return reply_to(lambda: _fit(lambda: received(submission), submission.owner, hint, most_levels), hint)


def fit_file(path: str, formula: str, options: Sequence[str]) -> Reply:
    """The same of a file on this machine; `options` are written as in a query: `method=ML`."""
    pairs = [("formula", formula), *(option.partition("=")[::2] for option in options)]
    return reply_to(lambda: _fit(lambda: data.read_file(Path(path), pairs)))


def summarise(document: bytes, digits: int) -> Reply:
    """The summary, as UTF-8 text, of the fit whose document's bytes these are; of all, if they are a collection's."""
    summaries = [
        f"lmer(formula = {each.formula})\nfailed: {each.problem.detail}\n"
        if isinstance(each, FailedFit)
        else summary_text(each, digits)
        for each in read_fits(document)
    ]
    return Reply("\n".join(summaries).encode())


def _fit(
    read_payload: Callable[[], data.Payload], owner: str = "", hint: str = "", most_levels: int | None = None
) -> Reply:
    clock = Stopwatch()
    with clock.stage("read"):
        payload = read_payload()
        options = checked(FitOptions, payload.options)
        table = payload.table if payload.table is not None else data.dataset(payload.dataset or "")
        questions = questions_of(options, table)
    formulas = [each.formula for each in questions if isinstance(each.formula, Formula)]
    # What is said of each row is made from all rows.
    rows = None if {"fitted", "residuals"}.intersection(options.include) else payload.rows
    are_many = any(is_streamed(formula, table.n_rows) for formula in formulas)
    identities = Identities(options, rows if rows is not None and are_many else table, owner)
    lots = make_lots(
        formulas,
        table,
        rows,
        weights=options.weights,
        missing=options.missing,
        levels=options.levels,
        contrasts=options.contrasts,
        most_levels=most_levels,
    )
    known = iter(_fit_all(formulas, lots, options, identities=identities, clock=clock))
    answers = [next(known) if isinstance(each.formula, Formula) else each.formula for each in questions]
    if options.formulas is not None or len(questions) > 1:
        return _collection(questions, answers, owner, hint, clock)
    if isinstance(answers[0], ServiceError):
        raise answers[0]
    id, body = answers[0]
    return Reply(body, id=id, seconds=clock.seconds)


def _fit_all(
    formulas: Sequence[Formula],
    lots: Iterable[Sequence[Design | ServiceError]],
    options: FitOptions,
    *,
    identities: Identities,
    clock: Stopwatch,
) -> list[Answer]:
    """The answers to formulas of one response, in their order, from their designs, which are made as they are used."""
    waiting = iter(formulas)
    answers: list[Answer] = []
    for designs in clock.each("design", lots):
        with clock.stage("fit"):
            models = _models(designs, options)
        with clock.stage("report"):
            own = islice(waiting, len(models))
            answers += [_document(*each, options, identities) for each in zip(models, own, strict=True)]
    return answers


def _models(designs: Sequence[Design | ServiceError], options: FitOptions) -> list[tuple[Design, Fit] | ServiceError]:
    """Each design with its fit, or why there is none."""
    sound = [design for design in designs if isinstance(design, Design)]
    fits = engine.fit_all(sound, restricted=options.method == "REML", theta=options.theta)
    fitted = iter(
        [fit if isinstance(fit, ServiceError) else (design, fit) for design, fit in zip(sound, fits, strict=True)]
    )
    return [next(fitted) if isinstance(design, Design) else design for design in designs]


def _document(
    model: tuple[Design, Fit] | ServiceError, formula: Formula, options: FitOptions, identities: Identities
) -> Answer:
    """The id and the document of a model, or why there is none."""
    if isinstance(model, ServiceError):
        return model
    id = identities.of(formula)
    try:
        return id, fit_document(id, *model, options).model_dump_json().encode()
    except ServiceError as error:
        return error.with_traceback(None)


def _collection(
    questions: Sequence[Question], answers: Sequence[Answer], owner: str, hint: str, clock: Stopwatch
) -> Reply:
    """The answers in one document."""
    with clock.stage("report"):
        ids = [None if isinstance(answer, ServiceError) else answer[0] for answer in answers]
        fits = [
            _failure(question, answer, hint) if isinstance(answer, ServiceError) else answer[1]
            for question, answer in zip(questions, answers, strict=True)
        ]
        # What has no id of its own is asked for by what it says.
        id = identity(__version__, owner, "collection", *(own or fit for own, fit in zip(ids, fits, strict=True)))
        body, places = join_fits(id, fits)
        members = {own: place for own, place in zip(ids, places, strict=True) if own is not None}
    return Reply(body, id=id, members=members, seconds=clock.seconds)


def _failure(question: Question, error: ServiceError, hint: str) -> bytes:
    """The entry of a collection for a formula that could not be fitted."""
    problem = failure_of(hinted(error, hint), question.pointer)
    return FailedFit(status="failed", formula=question.text, problem=problem).model_dump_json().encode()
