"""The next request of a note: from the requests of its kind to the one that this fit's model can be asked."""

import math

from pydantic import JsonValue

from service.contract import NoteKind
from service.contract.document import NextRequest
from service.report.findings import Findings

MOST_ROWS = 1_000_000
"""Rows in a group beyond which no design is asked for."""

Words = dict[str, str | int | float]


def next_request(kind: NoteKind, found: Findings, id: str | None) -> NextRequest | None:
    """The first request of a kind of note that can be made of this fit, kept under `id`; None if there is none."""
    for request in kind.next:
        path = request.path.partition("?")[0]
        if _can_be_asked(kind.code, path, found) and (id is not None or "{id}" not in path):
            return NextRequest(method=request.method, path=_path(request, found, id), body=_body(request, found))
    return None


def _path(request: NextRequest, found: Findings, id: str | None) -> str:
    """The path and query of a request, of this fit."""
    if "{" not in request.path:
        return request.path
    # A plus sign would be a space in a query.
    scale = f"{found.estimates.sigma:.3g}".replace("+", "")
    return request.path.replace("{id}", id or "").replace("{sd_within}", scale)


def _body(request: NextRequest, found: Findings) -> dict[str, JsonValue] | None:
    """The body of a request, of this model."""
    if request.body is None:
        return None
    words: Words = {"formula": found.design.formula}
    if request.path == "/v1/designs":
        words = _design_words(found)
    return {name: _filled(value, words) for name, value in request.body.items()}


def _can_be_asked(code: str, path: str, found: Findings) -> bool:
    """Whether the resource at `path` answers the note of this code for such a model."""
    if path.endswith("/posterior"):
        # Flat on the standard deviation, it takes two groups more than what is told between them.
        told = int(found.estimates.group_level.sum())
        return found.estimates.is_varying_intercept and found.factors[0].factor.n_groups >= told + 2
    if path == "/v1/pooling":
        return found.estimates.is_varying_intercept
    if path == "/v1/designs":
        return found.design.weights is None and _large_enough(found) <= MOST_ROWS
    if code == "no_adjustment":
        # Without noise the degrees of freedom of several variances are not known either way.
        return found.estimates.sigma > 0.0 or found.estimates.theta.size == 1
    return True


def _large_enough(found: Findings) -> float:
    """The rows to a group, two at least, with which its own mean weighs as much as the mean of all."""
    pool = found.pooling[0]
    return math.inf if pool is None or math.isinf(pool.equivalent_n) else max(2.0, math.ceil(pool.equivalent_n))


def _design_words(found: Findings) -> Words:
    factor, size = found.factors[0], _large_enough(found)
    return {
        "n_groups": factor.factor.n_groups,
        "size": int(min(size, MOST_ROWS)),
        "sd_between": float(factor.sd[0]),
        "sd_within": found.estimates.sigma,
    }


def _filled(value: JsonValue, words: Words) -> JsonValue:
    """The value with each word in braces replaced by what it stands for."""
    if isinstance(value, dict):
        return {name: _filled(inner, words) for name, inner in value.items()}
    if isinstance(value, str) and value.startswith("{"):
        return words[value.strip("{}")]
    return value
