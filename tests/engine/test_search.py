"""Every optimum is one, inside and on the boundary, and says which."""

import numpy as np
import pytest

from service.arrays import Matrix
from service.design import Design
from service.engine import Fit, fit
from tests.engine.fits import fitted
from tests.engine.structures import STRUCTURES, simulated
from tests.engine.textbook import Textbook, textbook_of

METHODS = pytest.mark.parametrize("restricted", [True, False], ids=["REML", "ML"])
NAMES = pytest.mark.parametrize("name", STRUCTURES)


def book_of(name: str, found: Fit) -> Textbook:
    return textbook_of(STRUCTURES[name], found.estimates.kept, restricted=found.restricted)


def roots_of(found: Fit) -> list[Matrix]:
    return [factor.root for factor in found.estimates.factors]


@METHODS
@NAMES
def test_the_conditions_of_an_optimum(name: str, restricted: bool) -> None:
    assert_optimal(STRUCTURES[name], fitted(name, restricted=restricted))


STUBBORN = [
    ("slopes without intercept", 211, 0.3),
    ("crossed, three coefficients", 206, 1.0),
    ("nested and crossed, slopes", 203, 0.3),
    ("nested, slopes at both levels", 228, 0.3),
    ("nested, a factor's slopes around", 214, 0.3),
]
"""Structures, with the seed and the size of the effects in their response; each optimum is on a boundary."""


@pytest.mark.parametrize(("name", "seed", "size"), STUBBORN)
def test_the_conditions_of_an_optimum_that_is_hard_to_see(name: str, seed: int, size: float) -> None:
    design = simulated(STRUCTURES[name], seed, size=size)
    assert_optimal(design, fit(design))


def assert_optimal(design: Design, found: Fit) -> None:
    assert found.verdict is not None
    assert found.verdict.converged
    # A search takes some dozens; two of them, looked at from both sides, some hundreds.
    assert found.verdict.evaluations < 1000
    roots = roots_of(found)
    book = textbook_of(design, found.estimates.kept, restricted=found.restricted)
    slopes = book.slopes([root @ root.T for root in roots])
    for factor, root, slope in zip(found.estimates.factors, roots, slopes, strict=True):
        for term in factor.factor.terms:
            own, by_psi = root[term, term], slope[term, term]
            # The slope by Psi vanishes where Psi does not: 1e-8 standard errors of theta, and the witness' rounding.
            np.testing.assert_allclose(by_psi @ own, 0.0, rtol=0, atol=3e-6)
            U, sizes, _ = np.linalg.svd(own)
            null = U[:, sizes < 1e-9]
            # And is not negative where it does.
            assert np.linalg.eigvalsh(null.T @ by_psi @ null).min(initial=0.0) > -1e-5


@METHODS
@NAMES
def test_singular_is_of_less_than_full_rank(name: str, restricted: bool) -> None:
    found = fitted(name, restricted=restricted)
    assert found.verdict is not None
    ranks = [np.linalg.matrix_rank(root[t, t]) for root, own in _rooted(found) for t in own]
    sizes = [t.stop - t.start for _, own in _rooted(found) for t in own]
    assert found.verdict.singular == (ranks != sizes)


def _rooted(found: Fit) -> list[tuple[Matrix, tuple[slice, ...]]]:
    return [(factor.root, factor.factor.terms) for factor in found.estimates.factors]


@METHODS
@NAMES
def test_no_theta_is_better(name: str, restricted: bool) -> None:
    found = fitted(name, restricted=restricted)
    book, roots, random = book_of(name, found), roots_of(found), np.random.default_rng(1)
    for size in np.geomspace(1e-4, 10.0, 16).tolist():
        moved = [root + size * (root != 0) * random.normal(size=root.shape) for root in roots]
        # A minimum of a value of some hundred.
        assert book.deviance([root @ root.T for root in moved]) > found.criterion - 1e-9
