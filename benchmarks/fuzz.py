"""The published schema against the service: what schemathesis finds, and how the service answered while it looked.

A service of its own is started and fitted once, so that what follows a fit has a fit to follow. Then its schema is
worked through in rounds with a seed each, all checks on, until there were as many cases as asked for: in turns all
operations with what leads from one to the next, and those that take an id with the id of that fit. What a schema cannot
say is no failure where a request meets it: that a formula or a table means nothing (400, 422), that there is no such
fit, or not yet (404, 409), that another form was asked for or sent (406, 415).

Run: python -m benchmarks.fuzz [--cases N] [--schemathesis PATH] (pip install schemathesis)
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from itertools import count
from pathlib import Path

from tests.jobs.processes import until
from tests.serving import Server, serving

CASES = 10_000
ROUND_SECONDS = 120
PER_OPERATION = 100
"""Cases of an operation and phase at most, so that none takes a round alone."""

SLOWEST = "120"
"""Seconds an answer may take: ten thousand fits of a bootstrap take a minute, and may."""

RADON = {"formula": "log_radon ~ floor + (1 | county)", "dataset": "radon", "include": ["prediction"]}
ANSWERED = """\
[checks.positive_data_acceptance]
expected-statuses = ["2xx", 304, 400, 404, 406, 409, 415, 422]
"""

GENERATED = re.compile(r"(\d+) generated")
FAILURE = re.compile(r"❌ (ST\d+ [^:]+: \d+)")


def fuzz(server: Server, schemathesis: str, seed: int) -> tuple[int, list[str]]:
    """The cases of one round, and what failed in it; a round with an even seed is of the id of a fit alone."""
    follows = seed % 2 == 0
    fit = server.client.post("/v1/fits", json=RADON).raise_for_status().json()["id"]
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as settings:
        settings.write(ANSWERED + (f'[parameters]\n"path.id" = "{fit}"\n' if follows else ""))
        settings.flush()
        command = [schemathesis, "--config-file", settings.name, "run", f"{server.client.base_url}/openapi.json"]
        command += ["--checks", "all", "--no-shrink", "--seed", str(seed), "--max-time", str(ROUND_SECONDS)]
        command += ["--max-examples", str(PER_OPERATION), "--request-timeout", SLOWEST, "--max-response-time", SLOWEST]
        if follows:
            command += ["--phases", "coverage,fuzzing", "--include-path-regex", "{id}", "--exclude-method", "DELETE"]
        ended = subprocess.run(command, cwd=server.cwd, capture_output=True, text=True, check=False)
    generated = GENERATED.search(ended.stdout)
    if generated is None:
        raise SystemExit(f"schemathesis did not run: {ended.stdout[-1000:]}{ended.stderr[-1000:]}")
    failures = FAILURE.findall(ended.stdout)
    if ended.returncode and not failures:
        failures = [f"ended with {ended.returncode}"]
    if failures:
        print(ended.stdout)
    return int(generated[1]), failures


def answers(server: Server) -> Counter[tuple[int, str]]:
    """How many answers there were of each status, and to which path, by the service's own log."""
    lines = (json.loads(line) for line in server.log.read_text().splitlines())
    answers = [line for line in lines if line["logger"] == "partialpool.access"]
    return Counter((line["status"], line.get("path", "none")) for line in answers)  # what is no HTTP has no path


def run(schemathesis: str, cases: int) -> bool:
    """Print the figures of so many cases; whether nothing failed."""
    failed: list[str] = []
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder) / "data", requests_per_minute=10**9) as server:
        until(server.is_ready)
        # While it starts it is asked until it is ready, and says truly that it is not yet.
        starting = answers(server)
        done = 0
        for seed in count(1):
            more, failures = fuzz(server, schemathesis, seed)
            done, failed = done + more, failed + failures
            print(f"seed {seed}: {more} cases, {', '.join(failures) or 'nothing failed'}", flush=True)
            if done >= cases:
                break
        given = answers(server) - starting
        ready = server.is_ready()
    by_status: Counter[int] = Counter()
    for (status, _), n in given.items():
        by_status[status] += n
    broken = {answer: n for answer, n in given.items() if answer[0] >= 500}
    print(f"{done} cases; answers by status: {', '.join(f'{status}: {n}' for status, n in sorted(by_status.items()))}")
    print(f"failures: {len(failed)}; 5xx: {broken or 'none'}; ready: {ready}")
    return ready and not failed and not broken


def main() -> None:
    """Fuzz as the command line asks."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    arguments.add_argument("--cases", type=int, default=CASES)
    arguments.add_argument("--schemathesis", default=shutil.which("schemathesis"), help="its command, if not on PATH")
    asked = arguments.parse_args()
    if asked.schemathesis is None:
        raise SystemExit("schemathesis is not there: pip install schemathesis, or --schemathesis PATH.")
    sys.exit(0 if run(asked.schemathesis, asked.cases) else 1)


if __name__ == "__main__":
    main()
