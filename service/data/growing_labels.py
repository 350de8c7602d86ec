"""Labels that become known batch by batch: numbered as they first occur, put in order at the end."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from service.arrays import Codes, Flags
from service.data.labels import Cells, Labels, encoded
from service.data.scratch import Places


class GrowingLabels:
    """The distinct labels of the cells seen so far."""

    __slots__ = ("_known", "_used")

    def __init__(self) -> None:
        self._known: Labels = pa.array([], pa.large_string())
        self._used: Flags = np.zeros(0, dtype=np.bool_)

    @property
    def worthwhile(self) -> int:
        """How many rows it takes to be worth a look through all that is known, which `places` costs."""
        return len(self._known)

    def places(self, cells: Cells) -> Places:
        """The number of each cell's label (n,), -1 where it is null; labels not met before are numbered on."""
        known = pa.DictionaryArray.from_arrays(pa.array([], pa.int32()), self._known)
        unified = pa.chunked_array([known, *(encoded(chunk) for chunk in cells.chunks)]).unify_dictionaries()
        chunks = [chunk for chunk in unified.chunks if isinstance(chunk, pa.DictionaryArray)]
        self._known = chunks[-1].dictionary.cast(pa.large_string())
        places: Places = np.concatenate([chunk.indices.fill_null(-1).to_numpy() for chunk in chunks])
        # One entry more than labels, which is the last and found by -1.
        used = np.zeros(len(self._known) + 1, dtype=np.bool_)
        used[: len(self._used)] = self._used
        used[places] = True
        self._used = used[:-1]
        return places

    def levels(self) -> tuple[tuple[str, ...], Codes]:
        """The labels in code-point order, and the place in it of each number, (labels + 1,), that of -1 being -1."""
        order = pc.sort_indices(self._known).to_numpy()  # by bytes, which in UTF-8 is by code points
        order = order[self._used[order]]
        code_of = np.full(len(self._known) + 1, -1, dtype=np.intp)
        code_of[order] = np.arange(len(order))
        return tuple(map(str, self._known.take(pa.array(order)).to_pylist())), code_of
