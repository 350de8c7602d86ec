"""Formulas side by side: the numbers of R's anova(), on the rows that all of them have."""

import csv
import io
import json
from collections.abc import Mapping
from typing import TypedDict
from urllib.parse import urlencode

import pytest

from service.contract import ComparisonDocument, Reply
from service.tasks.comparisons import compare_formulas
from tests.references import REFERENCE, SHIPPED, csv_of
from tests.tasks.many import GAPS
from tests.tasks.questions import ask, refusal_of


class Anova(TypedDict):
    """A table of anova(), a row a model; tests begin at the second."""

    id: str
    dataset: str
    formulas: list[str]
    weights: str | None
    n_parameters: list[int]
    aic: list[float]
    bic: list[float]
    log_likelihood: list[float]
    deviance: list[float]
    statistic: list[float]
    df: list[int]
    p_value: list[float]


TABLES: list[Anova] = json.loads((REFERENCE / "comparisons/anova.json").read_text())
FOUND = 1e-5
"""How near lme4's search comes to the least deviance."""


def compare(body: Mapping[str, object]) -> ComparisonDocument:
    reply = ask(json.dumps(body).encode(), task=compare_formulas)
    assert not reply.failed, reply.body
    return ComparisonDocument.model_validate_json(reply.body)


def refuse(**body: object) -> Reply:
    return ask(json.dumps({"data": GAPS, **body}).encode(), task=compare_formulas)


@pytest.mark.parametrize("table", TABLES, ids=[table["id"] for table in TABLES])
def test_it_is_what_anova_says(table: Anova) -> None:
    file = csv_of(table["dataset"])
    options = {"weights": table["weights"]} if table["weights"] else {}
    query = urlencode([*(("formulas", each) for each in table["formulas"]), *options.items()])
    reply = ask(file.read_bytes(), "text/csv", query, task=compare_formulas)
    assert not reply.failed, reply.body
    document = ComparisonDocument.model_validate_json(reply.body)
    assert [model.index for model in document.models] == list(range(len(table["formulas"])))
    for place, model in enumerate(document.models):
        assert model.n_parameters == table["n_parameters"][place]
        assert model.aic == pytest.approx(table["aic"][place], abs=FOUND)
        assert model.bic == pytest.approx(table["bic"][place], abs=FOUND)
        assert model.log_likelihood == pytest.approx(table["log_likelihood"][place], abs=FOUND)
        assert model.deviance == pytest.approx(table["deviance"][place], abs=FOUND)
        assert model.converged
    for place, test in enumerate(document.tests, start=1):
        assert (test.smaller, test.larger, test.nested) == (place - 1, place, True)
        assert test.statistic == pytest.approx(table["statistic"][place], abs=FOUND)
        assert test.df == table["df"][place]
        assert test.p_value is not None
        if test.distribution == "chi2":
            assert test.p_value == pytest.approx(table["p_value"][place], rel=FOUND)
        else:
            # R knows no boundary: its p-value is the larger.
            assert test.p_value < table["p_value"][place]
            assert [part.df for part in test.components] == [test.df - 1 if test.df else None, test.df]


def test_radon_in_any_order() -> None:
    names = ["floor + log_uranium + (1 | county)", "1 + (1 | county)", "floor + (1 | county)"]
    document = compare({"dataset": "radon", "formulas": [f"log_radon ~ {name}" for name in names]})
    assert [model.index for model in document.models] == [1, 2, 0]
    found = [(test.smaller, test.larger, test.statistic, test.difference) for test in document.tests]
    assert [row[:2] for row in found] == [(1, 2), (2, 0)]
    # As published for these data, to three decimals.
    assert [round(row[2] or 0.0, 3) for row in found] == [91.587, 40.834]
    assert [row[3].fixed_terms if row[3] else [] for row in found] == [["floor"], ["log_uranium"]]
    assert document.tests[0].difference is not None
    assert document.tests[0].difference.text == "the coefficient of floor"


def test_what_varies_is_named() -> None:
    names = ["floor + (1 | county)", "floor + (floor | county)"]
    document = compare({"dataset": "radon", "formulas": [f"log_radon ~ {name}" for name in names]})
    (test,) = document.tests
    assert test.difference is not None
    assert test.difference.text == (
        "the variance of floor between the groups of county; the covariance of (Intercept) with floor between the "
        "groups of county"
    )
    assert test.difference.model_dump(exclude={"text"}) == {
        "fixed_terms": [],
        "variances": [{"group": "county", "term": "floor"}],
        "covariances": [{"group": "county", "term_1": "(Intercept)", "term_2": "floor"}],
    }
    assert test.model_dump()["components"] == [{"df": 1, "weight": 0.5}, {"df": 2, "weight": 0.5}]


def test_all_models_have_the_rows_that_are_complete_for_all() -> None:
    document = compare({"data": GAPS, "formulas": ["a ~ x + (1 | g)", "a ~ c + (1 | g)"], "weights": "w"})
    rows = [row for row in range(60) if GAPS["c"][row] is not None]
    assert (document.n_observations, document.n_dropped) == (len(rows), 60 - len(rows))
    alone = compare(
        {
            "data": {name: [column[row] for row in rows] for name, column in GAPS.items()},
            "formulas": ["a ~ x + (1 | g)", "a ~ c + (1 | g)"],
            "weights": "w",
        }
    )
    assert (alone.models, alone.n_dropped, alone.weights) == (document.models, 0, "w")


