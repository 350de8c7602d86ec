"""A collection is spliced from bytes and reads as if it had been written whole."""

import pytest
from pydantic import ValidationError

from service.contract import FailedFit, Failure, FitCollection, join_fits, read_fits
from tests.tasks.questions import RADON, document

FIT = document(RADON)
FAILED = FailedFit(
    status="failed", formula='y ~ "é', problem=Failure(code="formula_syntax", detail="It is not closed.", errors=[])
)
PARTS = [each.model_dump_json().encode() for each in (FIT, FAILED, FIT)]


@pytest.mark.parametrize(
    "parts", [PARTS, PARTS[:1], PARTS[1:2], PARTS * 50], ids=["some", "a fit", "a failure", "many"]
)
def test_the_bytes_are_those_of_the_model(parts: list[bytes]) -> None:
    content, places = join_fits("c1", parts)
    collection = FitCollection.model_validate_json(content)
    assert collection.id == "c1"
    assert collection.model_dump_json().encode() == content
    assert [content[place] for place in places] == parts


def test_a_failed_fit_is_a_problem_without_what_http_adds() -> None:
    assert PARTS[1].decode() == (
        '{"status":"failed","formula":"y ~ \\"é",'
        '"problem":{"code":"formula_syntax","detail":"It is not closed.","errors":[]}}'
    )


def test_the_fits_of_a_document_are_read_whatever_it_is() -> None:
    assert read_fits(PARTS[0]) == [FIT]
    assert read_fits(join_fits("c1", PARTS)[0]) == [FIT, FAILED, FIT]


@pytest.mark.parametrize("content", [b"{}", b'{"fits":[{"status":"running"}]}', b'{"id":"c1","fits":[]}', b"[]"])
def test_nothing_else_is_read(content: bytes) -> None:
    with pytest.raises(ValidationError):
        read_fits(content)
