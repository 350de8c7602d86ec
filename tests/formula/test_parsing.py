"""What people paste around a formula."""

import pytest

from service.errors import FormulaSyntax
from service.formula import read
from tests.formula.mistakes import cases

MEANS_THE_SAME = [
    "mod <- lmer(y ~ x + (1 | g), data = d)",
    "m = lmer(y ~ x + (1 | g), d)",
    "m <<- y~x+(1|g)",
    "`my model` <- lmer(y ~ x + (1 | g))",
    "lmer(formula = y ~ x + (1 | g), data = d)",
    "lmer(data = `my data`, formula = y ~ x + (1 | g))",
    "lmer(data = d, y ~ x + (1 | g))",
    "lme4::lmer(y ~ x + (1 | g), data = d)",
    "lmerTest::lmer(\n  y ~ x +\n    (1 | g),  # varying intercepts\n  data = d\n)\n",
    "form = y ~ x + (1 | g)",
    "y\u00a0\u223c\u00a0x\u00a0+\u00a0(1\u00a0|\u00a0g)",
]

REFUSED = """
lmer(y ~ x + (1 | g), d, REML = FALSE)
                         ^ `REML` is not taken from the call; the option is `"method": "REML"` or `"ML"`.
lmer(y ~ x + (1 | g), weights = w)
                      ^ `weights` is not taken from the call; the option is `"weights": "column"`.
lmer(y ~ x + (1 | g), na.action = na.omit)
                      ^ `na.action` is not taken from the call; the option is `"missing": "drop"` or `"error"`.
lmer(y ~ x + (1 | g), contrasts = list(f = "contr.sum"))
                      ^ `contrasts` is not taken from the call; the option is `"contrasts"`.
lmer(y ~ x + (1 | g), offset = w)
                      ^ `offset` is not taken from the call; write `+ offset(x)` into the formula.
lmer(y ~ x + (1 | g), subset = x > 1)
                      ^ `subset` is not taken from the call; send the rows to fit.
lmer(y ~ x + (1 | g), control = lmerControl())
                      ^ `control` is not taken from the call; there is no such option.
lmer(y ~ x, formula = y ~ z)
            ^ `formula` is not taken from the call; it came before.
lmer(y ~ x + (1 | g), d, FALSE)
                         ^ Only the formula is taken from the call.
lmer(y ~ x + (1 | g), data = subset(d, x > 1))
                             ^ The rows come with the request; `data =` is ignored and can only name a data frame.
lmer(y ~ x + (1 | g), data = )
                             ^ The rows come with the request; `data =` is ignored and can only name a data frame.
lmer(y ~ x + (1 | g)
    ^ This parenthesis is not closed: expected `)`.
lmer(y ~ x + (1 | g)))
                     ^ Expected nothing after the call of lmer, found `)`.
lmer(y ~ x, data = d) + 1
                      ^ Expected nothing after the call of lmer, found `+`.
lmer(data = d)
    ^ This call of lmer has no formula.
lmer()
    ^ This call of lmer has no formula.
lmer(y)
      ^ Expected `~` after the response, found `)`.
lmer(y ~ x z)
           ^ Expected an operator such as `+` between `x` and `z`.
lmer(y ~ x + , data = d)
             ^ Expected a term after `+`, found `,`.
lmer "("
     ^ Expected `~` after the response, found `(`.
x <- 3
  ^ Expected `~` after the response, found `<-`.
a <- b <- y ~ x
       ^ Expected `~` after the response, found `<-`.
"""


@pytest.mark.parametrize("text", MEANS_THE_SAME)
def test_the_formula_is_found(text: str) -> None:
    formula = read(text)
    assert formula == read("y ~ x + (1 | g)")
    assert formula.text == "y ~ x + (1 | g)"


@pytest.mark.parametrize(("text", "position", "message"), cases(REFUSED))
def test_what_would_change_the_fit_is_refused(text: str, position: int, message: str) -> None:
    with pytest.raises(FormulaSyntax) as caught:
        read(text)
    assert [(fault.position, fault.message) for fault in caught.value.faults] == [(position, message)]


@pytest.mark.parametrize("text", ["", " \n\t", "# nothing"])
def test_an_empty_formula_is_refused(text: str) -> None:
    with pytest.raises(FormulaSyntax, match="The formula is empty"):
        read(text)


def test_positions_count_in_the_text_as_pasted() -> None:
    formula = read("mod <- lmer(log(y) ~ x + (1 | g), data = d)")
    assert formula.variables["log(y)"].position == 12
    assert formula.random[0].position == 25
