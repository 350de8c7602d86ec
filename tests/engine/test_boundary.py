"""Optima on the boundary: variances of zero, correlations of one, and how the search gets there and away again."""

import numpy as np
import pytest

from service.arrays import Vector
from service.design import Design
from service.engine import Fit, fit
from service.engine.criterion import criterion_of
from service.engine.random_factors import parameters_of
from service.engine.search import find_optimum
from tests.engine.designs import conditioned, design_of, group_of, model
from tests.engine.fits import fitted
from tests.engine.structures import STRUCTURES, TABLE, simulated
from tests.engine.textbook import textbook_of

METHODS = pytest.mark.parametrize("restricted", [True, False], ids=["REML", "ML"])

A, B = 6, 5
ROW, COLUMN = np.repeat(np.arange(A), B), np.tile(np.arange(B), A)


def no_column_effect() -> Vector:
    """Rows differ, columns have the same mean."""
    values = 2.0 * (ROW * 5 % 6) + np.random.default_rng(2).normal(size=A * B)
    return values - (np.bincount(COLUMN, values) / A)[COLUMN]


@METHODS
def test_one_of_two_crossed_variances_is_zero(restricted: bool) -> None:
    y = no_column_effect()
    found = fit(model("y ~ 1 + (1 | a) + (1 | b)", {"y": y, "a": ROW, "b": COLUMN}), restricted=restricted)
    alone = fit(design_of(y, ROW), restricted=restricted)
    assert found.verdict is not None
    assert (found.verdict.converged, found.verdict.singular) == (True, True)
    a, b = found.estimates.factors
    # The optimum is that of the model without the factor; half of the digits of theta.
    assert (b.sd.tolist(), found.estimates.theta[1]) == ([0.0], 0.0)
    assert not b.effects.any()
    assert not b.effect_sd.any()
    assert a.sd[0] == pytest.approx(float(alone.estimates.factors[0].sd[0]), rel=1e-7)
    assert found.estimates.sigma == pytest.approx(alone.estimates.sigma, rel=1e-8)
    assert found.criterion == pytest.approx(alone.criterion, rel=0, abs=1e-10)


J, X = 8, np.tile([-2.0, -1.0, 0.0, 1.0, 2.0], 8)
GROUP = group_of((5,) * J)


def with_lines(level: Vector, slope: Vector, noise: float) -> Design:
    """Groups on these lines, around which residuals of the size are the same in all groups, and have no line."""
    residuals = noise * np.array([1.0, -2.0, 0.0, 2.0, -1.0]) * (-1.0) ** np.arange(J)[:, None]
    return model("y ~ x + (x | g)", {"y": level[GROUP] + slope[GROUP] * X + residuals.ravel(), "x": X, "g": GROUP})


LEVEL = np.array([3.0, -2.0, 1.0, -4.0, 2.0, -1.0, 4.0, -3.0])
LINES = {
    "correlation 1": (with_lines(LEVEL, 0.5 * LEVEL, 0.3), 1.0),
    "correlation -1": (with_lines(LEVEL, -0.25 * LEVEL, 0.3), -1.0),
    "no slope": (with_lines(LEVEL, np.zeros(J), 0.3), None),
    "no level": (with_lines(np.zeros(J), LEVEL, 0.3), None),
    "nothing": (with_lines(np.zeros(J), np.zeros(J), 0.3), None),
}
"""Lines whose levels and slopes have a covariance of rank one, or zero."""


@METHODS
@pytest.mark.parametrize("name", LINES)
def test_a_covariance_of_less_than_full_rank(name: str, restricted: bool) -> None:
    design, correlation = LINES[name]
    found = fit(design, restricted=restricted)
    assert found.verdict is not None
    assert (found.verdict.converged, found.verdict.singular) == (True, True)
    own = found.estimates.factors[0]
    assert np.linalg.matrix_rank(own.root) == (0 if name == "nothing" else 1)
    if correlation is not None:
        # Of two roundings each.
        np.testing.assert_allclose(own.correlation, [[1.0, correlation], [correlation, 1.0]], rtol=0, atol=1e-12)
    else:
        assert np.isnan(own.correlation[0, 1])
        assert (own.sd > 0).tolist() == [name == "no slope", name == "no level"]
    assert_kuhn_tucker(design, found)


def test_a_covariance_of_rank_one_of_three() -> None:
    # Three coefficients that follow from one, up to a noise as large as what they are known to.
    random = np.random.default_rng(7)
    x, z, codes = random.normal(size=60), random.normal(size=60), np.arange(60) % 10
    score = random.normal(size=10)[codes]
    y = score * (2.0 + x - z) + random.normal(size=60)
    design = model("y ~ x + z + (x + z | g)", {"y": y, "x": x, "z": z, "g": codes})
    found = fit(design)
    assert found.verdict is not None
    assert (found.verdict.converged, found.verdict.singular) == (True, True)
    assert np.linalg.matrix_rank(found.estimates.factors[0].root) < 3
    assert_kuhn_tucker(design, found)


