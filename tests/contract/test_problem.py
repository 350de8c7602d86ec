"""From an error to the failure that crosses the processes."""

import inspect

import pytest

from service import errors
from service.contract import Failure, Place, failure_of
from service.errors import Fault, ServiceError, UnknownColumn


def test_a_failure_says_what_and_where() -> None:
    fault = Fault("no such column", pointer="/formula", column="flor", row=3, position=9)
    error = UnknownColumn("The data have no column `flor`.", fault, Fault("another"))
    assert failure_of(error) == Failure(
        code="unknown_column",
        detail="The data have no column `flor`.",
        errors=[
            Place(message="no such column", pointer="/formula", column="flor", row=3, position=9),
            Place(message="another", pointer=None, column=None, row=None, position=None),
        ],
    )


@pytest.mark.parametrize("pointer", ["/formula", "/formulas/3"])
def test_a_position_is_one_in_a_formula(pointer: str) -> None:
    failure = failure_of(
        UnknownColumn("No.", Fault("here", position=4), Fault("the option", pointer="/weights")), pointer
    )
    assert [place.pointer for place in failure.errors] == [pointer, "/weights"]


ERRORS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, ServiceError)]


@pytest.mark.parametrize("kind", ERRORS)
def test_every_error_has_a_code_and_crosses_as_json(kind: type[ServiceError]) -> None:
    failure = failure_of(kind("It cannot be done."))
    assert failure.code == kind.code
    assert Failure.model_validate_json(failure.model_dump_json()) == failure


def test_codes_are_distinct() -> None:
    codes = [kind.code for kind in ERRORS]
    assert len(set(codes)) == len(codes)
