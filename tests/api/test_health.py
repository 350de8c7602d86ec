"""Alive is who answers; ready is who has workers that answer."""

import pytest

from service.errors import QueueFull
from tests.api.stand_ins import FakeWorkers, ask, fails, resources


@pytest.mark.parametrize("is_ready", [True, False])
def test_alive_whatever_the_workers_do(is_ready: bool) -> None:
    workers = FakeWorkers(fails(QueueFull("Too much.")), is_ready=is_ready)
    assert ask("GET", "/livez", resources(workers)).status_code == 200
    assert workers.asked == []


def test_ready_as_long_as_the_workers_answer() -> None:
    assert ask("GET", "/readyz", resources(FakeWorkers(is_ready=True))).status_code == 200
    response = ask("GET", "/readyz", resources(FakeWorkers(is_ready=False)))
    assert (response.status_code, response.json()["code"]) == (503, "not_ready")
    assert response.headers["Retry-After"] == "1"
