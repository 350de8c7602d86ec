"""From CSV text to a `Table`: comma, semicolon or tab; a header row; quotes and line ends as in RFC 4180.

Every cell is read as text first, and each column then takes the narrowest kind that all its cells have. A cell that
is empty or NA, quoted or not, is missing. `true`, `True`, `TRUE` and their opposites are truth values (`T` and `F` are
not: a column of sexes may have no other letter). Whole numbers with leading zeros, or that reach 2^53, stay labels.
"""

import csv
from functools import partial
from io import BytesIO, TextIOWrapper
from typing import Literal, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.csv import ConvertOptions, InvalidRow, ParseOptions, ReadOptions
from pyarrow.csv import read_csv as read_text

from service.arrays import Vector
from service.data.columns import Reader, all_missing, numeric, refuse_repeated, table_of
from service.data.labels import LARGEST_EXACT, categorical_of_arrow
from service.data.limits import Limits
from service.data.table import Column, Logical, Table
from service.errors import Fault, MalformedBody, NoObservations

Text: TypeAlias = "pa.ChunkedArray[pa.LargeStringScalar]"
"""The cells of one column as they are written."""

_MISSING = ["", "NA"]
_TRUE = pa.array(["true", "True", "TRUE"], pa.large_string())
_FALSE = pa.array(["false", "False", "FALSE"], pa.large_string())
_LARGEST_BLOCK = 2**31 - 1


def read_csv(content: bytes, limits: Limits) -> Table:
    """The table of a CSV file; raises `MalformedBody` with the row, and `NoObservations` for a header alone."""
    _refuse_damage(content)
    delimiter, names = _header(content)
    if b"\n" not in content and b"\r" not in content:
        raise NoObservations("The CSV file has a header and no rows.", Fault("no rows", pointer="/data"))
    limits.admit_table(0, len(names))
    cells = _cells(content, delimiter, names)
    if not names[0] and len(names) > 1:
        # Row names, as R's write.csv puts them.
        cells, names = cells.remove_column(0), names[1:]
    refuse_repeated(names)
    readers: dict[str, Reader] = {
        name: partial(_column, name, column) for name, column in zip(names, cells.columns, strict=True)
    }
    return table_of(readers, cells.num_rows, limits)


def _refuse_damage(content: bytes) -> None:
    """Raise `MalformedBody` for what PyArrow would read as something else."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in content:
        raise _malformed("The CSV file is not UTF-8 text; a spreadsheet can save it as `CSV UTF-8`.")
    try:
        content.decode()
    except UnicodeDecodeError as failure:
        line = content.count(b"\n", 0, failure.start) + 1
        raise _malformed(f"Line {line} of the CSV file is not UTF-8.") from None
    if content.count(b'"') % 2:
        raise _malformed("The CSV file has a quotation mark that is never closed.")


def _header(content: bytes) -> tuple[str, list[str]]:
    """The character between cells and the names of the columns.

    The character is a comma unless that leaves the header in one piece and a semicolon or a tab does not.
    """
    headers = {delimiter: _first_row(content, delimiter) for delimiter in (",", ";", "\t")}
    delimiter = next((delimiter for delimiter, names in headers.items() if len(names) > 1), ",")
    return delimiter, headers[delimiter]


def _first_row(content: bytes, delimiter: str) -> list[str]:
    """The first row that is not blank."""
    lines = TextIOWrapper(BytesIO(content), encoding="utf-8-sig", newline="")
    try:
        return next(filter(None, csv.reader(lines, delimiter=delimiter)))
    except StopIteration:
        raise _malformed("The CSV file is empty.") from None
    except csv.Error:
        raise _malformed("The header of the CSV file cannot be read.") from None


def _cells(content: bytes, delimiter: str, names: list[str]) -> pa.Table:
    """All cells as text, null where they are missing; raises `MalformedBody` at the first row of another length."""
    ragged: list[InvalidRow] = []

    def refuse(row: InvalidRow) -> Literal["error"]:
        ragged.append(row)
        return "error"

    try:
        return read_text(
            BytesIO(content),
            ReadOptions(
                use_threads=False,
                # One block, as no row may be longer than a block.
                block_size=min(len(content) + 1, _LARGEST_BLOCK),
                column_names=names,
                skip_rows_after_names=1,
            ),
            ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=refuse),
            ConvertOptions(
                column_types=dict.fromkeys(names, pa.large_string()),
                null_values=_MISSING,
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid:
        raise _ragged(ragged[0]) if ragged else _malformed("The CSV file cannot be read.") from None


def _ragged(row: InvalidRow) -> MalformedBody:
    # PyArrow counts the rows of one block from 1, the header among them.
    number = (row.number or 0) - 2
    message = f"Row {number} of the CSV file has {row.actual_columns} cells; the header has {row.expected_columns}."
    return MalformedBody(message, Fault(message, pointer="/data", row=number))


def _malformed(message: str) -> MalformedBody:
    return MalformedBody(message, Fault(message, pointer="/data"))


def _column(name: str, cells: Text) -> Column:
    """The column of these texts, of the narrowest kind that has them all."""
    present = cells.drop_null()
    if len(present) == 0:
        return all_missing(len(cells))
    if _are_truth_values(present):
        return Logical(np.where(cells.is_null().to_numpy(), np.nan, pc.is_in(cells, _TRUE).to_numpy()))
    # The first cell settles most columns of labels; Arrow is slow to find that a million of them are no numbers.
    numbers = None if _numbers(present.slice(0, 1)) is None else _numbers(cells)
    if numbers is None or _are_codes(present, numbers):
        return categorical_of_arrow(cells)
    return numeric(name, numbers)


def _are_truth_values(present: Text) -> bool:
    words = pa.concat_arrays([_TRUE, _FALSE])
    # The first cell spares a look at all others of most columns.
    return bool(pc.is_in(present[0], words).as_py() and pc.all(pc.is_in(present, words)).as_py())


def _numbers(cells: Text) -> Vector | None:
    """The cells as numbers, blanks around them set aside; None if one is no number."""
    try:
        numbers: Vector = pc.ascii_trim_whitespace(cells).cast(pa.float64()).to_numpy()
    except pa.ArrowInvalid:
        return None
    return numbers


def _are_codes(present: Text, numbers: Vector) -> bool:
    """Whether all cells are digits, and as numbers some would lose leading zeros or their last digits."""
    if not np.all(np.isnan(numbers) | (np.floor(numbers) == numbers)):
        return False
    if not pc.all(pc.match_substring_regex(present, r"^\s*[+-]?[0-9]+\s*$")).as_py():
        return False
    zeros = pc.any(pc.match_substring_regex(present, r"^\s*[+-]?0[0-9]")).as_py()
    return bool(zeros or np.any(np.abs(numbers) > LARGEST_EXACT))
