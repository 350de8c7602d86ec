"""Leverages against the hat matrix written out, n by n, for every structure and every way of elimination."""

from dataclasses import replace

import numpy as np
import pytest

from service.arrays import Matrix, Vector
from service.design import Design
from service.engine import Fit, fit, hat_of
from service.inference import fitted_values
from tests.engine.designs import design_of, in_chunks, model, random_rows
from tests.engine.fits import fitted
from tests.engine.structures import NESTED, STRUCTURES, VARIED
from tests.engine.test_sparse_rest import CROSSED, make_everything_sparse
from tests.engine.textbook import textbook_of

# H is made of products of V^-1, whose condition is at most some thousands in these designs.
PRECISE = 1e-12


def hat_matrix(design: Design, this: Fit) -> Matrix:
    """The derivatives of the fitted values by y, from V: X B + S V^-1 (I - X B), B generalised least squares."""
    book = textbook_of(design, this.estimates.kept, restricted=True)
    psis = [own.root @ own.root.T for own in this.estimates.factors]
    S, inverse = book.covariance(psis, noise=False), np.linalg.inv(book.covariance(psis))
    taken = inverse @ book.X
    B = np.linalg.solve(book.X.T @ taken, taken.T)
    left = np.eye(design.n) - book.X @ B
    H: Matrix = book.X @ B + S @ inverse @ left
    return H


def leverages(design: Design, this: Fit) -> Vector:
    hat = hat_of(design, this)
    assert hat is not None
    return hat.leverages(design)


def assert_right(design: Design, this: Fit) -> None:
    np.testing.assert_allclose(leverages(design, this), np.diag(hat_matrix(design, this)), rtol=0, atol=PRECISE)


def again(name: str, held: Fit) -> Fit:
    """The same fit without a search, arranged as it would be now."""
    return fit(STRUCTURES[name], theta=held.estimates.theta.tolist())


@pytest.mark.parametrize("name", STRUCTURES)
def test_they_are_the_diagonal_of_the_hat_matrix(name: str) -> None:
    design = STRUCTURES[name]
    ours, true = leverages(design, fitted(name)), hat_matrix(design, fitted(name))
    np.testing.assert_allclose(ours, np.diag(true), rtol=0, atol=PRECISE)
    # The effective number of parameters.
    assert ours.sum() == pytest.approx(np.trace(true), rel=PRECISE)
    assert (ours > 0.0).all()
    assert (ours < 1.0).all()


@pytest.mark.parametrize("name", CROSSED)
def test_a_sparse_remainder_tells_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    held = fitted(name)
    make_everything_sparse(monkeypatch)
    assert_right(STRUCTURES[name], again(name, held))


@pytest.mark.parametrize("name", NESTED)
def test_a_remainder_in_blocks_tells_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    held = fitted(name)
    monkeypatch.setattr("service.engine.arrangement.FEW_COLUMNS", 0)
    assert_right(STRUCTURES[name], again(name, held))


