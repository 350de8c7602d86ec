"""Predictions: a fit document and new rows come in, predictions go out; the rows of the fit are not needed."""

from service import data
from service.contract import FitDocument, PredictionOptions, Reply, Submission, checked, checked_text
from service.data.json_table import read_json
from service.data.json_text import BYTE_ORDER_MARK, decode, members
from service.errors import Fault, InvalidRequest
from service.inference import Knowledge, code_rows, predict
from service.quoting import pointer_to
from service.report import fitted_model, prediction_answer
from service.report.collector import paused
from service.tasks.answer import Stopwatch, json_of, limits_of, received, reply_to
from service.tasks.models import the_fit


def predict_from_document(submission: Submission) -> Reply:
    """The predictions of a request that brings the document; or why there are none."""
    return reply_to(lambda: _from_document(submission), formula="/document/model/formula")


def predict_from_fit(document: bytes, submission: Submission) -> Reply:
    """The predictions of a fit whose document's bytes these are, for the rows of a request; or why there are none."""
    # The formula is not part of the request: what it misses is a column of the data.
    return reply_to(lambda: _from_fit(document, submission), formula="/data")


def _from_document(submission: Submission) -> Reply:
    clock, limits = Stopwatch(), limits_of(submission)
    with clock.stage("read"):
        sent = members(json_of(submission).removeprefix(BYTE_ORDER_MARK))
        written, rows = (bytes(sent.pop(name, b"null")) for name in ("document", "data"))
        options = checked(PredictionOptions, {name: decode(text, pointer_to("", name)) for name, text in sent.items()})
        for name, part in (("document", written), ("data", rows)):
            if part == b"null":
                message = f"Send the fit document and new rows: `{name}` is missing."
                raise InvalidRequest(message, Fault(message, pointer=f"/{name}"))
        with paused():
            document = checked_text(FitDocument, written, "/document")
        table = read_json(rows, limits)
    return _predict(document, "/document", table, options, clock)


def _from_fit(kept: bytes, submission: Submission) -> Reply:
    clock = Stopwatch()
    with clock.stage("read"):
        payload = received(submission)
        options = checked(PredictionOptions, payload.options)
        table = payload.table if payload.table is not None else data.dataset(payload.dataset or "")
        with paused():
            document = the_fit(kept)
    return _predict(document, "", table, options, clock)


def _predict(
    document: FitDocument, pointer: str, table: data.Table, options: PredictionOptions, clock: Stopwatch
) -> Reply:
    """The predictions of a table; `pointer` says where the document stands in the request."""
    with clock.stage("predict"):
        model = fitted_model(document, pointer, list(table.columns))
        conditional = options.level == "conditional" and model.factors is not None
        known: Knowledge = "groups" if conditional else "columns" if options.interval == "observation" else "nothing"
        rows = code_rows(model, table, known, refuse_new=options.new_groups == "error")
        found = predict(
            model,
            rows,
            conditional=conditional,
            interval=options.interval,
            confidence_level=options.confidence_level,
            variance_uncertainty=options.variance_uncertainty,
        )
    with clock.stage("report"):
        body = prediction_answer(
            model, rows, found, conditional=conditional, asked=options.level, as_columns=options.format == "columns"
        )
    return Reply(body, seconds=clock.seconds)
