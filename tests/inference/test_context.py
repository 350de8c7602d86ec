"""The contextual effect, against the model that has the group means as a column, at the same theta."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from service.design import Design
from service.engine import fit
from service.inference import contexts
from tests.engine.designs import design_of, group_means, matrix_of, model
from tests.engine.hard_designs import EASY, HARD, codes, v, weights, x, y, z
from tests.engine.structures import STRUCTURES


def with_means(design: Design, position: int) -> Design:
    """The design with a further column: the (weighted) group means of one it has."""
    column = design.X.column(position)
    if design.weights is None:
        means = group_means(column, codes)
    else:
        means = (np.bincount(codes, design.weights * column) / np.bincount(codes, design.weights))[codes]
    columns = [*(design.X.column(k) for k in range(design.X.n_columns)), means]
    return replace(design, X=matrix_of([*design.names, "means"], columns, design.n))


CASES = {
    "a predictor": EASY["a predictor"],
    "among others": EASY["both, and their product"],
    "weights": design_of(y, codes, x, z, weights=weights),
    "x at 1e6": design_of(y, codes, 1e6 + 1e6 * x, v),
    "x in 1e-200": EASY["x in 1e-200"],
    "x in 1e160": EASY["x in 1e160"],
    "y in 1e160": EASY["y in 1e160"],
    "nearly dependent": HARD["x and x + 1e-4 z"],
}


@pytest.mark.parametrize("name", CASES)
def test_it_is_the_coefficient_of_the_group_means(name: str) -> None:
    design = CASES[name]
    fitted = fit(design)
    found = contexts(fitted)
    assert [context.position for context in found] == np.flatnonzero(fitted.estimates.group_level == 0).tolist()
    for context in found:
        larger = fit(with_means(design, context.position), theta=fitted.estimates.theta.tolist()).estimates
        # The larger model estimates sigma anew; its coefficient is right to 1e-8, the digits near dependence leaves.
        error = larger.std_error[-1] * (fitted.estimates.sigma / larger.sigma)
        assert context.difference == pytest.approx(larger.beta[-1], rel=0, abs=1e-7 * error)
        assert context.std_error == pytest.approx(error, rel=1e-7)
        assert context.p_value == pytest.approx(
            2 * stats.norm.sf(abs(context.difference / context.std_error)), rel=1e-12
        )


@pytest.mark.parametrize(
    "design",
    [
        EASY["group-level predictor"],
        EASY["no predictor"],
        design_of(y, codes, x - group_means(x, codes)),
        design_of(y, codes, x, group_means(x, codes)),
        design_of(y, codes, x, z, group_means(x, codes), group_means(z, codes)),
        design_of(y, codes, 1e6 + x, z, group_means(x, codes), group_means(z, codes)),
    ],
    ids=["group-level", "none", "means taken off", "means there already", "means of two", "far away"],
)
def test_there_is_none_where_the_means_add_nothing(design: Design) -> None:
    assert contexts(fit(design)) == []


@pytest.mark.parametrize("name", ["a slope", "crossed", "nested"])
def test_there_is_none_beside_other_random_effects(name: str) -> None:
    assert contexts(fit(STRUCTURES[name])) == []


def test_there_is_none_of_a_slope_that_varies_alone() -> None:
    assert contexts(fit(model("y ~ x + (0 + x | g)", {"x": x, "y": y, "g": codes}))) == []


def test_there_is_none_without_pooling() -> None:
    assert contexts(fit(EASY["a predictor"], theta=[np.inf])) == []


def test_there_is_none_without_noise() -> None:
    assert contexts(fit(design_of(2 * x + group_means(y, codes), codes, x))) == []


def test_confounding_is_seen() -> None:
    means = group_means(x, codes)
    (context,) = contexts(fit(design_of(2 * x + 5 * means + 0.1 * z, codes, x)))
    assert context.difference > 0
    assert context.p_value < 0.05