@pytest.mark.parametrize("name", ["crossed, slopes by both", "nested in two that are crossed"])
def test_products_formed_anew_and_groups_taken_in_turn_tell_the_same(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = fitted(name)
    monkeypatch.setattr("service.engine.arrangement.MOST_PAIRS", 0)
    monkeypatch.setattr("service.engine.joint_covariance.AT_ONCE", 30)
    assert_right(STRUCTURES[name], again(name, held))


@pytest.mark.parametrize("name", VARIED)
def test_rows_in_small_blocks_or_in_chunks_have_the_same(name: str, small_blocks: None) -> None:
    design, this = STRUCTURES[name], fitted(name)
    expected = np.diag(hat_matrix(design, this))
    np.testing.assert_allclose(leverages(design, this), expected, rtol=0, atol=PRECISE)
    chunks = in_chunks(design, [np.arange(20), np.arange(20, design.n)])
    hat = hat_of(chunks, this)
    assert hat is not None
    np.testing.assert_allclose(hat.leverages(chunks), expected, rtol=0, atol=PRECISE)


@pytest.mark.parametrize("name", ["a slope, weights", "crossed, slopes by both", "nested, slopes at both levels"])
def test_they_say_how_a_fitted_value_follows_its_own_response(name: str) -> None:
    design, this = STRUCTURES[name], fitted(name)
    held = this.estimates.theta.tolist()
    expected = leverages(design, this)
    for row in (0, 17, 40):
        moved = replace(design, y=design.y + (np.arange(design.n) == row))
        # Given theta fitted values are linear in the response: a difference is a derivative.
        before, after = (fitted_values(each, fit(each, theta=held).estimates) for each in (design, moved))
        assert after[row] - before[row] == pytest.approx(expected[row], abs=1e-9)


X, V, Y, CODES = random_rows(5, (3, 5, 1, 7, 4, 6))
WEIGHTS = 10.0 ** np.random.default_rng(6).uniform(-1, 1, Y.size)


@pytest.mark.parametrize("theta", [0.0, 1e-3, 1.0, 1e3, 1e6])
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_one_intercept_at_any_theta(theta: float, weights: Vector | None) -> None:
    design = design_of(Y, CODES, X, V, weights=weights)
    this = fit(design, theta=[theta])
    root = np.ones(design.n) if weights is None else np.sqrt(weights)
    # The same by least squares of the rows and J more, which pull the effects to zero: no V that large ratios spoil.
    columns = np.column_stack([design.X.to_array(), theta * np.eye(6)[CODES]]) * root[:, None]
    Q, _ = np.linalg.qr(np.vstack([columns, np.column_stack([np.zeros((6, 3)), np.eye(6)])]))
    expected = (Q[: design.n] ** 2).sum(axis=1)
    np.testing.assert_allclose(leverages(design, this), expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_without_pooling_they_are_those_of_indicators(weights: Vector | None) -> None:
    design = design_of(Y, CODES, X, V, weights=weights)
    root = np.ones(design.n) if weights is None else np.sqrt(weights)
    Q, _ = np.linalg.qr(np.column_stack([np.eye(6)[CODES], X]) * root[:, None])
    ours = leverages(design, fit(design, theta=[np.inf]))
    np.testing.assert_allclose(ours, (Q**2).sum(axis=1), rtol=0, atol=PRECISE)


@pytest.mark.parametrize("theta", [1e9, 1e100])
def test_at_a_large_theta_they_are_nearly_those(theta: float) -> None:
    design = design_of(Y, CODES, X, V)
    limit, ours = (leverages(design, fit(design, theta=[each])) for each in (np.inf, theta))
    # They differ by theta^-2.
    np.testing.assert_allclose(ours, limit, rtol=0, atol=1e-13)


def test_variances_that_leave_no_digits_leave_no_leverages() -> None:
    design = STRUCTURES["a slope"]
    assert hat_of(design, fit(design, theta=[1e100, 0.0, 1e100])) is None


def test_where_nothing_varies_they_are_those_of_least_squares() -> None:
    design = design_of(2.0 * X + 1.0, CODES, X)
    assert fit(design).estimates.sigma == 0.0
    Q, _ = np.linalg.qr(design.X.to_array())
    np.testing.assert_allclose(leverages(design, fit(design)), (Q**2).sum(axis=1), rtol=0, atol=PRECISE)


def test_without_noise_several_variances_have_none() -> None:
    # A limit has no model.
    assert hat_of(STRUCTURES["crossed"], replace(fitted("crossed"), model=None)) is None


@pytest.mark.parametrize(("y_unit", "x_unit", "shift"), [(1e-200, 1.0, 0.0), (1e150, 1e6, 0.0), (1.0, 1.0, 1e6)])
def test_no_unit_matters(y_unit: float, x_unit: float, shift: float) -> None:
    expected = leverages(design := design_of(Y, CODES, X, V), fit(design))
    turned = design_of(Y * y_unit, CODES, X * x_unit + shift, V)
    # A shift by a million leaves ten digits of x.
    np.testing.assert_allclose(leverages(turned, fit(turned)), expected, rtol=0, atol=1e-9)


def test_products_that_cancel_are_no_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    # In every cell of g and h the slope's x is as often 1 as -1: their products are zero, though they share rows.
    g, h = np.repeat(np.arange(8), 12), np.tile(np.repeat(np.arange(6), 2), 8)
    x = np.tile([1.0, -1.0], 48)
    y = np.random.default_rng(7).normal(size=96) + 0.5 * g - x * h
    design = model("y ~ x + (1 | g) + (0 + x | h)", {"y": y, "x": x, "g": g, "h": h})
    for _ in range(2):
        assert_right(design, fit(design, theta=[0.8, 1.3]))
        make_everything_sparse(monkeypatch)
