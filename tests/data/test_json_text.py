import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.data.json_text import decode, members
from service.errors import MalformedBody
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


JSON_VALUES = st.recursive(st.none() | st.integers(0, 99) | st.text(max_size=3), st.lists, max_leaves=4)


@settings(deadline=None)
@given(st.lists(st.tuples(st.text(max_size=2), JSON_VALUES), max_size=6))
def test_names_are_refused_exactly_when_one_repeats(pairs: list[tuple[str, object]]) -> None:
    text = "{" + ", ".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in pairs) + "}"
    names = [name for name, _ in pairs]
    if len(set(names)) == len(names):
        assert list(members(text.encode())) == names
    else:
        with pytest.raises(MalformedBody, match="stands twice"):
            members(text.encode())


def test_pointers_escape_and_shorten_names() -> None:
    assert pointer_to("/data", "a/b~c", 3) == "/data/a~1b~0c/3"
    assert pointer_to("", "n" * 1000) == "/" + "n" * 39 + "…"
