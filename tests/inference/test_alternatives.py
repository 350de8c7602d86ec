"""The limits of a multilevel model are the classical regressions, in every design there is."""

import numpy as np
import pytest

from service.design import Design
from service.engine import fit
from service.errors import AllSingletons
from service.inference import Alternatives, alternatives, distance
from tests.engine.designs import design_of
from tests.engine.hard_designs import EASY, HARD, codes, x, y

ROTATED = {"v and v + 1e-6 v2", "v and v + 1e-6 x", "x and x + 1e-6 v"}
"""Within groups a column has digits that lm would not count: the limit of the model does."""


def all_of(design: Design, *, restricted: bool = True) -> Alternatives:
    return alternatives(design, restricted=restricted, separately=False)


@pytest.mark.parametrize("name", [name for name in EASY | HARD if name not in ROTATED])
def test_the_limits_are_the_classical_regressions(name: str) -> None:
    found = all_of((EASY | HARD)[name])
    # In standard errors; hard designs have half of their digits.
    tolerance = 1e-8 if name in EASY else 1e-3
    zero = distance(found.pooled, found.complete)
    assert np.isnan(zero) or zero < tolerance
    assert found.pooled.estimates.sigma == pytest.approx(found.complete.sigma, rel=tolerance)
    if found.without is None:
        assert found.indicators.residual_df <= 0
        return
    apart = distance(found.without, found.indicators)
    assert np.isnan(apart) or apart < tolerance
    told = np.isfinite(found.without.estimates.std_error)
    assert told.tolist() == np.isfinite(found.indicators.beta).tolist()
    assert found.without.estimates.sigma == pytest.approx(found.indicators.sigma, rel=tolerance)


def test_there_is_no_limit_without_a_row_for_sigma() -> None:
    few = np.array([0, 0, 1, 1, 2])
    found = all_of(design_of(y[:5], few, x[:5], x[:5] ** 2))
    assert found.without is None
    assert found.indicators.residual_df == 0


def test_the_criterion_is_that_of_partial_pooling() -> None:
    design = EASY["a predictor"]
    for restricted in (True, False):
        found = all_of(design, restricted=restricted)
        assert found.partial.criterion == fit(design, restricted=restricted).criterion
        assert found.complete.residual_df == design.n - 2


def test_what_cannot_be_fitted_is_refused() -> None:
    with pytest.raises(AllSingletons):
        all_of(design_of(y[:7], np.arange(7), x[:7]))


def test_separate_regressions_are_made_where_they_are_asked_for() -> None:
    design = design_of(y, codes, x)
    assert all_of(design).separate is None
    assert alternatives(design, restricted=True, separately=True).separate is not None


def test_without_a_coefficient_there_is_no_distance() -> None:
    found = all_of(EASY["no coefficient"])
    assert np.isnan(distance(found.pooled, found.complete))
