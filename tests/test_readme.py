"""The README tells the truth: what it prints is what happens, what it names is there."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from service.contract import Limits, Reply, Submission
from service.settings import settings_table
from service.tasks.fits import fit, summarise

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PRECISION = 1e-9  # The last digits are the processor's: BLAS kernels add in different orders.


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", README, re.DOTALL)
    assert found
    return found[1]


@pytest.fixture(scope="module")
def reply(tmp_path_factory: pytest.TempPathFactory) -> Reply:
    """The answer to the README's own curl."""
    found = re.search(r"-d '(\{.*?\})'", README)
    assert found
    path = tmp_path_factory.mktemp("readme") / "body"
    path.write_text(found[1])
    return fit(Submission(str(path), "application/json", "", "", Limits(bytes=10**6, columns=100, rows=10**6)))


def assert_within(part: Any, whole: Any, at: str = "document") -> None:  # Any: JSON
    """Assert that every value of the part stands in the whole."""
    if isinstance(part, dict):
        for key, value in part.items():
            assert_within(value, whole[key], f"{at}.{key}")
    elif isinstance(part, list):
        assert len(part) == len(whole), at
        for k, (mine, theirs) in enumerate(zip(part, whole, strict=True)):
            assert_within(mine, theirs, f"{at}[{k}]")
    else:
        assert part == (pytest.approx(whole, rel=PRECISION) if isinstance(part, float) else whole), at


def test_document_is_the_answer(reply: Reply) -> None:
    assert_within(json.loads(block("json")), json.loads(reply.body))


def test_summary_is_the_answer(reply: Reply) -> None:
    assert summarise(reply.body, 2).body.decode() == block("text")


def test_settings_are_all_there() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (?:`(.*?)`)? \| (.*) \|$", README, re.MULTILINE)
    assert rows == [tuple(row) for row in settings_table()]


def test_commands_exist() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"^make (\w+)|`make (\w+)`", README, re.MULTILINE))
    assert {first or second for first, second in named} <= targets


def test_tree_names_every_room() -> None:
    rooms = {path.name for path in (ROOT / "service").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert rooms == set(re.findall(r"^  (\w+)/ ", README, re.MULTILINE))


def test_it_is_short() -> None:
    assert len(README.splitlines()) <= 150
