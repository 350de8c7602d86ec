"""Batches: what is asked of a thread while it works is done together next, as a database keeps many as fast as one."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar

from service.jobs.database import OUTAGES

Item = TypeVar("Item")
Result = TypeVar("Result")

Act = Callable[[Sequence[Any]], Sequence[Any]]
"""Takes many items, and gives a result for each, in their order."""


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """One of the items that a function is asked about, and who waits for what comes of it."""

    act: Act
    item: object
    waiting: asyncio.Future[Any]


class Batches:
    """A thread that calls functions of many items, for coroutines of one event loop, each of which asks about one."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "batches")
        self._requests: list[Request] = []
        self._work: asyncio.Task[None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Let the thread do what it is at, and end."""
        self._thread.shutdown()

    async def do(self, act: Callable[[Sequence[Item]], Sequence[Result]], item: Item) -> Result:
        """What `act` gives for this item, called with those that others have asked it about meanwhile.

        What it raises is raised for those items alone with which it raises it again; for all of them where the database
        does not answer. It goes on if this is cancelled.
        """
        waiting: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._requests.append(Request(act, item, waiting))
        if self._work is None:
            self._work = asyncio.create_task(self._serve())
        return await waiting

    async def _serve(self) -> None:
        """Do what has been asked, and what is asked meanwhile, until there is nothing."""
        loop = asyncio.get_running_loop()
        try:
            while self._requests:
                act = self._requests[0].act
                batch = [each for each in self._requests if each.act == act]
                self._requests = [each for each in self._requests if each.act != act]
                outcomes = await loop.run_in_executor(self._thread, _outcomes, act, [each.item for each in batch])
                for request, (result, error) in zip(batch, outcomes, strict=True):
                    _tell(request.waiting, result, error)
        finally:
            self._work = None


def _outcomes(act: Act, items: Sequence[object]) -> list[tuple[object, Exception | None]]:
    """Of each item, its result, or what was raised."""
    try:
        return [(result, None) for result in act(items)]
    except OUTAGES as error:
        return [(None, error)] * len(items)
    except Exception as error:
        if len(items) == 1:
            return [(None, error)]
        return [outcome for item in items for outcome in _outcomes(act, [item])]


def _tell(waiting: asyncio.Future[Any], result: object, error: Exception | None) -> None:
    """Give who waits what came of it, unless they have gone."""
    if waiting.done():
        return
    if error is None:
        waiting.set_result(result)
    else:
        waiting.set_exception(error)
