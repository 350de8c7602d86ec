"""What no fit exists for is refused before any number is computed, with the numbers that say why."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import ArrayLike

from service.design import Design
from service.engine import fit
from service.errors import (
    AllSingletons,
    InvalidRequest,
    NotFinite,
    ServiceError,
    TooFewGroups,
    TooManyParameters,
    UnsupportedModel,
)
from tests.engine.designs import design_of, model
from tests.engine.hard_designs import EASY
from tests.engine.structures import STRUCTURES, TABLE

PLAIN = EASY["a predictor"]
SIX: dict[str, ArrayLike] = {
    "y": [1.0, 2.0, 4.0, 0.0, 3.0, 5.0],
    "x": [0.0, 1, 2, 3, 5, 8],
    "g": np.array([0, 0, 1, 1, 2, 2]),
}
EACH: dict[str, ArrayLike] = {**SIX, "h": np.arange(6)}
ONE: dict[str, ArrayLike] = {**SIX, "h": np.zeros(6, dtype=int)}

REFUSED: dict[str, tuple[Design, type[ServiceError], str]] = {
    "no bars": (replace(PLAIN, random=()), UnsupportedModel, "no random term"),
    "one group": (design_of([1.0, 2.0, 4.0], [0, 0, 0]), TooFewGroups, "g has one group"),
    "one group of a second factor": (model("y ~ (1 | g) + (1 | h)", ONE), TooFewGroups, "h has one group"),
    "all singletons": (design_of([1.0, 2.0, 4.0], [0, 1, 2]), AllSingletons, r"as many groups as there are rows \(3\)"),
    "all singletons of a second factor": (
        model("y ~ (1 | g) + (1 | h)", EACH),
        AllSingletons,
        r"h has as many groups as there are rows \(6\)",
    ),
    "as many slopes as rows": (
        model("y ~ (x | g)", SIX),
        TooManyParameters,
        r"\(1 \+ x \| g\) has 6 random effects, 2 for each of 3 groups, and there are 6 rows",
    ),
    "as many effects of four coefficients": (
        model("y ~ (1 | g) + (x + z + o | b)", TABLE),
        TooManyParameters,
        r"\(1 \+ x \+ z \+ o \| b\) has 48 random effects, 4 for each of 12 groups, and there are 48 rows",
    ),
    "p = n": (
        design_of([1.0, 2.0, 4.0, 0.0], [0, 0, 1, 1], [1.0, 0, 0, 0], [0, 1.0, 0, 0], [0, 0, 1.0, 0]),
        TooManyParameters,
        "4 coefficients cannot be told apart by 4 rows",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_fitted_is_refused(name: str) -> None:
    design, error, sentence = REFUSED[name]
    with pytest.raises(error, match=sentence):
        fit(design)


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("one group", "g"),
        ("one group of a second factor", "h"),
        ("all singletons", "g"),
        ("as many slopes as rows", "g"),
    ],
)
def test_a_refusal_says_where(name: str, column: str) -> None:
    design, error, _ = REFUSED[name]
    with pytest.raises(error) as caught:
        fit(design)
    assert [fault.column for fault in caught.value.faults] == [column]


THETAS: dict[str, tuple[str, list[float], str]] = {
    "too few": ("crossed", [1.0], r"random factors: g, h\) has 2 theta, not 1"),
    "too many": ("a slope", [1.0, 0.0, 1.0, 1.0], r"random factors: g\) has 3 theta, not 4"),
    "none": ("a slope", [], "has 3 theta, not 0"),
    "infinite": ("crossed", [1.0, np.inf], "no pooling, can be held where one coefficient varies alone"),
    "of an infinite square": ("crossed", [1e160, 1.0], "no pooling, can be held where one coefficient varies alone"),
    "negative": ("a slope", [1.0, -1.0, -1.0], "Element 3 of theta is on the diagonal"),
}


@pytest.mark.parametrize("name", THETAS)
def test_a_theta_that_does_not_fit_is_refused(name: str) -> None:
    structure, theta, sentence = THETAS[name]
    with pytest.raises(InvalidRequest, match=sentence) as caught:
        fit(STRUCTURES[structure], theta=theta)
    assert str(caught.value.faults[0].pointer).startswith("/theta")


def test_a_negative_theta_off_the_diagonal_is_a_correlation() -> None:
    assert fit(STRUCTURES["a slope"], theta=[1.0, -1.0, 1.0]).estimates.factors[0].correlation[0, 1] < 0


def test_what_double_precision_cannot_hold_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def overflow(*_: object) -> None:
        raise np.linalg.LinAlgError

    monkeypatch.setattr("service.engine.fitting.condition", overflow)
    with pytest.raises(NotFinite, match="shift and scale"):
        fit(PLAIN)


@pytest.mark.parametrize("formula", ["y ~ (1 | g)", "y ~ x + (x | g)", "y ~ (1 | g) + (1 | d)"])
def test_numbers_beyond_the_range_are_refused(formula: str) -> None:
    y = np.where(np.arange(48) == 5, 1e305, 0.0)
    with pytest.raises(NotFinite, match=r"y has numbers beyond 1e\+300"):
        fit(model(formula, {**TABLE, "y": y}))
