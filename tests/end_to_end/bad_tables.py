"""Data that are no table, or none to fit: JSON, CSV, Arrow and Parquet."""

import random

import pyarrow as pa

from tests.end_to_end.refusals import COLUMNS, CSV, Refused, at, cell, columns, data, options, table
from tests.end_to_end.tables import arrow, parquet

ARROW, PARQUET = "application/vnd.apache.arrow.stream", "application/vnd.apache.parquet"

GOOD = pa.table(COLUMNS)
TWO_OF_A_NAME = pa.Table.from_arrays([pa.array([1.0])] * 2, names=["y", "y"])
INFINITE = GOOD.set_column(1, "x", pa.array([1, 2, float("inf"), 4, 5, 6]))
HALF = slice(0, 400)
RANDOM = random.Random(1).randbytes(5000)  # noqa: S311 - any bytes will do
LINES = CSV.splitlines(keepends=True)
NUMBERS = "`x` must be all numbers"
SHAPES = "The data must be columns"
X2 = at("/data/x/2", column="x", row=2)
DAMAGED = "may be damaged or cut short"

JSON = [
    Refused("text among numbers", columns(x=[1, 2, 3, 4, "five", 6]),
            "wrong_type", "row 4, text (five)", at("/data/x/4", column="x", row=4)),
    Refused("a truth value among numbers", cell("true"), "wrong_type", "row 2, a truth value", X2),
    Refused("a number among text", columns(g=["a", "a", "b", 7, "c", "c"]),
            "wrong_type", "all text", at("/data/g/3", column="g", row=3)),
    Refused("several of another kind", columns(x=[1, "a", "b", 4, 5, 6]),
            "wrong_type", "2 of 6, the first in row 1", at("/data/x/1", column="x", row=1)),
    Refused("a list in a cell", cell("[3]"), "wrong_type", NUMBERS, X2),
    Refused("an object in a cell", cell('{"a": 1}'), "wrong_type", NUMBERS, X2),
    Refused("lists in all cells", columns(x=[[1]] * 6),
            "wrong_type", "6 of 6, the first in row 0", at("/data/x/0", column="x", row=0)),
    Refused("a long text in a cell", columns(x=[1, 2, "z" * 100_000, 4, 5, 6]), "wrong_type", "z…)", X2),
    Refused("NaN", cell("NaN"), "malformed_body", "NaN and Infinity are not JSON", X2),
    Refused("Infinity", cell("-Infinity"), "malformed_body", "NaN and Infinity are not JSON", X2),
    Refused("a number beyond doubles", cell("1e400"),
            "not_finite", "beyond the range of double precision", X2),
    Refused("5000 digits", cell("9" * 5000), "not_finite", "beyond the range of double precision", X2),
    Refused("310 digits and a fraction", columns(x=[1, 2.5, 10**310, 4, 5, 6]),
            "not_finite", "double precision in row 2", at(column="x", row=2)),
    Refused("hexadecimal", cell("0x10"), "malformed_body", "expected ',' or ']'"),
    Refused("a leading zero", cell("012"), "malformed_body", "invalid number"),
    Refused("a column that is a number", columns(x=7), "wrong_type", "must be a list", at("/data/x", column="x")),
    Refused("a column that is text", columns(x="abcdef"), "wrong_type", "must be a list", at("/data/x", column="x")),
    Refused("a column that is null", columns(x=None), "wrong_type", "must be a list", at("/data/x", column="x")),
    Refused("columns of different lengths", columns(x=[1, 2]),
            "column_lengths_differ", "has 2 cells where column `y` has 6", at("/data/x", column="x")),
    Refused("a column without a name", columns(**{"": [1] * 6}), "invalid_request", "has no name", at("/data")),
    Refused("10,003 columns", columns(**{f"c{i}": [1] * 6 for i in range(10_000)}), "body_too_large", "10003 columns"),
    Refused("no columns", data({}), "invalid_request", "no columns", at("/data")),
    Refused("no records", data([]), "invalid_request", "no columns", at("/data")),
    Refused("no rows", data({"y": [], "x": [], "g": []}), "no_observations", "no rows", at("/data")),
    Refused("a number", data(3), "wrong_type", SHAPES, at("/data")),
    Refused("a text", data("y,x,g"), "wrong_type", SHAPES, at("/data")),
    Refused("a truth value", data(True), "wrong_type", SHAPES, at("/data")),
    Refused("records of another kind", data([{"y": 1, "x": 1}, {"y": 2, "x": "a"}]),
            "wrong_type", NUMBERS, at("/data/1/x", column="x", row=1)),
    Refused("records that are lists", data([{"y": 1}, [2]]), "wrong_type", "Record 1 is not", at("/data/1", row=1)),
    Refused("records that are null", data([None]), "wrong_type", "Record 0 is not", at("/data/0", row=0)),
    Refused("objects in records", data([{"y": 1, "x": {"a": 1}}]),
            "wrong_type", "an object", at("/data/0/x", column="x", row=0)),
]  # fmt: skip

