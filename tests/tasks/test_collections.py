"""Several formulas in one request: each gets what it gets alone, byte for byte, or its own problem."""

import json
from collections.abc import Callable
from urllib.parse import urlencode

import pytest

from service.contract import FailedFit, FitDocument, Reply
from service.data import dataset
from service.design import construction
from service.tasks.fits import summarise
from tests.data.tables import plain
from tests.tasks.many import GAPS, GOOD, ROWS, alone, entries, failure, post
from tests.tasks.questions import ask, refusal_of

# formula, code, place
BAD: list[tuple[str, str, dict[str, object]]] = [
    ("a ~ x +", "formula_syntax", {"position": 7}),
    ("", "formula_syntax", {"position": 0}),
    ("a ~ lgo(x) + (1 | g)", "unknown_function", {"position": 4}),
    ("a ~ z + (1 | g)", "unknown_column", {"position": 4, "column": "z"}),
    ("f ~ x + (1 | g)", "wrong_type", {"position": 0, "column": "f"}),
    ("log(x - 1) ~ (1 | g)", "not_finite", {"position": 0, "column": "x", "row": 0}),
    ("a ~ (1 | one)", "too_few_groups", {"pointer": None, "column": "one"}),
    ("a ~ x", "unsupported_model", {}),
]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"method": "ML", "weights": "w", "df": "none", "intervals": "none", "confidence_level": 0.5},
        {"include": ["fitted", "residuals", "coefficients"], "contrasts": {"f": "sum"}, "levels": {"f": list("wvu")}},
    ],
    ids=["defaults", "other options", "long parts"],
)
def test_each_fit_is_what_its_formula_alone_gets(options: dict[str, object]) -> None:
    collection = post(formulas=GOOD, **options)
    assert list(collection.members) == [entry.id for entry in entries(collection) if isinstance(entry, FitDocument)]
    for formula, (id, place) in zip(GOOD, collection.members.items(), strict=True):
        single = alone(formula, **options)
        assert single.id == id
        assert single.body == collection.body[place]


@pytest.mark.parametrize("rows", [400, 919])
@pytest.mark.parametrize("many", [2, 5, 50])
def test_the_number_of_formulas_changes_no_bit(many: int, rows: int) -> None:
    radon = {name: cells[:rows] for name, cells in plain(dataset("radon")).items()}
    rhs = ("floor", "1", "floor * log_uranium", "poly(log_uranium, 2)")
    formulas = [f"I(log_radon / {k + 3}) ~ {rhs[k % 4]} + (1 | county)" for k in range(many)]
    collection = post(radon, formulas=formulas)
    singles = [post(radon, formula=formula) for formula in formulas]
    assert [single.body == collection.body[collection.members[single.id or ""]] for single in singles] == [True] * many


def test_a_bad_formula_costs_no_other() -> None:
    bad = [formula for formula, _, _ in BAD]
    mixed = [formula for pair in zip(GOOD + GOOD, bad, strict=False) for formula in pair]
    reply = post(formulas=mixed)
    found = entries(reply)
    assert [entry.status for entry in found] == ["succeeded", "failed"] * len(bad)
    singles = [alone(formula) for formula in GOOD]
    assert reply.members.keys() == {single.id for single in singles}
    assert all(reply.body[reply.members[single.id or ""]] == single.body for single in singles)


@pytest.mark.parametrize(("formula", "code", "place"), BAD)
def test_a_failed_entry_is_the_problem_its_formula_alone_gets(
    formula: str, code: str, place: dict[str, object]
) -> None:
    entry = failure(post(formulas=[GOOD[0], formula]), 1)
    assert (entry.formula, entry.problem.code) == (formula, code)
    problem = refusal_of(post(formula=formula))
    assert (entry.problem.code, entry.problem.detail) == (problem.code, problem.detail)
    moved = [
        place.model_copy(update={"pointer": "/formulas/1" if place.pointer == "/formula" else place.pointer})
        for place in problem.errors
    ]
    assert entry.problem.errors == moved
    assert not moved or {**{"pointer": "/formulas/1"}, **place}.items() <= moved[0].model_dump().items()


@pytest.mark.parametrize("asked", [{"formula": "cbind(a, b, c, log(b + 1)) ~ x + (1 | g)"}, {"formulas": []}])
def test_each_response_has_its_own_fit_on_its_own_rows(asked: dict[str, object]) -> None:
    asked = asked if "formula" in asked else {"formulas": ["cbind(a, b, c) ~ x + (1 | g)", "log(b + 1) ~ x + (1 | g)"]}
    reply = post(**asked)
    responses = {"a": 60, "b": 51, "c": 54, "log(b + 1)": 51}
    fits = [entry for entry in entries(reply) if isinstance(entry, FitDocument)]
    assert {fit.model.response: fit.model.n_observations for fit in fits} == responses
    for response, place in zip(responses, reply.members.values(), strict=True):
        assert reply.body[place] == alone(f"{response} ~ x + (1 | g)").body


