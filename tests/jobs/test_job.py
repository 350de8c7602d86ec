"""A job passes through its states and no others, and stays where it ends."""

import pytest

from service.jobs.job import FOLLOWING, State, states_before

STATES: list[State] = ["queued", "running", "succeeded", "failed", "cancelled"]


def test_every_state_can_be_reached_from_the_first() -> None:
    reached, new = {"queued"}, ["queued"]
    while new:
        new = [after for before, following in FOLLOWING.items() if before in new for after in following - reached]
        reached |= set(new)
    assert reached == set(STATES)


@pytest.mark.parametrize("state", ["succeeded", "failed", "cancelled"])
def test_an_end_is_an_end(state: State) -> None:
    assert all(state not in states_before(after) for after in STATES)


def test_only_what_runs_succeeds_or_fails() -> None:
    assert states_before("succeeded") == states_before("failed") == ["running"]
    assert states_before("cancelled") == ["queued", "running"]
