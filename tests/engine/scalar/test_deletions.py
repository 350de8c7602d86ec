"""One varying coefficient without each group, all at once, against fits of the rows that are left."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.design import Design
from service.engine import Fit, WithoutGroup, fit, without_groups
from service.engine.scalar import between, deletions
from tests.engine.designs import design_of, model, random_rows
from tests.engine.test_deletion import assert_same, refit

SIZES = np.random.default_rng(1).integers(1, 9, 14)
X, V, Y, CODES = random_rows(3, SIZES.tolist())
RANDOM = np.random.default_rng(4)
WEIGHTS = 10.0 ** RANDOM.uniform(-1, 1, Y.size)

ORDINARY = {
    "plain": design_of(Y, CODES, X, V),
    "weights": design_of(Y, CODES, X, V, weights=WEIGHTS),
    "an intercept alone": design_of(Y, CODES),
    "no intercept": design_of(Y, CODES, X, intercept=False),
    "no coefficient": model("y ~ 0 + (1 | g)", {"y": Y, "g": CODES}),
    "an offset": design_of(Y, CODES, X, offset=3.0 * X),
    "a slope that varies": model("y ~ x + (0 + x | g)", {"y": Y, "x": X, "g": CODES}),
    "a y of 1e-200": design_of(Y * 1e-200, CODES, X),
    "a y of 1e150": design_of(Y * 1e150, CODES, X),
    "an x of 1e6": design_of(Y, CODES, X * 1e6, V),
    "an x around 1e6": design_of(Y, CODES, X + 1e6, V),
    "no variance": design_of(2.0 * X + RANDOM.normal(size=Y.size), CODES, X),
}


def every(design: Design, this: Fit) -> list[WithoutGroup]:
    """The estimates without each of the groups, none of which may be missing."""
    found = list(without_groups(design, this, 0, np.arange(this.estimates.factors[0].factor.n_groups)))
    return [each for each in found if isinstance(each, WithoutGroup)]


@pytest.mark.usefixtures("no_rows_again")
@pytest.mark.parametrize("theta", [None, [0.7]])
@pytest.mark.parametrize("restricted", [True, False])
@pytest.mark.parametrize("name", ORDINARY)
def test_they_are_what_the_rows_give(name: str, restricted: bool, theta: list[float] | None) -> None:
    design = ORDINARY[name]
    this = fit(design, restricted=restricted, theta=theta)
    found = every(design, this)
    assert len(found) == SIZES.size
    for group, without in enumerate(found):
        # Both searches end where rounding does; an x around 1e6 has ten digits.
        assert_same(without, refit(design, this, 0, group), 1e-10)


def outlying(rows: np.ndarray) -> Design:
    return design_of(Y + 1e6 * rows, CODES, X)


UNUSUAL = {
    "an outlying group": outlying(CODES == 3),
    "an outlying row": outlying(np.arange(Y.size) == 20),
    "columns that are one without a group": design_of(
        Y, CODES, X, X + 1e-4 * (CODES == 4) * RANDOM.normal(size=Y.size)
    ),
    "a column of one group alone, nearly": design_of(Y, CODES, V + 1e3 * X * (CODES == 5)),
    "next to no noise": design_of(np.sqrt(CODES + 1.0) + 1e-9 * Y, CODES, X),
    "no noise": design_of(np.sqrt(CODES + 1.0), CODES, X),
}


@pytest.mark.parametrize("name", UNUSUAL)
def test_what_differences_would_lose_is_fitted_from_the_rows(name: str) -> None:
    design = UNUSUAL[name]
    this = fit(design)
    for group, without in enumerate(without_groups(design, this, 0, np.arange(SIZES.size))):
        if isinstance(without, WithoutGroup):
            true = refit(design, this, 0, group)
            np.testing.assert_allclose(without.beta, true.beta, rtol=0, atol=1e-8 * (true.std_error + 1e-12).max())
            # Of standard deviations nine powers of ten apart the small one has seven digits.
            assert without.sigma == pytest.approx(true.sigma, rel=1e-6)
        else:
            assert name == "columns that are one without a group"
            assert (group, "x2" in without.detail) == (4, True)


@pytest.mark.usefixtures("no_rows_again")
def test_lots_and_nodes_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    design = ORDINARY["weights"]
    expected = every(design, fit(design))
    monkeypatch.setattr(deletions, "NUMBERS", 40)
    monkeypatch.setattr(between, "DISTINCT", 3)
    for one, other in zip(every(design, fit(design)), expected, strict=True):
        # Interpolated between nodes to the last digits.
        np.testing.assert_allclose(one.beta, other.beta, rtol=1e-12)
        np.testing.assert_allclose(one.sds, other.sds, rtol=1e-11)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), spread=st.sampled_from([0.0, 0.3, 3.0, 1e4]), restricted=st.booleans())
def test_any_rows(seed: int, spread: float, restricted: bool) -> None:
    sizes = np.random.default_rng(seed).integers(1, 7, 8)
    sizes[:2] = 4  # Without either of them there are rows to tell the noise.
    x, v, y, codes = random_rows(seed, sizes.tolist(), group=spread)
    design = design_of(y, codes, x, v)
    this = fit(design, restricted=restricted)
    same = partial(assert_same, tolerance=1e-7)
    for group, without in enumerate(every(design, this)):
        same(without, refit(design, this, 0, group))
