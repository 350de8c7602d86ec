"""Planned studies beside R: dense matrices, R's distributions and QUADPACK (tests/reference/designs/study.R)."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from service.inference.planning import Coefficient, Plan, make_plan, power_of, precision, zero_probability

STUDY = json.loads((Path(__file__).parents[2] / "reference/designs/study.json").read_text())


def plan_of(known: dict[str, Any]) -> Plan:  # JSON of R
    return make_plan(Counter(known["sizes"]), known["between"], known["within"])


@pytest.mark.parametrize("known", STUDY["plans"])
def test_the_probability_of_an_estimate_of_zero(known: dict[str, Any]) -> None:
    plan = plan_of(known)
    # R integrates an oscillating function to 1e-11 on each of nine parts, and ends at u = 1e8.
    assert zero_probability(plan, restricted=True) == pytest.approx(known["zero"], abs=1e-8)
    assert zero_probability(plan, restricted=False) == pytest.approx(known["zero_ml"], abs=1e-8)


@pytest.mark.parametrize("known", STUDY["plans"])
def test_the_errors_of_the_mean_and_of_the_groups(known: dict[str, Any]) -> None:
    plan = plan_of(known)
    found = precision(plan)
    of_groups = dict(zip(plan.sizes.tolist(), found.group_errors.tolist(), strict=True))
    # Closed forms beside dense matrices of 40 rows: rounding.
    assert found.mean_error == pytest.approx(known["mean"], rel=1e-12)
    assert [of_groups[size] for size in known["sizes"]] == pytest.approx(known["groups"], rel=1e-12)


@pytest.mark.parametrize("known", STUDY["tests"])
def test_the_power(known: dict[str, Any]) -> None:
    plan = plan_of(STUDY["plans"][known["plan"] - 1])
    found = power_of(plan, Coefficient(known["effect"], known["sd"], known["level"], known["alpha"]))
    assert found.df == known["df"]
    assert found.std_error == pytest.approx(known["std_error"], rel=1e-12)  # rounding of dense matrices
    assert found.power == pytest.approx(known["power"], abs=1e-9)  # R's sum of betas ends there


def test_equal_groups_have_the_design_effect_of_the_textbook() -> None:
    plan = make_plan({5: 20}, 0.33, 0.76)
    icc = 0.33**2 / (0.33**2 + 0.76**2)
    assert precision(plan).design_effect == pytest.approx(1 + 4 * icc, rel=1e-14)  # a closed form, beside another
    assert precision(plan).effective_n == pytest.approx(100 / (1 + 4 * icc), rel=1e-14)
    assert np.all(plan.weights == 5 / (5 + 0.76**2 / 0.33**2))
