"""Which names need no backticks."""

import pytest

from service.formula.names import is_bare

BARE = ["x", "X1", "a.b", "a_b", ".x", "...x", "..", "._1", "T", "été", "水位", "हि", "café"]
NOT_BARE = [
    "",
    " ",
    ".",
    "...",
    "_x",
    "1x",
    ".1x",
    "a b",
    "a-b",
    "x²",
    "if",
    "TRUE",
    "NA",
    "Inf",
    "a\u2212b",
    "٣x",
    "x\n",
]


@pytest.mark.parametrize("name", BARE)
def test_bare(name: str) -> None:
    assert is_bare(name)


@pytest.mark.parametrize("name", NOT_BARE)
def test_in_need_of_backticks(name: str) -> None:
    assert not is_bare(name)
