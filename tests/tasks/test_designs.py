"""A planned study becomes its answer, or a refusal that points to what is wrong."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from service.contract import DesignAnswer, Reply
from service.tasks.designs import plan_study
from tests.tasks.questions import ask, refusal_of

STUDY: Mapping[str, Any] = {"groups": {"n_groups": 8, "size": 5}, "sd_between": 0.33, "sd_within": 0.76}
TEST: Mapping[str, Any] = {"effect": 0.4, "sd": 0.5, "level": "observation"}


def reply(body: object) -> Reply:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return ask(content, task=plan_study)


def answer(**changes: object) -> DesignAnswer:
    found = reply({**STUDY, **changes})
    assert not found.failed, found.body
    return DesignAnswer.model_validate_json(found.body)


def test_the_chapters_survey() -> None:
    """The variances of the radon survey: a group of 5.3 rows weighs one half, the ICC is 0.16."""
    found = answer()
    assert (found.n_groups, found.n_observations) == (8, 40)
    assert found.icc == pytest.approx(0.158631, abs=5e-7)  # as many digits as were worked out by hand
    assert found.equivalent_n == pytest.approx(5.304, abs=5e-4)
    assert found.variance_ratio == pytest.approx(0.188539, abs=5e-7)
    assert found.mean_weight == found.sizes[0].weight == pytest.approx(5 / 10.304, abs=5e-5)
    assert found.mean.std_error == pytest.approx((0.33**2 / 8 + 0.76**2 / 40) ** 0.5, rel=1e-14)  # a closed form
    assert found.coefficient is None


def test_what_is_simulated_agrees_with_fits_made_before() -> None:
    """4,000 fits of the engine (report/notes/coverage.py): coverage 0.70, share at 0 0.19, each within 0.01."""
    found = answer(replicates=20_000)
    assert found.coverage.plug_in == pytest.approx(0.70, abs=0.02)
    assert found.zero_estimate.simulated == pytest.approx(0.19, abs=0.02)
    assert found.zero_estimate.probability == pytest.approx(found.zero_estimate.simulated, abs=0.01)
    assert found.coverage.monte_carlo_error is not None
    assert 0 < found.coverage.monte_carlo_error < 0.005


def test_the_same_request_has_the_same_answer_and_another_seed_another() -> None:
    assert reply(STUDY).body == reply(STUDY).body == reply({**STUDY, "seed": 1}).body
    assert reply(STUDY).body != reply({**STUDY, "seed": 2}).body


def test_groups_are_said_in_two_ways() -> None:
    assert answer(groups={"sizes": [5] * 8}) == answer()
    sizes = answer(groups={"sizes": [9, 1, 1, 4]}).sizes
    assert [(row.size, row.n_groups) for row in sizes] == [(1, 2), (4, 1), (9, 1)]
    assert [row.weight for row in sizes] == sorted(row.weight for row in sizes)
    assert all(row.std_error > row.std_error_known for row in sizes)


def test_the_power_that_is_wanted_says_what_it_takes() -> None:
    found = answer(coefficient={**TEST, "power": 0.8}).coefficient
    assert found is not None
    assert found.power < 0.8
    assert found.n_groups_wanted is not None
    assert found.size_wanted is not None
    more = answer(groups={"n_groups": found.n_groups_wanted, "size": 5}, coefficient=TEST).coefficient
    larger = answer(groups={"n_groups": 8, "size": found.size_wanted}, coefficient=TEST).coefficient
    assert more is not None
    assert larger is not None
    # A group, or a row in each, more or less is worth no more than that.
    assert 0.8 <= more.power < 0.83
    assert 0.8 <= larger.power < 0.83
    assert more.n_groups_wanted is more.size_wanted is None


def test_groups_that_do_not_vary() -> None:
    found = answer(sd_between=0)
    assert (found.icc, found.variance_ratio, found.equivalent_n, found.mean_weight) == (0.0, 0.0, None, 0.0)
    assert found.mean.design_effect == pytest.approx(1.0, rel=1e-14)  # rounding
    assert found.zero_estimate.probability > 0.5


def test_rows_that_do_not_vary_within_groups() -> None:
    found = answer(sd_within=0, coefficient={**TEST, "power": 0.8})
    assert (found.icc, found.variance_ratio, found.equivalent_n, found.mean_weight) == (1.0, None, 0.0, 1.0)
    assert (found.zero_estimate.probability, found.zero_estimate.simulated) == (0.0, None)
    assert found.coverage.model_dump() == dict.fromkeys(("plug_in", "with_mean", "monte_carlo_error"))
    assert [(row.std_error_known, row.std_error, row.coverage) for row in found.sizes] == [(0.0, 0.0, None)]
    assert found.coefficient is not None
    assert (found.coefficient.std_error, found.coefficient.power) == (0.0, 1.0)


@pytest.mark.parametrize("factor", [1e-300, 1e-8, 1e300])
def test_the_unit_of_the_response_does_not_matter(factor: float) -> None:
    found, plain = answer(sd_between=0.33 * factor, sd_within=0.76 * factor), answer()
    assert found.mean.std_error == pytest.approx(plain.mean.std_error * factor, rel=1e-12)  # rounding of the unit
    assert found.coverage.plug_in == pytest.approx(plain.coverage.plug_in or 0.0, rel=1e-9)


@pytest.mark.parametrize("ratio", [1e-25, 1e25])
def test_deviations_far_apart_have_an_answer(ratio: float) -> None:
    found = answer(sd_between=ratio, sd_within=1.0, coefficient=TEST)
    assert 0.0 <= found.zero_estimate.probability <= 1.0
    if ratio > 1:
        assert found.coverage.plug_in == pytest.approx(0.95, abs=0.02)  # sigma has 32 degrees of freedom


def test_ml_estimates_zero_more_often() -> None:
    assert answer(method="ML").zero_estimate.probability > answer().zero_estimate.probability


REFUSED: list[tuple[dict[str, object], str, str]] = [
    ({"groups": {"n_groups": 1, "size": 5}}, "invalid_request", "/groups/n_groups"),
    ({"groups": {"sizes": [5]}}, "invalid_request", "/groups/sizes"),
    ({"groups": {"n_groups": 5}}, "invalid_request", "/groups/size"),
    ({"groups": {"size": 5}}, "invalid_request", "/groups/n_groups"),
    ({"groups": {}}, "invalid_request", "/groups/n_groups"),
    ({"groups": {"n_groups": 5, "size": 5, "sizes": [1, 2]}}, "invalid_request", "/groups/sizes"),
    ({"groups": {"n_groups": 5, "size": 0}}, "invalid_request", "/groups/size"),
    ({"groups": {"n_groups": 10**7, "size": 1}}, "invalid_request", "/groups/n_groups"),
    ({"groups": {"sizes": [3, 2.5]}}, "invalid_request", "/groups/sizes/1"),
    ({"groups": {"sizes": [3, "4"]}}, "invalid_request", "/groups/sizes/1"),
    ({"groups": {"sizes": [2] * 10_001}}, "invalid_request", "/groups/sizes"),
    ({"groups": {"sizes": list(range(1, 502))}}, "invalid_request", "/groups/sizes"),
    ({"groups": [3, 4]}, "invalid_request", "/groups"),
    ({"groups": {"n_groups": 5, "size": 1}}, "all_singletons", "/groups"),
    ({"sd_between": 0, "sd_within": 0}, "invalid_request", "/sd_within"),
    ({"sd_between": -1}, "invalid_request", "/sd_between"),
    ({"sd_within": None}, "invalid_request", "/sd_within"),
    ({"sd_within": "1"}, "invalid_request", "/sd_within"),
    ({"coefficient": {**TEST, "effect": 0}}, "invalid_request", "/coefficient/effect"),
    ({"coefficient": {**TEST, "sd": 0}}, "invalid_request", "/coefficient/sd"),
    ({"coefficient": {**TEST, "sd": 5e-324}}, "invalid_request", "/coefficient/sd"),
    ({"coefficient": {**TEST, "level": "county"}}, "invalid_request", "/coefficient/level"),
    ({"coefficient": {**TEST, "power": 1}}, "invalid_request", "/coefficient/power"),
    ({"coefficient": {"effect": 1}}, "invalid_request", "/coefficient/sd"),
    ({"groups": {"n_groups": 2, "size": 5}, "coefficient": {**TEST, "level": "group"}}, "invalid_request", "/groups"),
    ({"replicates": 10**6}, "invalid_request", "/replicates"),
    ({"seed": -1}, "invalid_request", "/seed"),
    ({"confidence_level": 1}, "invalid_request", "/confidence_level"),
    ({"data": {}}, "invalid_request", "/data"),
]


@pytest.mark.parametrize(("changes", "code", "pointer"), REFUSED)
def test_what_is_wrong_is_pointed_to(changes: dict[str, object], code: str, pointer: str) -> None:
    refusal = refusal_of(reply({**STUDY, **changes}))
    assert (refusal.code, refusal.errors[0].pointer) == (code, pointer)


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'{"groups": NaN}'])
def test_a_body_that_is_no_object_is_malformed(body: bytes) -> None:
    assert refusal_of(reply(body)).code == "malformed_body"
