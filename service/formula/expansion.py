"""From a syntax tree to a formula's meaning: R's algebra for the fixed part, lme4's rules for the random terms."""

from collections.abc import Sequence
from functools import lru_cache

from service.formula.constants import with_constants
from service.formula.diagnosis import quoted, syntax_error
from service.formula.dots import resolve_dots
from service.formula.formula import Formula, RandomTerm, Term, labels_used
from service.formula.label import label, left_side_label, node_label
from service.formula.limits import Allowance
from service.formula.parsing import parse
from service.formula.random_terms import random_terms
from service.formula.sums import read_sum
from service.formula.syntax import Syntax


def read(text: str, columns: Sequence[str] | None = None) -> Formula:
    """The meaning of a formula's text; raises as `parse` and `expand` do. The last ones read are remembered."""
    return _read(text, None if columns is None else tuple(columns))


@lru_cache(maxsize=64)
def _read(text: str, columns: tuple[str, ...] | None) -> Formula:
    return expand(parse(text), columns)


def expand(syntax: Syntax, columns: Sequence[str] | None = None) -> Formula:
    """The meaning of a formula; `.` stands for all `columns` that no response names, in their order.

    Where the columns are known, `pi` in a calculation is R's constant unless it is one of them.

    Raises FormulaSyntax for a `.` without `columns`, a number or a random term where none can be, two grouping factors
    with one name, and an expansion beyond the limits.
    """
    allowance = Allowance(syntax.source)
    predictors = resolve_dots(syntax, columns)
    fixed = read_sum(predictors, allowance, syntax.responses)
    variables = dict(fixed.variables)
    random: list[RandomTerm] = []
    for bar in fixed.bars:
        terms, named = random_terms(bar, allowance)
        random += terms
        variables |= {name: tree for name, tree in named.items() if name not in variables}
    responses = tuple(map(label, syntax.responses))
    _check_responses(syntax, responses, fixed.terms)
    _check_groups(syntax, random)
    # As R does, a model's response is left out as a main effect.
    terms_used = tuple(term for term in fixed.terms if term != responses)
    used = {*responses, *labels_used(terms_used, fixed.offsets, random)}
    return Formula(
        text=f"{left_side_label(responses)} ~ {node_label(predictors)}",
        responses=responses,
        intercept=fixed.intercept,
        terms=terms_used,
        offsets=fixed.offsets,
        random=tuple(random),
        variables={
            name: tree if columns is None else with_constants(tree, columns)
            for name, tree in variables.items()
            if name in used
        },
    )


def _check_responses(syntax: Syntax, responses: Sequence[str], terms: Sequence[Term]) -> None:
    """Raise FormulaSyntax for a response that is given twice or is part of an interaction."""
    joined = {name for term in terms if len(term) > 1 for name in term}
    for place, (name, tree) in enumerate(zip(responses, syntax.responses, strict=True)):
        if name in responses[:place]:
            raise syntax_error(syntax.source, tree.position, f"The response {quoted(name)} is given twice.")
        if name in joined:
            message = f"The response {quoted(name)} is part of an interaction among the predictors."
            raise syntax_error(syntax.source, tree.position, message)


def _check_groups(syntax: Syntax, random: Sequence[RandomTerm]) -> None:
    """Raise FormulaSyntax where two grouping factors have one name, as a:b and a column of that name have."""
    known: dict[str, Term] = {}
    for term in random:
        if known.setdefault(term.group_name, term.group) != term.group:
            message = f"Two grouping factors are called {quoted(term.group_name)}: give a column another name."
            raise syntax_error(syntax.source, term.position, message)
