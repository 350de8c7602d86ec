"""Predictions over HTTP: a fit that is kept predicts as its document does anywhere else."""

from tests.serving import Server

ASKED = {"formula": "log_radon ~ floor + (1 | county)", "dataset": "radon"}
ROWS = {"floor": [0, 1, 1], "county": ["LACQUIPARLE", "LACQUIPARLE", "elsewhere"]}


def test_a_kept_fit_and_its_document_predict_alike(service: Server) -> None:
    document = service.client.post("/v1/fits", json=ASKED).json()
    kept = service.client.post(f"/v1/fits/{document['id']}/predictions", json={"data": ROWS, "interval": "mean"})
    sent = service.client.post("/v1/predictions", json={"document": document, "data": ROWS, "interval": "mean"})
    assert (kept.status_code, sent.status_code) == (200, 200)
    assert kept.content == sent.content
    # As lme4 prints them.
    assert [f"{row['estimate']:.6f}" for row in kept.json()["predictions"]] == ["1.868090", "1.175096", "0.768604"]


def test_a_document_of_nothing_is_a_problem(service: Server) -> None:
    answer = service.client.post("/v1/predictions", json={"document": {"model": {}}, "data": ROWS})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert answer.json()["errors"][0]["pointer"].startswith("/document/")
