"""The composition root: settings go in, the application comes out, with workers, store and spool wired to it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager

from fastapi import FastAPI

from service.api.application import State, assemble
from service.api.resources import Pace, Resources
from service.api.spool import Spool, open_spool
from service.contract import Limits
from service.jobs.bodies import Bodies
from service.jobs.pool import Pool
from service.jobs.store import Store
from service.settings import Settings

TASKS = "service.tasks"
"""The package that workers import before their first task; this process knows it by name alone."""


def create_app(settings: Settings) -> FastAPI:
    """The application. Files, processes and connections are opened when its lifespan starts, closed when it ends."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[State]:
        with open_resources(settings) as resources:
            yield {"resources": resources}

    return assemble(lifespan)


@contextmanager
def open_resources(settings: Settings) -> Iterator[Resources]:
    """The resources that the settings ask for, until the block ends. Raises OSError and StoreUnusable."""
    pool = Pool(
        settings.workers,
        preload=(TASKS,),
        deadline=settings.fit_seconds,
        queue_limit=settings.queue,
        tasks_per_worker=settings.tasks_per_worker,
        memory_limit=settings.worker_bytes,
    )
    with open_files(settings) as (spool, bodies, store):
        pool.start()
        try:
            yield Resources(
                workers=pool,
                documents=store,
                bodies=bodies,
                spool=spool,
                limits=Limits(bytes=settings.inflated_bytes, columns=settings.columns, rows=settings.rows),
                pace=Pace(queue=settings.queue, workers=settings.workers),
            )
        finally:
            # The server lets requests in flight end before the lifespan does: nobody waits for what is left.
            pool.close(grace=0)


@contextmanager
def open_files(settings: Settings) -> Iterator[tuple[Spool, Bodies, Store]]:
    """The spool, the bodies and the store that the settings ask for, until the block ends.

    Raises OSError and StoreUnusable.
    """
    with (
        open_spool(settings.data_dir / "spool", settings.body_bytes, settings.body_seconds) as spool,
        closing(Store(settings.database_url)) as store,
    ):
        yield spool, Bodies(settings.data_dir / "bodies", settings.kept_bytes), store
