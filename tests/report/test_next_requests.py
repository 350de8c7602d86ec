"""The next requests that notes name, and how little is told of a fit that is in order."""

import json
from collections.abc import Mapping

import pytest

from service.contract import DesignAnswer, FitDocument
from service.contract.document import NextRequest
from service.tasks.designs import plan_study
from tests.report.difficult import (
    BOTH,
    CODES,
    LEVEL,
    MEAN,
    PLAIN,
    SLOPES,
    X,
    request,
)
from tests.report.noted import APPLIES, found, grouped
from tests.tasks.questions import RADON, ask, document

THREE = {
    "data": {"y": PLAIN[:18], "x": X[:18], "u": LEVEL[:18], "g": [f"g{j}" for j in CODES[:18]]},
    "formula": BOTH,
}
"""Three groups, and a predictor of them."""


def next_of(request: Mapping[str, object], code: str) -> tuple[FitDocument, NextRequest]:
    """The document, and the next request of its note with this code."""
    whole = document(request)
    (note,) = [note for note in whole.notes if note.code == code]
    assert note.next is not None
    return whole, note.next


def test_the_posterior_is_next_where_there_is_one() -> None:
    whole, asked = next_of(grouped(6, 0.6), "few_groups")
    assert asked == NextRequest(method="GET", path=f"/v1/fits/{whole.id}/posterior", body=None)


@pytest.mark.parametrize(
    "fit_of",
    [grouped(2, 20.0), grouped(9, 0.6, SLOPES), THREE],
    ids=["a posterior without an integral", "slopes", "as many coefficients between groups as they tell"],
)
def test_profile_intervals_are_next_where_there_is_none(fit_of: Mapping[str, object]) -> None:
    whole, asked = next_of(fit_of, "few_groups")
    assert asked == NextRequest(method="GET", path=f"/v1/fits/{whole.id}/intervals?method=profile", body=None)


def test_the_next_request_names_the_formula() -> None:
    whole, asked = next_of(APPLIES["few_degrees_of_freedom"], "few_degrees_of_freedom")
    assert asked.path == "/v1/fits"
    assert asked.body == {"formula": whole.model.formula, "df": "kenward-roger"}
    _, asked = next_of(APPLIES["rows_dropped"], "rows_dropped")
    assert asked.body == {"formula": MEAN, "missing": "error"}
    _, asked = next_of(request(PLAIN, SLOPES, theta=[0.5, 0, 0]), "theta_held")
    assert asked == NextRequest(method="POST", path="/v1/fits", body={"formula": SLOPES, "theta": None})
    _, asked = next_of(request(PLAIN, theta=0.5), "theta_held")
    assert asked == NextRequest(method="POST", path="/v1/pooling", body={"formula": BOTH})


def test_the_next_request_for_larger_groups_can_be_made_as_it_is() -> None:
    whole, asked = next_of(RADON, "equivalent_n")
    assert (asked.method, asked.path) == ("POST", "/v1/designs")
    reply = ask(json.dumps(asked.body).encode(), task=plan_study)
    assert not reply.failed, reply.body
    planned = DesignAnswer.model_validate_json(reply.body)
    assert (planned.n_groups, planned.sizes[0].size) == (85, 6)
    assert planned.equivalent_n == pytest.approx(whole.pooling[0].equivalent_n, rel=1e-12)  # by the roots of both
    assert planned.mean_weight > 0.5


def test_a_group_that_cannot_be_so_large_is_not_asked_for() -> None:
    (note,) = found(request(PLAIN, MEAN, theta=1e-4), "equivalent_n")
    assert note.next is None


@pytest.mark.parametrize(
    ("fit_of", "codes"),
    [
        (RADON, {"singleton_groups", "equivalent_n", "significance_no_criterion"}),
        (grouped(18, 1.5), set()),
        (grouped(30, 0.6, "y ~ x + (1 | g)"), set()),
    ],
    ids=["radon", "eighteen groups", "thirty groups"],
)
def test_a_fit_that_is_in_order_is_told_little(fit_of: Mapping[str, object], codes: set[str]) -> None:
    assert {note.code for note in document(fit_of).notes} == codes
