"""A request becomes a document, the same however it was sent, or a refusal that points to what is wrong."""

import csv
import io
import json
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

import pytest

from service import engine
from service.contract import Reply
from service.data import dataset
from service.tasks.fits import summarise
from tests.data.tables import Cell, plain
from tests.tasks.questions import RADON, ask, refusal_of

FORMULA = "log_radon ~ floor + (1 | county)"
SLOPES = "log_radon ~ floor + (floor | county)"
COLUMNS: dict[str, list[Cell]] = {
    name: cells for name, cells in plain(dataset("radon")).items() if name in ("log_radon", "floor", "county")
}
RECORDS = [dict(zip(COLUMNS, cells, strict=True)) for cells in zip(*COLUMNS.values(), strict=True)]
BOUNDARY = "hedgehog"


def in_json(data: object, **options: object) -> Reply:
    return ask(json.dumps({"formula": FORMULA, "data": data, **options}).encode())


def as_csv(columns: Mapping[str, list[Cell]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows([list(columns), *zip(*columns.values(), strict=True)])
    return text.getvalue().encode()


def form(**parts: bytes) -> Reply:
    lines = [
        b'--%b\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n%b\r\n'
        % (BOUNDARY.encode(), name.encode(), b'; filename="radon.csv"' if name == "data" else b"", content)
        for name, content in parts.items()
    ]
    return ask(b"".join(lines) + f"--{BOUNDARY}--\r\n".encode(), f"multipart/form-data; boundary={BOUNDARY}")


def reversed_columns() -> Mapping[str, list[Cell]]:
    return dict(reversed(COLUMNS.items()))


SAME: Mapping[str, Callable[[], Reply]] = {
    "columns": lambda: in_json(COLUMNS),
    "columns in another order": lambda: in_json(reversed_columns()),
    "records": lambda: in_json(RECORDS),
    "CSV": lambda: ask(as_csv(COLUMNS), "text/csv", urlencode({"formula": FORMULA})),
    "a form": lambda: form(formula=FORMULA.encode(), data=as_csv(COLUMNS)),
    "a form, the data first": lambda: form(data=as_csv(COLUMNS), formula=FORMULA.encode()),
    "the shipped data set": lambda: ask(json.dumps(RADON).encode()),
    "an unused column": lambda: in_json({**COLUMNS, "spare": [0] * len(RECORDS)}),
    "other blanks": lambda: in_json(COLUMNS, formula="log_radon~floor+( 1|county )"),
    "defaults written out": lambda: in_json(COLUMNS, method="REML", theta=None, levels={}, confidence_level=0.95),
    "include in another order": lambda: in_json(COLUMNS, include=["coefficients", "random_effects", "coefficients"]),
}
"""One question, sent in many ways."""


@pytest.fixture(scope="module")
def answer() -> Reply:
    return in_json(COLUMNS)


@pytest.mark.parametrize("way", SAME)
def test_the_same_question_has_the_same_answer(answer: Reply, way: str) -> None:
    reply = SAME[way]()
    assert reply.id == answer.id
    assert reply.body == answer.body


OTHER: Mapping[str, Callable[[], Reply]] = {
    "another number": lambda: in_json({**COLUMNS, "floor": [1 - RECORDS[0]["floor"], *COLUMNS["floor"][1:]]}),
    "rows in another order": lambda: in_json({name: cells[::-1] for name, cells in COLUMNS.items()}),
    "another group": lambda: in_json({**COLUMNS, "county": ["AITKIN ", *COLUMNS["county"][1:]]}),
    "a missing cell": lambda: in_json({**COLUMNS, "floor": [None, *COLUMNS["floor"][1:]]}),
    "another formula": lambda: in_json(COLUMNS, formula="log_radon ~ 1 + (1 | county)"),
    "another method": lambda: in_json(COLUMNS, method="ML"),
    "theta": lambda: in_json(COLUMNS, theta=0.5),
    "no pooling": lambda: in_json(COLUMNS, theta="inf"),
    "weights": lambda: in_json({**COLUMNS, "w": [1] * len(RECORDS)}, weights="w"),
    "a level": lambda: in_json(COLUMNS, confidence_level=0.9),
    "df": lambda: in_json(COLUMNS, df="residual"),
    "intervals": lambda: in_json(COLUMNS, intervals="none"),
    "another part": lambda: in_json(COLUMNS, include=["coefficients"]),
}
"""Other questions."""


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "The response `log_radon` is not one column of numbers: `0,79` is none."),
        (
            {"formula": "exp(log_radon) ~ floor + (1 | county)"},
            "Column `log_radon` is text; a calculation needs numbers: `0,79` is none.",
        ),
        (
            {"formula": "floor ~ 1 + (1 | county)", "weights": "log_radon"},
            "The weights `log_radon` are not numbers: `0,79` is none.",
        ),
    ],
)
def test_a_slip_that_makes_a_column_text_is_shown(options: Mapping[str, str], message: str) -> None:
    table = as_csv({**COLUMNS, "log_radon": ["0,79", *COLUMNS["log_radon"][1:]]})
    assert refusal_of(ask(table, "text/csv", urlencode({"formula": FORMULA, **options}))).detail == message


