"""Complete, no and partial pooling of one model: the numbers of R's lm and lmList, and those of the chapter."""

import json
from typing import TypedDict
from urllib.parse import urlencode

import numpy as np
import pytest

from service.contract import FitDocument, PoolingDocument, Reply
from service.contract.pooling import PooledGroups
from service.contract.pooling import SeparateRegressions as Separate
from service.data import Categorical, Numeric, dataset
from service.tasks.pooling import pool
from tests.references import REFERENCE, SHIPPED, csv_of
from tests.tasks.many import GAPS
from tests.tasks.questions import RADON, ask, document, refusal_of


class Regression(TypedDict):
    """A regression by lm, in the order of its coefficients."""

    terms: list[str]
    estimate: list[float]
    std_error: list[float]
    sigma: float
    df: int


class Indicators(Regression):
    """The same with an intercept for each group."""

    intercepts: list[float]
    intercept_errors: list[float]


class Group(TypedDict):
    """A regression within a group; errors are null where no degree of freedom is left."""

    estimate: list[float]
    std_error: list[float] | None
    sigma: float | None
    df: int


class Case(TypedDict):
    """A model by lm; of a group that has no regression there is none."""

    id: str
    dataset: str
    formula: str
    weights: str | None
    levels: list[str]
    complete: Regression
    indicators: Indicators
    separate: list[Group | None]
    pooled_sigma: float


CASES: list[Case] = json.loads((REFERENCE / "pooling/lm.json").read_text())
EXACT = 1e-9
"""Relative: the file has 15 digits, of which squares that are left lose some."""


def pooled(body: bytes, content_type: str = "application/json", query: str = "") -> PoolingDocument:
    reply = ask(body, content_type, query, task=pool)
    assert not reply.failed, reply.body
    return PoolingDocument.model_validate_json(reply.body)


def radon(formula: str = "log_radon ~ floor + (1 | county)", **options: object) -> PoolingDocument:
    return pooled(json.dumps({"dataset": "radon", "formula": formula, **options}).encode())


def groups_of(found: PoolingDocument) -> PooledGroups:
    assert found.groups is not None
    return found.groups


def separate_of(found: PoolingDocument) -> Separate:
    assert found.no_pooling.separate is not None
    return found.no_pooling.separate


def refuse(**body: object) -> Reply:
    return ask(json.dumps({"data": GAPS, **body}).encode(), task=pool)


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_it_is_what_lm_says(case: Case) -> None:
    file = csv_of(case["dataset"])
    options = {"weights": case["weights"]} if case["weights"] else {}
    found = pooled(file.read_bytes(), "text/csv", urlencode({"formula": case["formula"], **options}))
    complete, indicators = case["complete"], case["indicators"]
    assert [each.estimate for each in found.complete_pooling.coefficients] == pytest.approx(
        complete["estimate"], rel=EXACT
    )
    assert [each.std_error for each in found.complete_pooling.coefficients] == pytest.approx(
        complete["std_error"], rel=EXACT
    )
    assert found.complete_pooling.sigma == pytest.approx(complete["sigma"], rel=EXACT)
    assert found.complete_pooling.df_residual == complete["df"]
    own = found.no_pooling.indicators
    told = [each for each in own.coefficients if each.estimate is not None]
    assert [each.estimate for each in told] == pytest.approx(indicators["estimate"], rel=EXACT)
    assert [each.std_error for each in told] == pytest.approx(indicators["std_error"], rel=EXACT)
    assert own.sigma == pytest.approx(indicators["sigma"], rel=EXACT)
    assert own.df_residual == indicators["df"]
    groups = groups_of(found)
    assert groups.levels == case["levels"]
    assert groups.indicator == pytest.approx(indicators["intercepts"], rel=EXACT)
    assert groups.indicator_std_error == pytest.approx(indicators["intercept_errors"], rel=EXACT)
    require_separate(separate_of(found), case)


