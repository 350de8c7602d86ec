"""Bodies: what is kept comes back, what was used least recently makes room, and what is lent stays while it is read."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from service.jobs.bodies import SHARE, Bodies

BOUND = 1000
OWN = int(SHARE * BOUND) + 1
"""Bytes of a body that has a file of its own."""


def body(folder: Path, content: bytes) -> Path:
    path = folder / "sent"
    path.unlink(missing_ok=True)
    path.write_bytes(content)
    return path


@pytest.fixture
def keep(tmp_path: Path) -> Callable[..., str]:
    """Keeps bodies that are not too large."""

    def keeping(kept: Bodies, content: bytes, name: str = "a") -> str:
        reference = kept.keep(name, body(tmp_path, content))
        assert reference is not None
        return reference

    return keeping


Keep = Callable[..., str]


def lent(kept: Bodies, reference: str, folder: Path) -> bytes | None:
    with kept.lend(reference, folder) as path:
        return None if path is None else path.read_bytes()


@pytest.mark.parametrize("linked", [True, False])
@pytest.mark.parametrize("sizes", [[4, 0, 9], [OWN, OWN + 1], [3, OWN, 5], [40] * 20])
def test_what_is_kept_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keep: Keep, linked: bool, sizes: list[int]
) -> None:
    if not linked:

        def no_links(*_: object) -> None:
            raise PermissionError

        monkeypatch.setattr(os, "link", no_links)
    kept = Bodies(tmp_path / "kept", BOUND)
    contents = [bytes([65 + number]) * size for number, size in enumerate(sizes)]
    references = [keep(kept, content, f"b{number}") for number, content in enumerate(contents)]
    assert [lent(kept, reference, tmp_path) for reference in references] == contents
    later = Bodies(tmp_path / "kept", BOUND)
    assert [lent(later, reference, tmp_path) for reference in references] == contents
    assert all(later.has(reference) for reference in references)
    assert (kept.has("b"), lent(kept, "b", tmp_path), lent(kept, "b:0:4", tmp_path)) == (False, None, None)
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["kept"]


def test_small_bodies_share_files_and_large_ones_do_not(tmp_path: Path, keep: Keep) -> None:
    kept = Bodies(tmp_path / "kept", BOUND)
    for number in range(10):
        keep(kept, b"x" * 10, f"b{number}")
    assert len(list((tmp_path / "kept").iterdir())) == 2
    assert [keep(kept, b"x" * OWN, name) for name in "cc"] == ["c", "c"]
    assert len(list((tmp_path / "kept").iterdir())) == 3


def test_the_least_recently_used_make_room(tmp_path: Path, keep: Keep) -> None:
    kept = Bodies(tmp_path / "kept", BOUND)
    for age, name in enumerate("abcdefghij"):
        keep(kept, b"x" * 100, name)
        os.utime(tmp_path / "kept" / name, (age, age))
    assert lent(kept, "a", tmp_path)
    keep(kept, b"x" * 100, "k")
    assert [name for name in "abcdefghijk" if kept.has(name)] == list("adefghijk")


def test_a_file_that_has_made_room_is_not_written_into(tmp_path: Path, keep: Keep) -> None:
    kept = Bodies(tmp_path / "kept", BOUND)
    first = keep(kept, b"rows")
    for file in (tmp_path / "kept").iterdir():
        file.unlink()  # as another process may
    second = keep(kept, b"more rows")
    assert (lent(kept, first, tmp_path), lent(kept, second, tmp_path)) == (None, b"more rows")


def test_what_is_larger_than_all_may_be_or_gone_is_not_kept(tmp_path: Path) -> None:
    kept = Bodies(tmp_path / "kept", BOUND)
    assert kept.keep("a", body(tmp_path, b"x" * (BOUND + 1))) is None
    assert kept.keep("a", tmp_path / "gone") is None
    assert not kept.has("a")


@pytest.mark.parametrize("size", [4, OWN])
def test_what_is_lent_stays_while_it_is_read(tmp_path: Path, keep: Keep, size: int) -> None:
    kept = Bodies(tmp_path / "kept", BOUND)
    reference = keep(kept, b"x" * size)
    with kept.lend(reference, tmp_path) as path:
        for file in (tmp_path / "kept").iterdir():
            file.unlink()
        assert path
        assert not kept.has(reference)
        assert path.read_bytes() == b"x" * size
