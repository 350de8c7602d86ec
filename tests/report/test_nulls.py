"""A value that does not exist is null, and a note says why."""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.contract import FitDocument
from service.tasks.fits import summarise
from tests.report.difficult import DIFFICULT, Request
from tests.tasks.questions import ask

TESTS = r"/fixed_effects/\d+/(statistic|df|p_value|conf_low|conf_high)"
ERRORS = r"/fixed_effects/\d+/std_error|/fixed_effects_covariance/\d+/\d+"
ADJUSTED = r"/fixed_effects/\d+/adjusted_std_error|/adjusted_covariance/\d+/\d+"
LIKELIHOOD = r"/statistics/(criterion|log_likelihood|aic|bic|deviance|dic)"
GROUP_INTERVAL = r"/variance_components/\d+/conf_(low|high)"
INTERVALS = r"/variance_components/(\d+|residual)/conf_(low|high)"
CORRELATION = r"/random_correlations/\d+/(correlation|conf_(low|high))"
SHARE_INTERVAL = r"/icc/conf_(low|high)"
SHARES = r"/icc/.*|/r_squared/.*"
RATIO = r"/pooling/\d+/variance_ratio|/convergence/theta/\d+"
SPREAD = r"/prediction/spreads/[^/]+"
EQUIVALENT = r"/pooling/\d+/equivalent_n"

SAYS_WHY = {
    "no_pooling": [
        TESTS,
        ERRORS,
        ADJUSTED,
        LIKELIHOOD,
        "/variance_components/0/(variance|std_dev)",
        GROUP_INTERVAL,
        SHARE_INTERVAL,
        RATIO,
        SPREAD,
    ],
    "theta_held": [GROUP_INTERVAL, CORRELATION, SHARE_INTERVAL, EQUIVALENT],
    "boundary_variance": [GROUP_INTERVAL, CORRELATION, SHARE_INTERVAL, EQUIVALENT],
    "shares_leave_out": [SHARE_INTERVAL],
    "no_residual_variance": [TESTS, LIKELIHOOD, INTERVALS, CORRELATION, SHARES, RATIO, EQUIVALENT],
    "no_adjustment": [TESTS, ADJUSTED],
    "variances_unidentified": [
        r"/fixed_effects/\d+/(df|p_value|conf_low|conf_high)",
        INTERVALS,
        CORRELATION,
        SHARE_INTERVAL,
        EQUIVALENT,
    ],
    "intervals_missing": [CORRELATION, SHARE_INTERVAL, INTERVALS, r"/fixed_effects/\d+/conf_(low|high)"],
    "variance_out_of_range": [
        r"/(fixed_effects|adjusted)_covariance/\d+/\d+",
        r"/variance_components/(\d+|residual)/variance",
    ],
    "heavy_tails": [r"/posterior/.*/(mean|sd)(/\d+)?"],
    "not_converged": ["/convergence/gradient_norm", "/notes/.*/gradient_norm"],
}
"""The nulls that a note explains, by its code."""

NEVER_THERE = (
    r"/model/weights|/variance_components/residual/term|/fitted|/residuals|/random_effects/[^/]+/weight"
    r"|/adjusted_covariance"
    r"|/notes/\d+/next(/.*)?"
    r"|/bootstrap|/posterior|/posterior/prior/(scale|df)"
    r"|/prediction/(means(/0)?|links(/\d+/later)?|tie|variances)"
)
"""What was not asked for, the residual's term, weights where more varies than an intercept, next requests, a scale, and
what is told of the errors of predictions otherwise."""


def nulls(value: object, path: str = "") -> Iterator[str]:
    """The paths of all nulls."""
    if value is None:
        yield path
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from nulls(part, f"{path}/{key}")
    elif isinstance(value, list):
        for position, part in enumerate(value):
            yield from nulls(part, f"{path}/{position}")


