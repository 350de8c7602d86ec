"""Where nothing can be kept, requests are told so and when to come again; nothing is left of them, and it passes."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from service.api.callers import Callers
from service.api.resources import Resources
from service.api.spool import PIECE
from service.jobs.bodies import Bodies
from tests.api.stand_ins import FakeDocuments, FakeWorkers, ask, fails, lying, post_json, resources

ASYNC = {"Content-Type": "application/json", "Prefer": "respond-async"}
OUTAGES = [
    OperationalError("BEGIN", {}, Exception("database or disk is full")),
    InterfaceError("BEGIN", {}, Exception("connection already closed")),
    NoConnection("QueuePool limit reached"),
]


def refuse(at: Resources, method: str = "POST", path: str = "/v1/fits", headers: dict[str, str] = ASYNC) -> None:
    """Assert that a request is refused as it should be."""
    answer = ask(method, path, at, b"{}" if method == "POST" else None, headers)
    assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")
    assert answer.headers["Retry-After"] == "5"
    assert "disk" not in answer.text
    assert "Pool" not in answer.text


def files(at: Resources) -> list[Path]:
    folders = (at.spool.folder, at.backlog.folder, at.archive.bodies._folder)
    return [path for folder in folders for path in lying(folder)]


@contextmanager
def outage(documents: FakeDocuments, error: Exception) -> Iterator[None]:
    """Until the block ends the database does not answer."""

    def fail(_: Connection) -> None:
        raise error

    event.listen(documents.engine, "begin", fail)
    try:
        yield
    finally:
        event.remove(documents.engine, "begin", fail)


@pytest.mark.parametrize(
    "size", [PIECE + 1, 3_000_000]
)  # of the smaller the last byte is written when the file is closed
def test_a_body_for_which_the_disk_has_no_room(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    at = resources(bytes=10**7)

    make = tempfile.mkstemp

    def full(dir: Path) -> tuple[int, str]:
        handle, name = make(dir=dir)
        os.close(handle)
        return os.open("/dev/full", os.O_WRONLY), name

    with monkeypatch.context() as patch:
        patch.setattr("service.api.spool.tempfile.mkstemp", full)
        answer = ask("POST", "/v1/fits", at, b"x" * size, ASYNC)
        assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")
    assert files(at) == []
    assert post_json("/v1/fits", at).status_code == 201


@pytest.mark.parametrize("headers", [ASYNC, {"Content-Type": "application/json"}])
def test_a_full_disk_keeps_no_half_of_a_body(monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]) -> None:
    at = resources(FakeWorkers())

    def no_room(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def half(one: Path, other: object) -> None:
        target = other if isinstance(other, Path) else one
        with target.open("wb") as file:
            file.write(b"{")
        no_room()

    with monkeypatch.context() as patch:
        patch.setattr(os, "link", no_room)
        patch.setattr(shutil, "copyfile", half)
        patch.setattr(Path, "write_bytes", half)
        patch.setattr(Bodies, "_opened", lambda _: os.fdopen(os.open("/dev/full", os.O_WRONLY), "wb"))
        refuse(at, headers=headers)
    assert files(at) == []
    assert at.backlog.jobs.count() == 0
    assert ask("POST", "/v1/fits", at, b"{}", headers).status_code in (201, 202)


@pytest.mark.parametrize("error", OUTAGES, ids=lambda error: type(error).__name__)
def test_a_database_that_is_gone_for_a_while(error: Exception) -> None:
    documents = FakeDocuments()
    at = resources(documents=documents)
    assert post_json("/v1/fits", at).status_code == 201
    with outage(documents, error):
        refuse(at)
        refuse(at, headers={"Content-Type": "application/json"})
        for method, path in (("GET", "/v1/fits/f1"), ("GET", "/v1/fits"), ("DELETE", "/v1/fits/f1")):
            refuse(at, method, path)
        assert ask("GET", "/livez", at).status_code == 200
    assert ask("GET", "/v1/fits/f1", at).status_code == 200
    assert ask("POST", "/v1/fits?more", at, b"{}", ASYNC).status_code == 202


def test_keys_that_cannot_be_looked_up() -> None:
    def owner(token: str) -> str | None:
        raise OUTAGES[0]

    at = resources(callers=Callers(owner, is_guarded=True, per_minute=100))
    refuse(at, headers=ASYNC | {"Authorization": "Bearer pp_a_b"})


@pytest.mark.parametrize("error", [OSError(errno.EBADF, "Bad file descriptor"), FileNotFoundError("/secret")])
def test_what_no_outage_explains_is_a_failure_of_the_service(error: Exception) -> None:
    answer = post_json("/v1/fits", resources(FakeWorkers(fails(error))))
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "secret" not in answer.text


def test_a_body_that_was_dropped_is_kept_again_when_it_is_sent_again() -> None:
    at = resources(FakeWorkers())
    assert post_json("/v1/fits", at).status_code == 201
    (kept,) = at.archive.bodies._folder.iterdir()
    kept.unlink()
    assert ask("GET", "/v1/fits/f1/fitted", at).status_code == 404
    assert post_json("/v1/fits", at).status_code == 200
    assert ask("GET", "/v1/fits/f1/fitted", at).status_code == 200
