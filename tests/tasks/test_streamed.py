"""Many rows of Parquet are read in batches, and nothing in the answer tells."""

import csv
import gc
import io
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from service.contract import Reply
from service.design import StreamedDesign, construction, make_streamed_design
from tests.tasks.questions import ask, refusal_of

PARQUET = "application/vnd.apache.parquet"
N = 600
Made = list[StreamedDesign]


def make_table() -> pa.Table:
    random = np.random.default_rng(5)
    g, x = random.integers(0, 30, N), random.normal(size=N)
    y = 1.0 + x * (0.5 + 0.3 * random.normal(size=30)[g]) + random.normal(size=30)[g] + random.normal(size=N)
    missing = random.random(N) < 0.02
    return pa.table(
        {
            "y": y,
            "x": pa.array(x, mask=missing),
            "g": [f"group {code}" for code in g],
            "k": random.integers(0, 9, N),
            "kind": [["small", "large", "huge"][code] for code in random.integers(0, 3, N)],
            "flag": (random.random(N) < 0.5).tolist(),
            "w": random.uniform(0.5, 2.0, N),
        }
    )


TABLE = make_table()


def as_parquet(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, row_group_size=170)
    return sink.getvalue()


def as_arrow(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def as_csv(table: pa.Table) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(
        [table.column_names, *zip(*(column.to_pylist() for column in table.columns), strict=True)]
    )
    return text.getvalue().encode()


def question(formula: str, **options: str) -> str:
    return urlencode({"formula": formula, **options})


@pytest.fixture
def streamed(monkeypatch: pytest.MonkeyPatch) -> Made:
    """The streamed designs that are made while a few cells count as many."""
    made: Made = []

    def record(*args: Any, **options: Any) -> StreamedDesign:  # Any: whatever it is called with
        made.append(make(*args, **options))
        return made[-1]

    make = make_streamed_design
    monkeypatch.setattr(construction, "make_streamed_design", record)
    monkeypatch.setattr("service.design.streamed.MOST_CELLS", 500)
    monkeypatch.setattr("service.design.batches.CELLS", 200)
    monkeypatch.setattr("service.design.batches.FEWEST_ROWS", 50)
    return made


def assert_alike(found: object, expected: object) -> None:
    """Equal but for rounding, and for the path on which an optimum was found."""
    if isinstance(expected, dict):
        assert isinstance(found, dict)
        assert found.keys() == expected.keys()
        for name in expected.keys() - {"gradient_norm", "evaluations"}:
            assert_alike(found[name], expected[name])
    elif isinstance(expected, list):
        assert isinstance(found, list)
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_alike(one, other)
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=1e-8, abs=1e-10)
    else:
        assert found == expected


QUESTIONS = [
    question("y ~ x + (1 | g)"),
    question("y ~ x + (x | g)", method="ML"),
    question("y ~ x * kind + flag + (1 | g) + (1 | k)", weights="w"),
    question("log(y^2 + 1) ~ factor(k) + (1 | kind:g)", contrasts='{"k": "sum"}'),
    question("y ~ kind + offset(x) + (1 | g)", levels='{"kind": ["small", "large", "huge"]}', confidence_level="0.9"),
]


@pytest.mark.parametrize("query", QUESTIONS)
def test_the_document_and_its_id_are_those_of_rows_in_memory(query: str, streamed: Made) -> None:
    expected = ask(as_arrow(TABLE), "application/vnd.apache.arrow.stream", query)
    assert not streamed
    found = ask(as_parquet(TABLE), PARQUET, query)
    assert len(streamed) == 1
    assert len(list(streamed[0].chunks())) > 3
    assert found.id == expected.id is not None
    assert_alike(json.loads(found.body), json.loads(expected.body))


def test_every_format_has_the_same_id(streamed: Made) -> None:
    query = QUESTIONS[2]
    ids = {
        ask(as_parquet(TABLE), PARQUET, query).id,
        ask(as_csv(TABLE), "text/csv", query).id,
        ask(as_arrow(TABLE), "application/vnd.apache.arrow.stream", query).id,
        ask(
            json.dumps(
                {
                    "formula": "y ~ x * kind + flag + (1 | g) + (1 | k)",
                    "weights": "w",
                    "data": TABLE.to_pydict(),
                }
            ).encode()
        ).id,
    }
    assert len(ids) == 1
    assert None not in ids
    assert len(streamed) == 1


