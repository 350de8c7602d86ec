"""A prior has what it needs, and nothing else."""

import pytest

from service.contract import PosteriorRequest, checked
from service.errors import InvalidRequest


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"prior": "uniform", "confidence_level": 0.5, "groups": False},
        {"prior": "half-t", "scale": 1e-200},
        {"prior": "half-t", "scale": 2, "df": 1},
        {"prior": "half-normal", "scale": 0.5},
    ],
)
def test_what_may_be_asked(asked: dict[str, object]) -> None:
    request = checked(PosteriorRequest, asked)
    assert {name: getattr(request, name) for name in asked} == asked


def test_values_of_columns_are_written_as_json() -> None:
    assert checked(PosteriorRequest, {"at": '{"floor": 1, "x": -2.5}'}).at == {"floor": 1.0, "x": -2.5}


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ({"prior": "flat"}, "/prior"),
        ({"prior": "half-t"}, "/scale"),
        ({"prior": "half-normal"}, "/scale"),
        ({"scale": 1.0}, "/scale"),
        ({"prior": "half-t", "scale": 0.0}, "/scale"),
        ({"prior": "half-t", "scale": float("inf")}, "/scale"),
        ({"prior": "half-t", "scale": 1.0, "df": 0.5}, "/df"),
        ({"prior": "half-normal", "scale": 1.0, "df": 3}, "/df"),
        ({"confidence_level": 1.0}, "/confidence_level"),
        ({"at": '{"floor": NaN}'}, "/at"),
        ({"at": "1"}, "/at"),
        ({"at": [1]}, "/at"),
        ({"priors": "uniform"}, "/priors"),
    ],
)
def test_what_may_not(asked: dict[str, object], pointer: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        checked(PosteriorRequest, asked)
    assert caught.value.faults[0].pointer == pointer
