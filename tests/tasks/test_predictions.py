"""Predictions from bytes to bytes: of known, new and missing groups, coded as the fit's rows were, or refused."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from service.contract import Predictions, Submission
from service.data import dataset
from service.tasks.fits import fit
from service.tasks.predictions import predict_from_document, predict_from_fit
from tests.data.tables import plain
from tests.report.difficult import DIFFICULT
from tests.tasks.questions import RADON, ask, refusal_of

Answer = dict[str, Any]
"""JSON."""

FLOORS = {"floor": [0, 1, 1, 0, None], "county": ["LACQUIPARLE", "LACQUIPARLE", "elsewhere", None, "AITKIN"]}


def fitted(**request: object) -> Answer:
    reply = ask(json.dumps({**RADON, **request}).encode())
    assert not reply.failed, reply.body
    found: Answer = json.loads(reply.body)
    return found


def predicted(document: Answer, data: object, **options: object) -> Answer:
    """The answer of predictions from a document."""
    body = json.dumps({"document": document, "data": data, **options}).encode()
    reply = ask(body, task=predict_from_document)
    assert not reply.failed, reply.body
    Predictions.model_validate_json(reply.body)
    found: Answer = json.loads(reply.body)
    return found


def column(answer: Answer, name: str) -> list[Any]:
    return [row[name] for row in answer["predictions"]]


@pytest.fixture(scope="module")
def radon() -> Answer:
    return fitted()


def test_known_new_and_missing_groups_in_one_request(radon: Answer) -> None:
    answer = predicted(radon, FLOORS)
    # As lme4 prints them.
    assert column(answer, "estimate")[:3] == pytest.approx([1.868090, 1.175096, 0.768604], abs=5e-7)
    assert column(answer, "estimate")[3:] == [pytest.approx(1.461598, abs=5e-7), None]
    assert [groups["county"] for groups in column(answer, "groups")] == ["known", "known", "new", "missing", "known"]
    assert column(answer, "status") == ["predicted"] * 4 + ["missing_predictor"]
    assert answer["predictions"][4] == {
        "status": "missing_predictor",
        "estimate": None,
        "std_error": None,
        "conf_low": None,
        "conf_high": None,
        "groups": {"county": "known"},
    }
    assert column(answer, "conf_low") == [None] * 5
    assert answer["notes"] == []


def test_a_constant_is_what_it_was_in_the_fit() -> None:
    rows = {"log_uranium": [-0.5, 0.0, 0.25], "county": ["ANOKA", "BECKER", "elsewhere"]}
    by_name, by_digits = (
        fitted(formula=f"log_radon ~ sin({pi} * log_uranium) + (1 | county)") for pi in ("pi", "3.141592653589793")
    )
    assert by_name["model"]["fixed_terms"] == ["(Intercept)", "sin(pi * log_uranium)"]
    # A document's formula has 15 digits of a number.
    expected = pytest.approx(column(predicted(by_digits, rows), "estimate"), rel=1e-13)
    assert column(predicted(by_name, rows), "estimate") == expected


def test_intervals_say_what_of(radon: Answer) -> None:
    group, sigma = radon["variance_components"][0]["variance"], radon["statistics"]["sigma"]
    mean, observation = (predicted(radon, FLOORS, interval=interval) for interval in ("mean", "observation"))
    of_all = predicted(radon, FLOORS, interval="mean", level="population")
    one_of_all = predicted(radon, FLOORS, interval="observation", level="population")
    error = radon["fixed_effects"][0]["std_error"]
    # Roundings; the intercept is where floor is 0.
    assert column(of_all, "std_error")[3] == pytest.approx(error, rel=1e-13)
    assert column(mean, "std_error")[3] == pytest.approx(np.sqrt(error**2 + group), rel=1e-13)
    assert column(observation, "std_error")[3] == pytest.approx(np.sqrt(error**2 + group + sigma**2), rel=1e-13)
    assert column(one_of_all, "std_error")[3] == pytest.approx(np.sqrt(error**2 + group + sigma**2), rel=1e-13)
    assert column(observation, "std_error")[0] == pytest.approx(
        np.hypot(column(mean, "std_error")[0], sigma), rel=1e-13
    )
    wide = predicted(radon, FLOORS, interval="mean", confidence_level=0.99)
    for row in wide["predictions"][:4]:
        half = float(norm.ppf(0.995)) * row["std_error"]
        ends = (row["estimate"] - half, row["estimate"] + half)
        assert (row["conf_low"], row["conf_high"]) == pytest.approx(ends, rel=1e-12)
    assert of_all["predictions"][0]["groups"] == {}


def test_the_population_needs_no_groups(radon: Answer) -> None:
    answer = predicted(radon, {"floor": [1]}, level="population", interval="observation")
    assert answer["level"] == "population"
    assert column(answer, "estimate") == [pytest.approx(0.768604, abs=5e-7)]


def test_columns_say_the_same_as_records(radon: Answer) -> None:
    records = predicted(radon, FLOORS, interval="mean")["predictions"]
    columns = predicted(radon, FLOORS, interval="mean", format="columns")["predictions"]
    groups = columns.pop("groups")
    assert records == [
        {**dict(zip(columns, cells, strict=True)), "groups": {"county": group}}
        for *cells, group in zip(*columns.values(), groups["county"], strict=True)
    ]


def test_a_kept_document_predicts_as_one_that_is_sent(radon: Answer) -> None:
    rows = [dict(zip(FLOORS, cells, strict=True)) for cells in zip(*FLOORS.values(), strict=True)]
    kept, options = json.dumps(radon).encode(), {"interval": "mean", "format": "columns"}

    def from_fit(submission: Submission) -> Any:
        return predict_from_fit(kept, submission)

    asked = [ask(json.dumps({"data": data, **options}).encode(), task=from_fit) for data in (FLOORS, rows)]
    csv = "floor,county\n0,LACQUIPARLE\n1,LACQUIPARLE\n1,elsewhere\n0,\n,AITKIN\n"
    query = "interval=mean&format=columns&confidence_level=0.95&variance_uncertainty=false"
    asked.append(ask(csv.encode(), "text/csv", query, task=from_fit))
    expected = predicted(radon, FLOORS, **options)
    assert [json.loads(reply.body) for reply in asked] == [expected] * 3


CODED = [
    "log_radon ~ scale(floor) + poly(log_uranium, 2) + (1 | county)",
    "log_radon ~ ns(log_uranium, 3) * floor + (1 | county)",
    "log_radon ~ bs(log_uranium, df = 5) + factor(floor) + (factor(floor) | county)",
    "log_radon ~ I(log_uranium^2) + offset(0.5 * floor) + (0 + scale(log_uranium) | county) + (1 | county)",
    "log_radon ~ floor + I(floor * 2) + log_uranium:floor + (scale(log_uranium) || county)",
]


@pytest.mark.parametrize("formula", CODED)
def test_the_rows_of_the_fit_are_predicted_as_they_were_fitted(formula: str) -> None:
    document = fitted(formula=formula, include=["random_effects", "fitted"], contrasts={})
    rows = {name: cells for name, cells in plain(dataset("radon")).items() if name != "log_radon"}
    # Sums of a few products, in another order.
    assert column(predicted(document, rows), "estimate") == pytest.approx(document["fitted"], rel=1e-10, abs=1e-12)


def test_a_level_that_is_not_known_has_no_prediction() -> None:
    document = fitted(formula="log_radon ~ factor(floor) + (1 | county)")
    body = json.dumps({"document": document, "data": {"floor": [0, 2], "county": ["AITKIN", "AITKIN"]}}).encode()
    refusal = refusal_of(ask(body, task=predict_from_document))
    assert refusal.code == "invalid_request"
    assert (refusal.errors[0].column, refusal.errors[0].row) == ("factor(floor)", 1)


def test_new_groups_may_be_refused(radon: Answer) -> None:
    body = json.dumps({"document": radon, "data": FLOORS, "new_groups": "error"}).encode()
    refusal = refusal_of(ask(body, task=predict_from_document))
    assert "`county` is `elsewhere` in row 2" in refusal.detail
    assert (refusal.errors[0].column, refusal.errors[0].row) == ("county", 2)


def test_as_much_of_nested_groups_as_is_known() -> None:
    table = {
        "y": [1.0, 2, 4, 3, 7, 9, 8, 5, 6, 2, 3, 1],
        "outer": ["a"] * 6 + ["b"] * 6,
        "inner": ["1", "1", "2", "2", "3", "3"] * 2,
    }
    document = fitted(formula="y ~ 1 + (1 | outer/inner)", data=table, dataset=None, theta=[0.8, 1.2])
    effects = document["random_effects"]
    rows = {"outer": ["a", "a", "a", "c", None], "inner": ["2", "9", None, "1", "1"]}
    answer = predicted(document, rows, interval="mean")
    mean, outer = document["fixed_effects"][0]["estimate"], effects["outer"]["estimate"][0][0]
    inner = effects["inner:outer"]["estimate"][effects["inner:outer"]["levels"].index("2:a")][0]
    assert column(answer, "estimate") == pytest.approx([mean + outer + inner, mean + outer, mean + outer, mean, mean])
    assert column(answer, "groups") == [
        {"inner:outer": inside, "outer": outside}
        for inside, outside in [
            ("known", "known"), ("new", "known"), ("missing", "known"), ("new", "new"), ("missing", "missing"),
        ]
    ]  # fmt: skip
    errors = column(answer, "std_error")
    assert errors[0] < errors[1] == errors[2] < errors[3] == errors[4]


def test_without_effects_the_population_is_predicted() -> None:
    answer = predicted(fitted(include=[]), FLOORS, interval="mean")
    assert answer["level"] == "population"
    assert [note["code"] for note in answer["notes"]] == ["no_random_effects"]
    assert column(answer, "estimate")[0] == pytest.approx(1.461598, abs=5e-7)


def test_errors_that_a_document_does_not_tell_are_null(radon: Answer) -> None:
    prediction = radon["prediction"] | {"means": None}
    answer = predicted({**radon, "prediction": prediction}, FLOORS, interval="mean")
    assert [note["code"] for note in answer["notes"]] == ["no_group_errors"]
    told = predicted(radon, FLOORS, interval="mean")
    assert column(answer, "estimate") == column(told, "estimate")
    assert column(answer, "std_error") == [None, None, *column(told, "std_error")[2:]]


def test_without_pooling_a_new_group_has_no_bound() -> None:
    answer = predicted(fitted(theta="inf"), FLOORS, interval="mean")
    assert [note["code"] for note in answer["notes"]] == ["no_bound"]
    assert [error is None for error in column(answer, "std_error")] == [False, False, True, True, True]


ALL = ["random_effects", "prediction"]


def test_intervals_may_count_how_little_the_variances_are_known() -> None:
    document = fitted(include=ALL)
    options = {"level": "population", "interval": "mean", "variance_uncertainty": True}
    answer = predicted(document, {"floor": [0]}, **options)
    # The posterior of mu as a long Gibbs run with the same priors has it, to the digits that the run holds.
    assert (column(answer, "conf_low"), column(answer, "conf_high")) == (
        [pytest.approx(1.3593, abs=2e-4)],
        [pytest.approx(1.5664, abs=2e-4)],
    )
    plugged_in, counted = (
        predicted(document, FLOORS, interval="observation", variance_uncertainty=counts) for counts in (False, True)
    )
    assert column(plugged_in, "estimate") == column(counted, "estimate")
    for known, unknown in zip(plugged_in["predictions"][:4], counted["predictions"], strict=False):
        assert unknown["conf_low"] < known["conf_low"] < known["conf_high"] < unknown["conf_high"]
    assert counted["predictions"][4]["conf_low"] is None


@pytest.mark.parametrize(
    "request_",
    [{}, {"include": ALL, "theta": 0.5}, {"include": ALL, "formula": "log_radon ~ floor + (floor | county)"}],
)
def test_what_is_not_known_of_the_variances_is_not_counted(request_: Mapping[str, object]) -> None:
    asked = {"document": fitted(**request_), "data": FLOORS, "interval": "mean", "variance_uncertainty": True}
    refusal = refusal_of(ask(json.dumps(asked).encode(), task=predict_from_document))
    assert (refusal.code, refusal.errors[0].pointer) == ("unsupported_model", "/variance_uncertainty")


def test_an_observation_has_its_weight() -> None:
    table = {name: [*cells] for name, cells in plain(dataset("radon")).items()}
    table["w"] = [1.0 + row % 3 for row in range(919)]
    document = fitted(data=table, dataset=None, weights="w")
    sigma = document["statistics"]["sigma"]
    mean, plain_answer = (predicted(document, FLOORS, interval=interval) for interval in ("mean", "observation"))
    weighted = predicted(document, {**FLOORS, "w": [4, 1, 1, 1, 1]}, interval="observation")
    error = column(mean, "std_error")[0]
    assert [note["code"] for note in plain_answer["notes"]] == ["no_weights"]
    assert weighted["notes"] == []
    assert column(plain_answer, "std_error")[0] == pytest.approx(np.hypot(error, sigma), rel=1e-13)
    assert column(weighted, "std_error")[0] == pytest.approx(np.hypot(error, sigma / 2), rel=1e-13)
    body = json.dumps({"document": document, "data": {**FLOORS, "w": [4, 0, 1, 1, 1]}}).encode()
    assert refusal_of(ask(body, task=predict_from_document)).errors[0].row == 1


@pytest.mark.parametrize("name", DIFFICULT)
def test_difficult_models_predict_their_own_rows(name: str) -> None:
    request = DIFFICULT[name]
    document = json.loads(ask(json.dumps(request).encode()).body)
    data = request["data"]
    assert isinstance(data, Mapping)
    for level in ("conditional", "population"):
        answer = predicted(document, data, interval="observation", level=level)
        assert None not in column(answer, "estimate")
        errors = column(answer, "std_error")
        assert all(error is None or error >= 0 for error in errors)
        assert (None in errors) == ("no_bound" in [note["code"] for note in answer["notes"]])


REFUSED: list[tuple[Mapping[str, object], str, str]] = [
    ({"document": None}, "invalid_request", "/document"),
    ({"data": None}, "invalid_request", "/data"),
    ({"document": []}, "invalid_request", "/document"),
    ({"document": {"id": 1}}, "invalid_request", "/document/id"),
    ({"data": {"floor": [1]}}, "unknown_column", "/document/model/formula"),
    ({"data": {"floor": ["x"], "county": ["x"]}}, "wrong_type", ""),
    ({"data": {"floor": [1], "county": ["x", "y"]}}, "column_lengths_differ", "/data/county"),
    ({"data": {}}, "invalid_request", "/data"),
    ({"level": "group"}, "invalid_request", "/level"),
    ({"interval": "wald"}, "invalid_request", "/interval"),
    ({"new_groups": "skip"}, "invalid_request", "/new_groups"),
    ({"confidence_level": 1}, "invalid_request", "/confidence_level"),
    ({"format": "csv"}, "invalid_request", "/format"),
    ({"dataset": "radon"}, "invalid_request", "/dataset"),
]


@pytest.mark.parametrize(("change", "code", "pointer"), REFUSED)
def test_a_refusal_points_to_what_is_wrong(
    radon: Answer, change: Mapping[str, object], code: str, pointer: str
) -> None:
    body = json.dumps({"document": radon, "data": FLOORS, **change}).encode()
    refusal = refusal_of(ask(body, task=predict_from_document))
    assert refusal.code == code
    assert (refusal.errors[0].pointer or "") == pointer


@pytest.mark.parametrize(
    ("formula", "pointer"),
    [
        ("log_radon ~ floor + (floor | county)", "/document/model/formula"),
        ("log_radon ~ floor + (1 | state)", "/document/model/formula"),
        ("log_radon ~ 1 + (1 | county)", "/document/coding/columns"),
        ("log_radon ~ poly(floor, 101) + (1 | county)", "/document/coding/constants/poly(floor, 101)"),
        ("log_radon ~ poly(floor, 2) + (1 | county)", "/document/coding/constants/poly(floor, 2)"),
        (f"log_radon ~ {'(' * 60}floor{')' * 60} + (1 | county)", "/document/model/formula"),
        ("log_radon ~ (a+b+c+d+e+f+h+i+j+k+l+m+n+o+p)^15 + (1 | county)", "/document/model/formula"),
    ],
)
@pytest.mark.parametrize("level", ["conditional", "population"])
def test_a_formula_that_is_not_the_documents_is_refused(radon: Answer, formula: str, pointer: str, level: str) -> None:
    document = {**radon, "model": radon["model"] | {"formula": formula}}
    rows = {**FLOORS, "state": ["MN"] * 5}
    asked = {"document": document, "data": rows, "level": level, "interval": "observation"}
    refusal = refusal_of(ask(json.dumps(asked).encode(), task=predict_from_document))
    assert refusal.code in ("invalid_request", "formula_syntax")
    assert refusal.errors[0].pointer == pointer


@pytest.mark.parametrize("column", [2, 2**62, 2**63, 10**30])
def test_a_column_that_the_coding_does_not_have_is_refused(radon: Answer, column: int) -> None:
    document = {**radon, "coding": radon["coding"] | {"columns": [0, column]}}
    refusal = refusal_of(ask(json.dumps({"document": document, "data": FLOORS}).encode(), task=predict_from_document))
    assert (refusal.code, refusal.errors[0].pointer) == ("invalid_request", "/document/coding/columns")


def test_a_collection_does_not_predict() -> None:
    reply = ask(
        json.dumps({"dataset": "radon", "formulas": [RADON["formula"], "floor ~ 1 + (1 | county)"]}).encode(), task=fit
    )

    def from_fit(submission: Submission) -> Any:
        return predict_from_fit(reply.body, submission)

    assert "collection" in refusal_of(ask(json.dumps({"data": FLOORS}).encode(), task=from_fit)).detail
