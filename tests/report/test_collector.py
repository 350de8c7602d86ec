"""The garbage collector is off within, and afterwards what it was."""

import gc

import pytest

from service.report.collector import paused


def test_it_is_off_within_and_on_afterwards() -> None:
    with paused():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_is_on_after_an_error() -> None:
    with pytest.raises(KeyError), paused():
        raise KeyError
    assert gc.isenabled()


def test_one_within_another_does_not_turn_it_on() -> None:
    with paused():
        with paused():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
