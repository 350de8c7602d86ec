import json
from pathlib import Path
from typing import NamedTuple

import pytest

from service.data.csv_table import read_csv
from service.data.limits import Limits
from service.errors import ServiceError
from tests.data.tables import LIMITS, Cell, kinds_of, plain

BY_R = json.loads((Path(__file__).parent.parent / "reference" / "data" / "read_csv.json").read_text(encoding="utf-8"))
# R 4.2's type.convert knows no other spelling than TRUE and FALSE (and T and F, which here are labels).
UNLIKE_R = {"lower_truth", "title_truth"}

GOOD: dict[str, tuple[str, dict[str, str], dict[str, list[Cell]]]] = {
    "semicolons": (
        "y;x\n1;2,5\n2;3\n",
        {"y": "Numeric", "x": "Categorical"},
        {"y": [1, 2], "x": ["2,5", "3"]},
    ),
    "tabs": ("y\tg\n1\ta;b\n", {"y": "Numeric", "g": "Categorical"}, {"y": [1], "g": ["a;b"]}),
    "commas win": ("y,a;b\n1,2\n", {"y": "Numeric", "a;b": "Numeric"}, {"y": [1], "a;b": [2]}),
    "a comma within quotes does not": ('"a,b";g\n1;2\n', {"a,b": "Numeric", "g": "Numeric"}, {"a,b": [1], "g": [2]}),
    "one column": ("y\n1\n2\n", {"y": "Numeric"}, {"y": [1, 2]}),
    "a byte order mark": ("\ufeffy,g\n1,é\n", {"y": "Numeric", "g": "Categorical"}, {"y": [1], "g": ["é"]}),
    "old line ends": ("y,x\r1,2\r", {"y": "Numeric", "x": "Numeric"}, {"y": [1], "x": [2]}),
    "quoted names": ('"a""b","c\nd"\n1,2\n', {'a"b': "Numeric", "c\nd": "Numeric"}, {'a"b': [1], "c\nd": [2]}),
    "row names by R": ('"","y"\n"1",5\n"2",6\n', {"y": "Numeric"}, {"y": [5, 6]}),
    "empty labels are missing": (
        "y,g\n1,\n2,a\n",
        {"y": "Numeric", "g": "Categorical"},
        {"y": [1, 2], "g": [None, "a"]},
    ),
    "truth values in any case": ("t\ntrue\nFALSE\nTrue\nNA\n", {"t": "Logical"}, {"t": [1, 0, 1, None]}),
    "letters are no truth values": ("sex\nF\nF\n", {"sex": "Categorical"}, {"sex": ["F", "F"]}),
    "leading zeros": (
        "zip,x\n00501,0\n10001,0.5\n",
        {"zip": "Categorical", "x": "Numeric"},
        {"zip": ["00501", "10001"], "x": [0, 0.5]},
    ),
    "zeros before a point": ("x\n00.5\n1\n", {"x": "Numeric"}, {"x": [0.5, 1]}),
    "from 2^53 on": (
        "id,y\n9007199254740993,1e300\n9007199254740992,1\n",
        {"id": "Categorical", "y": "Numeric"},
        {"id": ["9007199254740993", "9007199254740992"], "y": [1e300, 1]},
    ),
    "no hexadecimal": ("x\n0x1A\n", {"x": "Categorical"}, {"x": ["0x1A"]}),
    "a row longer than a megabyte": (
        "g,y\n%s,1\n" % ("g" * 2_000_000),
        {"g": "Categorical", "y": "Numeric"},
        {"g": ["g" * 2_000_000], "y": [1]},
    ),
}


class Bad(NamedTuple):
    content: bytes
    code: str
    says: str
    column: str | None = None
    row: int | None = None


BAD = [
    Bad(b"", "malformed_body", "is empty"),
    Bad(b"\r\n\n", "malformed_body", "is empty"),
    Bad(b"y,x", "no_observations", "a header and no rows"),
    Bad(b"y,x\n", "no_observations", "no rows"),
    Bad(b"y,x\n1,2\n3\n", "malformed_body", "Row 1 of the CSV file has 1 cells; the header has 2.", None, 1),
    Bad(b"y,x\n\n1,2\n\n3,4,5\n", "malformed_body", "Row 1 of the CSV file has 3 cells; the header has 2.", None, 1),
    Bad(b'y,g\n1,"a\n2,b\n', "malformed_body", "never closed"),
    Bad(b"y,y\n1,2\n", "malformed_body", "Two columns are called `y`", "y"),
    Bad(b"y,,x\n1,2,3\n", "invalid_request", "no name"),
    Bad(b"y,g\n1,a\n2,\xe9\n", "malformed_body", "Line 3 of the CSV file is not UTF-8"),
    Bad(b"\xe9,g\n1,a\n", "malformed_body", "Line 1 of the CSV file is not UTF-8"),
    Bad("y,g\n1,a\n".encode("utf-16"), "malformed_body", "a spreadsheet can save it"),
    Bad("y,g\n1,a\n".encode("utf-16-le"), "malformed_body", "a spreadsheet can save it"),
    Bad(b"n" * 200_000 + b",y\n1,2\n", "malformed_body", "header of the CSV file cannot be read"),
    Bad(b"y,x\n1,2\n3,inf\n", "not_finite", "infinite number in row 1", "x", 1),
    Bad(b"y,x\n1,2\nNA,1\n3,-1e999\n", "not_finite", "infinite number in row 2", "x", 2),
]


@pytest.mark.parametrize("case", sorted(BY_R.keys() - UNLIKE_R))
def test_reads_as_r_does(case: str) -> None:
    table = read_csv(BY_R[case]["text"].encode(), LIMITS)
    assert kinds_of(table) == {name: column["kind"] for name, column in BY_R[case]["columns"].items()}
    assert plain(table) == {name: column["cells"] for name, column in BY_R[case]["columns"].items()}


@pytest.mark.parametrize(("text", "kinds", "columns"), GOOD.values(), ids=GOOD.keys())
def test_reads(text: str, kinds: dict[str, str], columns: dict[str, list[Cell]]) -> None:
    table = read_csv(text.encode(), LIMITS)
    assert kinds_of(table) == kinds
    assert plain(table) == columns


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: str(bad.content[:30]))
def test_refuses_and_says_where(bad: Bad) -> None:
    with pytest.raises(ServiceError) as caught:
        dict(read_csv(bad.content, LIMITS).columns)
    fault = caught.value.faults[0]
    assert caught.value.code == bad.code
    assert bad.says in caught.value.detail
    assert (fault.column, fault.row) == (bad.column, bad.row)


@pytest.mark.parametrize("content", [b"a,b,c\n1,2,3\n", b"a\n1\n2\n3\n4\n5\n"], ids=["columns", "rows"])
def test_tables_past_the_limits_are_refused(content: bytes) -> None:
    with pytest.raises(ServiceError) as caught:
        read_csv(content, Limits(max_bytes=1000, max_rows=4, max_columns=2))
    assert caught.value.code == "body_too_large"
