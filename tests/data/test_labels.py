import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from service.data.labels import categorical

LABELS = st.none() | st.text(max_size=2)


def test_levels_are_the_labels_in_use_once_and_in_order() -> None:
    column = categorical(np.array([0, 3, -1, 2, 1]), ["b", "a", None, "b", "unused"])
    assert column.levels == ("a", "b")
    np.testing.assert_array_equal(column.codes, [1, 1, -1, -1, 0])


@given(st.lists(LABELS, min_size=1), st.data())
def test_cells_keep_their_labels(labels: list[str | None], data: st.DataObject) -> None:
    indices = data.draw(st.lists(st.integers(-1, len(labels) - 1), min_size=1))
    column = categorical(np.array(indices), labels)
    cells = [None if code < 0 else column.levels[code] for code in column.codes.tolist()]
    assert cells == [None if index < 0 else labels[index] for index in indices]
    assert list(column.levels) == sorted({cell for cell in cells if cell is not None})