def test_a_test_that_is_no_test_has_a_reason() -> None:
    document = compare({"data": GAPS, "formulas": ["a ~ x + (1 | g)", "a ~ c + (1 | g)"]})
    (test,) = document.tests
    assert (test.nested, test.difference, test.statistic, test.df, test.p_value, test.distribution) == (
        False,
        *[None] * 5,
    )
    assert test.components == []
    assert test.reason == "The larger model's coefficients do not make up those of the smaller: x."


def test_a_model_without_random_terms_is_complete_pooling() -> None:
    document = compare({"data": GAPS, "formulas": ["a ~ x", "a ~ x + (x | g)"]})
    first, second = document.models
    assert (first.n_parameters, second.n_parameters, first.singular) == (3, 6, False)
    (test,) = document.tests
    assert (test.df, test.p_value_is_bound) == (3, True)


def test_restricted_likelihood_is_not_what_is_compared() -> None:
    formulas = ["a ~ 1 + (1 | g)", "a ~ x + (1 | g)"]
    by_reml = compare({"data": GAPS, "formulas": formulas, "method": "REML"})
    assert by_reml == compare({"data": GAPS, "formulas": formulas})
    assert by_reml.method == "ML"


def test_every_way_to_send_the_rows_gives_the_same() -> None:
    text = (SHIPPED / "radon.csv").read_text()
    rows = list(csv.DictReader(io.StringIO(text)))
    formulas = ["log_radon ~ 1 + (1 | county)", "log_radon ~ floor + (1 | county)"]
    names = ("log_radon", "floor")
    columns = {name: [float(row[name]) for row in rows] for name in names} | {"county": [r["county"] for r in rows]}
    form = "".join(
        f'--b\r\nContent-Disposition: form-data; name="formulas"\r\n\r\n{formula}\r\n' for formula in formulas
    )
    form += f'--b\r\nContent-Disposition: form-data; name="data"; filename="r.csv"\r\n\r\n{text}\r\n--b--\r\n'
    replies = [
        ask(json.dumps({"data": columns, "formulas": formulas}).encode(), task=compare_formulas),
        ask(json.dumps({"dataset": "radon", "formulas": formulas}).encode(), task=compare_formulas),
        ask(form.encode(), "multipart/form-data; boundary=b", task=compare_formulas),
        ask(text.encode(), "text/csv", urlencode({"formulas": json.dumps(formulas)}), task=compare_formulas),
    ]
    assert [reply.body for reply in replies] == [replies[0].body] * 4
    assert set(replies[0].seconds) == {"read", "design", "fit", "report"}


REFUSALS: list[tuple[dict[str, object], str, str]] = [
    ({"formulas": ["a ~ x + (1 | g)"]}, "invalid_request", "/formulas"),
    ({"formulas": ["a ~ x + (1 | g)"] * 101}, "invalid_request", "/formulas"),
    ({"formulas": ["a ~ x + (1 | g)", "a ~ (1 | g"]}, "formula_syntax", "/formulas/1"),
    ({"formulas": ["a ~ x + (1 | g)", "a ~ nothing + (1 | g)"]}, "unknown_column", "/formulas/1"),
    ({"formulas": ["a ~ x + (1 | one)", "a ~ x + (1 | g)"]}, "too_few_groups", "/formulas/0"),
    ({"formulas": ["a ~ x + (1 | g)", "a ~ one + (1 | g)"]}, "invalid_request", "/formulas/1"),
    ({"formulas": ["a ~ x + (1 | g)", "a ~ log(x - 20) + (1 | g)"]}, "not_finite", "/formulas/1"),
    ({"formulas": ["f ~ x + (1 | g)", "f ~ 1 + (1 | g)"]}, "wrong_type", "/formulas/0"),
    ({"formulas": ["a ~ x + (1 | g)", "c ~ x + (1 | g)"]}, "invalid_request", "/formulas/1"),
    ({"formulas": ["a ~ x + (1 | g)", "log(a + 2) ~ x + (1 | g)"]}, "invalid_request", "/formulas/1"),
    ({"formulas": ["cbind(a, c) ~ x + (1 | g)"] * 2}, "invalid_request", "/formulas/0"),
    ({"formulas": ["a ~ x", "a ~ 1"]}, "unsupported_model", "/formulas"),
    ({"formulas": ["a ~ x + (1 | g)"] * 2, "weights": "no"}, "unknown_column", "/weights"),
    ({"formulas": ["a ~ x + (1 | g)"] * 2, "theta": [1]}, "invalid_request", "/theta"),
    ({"formulas": ["a ~ c + (1 | g)", "a ~ b + (1 | g)"], "missing": "error"}, "missing_values", "/formulas/0"),
]


@pytest.mark.parametrize(("body", "code", "pointer"), REFUSALS)
def test_what_cannot_be_compared_is_refused(body: dict[str, object], code: str, pointer: str) -> None:
    failure = refusal_of(refuse(**body))
    assert (failure.code, failure.errors[0].pointer) == (code, pointer)


def test_different_responses_are_named() -> None:
    failure = refusal_of(refuse(formulas=["a ~ x + (1 | g)", "log(a + 2) ~ x + (1 | g)"]))
    assert "`a` and `log(a + 2)`" in failure.detail


def test_a_bare_plus_in_a_query_gets_a_hint() -> None:
    query = "formulas=y~x+(1|g)&formulas=y~1%2B(1|g)"
    reply = ask(b"y,x,g\n1,2,a\n", "text/csv", query, task=compare_formulas)
    assert "%2B" in refusal_of(reply).detail
