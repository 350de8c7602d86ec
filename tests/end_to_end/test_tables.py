"""The parts and rows of a fit over HTTP, walked through by their links, in every form."""

import csv
import io

import pyarrow as pa
import pytest

from tests.serving import Server

REQUEST = {"formula": "log_radon ~ floor + (1 | county)", "dataset": "radon"}
ARROW = {"Accept": "application/vnd.apache.arrow.stream"}


@pytest.fixture(scope="module")
def address(service: Server) -> str:
    return str(service.client.post("/v1/fits", json=REQUEST).headers["Location"])


def test_links_lead_through_all_rows(service: Server, address: str) -> None:
    whole = service.client.get(f"{address}/fitted").json()
    assert (len(whole["fitted"]), whole["next"]) == (919, None)
    following, rows = f"{address}/fitted?limit=400", []
    while following:
        response = service.client.get(following, headers={"Accept": "text/csv"})
        rows += list(csv.DictReader(io.StringIO(response.text, newline="")))
        following = response.links["next"]["url"] if "next" in response.links else ""
    assert [{name: float(value) for name, value in row.items()} for row in rows] == whole["fitted"]
    table = pa.ipc.open_stream(service.client.get(f"{address}/fitted", headers=ARROW).content).read_all()
    assert table.to_pylist() == whole["fitted"]
    # lme4's hatvalues() of the same model: its effective number of parameters, of 87.
    assert sum(row["leverage"] for row in whole["fitted"]) == pytest.approx(45.545994, abs=1e-5)


@pytest.mark.parametrize("part", ["fixed-effects", "random-effects", "coefficients", "variance-components"])
def test_a_part_is_a_table(service: Server, address: str, part: str) -> None:
    rows = service.client.get(f"{address}/{part}").json()[part.replace("-", "_")]
    table = pa.ipc.open_stream(service.client.get(f"{address}/{part}", headers=ARROW).content).read_all()
    assert rows
    assert table.to_pylist() == rows


def test_groups_are_left_out(service: Server, address: str) -> None:
    found = service.client.get(f"{address}/influence", params={"limit": 3}).json()
    assert [group["level"] for group in found["groups"]] == ["AITKIN", "ANOKA", "BECKER"]
    # lme4's influence() and cooks.distance() of ANOKA, times J / (J - p).
    assert found["groups"][1]["cooks_distance"] == pytest.approx(0.036422, abs=1e-6)
    assert found["next"]
