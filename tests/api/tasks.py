"""Tasks for real workers: what service.tasks do, without the mathematics."""

import os
import signal
import time
from pathlib import Path

from service.contract import Reply, Submission


def sent(submission: Submission) -> bytes:
    """The bytes of the body, wherever they lie."""
    return submission.body if isinstance(submission.body, bytes) else Path(submission.body).read_bytes()


def fit(submission: Submission) -> Reply:
    """The body as the document, under the query as its id."""
    return Reply(body=sent(submission), id=submission.query, seconds={"read": 0.0})


def fit_for_ever(submission: Submission) -> Reply:
    """Never end, having written the worker's id into the file that the query names."""
    Path(submission.query).write_text(str(os.getpid()))
    while True:
        pass


def fit_slowly(submission: Submission) -> Reply:
    """The body as the document, once there is the file that the query names."""
    while not Path(submission.query).exists():
        time.sleep(0.01)
    return Reply(body=sent(submission), id="slow")


def die(submission: Submission) -> Reply:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def fail(submission: Submission) -> Reply:
    raise RuntimeError("a secret of the mathematics")
