"""Requests for several models of one table, and ways to look at what comes back."""

import json
from collections.abc import Mapping

import numpy as np

from service.contract import FailedFit, FitCollection, FitDocument, Reply
from tests.data.tables import Cell
from tests.tasks.questions import ask

ROWS = 60
WAVE = np.sin(np.arange(ROWS))
GAPS: dict[str, list[Cell]] = {
    "a": WAVE.round(3).tolist(),
    "b": [None if row % 7 == 0 else float(row) for row in range(ROWS)],
    "c": [None if row % 11 == 3 else round(float(WAVE[row] ** 2), 3) for row in range(ROWS)],
    "x": [(row * row) % 13 for row in range(ROWS)],
    "f": ["uvw"[row % 3] for row in range(ROWS)],
    "g": [f"g{row // 5}" for row in range(ROWS)],
    "h": [f"h{row % 8}" for row in range(ROWS)],
    "one": ["same"] * ROWS,
    "w": [1 + row % 3 for row in range(ROWS)],
}
GOOD = [
    "a ~ x + (1 | g)",
    "b ~ x + (1 | g)",
    "log(b + 1) ~ x * f + (1 | g)",
    "c ~ poly(x, 2) + offset(a) + (1 | g)",
    "a ~ 1 + (1 | h)",
    "c ~ f + (x | g)",
    "a ~ x + (1 | g) + (1 | h)",
]


def post(data: Mapping[str, object] = GAPS, /, **options: object) -> Reply:
    return ask(json.dumps({"data": data, **options}).encode())


def entries(reply: Reply) -> list[FitDocument | FailedFit]:
    assert not reply.failed, reply.body
    return FitCollection.model_validate_json(reply.body).fits


def alone(formula: str, **options: object) -> Reply:
    reply = post(formula=formula, **options)
    assert not reply.failed, reply.body
    return reply


def failure(reply: Reply, place: int) -> FailedFit:
    entry = entries(reply)[place]
    assert isinstance(entry, FailedFit)
    return entry
