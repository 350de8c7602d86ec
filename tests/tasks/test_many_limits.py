"""Several formulas in one request: how many there may be, what is refused as a whole, and what they may cost."""

import json
import tracemalloc
from urllib.parse import urlencode

import numpy as np
import pytest

from service import engine
from service.contract import MOST_MODELS
from tests.tasks.many import GOOD, entries, failure, post
from tests.tasks.questions import ask, refusal_of

# options, code, pointer, words
REFUSED: list[tuple[dict[str, object], str, str, str]] = [
    ({}, "invalid_request", "/formula", "Send either `formula` or `formulas`."),
    ({"formulas": None}, "invalid_request", "/formula", "Send either `formula` or `formulas`."),
    ({"formula": GOOD[0], "formulas": GOOD}, "invalid_request", "/formula", "not both"),
    ({"formulas": []}, "invalid_request", "/formulas", "at least 1 item"),
    ({"formulas": GOOD[0]}, "invalid_request", "/formulas", "valid list"),
    ({"formulas": [GOOD[0], 3]}, "invalid_request", "/formulas/1", "valid string"),
    ({"formulas": [GOOD[0]] * (MOST_MODELS + 1)}, "invalid_request", "/formulas", "at most 1000 items"),
    ({"formulas": GOOD, "weights": "ww"}, "unknown_column", "/weights", "no column `ww`"),
    ({"formulas": GOOD, "levels": {"z": ["a"]}}, "unknown_column", "/levels/z", "no column `z`"),
    ({"formulas": GOOD, "contrasts": {"z": "sum"}}, "unknown_column", "/contrasts/z", "no column `z`"),
    ({"formulas": GOOD, "method": "reml"}, "invalid_request", "/method", "'REML'"),
    ({"formulas": GOOD, "formulae": 1}, "invalid_request", "/formulae", "did you mean `formula"),
    ({"formulas": GOOD, "dataset": "radon"}, "invalid_request", "/data", "not both"),
]


@pytest.mark.parametrize(("options", "code", "pointer", "words"), REFUSED)
def test_what_is_wrong_with_the_whole_request_is_its_problem(
    options: dict[str, object], code: str, pointer: str, words: str
) -> None:
    refusal = refusal_of(post(**options))
    assert (refusal.code, refusal.errors[0].pointer) == (code, pointer)
    assert words in refusal.detail


def responses(number: int) -> str:
    return f"cbind({', '.join(f'I(a+{k})' for k in range(number))}) ~ (1 | g)"


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ({"formula": responses(MOST_MODELS + 1)}, "/formula"),
        ({"formulas": [GOOD[0], responses(500), responses(500), GOOD[0]]}, "/formulas/2"),
        ({"formulas": [responses(500), responses(500), "a ~", GOOD[0]]}, "/formulas/3"),
    ],
    ids=["responses", "formulas", "one too many"],
)
def test_responses_count_as_models(asked: dict[str, object], pointer: str) -> None:
    refusal = refusal_of(post(**asked))
    assert (refusal.code, refusal.errors[0].pointer) == ("invalid_request", pointer)
    assert "more than 1,000 models" in refusal.detail


def test_a_thousand_formulas_of_any_length_are_bounded() -> None:
    hostile = [
        f"a ~ {'x' * 9_990}",
        f"a ~ {'x' * 20_000}",
        f"a ~ ({' + '.join('abcxfghw')})^13 + (1 | g)",
        f"a ~ {'(' * 4_000}x{')' * 4_000}",
    ]
    reply = post(formulas=hostile * (MOST_MODELS // len(hostile)))
    found = entries(reply)
    assert [entry.status for entry in found] == ["failed"] * MOST_MODELS
    assert len(failure(reply, 1).formula) == 10_000
    assert len(reply.body) < MOST_MODELS * 12_000


def test_what_needs_too_much_memory_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    def exhaust(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(engine, "fit_all", exhaust)
    assert refusal_of(post(formulas=GOOD)).code == "body_too_large"


def test_the_table_is_held_once() -> None:
    n = 90_000
    rng = np.random.default_rng(7)
    csv = "y,x,g\n" + "\n".join(
        f"{a:.3f},{b:.3f},{c}"
        for a, b, c in zip(rng.normal(size=n), rng.normal(size=n), rng.integers(0, 50, n), strict=True)
    )

    def peak(*formulas: str) -> int:
        tracemalloc.start()
        reply = ask(csv.encode(), "text/csv", urlencode({"formulas": json.dumps(formulas), "include": ""}))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert not reply.failed
        return most

    one = peak("y ~ x + (1 | g)")
    many = peak(*["y ~ x + (1 | g)", "y ~ 1 + (1 | g)", "x ~ y + (1 | g)"] * 20)
    assert many < one + 10 * 8 * n