TEXT = [
    Refused("a short row", table(CSV.replace("2.0,3,b", "2.0,3")),
            "malformed_body", "Row 2 of the CSV file has 2 cells", at("/data", row=2)),
    Refused("a long row", table(CSV.replace("2.0,3,b", "2.0,3,b,")),
            "malformed_body", "Row 2 of the CSV file has 4 cells", at("/data", row=2)),
    Refused("a name twice", table(CSV.replace("y,x,g", "y,x,x")),
            "malformed_body", "Two columns are called `x`", at("/data", column="x")),
    Refused("a name missing", table(CSV.replace("y,x,g", "y,,g")), "invalid_request", "has no name", at("/data")),
    Refused("nothing", table(""), "malformed_body", "CSV file is empty", at("/data")),
    Refused("a million empty lines", table("\n" * 10**6), "malformed_body", "CSV file is empty", at("/data")),
    Refused("a header alone", table("y,x,g\n"), "no_observations", "no rows", at("/data")),
    Refused("one column", table("y\n1\n2\n"),
            "unknown_column", "no column `x`", at("/formula", column="x", position=4)),
    Refused("another delimiter", table(CSV.replace(",", "|")),
            "unknown_column", "no column `y`", at("/formula", column="y", position=0)),
    Refused("a page", table("<html>\n<body>no</body>\n"),
            "unknown_column", "no column `y`", at("/formula", column="y", position=0)),
    Refused("random bytes", table(RANDOM), "malformed_body", NOT_TEXT := "not UTF-8 text", at("/data")),
    Refused("a NUL", table(CSV.replace("2.5", "2\0")), "malformed_body", NOT_TEXT, at("/data")),
    Refused("UTF-16", table(CSV.encode("utf-16")), "malformed_body", NOT_TEXT, at("/data")),
    Refused("Latin-1", table(CSV.replace("3,b", "3,\xe9").encode("latin-1")),
            "malformed_body", "Line 4 of the CSV file is not UTF-8", at("/data")),
    Refused("an open quotation", table(CSV.replace("3,b", '3,"b')), "malformed_body", "never closed", at("/data")),
    Refused("an infinite number", table(CSV.replace("3,b", "-inf,b")),
            "not_finite", "infinite number in row 2", at(column="x", row=2)),
    Refused("a number beyond doubles", table(CSV.replace("3,b", "1e400,b")),
            "not_finite", "infinite number in row 2", at(column="x", row=2)),
    Refused("10,001 columns", table(",".join(f"c{i}" for i in range(10_001)) + "\n" + "1," * 10_000 + "1\n"),
            "body_too_large", "10001 columns"),
    Refused("a name of ten megabytes", table("y," + "x" * 10**7 + "\n1,2\n"), "malformed_body", "header", at("/data")),
    Refused("a decimal comma", table("y;x;g\n1,5;1;a\n2,5;2;a\n"),
            "wrong_type", "`y` is not one column of numbers", at("/formula", column="y", position=0)),
]  # fmt: skip

BINARY = [
    Refused("an empty stream", table(b"", ARROW), "malformed_body", DAMAGED, at("/data")),
    Refused("half a stream", table(arrow(GOOD)[HALF], ARROW), "malformed_body", DAMAGED, at("/data")),
    Refused("random bytes as a stream", table(RANDOM, ARROW), "malformed_body", DAMAGED, at("/data")),
    Refused("CSV as a stream", table(CSV, ARROW), "malformed_body", DAMAGED, at("/data")),
    Refused("a stream without rows", table(arrow(GOOD.slice(0, 0)), ARROW), "no_observations", "no rows", at("/data")),
    Refused("a stream of lists", table(arrow(pa.table({"y": [1.0], "x": [[1]], "g": ["a"]})), ARROW),
            "wrong_type", "`x` holds neither", at("/data", column="x")),
    Refused("a stream with a name twice", table(arrow(TWO_OF_A_NAME), ARROW),
            "malformed_body", "called `y`", at("/data", column="y")),
    Refused("an infinite number in a stream", table(arrow(INFINITE), ARROW),
            "not_finite", "row 2", at(column="x", row=2)),
    Refused("half a Parquet file", table(parquet(GOOD)[HALF], PARQUET), "malformed_body", DAMAGED, at("/data")),
    Refused("an end without a Parquet file", table(parquet(GOOD)[-100:], PARQUET),
            "malformed_body", DAMAGED, at("/data")),
    Refused("random bytes as Parquet", table(RANDOM, PARQUET), "malformed_body", DAMAGED, at("/data")),
    Refused("a stream as Parquet", table(arrow(GOOD), PARQUET), "malformed_body", DAMAGED, at("/data")),
]  # fmt: skip

NO_SET = "There is no data set"

SETS = [
    Refused("an unknown data set", options(data=None, dataset="nothere"),
            "invalid_request", f"{NO_SET} `nothere`", at("/dataset")),
    Refused("a path", options(data=None, dataset="../radon"),
            "invalid_request", f"{NO_SET} `../radon`", at("/dataset")),
    Refused("a number", options(data=None, dataset=3), "invalid_request", "`dataset` must be a name", at("/dataset")),
    Refused("a long name", options(data=None, dataset="r" * 100_000), "invalid_request", "r…`", at("/dataset")),
]  # fmt: skip

TABLES = [*JSON, *TEXT, *BINARY, *SETS]
