"""Which columns are kept, which are constant within groups, and that what is kept has a good basis."""

import numpy as np
import pytest

from service.design import Design
from service.engine.conditioning import residualise, shares_left, sharpen
from tests.engine.designs import conditioned, design_of, group_means, model, random_rows
from tests.engine.hard_designs import EASY, HARD

x, v, y, codes = random_rows(1, (1, 2, 3, 4, 5, 6, 3))
z = np.random.default_rng(2).normal(size=y.size)
thirds = np.eye(3)[:, np.arange(y.size) % 3]

ALIASED: dict[str, tuple[Design, list[int]]] = {
    "nothing": (design_of(y, codes, x, v, z), []),
    "a column twice": (design_of(y, codes, x, v, x), [3]),
    "three times, of any scale": (design_of(y, codes, x, 1e-6 * x, 1e9 * x), [2, 3]),
    "shifted far": (design_of(y, codes, x, 1e6 + x), [2]),
    "a sum": (design_of(y, codes, x, z, x - 2 * z), [3]),
    "a constant": (design_of(y, codes, np.full(y.size, 0.1), x), [1]),
    "zeros": (design_of(y, codes, x, np.zeros(y.size)), [2]),
    "zeros, no intercept": (design_of(y, codes, np.zeros(y.size), x, intercept=False), [0]),
    "a constant is a column without an intercept": (design_of(y, codes, np.full(y.size, 0.1), intercept=False), []),
    "indicators after an intercept": (design_of(y, codes, *thirds), [3]),
    "indicators without": (design_of(y, codes, *thirds, intercept=False), []),
    "indicators and a constant without": (design_of(y, codes, *thirds, np.ones(y.size), intercept=False), [3]),
    "as near as R allows": (design_of(y, codes, x, x + 1e-6 * z), []),
    "nearer": (design_of(y, codes, x, x + 1e-8 * z), [2]),
    "a column that varies by a millionth": (design_of(y, codes, 1e6 + z), []),
    "by a hundred-millionth": (design_of(y, codes, 1e8 + z), [1]),
    "by as little, without an intercept": (design_of(y, codes, 1e8 + z, intercept=False), []),
    "powers of years": (design_of(y, codes, 2000 + z, (2000 + z) ** 2, (2000 + z) ** 3), [3]),
    "powers of years far apart": (design_of(y, codes, 2000 + 10 * z, (2000 + 10 * z) ** 2, (2000 + 10 * z) ** 3), []),
    "all but the intercept": (design_of(y, codes, np.zeros(y.size), np.ones(y.size)), [1, 2]),
}
"""R's lm and lmer leave out the same: the later column of a dependent set, at a tolerance of 1e-7."""


@pytest.mark.parametrize("name", ALIASED)
def test_later_columns_of_a_dependent_set_are_aliased(name: str) -> None:
    design, aliased = ALIASED[name]
    fold = conditioned(design)
    assert fold.aliased.tolist() == aliased
    assert sorted([*fold.kept, *fold.aliased]) == list(range(design.X.n_columns))


def test_group_level_columns_are_marked() -> None:
    fold = conditioned(design_of(y, codes, x, v, group_means(x, codes), x - group_means(x, codes)))
    # x is the sum of the last two, so that one of them goes.
    assert (fold.kept.tolist(), fold.group_level.tolist()) == ([0, 1, 2, 3], [1, 0, 1, 1])


def test_a_column_constant_but_for_a_row_is_not_group_level() -> None:
    barely = v.copy()
    barely[-1] += 1e-9
    assert conditioned(design_of(y, codes, barely)).group_level.tolist() == [1, 0]


@pytest.mark.parametrize("name", HARD)
def test_what_is_kept_is_far_from_dependent(name: str) -> None:
    fold = conditioned(HARD[name])
    products = fold.products
    gram = products.scatter + (0 if products.basis.intercept else products.n) * np.outer(*[products.total_mean] * 2)
    X = gram[:-1, :-1]
    size = np.sqrt(np.diag(X))
    # Half of the digits of the cross-products are left, whatever the columns were.
    assert np.linalg.cond(X / np.outer(size, size)) < 1e9


