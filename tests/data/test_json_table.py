from typing import NamedTuple

import numpy as np
import pytest

from service.data.json_table import read_json
from service.data.limits import Limits
from service.data.table import Categorical
from service.errors import ServiceError
from tests.data.tables import LIMITS, Cell, kinds_of, plain

GOOD: dict[str, tuple[str, dict[str, str], dict[str, list[Cell]]]] = {
    "columns": (
        '{"y": [1, 2.5, -3e2], "g": ["b", "a", "b"], "t": [true, false, true]}',
        {"y": "Numeric", "g": "Categorical", "t": "Logical"},
        {"y": [1, 2.5, -300], "g": ["b", "a", "b"], "t": [1, 0, 1]},
    ),
    "records": (
        '[{"y": 1, "g": "b", "t": true}, {"t": false, "g": "a", "y": 2.5}]',
        {"y": "Numeric", "g": "Categorical", "t": "Logical"},
        {"y": [1, 2.5], "g": ["b", "a"], "t": [1, 0]},
    ),
    "null is missing": (
        '{"y": [null, 1], "g": ["a", null], "t": [null, true]}',
        {"y": "Numeric", "g": "Categorical", "t": "Logical"},
        {"y": [None, 1], "g": ["a", None], "t": [None, 1]},
    ),
    "absent from a record is missing": (
        '[{"y": 1}, {"g": "a"}, {}]',
        {"y": "Numeric", "g": "Categorical"},
        {"y": [1, None, None], "g": [None, "a", None]},
    ),
    "nothing but null counts as numbers": ('{"y": [null, null]}', {"y": "Numeric"}, {"y": [None, None]}),
    "labels of digits stay labels": ('{"g": ["007", "7"]}', {"g": "Categorical"}, {"g": ["007", "7"]}),
    "whole numbers below 2^53 are numbers": ('{"y": [9007199254740991]}', {"y": "Numeric"}, {"y": [2.0**53 - 1]}),
    "whole numbers that reach 2^53 are labels": (
        '{"id": [9007199254740993, null, 9007199254740992]}',
        {"id": "Categorical"},
        {"id": ["9007199254740993", None, "9007199254740992"]},
    ),
    "so are negative ones, but not those of more than 64 bits": (
        '{"id": [-9007199254740993, 1], "far": [1%s, 2]}' % ("0" * 30),
        {"id": "Categorical", "far": "Numeric"},
        {"id": ["-9007199254740993", "1"], "far": [1e30, 2]},
    ),
    "but not among fractions": ('{"y": [9007199254740993, 0.5]}', {"y": "Numeric"}, {"y": [2.0**53, 0.5]}),
    "escapes": (r'{"a\/b": ["é😀", "\u0000"]}', {"a/b": "Categorical"}, {"a/b": ["é😀", "\0"]}),
    "blanks and a byte order mark": ('\ufeff \n { "y" : [ 1 , 2 ] } \n', {"y": "Numeric"}, {"y": [1, 2]}),
}


class Bad(NamedTuple):
    text: str
    code: str
    says: str
    pointer: str | None = None
    column: str | None = None
    row: int | None = None


