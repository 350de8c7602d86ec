"""The examples beside the published schema run, and predict what the service predicts."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from service.tasks.predictions import predict_from_document
from tests.tasks.questions import ask
from tests.test_against_lme4 import fitted
from tests.test_predictions_against_lme4 import new_rows

EXAMPLES = Path(__file__).parents[1] / "openapi/examples"
COVERED = [
    "radon_floor",
    "stool_no_intercept",
    "labels_slope",
    "aliased",
    "sleep_slope_no_mean",
    "schools",
    "machines_cells",
    "pupils_two_terms",
    "pupils_pairs",
    "pastes",
    "regions",
]
"""Numbers, truth values and factors; slopes of both; crossed and nested groups; names in backticks."""


def node() -> str:
    found = shutil.which("node")
    if found is None:
        pytest.skip("node, which runs the example in JavaScript, is not on this machine")
    return found


@pytest.mark.parametrize("example", ["predict.py", "predict.mjs"])
def test_a_reference_predictor_says_what_the_service_says(example: str, tmp_path: Path) -> None:
    program = node() if example.endswith(".mjs") else sys.executable
    for id in COVERED:
        columns, document = new_rows(id), fitted(id).model_dump_json()
        rows = [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
        (tmp_path / "fit.json").write_text(document)
        (tmp_path / "rows.json").write_text(json.dumps(rows))
        command = [program, str(EXAMPLES / example), str(tmp_path / "fit.json"), str(tmp_path / "rows.json")]
        found = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        reply = ask(f'{{"document": {document}, "data": {json.dumps(rows)}}}'.encode(), task=predict_from_document)
        expected = [row["estimate"] for row in json.loads(reply.body)["predictions"]]
        # Sums of a few products, in another order.
        assert found == pytest.approx(expected, rel=1e-12), id


@pytest.mark.parametrize("example", ["predict.py", "predict.mjs"])
@pytest.mark.parametrize("id", ["sleep_poly", "radon_offset", "stool_sum"])
def test_what_is_not_covered_is_refused(id: str, example: str, tmp_path: Path) -> None:
    program, columns = node() if example.endswith(".mjs") else sys.executable, new_rows(id)
    rows = [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
    (tmp_path / "fit.json").write_text(fitted(id).model_dump_json())
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    command = [program, str(EXAMPLES / example), str(tmp_path / "fit.json"), str(tmp_path / "rows.json")]
    assert subprocess.run(command, capture_output=True, check=False).returncode != 0
