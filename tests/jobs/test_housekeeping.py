"""Housekeeping removes what is old, unless it cannot trust the clock that says so."""

import os
import time
from pathlib import Path

import pytest
from sqlalchemy import Engine

from service.jobs import housekeeping as module
from service.jobs.database import open_database
from service.jobs.housekeeping import DAY, FORGOTTEN, MISTRUST, Housekeeping
from service.jobs.ledger import Ledger
from service.jobs.store import Lot, Store


class Clocks:
    """The time of day and the time that passes."""

    day, passed = 1.8e9, 5000.0

    def time(self) -> float:
        return self.day

    def monotonic(self) -> float:
        return self.passed


@pytest.fixture
def database() -> Engine:
    return open_database("sqlite://")


def housekeeping(database: Engine, folder: Path, *, days: float = 30, bytes: int = 10**6) -> Housekeeping:
    return Housekeeping(Store(database), Ledger(database, "p"), folder, days=days, bytes=bytes)


def test_what_is_old_is_removed(database: Engine, tmp_path: Path) -> None:
    Store(database).put_all([Lot({"a": b"1"})])
    housekeeping(database, tmp_path).tidy()
    assert Store(database).get("a")
    housekeeping(database, tmp_path, days=-1).tidy()
    assert Store(database).get("a") is None


def test_nothing_is_removed_for_a_day_after_the_clock_has_jumped(
    database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clocks = Clocks()
    monkeypatch.setattr(module, "time", clocks)
    keeper = housekeeping(database, tmp_path, days=-1)
    Store(database).put_all([Lot({"a": b"1"})])
    clocks.day += 365 * DAY
    keeper.tidy()
    clocks.day, clocks.passed = clocks.day + MISTRUST - 1, clocks.passed + MISTRUST - 1
    keeper.tidy()
    assert Store(database).get("a")
    clocks.day, clocks.passed = clocks.day + 2, clocks.passed + 2
    keeper.tidy()
    assert Store(database).get("a") is None


def test_bodies_that_nobody_waits_for_are_removed(
    database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("waiting", "left"):
        (tmp_path / name).write_bytes(b"rows")
    Ledger(database, "p").accept("waiting", "", b"")
    keeper = housekeeping(database, tmp_path)
    keeper.tidy()
    assert sorted(os.listdir(tmp_path)) == ["left", "waiting"]
    clocks = Clocks()
    clocks.day, clocks.passed = time.time() + FORGOTTEN + 10, time.monotonic() + FORGOTTEN + 10
    monkeypatch.setattr(module, "time", clocks)
    keeper.tidy()
    assert os.listdir(tmp_path) == ["waiting"]
