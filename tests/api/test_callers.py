"""Callers: who has a key gets in, sees what is its own and no more, and only so often."""

import pytest

from service.api import callers as module
from service.api.callers import Callers
from service.api.resources import Resources
from service.jobs.keys import Keys
from tests.api.stand_ins import FakeDocuments, ask, post_json, resources


def guarded(per_minute: int = 1000) -> tuple[Resources, Keys]:
    documents = FakeDocuments()
    keys = Keys(documents.engine)
    return resources(documents=documents, callers=Callers(keys.owner, is_guarded=True, per_minute=per_minute)), keys


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


WRONG: list[dict[str, str]] = [
    {},
    {"Authorization": "Bearer"},
    {"Authorization": "Bearer nothing"},
    {"Authorization": "Basic YTpi"},
    bearer("pp_1_2"),
]


@pytest.mark.parametrize("headers", WRONG)
@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/fits"), ("GET", "/v1/fits/f1"), ("GET", "/v1/none")])
def test_nobody_gets_in_without_a_key(headers: dict[str, str], method: str, path: str) -> None:
    at, _ = guarded()
    response = ask(method, path, at, headers=headers)
    assert (response.status_code, response.json()["code"]) == (401, "unauthorized")
    assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["/", "/livez", "/readyz", "/metrics", "/docs", "/openapi.json"])
def test_what_tells_nothing_of_anybody_needs_no_key(path: str) -> None:
    at, _ = guarded()
    assert ask("GET", path, at).status_code == 200


def test_what_a_key_makes_is_for_that_key_alone() -> None:
    at, keys = guarded()
    mine, yours = bearer(keys.create("me")), bearer(keys.create("you"))
    assert ask("POST", "/v1/fits", at, b"{}", mine).status_code == 201
    assert ask("GET", "/v1/fits/f1", at, headers=mine).status_code == 200
    for method, path in (("GET", "/v1/fits/f1"), ("GET", "/v1/fits/f1/events"), ("DELETE", "/v1/fits/f1")):
        assert ask(method, path, at, headers=yours).status_code == 404
    assert ask("GET", "/v1/fits", at, headers=yours).json()["fits"] == []
    assert [each["id"] for each in ask("GET", "/v1/fits", at, headers=mine).json()["fits"]] == ["f1"]


def test_a_revoked_key_is_of_no_use_after_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REMEMBERED_SECONDS", 0.0)
    at, keys = guarded()
    token = keys.create("me")
    assert ask("GET", "/v1/fits", at, headers=bearer(token)).status_code == 200
    keys.revoke(keys.list()[0].id)
    assert ask("GET", "/v1/fits", at, headers=bearer(token)).status_code == 401


def test_a_key_that_asks_too_often_has_to_wait_and_others_have_not() -> None:
    at, keys = guarded(per_minute=3)
    mine, yours = bearer(keys.create("me")), bearer(keys.create("you"))
    codes = [ask("GET", "/v1/fits", at, headers=mine).status_code for _ in range(4)]
    assert codes == [200, 200, 200, 429]
    refused = ask("GET", "/v1/fits", at, headers=mine)
    assert refused.json()["code"] == "rate_limited"
    assert 1 <= int(refused.headers["Retry-After"]) <= 20
    assert ask("GET", "/v1/fits", at, headers=yours).status_code == 200


def test_an_allowance_fills_with_time(monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock:
        now = 100.0

        def monotonic(self) -> float:
            return self.now

    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    allowance = module.Allowance(2.0, at=clock.now)
    assert [allowance.spend(60) for _ in range(3)] == [0, 0, 1]
    clock.now += 1.0
    assert [allowance.spend(60), allowance.spend(60)] == [0, 1]
    clock.now += 1000.0
    assert allowance.is_full(60)


def test_without_keys_everybody_is_the_same() -> None:
    at = resources()
    assert post_json("/v1/fits", at).status_code == 201
    assert ask("GET", "/v1/fits/f1", at, headers=bearer("anything")).status_code == 200
