"""The meaning of formulas against R's terms() and lme4's findbars(); tests/reference/formula/terms.R wrote the file."""

import json
from pathlib import Path
from typing import TypedDict

import pytest

from service.errors import FormulaSyntax
from service.formula import expand, parse, read
from service.formula.formula import Formula


class Bar(TypedDict):
    terms: list[str]
    intercept: bool
    group: list[str]
    name: str


class Fixed(TypedDict):
    formula: str
    text: str
    response: str
    intercept: bool
    terms: list[str]
    offsets: list[str]


class Random(TypedDict):
    formula: str
    text: str
    fixed: list[str]
    intercept: bool
    random: list[Bar]


class Reference(TypedDict):
    columns: list[str]
    fixed: list[Fixed]
    with_data: list[Fixed]
    random: list[Random]


REFERENCE: Reference = json.loads((Path(__file__).parents[1] / "reference/formula/terms.json").read_text("utf-8"))

# R prints the L of an integer in a formula but not in the labels of its terms; here both are the label.
INTEGERS = {"y ~ I(x+2L)": "y ~ I(x + 2)", "y ~ I(x+1e5L)": "y ~ I(x + 100000)"}

# Taking `(x | g)` out of `(x | g) - 1`, lme4 1.1 forgets the minus with it; here what is taken away is taken away.
FORGOTTEN_MINUS = {
    "y ~ (x | g) - 1": ([], False),
    "y ~ (1 | g) - x + z": (["z"], True),
}

# R: `a:1` is nothing, `1 * a` nothing but `a * 1` is `a`, a power of 1 is an error, and one of 2.5 means 2.
REFUSED_HERE = ["y ~ a:1", "y ~ 1:a", "y ~ a * 1", "y ~ 1 * a", "y ~ a/1", "y ~ (a + b)^2.5", "y ~ 1^2"]

# lme4 cannot read these, reads nonsense (`(1 | a:b/c)` becomes groups by the function `:`) or names a single column by
# parentheses around it.
READ_HERE = {
    "y ~ (1 | a:b/c)": ["c:(a:b)", "a:b"],
    "y ~ (1 | (a:b)/c)": ["c:(a:b)", "a:b"],
    "y ~ (1 | (a/b)/c)": ["c:(b:a)", "b:a", "a"],
    "y ~ (1 | a/(b/c))": ["(c:b):a", "b:a", "a"],
    "y ~ (1 | a * b)": ["a", "b", "a:b"],
    "y ~ (1 | a * b * c)": ["a", "b", "a:b", "c", "a:c", "b:c", "a:b:c"],
    "y ~ (1 | (a * b)/c)": ["c:(a:b)", "a", "b", "a:b"],
    "y ~ (1 | a/(b * c))": ["b:a", "c:a", "(b:c):a", "a"],
    "y ~ (1 | (a * b) * (b:a))": ["a", "b", "a:b", "b:a"],
    "y ~ (1 | a:a)": ["a"],
    "y ~ (1 | a/(a:b))": ["a:b", "a"],
    "y ~ (1 | (a))": ["a"],
    "y ~ (1 | (a:b))": ["a:b"],
    "y ~ (1 | (a)/(b))": ["b:a", "a"],
    "y ~ (1 || g)": ["g"],
}


def joined(terms: tuple[tuple[str, ...], ...]) -> list[str]:
    return [":".join(term) for term in terms]


@pytest.mark.parametrize("case", REFERENCE["fixed"], ids=lambda case: case["formula"])
def test_fixed_part_is_that_of_r(case: Fixed) -> None:
    assert_is_that_of_r(read(case["formula"]), case)


@pytest.mark.parametrize("case", REFERENCE["with_data"], ids=lambda case: case["formula"])
def test_dot_is_that_of_r(case: Fixed) -> None:
    assert_is_that_of_r(read(case["formula"], REFERENCE["columns"]), case)


def assert_is_that_of_r(formula: Formula, case: Fixed) -> None:
    assert joined(formula.terms) == case["terms"]
    assert (formula.response, formula.intercept) == (case["response"], case["intercept"])
    assert list(formula.offsets) == case["offsets"]
    assert formula.text == INTEGERS.get(case["formula"], case["text"])


