import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from service.data.growing_labels import GrowingLabels
from service.data.labels import Cells, categorical_of_arrow


def cells_of(*batches: list[str | None]) -> list[Cells]:
    return [pa.chunked_array([pa.array(batch, pa.string())]) for batch in batches]


def test_labels_are_numbered_as_they_occur_and_ordered_at_the_end() -> None:
    labels = GrowingLabels()
    first, second = cells_of(["b", None, "a"], ["c", "b", "a"])
    assert labels.places(first).tolist() == [0, -1, 1]
    assert labels.places(second).tolist() == [2, 0, 1]
    levels, code_of = labels.levels()
    assert levels == ("a", "b", "c")
    assert code_of.tolist() == [1, 0, 2, -1]


def test_a_label_of_a_dictionary_that_no_cell_has_is_no_level() -> None:
    dictionary = pa.DictionaryArray.from_arrays(pa.array([2, 0]), pa.array(["c", "unused", "a"]))
    labels = GrowingLabels()
    places = labels.places(pa.chunked_array([dictionary]))
    levels, code_of = labels.levels()
    assert [levels[code] for code in code_of[places]] == ["a", "c"]
    assert levels == ("a", "c")


def test_no_cell_has_no_labels() -> None:
    labels = GrowingLabels()
    assert labels.places(pa.chunked_array([pa.array([None], pa.string())])).tolist() == [-1]
    assert labels.levels()[0] == ()


@given(st.lists(st.lists(st.none() | st.text(max_size=2), min_size=1), min_size=1))
def test_batches_have_the_levels_and_codes_of_the_whole(batches: list[list[str | None]]) -> None:
    labels = GrowingLabels()
    places = [labels.places(cells) for cells in cells_of(*batches)]
    levels, code_of = labels.levels()
    whole = categorical_of_arrow(cells_of([cell for batch in batches for cell in batch])[0])
    assert levels == whole.levels
    assert [code for part in places for code in code_of[part].tolist()] == whole.codes.tolist()
