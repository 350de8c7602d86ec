"""Cross-products drawn for a model of any factors have the law of those of rows, by its closed forms."""

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.sparse import coo_array

from service.arrays import Matrix, Vector
from service.engine import gram_root
from service.engine.criterion import Criterion, criterion_of
from service.engine.crossproducts import total_products
from service.engine.redraw import Law, law_of
from service.errors import UnsupportedModel
from tests.engine.cases import case, theta_of

DRAWS = 2000
SURE = 5.0
"""Standard errors of a mean of draws that no fixed seed here comes to."""

STRUCTURES = (
    "a slope", "slopes without intercept", "three coefficients, weights", "a term, and another of the same factor",
    "group-level predictor", "no coefficient", "crossed", "three crossed", "partly crossed",
    "crossed, slopes by both, weights", "crossed, three coefficients", "terms taken apart",
    "nested in two that are crossed", "nested and crossed, slopes", "nested", "nested, an outer predictor",
    "nested, slopes at both levels, weights", "nested in three levels, slopes at all",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rows:
    """All columns A (n, c) that a response meets, the groups' one by one and X, times the weights; and V (n, n)."""

    A: Matrix
    V: Matrix
    weights: Vector


def rows_of(name: str, theta: Vector) -> Rows:
    own = case(name, restricted=True)
    psis = [root @ root.T for root in own.criterion.parameters.roots(theta)]
    parts = [own.D[:, :-1]]
    for Z, codes in own.book.factors:
        apart = Z[:, None, :] * (codes[:, None] == np.arange(codes.max() + 1))[:, :, None]
        parts.append(apart.transpose(0, 2, 1).reshape(len(Z), -1))
    return Rows(np.hstack(parts) * own.book.weights[:, None], own.book.covariance(psis), own.book.weights)


def products_of(drawn: Criterion) -> Vector:
    """All products of the response with the columns, in the order of `Rows`, and with itself last."""
    total = total_products(drawn.products)
    return np.concatenate([total[-1, :-1], *(f.cross[:, -1].ravel() for f in drawn.products.factors), total[-1, -1:]])


@pytest.mark.parametrize("name", STRUCTURES[::2])
def test_they_have_the_covariance_of_rows(name: str) -> None:
    theta = theta_of(case(name, restricted=True).criterion, "moderate")
    law, rows = law_of(case(name, restricted=True).criterion, theta), rows_of(name, theta)
    source = np.random.default_rng(7)
    drawn = np.array([products_of(law.draw(source)) for _ in range(DRAWS)])
    linear, squares = drawn[:, :-1], drawn[:, -1]
    covariance = rows.A.T @ rows.V @ rows.A
    size = np.sqrt(covariance.diagonal())
    # A group may have no part in a column, as one of whose rows x is 0 always.
    known = size > 1e-9 * size.max()
    correlation = (covariance / np.outer(size, size))[np.ix_(known, known)]
    unit = linear[:, known] / size[known]
    assert (np.abs(unit.mean(axis=0)) < SURE / np.sqrt(DRAWS)).all()
    assert (np.abs(unit.T @ unit / DRAWS - correlation) < SURE * np.sqrt((1.0 + correlation**2) / DRAWS)).all()
    # y'W y has mean tr WV, variance 2 tr (WV)^2, and covariance 2 a'V W V b with the product of a'y and b'y.
    WV = rows.weights[:, None] * rows.V
    mean, variance = np.trace(WV), 2.0 * np.sum(WV * WV.T)
    assert abs(squares.mean() - mean) < SURE * np.sqrt(variance / DRAWS)
    assert abs(squares.var() - variance) < SURE * variance * np.sqrt(14.0 / DRAWS)
    jointly = 2.0 * np.einsum("na,nm,ma->a", rows.A, rows.V @ WV, rows.A)[known] / size[known] ** 2
    found = (unit**2 * (squares - mean)[:, None]).mean(axis=0)
    # The product of two such squares has at most 60 times their variances as its own (normal moments to the eighth).
    assert (np.abs(found - jointly) < SURE * np.sqrt(60.0 * variance / DRAWS)).all()


@pytest.mark.parametrize("restricted", [True, False], ids=["REML", "ML"])
@pytest.mark.parametrize("name", STRUCTURES)
def test_the_criterion_of_a_draw_is_that_of_its_cross_products(name: str, restricted: bool) -> None:
    known = case(name, restricted=restricted).criterion
    theta = theta_of(known, "moderate")
    drawn = law_of(known, theta).draw(np.random.default_rng(3))
    anew = criterion_of(drawn.products, drawn.parameters, restricted=restricted)
    # A few roundings of sums over 48 rows.
    assert drawn.at(theta).value == pytest.approx(anew.at(theta).value, rel=1e-11)
    np.testing.assert_allclose(drawn.at(theta).beta, anew.at(theta).beta, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(drawn.at(theta).gradient, anew.at(theta).gradient, rtol=1e-8, atol=1e-7)


@pytest.mark.parametrize("name", STRUCTURES)
def test_the_degrees_of_freedom_are_the_rows_less_the_rank(name: str) -> None:
    law = law_of(case(name, restricted=True).criterion, theta_of(case(name, restricted=True).criterion, "moderate"))
    A = (
        rows_of(name, theta_of(law.criterion, "moderate")).A
        / np.sqrt(case(name, restricted=True).book.weights)[:, None]
    )
    assert law.spare == len(A) - np.linalg.matrix_rank(A, tol=1e-9 * np.linalg.norm(A))


@pytest.mark.parametrize("name", STRUCTURES)
def test_the_root_is_one_of_what_the_first_factor_leaves(name: str) -> None:
    law: Law = law_of(
        case(name, restricted=True).criterion, theta_of(case(name, restricted=True).criterion, "moderate")
    )
    products, root = law.criterion.products, law.remaining
    R = np.vstack([root.random.toarray(), root.across.T])
    R = np.hstack([R, np.vstack([np.zeros((len(root.random.toarray()), len(root.fixed.T))), root.fixed])])
    own = case(name, restricted=True)
    Z = [spread_columns(*factor) for factor in own.book.factors]
    later, half = np.hstack([*Z[1:], own.D[:, :-1]]), np.sqrt(own.book.weights)[:, None]
    left = later * half - Z[0] * half @ np.linalg.lstsq(Z[0] * half, later * half)[0]
    # Rounding of products, relative to the largest.
    size = float(np.abs(total_products(products)).max())
    np.testing.assert_allclose(R @ R.T, left.T @ left, rtol=0, atol=1e-12 * size)


def spread_columns(Z: Matrix, codes: Vector) -> Matrix:
    """The columns of every group, a group's side by side."""
    n, q = Z.shape
    rows, places = np.repeat(np.arange(n), q), (codes[:, None] * q + np.arange(q)).ravel()
    spread: Matrix = coo_array((Z.ravel(), (rows, places)), (n, (int(codes.max()) + 1) * q)).toarray()
    return spread


def test_more_columns_that_touch_than_can_be_factorised_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gram_root, "MOST_TOUCHING", 4)
    known = case("crossed", restricted=True).criterion
    with pytest.raises(UnsupportedModel, match="5 random effects of crossed factors"):
        law_of(known, theta_of(known, "moderate"))
    nested = case("nested, slopes at both levels, weights", restricted=True).criterion
    assert law_of(nested, theta_of(nested, "moderate")).spare > 0
