"""What Kenward & Roger's adjustment does not depend on, and how it follows what it does depend on."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from service.design import Design
from service.engine import fit
from service.inference import kenward_roger
from tests.engine.designs import rows_of
from tests.properties.strategies import FEW, QUICK, designs, groups_renamed, models, response

SEEDS = st.integers(0, 2**32 - 1)


def assert_same_adjustment(a: Design, b: Design, *, scale: float = 1.0) -> None:
    """That the adjustment of b is that of a, with y times `scale`."""
    first, second = fit(a), fit(b)
    mine, theirs = kenward_roger(first), kenward_roger(second)
    # Two searches end within 1e-8 standard errors; on the boundary a small variance may be taken for zero.
    singular = any(each.verdict is None or each.verdict.singular for each in (first, second))
    tolerance = 1e-3 if singular else 1e-5
    np.testing.assert_allclose(theirs.df, mine.df, rtol=tolerance)
    np.testing.assert_allclose(theirs.std_error, scale * mine.std_error, rtol=tolerance)
    errors = np.outer(mine.std_error, mine.std_error) * scale**2
    np.testing.assert_allclose((theirs.covariance - scale**2 * mine.covariance) / errors, 0.0, atol=tolerance)


def moved(design: Design, factor: float, slope: float) -> Design:
    """The design with a response less the offset that is moved along the first column, and times a number."""
    offset = np.zeros(design.n) if design.offset is None else design.offset
    return response(design, factor * (design.y - offset + slope * design.X.column(0)) + offset)


@QUICK
@given(designs(), SEEDS)
def test_the_order_of_rows(design: Design, seed: int) -> None:
    assert_same_adjustment(design, rows_of(design, np.random.default_rng(seed).permutation(design.n)))


@FEW
@given(models(), SEEDS)
def test_the_order_of_rows_with_several_parameters(design: Design, seed: int) -> None:
    rows = np.random.default_rng(seed).permutation(design.n)
    order = np.random.default_rng(seed).permutation(len(design.random[0].grouping.levels))
    assert_same_adjustment(design, groups_renamed(rows_of(design, rows), order))


@QUICK
@given(designs(), st.floats(1e-6, 1e6), st.floats(-1e3, 1e3))
def test_y_times_a_number_and_along_x(design: Design, factor: float, slope: float) -> None:
    assert_same_adjustment(design, moved(design, factor, slope), scale=factor)


@FEW
@given(models(), st.floats(1e-6, 1e6), st.floats(-1e3, 1e3))
def test_y_times_a_number_and_along_x_with_several_parameters(design: Design, factor: float, slope: float) -> None:
    assert_same_adjustment(design, moved(design, factor, slope), scale=factor)


@FEW
@given(models())
def test_it_never_makes_a_covariance_smaller(design: Design) -> None:
    fitted = fit(design)
    estimates, found = fitted.estimates, kenward_roger(fitted)
    apart = (found.covariance - estimates.covariance) / np.outer(estimates.std_error, estimates.std_error)
    # Rounding of a correlation.
    assert np.linalg.eigvalsh(apart).min(initial=0.0) > -1e-10
