"""Documents kept under their id, and what was asked with them.

Bytes come out as they went in. A document of 125,000 groups is 15 MB; it is not compressed, because that takes longer
than writing it (zlib's fastest 0.13 s, the whole write 0.08 s).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    LargeBinary,
    TextClause,
    and_,
    bindparam,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    update,
)

from service.jobs.database import age_of, writing
from service.jobs.tables import answers, fits, removals, requests

AT_ONCE = 500
"""Documents removed in one transaction, so that others can write in between."""


# What every fit says to the database, made once: to put a statement together takes longer than to run it.
KEEP = text(
    "INSERT INTO fits (id, document, owner, size) VALUES (:id, :document, :owner, :size) ON CONFLICT (id) DO NOTHING"
).bindparams(bindparam("document", type_=LargeBinary))
RETURN = text("DELETE FROM removals WHERE id = :id")
ASK = text(
    "INSERT INTO requests (id, body, words) VALUES (:id, :body, :words)"
    " ON CONFLICT (id) DO UPDATE SET body = excluded.body, words = excluded.words"
).bindparams(bindparam("words", type_=LargeBinary))
LEAD = text(
    "INSERT INTO answers (request, fit) VALUES (:digest, :fit) ON CONFLICT (request) DO UPDATE SET fit = excluded.fit"
)
DOCUMENT = select(fits.c.document).where(fits.c.id == bindparam("id"), fits.c.owner == bindparam("owner"))
ANSWER = (
    select(fits.c.id, fits.c.document, requests.c.body)
    .join(answers, answers.c.fit == fits.c.id)
    .outerjoin(requests, requests.c.id == fits.c.id)
    .where(answers.c.request == bindparam("digest"), fits.c.owner == bindparam("owner"))
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked: the digest of a request, the reference to its body, if that is kept, and its other words."""

    digest: str
    body: str | None
    words: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """The id and the document that a request got, and the reference to its body, if that was kept."""

    id: str
    document: bytes
    body: str | None


