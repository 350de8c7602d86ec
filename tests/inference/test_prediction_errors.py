"""Standard errors of predictions against dense mixed model equations, for every random structure."""

from dataclasses import replace

import numpy as np
import pytest

from service.design import Design
from service.engine import Estimates, Fit, fit, joint_error
from service.inference import MISSING, NEW, Errors, NewGroups, NewRows
from service.inference.prediction_errors import standard_errors
from tests.engine.designs import design_of, model
from tests.engine.fits import fitted
from tests.engine.structures import NESTED, SINGLE, STRUCTURES, simulated
from tests.inference.henderson import groups_of, henderson, shuffled

MANY = 10**4


def errors_of(estimates: Estimates) -> Errors:
    spreads = tuple(factor.spread if np.isfinite(factor.spread).all() else None for factor in estimates.factors)
    unbounded = np.isinf(estimates.std_error)
    return Errors(estimates.error_root, unbounded, spreads, joint_error(estimates, MANY))


def rows_of(design: Design, estimates: Estimates) -> NewRows:
    """The rows of a design, and then as many in groups that are combined otherwise."""
    X, own = design.X.to_array()[:, estimates.kept], groups_of(design, estimates)
    groups = [
        NewGroups(np.concatenate([a.codes, b.codes]), np.vstack([a.Z, b.Z[::-1]]), a.n_groups)
        for a, b in zip(own, shuffled(own, 5), strict=True)
    ]
    return NewRows(np.vstack([X, X]), None, tuple(groups), None)


@pytest.mark.parametrize("name", STRUCTURES)
def test_known_groups_against_the_mixed_model_equations(name: str) -> None:
    design, estimates = STRUCTURES[name], fitted(name).estimates
    rows = rows_of(design, estimates)
    ours = standard_errors(errors_of(estimates), rows, conditional=True, of_groups=True)
    # The witness inverts a matrix of some hundred columns.
    np.testing.assert_allclose(ours, henderson(design, estimates).standard_errors(rows), rtol=1e-9)


@pytest.mark.parametrize("name", STRUCTURES)
def test_groups_that_are_not_known_add_what_varies(name: str) -> None:
    design, estimates = STRUCTURES[name], fitted(name).estimates
    rows, source = rows_of(design, estimates), np.random.default_rng(8)
    statuses = [source.choice([0, NEW, MISSING], len(rows.X)) for _ in rows.groups]
    groups = [
        replace(own, codes=np.where(status < 0, status, own.codes))
        for own, status in zip(rows.groups, statuses, strict=True)
    ]
    some = NewRows(rows.X, None, tuple(groups), None)
    ours = standard_errors(errors_of(estimates), some, conditional=True, of_groups=True)
    expected = henderson(design, estimates).standard_errors(some) ** 2
    for own, factor in zip(groups, estimates.factors, strict=True):
        covariance = factor.spread @ factor.spread.T
        expected += np.where(own.codes < 0, np.einsum("ij,jk,ik->i", own.Z, covariance, own.Z), 0.0)
    # As above.
    np.testing.assert_allclose(ours, np.sqrt(expected), rtol=1e-9)


@pytest.mark.parametrize("name", ["a slope", "crossed", "nested in three levels"])
def test_the_population_errs_as_the_coefficients_do(name: str) -> None:
    design, estimates = STRUCTURES[name], fitted(name).estimates
    rows = rows_of(design, estimates)
    ours = standard_errors(errors_of(estimates), rows, conditional=False, of_groups=False)
    expected = np.sqrt(np.einsum("ij,jk,ik->i", rows.X, estimates.covariance, rows.X))
    # A handful of roundings.
    np.testing.assert_allclose(ours, expected, rtol=1e-12)


def test_what_is_not_crossed_has_a_link_for_each_factor() -> None:
    for name in STRUCTURES:
        chain = joint_error(fitted(name).estimates, MANY)
        assert chain is not None
        assert (chain.tie is None) == (name.removesuffix(", weights") in SINGLE | NESTED)


def test_many_tied_columns_are_too_many() -> None:
    estimates = fitted("crossed").estimates
    assert joint_error(estimates, 4) is None
    assert joint_error(estimates, 5) is not None
    chain = joint_error(fitted("nested in three levels").estimates, 0)
    assert chain is not None
    errors = replace(errors_of(estimates), chain=None)
    rows = rows_of(STRUCTURES["crossed"], estimates)
    one_known = NewRows(
        rows.X[:2],
        None,
        (
            replace(rows.groups[0].at(slice(2)), codes=np.array([NEW, 0])),
            replace(rows.groups[1].at(slice(2)), codes=np.array([NEW, NEW])),
        ),
        None,
    )
    found = standard_errors(errors, one_known, conditional=True, of_groups=True)
    assert np.isnan(found).tolist() == [False, True]


