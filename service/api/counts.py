"""Counts: what this process has done, as Prometheus reads it."""

from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Counts:
    """What `/metrics` tells of this process, as Prometheus counts.

    What has labels is a function of them: to find its place among the others each time takes longer than to count.
    """

    def __init__(self) -> None:
        at = self.registry = CollectorRegistry()
        requests = Counter("partialpool_requests", "Requests answered.", ["method", "route", "status"], registry=at)
        seconds = Histogram("partialpool_request_seconds", "Seconds to the answer.", ["route"], registry=at)
        fits = Counter("partialpool_fits", "Requests for fits, by outcome.", ["outcome"], registry=at)
        stages = Counter("partialpool_stage_seconds", "Seconds of work, by stage.", ["stage"], registry=at)
        workers = Gauge("partialpool_workers", "Worker processes, by state.", ["state"], registry=at)
        self.requests, self.seconds = cache(requests.labels), cache(seconds.labels)
        self.fits, self.stages, self.workers = cache(fits.labels), cache(stages.labels), cache(workers.labels)
        self.waiting = Gauge("partialpool_waiting", "Tasks that wait for a worker.", registry=at)
        self.jobs = Gauge("partialpool_jobs_waiting", "Jobs in the store that wait.", registry=at)
        self.deaths = Gauge("partialpool_worker_deaths", "Workers that died at work.", registry=at)
        self.retries = Gauge("partialpool_retries", "Tasks that were begun again.", registry=at)