def refuse_constant(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


def unexplained(found: dict[str, Any], without: str = "") -> list[str]:
    """The nulls of a document that none of its notes explains, one left out."""
    codes = {note["code"] for note in found["notes"]} - {without}
    not_asked = [NEVER_THERE, *[ADJUSTED] * (found["adjusted_covariance"] is None)]
    patterns = [*not_asked, *(pattern for code in codes for pattern in SAYS_WHY.get(code, []))]
    last = f"/variance_components/{len(found['variance_components']) - 1}/"
    missing = {path.replace(last, "/variance_components/residual/") for path in nulls(found)}
    return sorted(path for path in missing if not any(re.fullmatch(pattern, path) for pattern in patterns))


def assert_told(body: bytes) -> None:
    """Assert that the document is whole, can be summarised, and says why of each of its nulls."""
    FitDocument.model_validate_json(body)
    assert summarise(body, 2).body
    assert unexplained(json.loads(body, parse_constant=refuse_constant)) == []


@cache
def answer(name: str, df: str = "satterthwaite") -> bytes:
    reply = ask(json.dumps({"df": df, **DIFFICULT[name]}).encode())
    assert not reply.failed, reply.body
    return reply.body


@pytest.mark.parametrize("df", ["satterthwaite", "kenward-roger"])
@pytest.mark.parametrize("name", DIFFICULT)
def test_every_null_has_a_note(name: str, df: str) -> None:
    assert_told(answer(name, df))


@pytest.mark.parametrize("name", DIFFICULT)
def test_every_null_among_profile_intervals_has_a_note(name: str) -> None:
    reply = ask(json.dumps({**DIFFICULT[name], "intervals": "profile"}).encode())
    assert_told(reply.body)


@pytest.mark.parametrize("code", sorted(SAYS_WHY.keys() - {"not_converged"}))  # No data set is known to need it.
def test_each_of_these_notes_is_needed(code: str) -> None:
    """Some null is explained by this note alone: without it the test above would fail."""
    asked = [(name, df) for name in DIFFICULT for df in ("satterthwaite", "kenward-roger")]
    alone = [unexplained(json.loads(answer(name, df)), without=code) for name, df in asked]
    assert any(alone)


@pytest.mark.parametrize("name", DIFFICULT)
def test_weights_are_there_where_a_varying_intercept_is_all(name: str) -> None:
    found = json.loads(answer(name))
    pooled = {part["group"] for part in found["pooling"]}
    for group, effects in found["random_effects"].items():
        assert (group in pooled) == (effects["terms"] == ["(Intercept)"]) == (effects["weight"] is not None)


CELL = st.sampled_from([0.0, 1.0, 2.0, 0.5, -3.0])
ONE = ["y ~ 1 + (1 | g)", "y ~ x + (1 | g)", "y ~ 0 + (1 | g)", "y ~ 0 + x + (1 | g)"]
SEVERAL = ["y ~ x + (x | g)", "y ~ 1 + (x || g)", "y ~ x + (1 | g) + (1 | h)", "y ~ x + (x | g) + (1 | h)"]
REFUSED = {"too_many_parameters", "all_singletons"}


@st.composite
def requests(draw: st.DrawFn, formulas: list[str], rows_of_a_group: int) -> Request:
    """Small tables of few values, in which constants, ties and exact fits are common."""
    n_groups = draw(st.integers(2, 4))
    more = draw(st.lists(st.integers(0, n_groups - 1), max_size=6))
    groups = [*range(n_groups)] * rows_of_a_group + more
    columns = st.lists(CELL, min_size=len(groups), max_size=len(groups))
    scale = draw(st.sampled_from([1.0, 1e160, 1e-200]))
    y = [scale * value for value in draw(columns)]
    method = draw(st.sampled_from(["REML", "ML"]))
    df = draw(st.sampled_from(["satterthwaite", "kenward-roger"]))
    crossed = [f"h{k % 3}" for k in range(len(groups))]
    data = {"y": y, "x": draw(columns), "g": [f"g{j}" for j in groups], "h": crossed}
    return {"data": data, "formula": draw(st.sampled_from(formulas)), "method": method, "df": df}


def assert_told_or_refused(request: Request) -> None:
    reply = ask(json.dumps(request).encode())
    if reply.failed:
        assert json.loads(reply.body)["code"] in REFUSED
    else:
        assert_told(reply.body)


@settings(max_examples=100, deadline=None)
@given(requests(ONE, 2), st.sampled_from([None, None, None, 0, 0.5, "inf"]))
def test_every_null_of_any_small_table_has_a_note(request: Request, theta: object) -> None:
    assert_told_or_refused({**request, "theta": theta, "include": ["random_effects", "coefficients", "posterior"]})


@settings(max_examples=100, deadline=None, derandomize=True)
@given(requests(SEVERAL, 3))
def test_every_null_of_any_small_table_with_several_variances_has_a_note(request: Request) -> None:
    assert_told_or_refused(request)
