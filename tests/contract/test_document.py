"""The document as a type: strict about its names, null where a number does not exist, the same after a round trip."""

import json
from math import inf, nan

import pytest
from pydantic import ValidationError

from service.contract import FitDocument
from service.contract.document import Convergence, RSquared
from tests.tasks.questions import RADON, document


def test_it_survives_a_round_trip() -> None:
    whole = document({**RADON, "include": ["random_effects", "coefficients", "fitted", "residuals", "posterior"]})
    assert FitDocument.model_validate_json(whole.model_dump_json()) == whole


def test_the_order_of_its_names_is_fixed() -> None:
    names = list(json.loads(document(RADON).model_dump_json()))
    assert names == list(FitDocument.model_fields)
    assert names[:4] == ["id", "status", "model", "fixed_effects"]


@pytest.mark.parametrize("number", [nan, inf, -inf])
def test_what_is_no_number_is_null(number: float) -> None:
    assert RSquared(marginal=number, conditional=0.5).model_dump_json() == '{"marginal":null,"conditional":0.5}'


def test_a_search_without_curvature_has_no_norm() -> None:
    written = '{"converged":false,"singular":false,"evaluations":9,"gradient_norm":null,"theta":[null]}'
    assert Convergence.model_validate_json(written).model_dump_json() == written


@pytest.mark.parametrize("number", [0.1, 1 / 3, 5e-324, 1.7976931348623157e308, 2.0**53 + 2])
def test_a_number_is_written_with_all_its_digits(number: float) -> None:
    written = RSquared(marginal=number, conditional=None).model_dump_json()
    assert json.loads(written)["marginal"] == number


def test_no_other_name_is_let_in() -> None:
    with pytest.raises(ValidationError, match="r_squarred"):
        FitDocument.model_validate({**document(RADON).model_dump(), "r_squarred": 1})
