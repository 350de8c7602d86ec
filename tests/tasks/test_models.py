"""A model, opened again: the design and the fit of its document, whatever else was asked in the same request."""

import json
from pathlib import Path

import pytest

from service.contract import Submission
from service.errors import InvalidRequest
from service.tasks.fits import fit
from service.tasks.models import open_model
from tests.tasks.questions import JSON, LIMITS


def submission(folder: Path, **request: object) -> Submission:
    path = folder / "body"
    path.write_text(json.dumps({"dataset": "radon", **request}))
    return Submission(str(path), JSON, "", "", LIMITS)


def test_a_model_is_what_it_was(tmp_path: Path) -> None:
    asked = submission(tmp_path, formula="log_radon ~ floor + (1 | county)", method="ML")
    model = open_model(fit(asked).body, asked)
    document = model.document
    assert model.fit.criterion == document.statistics.criterion
    assert model.fit.estimates.beta.tolist() == [row.estimate for row in document.fixed_effects]
    assert (model.design.n, model.options.method) == (919, "ML")


def test_one_of_several_is_opened_by_its_own_document(tmp_path: Path) -> None:
    asked = submission(
        tmp_path, formulas=["log_radon ~ floor + (1 | county)", "cbind(floor, log_radon) ~ 1 + (1 | county)"]
    )
    reply = fit(asked)
    members = [reply.body[place] for place in reply.members.values()]
    opened = [open_model(member, asked).design.formula for member in members]
    assert opened == [json.loads(member)["model"]["formula"] for member in members]
    with pytest.raises(InvalidRequest, match="collection"):
        open_model(reply.body, asked)


def test_a_request_that_was_kept_is_the_same(tmp_path: Path) -> None:
    sent = Submission("there", "text/csv", "gzip", "formula=y~%CE%B2", LIMITS)
    assert Submission.kept("there", sent.words, LIMITS) == sent
