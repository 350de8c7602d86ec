"""Bodies: what is kept comes back, what was used least recently makes room, and what is lent stays while it is read."""

import os
from pathlib import Path

import pytest

from service.jobs.bodies import BLOCK, Bodies


def body(folder: Path, content: bytes) -> Path:
    path = folder / "sent"
    path.unlink(missing_ok=True)
    path.write_bytes(content)
    return path


def lent(kept: Bodies, name: str, folder: Path) -> bytes | None:
    with kept.lend(name, folder) as path:
        return None if path is None else path.read_bytes()


@pytest.mark.parametrize("linked", [True, False])
def test_what_is_kept_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, linked: bool) -> None:
    if not linked:

        def no_links(*_: object) -> None:
            raise PermissionError

        monkeypatch.setattr(os, "link", no_links)
    kept = Bodies(tmp_path / "kept", 10 * BLOCK)
    assert kept.keep("a", body(tmp_path, b"rows"))
    assert kept.keep("a", body(tmp_path, b"other rows"))
    assert lent(kept, "a", tmp_path) == b"rows"
    assert lent(Bodies(tmp_path / "kept", 10 * BLOCK), "a", tmp_path) == b"rows"
    assert (kept.has("a"), kept.has("b"), lent(kept, "b", tmp_path)) == (True, False, None)
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["kept"]


def test_the_least_recently_used_make_room(tmp_path: Path) -> None:
    kept = Bodies(tmp_path / "kept", 10 * BLOCK)
    for age, name in enumerate("abcdefghij"):
        kept.keep(name, body(tmp_path, b"rows"))
        os.utime(tmp_path / "kept" / name, (age, age))
    assert lent(kept, "a", tmp_path)
    kept.keep("k", body(tmp_path, b"rows"))
    assert [name for name in "abcdefghijk" if kept.has(name)] == list("adefghijk")


def test_what_is_larger_than_all_may_be_is_not_kept(tmp_path: Path) -> None:
    kept = Bodies(tmp_path / "kept", BLOCK)
    assert not kept.keep("a", body(tmp_path, b"x" * (BLOCK + 1)))
    assert not kept.has("a")


def test_what_is_lent_stays_while_it_is_read(tmp_path: Path) -> None:
    kept = Bodies(tmp_path / "kept", BLOCK)
    kept.keep("a", body(tmp_path, b"rows"))
    with kept.lend("a", tmp_path) as path:
        kept.keep("b", body(tmp_path, b"more rows"))
        assert path
        assert not kept.has("a")
        assert path.read_bytes() == b"rows"
