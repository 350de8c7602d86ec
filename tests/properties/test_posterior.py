"""What a posterior does not depend on, and how it follows what it does depend on."""

import math
from dataclasses import replace

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from service.design import Design
from service.engine import fit
from service.errors import InvalidRequest, UnsupportedModel
from service.inference.posterior import Posterior, Prior, Summary, posterior
from tests.engine.designs import rows_of, with_columns
from tests.properties.strategies import QUICK, designs, groups_renamed, response

SOME = settings(QUICK, max_examples=15)

PRIORS = st.sampled_from([Prior(), Prior(0.0, 3.0), Prior(0.0)])


def found(design: Design, prior: Prior) -> Posterior:
    """The posterior, if there is one."""
    try:
        return posterior(fit(design), prior, 0.9)
    except (InvalidRequest, UnsupportedModel):
        assume(False)
        raise


def assert_alike(a: Summary | None, b: Summary | None, *, scale: float = 1.0, shift: float = 0.0) -> None:
    """That b is a times a scale, and shifted, in units of a's interval."""
    assert a is not None
    assert b is not None
    width = scale * (a.high - a.low)
    for name in ("low", "median", "high"):
        difference = getattr(b, name) - scale * getattr(a, name) - shift
        # Lattices may have other nodes: each is right to 1e-7 of the probability, deviations near 0 to ten times that.
        assert float(np.abs(difference / width).max()) < 1e-5, name


@SOME
@given(designs(), PRIORS, st.integers(0, 2**32 - 1))
def test_the_order_of_rows_and_the_names_of_groups(design: Design, prior: Prior, seed: int) -> None:
    random = np.random.default_rng(seed)
    order = random.permutation(len(design.random[0].grouping.levels))
    other = groups_renamed(rows_of(design, random.permutation(design.y.size)), order)
    a, b = found(design, prior), found(other, prior)
    for name in ("coefficients", "group_sd", "residual_sd", "icc", "new_group", "new_observation"):
        assert_alike(getattr(a, name), getattr(b, name))
    assert b.intercepts is not None
    moved = {name: getattr(b.intercepts, name)[order] for name in ("mean", "median", "sd", "low", "high")}
    assert_alike(a.intercepts, Summary(**moved))


@SOME
@given(designs().filter(lambda design: design.intercept), PRIORS, st.floats(-1e4, 1e4))
def test_a_shift_of_y_moves_what_lies_around_it(design: Design, prior: Prior, shift: float) -> None:
    a, b = found(design, prior), found(response(design, design.y + shift), prior)
    for name in ("group_sd", "residual_sd", "icc", "deviations"):
        assert_alike(getattr(a, name), getattr(b, name))
    for name in ("intercepts", "new_group", "new_observation"):
        assert_alike(getattr(a, name), getattr(b, name), shift=shift)


@SOME
@given(designs(), PRIORS, st.integers(-600, 500))
def test_y_and_the_scale_in_other_units(design: Design, prior: Prior, power: int) -> None:
    plain, scale = replace(design, offset=None), math.ldexp(1.0, power)
    other = Prior(prior.log_scale + power * math.log(2.0), prior.df)
    a, b = found(plain, prior), found(response(plain, scale * plain.y), other)
    assert_alike(a.icc, b.icc)
    for name in ("coefficients", "group_sd", "residual_sd", "intercepts", "deviations", "new_observation"):
        assert_alike(getattr(a, name), getattr(b, name), scale=scale)


@SOME
@given(designs().filter(lambda design: len(design.names) > 1 and design.intercept), PRIORS)
def test_a_predictor_in_other_units(design: Design, prior: Prior) -> None:
    name = design.names[1]
    other = with_columns(design, **{name: 1e6 * design.X.column(1)})
    a, b = found(design, prior), found(other, prior)
    for quantity in ("group_sd", "residual_sd", "intercepts", "new_group", "new_observation"):
        assert_alike(getattr(a, quantity), getattr(b, quantity))
    slope = [each.coefficients.high[1] - each.coefficients.low[1] for each in (a, b)]
    assert abs(1e6 * slope[1] / slope[0] - 1.0) < 1e-5


@SOME
@given(designs(), PRIORS, st.floats(-2, 2))
def test_all_weights_times_a_number_are_another_sigma(design: Design, prior: Prior, exponent: float) -> None:
    weights = np.ones(design.y.size) if design.weights is None else design.weights
    a = found(replace(design, weights=weights), prior)
    b = found(replace(design, weights=10.0**exponent * weights), prior)
    for name in ("coefficients", "group_sd", "intercepts", "deviations", "new_group"):
        assert_alike(getattr(a, name), getattr(b, name))
    assert_alike(a.residual_sd, b.residual_sd, scale=10.0 ** (exponent / 2))


@SOME
@given(designs(), PRIORS)
def test_an_offset_is_taken_off_y(design: Design, prior: Prior) -> None:
    offset = np.cos(np.arange(design.y.size))
    a = found(replace(design, offset=None, y=design.y - offset), prior)
    b = found(replace(design, offset=offset), prior)
    assert a.coefficients.high.tolist() == b.coefficients.high.tolist()
    assert a.new_observation.low.tolist() == b.new_observation.low.tolist()
