"""Intervals that count how little the variances are known, against the posterior summed over a plane of variances."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy.special import ndtr
from scipy.stats import norm, t

from service.arrays import Matrix, Vector
from service.design import Design
from service.engine import fit
from service.inference import NEW, NewGroups, NewRows, VarianceNodes, variance_nodes
from service.inference.posterior.t_mixtures import mixture_quantiles
from service.inference.uncertain_variances import uncertain_intervals
from tests.engine.designs import design_of
from tests.engine.structures import STRUCTURES
from tests.inference.henderson import placed

X = np.array([0.3, -1.2, 0.8, 1.9, -0.4, 0.1, -0.7, 1.1, 0.5, -1.5, 0.2, 0.9])
CODES = np.array([0, 0, 0, 1, 1, 2, 2, 2, 2, 3, 3, 4])
WEIGHTS = np.array([1.0, 2, 1, 0.5, 3, 1, 1, 2, 1, 1, 4, 1])
NOISE = np.array([0.4, -0.9, 0.2, 1.3, -0.6, -1.1, 0.8, 0.3, -0.2, 0.7, -1.4, 0.5])
APART = np.array([1.5, -0.8, 0.3, 2.1, -1.9])[CODES]
ALIKE = NOISE - np.array([NOISE[code == CODES].mean() for code in CODES])
"""Of groups that are more alike than chance would have them, so that their variance is estimated as 0."""

DESIGNS: dict[str, Design] = {
    "groups apart": design_of(1 + X + APART + NOISE, CODES, X),
    "groups alike": design_of(1 + X + ALIKE, CODES, X),
    "weights": design_of(1 + X + APART + NOISE, CODES, X, weights=WEIGHTS),
    "no intercept, an offset": design_of(X + APART + NOISE, CODES, X, intercept=False, offset=3 * X),
}


GROUPS, RESIDUALS = np.meshgrid(np.exp(np.arange(-13.0, 13.0, 0.2)), np.exp(np.arange(-4.0, 3.0, 0.1)))
"""Both standard deviations, in units of the response's; what is left out at the ends weighs less than 1e-5."""


@dataclass(frozen=True, slots=True)
class Plane:
    """The posterior on a lattice of K pairs of standard deviations: normal centres and scales (K, m) of m rows."""

    shares: Vector
    centres: Matrix
    scales: Matrix

    def quantiles(self, probability: float) -> Vector:
        """By halving."""
        low = (self.centres - 40 * self.scales).min(axis=0)
        high = (self.centres + 40 * self.scales).max(axis=0)
        for _ in range(60):
            middle = 0.5 * (low + high)
            below = self.shares @ ndtr((middle - self.centres) / self.scales) < probability
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return np.asarray(low)


def plane(design: Design, rows: NewRows, *, of_observations: bool) -> Plane:
    """Henderson's equations and the marginal likelihood at every pair."""
    X, y = design.X.to_array(), design.y if design.offset is None else design.y - design.offset
    weights = np.ones(design.n) if design.weights is None else design.weights
    Z, p, unit = np.eye(5)[design.random[0].grouping.codes], X.shape[1], float(np.std(y))
    phi, square = GROUPS.ravel()[:, None, None] ** 2, RESIDUALS.ravel()[:, None, None] ** 2
    V = phi * (Z @ Z.T) + square * np.diag(1.0 / weights)
    inverse = np.linalg.inv(V)
    information = X.T @ inverse @ X
    left = y / unit - np.linalg.solve(information, X.T @ inverse @ (y[:, None] / unit))[..., 0] @ X.T
    rho = np.einsum("ki,kij,kj->k", left, inverse, left)
    # Flat in both standard deviations but for 1/residual: on the scale of their logarithms, the group's.
    heights = -0.5 * (np.linalg.slogdet(V)[1] + np.linalg.slogdet(information)[1] + rho) + np.log(GROUPS.ravel())
    shares = np.exp(heights - heights.max())
    columns, new = np.hstack([X, Z]), np.hstack([rows.X, placed(rows.groups[0])])
    C = columns.T @ (columns * weights[:, None]) / square
    C[:, np.arange(p, p + 5), np.arange(p, p + 5)] += 1.0 / phi[:, 0]
    covariance = np.linalg.inv(C)
    centres = (covariance @ (columns.T @ (weights * y))[:, None])[..., 0] / square[:, 0] @ new.T
    variances = np.einsum("ij,kjl,il->ki", new, covariance, new) + phi[:, 0] * (rows.groups[0].codes < 0)
    scales = np.sqrt(variances + (square[:, 0] if of_observations else 0.0)) * unit
    return Plane(shares / shares.sum(), centres, scales)


