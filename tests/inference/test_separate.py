"""Regressions within groups, against one least squares of 60 digits for each group."""

import numpy as np
import pytest

from service.arrays import Codes
from service.design import Design
from service.engine import fit
from service.engine.sharing import folded_plainly
from service.inference import SeparateRegressions
from service.inference import separate as room
from service.inference.separate import separate_regressions
from tests.engine.designs import design_of, in_chunks, random_rows
from tests.engine.hard_designs import EASY, codes, letters, v, weights, x, y, z
from tests.inference.least_squares import least_squares


def separately(design: Design) -> SeparateRegressions:
    found = separate_regressions(design, folded_plainly(design)[0].fixed, fit(design).estimates)
    assert found is not None
    return found


CASES = {
    "no predictor": EASY["no predictor"],
    "a predictor": EASY["a predictor"],
    "two": design_of(y, codes, x, z),
    "a group-level one beside": design_of(y, codes, x, v),
    "group-level alone": EASY["group-level predictor"],
    "weights": design_of(y, codes, x, weights=weights),
    "offset": EASY["offset"],
    "no intercept": EASY["no intercept"],
    "y at 1e9": EASY["y at 1e9"],
    "x in 1e6 at 1e6": EASY["x in 1e6 at 1e6"],
    "x at 1e10": EASY["x at 1e10"],
    "x in 1e-200": EASY["x in 1e-200"],
    "x in 1e160": EASY["x in 1e160"],
    "y in 1e-200": EASY["y in 1e-200"],
    "y in 1e160": EASY["y in 1e160"],
    "y at 1e9 without intercept": design_of(1e9 + y, codes, x, intercept=False),
}


@pytest.mark.parametrize("name", CASES)
def test_each_group_has_its_own_least_squares(name: str) -> None:
    design = CASES[name]
    found = separately(design)
    columns = [design.X.column(k) for k in found.kept.tolist()]
    width, possible, squares, df = len(columns) + 1, found.is_possible, 0.0, 0
    assert possible.any()
    for j in range(len(possible)):
        rows = codes == j
        assert found.df[j] == rows.sum() - width
        assert possible[j] == (found.df[j] >= 0)
        if not possible[j]:
            assert np.isnan(found.estimate[:, j]).all()
            continue
        true = least_squares(
            [np.ones(rows.sum()), *(column[rows] for column in columns)],
            design.y[rows],
            None if design.weights is None else design.weights[rows],
            None if design.offset is None else design.offset[rows],
        )
        # In standard errors for the spread of the residuals over all: what the group's rows hold of their digits.
        error = true.unit_error * found.pooled_sigma
        assert np.abs((found.estimate[:, j] - true.beta) / error).max() < 1e-6
        assert found.unit_error[:, j] == pytest.approx(true.unit_error, rel=1e-6)
        assert np.isnan(found.sigma[j]) == (true.df == 0)
        if true.df:
            assert found.sigma[j] == pytest.approx(true.sigma, rel=1e-6)
            # In units of the pooled one, as squares of 1e160 overflow.
            squares, df = squares + true.df * (true.sigma / found.pooled_sigma) ** 2, df + true.df
    assert squares / df == pytest.approx(1.0, rel=1e-6)
    assert found.pooled_df == df


def test_what_no_group_tells_is_left_out() -> None:
    assert separately(CASES["a group-level one beside"]).kept.tolist() == [1]
    assert separately(CASES["group-level alone"]).kept.tolist() == []
    # With an intercept of each group's own one of the three indicators is too many.
    assert separately(EASY["factor without intercept"]).kept.tolist() == [0, 1]
    assert separately(design_of(y, codes, x, *letters)).kept.tolist() == [1, 2, 3]


def test_a_constant_predictor_makes_it_impossible() -> None:
    flat = np.where(codes == 3, 0.1, x)
    found = separately(design_of(y, codes, flat, z))
    assert found.constant[:, 3].tolist() == [True, False]
    assert not found.is_possible[3]
    assert np.isnan(found.estimate[:, 3]).all()
    assert found.is_possible[4:6].all()


def test_dependent_predictors_make_it_impossible() -> None:
    found = separately(design_of(y, codes, x, np.where(codes == 5, 1 - 2 * x, z)))
    assert found.dependent[:, 5].tolist() == [False, True]
    assert not found.constant[:, 5].any()
    assert found.is_possible.tolist() == [False, False, True, True, True, False, True]


def test_as_many_rows_as_coefficients_leave_no_error() -> None:
    found = separately(EASY["a predictor"])
    assert (found.df[1], bool(found.is_possible[1])) == (0, True)
    assert np.isfinite(found.estimate[:, 1]).all()
    assert np.isnan(found.sigma[1])


def test_an_exact_line_has_no_noise() -> None:
    exact = np.where(codes == 5, 3 - 2 * x, y)
    found = separately(design_of(exact, codes, x))
    assert found.estimate[:, 5] == pytest.approx([3.0, -2.0], rel=1e-13)
    assert found.sigma[5] == 0.0
    assert (found.sigma[[3, 4, 6]] > 0).all()


def test_chunks_of_rows_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    design = CASES["weights"]
    whole = separately(design)
    order = np.argsort(np.sin(np.arange(design.n)))
    parts: list[Codes] = [order[:5], order[5:6], order[6:]]
    chunked = in_chunks(design, parts)
    monkeypatch.setattr(room, "LEAST_ROWS", 4)
    found = separate_regressions(chunked, folded_plainly(chunked)[0].fixed, fit(chunked).estimates)
    assert found is not None
    assert found.estimate == pytest.approx(whole.estimate, rel=1e-10, nan_ok=True)
    assert found.sigma == pytest.approx(whole.sigma, rel=1e-10, nan_ok=True)


def test_too_many_products_are_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_NUMBERS", 27)
    design = EASY["a predictor"]
    estimates, plain = fit(design).estimates, folded_plainly(design)[0].fixed
    assert separate_regressions(design, plain, estimates) is None
    monkeypatch.setattr(room, "MOST_NUMBERS", 28)
    assert separate_regressions(design, plain, estimates) is not None


def test_aliased_columns_are_no_part_of_it() -> None:
    design = design_of(y, codes, x, 2 * x, z)
    found = separately(design)
    assert found.kept.tolist() == [1, 3]
    assert found.estimate == pytest.approx(separately(CASES["two"]).estimate, rel=1e-10, nan_ok=True)


def test_many_groups_are_no_loop() -> None:
    x, _, y, codes = random_rows(3, (3,) * 4000)
    found = separately(design_of(y, codes, x))
    rows = codes == 1234
    slope, intercept = np.polyfit(x[rows], y[rows], 1)
    assert found.estimate[:, 1234] == pytest.approx([intercept, slope], rel=1e-9)
    other = separately(design_of(y, codes, -x))
    assert other.estimate[1] == pytest.approx(-found.estimate[1], rel=1e-9)
