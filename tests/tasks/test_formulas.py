"""A formula becomes its expansion, or a refusal with the position of the mistake."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from service.contract import FormulaExpansion, Reply
from service.tasks.formulas import expand_formula
from tests.tasks.questions import ask, refusal_of


def expand(body: object) -> Reply:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return ask(content, task=expand_formula)


EXPANSIONS: list[tuple[str, list[str] | None, dict[str, Any]]] = [  # Any: any part of the expansion
    (
        "y ~ (a+b+c)^2 - a:b",
        None,
        {
            "formula": "y ~ (a + b + c)^2 - a:b",
            "response": "y",
            "intercept": True,
            "fixed_terms": ["a", "b", "c", "a:c", "b:c"],
            "random_terms": [],
            "variables": ["a", "b", "c", "y"],
        },
    ),
    ("y ~ a*b", None, {"fixed_terms": ["a", "b", "a:b"]}),
    ("log(y) ~ 0 + `a b` + offset(o)", None, {"intercept": False, "response": "log(y)", "offsets": ["offset(o)"]}),
    ("y ~ .", ["y", "b", "a"], {"formula": "y ~ b + a", "fixed_terms": ["b", "a"]}),
    ("y ~ . - a", ["y", "b", "a"], {"fixed_terms": ["b"]}),
    ("y ~ a + (1 + x | g)", None, {"random_terms": [{"terms": ["1", "x"], "group": "g", "correlated": True}]}),
    (
        "y ~ (x || g)",
        None,
        {
            "random_terms": [
                {"terms": ["1"], "group": "g", "correlated": False},
                {"terms": ["x"], "group": "g", "correlated": False},
            ]
        },
    ),
    (
        "y ~ (1 | a/b)",
        None,
        {
            "random_terms": [
                {"terms": ["1"], "group": "b:a", "correlated": True},
                {"terms": ["1"], "group": "a", "correlated": True},
            ],
            "variables": ["a", "b", "y"],
        },
    ),
]


@pytest.mark.parametrize(("formula", "columns", "expected"), EXPANSIONS)
def test_a_formula_is_expanded(formula: str, columns: list[str] | None, expected: Mapping[str, object]) -> None:
    reply = expand({"formula": formula, "columns": columns})
    assert not reply.failed
    found = FormulaExpansion.model_validate_json(reply.body).model_dump()
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("formula", "columns", "position"),
    [("y ~ . + (1 | g)", None, 4), ("y ~ .", [], 4), ("y ~ a + + (1 | g", None, 10), ("y ~ a $ b", None, 6)],
)
def test_a_mistake_has_a_position(formula: str, columns: list[str] | None, position: int) -> None:
    refusal = refusal_of(expand({"formula": formula, "columns": columns}))
    assert (refusal.code, refusal.errors[0].position) == ("formula_syntax", position)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[1]", b'"y ~ a"', b"\xff", b'{"formula": "\xff"}', b"[" * 10_000, b'{"formula": y}']
)
def test_a_body_that_is_no_object_is_malformed(body: bytes) -> None:
    assert refusal_of(expand(body)).code == "malformed_body"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/formula"),
        ({"formula": 1}, "/formula"),
        ({"formula": "y ~ x", "columns": "x"}, "/columns"),
        ({"formula": "y ~ x", "columns": [1]}, "/columns/0"),
        ({"formula": "y ~ x", "data": {}}, "/data"),
    ],
)
def test_a_formula_request_is_checked(body: object, pointer: str) -> None:
    refusal = refusal_of(expand(body))
    assert (refusal.code, refusal.errors[0].pointer) == ("invalid_request", pointer)
