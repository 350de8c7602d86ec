"""The intervals of a fit that was made before."""

import json
import math
from collections.abc import Mapping
from pathlib import Path

import pytest

from service.contract import FitDocument, IntervalRequest, IntervalTable, Submission
from service.contract.intervals import IntervalMethod
from service.tasks.fits import fit
from service.tasks.intervals import find_intervals
from tests.report.difficult import CENTRED, CROSSED, LINE, MEAN, PLAIN, SLOPES, request
from tests.tasks.questions import JSON, LIMITS, RADON, document, refusal_of


def submission(folder: Path, asked: Mapping[str, object]) -> Submission:
    path = folder / "body"
    path.write_text(json.dumps(asked))
    return Submission(str(path), JSON, "", "", LIMITS)


def table(
    folder: Path, asked: Mapping[str, object], method: IntervalMethod, level: float = 0.95, **more: int
) -> IntervalTable:
    """The intervals of the fit that answers a request."""
    sent = submission(folder, asked)
    reply = find_intervals(fit(sent).body, sent, IntervalRequest(method=method, confidence_level=level, **more))
    assert not reply.failed, reply.body
    return IntervalTable.model_validate_json(reply.body)


def test_they_are_those_of_radon(tmp_path: Path) -> None:
    found = table(tmp_path, {**RADON, "method": "ML"}, "profile")
    assert (found.method, found.confidence_level) == ("profile", 0.95)
    rows = [(row.parameter, row.group, row.term, row.term_2) for row in found.intervals]
    assert rows == [
        ("fixed_effect", None, "(Intercept)", None),
        ("fixed_effect", None, "floor", None),
        ("std_dev", "county", "(Intercept)", None),
        ("std_dev", "Residual", None, None),
        ("icc", None, None, None),
    ]
    ends = [end for row in found.intervals[:4] for end in (row.conf_low, row.conf_high)]
    # lme4's, to the digits that its interpolation has.
    expected = [1.360586, 1.564762, -0.830967, -0.554253, 0.243508, 0.422252, 0.720540, 0.792600]
    assert ends == pytest.approx(expected, abs=2e-6)
    assert all(row.reason is None for row in found.intervals)


@pytest.mark.parametrize("method", ["wald", "profile"])
@pytest.mark.parametrize("formula", [SLOPES, CROSSED])
def test_they_are_those_of_the_document_that_asks_for_them(
    tmp_path: Path, formula: str, method: IntervalMethod
) -> None:
    asked = request(PLAIN, formula, df="residual")
    rows = table(tmp_path, asked, method, 0.9).intervals
    whole = document({**asked, "intervals": method, "confidence_level": 0.9})
    assert [(row.conf_low, row.conf_high) for row in rows] == [
        *((row.conf_low, row.conf_high) for row in whole.fixed_effects),
        *((row.conf_low, row.conf_high) for row in whole.variance_components),
        *((row.conf_low, row.conf_high) for row in whole.random_correlations),
        (whole.icc.conf_low, whole.icc.conf_high),
    ]
    assert [row.estimate for row in rows] == [
        *(row.estimate for row in whole.fixed_effects),
        *(row.std_dev for row in whole.variance_components),
        *(row.correlation for row in whole.random_correlations),
        whole.icc.adjusted,
    ]


REASONS: list[tuple[Mapping[str, object], IntervalMethod, str, str]] = [
    (request(CENTRED, MEAN), "wald", "std_dev", "on the boundary"),
    (request(CENTRED, SLOPES), "wald", "correlation", "on the boundary"),
    (request(PLAIN, theta=0.5), "profile", "icc", "theta is held"),
    (request(PLAIN, theta=0), "wald", "std_dev", "theta is held"),
    (request(LINE), "profile", "fixed_effect", "Without noise"),
    (request(PLAIN, "y ~ 1 + (x | g)"), "profile", "icc", "Only some"),
    (request(PLAIN, "y ~ x + (1 | g) + (1 | m)"), "wald", "std_dev", "do not tell"),
    (request(PLAIN, "y ~ g + (1 | g) + (1 | h)"), "profile", "std_dev", "do not bound"),
]


@pytest.mark.parametrize(("asked", "method", "parameter", "reason"), REASONS)
def test_what_lacks_an_end_says_why(
    tmp_path: Path, asked: Mapping[str, object], method: IntervalMethod, parameter: str, reason: str
) -> None:
    rows = table(tmp_path, asked, method).intervals
    for row in rows:
        assert (row.reason is None) == (row.conf_low is not None and row.conf_high is not None)
    assert any(row.parameter == parameter and reason in (row.reason or "") for row in rows)


def test_a_profile_begins_at_zero_where_a_wald_interval_does_not_exist(tmp_path: Path) -> None:
    asked = request(CENTRED, MEAN)
    _, by_wald, *_ = table(tmp_path, asked, "wald").intervals
    _, by_profile, *_ = table(tmp_path, asked, "profile").intervals
    assert (by_wald.estimate, by_wald.conf_low, by_wald.conf_high) == (0.0, None, None)
    assert by_profile.conf_low == 0.0 < (by_profile.conf_high or math.nan)


def test_a_collection_has_none(tmp_path: Path) -> None:
    sent = submission(tmp_path, {"dataset": "radon", "formula": "cbind(log_radon, floor) ~ 1 + (1 | county)"})
    reply = find_intervals(fit(sent).body, sent, IntervalRequest())
    assert refusal_of(reply).code == "invalid_request"


def test_a_bootstrap_says_what_it_was_drawn_from(tmp_path: Path) -> None:
    found = table(tmp_path, RADON, "bootstrap", n=200, seed=3)
    assert found.bootstrap
    assert found.bootstrap.model_dump() == {"n": 200, "failed": 0, "seed": 3}
    assert all((row.conf_low or 0.0) < (row.estimate or 0.0) < (row.conf_high or 0.0) for row in found.intervals[2:])
    assert table(tmp_path, RADON, "bootstrap", n=200, seed=3) == found
    assert table(tmp_path, RADON, "bootstrap", n=200, seed=4) != found
    assert table(tmp_path, RADON, "wald").bootstrap is None


def test_a_document_may_have_them_too(tmp_path: Path) -> None:
    sent = submission(tmp_path, {**RADON, "intervals": "bootstrap"})
    document = FitDocument.model_validate_json(fit(sent).body)
    found = table(tmp_path, RADON, "bootstrap")
    assert document.bootstrap == found.bootstrap
    ends = [row.conf_low for row in document.fixed_effects] + [row.conf_high for row in document.variance_components]
    rows = found.intervals
    assert ends == [row.conf_low for row in rows[:2]] + [row.conf_high for row in rows[2:4]]
    assert (document.icc.conf_low, document.icc.conf_high) == (rows[4].conf_low, rows[4].conf_high)


def test_there_is_no_bootstrap_without_noise(tmp_path: Path) -> None:
    sent = submission(tmp_path, {**RADON, "theta": "inf"})
    reply = find_intervals(fit(sent).body, sent, IntervalRequest(method="bootstrap"))
    assert refusal_of(reply).code == "unsupported_model"
