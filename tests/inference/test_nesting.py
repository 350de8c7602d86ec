"""Nested or not is decided from the columns and the random terms, whatever they are called."""

import numpy as np
import pytest
from numpy.typing import ArrayLike

from service.engine import fit
from service.inference.nesting import Difference, difference
from service.inference.spans import model_spans
from tests.engine.designs import model
from tests.engine.structures import TABLE

NAMED: dict[str, ArrayLike] = {
    **TABLE,
    "y": np.sin(3.0 * np.arange(48)),
    "half": np.asarray(TABLE["x"]) / 2,
    "turned": np.asarray(TABLE["x"]) - np.asarray(TABLE["z"]),
    "renamed": (np.asarray(TABLE["d"]) * 5 + 1) % 6,
}


def between(smaller: str, larger: str) -> Difference | str:
    designs = [model(f"y ~ {part}", NAMED) for part in (smaller, larger)]
    fits = [fit(design, restricted=False) for design in designs]
    return difference(*model_spans(designs, fits))


OF_LEVELS = [("d", "ff0", "ff1"), ("d", "ff0", "ff2"), ("d", "ff1", "ff2")]
NESTED = [
    ("1 + (1|d)", "x + (1|d)", ["x"], [], []),
    ("half + (1|d)", "x + z + (1|d)", ["z"], [], []),
    ("turned + (1|d)", "x + z + (1|d)", ["x"], [], []),
    ("0 + x + (1|d)", "x + (1|d)", ["(Intercept)"], [], []),
    ("x + (1|d)", "f * x + (1|d)", ["ff1", "ff2", "ff1:x", "ff2:x"], [], []),
    ("0 + f + (1|d)", "f + x + (1|d)", ["x"], [], []),
    ("x + (1|d)", "x + (1|d) + (1|h)", [], [("h", "(Intercept)")], []),
    ("x + (1|d)", "x + (x|d)", [], [("d", "x")], [("d", "(Intercept)", "x")]),
    ("x + (1|d)", "x + (x||d)", [], [("d", "x")], []),
    ("x + (x||d)", "x + (x|d)", [], [], [("d", "(Intercept)", "x")]),
    ("x + (0 + half|d)", "x + (x|d)", [], [("d", "(Intercept)")], [("d", "(Intercept)", "x")]),
    ("x + (x|d)", "x + (x + z|d)", [], [("d", "z")], [("d", "(Intercept)", "z"), ("d", "x", "z")]),
    ("x + (1|renamed)", "x + (x||d)", [], [("d", "x")], []),
    ("x + (1|d)", "x + (1|d/s)", [], [("s:d", "(Intercept)")], []),
    ("1 + (1|d)", "1 + (0 + f|d)", [], [("d", "ff0"), ("d", "ff1")], OF_LEVELS),
    # A slope of 1 is one of the slopes that x may have.
    ("offset(x) + (1|d)", "x + z + (1|d)", ["x", "z"], [], []),
    ("offset(o) + (1|d)", "x + offset(o) + (1|d)", ["x"], [], []),
]


@pytest.mark.parametrize(("smaller", "larger", "fixed", "variances", "covariances"), NESTED)
def test_what_is_nested_and_what_the_larger_has_more(
    smaller: str,
    larger: str,
    fixed: list[str],
    variances: list[tuple[str, str]],
    covariances: list[tuple[str, str, str]],
) -> None:
    found = between(smaller, larger)
    assert found == Difference(tuple(fixed), tuple(variances), tuple(covariances))
    assert isinstance(found, Difference)
    assert found.degrees_of_freedom == len(fixed) + len(variances) + len(covariances)
    # The other way round it is not.
    assert isinstance(between(larger, smaller), str)


SAME = [
    ("x + (1|d)", "half + (1|d)"),
    ("x + (1|d)", "x + (1|renamed)"),
    ("f + (1|d)", "0 + f + (1|d)"),
    ("x + (x|d)", "x + (half|d)"),
    ("f + (f|r)", "f + (0 + f|r)"),
    ("x + z + (1|d)", "x + turned + (1|d)"),
    ("x + offset(x) + (1|d)", "x + (1|d)"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_model_in_other_words_is_no_larger(one: str, other: str) -> None:
    for found in (between(one, other), between(other, one)):
        assert isinstance(found, Difference)
        assert found.degrees_of_freedom == 0


APART = [
    ("z + (1|d)", "x + (1|d)", "coefficients do not make up those of the smaller: z"),
    ("x + (1|g)", "x + z + (1|d)", "holds (1 | g)"),
    ("x + (x|d)", "x + z + (x||d)", "holds (1 + x | d)"),
    ("x + (0 + z|d)", "x + (x|d)", "holds (z | d)"),
    ("x + (1|s)", "x + (1|d)", "holds (1 | s)"),
    ("x + (1|d) + (1|h)", "x + (x|d)", "holds (1 | h)"),
    ("offset(o) + (1|d)", "x + (1|d)", "different offsets"),
]


@pytest.mark.parametrize(("smaller", "larger", "why"), APART)
def test_what_is_not_nested_has_a_reason(smaller: str, larger: str, why: str) -> None:
    found = between(smaller, larger)
    assert isinstance(found, str)
    assert why in found
