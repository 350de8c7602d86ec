"""The tables of the database: what is kept, and what is still to be done.

`migrations/` brings a database of any earlier version to these; a test proves that both say the same.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    TypeDecorator,
    false,
    func,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.types import TypeEngine

TABLES = MetaData()


class Moment(TypeDecorator[datetime]):
    """A moment in UTC; SQLite has it as its CURRENT_TIMESTAMP writes it, to the second, so that texts compare."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime]:
        """The column's type in this kind of database."""
        if dialect.name != "sqlite":
            return self.impl_instance
        form = "%(year)04d-%(month)02d-%(day)02d %(hour)02d:%(minute)02d:%(second)02d"
        return sqlite.DATETIME(  # type: ignore[no-untyped-call]  # the library does not type it
            storage_format=form, regexp=r"(\d+)-(\d+)-(\d+) (\d+):(\d+):(\d+)"
        )

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The moment as it is written."""
        return value if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The moment as it is read."""
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


class Id(TypeDecorator[str]):
    """An id, as anybody may ask for it: NUL, which PostgreSQL has in no text, becomes a character that no id has."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """The id as it is looked for."""
        return value if value is None else value.replace("\0", "\N{REPLACEMENT CHARACTER}")


fits = Table(
    "fits",
    TABLES,
    Column("id", Id, primary_key=True),
    Column("document", LargeBinary, nullable=False),
    Column("created_at", Moment, nullable=False, server_default=func.now()),
    Column("owner", String, nullable=False, server_default=""),
    Column("size", Integer, nullable=False, server_default="0"),
    Index("fits_by_owner", "owner", "created_at", "id"),
    Index("fits_by_age", "created_at"),
)
"""The documents: `owner` is the key that made one, "" where no keys are used."""

requests = Table(
    "requests",
    TABLES,
    Column("id", Id, primary_key=True),
    Column("body", String, nullable=False),
    Column("words", LargeBinary, nullable=False),
)
"""The request that a fit answered: the reference to its body, and what else was sent."""

answers = Table(
    "answers",
    TABLES,
    Column("request", String, primary_key=True),
    Column("fit", String, nullable=False),
    Index("answers_by_fit", "fit"),
)
"""The fit that answered a request, by the digest of what was sent byte for byte."""

removals = Table(
    "removals",
    TABLES,
    Column("id", Id, primary_key=True),
    Column("owner", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("removed_at", Moment, nullable=False, server_default=func.now()),
)
"""Fits and jobs that there were, and why they are gone."""

jobs = Table(
    "jobs",
    TABLES,
    Column("id", Id, primary_key=True),
    Column("owner", String, nullable=False),
    Column("words", LargeBinary, nullable=False),
    Column("state", String, nullable=False),
    Column("stage", String),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("process", String),
    Column("cancelled", Boolean, nullable=False, server_default=false()),
    Column("fit", String),
    Column("problem", LargeBinary),
    Column("created_at", Moment, nullable=False, server_default=func.now()),
    Column("started_at", Moment),
    Column("finished_at", Moment),
    Index("jobs_by_state", "state", "created_at", "id"),
    Index("jobs_by_owner", "owner", "created_at", "id"),
)
"""Accepted work: `words` is its request without the body, `fit` the document it led to, `problem` why it led to none.

`process` is who runs it, `attempts` how often it was begun: both together say whose result counts.
"""

processes = Table(
    "processes",
    TABLES,
    Column("id", String, primary_key=True),
    Column("beat", Integer, nullable=False),
)
"""The serving processes that run jobs. A process whose `beat` stands still is dead, whatever any clock says."""

keys = Table(
    "keys",
    TABLES,
    Column("id", Id, primary_key=True),
    Column("name", String, nullable=False),
    Column("digest", String, nullable=False),
    Column("created_at", Moment, nullable=False, server_default=func.now()),
    Column("revoked_at", Moment),
)
"""Bearer keys, by the part of them that is no secret; of the secret only the digest is known."""