@pytest.mark.usefixtures("small_blocks")
def test_blocks_of_rows_make_no_difference() -> None:
    design, aliased = ALIASED["indicators after an intercept"]
    assert conditioned(design).aliased.tolist() == aliased


def test_shares_left_are_those_of_least_squares() -> None:
    C = np.column_stack([x, x + 0.1 * z, v])
    expected = [1.0]
    for k in (1, 2):
        residual = C[:, k] - C[:, :k] @ np.linalg.lstsq(C[:, :k], C[:, k])[0]
        expected.append(float(residual @ residual / (C[:, k] @ C[:, k])))
    # Cross-products lose the square of the share: 1e-16 over 1e-2.
    np.testing.assert_allclose(shares_left(C.T @ C), expected, rtol=1e-12)


@pytest.mark.parametrize("slope", [1e3, 1e8])
@pytest.mark.parametrize("by", ["x", "v"])
def test_a_response_that_is_mostly_explained_is_replaced_by_its_residual(slope: float, by: str) -> None:
    design = design_of(y + slope * {"x": x, "v": v}[by], codes, x, v)
    fold = sharpen(design, conditioned(design))
    products = fold.products
    total = products.scatter[-1, -1]
    # The residual's own size, a few units, in units of the response.
    assert np.sqrt(total) * products.basis.y_unit < 50


def test_a_response_that_is_not_is_left_alone() -> None:
    design = EASY["a predictor"]
    fold = conditioned(design)
    assert sharpen(design, fold) is fold


def test_a_residual_has_none_of_the_coefficients_that_were_taken_off() -> None:
    design = EASY["both, and their product"]
    fold = conditioned(design)
    taken = np.array([0.3, -1.0, 2.0, 0.5])
    basis, after = fold.products.basis, residualise(design, fold, taken).products.basis
    # A rounding of each.
    np.testing.assert_allclose(after.coefficients(np.zeros(4)), basis.coefficients(taken), rtol=1e-14)


TABLE = {"y": y, "x": x, "z": 2000.0 + z, "v": v, "g": codes, "h": np.arange(y.size) % 5, "w": 1.0 + z**2}


@pytest.mark.parametrize(
    "formula", ["y ~ x + (x + z | g)", "y ~ (0 + x + z | g) + (1 | h)", "y ~ (1 | g) + (0 + z + x | g)"]
)
@pytest.mark.parametrize("weights", [None, "w"])
def test_the_columns_of_a_random_term_are_orthonormal(formula: str, weights: str | None) -> None:
    fold = conditioned(model(formula, TABLE, weights=weights))
    products = fold.products
    for factor, own in zip(fold.factors, products.factors, strict=True):
        for term in factor.terms:
            if term.stop - term.start == 1:
                continue
            gram = own.gram.sum(axis=2)[term, term] / products.n
            # A triangle of order two or three.
            np.testing.assert_allclose(gram, np.eye(len(gram)), rtol=0, atol=1e-12)


def test_dependent_columns_of_a_random_term_are_left_as_they_are() -> None:
    fold = conditioned(model("y ~ (x + u | g)", {**TABLE, "u": 3.0 * x}))
    assert np.isfinite(fold.products.factors[0].gram).all()
    # The map has two roundings.
    np.testing.assert_allclose(
        np.diag(fold.products.factors[0].basis.transform)[1:], fold.random[0].scale[1:], rtol=1e-15
    )


LEVELS = {
    "y ~ x + v + (1 | g)": [1, 0, 1],
    "y ~ x + v + (x | g)": [1, 0, 1],
    "y ~ x + v + (0 + x | g)": [1, 0, 0],
    "y ~ x + v + (1 | h)": [1, 0, 0],
    "y ~ x + v + (1 | h) + (1 | g)": [1, 0, 1],
    "y ~ x + v + (1 | h) + (x | g)": [1, 0, 1],
    "y ~ 0 + x + v + (1 | g)": [0, 1],
}
"""A column is of group level if it is constant within the groups of a factor that has a varying intercept."""


@pytest.mark.parametrize("formula", LEVELS)
def test_group_level_by_any_factor(formula: str) -> None:
    assert conditioned(model(formula, TABLE)).group_level.tolist() == LEVELS[formula]
