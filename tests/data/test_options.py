import pytest

from service.data.json_text import Json
from service.data.options import options_of_query
from service.errors import InvalidRequest

GOOD: dict[str, dict[str, Json]] = {
    "": {},
    "formula=y+~+x+%2B+%281+%7C+g%29&method=ML": {"formula": "y ~ x + (1 | g)", "method": "ML"},
    "weights=pct%20of%20total": {"weights": "pct of total"},
    "method=": {"method": ""},
    "include=fitted&include=residuals": {"include": ["fitted", "residuals"]},
    "include=fitted,+residuals,&include=posterior": {"include": ["fitted", "residuals", "posterior"]},
    "include=": {"include": []},
    "formulas=poly(y,2)~x&formulas=z~x": {"formulas": ["poly(y,2)~x", "z~x"]},
    "formulas=y~x": {"formulas": ["y~x"]},
    "formulas=[%22y~x%22,%22z~x%22]": {"formulas": ["y~x", "z~x"]},
    "formulas=+[%22y~x%22]&formulas=z~x": {"formulas": ["y~x", "z~x"]},
    "formulas=[]": {"formulas": []},
    "formulas=[1,null]": {"formulas": [1, None]},
    "formulas=": {"formulas": [""]},
    "confidence_level=0.9": {"confidence_level": 0.9},
    "theta=[0.5,0]": {"theta": [0.5, 0]},
    "theta=%22inf%22": {"theta": "inf"},
    "theta=inf": {"theta": "inf"},
    "levels=%7B%22f%22%3A%5B%22b%22%2C%22a%22%5D%7D": {"levels": {"f": ["b", "a"]}},
    "unknown=1": {"unknown": "1"},
}

BAD = {
    "method=ML&method=REML": ("`method` is given twice", "/method"),
    "levels={f:b}": ("`levels` must be JSON", "/levels"),
    "theta=infinite": ("0.5 or inf", "/theta"),
    "formulas=[y~x]": ("`formulas` must be JSON", "/formulas"),
    "formulas=[%22y~x%22": ("`formulas` must be JSON", "/formulas"),
    "confidence_level=NaN": ("`confidence_level` must be JSON", "/confidence_level"),
    "formula=%ff": ("percent-encoded UTF-8", None),
    "&".join(f"a{i}=1" for i in range(65)): ("at most 64 options", None),
}


@pytest.mark.parametrize(("query", "options"), GOOD.items())
def test_reads(query: str, options: dict[str, Json]) -> None:
    assert options_of_query(query) == options


@pytest.mark.parametrize(("query", "expected"), BAD.items(), ids=lambda value: str(value)[:30])
def test_refuses_and_says_where(query: str, expected: tuple[str, str | None]) -> None:
    with pytest.raises(InvalidRequest) as caught:
        options_of_query(query)
    assert expected[0] in caught.value.detail
    assert caught.value.faults[0].pointer == expected[1]
