"""What people paste: a formula alone, assigned to a name, or inside a call of lmer; out comes its syntax tree.

    y ~ x + (1 | g)
    mod <- lmer(y ~ x + (1 | g), data = d)

`data = d` is ignored, as the rows come with the request. Any other argument would change the fit, so it is refused with
the option of the request that says the same.
"""

from collections.abc import Sequence

from service.formula.arithmetic import close
from service.formula.cursor import Cursor
from service.formula.grammar import read_formula
from service.formula.syntax import Syntax

PACKAGES = ("lme4", "lmerTest")
"""Where lmer may come from."""

ADVICE = {
    "REML": 'the option is `"method": "REML"` or `"ML"`',
    "weights": 'the option is `"weights": "column"`',
    "na.action": 'the option is `"missing": "drop"` or `"error"`',
    "contrasts": 'the option is `"contrasts"`',
    "offset": "write `+ offset(x)` into the formula",
    "subset": "send the rows to fit",
    "data": "it came before",
    "formula": "it came before",
}
"""Arguments that are not taken from a call of lmer, with what to do instead."""


def parse(text: str) -> Syntax:
    """The syntax tree of a formula, with `.` as it stands.

    Raises FormulaSyntax for a text that is not a formula and UnknownFunction for a call outside the table; both say at
    which character.
    """
    cursor = Cursor(text)
    if cursor.at_end():
        raise cursor.error("The formula is empty: expected `response ~ predictors`.")
    skip_assignment(cursor)
    if at_fitter(cursor):
        return read_fitter(cursor)
    return Syntax(*read_formula(cursor), text)


def skip_assignment(cursor: Cursor) -> None:
    """Read `name <-` or `name =` where a formula follows."""
    if cursor.token.kind in ("name", "backticked") and cursor.at("<-", "<<-", "=", ahead=1) and cursor.later("~"):
        cursor.take()
        cursor.take()


def at_fitter(cursor: Cursor) -> bool:
    """Whether a call of lmer comes next."""
    words = cursor.words(3)
    if words[0] in PACKAGES and cursor.at("::", ahead=1):
        return words[2:] == ("lmer",) and cursor.at("(", ahead=3)
    return words[0] == "lmer" and cursor.at("(", ahead=1)


def read_fitter(cursor: Cursor) -> Syntax:
    """The formula inside a call of lmer, which must end the text."""
    while not cursor.at("("):
        cursor.take()
    opening = cursor.take()
    formula = None
    free = ["formula", "data"]
    while not cursor.at(")"):
        name = read_argument_name(cursor, free)
        free.remove(name)
        if name == "formula":
            formula = read_formula(cursor, ",", ")")
        else:
            skip_data(cursor)
        if not cursor.accept(","):
            break
    close(cursor, opening)
    if formula is None:
        raise cursor.error("This call of lmer has no formula.", opening)
    if not cursor.at_end():
        raise cursor.error(f"Expected nothing after the call of lmer, found {cursor.token}.")
    return Syntax(*formula, cursor.source)


def read_argument_name(cursor: Cursor, free: Sequence[str]) -> str:
    """The name of the argument at the cursor, read with its `=`, or the first `free` one if it has no name.

    Raises FormulaSyntax for a name that is not free.
    """
    token = cursor.token
    if token.kind not in ("name", "backticked") or not cursor.at("=", ahead=1):
        if not free:
            raise cursor.error("Only the formula is taken from the call.")
        return free[0]
    if token.text not in free:
        advice = ADVICE.get(token.text, "there is no such option")
        raise cursor.error(f"{token} is not taken from the call; {advice}.")
    cursor.take()
    cursor.take()
    return token.text


def skip_data(cursor: Cursor) -> None:
    """Read the name of a data frame."""
    if cursor.token.kind not in ("name", "backticked") or not cursor.at(",", ")", ahead=1):
        raise cursor.error("The rows come with the request; `data =` is ignored and can only name a data frame.")
    cursor.take()
