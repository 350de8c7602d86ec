"""What a fit adds to its columns, which are in memory already: 8 bytes a row for each, numbers or codes."""

import tracemalloc

import numpy as np
import pytest

from service.arrays import Codes
from service.data import Categorical, Numeric, Table
from service.design import make_design
from service.engine import fit
from service.formula import read

ROWS = 120_000


def rows(formula: str, a: Codes, b: Codes) -> Table:
    """The columns that a formula names: numbers y, x and z, and the labels of a and b."""
    random = np.random.default_rng(5)
    x, z = random.standard_normal((2, ROWS))
    effects = random.standard_normal((3, int(a.max()) + 1))
    y = 1.0 + 2.0 * x + effects[0][a] + 0.5 * effects[1][a] * x + 0.5 * effects[2][b] + random.standard_normal(ROWS)
    numbers = {name: Numeric(values) for name, values in {"y": y, "x": x, "z": z}.items() if name in formula}
    labels = {
        name: Categorical(codes, tuple(f"{code:06}" for code in range(int(codes.max()) + 1)))
        for name, codes in {"a": a, "b": b}.items()
        if name in formula.partition("|")[2]
    }
    return Table({**numbers, **labels}, ROWS)


def added(formula: str, table: Table) -> float:
    """The most that a fit adds, as a multiple of the columns."""
    model = read(formula)
    fit(make_design(model, table))
    tracemalloc.start()
    fit(make_design(model, table))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / (8 * ROWS * len(table.columns))


# The groups' own products take memory, too: a number a group is 1 / (columns * rows a group) of the columns. The bounds
# are some 5% above what was found: tracemalloc counts NumPy's arrays to the byte.
@pytest.mark.parametrize(
    ("formula", "rows_a_group", "most"),
    [
        ("y ~ x + (1 | a)", 20, 0.5),
        ("y ~ x + (1 | a)", 5, 0.95),
        ("y ~ x + (x | a)", 20, 0.85),
        ("y ~ x + z + (x | a)", 10, 1.5),
        ("y ~ x + (x || a)", 10, 1.7),
    ],
)
def test_a_fit_adds_little_to_its_columns(formula: str, rows_a_group: int, most: float) -> None:
    codes = np.random.default_rng(6).permutation(ROWS) // rows_a_group
    assert added(formula, rows(formula, codes, codes % 7)) < most


def test_crossed_factors_add_the_pairs_of_groups_that_meet() -> None:
    random = np.random.default_rng(6)
    a, b = random.permutation(ROWS) // 20, random.integers(0, 400, ROWS)
    formula = "y ~ x + (1 | a) + (1 | b)"
    table = rows(formula, a, b)
    # A product and its place, 12 bytes, as they are found and as they are kept; eight matrices of the smaller factor's
    # groups; and as much as the columns.
    columns, pairs, matrices = 8 * 4 * ROWS, (ROWS / 20) * (20 * 21 / 2), 8 * 8 * 400**2
    assert added(formula, table) * columns < 2 * 12 * pairs + matrices + columns
