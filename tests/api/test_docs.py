"""The manual is one page: complete, well formed, and in need of nothing from elsewhere."""

import re
from html import escape
from html.parser import HTMLParser

import pytest

from service.api import docs, five_ways
from service.api.problems import KINDS
from tests.api.stand_ins import ask
from tests.api.test_schema import DOCUMENT, OPERATIONS

PAGE = docs.page(DOCUMENT)
EMPTY = {"meta"}

# JSON Schema -> the words for it
WORDS = [
    ({"type": "string"}, "string"),
    ({}, "anything"),
    ({"$ref": "#/components/schemas/Problem"}, "[Problem]"),
    ({"enum": ["REML", "ML"]}, "`REML` or `ML`"),
    ({"const": "succeeded"}, "`succeeded`"),
    ({"anyOf": [{"type": "number"}, {"type": "null"}]}, "number or null"),
    ({"type": "array", "items": {"type": "string"}}, "list of string"),
    ({"type": "array", "items": {"anyOf": [{"type": "number"}, {"type": "null"}]}}, "list of (number or null)"),
    ({"oneOf": [{"$ref": "#/components/schemas/Fit"}, {"type": "null"}]}, "[Fit] or null"),
    ({"type": "array", "items": {"oneOf": [{"type": "string"}, {"type": "null"}]}}, "list of (string or null)"),
    ({"type": "object", "additionalProperties": {"type": "number"}}, "names with number"),
    ({"type": "string", "format": "binary"}, "bytes"),
]


class Reader(HTMLParser):
    """Follows a page: which elements are open, which ids there are, and where links go."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.ids: list[str] = []
        self.links: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.links |= {value or "" for name, value in attrs if name in {"href", "src"}}
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


READER = Reader(PAGE)


def test_the_page_is_well_formed() -> None:
    assert READER.open == []
    assert len(READER.ids) == len(set(READER.ids))


def test_the_page_needs_nothing_from_elsewhere() -> None:
    assert READER.seen.isdisjoint({"script", "link", "img", "iframe"})
    assert "url(" not in docs.STYLE
    targets = {link.removeprefix("#") for link in READER.links if link.startswith("#")}
    assert targets <= set(READER.ids)
    assert {link for link in READER.links if not link.startswith("#")} == {"/openapi.json"}


def test_the_page_tells_all() -> None:
    for name, operation in OPERATIONS:
        assert operation["operationId"] in READER.ids
        assert f"<code>{name}</code>" in PAGE
    for code, kind in KINDS.items():
        assert f"<tr><td><code>{code}</code></td><td>{kind.status}</td><td>{kind.title}.</td></tr>" in PAGE
    assert set(DOCUMENT["components"]["schemas"]) <= set(READER.ids)


def test_the_page_is_served_under_a_policy_that_admits_its_style_alone() -> None:
    response = ask("GET", "/docs")
    assert response.text == PAGE
    assert re.fullmatch(
        r"default-src 'none'; frame-ancestors 'none'; style-src 'sha256-[\w+/]+='",
        response.headers["Content-Security-Policy"],
    )


@pytest.mark.parametrize(("piece", "words"), WORDS)
def test_a_schema_in_words(piece: dict[str, object], words: str) -> None:
    assert docs.kind(piece) == words


def test_prose_is_escaped() -> None:
    assert docs.prose("a < b `c & d` [E]") == "a &lt; b <code>c &amp; d</code> <a href='#E'>E</a>"


def test_the_index_leads_to_the_rest() -> None:
    index = ask("GET", "/").json()
    assert index["name"] == "partialpool"
    assert ask("GET", index["links"]["docs"]).status_code == 200
    assert ask("GET", index["links"]["openapi"]).status_code == 200


def test_the_page_shows_the_five_ways_to_write_the_model() -> None:
    assert f"<h2 id='{five_ways.ID}'>{five_ways.TITLE}</h2>" in PAGE
    for place, way in enumerate(five_ways.WAYS, start=1):
        assert f"<h4>{place}. {way.name}</h4><pre>{escape(way.formula)}</pre>" in PAGE
    assert len(five_ways.WAYS) == 5
    # As they are kept: tests/inference/test_five_ways.py holds them to be true.
    for case in five_ways.NUMBERS.values():
        cells = "".join(f"<td>{'' if number is None else f'{number:.6f}'}</td>" for number in case)
        assert cells in PAGE