BAD = [
    Bad('{"x": [1, "a", 2, "b"]}', "wrong_type", "all numbers", "/data/x/1", "x", 1),
    Bad('{"x": [1, "a", 2, "b"]}', "wrong_type", "2 of 4, the first in row 1, text (a)", "/data/x/1", "x", 1),
    Bad('{"x": ["n/a", 1, 2]}', "wrong_type", "all numbers", "/data/x/0", "x", 0),
    Bad('{"x": [null, "a", 1.5, "b"]}', "wrong_type", "number (1.5)", "/data/x/2", "x", 2),
    Bad('{"x": [true, true, 0]}', "wrong_type", "all truth values", "/data/x/2", "x", 2),
    Bad('{"x": [1, [2]]}', "wrong_type", "a list", "/data/x/1", "x", 1),
    Bad('{"x": [{"a": 1}, null]}', "wrong_type", "numbers, text or truth values", "/data/x/0", "x", 0),
    Bad('[{"x": 1}, {"x": "a"}, {"x": 2}]', "wrong_type", "all numbers", "/data/1/x", "x", 1),
    Bad('{"a/b~c": [1, 2, "a"]}', "wrong_type", "a/b~c", "/data/a~1b~0c/2", "a/b~c", 2),
    Bad('{"x": 1}', "wrong_type", "must be a list", "/data/x", "x"),
    Bad('[{"x": 1}, 2]', "wrong_type", "Record 1 is not an object", "/data/1", None, 1),
    Bad('"x"', "wrong_type", "must be columns", "/data"),
    Bad("17", "wrong_type", "must be columns", "/data"),
    Bad('{"y": [1, 2], "x": [1]}', "column_lengths_differ", "`x` has 1 cells where column `y` has 2", "/data/x", "x"),
    Bad('{"y": [1.5, 1%s]}' % ("0" * 400), "not_finite", "double precision in row 1", None, "y", 1),
    Bad('{"y": [1, 1e400]}', "not_finite", "send null", "/data/y/1", "y", 1),
    Bad('[{"y": 1}, {"y": 1e400}]', "not_finite", "send null", "/data/1", None, 1),
    Bad('{"y": [1, NaN]}', "malformed_body", "NaN and Infinity are not JSON (byte 10)", "/data/y/1", "y", 1),
    Bad('{"y": [1, -Infinity]}', "malformed_body", "(byte 11); send null", "/data/y/1", "y", 1),
    Bad('{"g": ["a, [", "b", NaN]}', "malformed_body", "send null", "/data"),
    Bad('{"g": ["a,", "b", NaN]}', "malformed_body", "send null", "/data/g/2", "g", 2),
    Bad('[{"y": 1}, {"y": NaN}]', "malformed_body", "send null", "/data"),
    Bad('{"y": ["\\ud800"]}', "malformed_body", "broken escape", "/data"),
    Bad('{"y": [1], "x": [2], "y": [1]}', "malformed_body", "`y` stands twice", "/data/y"),
    Bad("{}", "invalid_request", "no columns", "/data"),
    Bad('{"": [1]}', "invalid_request", "no name", "/data"),
    Bad("[]", "invalid_request", "no columns", "/data"),
    Bad("[{}]", "invalid_request", "no columns", "/data"),
    Bad('{"y": []}', "no_observations", "no rows", "/data"),
]


@pytest.mark.parametrize(("text", "kinds", "columns"), GOOD.values(), ids=GOOD.keys())
def test_reads(text: str, kinds: dict[str, str], columns: dict[str, list[Cell]]) -> None:
    table = read_json(text.encode(), LIMITS)
    assert kinds_of(table) == kinds
    assert plain(table) == columns
    assert {table.n_rows} == {len(cells) for cells in columns.values()}


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.text[:40])
def test_refuses_and_says_where(bad: Bad) -> None:
    with pytest.raises(ServiceError) as caught:
        dict(read_json(bad.text.encode(), LIMITS).columns)
    fault = caught.value.faults[0]
    assert caught.value.code == bad.code
    assert bad.says in caught.value.detail
    assert (fault.pointer, fault.column, fault.row) == (bad.pointer, bad.column, bad.row)


def test_a_column_nobody_uses_may_hold_anything() -> None:
    table = read_json(b'{"y": [1, 2], "notes": [1, {"deep": []}]}', LIMITS)
    assert "notes" in table.columns
    assert plain(type(table)({"y": table.columns["y"]}, 2)) == {"y": [1, 2]}


def test_labels_are_coded_in_code_point_order() -> None:
    column = read_json('{"g": ["é", "b", "B", "b", null]}'.encode(), LIMITS).columns["g"]
    assert isinstance(column, Categorical)
    np.testing.assert_array_equal(column.codes, [2, 1, 0, 1, -1])
    assert column.levels == ("B", "b", "é")


def test_a_long_value_is_not_repeated_in_full() -> None:
    with pytest.raises(ServiceError) as caught:
        read_json(b'{"x": [1, 2, "%s"]}' % (b"s" * 1000), LIMITS).columns["x"]
    assert "s" * 41 not in caught.value.detail
    assert "s" * 30 in caught.value.detail


@pytest.mark.parametrize(
    "text",
    ['{"a": [1], "b": [1], "c": [1]}', '{"a": [1, 2, 3, 4, 5]}', '[{"a": 1}, {"b": 1}, {"c": 1}]'],
    ids=["columns", "rows", "names of records"],
)
def test_tables_past_the_limits_are_refused(text: str) -> None:
    with pytest.raises(ServiceError) as caught:
        read_json(text.encode(), Limits(max_bytes=1000, max_rows=4, max_columns=2))
    assert caught.value.code == "body_too_large"