def assert_kuhn_tucker(design: Design, found: Fit) -> None:
    """That the slope by Psi vanishes where Psi does not, and is not negative elsewhere."""
    roots = [own.root for own in found.estimates.factors]
    book = textbook_of(design, found.estimates.kept, restricted=found.restricted)
    for slope, root in zip(book.slopes([root @ root.T for root in roots]), roots, strict=True):
        # 1e-8 standard errors of theta, in a slope by theta of the order of the groups.
        np.testing.assert_allclose(slope @ root, 0.0, rtol=0, atol=1e-5)
        assert np.linalg.eigvalsh(slope).min() > -1e-5


CANONICAL: dict[str, tuple[Design, list[bool]]] = {
    "correlation 1": (LINES["correlation 1"][0], [True, True, False]),
    "no slope": (LINES["no slope"][0], [True, False, False]),
    "no level": (LINES["no level"][0], [False, False, True]),
    "nothing": (LINES["nothing"][0], [False, False, False]),
}
"""Which elements of theta are not zero: of Lambda the column of a dependent coefficient is."""


@pytest.mark.parametrize("name", CANONICAL)
def test_theta_is_canonical(name: str) -> None:
    design, nonzero = CANONICAL[name]
    assert (fit(design).estimates.theta != 0).tolist() == nonzero


STARTS = {
    "a slope": [0.0, 0.0, 0.0],
    "three terms of one factor": [0.0, 1.0, 0.0],
    "crossed": [0.0, 0.0],
}


@pytest.mark.parametrize("name", STARTS)
def test_a_start_on_the_boundary_is_left(name: str) -> None:
    # There the gradient by theta vanishes, whatever the slope by Psi.
    design = STRUCTURES[name]
    fold = conditioned(design)
    parameters = parameters_of(fold.factors, design)
    criterion = criterion_of(fold.products, parameters, restricted=True)
    found = find_optimum(criterion, fold.factors, np.array(STARTS[name]))
    assert found.verdict.converged
    # Two searches that end at one point.
    assert found.evaluation.value == pytest.approx(fitted(name).criterion, rel=0, abs=1e-9)


@pytest.mark.parametrize("name", ["crossed", "a slope", "nested, slopes within"])
def test_a_boundary_that_was_taken_too_soon_is_left(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    true = fitted(name).criterion
    # All that is small is taken for zero, whatever it costs: the slope by Psi says that it was not.
    monkeypatch.setattr("service.engine.search.SMALL", 100.0)
    monkeypatch.setattr("service.engine.search.NO_WORSE", 100.0)
    found = fit(STRUCTURES[name])
    assert found.verdict is not None
    assert (found.verdict.converged, found.verdict.singular) == (True, False)
    # Searches that end at one point.
    assert found.criterion == pytest.approx(true, rel=0, abs=1e-9)


def divided(distance: float, extra: float) -> Design:
    """Four single rows at a distance, and two large groups nearly alike: one set says theta is large, the other 0."""
    large = np.sin(np.arange(33.0))
    y = np.array([distance, -distance, 0.8 * distance, -0.9 * distance, *large])
    other = np.arange(37) % 5
    y += extra * np.random.default_rng(0).normal(size=5)[other]
    return model("y ~ 1 + (1 | g) + (1 | h)", {"y": y, "g": group_of((1, 1, 1, 1, 18, 15)), "h": other})


MINIMA: dict[str, Design] = {
    "one set of rows, or the other": divided(2.0, 0.0),
    "and another factor": divided(2.2, 1.0),
    "hardly apart": divided(2.6, 0.5),
    "far apart": divided(3.0, 1.0),
}


@pytest.mark.parametrize("name", MINIMA)
def test_the_lower_of_two_minima_is_taken(name: str) -> None:
    design = MINIMA[name]
    found = fit(design, restricted=False)
    assert found.verdict is not None
    assert found.verdict.converged
    book = textbook_of(design, found.estimates.kept, restricted=False)
    thetas = [0.0, *np.geomspace(1e-2, 30.0, 14).tolist()]
    lowest = min(book.deviance([np.array([[a * a]]), np.array([[b * b]])]) for a in thetas for b in thetas)
    assert found.criterion < lowest + 1e-9


def test_two_minima_are_counted() -> None:
    verdict = fit(MINIMA["hardly apart"], restricted=False).verdict
    assert verdict is not None
    assert verdict.minima == 2


REDUNDANT = {
    "y ~ x + (1 | g) + (x | g)": "y ~ x + (x | g)",
    "y ~ x + (x | g) + (x || g)": "y ~ x + (x | g)",
    "y ~ x + (1 | d) + (1 | d/s)": "y ~ x + (1 | d/s)",
}


@pytest.mark.parametrize("formula", REDUNDANT)
def test_a_term_that_says_nothing_new_changes_nothing(formula: str) -> None:
    y = simulated(model(REDUNDANT[formula], TABLE), 3).y
    twice, once = (fit(model(text, {**TABLE, "y": y})) for text in (formula, REDUNDANT[formula]))
    # Two searches that end at one point of the criterion, though not of theta.
    assert twice.criterion == pytest.approx(once.criterion, rel=0, abs=1e-8)
    np.testing.assert_allclose(twice.estimates.beta, once.estimates.beta, rtol=0, atol=1e-6)
