"""Simulations of a fit, from the bytes of a request to those of the answer."""

from pathlib import Path

import numpy as np
import pytest

from service.contract import Reply, Simulations
from service.tasks.simulations import simulate_fit
from tests.tasks.opened import opened, submitted
from tests.tasks.questions import refusal_of

DATA = {"y": [1.0, 2.5, None, 2.0, 3.5, 3.0, 4.5], "g": ["a", "a", "a", "b", "b", "c", "c"]}


def simulated(folder: Path, body: object, **options: object) -> Reply:
    return simulate_fit(*opened(folder, **options), submitted(folder, "body", body))


def answer(reply: Reply) -> Simulations:
    assert not reply.failed, reply.body
    return Simulations.model_validate_json(reply.body)


def test_a_fit_is_simulated(tmp_path: Path) -> None:
    found = answer(simulated(tmp_path, {"n": 3, "seed": 7, "groups": "same"}))
    assert (found.n, found.seed, found.groups, found.rows) == (3, 7, "same", None)
    assert np.shape(found.simulations) == (3, 919)


def test_the_defaults_are_one_response_of_new_groups(tmp_path: Path) -> None:
    found = answer(simulated(tmp_path, {}))
    assert (found.n, found.seed, found.groups, len(found.simulations)) == (1, 1, "new", 1)


def test_the_same_request_has_the_same_bytes(tmp_path: Path) -> None:
    first, again = (simulated(tmp_path, {"n": 2, "seed": 3}) for _ in range(2))
    assert first.body == again.body != simulated(tmp_path, {"n": 2, "seed": 4}).body


def test_rows_that_were_not_fitted_are_told(tmp_path: Path) -> None:
    found = answer(simulated(tmp_path, {}, formula="y ~ 1 + (1 | g)", data=DATA, dataset=None))
    assert found.rows == [0, 1, 3, 4, 5, 6]
    assert len(found.simulations[0]) == 6


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"n": 0}, "/n"),
        ({"n": 1001}, "/n"),
        ({"n": 2.5}, "/n"),
        ({"seed": -1}, "/seed"),
        ({"seed": 2**53}, "/seed"),
        ({"groups": "old"}, "/groups"),
        ({"data": {}}, "/data"),
    ],
)
def test_a_request_is_checked(tmp_path: Path, body: object, pointer: str) -> None:
    refusal = refusal_of(simulated(tmp_path, body))
    assert (refusal.code, refusal.errors[0].pointer) == ("invalid_request", pointer)


def test_more_numbers_than_an_answer_may_have_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.tasks.simulations.MOST_NUMBERS", 2 * 919)
    assert not simulated(tmp_path, {"n": 2}).failed
    refusal = refusal_of(simulated(tmp_path, {"n": 3}))
    assert (refusal.code, refusal.errors[0].pointer) == ("invalid_request", "/n")


def test_a_body_that_is_no_object_is_malformed(tmp_path: Path) -> None:
    assert refusal_of(simulated(tmp_path, b"[1]")).code == "malformed_body"


def test_new_groups_without_pooling_are_refused(tmp_path: Path) -> None:
    assert refusal_of(simulated(tmp_path, {}, theta="inf")).code == "unsupported_model"
