"""Random terms gathered by factor, and theta in lme4's order."""

import numpy as np
import pytest

from service.engine.random_factors import parameters_of, random_factors
from tests.engine.designs import model
from tests.engine.structures import STRUCTURES, TABLE, VARIED, lme4_theta, some_roots

ONE = "(Intercept)"

FACTORS = {
    "y ~ (x | g)": [("g", (ONE, "x"))],
    "y ~ (1 | h) + (x | g)": [("g", (ONE, "x")), ("h", (ONE,))],
    "y ~ (1 | h) + (1 | g) + (0 + z | h)": [("g", (ONE,)), ("h", ("z", ONE))],
    "y ~ (1 | r/d/s)": [("s:(d:r)", (ONE,)), ("d:r", (ONE,)), ("r", (ONE,))],
    "y ~ (x || g)": [("g", (ONE, "x"))],
    "y ~ (0 + f | d)": [("d", ("ff0", "ff1", "ff2"))],
    "y ~ (1 | s) + (1 | b)": [("s", (ONE,)), ("b", (ONE,))],
}
"""Factors by decreasing number of groups, s and b 12 each, g 9, d 6, h 5, r 3; the terms of one in lme4's order."""


@pytest.mark.parametrize("formula", FACTORS)
def test_terms_are_gathered_by_factor(formula: str) -> None:
    found = random_factors(model(formula, TABLE))
    assert [(factor.grouping.name, factor.names) for factor in found] == FACTORS[formula]


ORDERS = {
    "y ~ (x | g)": ["g: 1 1", "g: x 1", "g: x x"],
    "y ~ (x || g)": ["g: 1 1", "g: x x"],
    "y ~ (1 | g) + (1 | h)": ["g: 1 1", "h: 1 1"],
    "y ~ (1 | h) + (1 | g)": ["g: 1 1", "h: 1 1"],
    "y ~ (1 | h) + (1 | g) + (0 + z | h)": ["g: 1 1", "h: z z", "h: 1 1"],
    "y ~ (1 | g) + (1 | h) + (0 + x | g)": ["g: x x", "g: 1 1", "h: 1 1"],
    "y ~ (1 | s) + (1 | b)": ["s: 1 1", "b: 1 1"],
    "y ~ (1 | h) + (1 | s) + (1 | b)": ["b: 1 1", "s: 1 1", "h: 1 1"],
    "y ~ (0 + x + z | h) + (1 | g)": ["g: 1 1", "h: x x", "h: z x", "h: z z"],
}
"""The elements of theta, factor: row column. Where terms are not in order lme4 also turns round those that tie."""


@pytest.mark.parametrize("formula", ORDERS)
def test_theta_is_in_lme4s_order(formula: str) -> None:
    design = model(formula, TABLE)
    factors = random_factors(design)
    parameters = parameters_of(factors, design)
    found = []
    for i in parameters.lme4_order:
        factor = factors[parameters.factor[i]]
        row, column = (factor.names[k].replace(ONE, "1") for k in (parameters.row[i], parameters.column[i]))
        found.append(f"{factor.grouping.name}: {row} {column}")
    assert found == ORDERS[formula]


@pytest.mark.parametrize("name", VARIED)
def test_theta_and_the_roots_are_the_same(name: str) -> None:
    design = STRUCTURES[name]
    factors, roots = random_factors(design), some_roots(design, 3)
    parameters = parameters_of(factors, design)
    theta = np.empty(parameters.count)
    theta[parameters.lme4_order] = lme4_theta(design, roots)
    of_effect = {id(effect): root for effect, root in zip(design.random, roots, strict=True)}
    for factor, whole in zip(factors, parameters.roots(theta), strict=True):
        for effect, term in zip(factor.effects, factor.terms, strict=True):
            np.testing.assert_array_equal(whole[term, term], of_effect[id(effect)])
    assert parameters.theta(parameters.roots(theta)).tolist() == theta.tolist()
