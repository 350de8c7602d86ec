"""What is long is left out of a document where the rest tells the same or few need it, and a note says so."""

import pytest

from service.contract import FitDocument
from service.report import document as report
from service.report import findings, memory
from tests.tasks.questions import RADON, document


@pytest.fixture
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fifty numbers are many: radon's 85 groups have 85 means and 170 coefficients."""
    monkeypatch.setattr(findings, "LONG", 50)
    monkeypatch.setattr(report, "LONG", 50)


def codes(found: FitDocument) -> list[str]:
    return [note.code for note in found.notes]


def test_a_document_of_few_groups_has_all() -> None:
    found = document(RADON)
    assert found.coefficients is not None
    assert found.prediction.means is not None
    assert found.prediction.variances is None
    assert "coefficients_left_out" not in codes(found)


@pytest.mark.usefixtures("_short")
def test_many_coefficients_are_left_out_beside_the_effects() -> None:
    found = document(RADON)
    assert found.coefficients is None
    assert found.random_effects is not None
    (note,) = (note for note in found.notes if note.code == "coefficients_left_out")
    assert note.where == {"group": "county", "numbers": 170}
    assert "170 numbers" in note.message
    alone = document({**RADON, "include": ["coefficients"]})
    assert alone.coefficients is not None
    assert "coefficients_left_out" not in codes(alone)


@pytest.mark.usefixtures("_short")
def test_many_errors_are_there_if_asked_for() -> None:
    assert document(RADON).prediction.means is None
    assert document({**RADON, "formula": "log_radon ~ floor + (floor | county)"}).prediction.links is None
    asked = {**RADON, "include": ["random_effects", "prediction"]}
    found = document(asked)
    assert found.prediction.means is not None
    assert found.prediction.variances is not None
    slopes = document({**asked, "formula": "log_radon ~ floor + (floor | county)"})
    assert slopes.prediction.links is not None
    assert slopes.prediction.variances is None


def test_errors_of_effects_that_are_not_there_are_not_either() -> None:
    found = document({**RADON, "include": ["prediction"]}).prediction
    assert (found.means, found.links, found.variances) == (None, None, None)
    assert len(found.root) == 2


def test_there_is_an_end_to_what_may_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "MOST_NUMBERS", 80)
    assert memory.MOST_NUMBERS > 80
    assert document({**RADON, "include": ["random_effects", "prediction"]}).prediction.means is None
