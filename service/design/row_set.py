"""Rows that many formulas may share: from their variables to predictors, everything made once.

Equal parts of two formulas' designs are the same objects, so that whoever works on both need not work twice. Variables
are known by their label: formulas that print alike mean the same.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from service.arrays import Codes, Vector
from service.design.coding import Factor
from service.design.design import RandomEffect
from service.design.evaluation import Value
from service.design.factors import choose_factors, code_variable
from service.design.marginality import make_recipe
from service.design.model_frame import ModelFrame, at_rows
from service.design.model_matrix import ModelMatrix
from service.design.random_effects import Groupings, make_random_effects
from service.design.responses import take_offset, take_weights
from service.design.terms import Variable, make_matrix
from service.formula.formula import Formula, RandomTerm, Term

Key = TypeVar("Key")
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Predictors:
    """All of a design but its response."""

    X: ModelMatrix
    weights: Vector | None
    offset: Vector | None
    random: tuple[RandomEffect, ...]
    factors: Mapping[str, Factor]


class RowSet:
    """Some rows of a table, None being all of them; `weights` names a column, `contrasts` the schemes of factors."""

    def __init__(
        self, frame: ModelFrame, rows: Codes | None, *, weights: str | None, contrasts: Mapping[str, str]
    ) -> None:
        self.frame = frame
        self.rows = rows
        self.n_rows = frame.table.n_rows if rows is None else len(rows)
        self.contrasts = contrasts
        self._weights_column = weights
        self._weights: Vector | None = None
        self._values: dict[str, Value] = {}
        self._coded: dict[str, tuple[Factor | None, Variable]] = {}
        self._matrices: dict[tuple[bool, tuple[Term, ...]], ModelMatrix] = {}
        self._offsets: dict[tuple[str, ...], Vector | None] = {}
        self._groupings: Groupings = {}
        self._random: dict[tuple[RandomTerm, ...], tuple[RandomEffect, ...]] = {}

    def value(self, label: str, formula: Formula) -> Value:
        """The values of a variable of the formula at these rows; raises as `evaluate` does."""
        tree = formula.variables[label]
        return _once(self._values, label, lambda: at_rows(self.frame.value(label, tree), self.rows))

    def predictors(self, formula: Formula) -> Predictors:
        """The predictors of a formula at these rows; raises the errors of the model."""
        values = {label: self.value(label, formula) for label in formula.predictors}
        coded = {label: self._code(label, formula) for label in formula.coded}
        factors = {label: factor for label, (factor, _) in coded.items() if factor is not None}
        variables = {label: variable for label, (_, variable) in coded.items()}
        return Predictors(
            X=_once(
                self._matrices,
                (formula.intercept, formula.terms),
                lambda: make_matrix(make_recipe(formula.intercept, formula.terms, factors), variables, self.n_rows),
            ),
            weights=self._take_weights(),
            offset=_once(self._offsets, formula.offsets, lambda: take_offset(formula, values)),
            random=_once(
                self._random,
                formula.random,
                lambda: make_random_effects(
                    formula, values, variables, factors, self.n_rows, groupings=self._groupings
                ),
            ),
            factors=factors,
        )

    def _code(self, label: str, formula: Formula) -> tuple[Factor | None, Variable]:
        """How a variable that has levels is coded, and the variable, coded."""

        def make() -> tuple[Factor | None, Variable]:
            value = self.value(label, formula)
            factor = choose_factors([label], formula, {label: value}, self.contrasts).get(label)
            return factor, code_variable(label, value, factor)

        return _once(self._coded, label, make)

    def _take_weights(self) -> Vector | None:
        """The prior weights of these rows."""
        if self._weights is None and self._weights_column is not None:
            self._weights = take_weights(self._weights_column, self.frame.table, self.rows)
        return self._weights


def _once(made: dict[Key, Made], key: Key, make: Callable[[], Made]) -> Made:
    """What was made under this key, made now if it was not; what cannot be made is tried again each time."""
    if key not in made:
        made[key] = make()
    return made[key]
