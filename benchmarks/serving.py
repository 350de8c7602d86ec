"""The service from outside: the time of one radon fit, and whether /livez waits while a large body is fitted.

Run: python -m benchmarks.serving URL
"""

import json
import statistics
import sys
import threading
import time

import httpx
import numpy as np

from service import data
from service.data import Categorical, Numeric

FITS = 200
LARGE_ROWS = 1_000_000
"""A JSON body of some 70 MB."""


def radon_columns() -> dict[str, list[float] | list[str]]:
    """The radon survey as a client would send it."""
    columns: dict[str, list[float] | list[str]] = {}
    for name, column in data.dataset("radon").columns.items():
        if isinstance(column, Categorical):
            columns[name] = [column.levels[code] for code in column.codes]
        elif isinstance(column, Numeric):
            columns[name] = column.values.tolist()
    return columns


def large_body() -> bytes:
    """A fit of three numeric columns and the labels of 50,000 groups."""
    random = np.random.default_rng(2)
    codes = random.integers(0, 50_000, LARGE_ROWS)
    x, z, noise = random.standard_normal((3, LARGE_ROWS))
    y = x + random.standard_normal(50_000)[codes] + noise
    columns = {"y": y.tolist(), "x": x.tolist(), "z": z.tolist(), "g": [f"g{code}" for code in codes]}
    return json.dumps({"formula": "y ~ x + z + (1 | g)", "data": columns, "include": []}).encode()


def server_milliseconds(answer: httpx.Response) -> tuple[float, float]:
    """From the Server-Timing header: the worker's time, parse to bytes, and the server's, first byte to last."""
    stages = dict(part.strip().split(";dur=") for part in answer.headers["server-timing"].split(","))
    total = float(stages.pop("total"))
    return sum(map(float, stages.values())), total


def time_radon(client: httpx.Client) -> None:
    """Print how long the radon model takes, for the server and for the client; no two requests are the same."""
    columns = radon_columns()
    times: list[tuple[float, float, float]] = []
    for k in range(FITS):
        body = {"formula": "log_radon ~ floor + (1 | county)", "data": columns, "confidence_level": 0.9 + k / 1e4}
        content = json.dumps(body).encode()
        start = time.perf_counter()
        answer = client.post("/v1/fits", content=content, headers={"Content-Type": "application/json"})
        seen = 1e3 * (time.perf_counter() - start)
        times.append((*server_milliseconds(answer.raise_for_status()), seen))
    worker, server, client_side = (quantiles(list(column)) for column in zip(*times, strict=True))
    print(f"radon over HTTP, {len(content) / 1e3:.0f} kB: worker {worker}; server {server}; client {client_side}")


def time_livez(client: httpx.Client) -> None:
    """Print how long /livez takes while a large body is sent and fitted."""
    body = large_body()
    answers: list[httpx.Response] = []

    def send() -> None:
        with httpx.Client(base_url=client.base_url, timeout=300) as other:
            answers.append(other.post("/v1/fits", content=body, headers={"Content-Type": "application/json"}))

    sender = threading.Thread(target=send)
    sender.start()
    pings = []
    while sender.is_alive():
        start = time.perf_counter()
        client.get("/livez").raise_for_status()
        pings.append(1e3 * (time.perf_counter() - start))
        time.sleep(0.002)
    answers[0].raise_for_status()
    milliseconds = server_milliseconds(answers[0])[1]
    print(f"a body of {len(body) / 1e6:.0f} MB: server {milliseconds:.0f} ms; meanwhile /livez {quantiles(pings)}")


def quantiles(values: list[float]) -> str:
    """Median and 99th percentile."""
    return f"p50 {statistics.median(values):.2f} ms p99 {np.quantile(values, 0.99):.2f} ms"


if __name__ == "__main__":
    with httpx.Client(base_url=sys.argv[1], timeout=60) as connection:
        time_radon(connection)
        time_livez(connection)
