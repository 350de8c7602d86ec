"""What a request asks: which formulas of one response, where they were sent, and the ids their fits are kept under."""

import numpy as np
import pytest

from service.contract import MOST_MODELS, FitOptions
from service.data import Categorical, Numeric, Table
from service.errors import FormulaSyntax, InvalidRequest, ServiceError
from service.formula.formula import Formula
from service.tasks.questions import Identities, Question, columns_of, identity, questions_of

TABLE = Table(
    {
        "y": Numeric(np.array([1.0, 2.0, 3.0, 4.0])),
        "z": Numeric(np.array([4.0, 2.0, 3.0, 1.0])),
        "x": Numeric(np.array([0.0, 1.0, 0.0, 1.0])),
        "g": Categorical(np.array([0, 0, 1, 1]), ("a", "b")),
    },
    4,
)


def asked(**options: object) -> list[Question]:
    return questions_of(FitOptions.model_validate(options), TABLE)


def meaning(question: Question) -> Formula:
    assert isinstance(question.formula, Formula)
    return question.formula


def id_of(formula: str, table: Table = TABLE, **options: object) -> str:
    checked = FitOptions.model_validate({"formula": formula, **options})
    return Identities(checked, table).of(meaning(questions_of(checked, table)[0]))


def test_a_formula_is_one_question() -> None:
    (question,) = asked(formula="y~x+(1|g)")
    assert (question.text, question.pointer, meaning(question).text) == ("y~x+(1|g)", "/formula", "y ~ x + (1 | g)")


def test_every_response_of_every_formula_is_a_question() -> None:
    found = asked(formulas=["y~x+(1|g)", "cbind(y, log(z)) ~ . + (1 | g)", "y ~ ("])
    assert [(each.text, each.pointer) for each in found] == [
        ("y~x+(1|g)", "/formulas/0"),
        ("y ~ x + g + (1 | g)", "/formulas/1"),
        ("log(z) ~ x + g + (1 | g)", "/formulas/1"),
        ("y ~ (", "/formulas/2"),
    ]
    assert [meaning(each).responses for each in found[:3]] == [("y",), ("y",), ("log(z)",)]
    assert isinstance(found[3].formula, FormulaSyntax)
    assert found[3].formula.__traceback__ is None


def test_what_is_wrong_with_the_only_formula_is_raised() -> None:
    with pytest.raises(FormulaSyntax):
        asked(formula="y ~ (")


@pytest.mark.parametrize("beyond", [False, True])
def test_models_are_counted_whatever_formula_they_are_of(beyond: bool) -> None:
    left = f"cbind({', '.join(f'I(y + {k})' for k in range(400 + beyond))}) ~ x"
    formulas = [left, left.replace("400", "z"), *["y ~ x"] * (MOST_MODELS - 800)]
    if not beyond:
        assert len(asked(formulas=formulas)) == MOST_MODELS
        return
    with pytest.raises(InvalidRequest, match="more than 1,000 models") as refusal:
        asked(formulas=formulas)
    assert refusal.value.faults[0].pointer == f"/formulas/{len(formulas) - 2}"


def test_the_id_is_that_of_the_question_and_not_of_its_envelope() -> None:
    id = id_of("y ~ x + (1 | g)")
    assert id_of("y~x+(1|g)", method="REML", include=["coefficients", "random_effects"]) == id
    assert id_of("y ~ x + (1 | g)", Table({**TABLE.columns, "spare": TABLE.columns["x"]}, 4)) == id
    options = FitOptions.model_validate({"formulas": ["z ~ 1", "y ~ x + (1 | g)"]})
    assert Identities(options, TABLE).of(meaning(questions_of(options, TABLE)[1])) == id


def test_another_question_has_another_id() -> None:
    moved = Table({**TABLE.columns, "x": TABLE.columns["z"]}, 4)
    ids = [
        id_of("y ~ x + (1 | g)"),
        id_of("y ~ x + (1 | g)", moved),
        id_of("y ~ x + (1 | g)", method="ML"),
        id_of("y ~ x + (1 | g)", weights="z"),
        id_of("y ~ x + (1 | g)", weights="x"),
        id_of("z ~ x + (1 | g)"),
    ]
    assert len(set(ids)) == len(ids)
    assert all(len(id) == 32 for id in ids)


def test_no_two_lists_of_parts_have_one_identity() -> None:
    assert len({identity(*parts) for parts in (("ab", "c"), ("a", "bc"), ("abc",), ("abc", ""), ("c", "ab"))}) == 5
    assert identity("a", "é") == identity(b"a", "é".encode())


def test_the_columns_of_a_formula() -> None:
    (question,) = asked(formula="log(y) ~ x:z + offset(z) + (0 + x | g)")
    assert columns_of(meaning(question)) == ["g", "x", "y", "z"]
    assert not isinstance(question.formula, ServiceError)
