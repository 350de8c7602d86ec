"""A fit that stands ready to be asked more: its document and the request it answered are kept."""

from collections.abc import Callable
from pathlib import Path

from service.api.resources import Resources
from service.jobs.store import Asked, Lot
from tests.api.stand_ins import DOCUMENT, FITTED, FakeDocuments, FakeWorkers, resources

WORDS = b'["application/json", "", ""]'


def with_fit(folder: Path, outcome: Callable[..., object] = lambda *_: FITTED) -> tuple[Resources, FakeWorkers]:
    """Resources that keep the fit f1, and their workers."""
    workers = FakeWorkers(outcome)
    return keeping_fit(workers, folder), workers


def keeping_fit(workers: FakeWorkers, folder: Path, words: bytes = WORDS) -> Resources:
    """Resources with these workers that keep the fit f1, and the request with these words that it answered."""
    documents = FakeDocuments({"f1": DOCUMENT})
    at = resources(workers, documents)
    body = folder / "body"
    body.write_bytes(b"{}")
    asked = Asked("digest", at.archive.bodies.keep("f1", str(body)), words)
    documents.put_all([Lot({"f1": DOCUMENT}, asked=asked)])
    return at