def nodes_of(design: Design) -> VarianceNodes:
    found = variance_nodes(fit(design))
    assert found is not None
    return found


@pytest.mark.parametrize("of_observations", [False, True])
@pytest.mark.parametrize("name", DESIGNS)
def test_intervals_against_a_plane_of_variances(name: str, of_observations: bool) -> None:
    design = DESIGNS[name]
    own, codes = design.X.to_array()[[0, 3, 11, 5]], np.array([0, 1, 4, NEW])
    rows = NewRows(own, None, (NewGroups(codes, np.ones((4, 1)), 5),), None)
    low, high = uncertain_intervals(
        nodes_of(design), rows, conditional=True, of_observations=of_observations, confidence_level=0.9
    )
    witness = plane(design, rows, of_observations=of_observations)
    width = witness.quantiles(0.95) - witness.quantiles(0.05)
    # The lattice and what is left out at its ends.
    np.testing.assert_allclose((low - witness.quantiles(0.05)) / width, 0, atol=2e-4)
    np.testing.assert_allclose((high - witness.quantiles(0.95)) / width, 0, atol=2e-4)


def test_any_unit() -> None:
    design = DESIGNS["groups apart"]
    rows = NewRows(design.X.to_array(), None, (NewGroups(CODES, np.ones((12, 1)), 5),), None)
    plain, large = (
        uncertain_intervals(nodes_of(each), rows, conditional=True, of_observations=True, confidence_level=0.9)
        for each in (design, replace(design, y=design.y * 1e150))
    )
    # Another unit may move the nodes, within what the rule of integration leaves.
    np.testing.assert_allclose(np.array(large) / 1e150, plain, rtol=1e-6)


def test_many_groups_are_as_good_as_known_variances() -> None:
    source = np.random.default_rng(2)
    codes = np.arange(20_000) // 5
    y = source.normal(size=4000)[codes] + source.normal(size=20_000)
    nodes = nodes_of(design_of(y, codes))
    spread = float(nodes.share @ (nodes.theta - nodes.share @ nodes.theta) ** 2) ** 0.5
    # Of balanced groups the squares between and within are chi^2: by the delta method, theta^2 + 1/5 being their ratio.
    error = (0.5 * (2 / 3999 + 2 / 16_000)) ** 0.5 * (1 + 1 / 5) / 2**0.5
    assert spread / float(nodes.share @ nodes.theta) == pytest.approx(error, rel=0.05)
    rows = NewRows(np.ones((1, 1)), None, (NewGroups(np.array([NEW]), np.ones((1, 1)), 4000),), None)
    low, high = uncertain_intervals(nodes, rows, conditional=True, of_observations=True, confidence_level=0.95)
    sigma, group = float(nodes.share @ nodes.sigma), float(nodes.share @ (nodes.sigma * nodes.theta))
    # Variances known to a hundredth.
    assert high[0] - low[0] == pytest.approx(2 * 1.96 * np.hypot(sigma, group), rel=1e-3)


def test_what_has_no_such_posterior_has_no_nodes() -> None:
    for design, theta in (
        (STRUCTURES["a slope"], None),
        (STRUCTURES["crossed"], None),
        (DESIGNS["groups apart"], [0.5]),
        (design_of([1.0, 2, 5, 6], [0, 0, 1, 1]), None),
        (design_of([1.0, 1, 5, 5, 2, 2], [0, 0, 1, 1, 2, 2]), None),
        # The one row to spare within groups is explained by the predictor.
        (design_of([1.0, 3, 2, 5, 4], [0, 0, 1, 2, 3], [0.5, -1, 2, 1, 0]), None),
    ):
        assert variance_nodes(fit(design, theta=theta)) is None


def test_quantiles_of_one_component_are_its_own() -> None:
    one, probability = np.array([1.0]), 0.025
    for df, expected in ((3.0, t(3).ppf(probability)), (1e7, norm.ppf(probability))):
        found = mixture_quantiles(np.array([[2.0], [5.0]]), np.array([[1.0], [0.0]]), one, df, probability)
        # A million degrees of freedom stand for more.
        assert found.tolist() == pytest.approx([2 + float(expected), 5], abs=1e-5)


def test_quantiles_of_two_far_apart() -> None:
    centres, scales = np.array([[0.0, 100.0]]), np.array([[1.0, 0.5]])
    found = mixture_quantiles(centres, scales, np.array([0.5, 0.5]), 5.0, 0.75)
    # By symmetry, but for the far tails of the first and what is no error.
    assert found.tolist() == pytest.approx([100.0], abs=1e-6)
