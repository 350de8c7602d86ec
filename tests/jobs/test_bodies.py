"""Bodies: what is kept comes back, what was used least recently makes room, and what is lent stays while it is read."""

import os
from pathlib import Path

import pytest

from service.jobs.bodies import SHARE, Bodies

BOUND = 1000


def body(folder: Path, content: bytes) -> str:
    """The path of a file with a body."""
    path = folder / "sent"
    path.unlink(missing_ok=True)
    path.write_bytes(content)
    return str(path)


def keep(kept: Bodies, content: bytes | str, name: str = "a") -> str:
    reference = kept.keep(name, content)
    assert reference is not None
    return reference


def read(lent: bytes | str | None) -> bytes | None:
    return Path(lent).read_bytes() if isinstance(lent, str) else lent


def lent(kept: Bodies, reference: str, folder: Path) -> bytes | None:
    with kept.lend(reference, folder) as body:
        return read(body)


@pytest.mark.parametrize("linked", [True, False])
@pytest.mark.parametrize("are_files", [[False] * 20, [True] * 5, [False, True, False]])
def test_what_is_kept_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, linked: bool, are_files: list[bool]
) -> None:
    if not linked:

        def no_links(*_: object) -> None:
            raise PermissionError

        monkeypatch.setattr(os, "link", no_links)
    kept = Bodies(tmp_path / "kept", BOUND)
    contents = [bytes([65 + number]) * 3 * number for number in range(len(are_files))]
    references = [
        keep(kept, body(tmp_path, content) if is_file else content, f"b{number}")
        for number, (content, is_file) in enumerate(zip(contents, are_files, strict=True))
    ]
    assert [lent(kept, reference, tmp_path) for reference in references] == contents
    later = Bodies(tmp_path / "kept", BOUND)
    assert [lent(later, reference, tmp_path) for reference in references] == contents
    assert all(later.has(reference) for reference in references)
    assert (kept.has("b"), lent(kept, "b", tmp_path), lent(kept, "b:0:4", tmp_path)) == (False, None, None)
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["kept"]


def test_small_bodies_share_files_and_large_ones_do_not(tmp_path: Path) -> None:
    kept = Bodies(tmp_path / "kept", BOUND)
    each = int(SHARE * BOUND) // 5
    for _ in range(10):
        keep(kept, b"x" * each)
    assert len(list((tmp_path / "kept").iterdir())) == 2
    assert [keep(kept, body(tmp_path, b"x" * each), name) for name in "cc"] == ["c", "c"]
    assert len(list((tmp_path / "kept").iterdir())) == 3


def test_the_least_recently_used_make_room(tmp_path: Path) -> None:
    kept = Bodies(tmp_path / "kept", BOUND)
    for age, name in enumerate("abcdefghij"):
        keep(kept, body(tmp_path, b"x" * 100), name)
        os.utime(tmp_path / "kept" / name, (age, age))
    assert lent(kept, "a", tmp_path)
    keep(kept, body(tmp_path, b"x" * 100), "k")
    assert [name for name in "abcdefghijk" if kept.has(name)] == list("adefghijk")


def test_a_file_that_has_made_room_is_not_written_into(tmp_path: Path) -> None:
    kept = Bodies(tmp_path / "kept", BOUND)
    first = keep(kept, b"rows")
    for file in (tmp_path / "kept").iterdir():
        file.unlink()  # as another process may
    second = keep(kept, b"more rows")
    assert (lent(kept, first, tmp_path), lent(kept, second, tmp_path)) == (None, b"more rows")


def test_what_is_larger_than_all_may_be_or_gone_is_not_kept(tmp_path: Path) -> None:
    kept = Bodies(tmp_path / "kept", BOUND)
    assert kept.keep("a", body(tmp_path, b"x" * (BOUND + 1))) is None
    assert kept.keep("a", str(tmp_path / "gone")) is None
    assert not kept.has("a")


@pytest.mark.parametrize("is_file", [False, True])
def test_what_is_lent_stays_while_it_is_read(tmp_path: Path, is_file: bool) -> None:
    kept = Bodies(tmp_path / "kept", BOUND)
    reference = keep(kept, body(tmp_path, b"rows") if is_file else b"rows")
    with kept.lend(reference, tmp_path) as borrowed:
        for file in (tmp_path / "kept").iterdir():
            file.unlink()
        assert not kept.has(reference)
        assert read(borrowed) == b"rows"
