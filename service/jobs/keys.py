"""Keys: made, listed and revoked; a bearer token goes in, the id of its key comes out, or nothing.

A token is `pp_<id>_<secret>`. The id is public, the secret has 256 bits, so that a plain digest keeps it: there is
nothing to guess. (OWASP Password Storage: slow hashes are for what people choose.)
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, func, insert, select, update

from service.jobs.database import writing
from service.jobs.tables import keys

PREFIX = "pp"
NOBODY = hashlib.sha256(b"nobody").hexdigest()
"""What the secret of an unknown key is compared with, so that it takes as long as that of a known one."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key without its secret."""

    id: str
    name: str
    created_at: datetime
    revoked_at: datetime | None


class Keys:
    """The keys in a database. All methods block, and may be called from any thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(self, name: str) -> str:
        """The token of a new key; nothing but its owner will ever know it."""
        id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
        with writing(self._engine) as connection:
            connection.execute(insert(keys).values(id=id, name=name, digest=_digest(secret)))
        return f"{PREFIX}_{id}_{secret}"

    def list(self) -> list[Key]:
        """All keys, from the oldest on."""
        columns = (keys.c.id, keys.c.name, keys.c.created_at, keys.c.revoked_at)
        with self._engine.connect() as connection:
            rows = connection.execute(select(*columns).order_by(keys.c.created_at, keys.c.id)).all()
        return [Key(*row) for row in rows]

    def revoke(self, id: str) -> bool:
        """Whether there was a key with this id, which is of no use from now on."""
        with writing(self._engine) as connection:
            unrevoked = update(keys).where(keys.c.id == id, keys.c.revoked_at.is_(None))
            return bool(connection.execute(unrevoked.values(revoked_at=func.now())).rowcount)

    def exist(self) -> bool:
        """Whether any key is in use."""
        with self._engine.connect() as connection:
            return connection.execute(select(keys.c.id).where(keys.c.revoked_at.is_(None)).limit(1)).first() is not None

    def owner(self, token: str) -> str | None:
        """The id of the key that a token is; None if it is none, or is revoked."""
        prefix, _, rest = token.partition("_")
        id, _, secret = rest.partition("_")
        with self._engine.connect() as connection:
            known = select(keys.c.digest).where(keys.c.id == id, keys.c.revoked_at.is_(None))
            digest = connection.execute(known).scalar()
        matches = hmac.compare_digest(_digest(secret), digest or NOBODY)
        return id if matches and digest is not None and prefix == PREFIX else None


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
