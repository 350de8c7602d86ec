"""The pace: a burst is served, of a crowd that stands nobody waits, and when it has gone all is as before."""

from collections.abc import Callable

import pytest

from service.api import pace
from service.api.pace import Pace
from service.errors import QueueFull

WORKERS = 3
CPUS = 2
QUEUE = 20
CROWD = WORKERS + pace.CROWD * WORKERS + 1
"""Places taken of which more wait than a burst of no account leaves."""


class Clock:
    """A clock that goes when it is told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("service.api.pace.time.monotonic", clock)
    return clock


def admits(at: Pace, taken: int, client: int = 0) -> bool:
    at.taken = taken
    try:
        with at.place(("client", client)):
            assert at.taken == taken + 1
    except QueueFull:
        return False
    finally:
        assert at.taken == taken
    return True


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("queue", [0, 1, QUEUE])
def test_as_many_wait_as_there_is_room_for(queue: int) -> None:
    at = Pace(queue, WORKERS, CPUS)
    assert all(admits(at, taken) for taken in range(WORKERS + queue))
    assert not admits(at, WORKERS + queue)


def quick() -> Pace:
    return Pace(QUEUE, WORKERS, CPUS, mean_seconds=0.005)


def slow() -> Pace:
    return Pace(QUEUE, WORKERS, CPUS, mean_seconds=7.0)


@pytest.mark.parametrize(("new", "patience"), [(quick, pace.SHORTEST), (slow, 7.0 * pace.FITS)])
def test_a_crowd_that_stands_is_turned_away_until_it_is_none(
    clock: Clock, new: Callable[[], Pace], patience: float
) -> None:
    at = new()
    assert admits(at, CROWD)
    clock.now += 0.9 * patience
    assert admits(at, CROWD)
    clock.now += 0.2 * patience
    assert not any(admits(at, CROWD, client) for client in range(CROWD))
    assert [admits(at, CPUS - 1 + more) for more in range(3)] == [True, False, False]
    clock.now += 0.9 * pace.TERM * patience
    assert not admits(at, CROWD)
    clock.now += 0.2 * pace.TERM * patience
    assert not admits(at, CROWD)
    clock.now += 1.1 * pace.TERM * patience
    assert admits(at, CROWD)


def test_few_who_ask_again_and_again_are_no_crowd(clock: Clock) -> None:
    at = quick()
    assert not admits(at, WORKERS + QUEUE)
    assert not any(admits(at, WORKERS, client) for client in range(CROWD - 1) for _ in range(100))
    clock.now += 1.1 * pace.TERM * pace.SHORTEST
    assert all(admits(at, WORKERS, client) for client in range(CROWD - 1))


def test_a_burst_after_a_burst_is_no_crowd_that_stands(clock: Clock) -> None:
    at = quick()
    for _ in range(10):
        assert admits(at, CROWD)
        clock.now += 0.9 * pace.SHORTEST
        assert admits(at, CROWD - 1)
        clock.now += 0.2 * pace.SHORTEST


def test_who_finds_a_queue_that_was_full_does_not_wait_for_a_while(clock: Clock) -> None:
    at = quick()
    assert not admits(at, WORKERS + QUEUE)
    assert not admits(at, CPUS)
    assert admits(at, CPUS - 1)
    clock.now += 1.1 * pace.TERM * pace.SHORTEST
    assert admits(at, WORKERS + QUEUE - 1)


def test_the_wait_is_that_of_a_full_queue_at_the_latest_pace() -> None:
    at = Pace(QUEUE, WORKERS, CPUS)
    assert at.wait() == 7
    for _ in range(100):
        at.record(0.5)
    assert at.wait() == 4
    for _ in range(100):
        at.record(0.0)
    assert at.wait() == 1
