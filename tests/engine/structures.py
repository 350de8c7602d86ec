"""Models of every random structure over one table of 48 rows, by name, each with a response of its own.

Of the factors, g and h are crossed; s is nested in d and k, d in r; b belongs partly to one group of c, partly to
another; f is a predictor. Of the numbers, x and z vary in all groups, v between those of d only; w are prior weights, o
is an offset.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from service.arrays import Matrix, Vector
from service.design import Design, RandomEffect
from tests.engine.designs import model

N = 48
rows = np.arange(N)
random = np.random.default_rng(20)

TABLE: dict[str, ArrayLike] = {
    "y": np.zeros(N),
    "x": random.normal(size=N),
    "z": random.normal(size=N),
    "v": random.normal(size=6)[rows // 8],
    "o": 3.0 * random.normal(size=N),
    "w": 10.0 ** random.uniform(-1, 1, N),
    "f": rows * 11 // 3 % 3,
    "g": rows % 9,
    "h": rows * 7 // 5 % 5,
    "s": rows // 4,
    "d": rows // 8,
    "r": rows // 16,
    "k": rows // 12,
    "b": rows // 4,
    "c": rows // 8 + (rows % 5 == 4),
}

SINGLE = {
    "a slope": "y ~ x + (x | g)",
    "a slope, uncorrelated": "y ~ x + (x || g)",
    "a slope that is no predictor": "y ~ z + (x | g)",
    "slopes without intercept": "y ~ x + z + (0 + x + z | g)",
    "three coefficients": "y ~ x + z + (x + z | g)",
    "a term, and another of the same factor": "y ~ x + z + (1 | g) + (0 + x + z | g)",
    "three terms of one factor": "y ~ x + z + (1 | g) + (0 + x | g) + (0 + z | g)",
    "a factor": "y ~ f + (f | d)",
    "a factor without intercept": "y ~ f + (0 + f | d)",
    "no predictor": "y ~ 1 + (x | g)",
    "no intercept": "y ~ 0 + x + (x | g)",
    "no coefficient": "y ~ 0 + (x | g)",
    "an offset": "y ~ x + offset(o) + (x | g)",
    "group-level predictor": "y ~ v + x + v:x + (x | d)",
}
"""One grouping factor, several parameters."""

CROSSED = {
    "crossed": "y ~ x + (1 | g) + (1 | h)",
    "the larger last": "y ~ x + (1 | h) + (1 | g)",
    "three crossed": "y ~ x + (1 | g) + (1 | h) + (1 | r)",
    "partly crossed": "y ~ x + (1 | b) + (1 | c)",
    "crossed, a slope by one": "y ~ x + (x | g) + (1 | h)",
    "crossed, slopes by both": "y ~ x + z + (x | g) + (z | h)",
    "crossed, slopes alone": "y ~ x + z + (0 + x | g) + (0 + z | h)",
    "crossed, uncorrelated": "y ~ x + (x || g) + (x || h)",
    "crossed, three coefficients": "y ~ x + z + (x + z | h) + (1 | g)",
    "crossed, no coefficient": "y ~ 0 + (1 | g) + (1 | h)",
    "crossed, an offset": "y ~ x + offset(o) + (1 | g) + (x | h)",
    "terms taken apart": "y ~ x + (1 | h) + (1 | g) + (0 + z | h) + (0 + x | g)",
    "nested in two that are crossed": "y ~ x + (1 | s) + (x | d) + (x | k)",
    "nested and crossed": "y ~ x + (1 | d/s) + (1 | h)",
    "nested and crossed, slopes": "y ~ x + (x | d/s) + (0 + z | h)",
}
"""Factors whose groups touch each other."""

NESTED = {
    "nested": "y ~ x + (1 | d/s)",
    "nested in three levels": "y ~ x + (1 | r/d/s)",
    "nested, slopes within": "y ~ x + (1 | d) + (x | s)",
    "nested, slopes around": "y ~ x + (x | d) + (1 | s)",
    "nested, slopes at both levels": "y ~ x + z + (x | d) + (z | s)",
    "nested in three levels, slopes at all": "y ~ x + v + (x || r/d/s)",
    "nested, a factor's slopes around": "y ~ f + (f | d) + (1 | s)",
    "nested, an outer predictor": "y ~ x + v + (1 | d/s)",
}
"""Factors each of whose groups lies in one group of the next."""

FORMULAS = SINGLE | CROSSED | NESTED
WEIGHTED = ("a slope", "three coefficients", "crossed", "crossed, slopes by both", "nested, slopes at both levels")


VARIED = (
    "three coefficients, weights",
    "a term, and another of the same factor",
    "three terms of one factor",
    "a factor without intercept",
    "no coefficient",
    "an offset",
    "group-level predictor",
    "the larger last",
    "partly crossed",
    "crossed, slopes by both, weights",
    "terms taken apart",
    "nested in two that are crossed",
    "nested and crossed, slopes",
    "nested in three levels, slopes at all",
    "nested, a factor's slopes around",
)
"""Of all of these as many as have something of their own, where that is enough."""


def some_roots(design: Design, seed: int, *, size: float = 1.0) -> list[Matrix]:
    """A Lambda of about this size for every term."""
    source = np.random.default_rng(seed)
    sizes = [len(effect.names) for effect in design.random]
    return [size * (np.diag(source.uniform(0.5, 1.5, q)) + np.tril(source.normal(size=(q, q)) / 2, -1)) for q in sizes]


def simulated(design: Design, seed: int, *, size: float = 1.5, noise: float = 1.0) -> Design:
    """The design with a response drawn from its own model, X and the effects' Lambda being of the order of one."""
    source = np.random.default_rng(seed)
    y: Vector = design.X.to_array().sum(axis=1) + noise * source.normal(size=design.n) + 1.0
    for effect, root in zip(design.random, some_roots(design, seed, size=size), strict=True):
        y += _drawn(effect, root, source)
    return replace(design, y=y if design.offset is None else y + design.offset)


def _drawn(effect: RandomEffect, root: Matrix, source: np.random.Generator) -> Vector:
    """The part of the rows of one term's random effects."""
    effects = root @ source.normal(size=(len(root), len(effect.grouping.levels)))
    part: Vector = (effect.Z.to_array() * effects.T[effect.grouping.codes]).sum(axis=1)
    return part


STRUCTURES: dict[str, Design] = {
    name: simulated(model(formula, TABLE), 200 + seed) for seed, (name, formula) in enumerate(FORMULAS.items())
} | {
    f"{name}, weights": simulated(model(FORMULAS[name], TABLE, weights="w"), 100 + seed)
    for seed, name in enumerate(WEIGHTED)
}


def lme4_theta(design: Design, roots: Sequence[Matrix]) -> list[float]:
    """The lower triangles of these Lambdas, one for each term, as lme4 lines them up.

    In the words of its mkReTrms: nl <- the terms' numbers of groups; if (any(diff(nl) > 0)) rev(order(nl)).
    """
    sizes = [len(effect.grouping.levels) for effect in design.random]
    order = list(range(len(sizes)))
    if sizes != sorted(sizes, reverse=True):
        order = sorted(order, key=lambda t: sizes[t])[::-1]
    return [float(roots[t][r, c]) for t in order for c in range(len(roots[t])) for r in range(c, len(roots[t]))]
