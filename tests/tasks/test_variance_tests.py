"""The tests of a fit's variances, from a document and its request to the bytes of the answer."""

from pathlib import Path

import pytest

from service.contract import VarianceTestRequest, VarianceTests
from service.tasks.variance_tests import check_variances
from tests.tasks.opened import opened
from tests.tasks.questions import refusal_of

ASKED = VarianceTestRequest(n=500, seed=3)


def checked(folder: Path, **options: object) -> VarianceTests:
    reply = check_variances(*opened(folder, **options), ASKED)
    assert not reply.failed, reply.body
    return VarianceTests.model_validate_json(reply.body)


def test_one_intercept_is_tested_by_its_exact_law(tmp_path: Path) -> None:
    found = checked(tmp_path)
    (only,) = found.tests
    assert (found.method, only.group, only.terms, only.removed) == ("REML", "county", ["(Intercept)"], ["(Intercept)"])
    assert (only.method, only.n_parameters) == ("exact", 1)
    assert only.statistic == pytest.approx(84.4988, abs=5e-5)
    assert only.p_value == pytest.approx(1 / 501)
    assert only.mixture is not None
    assert [(part.weight, part.df) for part in only.mixture] == [(0.5, 0), (0.5, 1)]
    assert only.simulated is not None
    assert (only.simulated.n, only.simulated.seed) == (500, 3)


def test_a_slope_is_tested_by_a_mixture(tmp_path: Path) -> None:
    found = checked(tmp_path, formula="log_radon ~ floor + (floor | county)", method="ML")
    (only,) = found.tests
    assert (found.method, only.terms, only.removed) == ("ML", ["(Intercept)", "floor"], ["floor"])
    assert (only.method, only.simulated) == ("mixture", None)
    assert only.p_value is not None
    assert only.p_value == only.p_value_mixture
    assert only.p_value < (only.p_value_naive or 0.0)


def test_several_columns_have_an_upper_bound_alone(tmp_path: Path) -> None:
    data = {
        "y": [float(k * k % 17) for k in range(48)],
        "f": [f"f{k * 7 % 3}" for k in range(48)],
        "g": [f"g{k // 8}" for k in range(48)],
    }
    (only,) = checked(tmp_path, formula="y ~ f + (f | g)", data=data, dataset=None).tests
    assert (only.removed, only.method, only.n_parameters) == (["ff1", "ff2"], "conservative", 5)
    assert (only.mixture, only.p_value_mixture, only.simulated) == (None, None, None)
    assert only.p_value == only.p_value_naive


def test_a_held_theta_is_refused(tmp_path: Path) -> None:
    assert refusal_of(check_variances(*opened(tmp_path, theta=0.5), ASKED)).code == "invalid_request"


def test_the_same_question_has_the_same_bytes(tmp_path: Path) -> None:
    asked = opened(tmp_path)
    assert check_variances(*asked, ASKED).body == check_variances(*asked, ASKED).body