def require_separate(found: Separate, case: Case) -> None:
    """The regressions within groups are lm's, and as many are impossible."""
    assert [each.group for each in found.impossible] == [
        level for level, own in zip(case["levels"], case["separate"], strict=True) if own is None
    ]
    for place, own in enumerate(case["separate"]):
        if own is None:
            assert found.estimate[place] == [None] * len(found.terms)
            continue
        assert found.estimate[place] == pytest.approx(own["estimate"], rel=EXACT, abs=EXACT)
        assert found.df_residual[place] == own["df"]
        if own["std_error"] is None:
            assert (found.std_error[place], found.sigma[place]) == ([None] * len(found.terms), None)
        else:
            assert found.std_error[place] == pytest.approx(own["std_error"], rel=EXACT)
            assert found.sigma[place] == pytest.approx(own["sigma"], rel=EXACT)
    if "pooled_sigma" in case:
        assert found.sigma_pooled == pytest.approx(case["pooled_sigma"], rel=EXACT)


def test_partial_pooling_is_the_fit() -> None:
    found, fitted = radon(), document(RADON)
    assert [(each.term, each.estimate, each.std_error) for each in found.partial_pooling.coefficients] == [
        (each.term, each.estimate, each.std_error) for each in fitted.fixed_effects
    ]
    require_same_spreads(found, fitted)
    assert fitted.coefficients is not None
    assert fitted.random_effects is not None
    groups = groups_of(found)
    assert groups.estimate == pytest.approx([row[0] for row in fitted.coefficients["county"].estimate], rel=1e-13)
    assert groups.weight == fitted.random_effects["county"].weight
    assert groups.n == fitted.random_effects["county"].n
    assert found.notes == fitted.notes


def require_same_spreads(found: PoolingDocument, fitted: FitDocument) -> None:
    """The variances are the fit's."""
    partial, (pool,) = found.partial_pooling, fitted.pooling
    assert [partial.group_sd, partial.sigma] == [each.std_dev for each in fitted.variance_components]
    assert (partial.variance_ratio, partial.equivalent_n) == (pool.variance_ratio, pool.equivalent_n)
    assert [partial.theta] == fitted.convergence.theta
    assert partial.mean_weight == pool.mean_weight
    assert (partial.converged, partial.singular) == (True, False)


def test_the_numbers_of_the_chapter() -> None:
    """As published for the radon data, and by hand from its formulas; to as many decimals as are written here."""
    found = radon()
    zero, infinity = found.limits.zero, found.limits.infinity
    assert infinity is not None
    assert [round(each.estimate or 0, 6) for each in zero.coefficients] == [1.326744, -0.613395]
    assert [round(each.estimate or 0, 6) for each in infinity.coefficients] == [1.500804, -0.720539]
    assert infinity.coefficients[0].std_error is None
    for limit in (zero, infinity):
        assert limit.distance is not None
        assert limit.distance < 1e-12
    spread = found.intercept_spread
    assert [round(sd or 0, 4) for sd in (spread.indicators, spread.partial)] == [0.4800, 0.2363]
    groups = groups_of(found)
    assert [round(value, 6) for value in groups.estimate[:3]] == [1.191500, 0.927647, 1.479214]
    place = groups.levels.index("LACQUIPARLE")
    assert (round(groups.indicator[place] or 0, 6), round(groups.estimate[place], 6)) == (2.958965, 1.868090)
    weights = {n: round(w, 4) for n, w in zip(groups.n, groups.weight, strict=True)}
    assert {n: weights[n] for n in (1, 2, 4, 5, 6, 52, 116)} == {
        1: 0.1587, 2: 0.2740, 4: 0.4301, 5: 0.4855, 6: 0.5310, 52: 0.9075, 116: 0.9563,
    }  # fmt: skip


def test_the_chapters_approximate_formula_and_the_exact_one() -> None:
    found = radon("log_radon ~ 1 + (1 | county)")
    groups, approximate = groups_of(found), found.approximate_formula
    place = groups.levels.index("LACQUIPARLE")
    assert round(approximate.grand_mean, 6) == 1.224623
    assert round(approximate.gls_mean, 6) == 1.312576
    assert round(groups.mean[place], 6) == round(groups.own[place], 6) == 2.598696
    assert round(groups.approximate_grand_mean[place], 4) == 1.5425
    assert round(groups.approximate_gls_mean[place], 4) == round(groups.estimate[place], 4) == 1.6101
    assert round(approximate.largest_difference_grand_mean, 4) == 0.0764
    assert approximate.largest_difference_gls_mean < 1e-14


