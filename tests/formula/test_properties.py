"""What holds for every text and every formula."""

from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import FormulaSyntax, ServiceError, UnknownFunction
from service.formula import label, parse, read

COLUMNS = ["y", "a", "b", "x y", "g", "h"]
NAMES = st.sampled_from(["a", "b", "`x y`", "été", ".z", "`if`"])
NUMBERS = st.sampled_from(["2", "0.5", "1e5", "1e-7", "3L", "0x1F", "123456789"])
OPERATORS = [
    "~",
    "+",
    "-",
    "*",
    "/",
    ":",
    "^",
    "%in%",
    "%%",
    "|",
    "||",
    "(",
    "(",
    ")",
    ")",
    ",",
    "=",
    "<-",
    "!",
    "&",
    "==",
]
OPENINGS = ["lmer(", "data=", "log(", "I(", "poly(", "c(", "offset(", "ns(x, knots ="]
WORDS = st.sampled_from(
    [*OPERATORS, *OPENINGS, "y", "x", "g", "1", "0", "2", ".", "`a", "b`", "'c'", "TRUE", "#", "\n"]
)


def joined(parts: st.SearchStrategy[str], operators: list[str]) -> st.SearchStrategy[str]:
    return st.builds(lambda left, operator, right: f"{left}{operator}{right}", parts, st.sampled_from(operators), parts)


ARITHMETIC = st.recursive(
    NAMES | NUMBERS,
    lambda inner: (
        joined(inner, [" + ", "-", "*", "/", "^", "%%", " %/% "]) | inner.map("({})".format) | inner.map("-{}".format)
    ),
    max_leaves=6,
)
VARIABLES = NAMES | st.builds("{}({} + a)".format, st.sampled_from(["log", "I", "sqrt", "scale", "factor"]), ARITHMETIC)
SUMS = st.recursive(
    VARIABLES | st.just("."),
    lambda inner: (
        joined(inner, [" + ", " - ", "*", ":", "/", " %in% "])
        | inner.map("({})".format)
        | inner.map("({})^2".format)
        | inner.map("-{}".format)
    ),
    max_leaves=6,
)
COEFFICIENTS = st.sampled_from(["1", "x", "0 + x", "a * b", "log(a) + 1", "a - 1"])
GROUPS = st.sampled_from(["g", "g/h", "g:h", "g * h", "factor(g)/h", "`my g`"])
BARS = st.builds("({} {} {})".format, COEFFICIENTS, st.sampled_from(["|", "||"]), GROUPS)
FORMULAS = st.builds(
    lambda response, terms, bars: f"{response} ~ " + " + ".join([*terms, *bars]),
    st.sampled_from(["y", "log(y)", "y / 2", "`x y`", "cbind(y, log(a))", "cbind(`x y`, -y, b)"]),
    st.lists(SUMS | st.sampled_from(["1", "0", "offset(w)"]), min_size=1, max_size=4),
    st.lists(BARS, max_size=2),
)


def assert_answered(text: str) -> None:
    refusal = refused(text)
    if refusal is not None:
        (fault,) = refusal.faults
        assert fault.position is not None
        assert 0 <= fault.position <= len(text)
        assert refusal.detail.startswith(fault.message)
        refusal.detail.encode("utf-8")


def refused(text: str) -> FormulaSyntax | UnknownFunction | None:
    try:
        read(text, COLUMNS)
    except (FormulaSyntax, UnknownFunction) as refusal:
        return refusal
    return None


@given(st.text(st.characters(), max_size=200))
def test_any_text_has_an_answer(text: str) -> None:
    assert_answered(text)


@settings(max_examples=300)
@given(st.lists(WORDS, max_size=40).map(" ".join))
def test_any_words_have_an_answer(text: str) -> None:
    assert_answered(text)
    assert_answered(f"y ~ x + {text}")


@settings(max_examples=300)
@given(FORMULAS)
def test_a_formula_reads_back_as_itself(text: str) -> None:
    try:
        formula = read(text, COLUMNS)
    except ServiceError:
        return
    assert read(formula.text) == formula
    assert read(formula.text).text == formula.text


@given(FORMULAS)
def test_a_formula_is_whole(text: str) -> None:
    try:
        formula = read(text, COLUMNS)
    except ServiceError:
        return
    used = {*formula.responses, *formula.offsets}
    for terms in (formula.terms, *(term.terms for term in formula.random), [term.group for term in formula.random]):
        used.update(name for term in terms for name in term)
    assert formula.variables.keys() == used
    assert all(label(tree) == name for name, tree in formula.variables.items())
    assert len(set(formula.terms)) == len(formula.terms)
    assert [len(term) for term in formula.terms] == sorted(len(term) for term in formula.terms)


@given(FORMULAS)
def test_a_response_alone_reads_back_as_itself(text: str) -> None:
    try:
        formula = read(text, COLUMNS)
    except ServiceError:
        return
    for response in formula.responses:
        alone = formula.for_response(response)
        assert read(alone.text) == alone
        assert alone.responses == (response,)


@given(ARITHMETIC)
def test_a_variable_reads_back_as_itself(text: str) -> None:
    tree = parse(f"I(a + {text}) ~ 1").responses[0]
    assert parse(f"{label(tree)} ~ 1").responses[0] == tree
