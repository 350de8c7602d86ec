import numpy as np
import pytest

from service.data import Categorical, Numeric, Table
from service.design.batches import CELLS, FEWEST_ROWS, Batches
from service.errors import ServiceError
from tests.design.streaming import Batched
from tests.design.tables import table

LONG = Table({name: Numeric(np.zeros(CELLS + 1)) for name in "xyz"}, CELLS + 1)


@pytest.mark.parametrize(
    ("names", "fewest_rows", "largest"),
    [("x", 0, CELLS), ("xy", 0, CELLS // 2), ("xyz" * 1000, 0, FEWEST_ROWS), ("xyz", CELLS // 2, CELLS // 2)],
)
def test_a_batch_has_so_many_cells_or_as_many_rows_as_it_needs(names: str, fewest_rows: int, largest: int) -> None:
    batches = Batches(Batched(LONG), list(names), {})
    sizes = [batch.n_rows for batch in batches.tables(fewest_rows)]
    assert max(sizes) == largest
    assert sum(sizes) == batches.n_rows == CELLS + 1


def test_levels_come_in_the_order_that_is_asked_for_in_every_batch() -> None:
    data = table(g=["b", "a", None, "b"], k=[2.0, 1.0, 2.0, None], x=[1.0, 2.0, 3.0, 4.0])
    batches = Batches(Batched(data, 2), ["x", "k", "g"], {"g": ["b", "a"], "k": ["2", "1"], "unused": ["q"]})
    first, second = batches.tables()
    for part, codes in ((first, ([0, 1], [0, 1])), (second, ([-1, 0], [0, -1]))):
        g, k = part.columns["g"], part.columns["k"]
        assert isinstance(g, Categorical)
        assert isinstance(k, Categorical)
        assert (g.levels, k.levels) == (("b", "a"), ("2", "1"))
        assert (g.codes.tolist(), k.codes.tolist()) == codes
        assert isinstance(part.columns["x"], Numeric)
    assert second.first_row == 2


def test_an_order_that_leaves_a_level_out_is_refused_wherever_the_level_occurs() -> None:
    data = table(k=[2.0, 2.0, 2.0, 1.0])
    with pytest.raises(ServiceError, match="leaves out the level `1`"):
        Batches(Batched(data, 4), ["k"], {"k": ["2"]})