@dataclass(frozen=True, slots=True)
class Lot:
    """Documents of one owner, by their ids, and what was asked with them all; the first is what it got."""

    documents: Mapping[str, bytes]
    owner: str = ""
    asked: Asked | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A document that is kept: its id, its size in bytes, and since when."""

    id: str
    size: int
    created_at: datetime


class Store:
    """The documents in a database; each belongs to its `owner`, and does not exist for others.

    All methods block, and may be called from any thread.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put_all(self, lots: Sequence[Lot]) -> list[set[str]]:
        """Of each lot, the ids of those documents that are now kept; one that there was under an id already stays.

        All are kept in one transaction, or none.
        """
        new: list[set[str]] = [set() for _ in lots]
        # All who write keep to one order, so that no two can wait for each other.
        documents = sorted((id, number) for number, lot in enumerate(lots) for id in lot.documents)
        with writing(self._engine) as connection:
            for id, number in documents:
                if _is_kept(connection, id, lots[number]):
                    new[number].add(id)
            _execute(connection, RETURN, [{"id": id} for id in set().union(*new)])
            _note(connection, [(list(lot.documents), lot.asked) for lot in lots if lot.asked is not None])
        return new

    def get(self, id: str, owner: str = "") -> bytes | None:
        """The document that this owner has under an id, if any."""
        with self._engine.connect() as connection:
            return connection.execute(DOCUMENT, {"id": id, "owner": owner}).scalar()

    def move_body(self, old: str, new: str) -> None:
        """Note that a body which was kept under one reference is now kept under another."""
        with writing(self._engine) as connection:
            connection.execute(update(requests).where(requests.c.body == old).values(body=new))

    def request(self, id: str) -> tuple[str, bytes] | None:
        """The reference to the body and the words of the request that this fit answered, if they were kept."""
        with self._engine.connect() as connection:
            row = connection.execute(select(requests.c.body, requests.c.words).where(requests.c.id == id)).first()
        return None if row is None else (row.body, row.words)

    def answers(self, digests: Sequence[tuple[str, str]]) -> list[Answer | None]:
        """What each request got, by its digest and owner, where it is kept."""
        with self._engine.connect() as connection:
            rows = [connection.execute(ANSWER, {"digest": digest, "owner": owner}).first() for digest, owner in digests]
        return [None if row is None else Answer(row.id, row.document, row.body) for row in rows]

    def page(self, owner: str, limit: int, after: tuple[datetime, str] | None = None) -> list[Entry]:
        """The owner's documents from the newest on, `limit` at most, those after a given one."""
        wanted: ColumnElement[bool] = fits.c.owner == owner
        if after is not None:
            moment, id = after
            earlier = or_(fits.c.created_at < moment, and_(fits.c.created_at == moment, fits.c.id > id))
            wanted = and_(wanted, earlier)
        query = select(fits.c.id, fits.c.size, fits.c.created_at).where(wanted)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(fits.c.created_at.desc(), fits.c.id).limit(limit)).all()
        return [Entry(row.id, row.size, row.created_at) for row in rows]

    def remove(self, id: str, owner: str, reason: str) -> bool:
        """Whether there was a document, which is now gone; `reason` is what those are told who still ask for it."""
        with writing(self._engine) as connection:
            return bool(_remove(connection, and_(fits.c.id == id, fits.c.owner == owner), reason))

    def removal(self, id: str, owner: str = "") -> str | None:
        """Why a document that this owner had under an id is gone; None if it is not, or there never was one."""
        with self._engine.connect() as connection:
            return connection.execute(
                select(removals.c.reason).where(removals.c.id == id, removals.c.owner == owner)
            ).scalar()

    def expire(self, seconds: float, bytes: int) -> int:
        """Remove what is older than so many seconds, and the oldest of what is more than so many bytes; how many."""
        old = age_of(fits.c.created_at, self._engine) > seconds
        removed = self._remove_lots(old, f"It was kept for {timedelta(seconds=seconds)}, as long as fits are.")
        # Summed from the newest on, what lies beyond the bound.
        newest_first = (fits.c.created_at.desc(), fits.c.id)
        running = select(fits.c.id, func.sum(fits.c.size).over(order_by=newest_first).label("total")).subquery()
        beyond = fits.c.id.in_(select(running.c.id).where(running.c.total > bytes))
        if self._total() > bytes:
            removed += self._remove_lots(beyond, "It had to make room for newer fits.")
        with writing(self._engine) as connection:
            # Whoever asks much later learns no more than that there is nothing.
            connection.execute(delete(removals).where(age_of(removals.c.removed_at, self._engine) > 10 * seconds))
        return removed

    def _total(self) -> int:
        """The bytes of all documents."""
        with self._engine.connect() as connection:
            return int(connection.execute(select(func.coalesce(func.sum(fits.c.size), 0))).scalar_one())

    def _remove_lots(self, which: ColumnElement[bool], reason: str) -> int:
        """Remove these documents, some at a time; how many there were."""
        removed = 0
        while True:
            with writing(self._engine) as connection:
                lot = select(fits.c.id).where(which).order_by(fits.c.created_at).limit(AT_ONCE)
                ids = list(connection.execute(lot).scalars())
                count = _remove(connection, fits.c.id.in_(ids), reason) if ids else 0
            removed += count
            if count < AT_ONCE:
                return removed


def _is_kept(connection: Connection, id: str, lot: Lot) -> bool:
    """Whether the document of the lot is now kept under this id, and none was before."""
    document = lot.documents[id]
    row = {"id": id, "document": document, "owner": lot.owner, "size": len(document)}
    return bool(connection.execute(KEEP, row).rowcount)


def _note(connection: Connection, questions: Sequence[tuple[Sequence[str], Asked]]) -> None:
    """Note what was asked with fits, the first of which is what it got, of each question."""
    requests = [
        {"id": id, "body": asked.body, "words": asked.words}
        for ids, asked in questions
        if asked.body is not None
        for id in ids
    ]
    _execute(connection, ASK, sorted(requests, key=itemgetter("id")))
    leads = [{"digest": asked.digest, "fit": ids[0]} for ids, asked in questions]
    _execute(connection, LEAD, sorted(leads, key=itemgetter("digest")))


def _execute(connection: Connection, statement: TextClause, rows: Sequence[Mapping[str, object]]) -> None:
    """Execute a statement for each of the rows, if there are any: none would be executed as one without values."""
    if rows:
        connection.execute(statement, rows)


def _remove(connection: Connection, which: ColumnElement[bool], reason: str) -> int:
    """Remove these documents and what was asked with them, and note why; how many there were."""
    gone = list(connection.execute(select(fits.c.id).where(which)).scalars())
    connection.execute(delete(removals).where(removals.c.id.in_(gone)))
    noted = select(fits.c.id, fits.c.owner, literal(reason)).where(fits.c.id.in_(gone))
    connection.execute(insert(removals).from_select(["id", "owner", "reason"], noted))
    connection.execute(delete(answers).where(answers.c.fit.in_(gone)))
    connection.execute(delete(requests).where(requests.c.id.in_(gone)))
    connection.execute(delete(fits).where(fits.c.id.in_(gone)))
    return len(gone)
