"""The composition root: settings go in, the application comes out, with workers, store and spool wired to it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from fastapi import FastAPI
from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool

from service.api.application import State, assemble
from service.api.archive import Archive
from service.api.backlog import Backlog, problem_of
from service.api.callers import Callers
from service.api.counts import Counts
from service.api.pace import Pace
from service.api.resources import Resources
from service.api.spool import Spool, open_spool
from service.contract import Limits
from service.jobs.batches import Batches
from service.jobs.bodies import Bodies
from service.jobs.database import checkpoint, open_database
from service.jobs.housekeeping import Housekeeping
from service.jobs.keys import Keys
from service.jobs.ledger import Ledger
from service.jobs.pool import Pool
from service.jobs.runner import Desk, Runner
from service.jobs.store import Store
from service.settings import Settings, available_cpus

TASKS = "service.tasks"
"""The package that workers import before their first task; this process knows it by name alone."""

HAND_OVER_SECONDS = 1.0
"""How long a service that stops waits for jobs that are about to end; the others go to other processes, or wait."""


def create_app(settings: Settings) -> FastAPI:
    """The application. Files, processes and connections are opened when its lifespan starts, closed when it ends."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[State]:
        async with open_resources(settings) as resources:
            yield {"resources": resources}

    return assemble(lifespan)


@asynccontextmanager
async def open_resources(settings: Settings) -> AsyncIterator[Resources]:
    """The resources that the settings ask for, until the block ends. Raises OSError and StoreUnusable."""
    pool = Pool(
        settings.workers,
        preload=(TASKS,),
        deadline=settings.fit_seconds,
        queue_limit=settings.queue,
        tasks_per_worker=settings.tasks_per_worker,
        memory_limit=settings.worker_bytes,
    )
    limits = Limits(bytes=settings.inflated_bytes, columns=settings.columns, rows=settings.rows, levels=settings.levels)
    with open_files(settings) as files, Batches() as batches:
        keys = Keys(files.database)
        ledger = Ledger(files.database, process=files.spool.name, is_gone=files.spool.is_left)
        archive = Archive(Store(files.database), files.bodies)
        backlog = Backlog(ledger, pool.submit, archive, files.accepted, limits, settings.jobs)
        housekeeping = Housekeeping(
            archive.documents, ledger, files.accepted, days=settings.fit_days, bytes=settings.fits_bytes
        )
        runner = Runner(
            ledger,
            Desk(backlog.begin, backlog.settle, problem_of, housekeeping.tidy, partial(checkpoint, files.database)),
            most=settings.workers,
        )
        pool.start()
        runner.start()
        try:
            yield Resources(
                workers=pool,
                archive=archive,
                batches=batches,
                backlog=backlog,
                runner=runner,
                callers=Callers(
                    keys.owner, is_guarded=settings.auth and keys.exist(), per_minute=settings.requests_per_minute
                ),
                counts=Counts(),
                spool=files.spool,
                limits=limits,
                pace=Pace(queue=settings.queue, workers=settings.workers, cpus=available_cpus()),
                patience=settings.patience_seconds,
            )
        finally:
            # The server lets requests in flight end before the lifespan does: nobody waits for what is left of theirs.
            await run_in_threadpool(runner.close, grace=HAND_OVER_SECONDS)
            await pool.close(grace=0)


@dataclass(frozen=True, slots=True)
class Files:
    """What a service has on disk: its spool, the bodies of its fits, the folder of its jobs' bodies, its database."""

    spool: Spool
    bodies: Bodies
    accepted: Path
    database: Engine


@contextmanager
def open_files(settings: Settings) -> Iterator[Files]:
    """The files that the settings ask for, until the block ends. Raises OSError and StoreUnusable."""
    folder = settings.data_dir
    with open_spool(folder / "spool", settings.body_bytes, settings.body_seconds) as spool:
        accepted = folder / "accepted"
        accepted.mkdir(exist_ok=True)
        database = open_database(settings.database_url)
        try:
            yield Files(spool, Bodies(folder / "bodies", settings.kept_bytes), accepted, database)
        finally:
            database.dispose()
