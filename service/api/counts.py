"""Counts: what this process has done, as Prometheus reads it."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Counts:
    """What `/metrics` tells of this process, as Prometheus counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "partialpool_requests", "Requests answered.", ["method", "route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "partialpool_request_seconds", "Seconds from a request to its answer.", ["route"], registry=self.registry
        )
        self.fits = Counter("partialpool_fits", "Requests for fits, by outcome.", ["outcome"], registry=self.registry)
        self.stages = Counter(
            "partialpool_stage_seconds", "Seconds of work, by stage.", ["stage"], registry=self.registry
        )
        self.workers = Gauge("partialpool_workers", "Worker processes, by state.", ["state"], registry=self.registry)
        self.waiting = Gauge("partialpool_waiting", "Tasks that wait for a worker.", registry=self.registry)
        self.jobs = Gauge("partialpool_jobs_waiting", "Jobs in the store that wait.", registry=self.registry)
        self.deaths = Gauge("partialpool_worker_deaths", "Workers that died at work.", registry=self.registry)
        self.retries = Gauge("partialpool_retries", "Tasks that were begun again.", registry=self.registry)
