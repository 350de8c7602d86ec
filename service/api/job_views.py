"""Jobs as clients see them: a job as it is kept goes in, its view or the answer that tells of it comes out."""

from starlette.responses import Response

from service.api import media
from service.contract import Failure, JobView
from service.contract.job import progress_of
from service.jobs.job import Job


def view_of(job: Job) -> JobView:
    """Where a job stands."""
    return JobView(
        id=job.id,
        status=job.state,
        stage=job.stage if job.state == "running" else None,
        progress=progress_of(job.state, job.stage),
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        attempts=job.attempts,
        fit=None if job.fit is None else f"/v1/fits/{job.fit}",
        problem=None if job.problem is None else Failure.model_validate_json(job.problem),
    )


def accepted(job: Job) -> Response:
    """The answer to a request that has become a job."""
    headers = {"Location": f"/v1/fits/{job.id}", "Retry-After": "1", "Cache-Control": "no-store"}
    return Response(view_of(job).model_dump_json(), 202, headers, media.JSON)
