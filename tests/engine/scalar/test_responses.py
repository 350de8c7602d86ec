"""Responses drawn as cross-products have the law that responses drawn row by row have, by its closed forms."""

import numpy as np
import pytest

from service.arrays import Matrix
from service.engine.scalar.responses import draw, turned_columns
from service.engine.scalar.together import Criteria, Evaluations
from tests.engine.designs import columns_in, conditioned
from tests.engine.hard_designs import EASY
from tests.engine.textbook import inverted, textbook_of

DRAWS = 4000
SURE = 5.0
"""Standard errors of a mean of draws that no fixed seed here comes to: one in two million would."""

CASES = (
    "no predictor", "a predictor", "group-level predictor", "both, and their product", "no intercept",
    "no coefficient", "factor without intercept", "weights over 6 decades", "groups of 1 and 30",
    "one group that is no singleton", "indicators and the intercept", "powers to the 6th",
    "as many group-level columns as groups less one",
)  # fmt: skip


@pytest.mark.parametrize("drawn_at", [0.0, 3.0])
@pytest.mark.parametrize("name", CASES)
def test_what_is_estimated_from_them_has_the_law_of_generalised_least_squares(name: str, drawn_at: float) -> None:
    design = EASY[name]
    fold = conditioned(design)
    X, book = columns_in(design, fold.products.basis)[:, :-1], textbook_of(design, fold.kept, restricted=True)
    columns = turned_columns(fold.products)
    criteria = Criteria(restricted=True, nu=1, columns=columns)
    V = book.covariance([np.array([[drawn_at]])])
    lots = list(draw(columns, drawn_at, DRAWS, np.random.default_rng(5)))
    for phi in (0.0, 1e3):
        parts = [criteria.at(np.full(lot.squares.size, phi), lot) for lot in lots]
        inverse = inverted(book.covariance([np.array([[phi]])]))
        taken = inverse @ X
        half = np.linalg.solve(X.T @ taken, taken.T)
        P = inverse - taken @ half
        assert_law(parts, half @ V @ half.T, P @ V)


def assert_law(parts: list[Evaluations], covariance: Matrix, PV: Matrix) -> None:
    """Beta = (X'U^-1 X)^-1 X'U^-1 y is normal around 0; rho = y'P y has mean tr PV and variance 2 tr (PV)^2."""
    beta, rho = np.concatenate([part.beta for part in parts]), np.concatenate([part.rho for part in parts])
    mean, variance = np.trace(PV), 2.0 * np.sum(PV * PV.T)
    # rho is no normal: its fourth moment is at most that of a chi-squared with one degree of freedom, 15 variances.
    assert abs(rho.mean() - mean) < SURE * np.sqrt(variance / DRAWS)
    assert abs(rho.var() - variance) < SURE * variance * np.sqrt(14.0 / DRAWS)
    size = np.sqrt(covariance.diagonal())
    correlation = covariance / np.outer(size, size)
    assert (np.abs(beta.mean(axis=0)) < SURE * size / np.sqrt(DRAWS)).all()
    found = (beta / size).T @ (beta / size) / DRAWS
    assert (np.abs(found - correlation) < SURE * np.sqrt((1.0 + correlation**2) / DRAWS)).all()
    # By symmetry what is odd in y and what is even are not correlated.
    assert (np.abs((beta / size).T @ (rho - mean)) / DRAWS < SURE * np.sqrt(3.0 * variance / DRAWS)).all()


@pytest.mark.parametrize(("name", "most"), [("groups of 1 and 30", 2), ("a predictor", 7), ("no coefficient", 0)])
def test_groups_of_equal_weight_are_turned_into_as_many_as_there_are_columns(name: str, most: int) -> None:
    columns = turned_columns(conditioned(EASY[name]).products)
    groups = columns.weights.size + columns.spare_counts.sum()
    assert columns.weights.size <= most + 1
    assert groups == len(EASY[name].random[0].grouping.levels)


def test_draws_are_the_same_for_the_same_seed_and_others_for_another() -> None:
    columns = turned_columns(conditioned(EASY["a predictor"]).products)
    first, again, other = (next(draw(columns, 1.0, 3, np.random.default_rng(seed))) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.means, again.means)
    assert not np.any(first.means == other.means)