def test_another_question_has_another_id(answer: Reply) -> None:
    replies = {name: ask_it() for name, ask_it in OTHER.items()}
    assert [name for name, reply in replies.items() if reply.failed] == []
    ids = {answer.id, *(reply.id for reply in replies.values())}
    assert len(ids) == len(OTHER) + 1


def test_the_id_stands_in_the_document(answer: Reply) -> None:
    assert answer.id is not None
    assert json.loads(answer.body)["id"] == answer.id
    assert len(answer.id) == 32
    assert set(answer.id) <= set("0123456789abcdef")


def test_each_stage_is_timed(answer: Reply) -> None:
    assert list(answer.seconds) == ["read", "design", "fit", "report"]
    assert all(seconds > 0 for seconds in answer.seconds.values())


def test_a_summary_is_made_of_a_documents_bytes(answer: Reply) -> None:
    reply = summarise(answer.body, 3)
    assert not reply.failed
    assert "(Intercept)    1.462   0.052" in reply.body.decode()


REFUSED: list[tuple[dict[str, object], str, str | None, str]] = [
    ({"formula": None}, "invalid_request", "/formula", "either `formula` or `formulas`."),
    ({"formula": 1}, "invalid_request", "/formula", "valid string"),
    ({"formulas": [FORMULA]}, "invalid_request", "/formula", "not both"),
    ({"formula": ""}, "formula_syntax", "/formula", "empty"),
    ({"formula": "log_radon ~ "}, "formula_syntax", "/formula", ""),
    ({"formula": "log_radon ~ flor + (1 | county)"}, "unknown_column", "/formula", "did you mean `floor`?"),
    ({"formula": "log_radon ~ floor"}, "unsupported_model", None, "no random term"),
    ({"method": "reml"}, "invalid_request", "/method", "'REML' or 'ML'"),
    ({"weights": "w"}, "unknown_column", "/weights", "no column `w`"),
    ({"missing": 0}, "invalid_request", "/missing", "'drop' or 'error'"),
    ({"levels": {"county": "AITKIN"}}, "invalid_request", "/levels/county", "list"),
    ({"levels": {"a/b~c": 1}}, "invalid_request", "/levels/a~1b~0c", "list"),
    ({"levels": {"": ["a"]}}, "invalid_request", "/levels/", "at least 1 character"),
    ({"contrasts": {"county": "dummy"}}, "invalid_request", "/contrasts/county", "'treatment', 'sum'"),
    ({"confidence_level": 95}, "invalid_request", "/confidence_level", "less than 1"),
    ({"intervals": "exact"}, "invalid_request", "/intervals", "'wald'"),
    ({"df": 3}, "invalid_request", "/df", "'satterthwaite'"),
    ({"theta": -1}, "invalid_request", "/theta", "greater than or equal to 0"),
    ({"theta": [-1]}, "invalid_request", "/theta", "greater than or equal to 0"),
    ({"theta": "x"}, "invalid_request", "/theta", "valid number"),
    ({"theta": []}, "invalid_request", "/theta", "has 1 theta, not 0"),
    ({"theta": [1, 2]}, "invalid_request", "/theta", "has 1 theta, not 2"),
    ({"theta": [1, -2, -1], "formula": SLOPES}, "invalid_request", "/theta/2", "cannot be negative"),
    ({"theta": [1, 0, "inf"], "formula": SLOPES}, "invalid_request", "/theta", "one coefficient varies alone"),
    ({"include": "all"}, "invalid_request", "/include", "'fitted'"),
    ({"include": ["fitted", 1]}, "invalid_request", "/include/1", "'fitted'"),
    ({"metod": "ML"}, "invalid_request", "/metod", "no such option; did you mean `method`?"),
    ({"posterior": 1}, "invalid_request", "/posterior", "no such option."),
    ({"dataset": "radom"}, "invalid_request", "/dataset", "there is: radon"),
    ({"data": COLUMNS}, "invalid_request", "/data", "not both"),
]
"""Options, the code and the pointer of the refusal, and some of its words."""


