"""Whoever attacks the service is answered at once; it stays ready, and whoever comes next is served."""

import copy
import json
import random
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from tests.end_to_end.attacks import ANSWERED, ATTACKS, FITTED, Attack
from tests.end_to_end.refusals import STATUS, options, text
from tests.end_to_end.test_bad_requests import SECONDS, require_discretion, require_shape, send, words
from tests.serving import Server

Document = dict[str, Any]
"""A fit document as plain JSON."""

Place = tuple[str | int, ...]
"""The steps that lead to a value in a document."""

ROWS = {"floor": [0, 1, 1], "county": ["LACQUIPARLE", "LACQUIPARLE", "elsewhere"]}
HOSTILE: list[object] = [
    None, -1, 0, 1e308, -1e308, 5e-324, 2**63, 10**30, 10**400, True, "", "inf", "\0", "a" * 100_000, [], {}, [[]],
    [0] * 50_000, {"": 0}, [None], ["a", "a"], "y ~ exp(exp(exp(floor))) + (1 | county)",
]  # fmt: skip
USED = ("model", "fixed_effects", "random_effects", "coding", "prediction", "statistics")
"""The parts of a document that predictions are made of."""


@pytest.fixture(scope="module")
def document(service: Server) -> Document:
    found: Document = service.client.post("/v1/fits", json=FITTED).json()
    return found


def require_health(service: Server, workers: set[int]) -> None:
    """Nothing stays of what was sent, nobody died of it, and whoever comes next is served."""
    assert list(service.cwd.iterdir()) == service.spooled == []
    assert service.is_ready()
    assert send(service, options()).status_code in {200, 201}
    assert service.workers == workers


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.what.encode("unicode_escape").decode())
def test_an_attack_costs_the_service_little(service: Server, document: Document, attack: Attack) -> None:
    workers, request = service.workers, attack.request
    request = replace(request, path=request.path.replace("{id}", document["id"]))
    started = time.monotonic()
    response = send(service, request)
    assert time.monotonic() - started < SECONDS
    if attack.code == ANSWERED:
        assert response.status_code in {200, 201}, response.text
    else:
        assert (response.json()["code"], response.status_code) == (attack.code, STATUS[attack.code])
        require_shape(response)
        require_discretion("\n".join(words(response.json())), request)
    assert "X-Injected" not in response.headers
    assert len(response.headers["X-Request-Id"]) == 32
    require_health(service, workers)


def places(value: Any, steps: Place = ()) -> Iterator[Place]:  # Any: JSON of any shape
    """Where there is something in a document, of long lists the first and the last of it."""
    yield steps
    if isinstance(value, dict):
        for name, part in value.items():
            yield from places(part, (*steps, name))
    elif isinstance(value, list):
        for index in {0, len(value) - 1} if value else ():
            yield from places(value[index], (*steps, index))


def tampered(document: Document, place: Place, value: object) -> Document:
    """The document with another value at a place."""
    changed = copy.deepcopy(document)
    *above, last = place
    part: Any = changed
    for step in above:
        part = part[step]
    part[last] = value
    return changed


def predict(service: Server, document: Document) -> httpx.Response:
    asked = {"document": document, "data": ROWS, "interval": "observation", "variance_uncertainty": True}
    return send(service, text(json.dumps(asked), "/v1/predictions"))


def test_a_document_may_say_anything_anywhere(service: Server, document: Document) -> None:
    assert predict(service, document).status_code == 200
    workers, draw = service.workers, random.Random(7)  # noqa: S311 - which of many wrong values is no secret
    everywhere = [place for part in USED for place in places(document[part], (part,))]
    assert len(everywhere) > 100
    for place in everywhere:
        value = draw.choice(HOSTILE)
        started = time.monotonic()
        response = predict(service, tampered(document, place, value))
        assert response.status_code in {200, 422}, (place, str(value)[:40], response.text)
        assert time.monotonic() - started < SECONDS
        json.loads(response.content, parse_constant=pytest.fail)  # NaN is not JSON
        assert len(response.content) < 5000
    require_health(service, workers)
