"""The kinds of notes are told without a worker, all at once or one by one."""

import pytest

from service.contract import NOTES, NoteCatalogue, NoteKind
from tests.api.stand_ins import FakeWorkers, ask, resources


def test_the_catalogue_is_told() -> None:
    workers = FakeWorkers()
    response = ask("GET", "/v1/notes", resources(workers))
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    assert NoteCatalogue.model_validate_json(response.content) == NOTES
    assert workers.asked == []


@pytest.mark.parametrize("kind", NOTES.notes, ids=lambda kind: kind.code)
def test_each_kind_is_told(kind: NoteKind) -> None:
    response = ask("GET", f"/v1/notes/{kind.code}")
    assert NoteKind.model_validate_json(response.content) == kind


@pytest.mark.parametrize(
    ("code", "words"), [("few_group", "did you mean few_groups?"), ("x" * 5000, "see /v1/notes"), ("%00", "/v1/notes")]
)
def test_there_is_no_other(code: str, words: str) -> None:
    response = ask("GET", f"/v1/notes/{code}")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert words in response.json()["detail"]
