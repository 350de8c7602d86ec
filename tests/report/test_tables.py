"""The tables of a document: the same values, a row each."""

import pytest

from service.contract import FitDocument
from service.contract.tables import RandomEffect
from service.errors import NotFound
from service.report.tables import TABLES
from tests.tasks.questions import RADON, document

SLEEP = {
    "formula": "y ~ x + (x || g) + (1 | h)",
    "data": {
        "y": [1.0, 2.5, 2.0, 4.0, 3.0, 5.5, 2.0, 3.5, 4.0, 6.0, 5.0, 8.0],
        "x": [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 4],
        "g": ["a"] * 4 + ["b"] * 4 + ["c"] * 4,
        "h": ["p", "q"] * 6,
    },
}


@pytest.fixture(scope="module")
def several() -> FitDocument:
    return document(SLEEP)


def rows_of(name: str, of: FitDocument) -> list[dict[str, object]]:
    """The rows of a table, each of which its model takes."""
    columns = TABLES[name].columns(of)
    assert set(columns) == set(TABLES[name].row.model_fields) == set(TABLES[name].types())
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    for row in rows:
        TABLES[name].row.model_validate(row)
    return rows


def test_coefficients_and_variances_are_the_documents(several: FitDocument) -> None:
    assert rows_of("fixed_effects", several) == [row.model_dump() for row in several.fixed_effects]
    assert rows_of("variance_components", several) == [row.model_dump() for row in several.variance_components]


@pytest.mark.parametrize("name", ["random_effects", "coefficients"])
def test_groups_have_a_row_for_each_coefficient(name: str, several: FitDocument) -> None:
    rows = rows_of(name, several)
    parts = getattr(several, name)
    expected = [
        (group, level, term, own.estimate[j][k])
        for group, own in parts.items()
        for j, level in enumerate(own.levels)
        for k, term in enumerate(own.terms)
    ]
    assert [(row["group"], row["level"], row["term"], row["estimate"]) for row in rows] == expected


def test_random_effects_have_errors_sizes_and_weights(several: FitDocument) -> None:
    rows = [RandomEffect.model_validate(row) for row in rows_of("random_effects", several)]
    of_g, of_h = ([row for row in rows if row.group == group] for group in "gh")
    assert [row.n for row in of_g] == [4] * 6
    assert [row.n for row in of_h] == [6, 6]
    # Of several coefficients there is no weight.
    assert {row.weight for row in of_g} == {None}
    assert several.random_effects is not None
    assert [row.weight for row in of_h] == several.random_effects["h"].weight
    assert [row.std_error for row in of_h] == [row[0] for row in several.random_effects["h"].std_error]


def test_types_are_text_whole_numbers_and_numbers() -> None:
    assert TABLES["random_effects"].types() == {
        "group": str, "level": str, "n": int, "term": str, "estimate": float, "std_error": float, "weight": float,
    }  # fmt: skip
    assert TABLES["fixed_effects"].types()["role"] is str
    assert TABLES["variance_components"].types()["term"] is str


@pytest.mark.parametrize("name", ["random_effects", "coefficients"])
def test_a_part_that_was_not_included_is_not_there(name: str) -> None:
    with pytest.raises(NotFound, match=name):
        TABLES[name].columns(document({**RADON, "include": []}))
