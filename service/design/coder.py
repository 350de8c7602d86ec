"""The coder of a streamed design: what is known of all rows, and from a batch of them to a design of its own."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from service.arrays import Codes
from service.data.table import Column, Table
from service.design.batches import gaps_in
from service.design.coding import Coding
from service.design.design import Design, RandomEffect
from service.design.evaluation import Basis, Value
from service.design.factors import code_variable
from service.design.marginality import make_recipe
from service.design.missing import complete_places
from service.design.model_matrix import ModelMatrix
from service.design.random_effects import make_random_effects
from service.design.recoding import Recoding
from service.design.responses import take_offset, take_response, take_weights
from service.design.streamed_groups import StreamedGrouping
from service.design.survey import Variable
from service.design.terms import CodedFactor, Variables, make_matrix
from service.formula.formula import Formula, Term

Values = Mapping[str, Value]
"""The values of variables in some rows, by label."""


@dataclass(frozen=True, slots=True)
class Coder:
    """How the rows of a streamed design are coded.

    `variables` are those of the formula; `recodings` those of the terms, into the levels of `coding`, None for numbers;
    `groups` the groupings, by their name and the labels of their variables. `weights` names a column.
    """

    formula: Formula
    variables: Mapping[str, Variable]
    coding: Coding
    recodings: Mapping[str, Recoding | None]
    groups: Mapping[tuple[str, Term], StreamedGrouping]
    weights: str | None

    def values(self, table: Table) -> tuple[Codes | None, Values]:
        """The places of a batch's complete rows, None being all of them, and the values of the variables there."""
        places = complete_places(gaps_in(table))
        return places, {label: variable.values(table, places) for label, variable in self.variables.items()}

    def design(self, table: Table) -> Design | None:
        """The design of a batch, None if no row of it is complete."""
        places, values = self.values(table)
        y = take_response(self.formula, values[self.formula.response])
        if not len(y):
            return None
        return Design(
            formula=self.formula.text,
            response=self.formula.response,
            intercept=self.formula.intercept,
            X=self.matrix(values, len(y)),
            y=y,
            weights=None if self.weights is None else take_weights(self.weights, table, places),
            offset=take_offset(self.formula, values),
            random=self.random(values, len(y)),
            rows=table.first_row + (np.arange(table.n_rows) if places is None else places),
            n_dropped=table.n_rows - len(y),
            coding=self.coding,
        )

    def matrix(self, values: Values, n_rows: int) -> ModelMatrix:
        """The fixed columns of rows with these values."""
        recipe = make_recipe(self.formula.intercept, self.formula.terms, self.coding.factors)
        return make_matrix(recipe, self._coded(values), n_rows)

    def random(self, values: Values, n_rows: int) -> tuple[RandomEffect, ...]:
        """The random effects of rows with these values; the groupings must be complete."""
        groupings = {key: group.grouping(columns_at(key[1], values)) for key, group in self.groups.items()}
        variables = self._coded(values)
        return make_random_effects(self.formula, values, variables, self.coding.factors, n_rows, groupings=groupings)

    def _coded(self, values: Values) -> Variables:
        """The variables of the terms, those with levels in the levels of all rows."""
        variables = {}
        for label, recoding in self.recodings.items():
            if recoding is None:
                variables[label] = code_variable(label, values[label], None)
            else:
                (column,) = columns_at((label,), values)
                contrasts = self.coding.factors[label].contrasts
                variables[label] = CodedFactor(recoding.codes(column), recoding.levels, contrasts)
        return variables


def columns_at(labels: Term, values: Values) -> list[Column]:
    """The values of these variables, none of which is a basis: those take statistics, or have no levels."""
    return [value for label in labels if not isinstance(value := values[label], Basis)]
