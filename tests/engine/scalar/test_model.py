"""Fits against the witness, by REML and ML, at the optimum and at a theta that is held; and what is refused."""

import numpy as np
import pytest

from service.design import Design
from service.engine import fit
from service.errors import TooManyParameters
from tests.engine.accuracy import errors
from tests.engine.designs import design_of, kept_columns, model, random_rows
from tests.engine.hard_designs import EASY, HARD, codes, v, weights, x, y
from tests.oracle import answer, answers

METHODS = pytest.mark.parametrize("restricted", [True, False], ids=["REML", "ML"])

COLUMNS = {"y": y, "x": x, "v": v, "w": weights, "s": 1e3 * x, "g": codes, "z": np.where(codes == 3, 0.0, x)}
SLOPES = {
    "alone": model("y ~ x + (0 + x | g)", COLUMNS),
    "of a predictor that is not there": model("y ~ v + (0 + x | g)", COLUMNS),
    "in another unit": model("y ~ s + (0 + s | g)", COLUMNS),
    "weights": model("y ~ x + (0 + x | g)", COLUMNS, weights="w"),
    "no intercept": model("y ~ 0 + x + (0 + x | g)", COLUMNS),
    "zero in a group": model("y ~ z + (0 + z | g)", COLUMNS),
    "of a group-level predictor": model("y ~ v + (0 + v | g)", COLUMNS),
}
"""One coefficient that varies alone is no intercept."""


def largest_error(design: Design) -> tuple[float, str]:
    """Of the estimates at the optimum, by REML and by ML."""
    fits = {restricted: fit(design, restricted=restricted) for restricted in (True, False)}
    independent = kept_columns(design, fits[True].estimates.kept)
    true = answers(independent)
    return max(error for restricted in fits for error in errors(fits[restricted], independent, true[restricted]))


def error_at(design: Design, theta: float, *, restricted: bool) -> tuple[float, str]:
    """The largest error at a theta that is held."""
    fitted = fit(design, restricted=restricted, theta=[theta])
    independent = kept_columns(design, fitted.estimates.kept)
    return max(errors(fitted, independent, answer(independent, restricted=restricted, theta=theta)))


@pytest.mark.parametrize("name", EASY)
def test_easy_designs_lose_nothing(name: str) -> None:
    # Half of the digits is the best that a search by values of the criterion could promise for theta.
    assert largest_error(EASY[name]) < (1e-8, "")


@pytest.mark.parametrize("name", HARD)
def test_hard_designs_lose_what_the_data_lack(name: str) -> None:
    # 1e-16 of the whole is 1e-8 of what matters before anything is computed, and enters several times.
    assert largest_error(HARD[name]) < (1e-6, "")


@pytest.mark.parametrize("name", SLOPES)
def test_a_slope_that_varies_alone(name: str) -> None:
    # As easy designs.
    assert largest_error(SLOPES[name]) < (1e-8, "")


@METHODS
@pytest.mark.parametrize("theta", [0.0, 1e-3, 0.5, 1.0, 30.0, 1e6])
@pytest.mark.parametrize("name", ["both, and their product", "weights over 6 decades", "x and x less its group means"])
def test_a_held_theta_is_kept(name: str, theta: float, restricted: bool) -> None:
    # No search: rounding alone, which the criterion's hundreds carry to 1e-13.
    assert error_at(EASY[name], theta, restricted=restricted) < (1e-10, "")


@METHODS
@pytest.mark.parametrize("theta", [0.0, 0.5, 1e3])
@pytest.mark.parametrize("name", SLOPES)
def test_a_held_theta_of_a_slope_is_kept(name: str, theta: float, restricted: bool) -> None:
    # As above.
    assert error_at(SLOPES[name], theta, restricted=restricted) < (1e-10, "")


def test_a_held_theta_is_no_parameter() -> None:
    design = EASY["a predictor"]
    held = fit(design, theta=[0.5])
    assert (fit(design).n_parameters, held.n_parameters, held.held, held.verdict) == (4, 3, True, None)


@METHODS
def test_the_deviance_is_that_of_ml(restricted: bool) -> None:
    design = EASY["both, and their product"]
    # Two searches that end on one point differ by rounding of a value of about a hundred.
    assert fit(design, restricted=restricted).deviance() == pytest.approx(
        fit(design, restricted=False).criterion, abs=1e-11
    )


@METHODS
def test_the_deviance_at_a_held_theta_is_that_of_ml_there(restricted: bool) -> None:
    design = EASY["both, and their product"]
    true = answer(design, restricted=False, theta=0.7).criterion
    # Rounding of a value of about a hundred.
    assert fit(design, restricted=restricted, theta=[0.7]).deviance() == pytest.approx(true, abs=1e-11)


@METHODS
def test_the_verdict_is_converged(restricted: bool) -> None:
    for design in (EASY | HARD | SLOPES).values():
        verdict = fit(design, restricted=restricted).verdict
        assert verdict is not None
        assert verdict.converged


def test_no_pooling_needs_rows_to_spare_within_groups() -> None:
    x, _, y, codes = random_rows(1, (2, 1, 1, 1))
    with pytest.raises(TooManyParameters, match="leave no row of 5"):
        fit(design_of(y, codes, x), theta=[np.inf])


def test_a_response_without_any_variation_has_no_noise_even_where_groups_and_columns_use_up_the_rows() -> None:
    """Four rows, three coefficients, three groups: no degree of freedom is left within groups."""
    found = fit(design_of([1e5] * 4, [0, 1, 2, 2], [1.0, 2.0, 4.0, 8.0], [1.0, -1.0, 3.0, 2.0])).estimates
    assert (found.sigma, found.factors[0].sd[0]) == (0.0, 0.0)
    assert found.beta[0] == pytest.approx(1e5)