def form(data: bytes, **fields: str) -> Reply:
    parts = [
        f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()
    ]
    head = '--B\r\nContent-Disposition: form-data; name="data"; filename="rows.parquet"\r\n\r\n'
    return ask("".join(parts).encode() + head.encode() + data + b"\r\n--B--\r\n", "multipart/form-data; boundary=B")


def test_a_file_of_a_form_is_read_in_batches_too(streamed: Made) -> None:
    reply = form(as_parquet(TABLE), formula="y ~ x + (1 | g)")
    assert reply.id == ask(as_parquet(TABLE), PARQUET, QUESTIONS[0]).id
    assert len(streamed) == 2


@pytest.mark.parametrize(
    "query",
    [
        question("y ~ scale(x) + (1 | g)"),
        question("y ~ poly(k, 2) + (1 | g)"),
        question("y ~ x + (1 | g)", include="fitted"),
        question("y ~ x + (1 | g)", include="residuals,random_effects"),
    ],
)
def test_what_needs_all_rows_has_them(query: str, streamed: Made) -> None:
    found = ask(as_parquet(TABLE), PARQUET, query)
    assert not streamed
    assert found.body == ask(as_arrow(TABLE), "application/vnd.apache.arrow.stream", query).body


def test_several_formulas_are_streamed_one_by_one(streamed: Made) -> None:
    formulas = ["y ~ x + (1 | g)", "y ~ q + (1 | g)", "w ~ kind + (1 | g)"]
    query = urlencode({"formulas": formulas}, doseq=True)
    found = ask(as_parquet(TABLE), PARQUET, query)
    assert len(streamed) == 2
    expected = ask(as_arrow(TABLE), "application/vnd.apache.arrow.stream", query)
    assert found.id == expected.id
    assert_alike(json.loads(found.body), json.loads(expected.body))


def changed(name: str, row: int, cell: object) -> pa.Table:
    column = TABLE.column(name)
    cells = column.to_pylist()
    cells[row] = cell
    return TABLE.set_column(TABLE.column_names.index(name), name, pa.array(cells, column.type))


REFUSED = {
    "missing": (changed("k", 555, None), question("y ~ k + (1 | g)", missing="error")),
    "infinite": (changed("y", 555, float("inf")), question("y ~ x + (1 | g)")),
    "not finite": (changed("y", 555, 0.0), question("log(y^2) ~ x + (1 | g)")),
    "weights": (changed("w", 555, -1.0), question("y ~ x + (1 | g)", weights="w")),
}


@pytest.mark.parametrize(("table", "query"), REFUSED.values(), ids=REFUSED.keys())
def test_a_refusal_names_the_row_of_the_file(table: pa.Table, query: str, streamed: Made) -> None:
    found = refusal_of(ask(as_parquet(table), PARQUET, query))
    assert not streamed  # none was finished
    assert "row 555" in found.detail
    assert found.errors[0].row == 555
    assert found == refusal_of(ask(as_arrow(table), "application/vnd.apache.arrow.stream", query))


def test_a_file_damaged_in_the_middle_is_malformed(streamed: Made) -> None:
    content = bytearray(as_parquet(TABLE))
    place = content.index(as_parquet(TABLE.slice(170, 170))[10:200])
    content[place : place + 100] = bytes(100)
    assert refusal_of(ask(bytes(content), PARQUET, QUESTIONS[0])).code == "malformed_body"
    assert not streamed


DESCRIPTORS = Path("/proc/self/fd")


@pytest.mark.skipif(not DESCRIPTORS.exists(), reason="the system does not list what a process has open")
@pytest.mark.parametrize(
    "query", [QUESTIONS[0], question("y ~ log(x) + (1 | g)"), question("y ~ q + (1 | g)"), question("y ~ x +")]
)
def test_the_body_is_let_go_with_the_answer(query: str, streamed: Made) -> None:
    before = len(list(DESCRIPTORS.iterdir()))
    gc.disable()
    try:
        ask(as_parquet(TABLE), PARQUET, query)
        streamed.clear()
        assert len(list(DESCRIPTORS.iterdir())) == before
    finally:
        gc.enable()
