"""The size of a document of 125,000 groups, and the time a million rows take to be predicted from it on one thread.

Run: python -m benchmarks.prediction_size
"""

import json
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.columns import labelled
from benchmarks.table import head, row
from service.contract import FitOptions, Limits, Submission
from service.data import Numeric, Table
from service.design import make_design
from service.engine import fit
from service.formula import read
from service.report import fit_document
from service.tasks.predictions import predict_from_document

GROUPS, ROWS, NEW_ROWS = 125_000, 2, 1_000_000
TIMES = 5
FORMULA = "y ~ x + (1 | g)"
LIMITS = Limits(bytes=10**9, columns=100, rows=10**7)


def document(random: np.random.Generator) -> bytes:
    """The default document of a fit to two rows a group, with one predictor."""
    groups = labelled(np.repeat(np.arange(GROUPS), ROWS))
    x, noise = random.standard_normal(GROUPS * ROWS), random.standard_normal(GROUPS * ROWS)
    y = 1.0 + 0.5 * x + 0.5 * random.standard_normal(GROUPS)[groups.codes] + noise
    table = Table({"y": Numeric(y), "x": Numeric(x), "g": groups}, y.size)
    design = make_design(read(FORMULA, ["y", "x", "g"]), table)
    options = FitOptions.model_validate({"formula": FORMULA})
    return fit_document("0" * 32, design, fit(design), options).model_dump_json().encode()


def new_rows(fitted: bytes, random: np.random.Generator) -> bytes:
    """As many rows as are predicted, as JSON columns."""
    levels = json.loads(fitted)["random_effects"]["g"]["levels"]
    picked = random.integers(0, GROUPS, NEW_ROWS).tolist()
    x = random.standard_normal(NEW_ROWS).tolist()
    return json.dumps({"x": x, "g": [levels[group] for group in picked]}).encode()


def seconds(fitted: bytes, rows: bytes, options: dict[str, str]) -> tuple[float, int]:
    """The processor's least seconds of several, from a request's bytes to the answer's, and the size of the answer."""
    with tempfile.NamedTemporaryFile() as file:
        body = b'{"document":%b,"data":%b,%b' % (fitted, rows, json.dumps(options).encode()[1:])
        Path(file.name).write_bytes(body)
        taken, size = [], 0
        for _ in range(TIMES):
            start = time.process_time()
            reply = predict_from_document(Submission(file.name, "application/json", "", "", LIMITS))
            taken.append(time.process_time() - start)
            size = len(reply.body)
    return min(taken), size


if __name__ == "__main__":
    generator = np.random.default_rng(1)
    made = document(generator)
    print(f"A document of {GROUPS:,} groups: {len(made) / 1e6:.1f} MB.\n")
    print(head(["format", "interval", "1,000,000 rows", "the answer"]))
    data = new_rows(made, generator)
    for form in ("columns", "records"):
        for interval in ("none", "mean", "observation"):
            least, answer = seconds(made, data, {"format": form, "interval": interval})
            print(row([form, interval, f"{least:.2f} s", f"{answer / 1e6:.0f} MB"]), flush=True)
