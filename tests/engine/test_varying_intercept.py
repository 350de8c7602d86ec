"""Fits against the witness, by REML and ML, at the optimum and at a theta that is held; and what is refused."""

from dataclasses import replace

import numpy as np
import pytest

from service.design import Design
from service.engine import Fit, fit
from service.errors import AllSingletons, NotFinite, ServiceError, TooFewGroups, TooManyParameters, UnsupportedModel
from tests.engine.designs import design_of, random_rows
from tests.engine.hard_designs import EASY, HARD
from tests.oracle import Answer, answer

METHODS = pytest.mark.parametrize("restricted", [True, False], ids=["REML", "ML"])


def errors(fitted: Fit, true: Answer) -> dict[str, float]:
    """The largest errors: of coefficients and effects in standard errors and deviations, of spreads as shares."""
    estimates, spread = fitted.estimates, max(true.sigma, true.group_sd)
    with np.errstate(over="ignore"):
        scale = np.outer(true.std_error, true.std_error)
    known = (scale > 1e-300) & (scale < 1e300)  # the variances that a double holds
    shares = {
        "theta": abs(estimates.theta - true.theta) / (true.theta or 1.0),
        "sigma": abs(estimates.sigma / true.sigma - 1),
        "group_sd": abs(estimates.group_sd - true.group_sd) / spread,
        "criterion": abs(fitted.criterion - true.criterion),
    }
    vectors = {
        "beta": (estimates.beta - true.beta) / true.std_error,
        "std_error": estimates.std_error / true.std_error - 1,
        "covariance": (estimates.covariance[known] - true.covariance[known]) / scale[known],
        "effects": (estimates.effects - true.effects) / spread,
        "effect_sd": (estimates.effect_sd - true.effect_sd) / spread,
    }
    return shares | {name: float(np.abs(values).max(initial=0.0)) for name, values in vectors.items()}


def largest_error(design: Design, *, restricted: bool, theta: float | None = None) -> tuple[float, str]:
    fitted = fit(design, restricted=restricted, theta=theta)
    independent = replace(design, X=design.X[:, fitted.estimates.kept])
    found = errors(fitted, answer(independent, restricted=restricted, theta=theta))
    return max((error, name) for name, error in found.items())


@METHODS
@pytest.mark.parametrize("name", EASY)
def test_easy_designs_lose_nothing(name: str, restricted: bool) -> None:
    # Half of the digits is the best that a search by values of the criterion could promise for theta.
    assert largest_error(EASY[name], restricted=restricted) < (1e-8, "")


@METHODS
@pytest.mark.parametrize("name", HARD)
def test_hard_designs_lose_what_the_data_lack(name: str, restricted: bool) -> None:
    # 1e-16 of the whole is 1e-8 of what matters before anything is computed, and enters several times.
    assert largest_error(HARD[name], restricted=restricted) < (1e-6, "")


@METHODS
@pytest.mark.parametrize("theta", [0.0, 1e-3, 0.5, 1.0, 30.0, 1e6])
@pytest.mark.parametrize("name", ["both, and their product", "weights over 6 decades", "x and x less its group means"])
def test_a_held_theta_is_kept(name: str, theta: float, restricted: bool) -> None:
    # No search: rounding alone, which the criterion's hundreds carry to 1e-13.
    assert largest_error(EASY[name], restricted=restricted, theta=theta) < (1e-10, "")


def test_a_held_theta_is_no_parameter() -> None:
    design = EASY["a predictor"]
    held = fit(design, theta=0.5)
    assert (fit(design).n_parameters, held.n_parameters, held.held, held.optimum) == (4, 3, True, None)


@METHODS
def test_the_deviance_is_that_of_ml(restricted: bool) -> None:
    design = EASY["both, and their product"]
    # Two searches that end on one point differ by rounding of a value of about a hundred.
    assert fit(design, restricted=restricted).deviance == pytest.approx(
        fit(design, restricted=False).criterion, abs=1e-11
    )


@METHODS
def test_the_deviance_at_a_held_theta_is_that_of_ml_there(restricted: bool) -> None:
    design = EASY["both, and their product"]
    true = answer(design, restricted=False, theta=0.7).criterion
    # Rounding of a value of about a hundred.
    assert fit(design, restricted=restricted, theta=0.7).deviance == pytest.approx(true, abs=1e-11)


@METHODS
def test_the_verdict_is_converged(restricted: bool) -> None:
    for design in (EASY | HARD).values():
        optimum = fit(design, restricted=restricted).optimum
        assert optimum is not None
        assert optimum.converged


def slopes(design: Design) -> Design:
    return replace(design, random=(replace(design.random[0], names=("(Intercept)", "x")),))


PLAIN = EASY["a predictor"]
REFUSED: dict[str, tuple[Design, type[ServiceError], str]] = {
    "no bars": (replace(PLAIN, random=()), UnsupportedModel, "no random term"),
    "a slope": (slopes(PLAIN), UnsupportedModel, r"\(1 \+ x \| g\)"),
    "two terms": (replace(PLAIN, random=PLAIN.random * 2), UnsupportedModel, "single varying intercept"),
    "one group": (design_of([1.0, 2.0, 4.0], [0, 0, 0]), TooFewGroups, "g has one group"),
    "all singletons": (design_of([1.0, 2.0, 4.0], [0, 1, 2]), AllSingletons, r"as many groups as there are rows \(3\)"),
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


def test_no_pooling_needs_rows_to_spare_within_groups() -> None:
    x, _, y, codes = random_rows(1, (2, 1, 1, 1))
    with pytest.raises(TooManyParameters, match="leave no row of 5"):
        fit(design_of(y, codes, x), theta=np.inf)


@pytest.mark.parametrize(("name", "column"), [("one group", "g"), ("all singletons", "g")])
def test_a_refusal_says_where(name: str, column: str) -> None:
    design, error, _ = REFUSED[name]
    with pytest.raises(error) as caught:
        fit(design)
    assert [fault.column for fault in caught.value.faults] == [column]


def test_a_response_without_any_variation_has_no_noise_even_where_groups_and_columns_use_up_the_rows() -> None:
    """Four rows, three coefficients, three groups: no degree of freedom is left within groups."""
    found = fit(design_of([1e5] * 4, [0, 1, 2, 2], [1.0, 2.0, 4.0, 8.0], [1.0, -1.0, 3.0, 2.0])).estimates
    assert (found.sigma, found.group_sd) == (0.0, 0.0)
    assert found.beta[0] == pytest.approx(1e5)


def test_what_double_precision_cannot_hold_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def overflow(*_: object) -> None:
        raise np.linalg.LinAlgError

    monkeypatch.setattr("service.engine.varying_intercept.condition", overflow)
    with pytest.raises(NotFinite, match="shift and scale"):
        fit(PLAIN)
