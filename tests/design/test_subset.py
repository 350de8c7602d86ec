"""Some rows of a design: the same columns, coded as they were."""

import numpy as np
import pytest

from service.design import Design, take_rows, without_empty_groups
from tests.engine.designs import rows_of
from tests.engine.structures import STRUCTURES

ROWS = np.array([40, 3, 4, 17, 30, 31])
NAMES = pytest.mark.parametrize(
    "name", ["a factor", "terms taken apart", "crossed, slopes by both, weights", "an offset"]
)


def numbers(design: Design) -> list[list[object]]:
    """All of a design's arrays as lists."""
    columns = [design.X.to_array(), *(effect.Z.to_array() for effect in design.random), design.y]
    vectors = [part for part in (design.weights, design.offset) if part is not None]
    return [part.tolist() for part in (*columns, *vectors)]


@NAMES
def test_rows_that_are_taken_have_the_numbers_they_had(name: str) -> None:
    design = STRUCTURES[name]
    taken, expected = take_rows(design, ROWS), rows_of(design, ROWS)
    assert numbers(taken) == numbers(expected)
    assert taken.names == design.names
    assert [effect.names for effect in taken.random] == [effect.names for effect in design.random]


@NAMES
def test_groups_stay_until_those_without_rows_are_dropped(name: str) -> None:
    design = STRUCTURES[name]
    taken = take_rows(design, ROWS)
    dropped = without_empty_groups(taken)
    for before, kept, after in zip(design.random, taken.random, dropped.random, strict=True):
        labels = [before.grouping.levels[code] for code in before.grouping.codes[ROWS]]
        assert kept.grouping.levels == before.grouping.levels
        assert [kept.grouping.levels[code] for code in kept.grouping.codes] == labels
        assert [after.grouping.levels[code] for code in after.grouping.codes] == labels
        assert sorted(after.grouping.levels) == sorted(set(labels))


def test_terms_of_one_factor_share_it_as_they_did() -> None:
    design = STRUCTURES["terms taken apart"]
    for some in (take_rows(design, ROWS), without_empty_groups(take_rows(design, ROWS))):
        h, g, h_slope, g_slope = (effect.grouping for effect in some.random)
        assert h is h_slope
        assert g is g_slope


def test_rows_are_known_by_their_place_in_the_table() -> None:
    design = STRUCTURES["crossed"]
    once = take_rows(design, ROWS)
    assert once.rows is not None
    assert once.rows.tolist() == ROWS.tolist()
    again = take_rows(once, np.array([5, 0]))
    assert again.rows is not None
    assert again.rows.tolist() == [31, 40]
