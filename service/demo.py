"""A first look: start the service, fit the radon survey over HTTP, print what comes back and how to go on.

It is a client like any other: all it knows of the service is its address.
"""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from http.client import HTTPException
from pathlib import Path
from typing import Any

RUN = Path(".run")
HTTP = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""A client that goes straight to the address, whatever proxy is set for the rest of the world."""

READY = b"ready\n"
SECONDS_TO_START, SECONDS_TO_ANSWER = 60, 5
FORMULA = "log_radon ~ floor + (1 | county)"
SHOWN = ("AITKIN", "ANOKA", "BECKER", "LACQUIPARLE")


def demonstrate(host: str, port: int) -> int:
    """Show a fit by the service at an address, which is started unless it is there; 0 if all went well."""
    url = f"http://{host}:{port}"
    if not _is_ready(url):
        if _is_taken(host, port):
            return _fail(f"{url} is taken by something else, or not ready; PARTIALPOOL_PORT sets another port.")
        _start(host, port)
        if not _wait(url):
            return _fail(f"The service did not become ready at {url}; {RUN / 'log'} says why.")
    document = _post(url, {"dataset": "radon", "formula": FORMULA})
    with HTTP.open(f"{url}/v1/fits/{document['id']}/summary") as answer:
        summary = answer.read().decode()
    print("\n".join(["", summary, *_reading(document), *_next_steps(url, document["id"])]))
    return 0


def _fail(why: str) -> int:
    print(f"partialpool: {why}", file=sys.stderr)
    return 1


def _start(host: str, port: int) -> None:
    """Start the service in the background; it stays when this process ends."""
    RUN.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "service", "serve", "--host", host, "--port", str(port)]
    with (RUN / "log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own command
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    (RUN / "pid").write_text(str(process.pid))
    # The service outlives this process; nobody here waits for its end.
    process.returncode = 0


def _wait(url: str) -> bool:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        if _is_ready(url):
            return True
        if not _is_running():
            (RUN / "pid").unlink()
            return False
        time.sleep(0.05)
    return False


def _is_ready(url: str) -> bool:
    try:
        with HTTP.open(f"{url}/readyz", timeout=SECONDS_TO_ANSWER) as answer:
            return bool(answer.read(len(READY)) == READY)
    except (OSError, HTTPException):
        return False


def _is_taken(host: str, port: int) -> bool:
    """Whether anything accepts connections there."""
    try:
        with socket.create_connection((host, port), timeout=SECONDS_TO_ANSWER):
            return True
    except OSError:
        return False


def _is_running() -> bool:
    try:
        finished, _ = os.waitpid(int((RUN / "pid").read_text()), os.WNOHANG)
    except ChildProcessError:
        return False
    return finished == 0


def _post(url: str, body: dict[str, str]) -> dict[str, Any]:  # Any: JSON from outside
    request = urllib.request.Request(  # noqa: S310 - our own address
        f"{url}/v1/fits", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with HTTP.open(request) as answer:
        document: dict[str, Any] = json.load(answer)
    return document


def _reading(document: dict[str, Any]) -> list[str]:
    """What the numbers say, in words."""
    pool = document["pooling"][0]
    effects, lines = document["random_effects"]["county"], document["coefficients"]["county"]
    mean = document["fixed_effects"][0]["estimate"]
    said = [
        f"{document['icc']['adjusted']:.0%} of the variance lies between counties (the intraclass correlation).",
        f"A county with {pool['equivalent_n']:.1f} homes is pulled half-way to the mean of all ({mean:.2f}): "
        f"{pool['groups_below']} counties have fewer, {pool['groups_above']} more.",
        "",
        f"{'county':<14}{'homes':>6}{'own mean':>10}{'weight':>8}{'estimate':>10}",
    ]
    for level in SHOWN:
        j = effects["levels"].index(level)
        weight, effect = effects["weight"][j], effects["estimate"][j][0]
        row = f"{level:<14}{effects['n'][j]:>6}{mean + effect / weight:>10.2f}{weight:>8.2f}"
        said.append(f"{row}{lines['estimate'][j][0]:>10.2f}")
    return said


def _next_steps(url: str, id: str) -> list[str]:
    body = json.dumps({"dataset": "radon", "formula": FORMULA})
    return [
        "",
        f"documentation  {url}/docs",
        f"the document   {url}/v1/fits/{id}",
        f"fit it again   curl {url}/v1/fits -H 'Content-Type: application/json' -d '{body}'",
        f"your own data  curl {url}/v1/fits -F data=@data.csv -F 'formula=y ~ x + (1 | group)'",
        "",
        "The service goes on running; `make stop` ends it.",
    ]
