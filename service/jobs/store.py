"""Documents kept under their id, and what was asked with them, in a database that several processes may share.

In goes the URL of a database; bytes go in and come out as they were. A document of 125,000 groups is 15 MB; it is not
compressed, because that takes longer than writing it (zlib's fastest 0.13 s, the whole write 0.08 s).
"""

import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path

from sqlalchemy import (
    URL,
    Column,
    DateTime,
    Engine,
    LargeBinary,
    MetaData,
    QueuePool,
    String,
    Table,
    create_engine,
    delete,
    event,
    false,
    func,
    insert,
    make_url,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.schema import CreateTable

BUSY_TIMEOUT = 30.0
"""Seconds to wait while another process writes to the same SQLite file."""

TABLES = MetaData()

fits = Table(
    "fits",
    TABLES,
    Column("id", String, primary_key=True),
    Column("document", LargeBinary, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

requests = Table(
    "requests",
    TABLES,
    Column("id", String, primary_key=True),
    Column("body", String, nullable=False),
    Column("words", LargeBinary, nullable=False),
)
"""The request that a fit answered: the name its body is kept under, and what else was sent."""


class StoreUnusable(Exception):
    """No documents can be kept under this URL, so the service cannot start; the message says why."""


class Store:
    """The documents in a database, which is made where there is none.

    `url` is SQLAlchemy's: "sqlite:////var/lib/partialpool/fits.db", or "sqlite://" for one that ends with the object.
    Raises StoreUnusable. All methods block, and may be called from any thread.
    """

    def __init__(self, url: str) -> None:
        try:
            address = make_url(url)
        except SQLAlchemyError:
            raise StoreUnusable("The store's URL is not the URL of a database.") from None
        try:
            self._engine = connect(address)
            prepare(self._engine)
        except (OSError, ImportError, SQLAlchemyError) as problem:
            reason = problem.orig if isinstance(problem, DBAPIError) else problem
            raise StoreUnusable(f"The store {address} cannot be used: {reason}.") from problem

    def put_all(self, documents: Mapping[str, bytes]) -> set[str]:
        """The ids of those documents that are now kept, all at once; one that there was under an id already stays."""
        while True:
            try:
                with self._engine.begin() as connection:
                    known = {row.id for row in connection.execute(select(fits.c.id).where(fits.c.id.in_(documents)))}
                    # All who write keep to one order, so that no two can wait for each other.
                    new = sorted(documents.keys() - known)
                    if new:
                        connection.execute(insert(fits), [{"id": id, "document": documents[id]} for id in new])
            except IntegrityError:
                continue  # Somebody else has kept one of them since; it is known at the next try.
            return set(new)

    def get(self, id: str) -> bytes | None:
        """The document kept under this id, if any."""
        with self._engine.connect() as connection:
            return connection.execute(select(fits.c.document).where(fits.c.id == id)).scalar()

    def put_request(self, ids: Iterable[str], body: str, words: bytes) -> None:
        """Keep what was asked with these fits: the name of its body, and its other words; the newest stays."""
        rows = [{"id": id, "body": body, "words": words} for id in sorted(ids)]
        while True:
            try:
                with self._engine.begin() as connection:
                    connection.execute(delete(requests).where(requests.c.id.in_([row["id"] for row in rows])))
                    connection.execute(insert(requests), rows)
            except IntegrityError:
                continue  # Somebody else has kept one of them in between.
            return

    def request(self, id: str) -> tuple[str, bytes] | None:
        """The name of the body and the words of the request that this fit answered, if they were kept."""
        with self._engine.connect() as connection:
            row = connection.execute(select(requests.c.body, requests.c.words).where(requests.c.id == id)).first()
        return None if row is None else (row.body, row.words)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()


def connect(address: URL) -> Engine:
    """The engine for a database; makes the folder of a SQLite file, raising OSError where it cannot."""
    if address.get_backend_name() != "sqlite":
        return create_engine(address)
    if address.database in (None, "", ":memory:"):
        # The database is its connection: there must be one, and all threads take turns with it.
        return create_engine(
            address, poolclass=QueuePool, pool_size=1, max_overflow=0, connect_args={"check_same_thread": False}
        )
    if not address.database.startswith("file:"):
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(address, connect_args={"timeout": BUSY_TIMEOUT})
    event.listen(engine, "connect", relax)
    return engine


def relax(connection: sqlite3.Connection, _: object) -> None:
    """Let a commit return before the disk has it: after a power cut the last documents may be gone, no more."""
    connection.execute("PRAGMA synchronous = NORMAL").close()


def prepare(engine: Engine) -> None:
    """Make the tables where they are absent, and ask for all that will be needed of it, changing nothing."""
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "sqlite":
                # Readers and the one writer then do not wait for each other; the file remembers it.
                connection.execute(text("PRAGMA journal_mode = WAL"))
            for table in TABLES.sorted_tables:
                connection.execute(CreateTable(table, if_not_exists=True))
                connection.execute(update(table).where(false()).values({column: column for column in table.c}))
    except SQLAlchemyError:
        engine.dispose()
        raise
