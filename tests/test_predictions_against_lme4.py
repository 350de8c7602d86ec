"""Predictions of new rows against lme4's, from the document alone; reference/lme4/predict.R wrote the numbers."""

import json
from pathlib import Path
from typing import TypedDict

import pytest

from service.data import Logical, read_file
from service.tasks.predictions import predict_from_document
from tests.data.tables import Cell, plain
from tests.references import REFERENCE, csv_of
from tests.tasks.questions import ask
from tests.test_against_lme4 import MODELS, fitted, largest_sd

UNSEEN: dict[bool, Cell] = {True: "unseen", False: -999.0}


class Predicted(TypedDict):
    """What lme4 predicts of four rows; in the third the first of `renamed` is a new group, in the last all are."""

    id: str
    rows: list[int]
    renamed: list[str]
    conditional: list[float]
    population: list[float]


def predicted() -> list[Predicted]:
    found: list[Predicted] = json.loads((REFERENCE / "lme4/predictions.json").read_text())
    return found


PREDICTED = {each["id"]: each for each in predicted()}


def table_of(id: str) -> Path:
    return csv_of(MODELS[id]["dataset"])


def new_rows(id: str) -> dict[str, list[Cell]]:
    """The rows that lme4 was asked for."""
    asked = PREDICTED[id]
    payload = read_file(table_of(id), [])
    assert payload.table is not None
    table = payload.table
    columns: dict[str, list[Cell]] = {}
    for name, cells in plain(table).items():
        chosen = [cells[row] for row in asked["rows"]]
        is_logical = isinstance(table.columns[name], Logical)
        columns[name] = [bool(cell) if is_logical and cell is not None else cell for cell in chosen]
    for place, name in enumerate(asked["renamed"]):
        unseen = UNSEEN[isinstance(columns[name][0], str)]
        columns[name][2:] = [unseen if place == 0 else columns[name][2], unseen]
    return columns


@pytest.mark.parametrize("level", ["conditional", "population"])
@pytest.mark.parametrize("id", MODELS)
def test_predictions(id: str, level: str) -> None:
    document = fitted(id).model_dump_json()
    options = json.dumps({"data": new_rows(id), "level": level, "interval": "mean"})
    reply = ask(f'{{"document": {document}, {options[1:]}'.encode(), task=predict_from_document)
    assert not reply.failed, reply.body
    answer = json.loads(reply.body)
    ours = [row["estimate"] for row in answer["predictions"]]
    theirs = PREDICTED[id]["conditional" if level == "conditional" else "population"]
    # fit.R leads theta to some 1e-8; raw powers to the 6th cost lme4 some digits more.
    assert ours == pytest.approx(theirs, rel=0, abs=1e-6 * largest_sd(MODELS[id]))
    assert all(row["conf_low"] <= row["estimate"] <= row["conf_high"] for row in answer["predictions"])
    assert answer["notes"] == []
