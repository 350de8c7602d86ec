"""Designs of any shape that can be fitted, for properties that hold whatever the data."""

from dataclasses import replace

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from service.arrays import Codes
from service.design import Design
from tests.engine.designs import design_of, group_of

QUICK = settings(max_examples=60, deadline=None, derandomize=True)
"""The same examples on every run and machine, and few enough that all properties take seconds."""


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


def groups_renamed(design: Design, order: Codes) -> Design:
    """The design with group j under the number order[j]."""
    effect = design.random[0]
    return replace(
        design, random=(replace(effect, grouping=replace(effect.grouping, codes=order[effect.grouping.codes])),)
    )
