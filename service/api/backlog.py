"""The backlog: accepted work, on disk before anybody is told so, from its acceptance to its end.

A job's body lies in a folder that all serving processes share, under the job's id, until the job is over.
"""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from service.api.archive import Archive
from service.contract import Limits, Reply, Submission, failure_of
from service.errors import QueueFull, ServiceError
from service.jobs.files import put_durably
from service.jobs.job import Job
from service.jobs.ledger import Ledger

TASK = "service.tasks.fits:fit"


@dataclass(frozen=True, slots=True)
class Backlog:
    """The jobs of a service. All methods block, and may be called from any thread."""

    jobs: Ledger
    submit: Callable[..., Future[object]]
    archive: Archive
    folder: Path
    limits: Limits
    most: int

    def accept(self, submission: Submission, *, running: bool = False) -> Job:
        """The job of a request, which will be finished whatever happens to this process.

        `running` says that it is being worked on already. Raises QueueFull.
        """
        if not running and self.jobs.count() >= self.most:
            raise QueueFull("Too many jobs are waiting already; try again later.")
        body = self._body(submission.digest)
        put_durably(submission.body, body)
        job = self.jobs.accept(submission.digest, submission.owner, submission.words, running=running)
        if job.is_over:
            body.unlink(missing_ok=True)
        elif not body.exists():  # It lay there for a job of the same request that has ended in between.
            put_durably(submission.body, body)
        return job

    def begin(self, job: Job, tell: Callable[[str], None]) -> Future[object]:
        """The future reply to a job. Raises QueueFull."""
        return self.submit(TASK, self._submission(job), tell=tell)

    def settle(self, job: Job, outcome: object) -> None:
        """Keep what came out of a job, and note how it ended; unless it has been given to another process meanwhile."""
        fit, problem = None, None
        if isinstance(outcome, ServiceError):
            problem = problem_of(outcome)
        elif not isinstance(outcome, Reply):
            raise TypeError(f"{TASK} answered with a {type(outcome).__name__}")
        elif outcome.failed:
            problem = outcome.body
        else:
            (filed,) = self.archive.file([(outcome, self._submission(job))])
            fit = filed.id
        if self.jobs.finish(job, fit=fit, problem=problem):
            self._body(job.id).unlink(missing_ok=True)

    def cancel(self, id: str, owner: str) -> bool:
        """Whether there was a job that was not over; it ends within a second, wherever it runs."""
        cancelled = self.jobs.cancel(id, owner)
        if cancelled:
            self._body(id).unlink(missing_ok=True)
        return cancelled

    def _body(self, id: str) -> Path:
        return self.folder / id

    def _submission(self, job: Job) -> Submission:
        path, folder = str(self._body(job.id)), str(self.folder)
        return Submission.kept(path, job.words, self.limits, owner=job.owner, digest=job.id, folder=folder)


def problem_of(error: ServiceError) -> bytes:
    """The failure that an error stands for, as JSON."""
    return failure_of(error).model_dump_json().encode()