@pytest.mark.parametrize(("asked", "pointer"), [("formula", "/formula"), ("formulas", "/formulas/0")])
def test_a_response_that_fails_is_named_with_its_place_in_what_was_sent(asked: str, pointer: str) -> None:
    text = "cbind(a, zz, f) ~ x + (1 | g)"
    reply = post(**{asked: text if asked == "formula" else [text]})
    assert [entry.status for entry in entries(reply)] == ["succeeded", "failed", "failed"]
    unknown, text_column = failure(reply, 1), failure(reply, 2)
    assert (unknown.formula, text_column.formula) == ("zz ~ x + (1 | g)", "f ~ x + (1 | g)")
    assert [(place.pointer, place.position) for place in unknown.problem.errors] == [(pointer, 9)]
    assert [(place.pointer, place.position) for place in text_column.problem.errors] == [(pointer, 13)]


def test_one_response_is_an_ordinary_formula() -> None:
    assert post(formula="cbind(a) ~ x + (1 | g)").body == alone(GOOD[0]).body


def test_a_list_of_one_is_a_collection_of_one() -> None:
    reply = post(formulas=GOOD[:1])
    assert [entry.status for entry in entries(reply)] == ["succeeded"]
    assert reply.id not in reply.members


def test_it_is_a_collection_even_where_every_formula_fails() -> None:
    reply = post(formulas=[formula for formula, _, _ in BAD])
    assert {entry.status for entry in entries(reply)} == {"failed"}
    assert reply.members == {}
    assert json.loads(reply.body)["status"] == "succeeded"


def test_a_formula_asked_for_twice_is_answered_twice_and_kept_once() -> None:
    reply = post(formulas=[GOOD[0], "a~x+(1|g)", GOOD[1]])
    first, second, _ = entries(reply)
    assert first == second
    assert len(reply.members) == 2


SAME: list[Callable[[], Reply]] = [
    lambda: post(formulas=["a~x+(1|g)", *GOOD[1:3]], method="REML"),
    lambda: post({**GAPS, "spare": [0] * ROWS}, formulas=GOOD[:3]),
    lambda: post(formulas=GOOD[:3], formula=None),
]
OTHER: list[Callable[[], Reply]] = [
    lambda: post(formulas=GOOD[2::-1]),
    lambda: post(formulas=GOOD[:2]),
    lambda: post(formulas=GOOD[:3], method="ML"),
    lambda: post({**GAPS, "x": [0, *GAPS["x"][:-1]]}, formulas=GOOD[:3]),
    lambda: post(formulas=[*GOOD[:3], "a ~ zz + (1 | g)"]),
    lambda: post(formulas=[*GOOD[:3], "a ~ yy + (1 | g)"]),
]


def test_the_id_is_that_of_what_is_asked() -> None:
    reply = post(formulas=GOOD[:3])
    assert [(again().id, again().body) for again in SAME] == [(reply.id, reply.body)] * len(SAME)
    assert len({reply.id, *(other().id for other in OTHER)}) == len(OTHER) + 1
    assert json.loads(reply.body)["id"] == reply.id
    assert reply.id is not None
    assert len(reply.id) == 32


def test_large_tables_are_worked_on_in_lots_with_the_same_result(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = post(formulas=GOOD)
    monkeypatch.setattr(construction, "CELLS", 2 * ROWS)
    reply = post(formulas=GOOD)
    assert (reply.id, reply.body) == (expected.id, expected.body)
    assert list(reply.seconds) == ["read", "design", "fit", "report"]


def test_a_formula_in_a_query_with_a_bare_plus_gets_a_hint() -> None:
    csv = b"y,x,g\n" + b"".join(b"%d,%d,%d\n" % (row * row % 7, row % 5, row // 4) for row in range(20))
    query = "formulas=y~x+(1|g)&" + urlencode({"formulas": '["y ~ x + (1 | g)", "y ~ lgo(x)"]'})
    first, second, third = entries(ask(csv, "text/csv", query))
    assert isinstance(first, FailedFit)
    assert isinstance(second, FitDocument)
    assert isinstance(third, FailedFit)
    assert "%2B" in first.problem.detail
    assert "%2B" in third.problem.detail


def test_the_summary_is_one_after_the_other() -> None:
    reply = post(formulas=[GOOD[0], "a ~ zz + (1 | g)", GOOD[1]])
    first, second = (summarise(alone(formula).body, 3).body.decode() for formula in GOOD[:2])
    failed = "lmer(formula = a ~ zz + (1 | g))\nfailed: The data have no column `zz`.\n"
    assert summarise(reply.body, 3).body.decode() == "\n".join([first, failed, second])
