"""Jobs of the real service: finished whatever is killed, visible to their owner alone, stopped when asked."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.jobs.processes import until
from tests.serving import Server, serving

FORMULA = "log_radon ~ floor + (1 | county)"
ASYNC = {"Prefer": "respond-async"}
JOBS = 40


def ask(client: httpx.Client, number: int) -> str:
    """The id of a job that is accepted, whatever it takes."""
    body = {"formula": FORMULA, "dataset": "radon", "confidence_level": 0.5 + number / 1000}
    while True:
        try:
            answer = client.post("/v1/fits", json=body, headers=ASYNC)
        except httpx.TransportError:
            raise ConnectionError from None
        if answer.status_code in (200, 202):
            return str(answer.json()["id"])
        assert answer.status_code == 503
        time.sleep(0.2)


def results(client: httpx.Client, ids: list[str]) -> dict[str, object]:
    return {id: client.get(f"/v1/fits/{id}").json() for id in ids}


def test_jobs_outlive_every_process(tmp_path: Path) -> None:
    ids: list[str] = []
    chance = random.Random(1)  # noqa: S311 - it chooses whom to kill
    for round in range(3):
        with serving(tmp_path / "data") as server:
            until(server.is_ready)
            ids += [ask(server.client, JOBS * round + number) for number in range(JOBS)]
            for _ in range(2):
                time.sleep(0.1)
                os.kill(chance.choice(sorted(server.workers)), signal.SIGKILL)
            os.kill(server.process.pid, signal.SIGKILL)
            server.process.wait()
    with serving(tmp_path / "data") as server:
        until(server.is_ready)
        until(lambda: not any(each["status"] in ("queued", "running") for each in unfinished(server)), seconds=60)
        found = results(server.client, ids)
        levels = set()
        for id, document in found.items():
            assert isinstance(document, dict)
            assert document["status"] == "succeeded", (id, document)
            levels.add(document["fixed_effects"][0]["conf_low"])
        assert len(levels) == 3 * JOBS
        assert list((tmp_path / "data" / "accepted").iterdir()) == []


def unfinished(server: Server) -> list[dict[str, str]]:
    entries: list[dict[str, str]] = server.client.get("/v1/fits?limit=1").json()["fits"]
    return [each for each in entries if each["status"] != "succeeded"]


def test_two_processes_share_what_there_is_to_do(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as first, serving(tmp_path / "data") as second:
        until(lambda: first.is_ready() and second.is_ready())
        ids = [ask(first.client, number) for number in range(JOBS)]
        until(lambda: not unfinished(second))
        for id in ids:
            job = second.client.get(f"/v1/fits/{id}").json()
            assert job["status"] == "succeeded"
        events = first.client.get(f"/v1/fits/{ids[0]}/events").text
        assert '"attempts":1' in events


def keys(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "service", "keys", *arguments],
        env=os.environ | {"PARTIALPOOL_DATA_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_keys_are_made_listed_and_revoked(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    tokens = [keys(folder, "create", name).stdout.strip() for name in ("me", "you")]
    with serving(folder) as server:
        until(server.is_ready)
        assert server.client.get("/v1/fits").status_code == 401
        mine, yours = ({"Authorization": f"Bearer {token}"} for token in tokens)
        made = server.client.post("/v1/fits", json={"formula": FORMULA, "dataset": "radon"}, headers=mine)
        again = server.client.post("/v1/fits", json={"formula": FORMULA, "dataset": "radon"}, headers=yours)
        assert (made.status_code, again.status_code) == (201, 201)
        assert made.json()["id"] != again.json()["id"]
        assert server.client.get(made.headers["Location"], headers=yours).status_code == 404
        assert server.client.get(made.headers["Location"], headers=mine).content == made.content
    listed = keys(folder, "list").stdout.splitlines()
    assert sorted(line.split()[-2:] for line in listed) == [["valid", "me"], ["valid", "you"]]
    assert keys(folder, "revoke", listed[0].split()[0]).returncode == 0
    assert keys(folder, "revoke", listed[0].split()[0]).returncode == 1
    assert "revoked" in keys(folder, "list").stdout


@pytest.mark.parametrize(("arguments", "refused"), [([], True), (["--no-auth"], False)])
def test_nobody_is_served_unguarded_by_accident(tmp_path: Path, arguments: list[str], refused: bool) -> None:
    command = [sys.executable, "-m", "service", "serve", "--host", "0.0.0.0", "--port", "0", *arguments]  # noqa: S104
    environment = os.environ | {"PARTIALPOOL_DATA_DIR": str(tmp_path)}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    assert process.stderr
    said = ""
    while line := process.stderr.readline():
        said += line
        if "Uvicorn running" in line:
            process.terminate()
    assert (process.wait(20) == 2) == refused
    assert ("keys create" in said) == refused
    process.stderr.close()
