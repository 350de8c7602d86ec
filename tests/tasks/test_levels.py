"""Levels are bounded as rows and columns are, wherever a formula makes groups or a factor of them."""

import dataclasses
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from service.contract import Reply, Submission
from service.tasks.comparisons import compare_formulas
from service.tasks.fits import fit
from service.tasks.pooling import pool
from tests.tasks.questions import LIMITS, refusal_of

TABLE = {"y": [1.5, 2, 4, 3, 5, 7, 6, 9], "g": [1, 1, 2, 2, 3, 3, 4, 4], "f": list("abababab")}
ONE = {"formula": "y ~ 1 + (1 | g)"}


def ask(folder: Path, levels: int, task: Callable[[Submission], Reply], **asked: object) -> Reply:
    """The reply where factors may have so many levels."""
    body = folder / "body"
    body.write_text(json.dumps({"data": TABLE, **asked}))
    return task(Submission(str(body), "application/json", "", "", dataclasses.replace(LIMITS, levels=levels)))


@pytest.mark.parametrize(
    ("task", "asked"),
    [(fit, ONE), (pool, ONE), (compare_formulas, {"formulas": ["y ~ 1 + (1 | g)", "y ~ f + (1 | g)"]})],
)
def test_the_last_that_is_allowed_is_answered_and_one_more_is_refused(
    tmp_path: Path, task: Callable[[Submission], Reply], asked: Mapping[str, object]
) -> None:
    assert not ask(tmp_path, 4, task, **asked).failed
    refusal = refusal_of(ask(tmp_path, 3, task, **asked))
    assert refusal.code == "body_too_large"
    assert refusal.detail == "`g` has 4 levels in the rows that are used; the limit is 3."
    assert refusal.errors[0].column == "g"


def test_combinations_count_that_occur_and_factors_too(tmp_path: Path) -> None:
    crossed = refusal_of(ask(tmp_path, 7, fit, formula="y ~ 1 + (1 | g) + (1 | f:g)"))
    assert crossed.detail == "`f:g` has 8 levels in the rows that are used; the limit is 7."
    factor = refusal_of(ask(tmp_path, 1, fit, formula="y ~ f + (1 | g)"))
    assert factor.errors[0].column == "f"


def test_a_column_that_no_formula_uses_may_have_more(tmp_path: Path) -> None:
    assert not ask(tmp_path, 2, fit, formula="y ~ 1 + (1 | f)").failed
