"""Cross-products drawn for a model of any factors have the law of those of rows, by its closed forms."""

import numpy as np
import pytest

from service.arrays import Codes, Matrix, Vector
from service.engine import gram_root
from service.engine.criterion import Criterion, criterion_of
from service.engine.crossproducts import total_products
from service.engine.redraw import Law, law_of
from service.errors import UnsupportedModel
from tests.engine.cases import Case, case, theta_of

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


def moderate(name: str, *, restricted: bool = True) -> Law:
    """The law of a structure at a theta of the order of one."""
    criterion = case(name, restricted=restricted).criterion
    return law_of(criterion, theta_of(criterion, "moderate"))


def all_columns(own: Case) -> list[Matrix]:
    """X without the response, then those of every factor's groups, a group's side by side: (n, c) each."""
    return [own.D[:, :-1], *(spread_columns(Z, codes) for Z, codes in own.book.factors)]


def spread_columns(Z: Matrix, codes: Codes) -> Matrix:
    """The columns Z (n, q) of each group by themselves, (n, J q)."""
    apart: Matrix = Z[:, None, :] * (codes[:, None] == np.arange(codes.max() + 1))[:, :, None]
    return apart.reshape(len(Z), -1)


def products_of(drawn: Criterion) -> Vector:
    """All products of the response with the columns, in their order, and with itself last."""
    total = total_products(drawn.products)
    groups = [factor.cross[:, -1].T.ravel() for factor in drawn.products.factors]
    return np.concatenate([total[-1, :-1], *groups, total[-1, -1:]])


@pytest.mark.parametrize("name", STRUCTURES[::2])
def test_they_have_the_covariance_of_rows(name: str) -> None:
    own, law, source = case(name, restricted=True), moderate(name), np.random.default_rng(7)
    drawn = np.array([products_of(law.draw(source)) for _ in range(DRAWS)])
    linear, squares = drawn[:, :-1], drawn[:, -1]
    A, V = np.hstack(all_columns(own)), own.book.covariance([root @ root.T for root in law.lambdas])
    WA, WV = own.book.weights[:, None] * A, own.book.weights[:, None] * V
    covariance = WA.T @ V @ WA
    size = np.sqrt(covariance.diagonal())
    # A group may have no part in a column, as one in whose rows x is always 0.
    known = size > 1e-9 * size.max()
    correlation = (covariance / np.outer(size, size))[np.ix_(known, known)]
    unit = linear[:, known] / size[known]
    assert (np.abs(unit.mean(axis=0)) < SURE / np.sqrt(DRAWS)).all()
    assert (np.abs(unit.T @ unit / DRAWS - correlation) < SURE * np.sqrt((1.0 + correlation**2) / DRAWS)).all()
    # y'W y has mean tr WV, variance 2 tr (WV)^2, and covariance 2 a'V W V a with the square of a'y.
    mean, variance = np.trace(WV), 2.0 * np.sum(WV * WV.T)
    # No moment of it is larger than those of a chi-squared with one degree of freedom.
    assert abs(squares.mean() - mean) < SURE * np.sqrt(variance / DRAWS)
    assert abs(squares.var() - variance) < SURE * variance * np.sqrt(14.0 / DRAWS)
    jointly = 2.0 * np.einsum("na,na->a", WA, V @ WV @ WA)[known] / size[known] ** 2
    found = (unit**2 * (squares - mean)[:, None]).mean(axis=0)
    assert (np.abs(found - jointly) < SURE * np.sqrt(60.0 * variance / DRAWS)).all()


@pytest.mark.parametrize("restricted", [True, False], ids=["REML", "ML"])
@pytest.mark.parametrize("name", STRUCTURES)
def test_the_criterion_of_a_draw_is_that_of_its_cross_products(name: str, restricted: bool) -> None:
    law = moderate(name, restricted=restricted)
    drawn, theta = law.draw(np.random.default_rng(3)), theta_of(law.criterion, "large")
    ours, anew = drawn.at(theta), criterion_of(drawn.products, drawn.parameters, restricted=restricted).at(theta)
    # At a theta of a thousand what the groups explain is subtracted: half of the digits are left.
    assert ours.value == pytest.approx(anew.value, rel=1e-9)
    np.testing.assert_allclose(ours.beta, anew.beta, rtol=1e-8, atol=1e-7)


@pytest.mark.parametrize("name", STRUCTURES)
def test_the_root_is_one_of_what_the_first_factor_leaves(name: str) -> None:
    own, law = case(name, restricted=True), moderate(name)
    X, first, *others = (np.sqrt(own.book.weights)[:, None] * columns for columns in all_columns(own))
    later = np.hstack([*others, X])
    left = later - first @ np.linalg.lstsq(first, later)[0]
    random, fixed = law.remaining.random.toarray(), law.remaining.fixed
    root = np.block([[random, np.zeros((len(random), len(fixed.T)))], [law.remaining.across.T, fixed]])
    # Rounding of products, relative to those of a group.
    size = float(np.abs(law.criterion.products.factors[0].gram).max())
    np.testing.assert_allclose(root @ root.T, left.T @ left, rtol=0, atol=1e-12 * size)
    # A column that is nothing but rounding is a billionth of the largest.
    rank = np.linalg.matrix_rank(np.hstack([X, first, *others]), tol=1e-9 * np.sqrt(size))
    assert law.spare == len(X) - rank


def test_more_columns_that_touch_than_can_be_factorised_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gram_root, "MOST_TOUCHING", 4)
    with pytest.raises(UnsupportedModel, match="5 random effects of crossed factors"):
        moderate("crossed")
    # Those of a nesting fall into small sets.
    assert moderate("nested, slopes at both levels, weights").spare > 0
