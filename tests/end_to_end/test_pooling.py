"""Comparisons and pooling by the running service, from a file as a client has it."""

from pathlib import Path

import pytest

from tests.serving import ROOT, Server

RADON = ROOT / "service/data/datasets/radon.csv"


def test_formulas_are_compared_in_a_file(service: Server) -> None:
    formulas = ["log_radon ~ floor", "log_radon ~ floor + (1 | county)"]
    response = service.client.post("/v1/comparisons", data={"formulas": formulas}, files={"data": _file(RADON)})
    assert response.status_code == 200
    (test,) = response.json()["tests"]
    # As R's anova() has it, twice as large without the boundary.
    assert (test["statistic"], test["p_value"]) == pytest.approx((83.374204, 3.395115e-20), rel=1e-6)


def test_a_model_is_pooled_in_every_way(service: Server) -> None:
    query = {"formula": "log_radon ~ floor + (1 | county)", "include": ""}
    response = service.client.post(
        "/v1/pooling", params=query, content=RADON.read_bytes(), headers={"Content-Type": "text/csv"}
    )
    assert response.status_code == 200
    document = response.json()
    assert (document["groups"], document["no_pooling"]["separate"]) == (None, None)
    assert document["complete_pooling"]["sigma"] == pytest.approx(0.822579, abs=1e-6)
    assert document["no_pooling"]["indicators"]["sigma"] == pytest.approx(0.756420, abs=1e-6)
    assert document["partial_pooling"]["sigma"] == pytest.approx(0.755589, abs=1e-6)


def _file(path: Path) -> tuple[str, bytes]:
    return path.name, path.read_bytes()
