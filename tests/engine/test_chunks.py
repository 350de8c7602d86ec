"""Fits from rows that come in chunks, in any order, groups split across them: as from all rows at once."""

import numpy as np
import pytest

from service.arrays import Codes
from service.design import Design
from service.engine import fit
from tests.engine.designs import in_chunks
from tests.engine.hard_designs import EASY
from tests.engine.structures import STRUCTURES, lme4_theta, some_roots

CHUNKS = [1, 7, 24]
SOME = ["a slope", "three coefficients, weights", "crossed", "crossed, slopes by both", "nested", "nested and crossed"]
HARD = [
    "weights over 6 decades",
    "y at 1e12",
    "x at 1e10",
    "powers to the 6th",
    "theta 0",
    "x and x + v",
    "a column twice",
]
DESIGNS: dict[str, Design] = {name: STRUCTURES[name] for name in SOME} | {name: EASY[name] for name in HARD}


def parts(n: int, chunks: int) -> list[Codes]:
    """The rows in this many parts of unequal size, in no order."""
    random = np.random.default_rng(chunks)
    bounds = np.sort(random.choice(np.arange(1, n), chunks - 1, replace=False))
    return np.split(random.permutation(n), bounds)


@pytest.mark.parametrize("name", SOME)
def test_a_held_theta(name: str) -> None:
    design = STRUCTURES[name]
    theta = lme4_theta(design, some_roots(design, 15))
    ours, true = fit(in_chunks(design, parts(design.n, 24)), theta=theta), fit(design, theta=theta)
    # Two orders of the same sums, some of a row at a time, of columns that a row does not tell apart.
    assert ours.criterion == pytest.approx(true.criterion, rel=0, abs=1e-9)
    np.testing.assert_allclose(ours.estimates.beta, true.estimates.beta, rtol=0, atol=1e-11)
    assert ours.estimates.sigma == pytest.approx(true.estimates.sigma, rel=1e-11)
    for own, other in zip(ours.estimates.factors, true.estimates.factors, strict=True):
        np.testing.assert_allclose(own.effects, other.effects, rtol=0, atol=1e-10)
        np.testing.assert_allclose(own.effect_sd, other.effect_sd, rtol=0, atol=1e-10)


@pytest.mark.parametrize("chunks", CHUNKS)
@pytest.mark.parametrize("name", DESIGNS)
def test_an_optimum(name: str, chunks: int) -> None:
    design = DESIGNS[name]
    ours, true = fit(in_chunks(design, parts(design.n, chunks))), fit(design)
    # The same steps to the same point, but for rounding.
    assert ours.criterion == pytest.approx(true.criterion, rel=1e-12, abs=1e-9)
    size = np.maximum(np.abs(true.estimates.theta), 1.0)
    np.testing.assert_allclose(ours.estimates.theta / size, true.estimates.theta / size, rtol=0, atol=1e-10)
    assert ours.estimates.kept.tolist() == true.estimates.kept.tolist()
    assert ours.estimates.group_level.tolist() == true.estimates.group_level.tolist()
