"""Fits of every structure against the witness in 60 digits: at a theta that is held, and at the optimum."""

from collections.abc import Callable

import pytest

from service.arrays import Matrix
from service.design import Design
from service.engine import fit
from tests.engine.accuracy import errors, roots_of
from tests.engine.fits import fitted
from tests.engine.structures import SINGLE, STRUCTURES, VARIED, lme4_theta, some_roots
from tests.oracle import answer_at, answer_near

SEVERAL = [name for name in STRUCTURES if name.removesuffix(", weights") not in SINGLE]


OPTIMA = [
    "a slope",
    "a slope, weights",
    "a slope, uncorrelated",
    "three terms of one factor",
    "no coefficient",
    "an offset",
    "crossed",
    "crossed, weights",
    "the larger last",
    "partly crossed",
    "nested",
    "nested, an outer predictor",
]
"""Whose optimum is inside, and whose parameters are few enough for sixty digits."""


def nothing_of_the_last(roots: list[Matrix]) -> list[Matrix]:
    """The same, the last coefficient of the last term following from the others."""
    last = roots[-1].copy()
    last[-1, -1] = 0.0
    return [*roots[:-1], last]


def none_of_the_first(roots: list[Matrix]) -> list[Matrix]:
    """The same without the first coefficient of the last term."""
    last = roots[-1].copy()
    last[:, 0] = 0.0
    return [*roots[:-1], last]


HELD: dict[str, tuple[Callable[[Design], list[Matrix]], float]] = {
    "moderate": (lambda design: some_roots(design, 5), 1e-11),
    "small": (lambda design: some_roots(design, 6, size=1e-3), 1e-11),
    "zero": (lambda design: some_roots(design, 9, size=0.0), 1e-11),
    # An error that is exactly zero is the root of a rounding.
    "singular": (lambda design: nothing_of_the_last(some_roots(design, 10)), 1e-7),
    "none of the first": (lambda design: none_of_the_first(some_roots(design, 11)), 1e-7),
    # What a later factor leaves of the others is a difference of the order of theta^-2.
    "large": (lambda design: some_roots(design, 7, size=1e3), 1e-6),
}
"""Lambdas to hold, and the largest error: a criterion of some hundred is rounded to 1e-13."""


def _tried(name: str, kind: str) -> bool:
    """All structures at one theta, some structures at all."""
    return name in VARIED or kind == "singular"


@pytest.mark.parametrize(("name", "kind"), [(name, kind) for name in STRUCTURES for kind in HELD if _tried(name, kind)])
def test_a_held_theta(name: str, kind: str) -> None:
    design, (make, tolerance) = STRUCTURES[name], HELD[kind]
    roots = make(design)
    held = fit(design, theta=lme4_theta(design, roots))
    assert max(errors(held, design, answer_at(design, roots))) < (tolerance, "")


@pytest.mark.parametrize("name", SINGLE)
def test_with_one_factor_a_theta_of_a_million_loses_nothing(name: str) -> None:
    design = STRUCTURES[name]
    roots = some_roots(design, 8, size=1e6)
    held = fit(design, restricted=False, theta=lme4_theta(design, roots))
    # The products of group-level and other columns are told apart by one part in a million.
    assert max(errors(held, design, answer_at(design, roots, restricted=False))) < (1e-8, "")


@pytest.mark.parametrize(("name", "restricted"), [(name, k % 2 == 0) for k, name in enumerate(OPTIMA)])
def test_the_optimum(name: str, restricted: bool) -> None:
    design, found = STRUCTURES[name], fitted(name, restricted=restricted)
    true = answer_near(design, roots_of(found.estimates, design), restricted=restricted)
    # Half of the digits is what the search promises: 1e-8 standard errors of theta.
    assert max(errors(found, design, true)) < (3e-8, "")
