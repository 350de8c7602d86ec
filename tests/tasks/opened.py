"""A fit, and the request it answered, as what follows it is given them."""

import json
from pathlib import Path

from service.contract import Submission
from service.tasks.fits import fit
from tests.tasks.questions import JSON, LIMITS, RADON


def submitted(folder: Path, name: str, body: object) -> Submission:
    """A request with this body."""
    path = folder / name
    path.write_bytes(body if isinstance(body, bytes) else json.dumps(body).encode())
    return Submission(str(path), JSON, "", "", LIMITS)


def opened(folder: Path, **options: object) -> tuple[bytes, Submission]:
    """The document of a fit of the radon data, and the request."""
    asked = submitted(folder, "fit", {**RADON, **options})
    reply = fit(asked)
    assert not reply.failed, reply.body
    return reply.body, asked
