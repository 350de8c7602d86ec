"""What all answers have in common: a request that is all JSON asks nothing in its query."""

from collections.abc import Callable
from functools import partial

import pytest

from service.contract import Reply, Submission
from service.tasks.designs import plan_study
from service.tasks.formulas import expand_formula
from service.tasks.predictions import predict_from_document
from service.tasks.simulations import simulate_fit
from tests.tasks.questions import LIMITS, ask, refusal_of

FIT = Submission(b"", "", "", "", LIMITS)
TASKS = [plan_study, expand_formula, predict_from_document, partial(simulate_fit, b"{}", FIT)]


@pytest.mark.parametrize("task", TASKS)
def test_a_query_beside_json_is_not_read_over(task: Callable[[Submission], Reply]) -> None:
    failure = refusal_of(ask(b"{}", query="n=3", task=task))
    assert (failure.code, failure.detail) == ("invalid_request", "What is asked stands in the body, not in the query.")
