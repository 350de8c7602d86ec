import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.data.json_text import decode, decode_object, members
from service.errors import MalformedBody, NotFinite
from service.quoting import pointer_to

MALFORMED = {
    b"": "ends too early",
    b'{"a": [1, 2': "ends too early",
    b'{"\xff": 1}': "not UTF-8",
    b'{"a": 1,}': "trailing comma in object at byte 8",
    b"{'a': 1}": "object keys must be strings at byte 1",
    b'{"a": 01}': "invalid number at byte 7",
    b'{"a": 1} {': "trailing characters at byte",
    b'{"a": NaN}': "NaN and Infinity are not JSON (byte 6)",
    b'{"a": Infinity}': "NaN and Infinity are not JSON (byte 6)",
    b"[1]": "must be a JSON object",
    b'{"a":' * 100_000 + b"1" + b"}" * 100_000: "nested too deeply",
    b'{"a":' + b"[" * 100_000: "nested too deeply",
}

REPEATED = {
    '{"a": 1, "a": 2}': "a",
    '{"a": 1, "a": 12}': "a",
    '{"a": 12, "a": 1}': "a",
    '{"a": 1, "b": 2, "a": 1}': "a",
    '{"b": [1, "}"], "a": {"a": 1}, "b": []}': "b",
    r'{"a": 1, "\u0061": 1}': "a",
    '{"a": [1], "a": [1], "b": [1], "c": [1]}': "a",
    r'{"a": 1, "b": 1, "\u0062": 1, "c": 1}': "b",
    '{ "a" : "x\\"" , "b":2,\n"a":"x\\"" }': "a",
}

UNLIKE = ["{}", " { } ", '{"a": {"a": 1}, "b": {"a": 1}}', '{"a": "a", "A": ",\\"a\\": 1"}', '\t{"a":1\n,"b" : [ ] }\n']


@pytest.mark.parametrize(("text", "says"), MALFORMED.items(), ids=lambda value: str(value)[:30])
def test_text_that_is_no_object_is_refused(text: bytes, says: str) -> None:
    with pytest.raises(MalformedBody) as caught:
        members(text)
    assert says in caught.value.detail


@pytest.mark.parametrize(("text", "name"), REPEATED.items())
def test_a_repeated_name_is_refused(text: str, name: str) -> None:
    with pytest.raises(MalformedBody) as caught:
        members(text.encode(), "/data")
    assert caught.value.faults[0].pointer == f"/data/{name}"


@pytest.mark.parametrize("text", UNLIKE)
def test_names_that_differ_pass(text: str) -> None:
    assert {name: decode(value) for name, value in members(text.encode()).items()} == decode(text.encode())


JSON_VALUES = st.recursive(st.none() | st.integers(0, 99) | st.text(":ab", max_size=3), st.lists, max_leaves=4)
PAIRS = st.lists(st.tuples(st.text(":ab", max_size=2), JSON_VALUES), max_size=6)


def object_of(pairs: list[tuple[str, object]]) -> str:
    """The text of the JSON object with these members."""
    return "{" + ", ".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in pairs) + "}"


@settings(deadline=None)
@given(PAIRS)
def test_names_are_refused_exactly_when_one_repeats(pairs: list[tuple[str, object]]) -> None:
    text = object_of(pairs).encode()
    if len(dict(pairs)) == len(pairs):
        assert list(members(text)) == [name for name, _ in pairs]
        assert decode_object(text) == dict(pairs)
    else:
        for read in (members, decode_object):
            with pytest.raises(MalformedBody, match="stands twice"):
                read(text)


@settings(deadline=None)
@given(PAIRS, PAIRS)
def test_the_names_of_columns_are_refused_exactly_when_one_repeats(
    options: list[tuple[str, object]], columns: list[tuple[str, object]]
) -> None:
    text = object_of([*dict(options).items(), ("data", {})]).replace("{}", object_of(columns)).encode()
    if len(dict(columns)) == len(columns):
        assert decode_object(text) == {**dict(options), "data": dict(columns)}
    else:
        with pytest.raises(MalformedBody, match="stands twice") as caught:
            decode_object(text)
        assert (caught.value.faults[0].pointer or "").startswith("/data/")


@pytest.mark.parametrize(
    ("text", "pointer", "column", "row"),
    [
        ('{"formula": "y ~ x:z", "theta": [1, 1e999]}', "/theta/1", None, 1),
        ('{"data": {"a": [1], "b": [1, 2, 1e999]}}', "/data/b/2", "b", 2),
        ('{"data": [{"a": 1}, {"a": 1e999}]}', "/data/1", None, 1),
    ],
)
def test_a_number_out_of_range_has_its_place(text: str, pointer: str, column: str | None, row: int) -> None:
    with pytest.raises(NotFinite) as caught:
        decode_object(text.encode())
    (fault,) = caught.value.faults
    assert (fault.pointer, fault.column, fault.row) == (pointer, column, row)


@pytest.mark.parametrize(
    ("text", "pointer", "column", "row"),
    [
        ('{"theta": 1, "data": {"a": [1], "b": [1, -Infinity]}}', "/data/b/1", "b", 1),
        ('{"theta": [1, NaN], "data": {"b": [1]}}', None, None, None),
        ('{"data": {"b": [1]}, "levels": {"b": [NaN]}}', None, None, None),
        ('{"document": {"coding": {"b": [NaN]}}, "data": {"b": [1]}}', None, None, None),
    ],
)
def test_what_is_no_number_has_a_place_among_the_columns_alone(
    text: str, pointer: str | None, column: str | None, row: int | None
) -> None:
    with pytest.raises(MalformedBody, match="NaN and Infinity are not JSON") as caught:
        decode_object(text.encode())
    (fault,) = caught.value.faults
    assert (fault.pointer, fault.column, fault.row) == (pointer, column, row)


def test_pointers_escape_and_shorten_names() -> None:
    assert pointer_to("/data", "a/b~c", 3) == "/data/a~1b~0c/3"
    assert pointer_to("", "n" * 1000) == "/" + "n" * 39 + "…"
