"""Columns: their extents, their scales, and which of them are the same."""

import numpy as np
import pytest

from service.engine.columns import (
    ONES,
    Extent,
    blocks,
    distinct,
    extents_of,
    matrix_column,
    response_column,
    rows_at_once,
)
from tests.engine.designs import in_chunks, model
from tests.engine.structures import STRUCTURES, TABLE

DESIGN = STRUCTURES["an offset"]

EXTENTS: dict[str, tuple[Extent, float, float]] = {
    "around nothing": (Extent(-1.0, 3.0, 0.5), 0.0, 0.25),
    "around a shift": (Extent(999.0, 1003.0, 1000.0), 1000.0, 0.25),
    "a constant": (Extent(7.0, 7.0, 7.0), 7.0, 0.5),
    "a power of two": (Extent(0.0, 4.0, 1.0), 0.0, 0.125),
    "subnormal": (Extent(0.0, 5e-324, 0.0), 0.0, 2.0**1023),
    "large": (Extent(-1e300, 1e299, 0.0), 0.0, 2.0**-997),
}
"""Extents, a shift, and the power of two that brings what is left below one."""


@pytest.mark.parametrize("name", EXTENTS)
def test_the_scale_is_a_power_of_two(name: str) -> None:
    extent, shift, scale = EXTENTS[name]
    assert extent.scale_around(shift) == scale


@pytest.mark.parametrize("chunks", [1, 5, 48])
def test_extents_are_those_of_all_rows(chunks: int) -> None:
    rows = np.random.default_rng(chunks).permutation(DESIGN.n)
    design = in_chunks(DESIGN, np.array_split(rows, chunks))
    found = extents_of(design, lambda chunk: [response_column(chunk), ONES, matrix_column(chunk.X, 1)])
    assert DESIGN.offset is not None
    values = [DESIGN.y - DESIGN.offset, np.ones(DESIGN.n), DESIGN.X.column(1)]
    for extent, own in zip(found, values, strict=True):
        assert (extent.low, extent.high, extent.magnitude) == (own.min(), own.max(), np.abs(own).max())
        # Means of parts add up in another order.
        assert extent.mean == pytest.approx(own.mean(), rel=1e-13, abs=1e-15)


def test_the_mean_of_a_constant_is_that_constant() -> None:
    design = in_chunks(model("y ~ x + (1 | g)", {**TABLE, "x": np.full(48, 0.1)}), np.array_split(np.arange(48), 7))
    assert extents_of(design, lambda chunk: [matrix_column(chunk.X, 1)]) == [Extent(0.1, 0.1, 0.1)]


def test_columns_of_one_key_are_one() -> None:
    design = model("y ~ x + z + (x | g) + (1 | h)", TABLE)
    slope = design.random[0].Z
    columns = [matrix_column(design.X, k) for k in (0, 1, 2)] + [matrix_column(slope, k) for k in (0, 1)]
    kept, places = distinct([*columns, columns[1].scaled(0.5, 2.0)])
    assert (len(kept), places) == (4, [0, 1, 2, 0, 1, 3])
    out = np.empty(48)
    kept[3].fill(slice(48), out)
    np.testing.assert_array_equal(out, (np.asarray(TABLE["x"]) - 0.5) * 2.0)


def test_blocks_cover_all_rows() -> None:
    assert [(block.start, block.stop) for block in blocks(7, 3)] == [(0, 3), (3, 6), (6, 7)]
    assert list(blocks(0, 3)) == []


def test_many_columns_are_read_a_few_rows_at_a_time() -> None:
    assert rows_at_once(0) == rows_at_once(3) > rows_at_once(10_000) >= rows_at_once(10**9) == 1
