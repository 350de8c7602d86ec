"""Pools that are closed after the test."""

from collections.abc import Iterator

import pytest

from service.jobs.pool import Pool
from tests.jobs.processes import OpenPool, Options


@pytest.fixture
def open_pool() -> Iterator[OpenPool]:
    """Opens pools; what a test does not say is generous."""
    generous: Options = {
        "preload": ("tests.jobs.tasks",),
        "deadline": 20.0,
        "queue_limit": 1000,
        "tasks_per_worker": 10_000,
        "memory_limit": None,
    }
    pools: list[Pool] = []

    def open_one(size: int, options: Options) -> Pool:
        pools.append(Pool(size, **(generous | options)))
        pools[-1].start()
        return pools[-1]

    yield lambda size, **options: open_one(size, options)
    for pool in pools:
        pool.close(0)
