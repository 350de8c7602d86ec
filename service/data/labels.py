"""From cells that are labels (texts; Arrow text, dates, whole numbers, or dictionaries of them) to a `Categorical`.

Whole numbers are labels where some reach 2^53: databases' identifiers often are, and doubles would run neighbours
together, silently merging groups.
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import compress, count
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

from service.arrays import Codes, Vector
from service.data.table import Categorical

Cells: TypeAlias = "pa.ChunkedArray[pa.Scalar[pa.DataType]]"
"""The cells of one column of an Arrow table, of any type."""

Array: TypeAlias = "pa.Array[pa.Scalar[pa.DataType]]"
"""The same in one piece."""

Labels: TypeAlias = "pa.Array[pa.Scalar[pa.lib.LargeStringType]]"
"""Texts."""

LARGEST_EXACT = 2**53 - 1
"""Up to here, and down to its negative, a double stands for one whole number only."""


def are_exact(values: Vector) -> bool:
    """Whether whole numbers can be told apart as doubles."""
    return not np.any(np.abs(values) > LARGEST_EXACT)


def categorical_of_arrow(cells: Cells) -> Categorical:
    """The labels these cells have as text; null is missing."""
    array = encoded(cells.unify_dictionaries().combine_chunks())
    return categorical(array.indices.fill_null(-1).to_numpy(), array.dictionary.to_pylist())


def categorical_of_texts(texts: Sequence[str | None]) -> Categorical:
    """The labels that texts are; None is missing."""
    # Each is numbered as it first occurs. Nobody can send texts of one hash, as could be done with whole numbers.
    places: defaultdict[str | None, int] = defaultdict(count().__next__)
    indices = np.fromiter(map(places.__getitem__, texts), np.intp, len(texts))
    return categorical(indices, list(places))


def encoded(array: Array) -> "pa.DictionaryArray[Any, Any]":
    """The cells as places in a dictionary of text, which has repeats and nulls only if the cells are of such a one."""
    if not isinstance(array, pa.DictionaryArray):
        array = _distinguishable(array).dictionary_encode()
    return pa.DictionaryArray.from_arrays(array.indices.cast(pa.int32()), array.dictionary.cast(pa.large_string()))


def _distinguishable(array: Array) -> Array:
    """The same labels in a type whose distinct ones can be found and written."""
    if pa.types.is_timestamp(array.type):
        # Labels in universal time need no database of time zones.
        return array.cast(pa.timestamp(array.type.unit))
    return array.cast(pa.large_string()) if pa.types.is_string_view(array.type) else array


def categorical(indices: Codes, labels: Sequence[str | None]) -> Categorical:
    """The column whose cells (n,) point into `labels` (any order, repeats and None allowed); -1 is missing.

    Levels are the labels in use, each once, in code-point order: what does not depend on how the data were sent.
    """
    used = np.bincount(indices + 1, minlength=len(labels) + 1)[1:] > 0
    levels = sorted({label for label in compress(labels, used.tolist()) if label is not None})
    code_of: dict[str | None, int] = dict(zip(levels, count()))
    # One entry more than labels: an index of -1 finds the last, which says missing again.
    codes = np.array([*(code_of.get(label, -1) for label in labels), -1], dtype=np.intp)
    return Categorical(codes[indices], tuple(levels))
