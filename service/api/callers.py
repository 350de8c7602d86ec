"""Callers: who sent a request, by its bearer key, and how much they have asked for of late."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from service.errors import RateLimited, Unauthorized

REMEMBERED_SECONDS = 5.0
"""How long a key that was found valid is not looked up again: a revoked one is of no use after that."""

MOST_REMEMBERED = 10_000


class Callers:
    """Who may call, and how often: `owner` gives the key that a token is, None if it is none.

    Without `is_guarded` everybody may, and all are one owner, "". A key has `per_minute` requests, which it may have
    all at once; so has each address where there are no keys.
    """

    def __init__(self, owner: Callable[[str], str | None], *, is_guarded: bool, per_minute: int) -> None:
        self._owner = owner
        self.is_guarded = is_guarded
        self._per_minute = per_minute
        self._remembered: dict[str, tuple[str, float]] = {}
        self._allowances: dict[str, Allowance] = {}

    async def admit(self, connection: HTTPConnection) -> str:
        """The owner of what the request makes. Raises Unauthorized and RateLimited."""
        if not self.is_guarded:
            self._charge(f"address {connection.client.host if connection.client else ''}")
            return ""
        scheme, _, token = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthorized("A key is needed: send it as `Authorization: Bearer <key>`.")
        owner = await self._owner_of(token.strip())
        if owner is None:
            raise Unauthorized("This key is not valid, or no longer.")
        self._charge(owner)
        return owner

    async def _owner_of(self, token: str) -> str | None:
        owner, until = self._remembered.get(token, ("", 0.0))
        if time.monotonic() < until:
            return owner
        found = await run_in_threadpool(self._owner, token)
        if len(self._remembered) >= MOST_REMEMBERED:
            self._remembered.clear()
        self._remembered.pop(token, None)
        if found is not None:
            self._remembered[token] = found, time.monotonic() + REMEMBERED_SECONDS
        return found

    def _charge(self, who: str) -> None:
        """Count a request. Raises RateLimited for one too many."""
        if len(self._allowances) >= MOST_REMEMBERED:
            self._allowances = {
                name: one for name, one in self._allowances.items() if not one.is_full(self._per_minute)
            }
        wait = self._allowances.setdefault(who, Allowance(float(self._per_minute))).spend(self._per_minute)
        if wait > 0:
            raise RateLimited(
                f"No more than {self._per_minute} requests a minute are answered; wait {wait} s.", wait=wait
            )


@dataclass(slots=True)
class Allowance:
    """A bucket of requests that fills with time."""

    left: float
    at: float = field(default_factory=time.monotonic)

    def spend(self, per_minute: int) -> int:
        """Take one; the seconds to wait if there is none, 0 if there was."""
        now = time.monotonic()
        self.left = min(float(per_minute), self.left + (now - self.at) * per_minute / 60.0)
        self.at = now
        if self.left < 1.0:
            return max(1, math.ceil((1.0 - self.left) * 60.0 / per_minute))
        self.left -= 1.0
        return 0

    def is_full(self, per_minute: int) -> bool:
        """Whether nothing is known of it that a new one would not know."""
        return self.left + (time.monotonic() - self.at) * per_minute / 60.0 >= per_minute
