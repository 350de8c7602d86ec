"""Batches: what is asked while the thread works is done together, and each gets what comes of its own."""

import asyncio
import threading
from collections.abc import Sequence

import pytest
from sqlalchemy.exc import OperationalError

from service.jobs.batches import Batches


class Doubler:
    """Doubles numbers once it may, and remembers which came together."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.may = threading.Event()

    def double(self, numbers: Sequence[int]) -> list[int]:
        self.may.wait(10)
        self.batches.append(list(numbers))
        return [2 * number for number in numbers]

    def negate(self, numbers: Sequence[int]) -> list[int]:
        return [-number for number in numbers]

    def invert(self, numbers: Sequence[int]) -> list[float]:
        self.batches.append(list(numbers))
        return [1 / number for number in numbers]

    def fail(self, numbers: Sequence[int]) -> list[int]:
        self.batches.append(list(numbers))
        raise OperationalError("", None, OSError())


def test_what_is_asked_meanwhile_is_done_together() -> None:
    doubler = Doubler()

    async def ask() -> list[int]:
        with Batches() as batches:
            first = asyncio.create_task(batches.do(doubler.double, 1))
            await asyncio.sleep(0.05)  # The thread is at it; were it not, the next two would come with it.
            others = [asyncio.create_task(batches.do(doubler.double, number)) for number in (2, 3)]
            other = asyncio.create_task(batches.do(doubler.negate, 4))
            await asyncio.sleep(0)
            doubler.may.set()
            return [await each for each in (first, *others, other)]

    assert asyncio.run(ask()) == [2, 4, 6, -4]
    assert doubler.batches == [[1], [2, 3]]


def test_a_thread_that_had_nothing_to_do_goes_on() -> None:
    async def ask() -> list[int]:
        with Batches() as batches:
            return [await batches.do(Doubler().negate, number) for number in range(3)]

    assert asyncio.run(ask()) == [0, -1, -2]


def test_the_fault_of_one_is_not_that_of_its_neighbours() -> None:
    doubler = Doubler()

    async def ask() -> list[float | BaseException]:
        with Batches() as batches:
            asked = (batches.do(doubler.invert, number) for number in (1, 0, 4))
            return await asyncio.gather(*asked, return_exceptions=True)

    one, nothing, quarter = asyncio.run(ask())
    assert (one, quarter) == (1, 0.25)
    assert isinstance(nothing, ZeroDivisionError)
    assert doubler.batches == [[1, 0, 4], [1], [0], [4]]


def test_a_database_that_does_not_answer_is_asked_once_for_all() -> None:
    doubler = Doubler()

    async def ask() -> list[int | BaseException]:
        with Batches() as batches:
            return await asyncio.gather(
                *(batches.do(doubler.fail, number) for number in (1, 2)), return_exceptions=True
            )

    assert [type(each) for each in asyncio.run(ask())] == [OperationalError] * 2
    assert doubler.batches == [[1, 2]]


def test_who_no_longer_waits_holds_up_nobody() -> None:
    doubler = Doubler()

    async def ask() -> int:
        with Batches() as batches:
            gone = asyncio.create_task(batches.do(doubler.double, 1))
            stays = asyncio.create_task(batches.do(doubler.double, 2))
            await asyncio.sleep(0.01)
            gone.cancel()
            doubler.may.set()
            with pytest.raises(asyncio.CancelledError):
                await gone
            return await stays

    assert asyncio.run(ask()) == 4
    assert doubler.batches == [[1, 2]]
