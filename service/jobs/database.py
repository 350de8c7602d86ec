"""The database of documents, jobs and keys: a URL goes in, an engine comes out, its tables made or brought up to date.

SQLite or PostgreSQL, which several processes may share.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    Engine,
    Float,
    QueuePool,
    cast,
    create_engine,
    event,
    extract,
    false,
    func,
    inspect,
    make_url,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnection

from service.jobs.tables import TABLES

BUSY_TIMEOUT = 30.0
"""Seconds to wait while another process writes to the same SQLite file."""

LOG_PAGES = 2**14
"""Pages of 4 KiB in SQLite's log from which on who writes has to wait until they are in the database's file."""

LATEST = "2"
"""The last step of `migrations/`: a database that has made it needs none."""

MIGRATION_LOCK = 7_346_512
"""The advisory lock of PostgreSQL under which one process at a time brings the tables up to date."""


OUTAGES = (OperationalError, InterfaceError, NoConnection)
"""What is raised while a database is gone, locked, or has no room; it may answer again."""


class StoreUnusable(Exception):
    """Nothing can be kept under this URL, so the service cannot start; the message says why."""


def open_database(url: str) -> Engine:
    """The engine for a database that is ready for use; `url` is SQLAlchemy's.

    "sqlite:////var/lib/partialpool/fits.db", "postgresql+psycopg://user@host/name", or "sqlite://" for one that ends
    with the engine. Raises StoreUnusable.
    """
    try:
        address = make_url(url)
    except SQLAlchemyError:
        raise StoreUnusable("The store's URL is not the URL of a database.") from None
    try:
        engine = connect(address)
        prepare(engine)
    except (OSError, ImportError, SQLAlchemyError) as problem:
        reason = problem.orig if isinstance(problem, DBAPIError) else problem
        raise StoreUnusable(f"The store {address} cannot be used: {reason}.") from problem
    return engine


def connect(address: URL) -> Engine:
    """The engine for a database; makes the folder of a SQLite file, raising OSError where it cannot."""
    if address.get_backend_name() != "sqlite":
        # A connection that the server has closed meanwhile is replaced before it is used.
        return create_engine(address, pool_pre_ping=True)
    if address.database in (None, "", ":memory:"):
        # The database is its connection: there must be one, and all threads take turns with it.
        return create_engine(
            address, poolclass=QueuePool, pool_size=1, max_overflow=0, connect_args={"check_same_thread": False}
        )
    if not address.database.startswith("file:"):
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(address, connect_args={"timeout": BUSY_TIMEOUT})
    event.listen(engine, "connect", take_control)
    event.listen(engine, "begin", begin)
    return engine


def take_control(connection: sqlite3.Connection, _: object) -> None:
    """Begin transactions ourselves: the driver begins them late, so that what was read may have changed since."""
    connection.isolation_level = None
    # Readers and the one writer then do not wait for each other; the file remembers it.
    connection.execute("PRAGMA journal_mode = WAL").close()
    connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}").close()


@contextmanager
def writing(engine: Engine, *, durable: bool = False) -> Iterator[Connection]:
    """A transaction that writes: it is committed when the block ends, undone if that raises.

    A `durable` one is on the disk then; of others SQLite may lose the last in a power cut, no more.
    """
    with engine.connect() as connection:
        connection.execution_options(writes=True, durable=durable)
        with connection.begin():
            yield connection


def checkpoint(engine: Engine) -> None:
    """Bring what stands in SQLite's log into the database's file, whose disk nobody who writes then has to wait for."""
    if engine.dialect.name == "sqlite":
        with closing(engine.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)").close()


def age_of(moment: ColumnElement[datetime], engine: Engine) -> ColumnElement[float]:
    """The seconds since a moment, by the clock of the database."""
    if engine.dialect.name == "sqlite":
        return (func.julianday("now") - func.julianday(moment)) * 86_400.0
    return cast(extract("epoch", func.now() - moment), Float)


def begin(connection: Connection) -> None:
    """Begin to write at once where one writes: SQLite refuses who has read first and finds that another has written."""
    options, cursor = connection.get_execution_options(), connection.connection.cursor()
    wanted = "FULL" if options.get("durable") else "NORMAL"
    if connection.info.get("synchronous") != wanted:
        cursor.execute(f"PRAGMA synchronous = {wanted}")
        connection.info["synchronous"] = wanted
    cursor.execute("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")
    cursor.close()


def prepare(engine: Engine) -> None:
    """Bring the tables up to date, and ask for all that will be needed of them, changing nothing."""
    try:
        with writing(engine) as connection:
            migrate(connection)
            for table in TABLES.sorted_tables:
                connection.execute(update(table).where(false()).values({column: column for column in table.c}))
    except SQLAlchemyError:
        engine.dispose()
        raise


def migrate(connection: Connection) -> None:
    """Make the steps that the database has not made yet; whoever comes at the same time waits, and finds them made."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
    if inspect(connection).has_table("alembic_version"):
        made = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        if made == LATEST:
            return
    from alembic import command, config  # noqa: PLC0415 - it takes a fifth of a second, and is seldom needed

    steps = config.Config()
    steps.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    steps.attributes["connection"] = connection
    command.upgrade(steps, "head")
