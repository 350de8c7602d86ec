"""Housekeeping: what is older than it may be, or more than there may be, is removed."""

import logging
import time
from contextlib import suppress
from pathlib import Path

from service.jobs.ledger import Ledger
from service.jobs.store import Store

DAY = 86_400.0

JUMP = 60.0
"""Seconds by which the clock must leave the time that has passed to have jumped."""

MISTRUST = DAY
"""Seconds for which nothing is removed for its age after the clock has jumped, so that somebody can set it right."""

FORGOTTEN = 3600.0
"""Seconds after which the body of a job that is over, or never began, counts as left behind by a process that died."""

logger = logging.getLogger(__name__)


class Housekeeping:
    """Keeps documents and finished jobs for so many days, and no more than so many bytes of documents."""

    def __init__(self, documents: Store, ledger: Ledger, folder: Path, *, days: float, bytes: int) -> None:
        self._documents, self._ledger, self._folder = documents, ledger, folder
        self._seconds, self._bytes = days * DAY, bytes
        self._offset = time.time() - time.monotonic()
        self._trusted_from = 0.0

    def tidy(self) -> None:
        """Remove what need not be kept."""
        if not self._trusts_clock():
            return
        removed = self._documents.expire(self._seconds, self._bytes)
        removed += self._ledger.expire(self._seconds)
        if removed:
            logger.info("removed %d fits and jobs that were old, or too many", removed)
        old = time.time() - FORGOTTEN
        for body in self._folder.iterdir():
            with suppress(FileNotFoundError):
                if body.stat().st_ctime < old and not self._ledger.is_unfinished(body.name):
                    body.unlink()

    def _trusts_clock(self) -> bool:
        """Whether the clock has gone as it should for a while."""
        offset, now = time.time() - time.monotonic(), time.monotonic()
        if abs(offset - self._offset) > JUMP:
            logger.warning("the clock has jumped by %.0f s: nothing is removed for a day", offset - self._offset)
            self._offset, self._trusted_from = offset, now + MISTRUST
        return now >= self._trusted_from
