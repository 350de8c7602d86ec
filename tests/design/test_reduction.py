"""What can be left out of a design, and the design without it: the one that a formula without it would have made."""

import numpy as np
import pytest

from service.data import Categorical, Numeric, Table
from service.design import Design, batches, make_design, make_streamed_design, removals, without
from service.formula import read
from tests.design.streaming import Batched

ROWS = np.arange(36)
TABLE = Table(
    {
        "y": Numeric(np.sin(ROWS)),
        "x": Numeric(np.cos(3.0 * ROWS)),
        "z": Numeric(np.cos(5.0 * ROWS)),
        "f": Categorical(ROWS % 3, ("a", "b", "c")),
        "g": Categorical(ROWS // 6, tuple("uvwxyz")),
        "h": Categorical(ROWS % 4, tuple("klmn")),
    },
    36,
)
ABSENT = "nothing"

REDUCTIONS = {
    "(1 | g)": [ABSENT],
    "(x | g)": ["(1 | g)"],
    "(0 + x | g)": [ABSENT],
    "(x + z | g)": ["(z | g)", "(x | g)"],
    "(0 + x + z | g)": ["(0 + z | g)", "(0 + x | g)"],
    "(x * z | g)": ["(x + z | g)"],
    "(f | g)": ["(1 | g)"],
    "(poly(x, 2) + z | g)": ["(z | g)", "(poly(x, 2) | g)"],
    "(f:x + z | g)": ["(f:x | g)", "(z | g)"],
    "(x || g)": ["(0 + x | g)", "(1 | g)"],
    "(x | g) + (1 | h)": ["(1 | g) + (1 | h)", "(x | g)"],
}


def design_of(random: str, *, streamed: bool = False) -> Design:
    formula = read(f"y ~ x + {random}", list(TABLE.columns))
    return make_streamed_design(formula, Batched(TABLE, 5)) if streamed else make_design(formula, TABLE)


def rows_of(design: Design) -> list[tuple[str, tuple[str, ...], list[int], list[list[float]]]]:
    """Each random effect of each chunk: its group, its coefficients, its codes and its columns."""
    return [
        (effect.grouping.name, effect.names, effect.grouping.codes.tolist(), effect.Z.to_array().tolist())
        for chunk in design.chunks()
        for effect in chunk.random
    ]


@pytest.mark.parametrize("random", REDUCTIONS)
def test_a_term_is_left_out_unless_it_is_part_of_a_larger_one(random: str) -> None:
    design = design_of(random)
    reduced = [without(design, removal) for removal in removals(design)]
    expected = [[] if smaller == ABSENT else rows_of(design_of(smaller)) for smaller in REDUCTIONS[random]]
    assert [rows_of(each) for each in reduced] == expected


@pytest.mark.parametrize("random", ["(x + z | g)", "(x | g) + (1 | h)", "(f | g)"])
def test_rows_in_batches_are_reduced_alike(monkeypatch: pytest.MonkeyPatch, random: str) -> None:
    monkeypatch.setattr(batches, "FEWEST_ROWS", 1)
    design = design_of(random, streamed=True)
    for removal, smaller in zip(removals(design), REDUCTIONS[random], strict=True):
        reduced = without(design, removal)
        assert reduced.n == design.n
        assert [effect.names for effect in reduced.random] == [effect.names for effect in design_of(smaller).random]
        assert rows_of(reduced) == rows_of(design_of(smaller, streamed=True))