def test_what_is_constant_within_groups_is_told_by_partial_and_complete_pooling_alone() -> None:
    found = radon("log_radon ~ floor + log_uranium + (1 | county)")
    own = found.no_pooling.indicators
    assert own.not_estimable == separate_of(found).not_estimable == ["log_uranium"]
    assert [(each.term, each.estimate is None) for each in own.coefficients] == [
        ("(Intercept)", True),
        ("floor", False),
        ("log_uranium", True),
    ]
    groups = groups_of(found)
    # The model's mean follows uranium; the regression with indicators does not know it.
    assert np.std(groups.mu) > 0.2
    assert groups.indicator == pytest.approx(groups_of(radon()).indicator, rel=1e-12)
    assert found.approximate_formula.largest_difference_gls_mean > 0.4


def test_columns_with_a_constant_sum_leave_the_indicators_nothing() -> None:
    found = radon("log_radon ~ 0 + factor(floor) + (1 | county)")
    assert found.no_pooling.indicators.not_estimable == ["factor(floor)0", "factor(floor)1"]
    assert (set(groups_of(found).indicator), found.intercept_spread.indicators) == ({None}, None)
    # Beside an intercept of each group's own one of the two columns is left.
    assert separate_of(found).terms == ["(Intercept)", "factor(floor)0"]
    assert separate_of(found).not_estimable == ["factor(floor)1"]
    assert len(separate_of(found).impossible) == len(separate_of(radon()).impossible)


def test_groups_without_a_regression_are_listed_with_the_reason() -> None:
    columns = {
        "y": [1.0, 2.5, 2.0, 4.0, 3.0, 5.0, 4.5, 7.0, 6.0, 5.5, 8.0, 6.5],
        "x": [1.0, 2, 3, 4, 7, 7, 7, 1, 1, 2, 4, 3],
    }
    columns["z"] = [2.0, 5, 1, 3, 3, 4, 8, 1, 2, 5, 9, 7]
    groups = ["few"] * 2 + ["flat"] * 5 + ["line"] * 5
    columns["x"][2:7], columns["z"][7:] = [7.0] * 5, [2 * value for value in columns["x"][7:]]
    extra = {"y": [1.0, 4.0, 2.0, 3.5, 5.0], "x": [1.0, 4, 2, 8, 3], "z": [3.0, 1, 4, 1, 5]}
    data = {name: columns[name] + extra[name] for name in columns} | {"g": groups + ["sound"] * 5}
    found = separate_of(pooled(json.dumps({"data": data, "formula": "y ~ x + z + (1 | g)"}).encode()))
    assert [(each.group, each.reason, each.terms) for each in found.impossible] == [
        ("few", "too_few_rows", []),
        ("flat", "constant_predictor", ["x"]),
        ("line", "dependent_predictors", ["z"]),
    ]
    assert found.estimate[3][0] is not None


def test_long_parts_are_left_out_on_request() -> None:
    short = radon(include=[])
    assert (short.groups, short.no_pooling.separate, short.intercept_spread.separate) == (None, None, None)
    assert radon(include="groups").groups is not None
    assert radon(include=["separate"]).no_pooling.separate is not None
    assert short.intercept_spread.indicators == radon().intercept_spread.indicators


def test_the_answer_is_the_same_however_the_rows_come() -> None:
    table = dataset("radon")
    columns: dict[str, object] = {}
    for name in ("log_radon", "floor", "county"):
        column = table.columns[name]
        if isinstance(column, Categorical):
            columns[name] = [column.levels[code] for code in column.codes.tolist()]
        elif isinstance(column, Numeric):
            columns[name] = column.values.tolist()
    text = (SHIPPED / "radon.csv").read_bytes()
    formula = b"log_radon ~ floor + (1 | county)"
    form = b'--b\r\nContent-Disposition: form-data; name="formula"\r\n\r\n' + formula
    form += (
        b'\r\n--b\r\nContent-Disposition: form-data; name="data"; filename="r.csv"\r\n\r\n' + text + b"\r\n--b--\r\n"
    )
    replies = [
        ask(json.dumps(RADON).encode(), task=pool),
        ask(json.dumps({"data": columns, "formula": formula.decode()}).encode(), task=pool),
        ask(form, "multipart/form-data; boundary=b", task=pool),
        ask(text, "text/csv", urlencode({"formula": formula}), task=pool),
    ]
    assert [reply.body for reply in replies] == [replies[0].body] * 4
    assert set(replies[0].seconds) == {"read", "design", "fit", "report"}


