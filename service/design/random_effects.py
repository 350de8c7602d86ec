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


def make_random_effects(
    formula: Formula, values: Mapping[str, Value], variables: Variables, factors: Mapping[str, Factor], n_rows: int
) -> tuple[RandomEffect, ...]:
    """The random effects of a formula, in its order; terms with the same group share one `Grouping`."""
    groupings: dict[Term, Grouping] = {}
    effects = []
    for term in formula.random:
        if term.group not in groupings:
            factors_of_group = [_labels(label, formula, values) for label in term.group]
            groupings[term.group] = make_grouping(term.group_name, factors_of_group)
        Z = make_matrix(make_recipe(term.intercept, term.terms, factors), variables, n_rows)
        effects.append(RandomEffect(groupings[term.group], Z, term.correlated))
    return tuple(effects)


def _labels(label: str, formula: Formula, values: Mapping[str, Value]) -> Categorical:
    """The labels of a grouping variable; raises WrongType for a basis of several columns."""
    value = values[label]
    if isinstance(value, Basis):
        message = f"{quote(label)} has several columns and cannot form groups."
        raise wrong_type(message, position=formula.variables[label].position)
    return labelled(value)
