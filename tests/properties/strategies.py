"""Designs of any shape that can be fitted, for properties that hold whatever the data."""

from dataclasses import replace

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from service.arrays import Codes, Vector
from service.design import Design
from tests.engine.designs import design_of, group_of, model
from tests.engine.structures import simulated

QUICK = settings(max_examples=30, deadline=None, derandomize=True)
"""The same examples on every run and machine, and few enough that all properties take seconds."""

FEW = settings(max_examples=8, deadline=None, derandomize=True)
"""Where an example fits models of several parameters."""


@st.composite
def designs(draw: st.DrawFn) -> Design:
    """Two to eight groups of one to seven rows, up to three predictors, with or without intercept, weights and offset.

    Group effects have from a hundredth to a hundred times the standard deviation of the residuals.
    """
    sizes = draw(st.lists(st.integers(1, 7), min_size=2, max_size=8).filter(lambda sizes: sum(sizes) > len(sizes) + 6))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    codes, J = group_of(sizes), len(sizes)
    n = codes.size
    inside = [random.normal(size=n) for _ in range(draw(st.integers(0, 2)))]
    between = [random.normal(size=J)[codes]] * (draw(st.booleans()) and J > 3)
    effects = 10.0 ** draw(st.floats(-2, 2)) * random.normal(size=J)
    return design_of(
        1.0 + sum(inside, np.zeros(n)) + effects[codes] + random.normal(size=n),
        random.permutation(J)[codes],
        *inside,
        *between,
        intercept=draw(st.booleans()) or not inside,
        weights=10.0 ** random.uniform(-2, 2, n) if draw(st.booleans()) else None,
        offset=random.normal(size=n) if draw(st.booleans()) else None,
    )


FORMULAS = [
    "y ~ x + (x | g)",
    "y ~ x + (x || g)",
    "y ~ x + z + (1 | g) + (0 + x + z | g)",
    "y ~ x + (1 | g) + (1 | h)",
    "y ~ x + (1 | h) + (x | g)",
    "y ~ x + z + (x | g) + (z | h)",
    "y ~ x + (1 | d/g)",
    "y ~ x + (x | d) + (1 | g)",
    "y ~ 0 + x + (x | g) + (1 | h)",
]
"""Of two crossed factors g and h, and d, of whose groups each holds two of g's."""


@st.composite
def tables(draw: st.DrawFn) -> dict[str, ArrayLike]:
    """Forty to fifty rows in eight groups of g, four of d and five of h, with weights over two decades."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(40, 50))
    g = random.permutation(np.arange(n) % 8)
    return {
        "y": np.zeros(n),
        "x": random.normal(size=n),
        "z": random.normal(size=n),
        "w": 10.0 ** random.uniform(-1, 1, n),
        "g": g,
        "d": g // 2,
        "h": random.permutation(np.arange(n) % 5),
    }


@st.composite
def models(draw: st.DrawFn) -> Design:
    """A model of several variance parameters, with a response of its own, with or without weights."""
    design = model(draw(st.sampled_from(FORMULAS)), draw(tables()), weights="w" if draw(st.booleans()) else None)
    return simulated(design, draw(st.integers(0, 2**16)), size=10.0 ** draw(st.floats(-1, 1)))


def groups_renamed(design: Design, order: Codes) -> Design:
    """The design with group j of the first term's factor under the number order[j]."""
    first = design.random[0].grouping
    renamed = replace(first, codes=order[first.codes])
    return replace(
        design,
        random=tuple(
            replace(effect, grouping=renamed) if effect.grouping is first else effect for effect in design.random
        ),
    )


def response(design: Design, y: Vector) -> Design:
    """The design with another response."""
    return replace(design, y=y)
