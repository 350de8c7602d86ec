"""Pages of tables: the document's parts and the rows of a fit, in every form."""

import json
from pathlib import Path

import pyarrow as pa
import pytest

from service.contract import Page, Reply, Submission, page_of
from service.contract.tables import FittedPage, RandomEffectPage
from service.tasks.fits import fit
from service.tasks.tables import read_fitted, read_part
from tests.report.difficult import DIFFICULT
from tests.tasks.questions import JSON, LIMITS, refusal_of

RADON = {"dataset": "radon", "formula": "log_radon ~ floor + (1 | county)", "include": ["random_effects", "fitted"]}
CSV, ARROW = "text/csv", "application/vnd.apache.arrow.stream"


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Submission:
    path = tmp_path_factory.mktemp("bodies") / "body"
    path.write_text(json.dumps(RADON))
    return Submission(str(path), JSON, "", "", LIMITS)


@pytest.fixture(scope="module")
def document(asked: Submission) -> bytes:
    return fit(asked).body


def answered(reply: Reply) -> bytes:
    assert not reply.failed, reply.body
    return reply.body


def test_pages_of_a_part_put_together_are_the_part(document: bytes) -> None:
    page, levels = page_of("t", 30, None), []
    while True:
        reply = read_part(document, "random_effects", page, JSON)
        found = RandomEffectPage.model_validate_json(answered(reply))
        levels += [row.level for row in found.random_effects]
        assert found.next == reply.next
        if reply.next is None:
            break
        page = page_of("t", 30, reply.next)
    assert levels == json.loads(document)["random_effects"]["county"]["levels"]


@pytest.mark.parametrize("part", ["fixed_effects", "random_effects", "variance_components"])
def test_every_form_has_the_same_rows(document: bytes, part: str) -> None:
    page = Page("t", 1, 5)
    json_rows = json.loads(answered(read_part(document, part, page, JSON)))[part]
    arrow = pa.ipc.open_stream(answered(read_part(document, part, page, ARROW))).read_all()
    assert arrow.to_pylist() == json_rows
    lines = answered(read_part(document, part, page, CSV)).decode().split("\r\n")
    assert len(lines) == len(json_rows) + 2
    assert lines[0] == ",".join(f'"{name}"' for name in json_rows[0])


def test_rows_are_numbered_and_fitted_as_the_document_says(document: bytes, asked: Submission) -> None:
    page = Page("t", 100, 3)
    found = FittedPage.model_validate_json(answered(read_fitted(document, asked, page, JSON)))
    assert [row.row for row in found.fitted] == [100, 101, 102]
    assert [row.fitted for row in found.fitted] == json.loads(document)["fitted"][100:103]
    assert found.next is not None
    last = page_of("t", 10**6, found.next)
    assert FittedPage.model_validate_json(answered(read_fitted(document, asked, last, JSON))).fitted[-1].row == 918


def test_dropped_rows_have_numbers_and_no_row(tmp_path: Path) -> None:
    y = [1.0, None, 2.0, 4.0, 3.0, 5.5, 2.0, 3.5]
    body = {"formula": "y ~ 1 + (1 | g)", "data": {"y": y, "g": ["a", "a", "a", "b", "b", "b", None, "a"]}}
    path = tmp_path / "body"
    path.write_text(json.dumps(body))
    asked = Submission(str(path), JSON, "", "", LIMITS)
    found = FittedPage.model_validate_json(answered(read_fitted(fit(asked).body, asked, Page("t", 0, 100), JSON)))
    assert [row.row for row in found.fitted] == [0, 2, 3, 4, 5, 7]
    assert [row.observed for row in found.fitted] == [1.0, 2.0, 4.0, 3.0, 5.5, 3.5]


def test_what_was_not_included_is_not_found(document: bytes) -> None:
    refusal = refusal_of(read_part(document, "coefficients", Page("t", 0, 5), JSON))
    assert refusal.code == "not_found"
    assert "include" in refusal.detail


@pytest.mark.parametrize(
    "name",
    [
        "the boundary, by ML", "no pooling", "a large theta", "y constant", "y constant within groups, with predictors",
        "y zero and no coefficients", "y exactly linear", "an indicator of each group", "y at 1e160", "y at 1e-200",
        "one contrast left", "a slope, complete pooling", "a slope, large thetas", "a slope and y constant",
        "crossed, one held at 0",
    ],
)  # fmt: skip
def test_where_something_does_not_exist_it_is_null(name: str, tmp_path: Path) -> None:
    path = tmp_path / "body"
    path.write_text(json.dumps(DIFFICULT[name]))
    asked = Submission(str(path), JSON, "", "", LIMITS)
    found = FittedPage.model_validate_json(answered(read_fitted(fit(asked).body, asked, Page("t", 0, 100), JSON)))
    for row in found.fitted:
        assert row.observed == pytest.approx(row.fitted + row.residual, rel=1e-12)
        # Rounding may leave a leverage beyond its bounds.
        assert row.leverage is None or -1e-9 <= row.leverage <= 1.0 + 1e-9
        assert row.leverage is not None or row.residual_studentised is None
