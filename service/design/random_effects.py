"""Random effects: from the bars of a formula and coded variables to grouping factors and their columns Z."""

from collections.abc import Mapping

from service.data.table import Categorical
from service.design.coding import Factor
from service.design.design import Grouping, RandomEffect
from service.design.evaluation import Basis, Value
from service.design.grouping import make_grouping
from service.design.levels import labelled
from service.design.marginality import make_recipe
from service.design.refusals import wrong_type
from service.design.terms import Variables, make_matrix
from service.formula.formula import Formula, Term
from service.quoting import quote

Groupings = dict[tuple[str, Term], Grouping]
"""Groupings of the same rows by their name and the labels of their variables."""


def make_random_effects(
    formula: Formula,
    values: Mapping[str, Value],
    variables: Variables,
    factors: Mapping[str, Factor],
    n_rows: int,
    *,
    groupings: Groupings | None = None,
) -> tuple[RandomEffect, ...]:
    """The random effects of a formula, in its order; terms with the same group share one `Grouping`.

    `groupings` are those that were made before, which are shared too; what is made now joins them.
    """
    groupings = {} if groupings is None else groupings
    names: dict[Term, str] = {}
    effects = []
    for term in formula.random:
        key = (names.setdefault(term.group, term.group_name), term.group)
        if key not in groupings:
            factors_of_group = [_labels(label, formula, values) for label in term.group]
            groupings[key] = make_grouping(term.group_name, factors_of_group)
        Z = make_matrix(make_recipe(term.intercept, term.terms, factors), variables, n_rows)
        effects.append(RandomEffect(groupings[key], Z, term.correlated))
    return tuple(effects)


def _labels(label: str, formula: Formula, values: Mapping[str, Value]) -> Categorical:
    """The labels of a grouping variable; raises WrongType for a basis of several columns."""
    value = values[label]
    if isinstance(value, Basis):
        message = f"{quote(label)} has several columns and cannot form groups."
        raise wrong_type(message, position=formula.variables[label].position)
    return labelled(value)