@pytest.mark.parametrize("case", REFERENCE["random"], ids=lambda case: case["formula"])
def test_random_terms_are_those_of_lme4(case: Random) -> None:
    formula = read(case["formula"])
    found = [
        Bar(terms=joined(term.terms), intercept=term.intercept, group=list(term.group), name=term.group_name)
        for term in formula.random
    ]
    assert found == case["random"]
    expected = FORGOTTEN_MINUS.get(case["formula"], (case["fixed"], case["intercept"]))
    assert (joined(formula.terms), formula.intercept) == expected
    assert formula.text == case["text"]


@pytest.mark.parametrize(("text", "groups"), READ_HERE.items())
def test_groups_that_lme4_cannot_read(text: str, groups: list[str]) -> None:
    formula = read(text)
    assert [term.group_name for term in formula.random] == groups
    columns = [name.replace("(", "").replace(")", "").split(":") for name in groups]
    assert [list(term.group) for term in formula.random] == columns
    assert all(term.intercept and term.terms == () for term in formula.random)


@pytest.mark.parametrize("text", REFUSED_HERE)
def test_constants_are_no_operands(text: str) -> None:
    with pytest.raises(FormulaSyntax):
        read(text)


def test_power_of_one_changes_nothing() -> None:
    assert joined(read("y ~ (a + b)^1").terms) == ["a", "b"]


def test_a_huge_power_stops_where_nothing_changes() -> None:
    assert joined(read("y ~ (a + b)^1000000000").terms) == ["a", "b", "a:b"]


@pytest.mark.parametrize(
    ("text", "correlated"),
    [("y ~ (x | g)", [True]), ("y ~ (x || g)", [False, False]), ("y ~ (1 | g) + (0 + x | g)", [True, True])],
)
def test_only_a_double_bar_is_uncorrelated(text: str, correlated: list[bool]) -> None:
    assert [term.correlated for term in read(text).random] == correlated


def test_random_term_knows_its_parenthesis() -> None:
    assert [term.position for term in read("y ~ x + (1 | a/b) + (x | g)").random] == [8, 8, 20]


def test_variables_are_the_trees_of_all_labels_used() -> None:
    formula = read("log(y) ~ a * b - b + offset(w) + unused - unused + (log(x) | f/g)")
    assert list(formula.variables) == ["log(y)", "a", "b", "offset(w)", "log(x)", "f", "g"]
    assert formula.variables["b"].position == 13


def test_variables_stand_where_they_first_appear() -> None:
    assert read("y ~ log(x) + (log(x) | g)").variables["log(x)"].position == 4


def test_response_is_no_predictor() -> None:
    assert joined(read("y ~ y + x").terms) == ["x"]
    with pytest.raises(FormulaSyntax, match="The response `y` is part of an interaction"):
        read("y ~ x + x:y")


def test_dot_leaves_out_every_column_of_the_responses() -> None:
    assert joined(read("log(y / w) ~ .", ["w", "x", "y", "z"]).terms) == ["x", "z"]
    assert joined(read("cbind(log(y), w) ~ . + (1 | z)", ["w", "x", "y", "z"]).terms) == ["x", "z"]


# formula: each of its responses alone.
ALONE = {
    "y ~ x": ["y ~ x"],
    "cbind(y) ~ x": ["y ~ x"],
    "cbind(log(a),b)~x+(1|g)": ["log(a) ~ x + (1 | g)", "b ~ x + (1 | g)"],
    "m <- lmer(cbind(a, `b ~ c`, -d) ~ 0 + offset(w) + (x || g/h), d)": [
        "a ~ 0 + offset(w) + (x || g/h)",
        "`b ~ c` ~ 0 + offset(w) + (x || g/h)",
        "-d ~ 0 + offset(w) + (x || g/h)",
    ],
    "cbind(a, b) ~ a + x": ["a ~ a + x", "b ~ a + x"],
    "cbind(a, b) ~ x + (a | b)": ["a ~ x + (a | b)", "b ~ x + (a | b)"],
}


@pytest.mark.parametrize("text", ALONE)
def test_a_response_alone_has_the_formula_one_would_write_for_it(text: str) -> None:
    formula = read(text)
    alone = [formula.for_response(response) for response in formula.responses]
    assert [each.text for each in alone] == ALONE[text]
    assert alone == [read(each) for each in ALONE[text]]


