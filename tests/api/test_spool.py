"""A body is taken as it arrives, under limits, a large one into a file, which never stays."""

import asyncio
import fcntl
import hashlib
import itertools
import os
from collections.abc import Iterable
from pathlib import Path

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from service.api.spool import PIECE, Spool, open_spool
from service.errors import BodyTooLarge, BodyTooSlow
from tests.api.stand_ins import GONE, Wire, piece, scope


def receive(spool: Spool, wire: Wire, limit: int | None = None, **headers: str) -> bytes:
    async def receiving() -> bytes:
        async with spool.receive(Request(scope(**headers), wire.receive), limit) as body:
            content = body.content if isinstance(body.content, bytes) else Path(body.content).read_bytes()
            assert body.digest == hashlib.sha256(content).hexdigest()
            return content

    return asyncio.run(receiving())


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path, bytes=100, seconds=5)


WHOLE: list[list[bytes]] = [[b""], [b"a"], [b"a", b"", b"bc"], [b"x" * 100], [b"x"] * 100]


@pytest.mark.parametrize("pieces", WHOLE)
def test_all_of_the_body_is_there(spool: Spool, pieces: list[bytes]) -> None:
    messages = [piece(part) for part in pieces[:-1]] + [piece(pieces[-1], more=False)]
    assert receive(spool, Wire(iter(messages))) == b"".join(pieces)
    assert list(spool.folder.iterdir()) == []


def test_a_large_body_arrives_in_order(tmp_path: Path) -> None:
    parts = [bytes([number]) * (PIECE // 3 + number) for number in range(20)]
    messages = iter([*map(piece, parts), piece(b"end", more=False)])
    assert receive(Spool(tmp_path, bytes=100 * PIECE, seconds=30), Wire(messages)) == b"".join(parts) + b"end"


def test_a_gigabyte_in_chunks_is_never_read_whole(spool: Spool) -> None:
    wire = Wire(itertools.repeat(piece(b"x" * 60), 10**9 // 60))
    with pytest.raises(BodyTooLarge):
        receive(spool, wire)
    assert wire.received == 2
    assert list(spool.folder.iterdir()) == []


@pytest.mark.parametrize(("limit", "length"), [(None, "101"), (50, "51"), (10**6, "101"), (None, "9" * 5000)])
def test_a_length_that_is_too_large_is_refused_before_reading(spool: Spool, limit: int | None, length: str) -> None:
    wire = Wire([])
    with pytest.raises(BodyTooLarge):
        receive(spool, wire, limit, content_length=length)
    assert wire.received == 0


def test_a_body_that_stalls_is_too_slow(tmp_path: Path) -> None:
    with pytest.raises(BodyTooSlow):
        receive(Spool(tmp_path, bytes=2 * PIECE, seconds=0.2), Wire(iter([piece(LARGE)])))
    assert list(tmp_path.iterdir()) == []


def test_time_spent_on_the_work_is_not_the_bodys(tmp_path: Path) -> None:
    async def working() -> None:
        wire = Wire(iter([piece(b"a", more=False)]))
        async with Spool(tmp_path, bytes=100, seconds=0.05).receive(Request(scope(), wire.receive)):
            await asyncio.sleep(0.1)
            raise TimeoutError("of the work")

    with pytest.raises(TimeoutError, match="of the work"):
        asyncio.run(working())


LARGE = b"a" * (PIECE + 1)
LEAVING: list[Iterable[Message]] = [[GONE], [piece(b"a"), GONE], [piece(LARGE), GONE]]


@pytest.mark.parametrize("messages", LEAVING)
def test_a_client_that_leaves_leaves_no_file(tmp_path: Path, messages: Iterable[Message]) -> None:
    spool = Spool(tmp_path, bytes=2 * PIECE, seconds=5)
    with pytest.raises(ClientDisconnect):
        receive(spool, Wire(iter(messages)))
    assert list(spool.folder.iterdir()) == []


def test_cancelled_work_leaves_no_file(tmp_path: Path) -> None:
    spool = Spool(tmp_path, bytes=2 * PIECE, seconds=5)

    async def cancelling() -> None:
        async def waiting() -> None:
            wire = Wire(iter([piece(LARGE, more=False)]))
            async with spool.receive(Request(scope(), wire.receive)):
                await asyncio.Event().wait()

        task = asyncio.create_task(waiting())
        while not list(spool.folder.iterdir()):
            await asyncio.sleep(0.001)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    asyncio.run(cancelling())
    assert list(spool.folder.iterdir()) == []


def test_leftovers_of_the_dead_are_removed_and_those_of_the_living_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leftover = tmp_path / "of-a-killed-process"
    leftover.mkdir()
    (leftover / "body").write_bytes(b"x")
    listed = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda folder: [*listed(folder), folder / "gone-when-looked-at"])
    with open_spool(tmp_path, 100, 5) as first:
        assert not leftover.exists()
        (first.folder / "body").write_bytes(b"x")
        with open_spool(tmp_path, 100, 5) as second:
            assert (first.folder / "body").exists()
            assert second.folder != first.folder
    assert [each.name for each in listed(tmp_path)] == [".lock"]


def test_locks_are_such_as_nfs_grants(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flock = fcntl.flock

    def only_if_open_for_writing(descriptor: int, operation: int) -> None:
        assert fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_RDWR
        flock(descriptor, operation)

    monkeypatch.setattr("service.api.spool.fcntl.flock", only_if_open_for_writing)
    (tmp_path / "of-a-killed-process").mkdir()
    with open_spool(tmp_path, 100, 5) as spool:
        assert spool.is_left("of-a-killed-process")
        assert not spool.is_left(spool.name)


def test_who_has_ended_is_known_by_the_free_lock(tmp_path: Path) -> None:
    with open_spool(tmp_path, 100, 5) as here:
        with open_spool(tmp_path, 100, 5) as other:
            assert not here.is_left(other.name)
            assert not other.is_left(here.name)
        assert here.is_left(other.name)
        (tmp_path / "killed").mkdir()
        assert here.is_left("killed")