def test_no_variance_between_groups_is_complete_pooling() -> None:
    data = {"y": [1.0, 2, 4, 3] * 6, "g": [f"g{j // 4}" for j in range(24)]}
    found = pooled(json.dumps({"data": data, "formula": "y ~ 1 + (1 | g)"}).encode())
    assert found.partial_pooling.singular
    assert (found.partial_pooling.theta, found.partial_pooling.equivalent_n) == (0.0, None)
    groups = groups_of(found)
    assert groups.weight == [0.0] * 6
    assert groups.estimate == pytest.approx(groups.complete, rel=1e-14)
    assert "boundary_variance" in [note.code for note in found.notes]


def test_no_noise_within_groups_is_no_pooling() -> None:
    data = {"y": [float(j // 4) ** 2 for j in range(24)], "g": [f"g{j // 4}" for j in range(24)]}
    found = pooled(json.dumps({"data": data, "formula": "y ~ 1 + (1 | g)"}).encode())
    assert (found.partial_pooling.sigma, found.partial_pooling.theta) == (0.0, None)
    groups = groups_of(found)
    assert groups.estimate == pytest.approx([0.0, 1, 4, 9, 16, 25], abs=1e-12)
    assert groups.std_error == [0.0] * 6
    assert found.no_pooling.indicators.sigma == 0.0


def test_no_row_for_sigma_leaves_no_limit() -> None:
    data = {"y": [1.0, 2.5, 2.0, 4.0, 3.0], "x": [1.0, 3, 2, 5, 4], "z": [2.0, 1, 5, 3, 3], "g": list("aabbc")}
    found = pooled(json.dumps({"data": data, "formula": "y ~ x + z + (1 | g)"}).encode())
    assert found.limits.infinity is None
    assert (found.no_pooling.indicators.sigma, found.no_pooling.indicators.df_residual) == (None, 0)
    assert found.no_pooling.indicators.coefficients[1].estimate is not None
    assert found.no_pooling.indicators.coefficients[1].std_error is None


REFUSALS: list[tuple[dict[str, object], str, str | None, int | None]] = [
    ({}, "invalid_request", "/formula", None),
    ({"formula": "a ~ x"}, "unsupported_model", "/formula", None),
    ({"formula": "a ~ x + (x | g)"}, "unsupported_model", "/formula", 8),
    ({"formula": "a ~ x + (0 + x | g)"}, "unsupported_model", "/formula", 8),
    ({"formula": "a ~ x + (1 | g) + (1 | h)"}, "unsupported_model", "/formula", 18),
    ({"formula": "a ~ x + (1 | g/h)"}, "unsupported_model", "/formula", 8),
    ({"formula": "a ~ x + (1 | g"}, "formula_syntax", "/formula", 8),
    ({"formula": "a ~ nothing + (1 | g)"}, "unknown_column", "/formula", 4),
    ({"formula": "cbind(a, c) ~ x + (1 | g)"}, "invalid_request", "/formula", 9),
    ({"formula": "a ~ x + (1 | one)"}, "too_few_groups", None, None),
    ({"formula": "a ~ x + (1 | g)", "include": ["all"]}, "invalid_request", "/include/0", None),
    ({"formula": "a ~ x + (1 | g)", "theta": 1}, "invalid_request", "/theta", None),
    ({"formula": "a ~ x + (1 | g)", "method": "OLS"}, "invalid_request", "/method", None),
]


@pytest.mark.parametrize(("body", "code", "pointer", "position"), REFUSALS)
def test_what_cannot_be_pooled_is_refused(
    body: dict[str, object], code: str, pointer: str | None, position: int | None
) -> None:
    failure = refusal_of(refuse(**body))
    assert (failure.code, failure.errors[0].pointer, failure.errors[0].position) == (code, pointer, position)