def test_responses_have_one_label_each() -> None:
    formula = read("cbind( log(a) , b ) ~ x")
    assert formula.responses == ("log(a)", "b")
    assert formula.response == "cbind(log(a), b)"
    assert list(formula.variables) == ["log(a)", "b", "x"]


def test_dot_of_one_column_needs_no_parentheses() -> None:
    assert read("y ~ .^2 - 1", ["y", "x"]).text == "y ~ x^2 - 1"


def test_syntax_can_be_expanded_with_other_columns() -> None:
    syntax = parse("y ~ .")
    assert joined(expand(syntax, ["y", "a"]).terms) == ["a"]
    assert joined(expand(syntax, ["b", "y", "c"]).terms) == ["b", "c"]


@pytest.mark.parametrize(
    ("text", "columns", "position", "message"),
    [
        ("y ~ x + .", None, 8, "`.` stands for all other columns; without the data"),
        ("y ~ .", ["y"], 4, "`.` stands for all other columns, but the data have none"),
        ("y ~ .", [f"x{column}" for column in range(6000)], 4, "`.` stands for 6,000 columns"),
        ("y ~ (. | g)", ["y", "x", "g"], 5, "`.` cannot be part of a random term"),
        ("y ~ (1 | .)", ["y", "x", "g"], 9, "A grouping factor is a column"),
        ("cbind(a, b, a) ~ x", None, 12, "The response `a` is given twice"),
        ("cbind(a, b) ~ x * b", None, 9, "The response `b` is part of an interaction"),
        ("y ~ (1 | a:b) + (1 | `a:b`)", None, 16, "Two grouping factors are called `a:b`"),
        ("y ~ (1 | factor(g)) + (1 | `factor(g)`)", None, 22, "Two grouping factors are called `factor(g)`"),
        ("y ~ x:1", None, 6, "1 is the intercept"),
        ("y ~ (0 * x | g)", None, 5, "0 is the intercept"),
        ("y ~ x * (1 | g)", None, 8, "A random term is only ever added"),
        ("y ~ x - (1 | g)", None, 8, "A random term is only ever added"),
        ("y ~ x:offset(z)", None, 6, "An offset is only ever added"),
        ("y ~ x - offset(z)", None, 8, "An offset is only ever added"),
        ("y ~ (x + offset(z) | g)", None, 4, "A random term cannot contain an offset"),
        ("y ~ (x + (1 | h) | g)", None, 4, "A random term cannot contain another random term"),
        ("y ~ (0 | g)", None, 4, "This random term has no coefficient left"),
        ("y ~ (x - x - 1 || g)", None, 4, "This random term has no coefficient left"),
        ("y ~ (1 | a + b)", None, 11, "Each grouping factor has a random term of its own"),
        ("y ~ (1 | a %in% b)", None, 11, "A grouping factor is a column"),
        ("y ~ (x | 1)", None, 9, "A grouping factor is a column"),
        ("y ~ (1 | g^2)", None, 10, "A grouping factor is a column"),
        ("y ~ (1 | -g)", None, 9, "A grouping factor is a column"),
        ("y ~ (1 | offset(g))", None, 9, "An offset cannot form groups"),
    ],
)
def test_what_parses_and_means_nothing(text: str, columns: list[str] | None, position: int, message: str) -> None:
    with pytest.raises(FormulaSyntax) as caught:
        read(text, columns)
    (fault,) = caught.value.faults
    assert fault.message.startswith(message)
    assert fault.position == position


def test_what_is_asked_of_every_fit_is_known_of_the_formula() -> None:
    formula = read("log(y) ~ a:x + scale(x) + offset(w) + (0 + z | g/h)")
    assert sorted(name.text for name in formula.names) == ["a", "g", "h", "w", "x", "x", "y", "z"]
    assert set(formula.predictors) == {*formula.variables} - {"log(y)"}
    assert formula.coded == ("scale(x)", "a", "x", "z")


def test_a_response_among_its_predictors_is_one_of_them() -> None:
    assert "y" in read("y ~ x + (y | g)").predictors
