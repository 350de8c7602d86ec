"""Bytes of a request -> bytes of a document: the whole service in one short function.

Everything here runs in a worker or on the command line; the serving process knows these functions by name alone. What
cannot be answered comes back as a value, a `Failure` of the contract: no exception of ours leaves a worker.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from service import __version__, data, engine
from service.contract import (
    FitDocument,
    FitOptions,
    FormulaExpansion,
    FormulaRequest,
    Reply,
    Submission,
    checked,
    failure_of,
)
from service.contract.document import RandomPart
from service.data.json_text import decode_object
from service.design import make_design
from service.errors import BodyTooLarge, Fault, FormulaSyntax, InvalidRequest, ServiceError, UnknownFunction
from service.formula import names_in, read
from service.formula.formula import Formula
from service.report import fit_document, summary_text

HINT = "\n(In a query a bare + is a space: write the plus sign as %2B.)"


def fit(submission: Submission) -> Reply:
    """The fit document of a request, with its id and the seconds each stage took; or why there is none."""
    return _answer(lambda: _fit(lambda: _received(submission)), HINT if "+" in submission.query else "")


def fit_file(path: str, formula: str, options: Sequence[str]) -> Reply:
    """The same of a file on this machine; `options` are written as in a query: `method=ML`."""
    pairs = [("formula", formula), *(option.partition("=")[::2] for option in options)]
    return _answer(lambda: _fit(lambda: data.read_file(Path(path), pairs)))


def expand_formula(submission: Submission) -> Reply:
    """The expansion of a formula; or why there is none."""
    return _answer(lambda: _expand(submission))


def summarise(document: bytes, digits: int) -> Reply:
    """The summary, as UTF-8 text, of the fit whose document's bytes these are."""
    return Reply(summary_text(FitDocument.model_validate_json(document), digits).encode())


def _fit(read_payload: Callable[[], data.Payload]) -> Reply:
    clock = Stopwatch()
    with clock.stage("read"):
        payload = read_payload()
        options = checked(FitOptions, payload.options)
        table = payload.table if payload.table is not None else data.dataset(payload.dataset or "")
        formula = read(options.formula, list(table.columns))
    with clock.stage("design"):
        design = make_design(
            formula,
            table,
            weights=options.weights,
            missing=options.missing,
            levels=options.levels,
            contrasts=options.contrasts,
        )
    with clock.stage("fit"):
        fitted = engine.fit(design, restricted=options.method == "REML", theta=_held(options))
    with clock.stage("report"):
        id = identify(options, formula, table)
        document = fit_document(id, design, fitted, options)
        body = document.model_dump_json().encode()
    return Reply(body, id=id, seconds=clock.seconds)


def _received(submission: Submission) -> data.Payload:
    """The payload of a request."""
    return data.read_payload(
        Path(submission.path),
        submission.content_type,
        submission.content_encoding,
        submission.query,
        _limits(submission),
    )


def _expand(submission: Submission) -> Reply:
    content = data.read_body(Path(submission.path), submission.content_encoding, _limits(submission))
    request = checked(FormulaRequest, decode_object(content))
    formula = read(request.formula, request.columns)
    expansion = FormulaExpansion(
        formula=formula.text,
        response=formula.response,
        intercept=formula.intercept,
        fixed_terms=[":".join(term) for term in formula.terms],
        offsets=list(formula.offsets),
        random_terms=[
            RandomPart(
                terms=[*["1"] * part.intercept, *(":".join(term) for term in part.terms)],
                group=part.group_name,
                correlated=part.correlated,
            )
            for part in formula.random
        ],
        variables=_columns_of(formula),
    )
    return Reply(expansion.model_dump_json().encode())


def identify(options: FitOptions, formula: Formula, table: data.Table) -> str:
    """The id of a fit: the same for the same question, data and version, however they were sent."""
    asked = options.model_dump(mode="json") | {"formula": formula.text, "include": sorted(set(options.include))}
    names = _columns_of(formula) + ([options.weights] if options.weights else [])
    parts = [__version__, json.dumps(asked, sort_keys=True), data.fingerprint(table, names)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _answer(task: Callable[[], Reply], hint: str = "") -> Reply:
    """The task's reply, or its refusal as one; a `hint` may help with a formula that cannot be read."""
    try:
        return task()
    except (FormulaSyntax, UnknownFunction) as error:
        refusal: ServiceError = type(error)(error.detail + hint, *error.faults)
    except ServiceError as error:
        refusal = error
    except MemoryError:
        refusal = BodyTooLarge("The fit needs more memory than one may use: send fewer rows, levels or columns.")
    return Reply(failure_of(refusal).model_dump_json().encode(), failed=True)


def _held(options: FitOptions) -> float | None:
    """The theta to hold; raises InvalidRequest if there is more than the one a varying intercept has."""
    if options.theta is None:
        return None
    if len(options.theta) != 1:
        message = f"A varying intercept has one theta, not {len(options.theta)}."
        raise InvalidRequest(message, Fault(message, pointer="/theta"))
    return options.theta[0]


def _columns_of(formula: Formula) -> list[str]:
    """The columns of the data that a formula uses, in alphabetical order."""
    return sorted({name.text for tree in formula.variables.values() for name in names_in(tree)})


def _limits(submission: Submission) -> data.Limits:
    limits = submission.limits
    return data.Limits(max_bytes=limits.bytes, max_rows=limits.rows, max_columns=limits.columns)


class Stopwatch:
    """Seconds by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what happens in the block."""
        start = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - start
