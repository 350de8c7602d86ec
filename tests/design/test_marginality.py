"""Contrasts or indicators: R's rule, as `attr(terms(formula), "factors")` shows it."""

import pytest

from service.design.marginality import make_recipe
from service.formula import read

FACTORS = {"f", "g", "h"}

# formula: for every term, its variables as R codes them: 1 for contrasts (and numbers), 2 for indicators.
CODES = {
    "y ~ f": [[1]],
    "y ~ 0 + f": [[2]],
    "y ~ 0 + x + f": [[1], [2]],
    "y ~ 0 + f + g": [[2], [1]],
    "y ~ f + g + f:g": [[1], [1], [1, 1]],
    "y ~ f:g": [[2, 2]],
    "y ~ f + f:g": [[1], [2, 1]],
    "y ~ g + f:g": [[1], [2, 1]],
    "y ~ x:f": [[1, 2]],
    "y ~ x + x:f": [[1], [1, 1]],
    "y ~ 0 + x + x:f": [[1], [1, 2]],
    "y ~ f:g + f:h": [[2, 2], [2, 1]],
    "y ~ x:f + f:g": [[1, 2], [2, 1]],
    "y ~ f:x:g": [[2, 1, 2]],
    "y ~ (f + g + h)^3 - f:g:h - f": [[1], [1], [1, 2], [1, 1], [1, 1]],
    "y ~ x + z": [[1], [1]],
    "y ~ 0 + x": [[1]],
}


@pytest.mark.parametrize("text", CODES)
def test_codes_are_those_of_r(text: str) -> None:
    formula = read(text)
    recipe = make_recipe(formula.intercept, formula.terms, FACTORS)
    assert [term.variables for term in recipe.terms] == list(formula.terms)
    assert [[1 + full for full in term.indicators] for term in recipe.terms] == CODES[text]
    assert recipe.intercept == formula.intercept
