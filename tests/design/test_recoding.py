import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from service.data.table import Categorical, Column, Logical, Numeric
from service.design.levels import labelled, without_unused
from service.design.model_frame import at_rows
from service.design.recoding import Distinct, recoding


def test_labels_that_occur_are_recoded_and_gaps_stay() -> None:
    outline = Categorical(np.empty(0, dtype=np.intp), ("a", "b", "c"))
    distinct = Distinct(outline)
    distinct.see(Categorical(np.array([2, -1]), outline.levels))
    distinct.see(Categorical(np.array([0, 0]), outline.levels))
    specimen = distinct.specimen()
    assert isinstance(specimen, Categorical)
    assert specimen.codes.tolist() == [0, 2]
    found = recoding(specimen, ("c", "a"))
    assert found.codes(Categorical(np.array([0, 2, -1]), outline.levels)).tolist() == [1, 0, -1]


def test_numbers_that_print_alike_share_a_level() -> None:
    near = Numeric(np.array([0.1, 0.1 + 2e-17, np.nextafter(0.1, 1.0), 7.0, np.nan]))
    distinct = Distinct(near)
    distinct.see(near)
    found = recoding(distinct.specimen(), ("0.1", "7"))
    assert found.codes(near).tolist() == [0, 0, 0, 1, -1]


COLUMNS = st.one_of(
    st.lists(st.integers(-1, 3), min_size=1).map(lambda codes: Categorical(np.array(codes), ("a", "b", "c", "d"))),
    st.lists(st.sampled_from([0.0, 1.0, np.nan]), min_size=1).map(lambda cells: Logical(np.array(cells))),
    st.lists(st.sampled_from([0.0, 1.0, 2.5, -7.0, 1e17, np.nan]), min_size=1).map(lambda c: Numeric(np.array(c))),
)


@given(COLUMNS, st.integers(1, 4))
def test_batches_have_the_codes_of_the_whole(column: Column, n_batches: int) -> None:
    n_rows = len(column.codes if isinstance(column, Categorical) else column.values)
    parts = [at_rows(column, part) for part in np.array_split(np.arange(n_rows), n_batches)]
    columns = [part for part in parts if isinstance(part, Categorical | Logical | Numeric)]
    distinct = Distinct(columns[0])
    for part in columns:
        distinct.see(part)
    whole = without_unused(labelled(column))
    specimen = distinct.specimen()
    assert without_unused(labelled(specimen)).levels == whole.levels
    found = recoding(specimen, whole.levels)
    assert [code for part in columns for code in found.codes(part).tolist()] == whole.codes.tolist()