@pytest.mark.parametrize(("options", "code", "pointer", "words"), REFUSED)
def test_a_refusal_points_to_the_option(
    options: Mapping[str, object], code: str, pointer: str | None, words: str
) -> None:
    refusal = refusal_of(ask(json.dumps({**RADON, **options}).encode()))
    assert (refusal.code, refusal.errors[0].pointer if refusal.errors else None) == (code, pointer)
    assert words in refusal.detail


def test_the_formula_is_required() -> None:
    refusal = refusal_of(ask(b'{"dataset": "radon"}'))
    assert (refusal.code, refusal.errors[0].pointer) == ("invalid_request", "/formula")


LONG = "z" * 5000
ECHOES: list[dict[str, object]] = [
    {LONG: 1},
    {"levels": {LONG: ["a"]}},
    {"levels": {LONG[:900]: 1}},
    {"contrasts": {LONG[:900]: "sum"}},
    {"weights": LONG[:900]},
    {"method": LONG},
    {"theta": LONG},
    {"dataset": LONG},
    {"include": [LONG]},
]


@pytest.mark.parametrize("options", ECHOES)
def test_a_refusal_repeats_no_more_than_forty_characters(options: Mapping[str, object]) -> None:
    refusal = refusal_of(ask(json.dumps({**RADON, **options}).encode()))
    assert "z" * 41 not in refusal.model_dump_json()


def test_ten_faults_are_enough() -> None:
    refusal = refusal_of(ask(json.dumps({**RADON, **{f"option{k}": k for k in range(50)}}).encode()))
    assert len(refusal.errors) == 10


@pytest.mark.parametrize("theta", ["1e400", "nan", "-1", "", '"infinite"'])
def test_theta_in_a_query_is_a_number_or_inf(theta: str) -> None:
    query = urlencode({"formula": FORMULA, "theta": theta})
    refusal = refusal_of(ask(as_csv(COLUMNS), "text/csv", query))
    assert (refusal.code, refusal.errors[0].pointer) == ("invalid_request", "/theta")


@pytest.mark.parametrize(
    ("number", "code"),
    [(b"1e400", "not_finite"), *((word, "malformed_body") for word in (b"NaN", b"Infinity", b"-Infinity"))],
)
def test_theta_in_json_is_json(number: bytes, code: str) -> None:
    body = json.dumps({**RADON, "theta": 0}).encode().replace(b'"theta": 0', b'"theta": ' + number)
    assert refusal_of(ask(body)).code == code


def test_what_needs_too_much_memory_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    def exhaust(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(engine, "fit_all", exhaust)
    refusal = refusal_of(in_json(COLUMNS))
    assert refusal.code == "body_too_large"
    assert "memory" in refusal.detail


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "text/csv",
        "multipart/form-data; boundary=hedgehog",
        "application/vnd.apache.arrow.stream",
        "application/vnd.apache.parquet",
        "application/xml",
        "",
    ],
)
def test_nonsense_is_refused_and_raises_nothing(content_type: str) -> None:
    assert refusal_of(ask(b"\x00\xff--hedgehog" * 20, content_type)).detail


@pytest.mark.parametrize("formula", ["log_radon~floor+(1|county)", "log_radon ~ floor + + (1 | county)+)"])
def test_a_formula_in_a_query_with_a_bare_plus_gets_a_hint(formula: str) -> None:
    body = as_csv(plain(dataset("radon")))
    assert "%2B" in refusal_of(ask(body, "text/csv", f"formula={formula}")).detail
    assert "%2B" not in refusal_of(ask(body, "text/csv", urlencode({"formula": "y~(floor"}).replace("+", "%20"))).detail
