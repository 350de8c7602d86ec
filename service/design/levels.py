"""Levels: from a column of any kind to the labels its rows carry.

Strings are labels already. Logicals have the levels FALSE and TRUE. Numbers are labelled by their shortest text, in
numeric order, as R's `factor()` does it, except that whole numbers never turn into `1e+05`.
"""

from collections.abc import Sequence
from itertools import compress, repeat

import numpy as np

from service.arrays import Codes, Vector
from service.data.table import Categorical, Column, Logical, Numeric
from service.design.refusals import invalid_option
from service.quoting import excerpt, pointer_to, quote

LARGEST_WHOLE_NUMBER = 2**53
"""Beyond this, neighbouring whole numbers share one double."""

ROOM_PER_ROW = 4
"""Possible codes per row up to which counting them beats sorting the rows."""


def labelled(column: Column) -> Categorical:
    """The column as labels with their levels; a cell that is missing stays missing."""
    match column:
        case Categorical():
            return column
        case Logical(values=values):
            return Categorical(np.where(np.isnan(values), -1.0, values).astype(np.intp), ("FALSE", "TRUE"))
        case Numeric(values=values):
            return _merge_equal_labels(*_distinct(values))


def number_label(value: float) -> str:
    """The text of a number: whole numbers without a point, others with up to 15 significant digits."""
    return str(int(value)) if value.is_integer() and abs(value) < LARGEST_WHOLE_NUMBER else f"{value:.15g}"


def distinct_numbers(values: Vector) -> Vector:
    """The distinct numbers in increasing order, missing ones left out."""
    present = values[~np.isnan(values)]
    if not _are_whole(present):
        return np.unique(present)
    low = float(present.min())
    occurring, _ = renumber((present - low).astype(np.intp), int(present.max() - low) + 1)
    return np.asarray(occurring + low, dtype=np.float64)


def renumber(codes: Codes, n_possible: int) -> tuple[Codes, Codes]:
    """The codes that occur, in increasing order, and each row's place among them; -1 stays -1.

    The codes lie below `n_possible`. They are counted rather than sorted unless there are many more than rows.
    """
    if n_possible > len(codes) * ROOM_PER_ROW + 1000:
        occurring, places = _distinct_codes(codes)
        n_missing = int(np.searchsorted(occurring, 0))
        places -= n_missing
        return occurring[n_missing:], places
    # The last place, which -1 points to, is for the missing.
    occurs = np.zeros(n_possible + 1, dtype=np.bool_)
    occurs[codes] = True
    occurs = occurs[:-1]
    if occurs.all():
        return np.arange(n_possible), codes
    place = np.append(np.cumsum(occurs) - 1, -1)
    return np.flatnonzero(occurs), place[codes]


def _distinct_codes(codes: Codes) -> tuple[Codes, Codes]:
    """The distinct codes, rising, and each row's place among them: NumPy's `unique` in less memory."""
    order = codes.argsort()
    rising = codes[order]
    first = np.ones(codes.size, dtype=np.bool_)
    np.not_equal(rising[1:], rising[:-1], out=first[1:])
    occurring = rising[first]
    del rising
    ranks = np.cumsum(first, dtype=np.intp)
    ranks -= 1
    places = np.empty_like(codes)
    places[order] = ranks
    return occurring, places


def without_unused(factor: Categorical) -> Categorical:
    """The factor without the levels no row has."""
    occurring, codes = renumber(factor.codes, len(factor.levels))
    if len(occurring) == len(factor.levels):
        return factor
    occurs = np.zeros(len(factor.levels), dtype=np.bool_)
    occurs[occurring] = True
    return Categorical(codes, tuple(compress(factor.levels, occurs.tolist())))


def recoded(factor: Categorical, levels: Sequence[str]) -> Codes:
    """The codes of the same labels in other levels, (n,); -1 where a row is missing or its label is not among them."""
    if factor.levels == levels:
        return factor.codes
    code_of = dict(zip(levels, range(len(levels)), strict=True))
    translation = np.array([*map(code_of.get, factor.levels, repeat(-1)), -1], dtype=np.intp)
    return translation[factor.codes]


def in_order(name: str, column: Column, levels: Sequence[str]) -> Categorical:
    """The column of that name as labels, its levels in this order.

    The order names every level that occurs, once, and none the column does not have; otherwise InvalidRequest.
    """
    factor = labelled(column)
    fault = None
    if len(set(levels)) < len(levels):
        fault = "names a level twice"
    elif unknown := set(levels).difference(factor.levels):
        fault = f"names {quote(min(unknown))}, which is no level of this column"
    elif absent := set(without_unused(factor).levels).difference(levels):
        fault = f"leaves out the level {quote(min(absent))}"
    if fault:
        message = f"The order of levels for {quote(name)} {fault}."
        raise invalid_option(message, pointer_to("", "levels", name), column=excerpt(name))
    return Categorical(recoded(factor, levels), tuple(levels))


def _distinct(values: Vector) -> tuple[Vector, Codes]:
    """The distinct numbers in increasing order and which of them each row has, -1 where it is missing."""
    missing = np.isnan(values)
    if not missing.any():
        return _distinct_present(values)
    codes = np.full(len(values), -1, dtype=np.intp)
    distinct, codes[~missing] = _distinct_present(values[~missing])
    return distinct, codes


def _distinct_present(values: Vector) -> tuple[Vector, Codes]:
    """The same where no value is missing; whole numbers need not be compared with each other."""
    if not _are_whole(values):
        return np.unique(values, return_inverse=True)
    low = values.min()
    occurring, codes = renumber((values - low).astype(np.intp), int(values.max() - low) + 1)
    return low + occurring, codes


def _are_whole(values: Vector) -> bool:
    """Whether there are numbers, all whole, and differences of any two are whole numbers too."""
    return len(values) > 0 and np.abs(values).max() < LARGEST_WHOLE_NUMBER / 2 and not (values % 1).any()


def _merge_equal_labels(distinct: Vector, codes: Codes) -> Categorical:
    """The factor of these numbers; numbers that agree to 15 digits share a level, as in R."""
    labels = tuple(number_label(value) for value in distinct.tolist())
    levels = tuple(dict.fromkeys(labels))
    return Categorical(recoded(Categorical(codes, labels), levels), levels)