def test_many_nested_groups() -> None:
    rows, source = np.arange(600), np.random.default_rng(3)
    columns = {"y": np.zeros(600), "x": source.normal(size=600), "a": rows // 3, "b": rows // 6, "c": rows // 24}
    design = simulated(model("y ~ x + (x | c) + (1 | b) + (1 | a)", columns), 4)
    estimates = fit(design).estimates
    found = standard_errors(errors_of(estimates), rows_of(design, estimates), conditional=True, of_groups=True)
    # As above.
    np.testing.assert_allclose(
        found, henderson(design, estimates).standard_errors(rows_of(design, estimates)), rtol=1e-9
    )


@pytest.mark.parametrize("theta", [0.0, 1.0, 1e6])
@pytest.mark.parametrize("far", [0.0, 1e6])
def test_a_predictor_far_from_zero_and_any_ratio(theta: float, far: float) -> None:
    """Near zero as the mixed model equations; far from it the same, less what the predictor's own digits lose."""
    source = np.random.default_rng(6)
    x, codes = source.normal(size=30), np.arange(30) % 6
    y = x + source.normal(size=6)[codes] + source.normal(size=30)
    near, moved = (fit(design_of(y, codes, x + shift), theta=[theta]).estimates for shift in (0.0, far))
    groups = (NewGroups(codes, np.ones((30, 1)), 6),)
    rows = [NewRows(np.column_stack([np.ones(30), x + shift]), None, groups, None) for shift in (0.0, far)]
    found = [
        standard_errors(errors_of(estimates), new, conditional=True, of_groups=True)
        for estimates, new in zip((near, moved), rows, strict=True)
    ]
    # A number around a million has the digits of its distance to others to 1e-10.
    np.testing.assert_allclose(found[1], found[0], rtol=1e-12 if far == 0 else 1e-8)
    if theta < 1e3:
        # The witness squares theta.
        expected = henderson(design_of(y, codes, x), near).standard_errors(rows[0])
        np.testing.assert_allclose(found[0], expected, rtol=1e-11)


@pytest.mark.parametrize("unit", [1e-200, 1e150])
def test_any_unit(unit: float) -> None:
    design = STRUCTURES["a slope"]
    large: Fit = fit(replace(design, y=design.y * unit))
    rows = rows_of(design, large.estimates)
    found = standard_errors(errors_of(large.estimates), rows, conditional=True, of_groups=True)
    plain = standard_errors(errors_of(fitted("a slope").estimates), rows, conditional=True, of_groups=True)
    # The optimum is found to some 1e-9.
    np.testing.assert_allclose(found / unit, plain, rtol=1e-7)


def test_without_pooling_known_groups_alone_have_an_error() -> None:
    """Of a known group it is that of classical regression with an indicator for each."""
    design = design_of([1.0, 2, 4, 3, 7, 9, 8, 5], [0, 0, 1, 1, 1, 2, 2, 2], [1.0, 2, 2, 4, 3, 1, 5, 3])
    estimates = fit(design, theta=[np.inf]).estimates
    x, codes = np.array([0.0, 2, 9, 1]), np.array([0, 1, 2, NEW])
    rows = NewRows(np.column_stack([np.ones(4), x]), None, (NewGroups(codes, np.ones((4, 1)), 3),), None)
    found = standard_errors(errors_of(estimates), rows, conditional=True, of_groups=True)
    indicators = np.eye(3)[design.random[0].grouping.codes]
    columns = np.column_stack([indicators, design.X.to_array()[:, 1]])
    covariance = estimates.sigma**2 * np.linalg.inv(columns.T @ columns)
    directions = np.column_stack([np.eye(3)[codes[:3]], x[:3]])
    # A handful of roundings.
    np.testing.assert_allclose(
        found[:3], np.sqrt(np.einsum("ij,jk,ik->i", directions, covariance, directions)), rtol=1e-12
    )
    assert np.isnan(found[3])
    assert np.isnan(standard_errors(errors_of(estimates), rows, conditional=False, of_groups=False)).all()
