"""From a syntax tree to a formula's meaning: R's algebra for the fixed part, lme4's rules for the random terms."""

from collections.abc import Sequence
from itertools import chain

from service.formula.diagnosis import quoted, syntax_error
from service.formula.dots import resolve_dots
from service.formula.formula import Formula, RandomTerm, Term
from service.formula.label import formula_label, label
from service.formula.limits import Allowance
from service.formula.parsing import parse
from service.formula.random_terms import random_terms
from service.formula.sums import read_sum
from service.formula.syntax import Syntax


def read(text: str, columns: Sequence[str] | None = None) -> Formula:
    """The meaning of a formula's text; raises as `parse` and `expand` do."""
    return expand(parse(text), columns)


def expand(syntax: Syntax, columns: Sequence[str] | None = None) -> Formula:
    """The meaning of a formula; `.` stands for all `columns` that the response does not name, in their order.

    Raises FormulaSyntax for a `.` without `columns`, a number or a random term where none can be, and an expansion
    beyond the limits.
    """
    allowance = Allowance(syntax.source)
    predictors = resolve_dots(syntax, columns)
    fixed = read_sum(predictors, allowance, syntax.response)
    variables = dict(fixed.variables)
    random: list[RandomTerm] = []
    for bar in fixed.bars:
        terms, named = random_terms(bar, allowance)
        random += terms
        variables |= {name: tree for name, tree in named.items() if name not in variables}
    response = label(syntax.response)
    fixed_terms = tuple(term for term in fixed.terms if term != (response,))
    _check_response(syntax, fixed_terms, response)
    used = {response, *fixed.offsets, *chain.from_iterable(fixed_terms)}
    for term in random:
        used.update(term.group, *term.terms)
    return Formula(
        text=formula_label(syntax.response, predictors),
        response=response,
        intercept=fixed.intercept,
        terms=fixed_terms,
        offsets=fixed.offsets,
        random=tuple(random),
        variables={name: tree for name, tree in variables.items() if name in used},
    )


def _check_response(syntax: Syntax, terms: Sequence[Term], response: str) -> None:
    """Raise FormulaSyntax if the response is part of an interaction; as a main effect it is left out, as in R."""
    if any(response in term for term in terms):
        message = f"The response {quoted(response)} is part of an interaction among the predictors."
        raise syntax_error(syntax.source, syntax.response.position, message)
