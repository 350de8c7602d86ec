"""A fit that stands ready to be asked more: its document and the request it answered are kept."""

from collections.abc import Callable
from pathlib import Path

from service.api.resources import Resources
from tests.api.stand_ins import DOCUMENT, FITTED, FakeDocuments, FakeWorkers, resources

WORDS = b'["application/json", "", ""]'


def with_fit(folder: Path, outcome: Callable[..., object] = lambda *_: FITTED) -> tuple[Resources, FakeWorkers]:
    """Resources that keep the fit f1, and their workers."""
    workers = FakeWorkers(outcome)
    at = resources(workers, FakeDocuments({"f1": DOCUMENT}, {"f1": ("f1", WORDS)}))
    body = folder / "body"
    body.write_bytes(b"{}")
    assert at.bodies.keep("f1", body)
    return at, workers
