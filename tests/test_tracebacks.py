"""Tracebacks and the log's lines: they say where and what, never what a caller sent."""

import json
import logging

import pytest

from service.logs import JsonLines
from service.tracebacks import traceback_of

MARK = "Sesame"


def fail() -> None:
    """Raise an exception with one before it and one in it, all of whose messages quote."""
    try:
        int(MARK)
    except ValueError as first:
        raise ExceptionGroup(MARK, [KeyError(MARK)]) from first


def raised() -> BaseException:
    with pytest.raises(ExceptionGroup) as caught:
        fail()
    return caught.value


def test_the_way_and_the_types_are_told_and_no_message() -> None:
    text = traceback_of(raised())
    first, last = text.split("which led to")
    assert "int(MARK)" in first
    assert first.rstrip().endswith("ValueError")
    assert "raise ExceptionGroup" in last
    assert last.endswith("with in it\nKeyError")
    assert MARK not in text


def test_a_circle_has_an_end() -> None:
    error, other = ValueError(), KeyError()
    error.__context__, other.__context__ = other, error
    assert traceback_of(error) == "KeyError\nwhich led to\nValueError"


def test_a_line_of_the_log_has_no_message_either() -> None:
    error = raised()
    record = logging.LogRecord("here", logging.ERROR, "", 0, "%s failed", ("it",), (type(error), error, None))
    line = json.loads(JsonLines().format(record))
    assert line["message"] == "it failed"
    assert line["exception"] == traceback_of(error)


def test_what_asyncio_knows_of_a_task_stays_out() -> None:
    record = logging.LogRecord(
        "asyncio", logging.ERROR, "", 0, "Never retrieved\nexception=KeyError('Sesame')", None, None
    )
    assert json.loads(JsonLines().format(record))["message"] == "Never retrieved"
