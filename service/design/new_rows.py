"""New data for a fitted model: from its formula, its coding and a table to the arrays that predict.

A row that misses a value has NaN instead of being dropped, so that every row of the table gets an answer.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

import numpy as np

from service.arrays import Matrix, Vector
from service.data.table import Table
from service.design.coding import Coding
from service.design.columns import columns_of, missing_rows
from service.design.design import Grouping
from service.design.evaluation import evaluate
from service.design.factors import code_variable
from service.design.marginality import make_recipe
from service.design.model_matrix import ModelMatrix
from service.design.random_effects import make_random_effects
from service.design.responses import take_offset
from service.design.terms import Variables, make_matrix
from service.formula.formula import Formula, Term


@dataclass(frozen=True, slots=True)
class FixedRows:
    """The fixed part for new rows: `X` (m, p) has the columns of the fit; `offset` (m,) is None without offsets.

    A row where a predictor or an offset is missing has NaN.
    """

    X: Matrix
    offset: Vector | None


@dataclass(frozen=True, slots=True)
class RandomRows:
    """A random term for new rows: `Z` (m, q) has the coefficients `names` of the fit, within `grouping`.

    Groups have their own labels, -1 where one is missing; a row where a predictor is missing has NaN.
    """

    grouping: Grouping
    names: tuple[str, ...]
    Z: Matrix


def code_fixed(formula: Formula, coding: Coding, table: Table) -> FixedRows:
    """The fixed part of a fitted model's predictors for new rows; needs no response and no groups.

    Raises UnknownColumn, WrongType and NotFinite as for the fit, and InvalidRequest for a level the fit did not have.
    """
    variables = _code(formula.terms, formula, coding, table)
    recipe = make_recipe(formula.intercept, formula.terms, coding.factors)
    X = make_matrix(recipe, variables, table.n_rows)
    offsets = {label: evaluate(formula.variables[label], table, coding.constants) for label in formula.offsets}
    return FixedRows(_missing_as_nan(X, formula.terms, formula, table), take_offset(formula, offsets))


def code_random(formula: Formula, coding: Coding, table: Table) -> tuple[RandomRows, ...]:
    """The random terms of a fitted model for new rows.

    Which groups the fit knew is for the caller to say: levels here are those of the new rows.
    """
    labels = {label for term in formula.random for label in term.group}
    values = {label: evaluate(formula.variables[label], table, coding.constants) for label in labels}
    variables = _code(chain.from_iterable(term.terms for term in formula.random), formula, coding, table)
    effects = make_random_effects(formula, values, variables, coding.factors, table.n_rows)
    return tuple(
        RandomRows(effect.grouping, effect.names, _missing_as_nan(effect.Z, term.terms, formula, table))
        for effect, term in zip(effects, formula.random, strict=True)
    )


def code_varying(formula: Formula, coding: Coding, table: Table) -> tuple[Matrix, ...]:
    """The columns Z (m, q) of every random term for new rows, whose groups need not be known."""
    variables = _code(chain.from_iterable(term.terms for term in formula.random), formula, coding, table)
    recipes = (make_recipe(term.intercept, term.terms, coding.factors) for term in formula.random)
    return tuple(
        _missing_as_nan(make_matrix(recipe, variables, table.n_rows), term.terms, formula, table)
        for recipe, term in zip(recipes, formula.random, strict=True)
    )


def _code(terms: Iterable[Term], formula: Formula, coding: Coding, table: Table) -> Variables:
    """The variables of these terms, coded as they were for the fit."""
    labels = dict.fromkeys(label for term in terms for label in term)
    values = {label: evaluate(formula.variables[label], table, coding.constants) for label in labels}
    return {label: code_variable(label, value, coding.factors.get(label)) for label, value in values.items()}


def _missing_as_nan(matrix: ModelMatrix, terms: Iterable[Term], formula: Formula, table: Table) -> Matrix:
    """The numbers of the matrix, NaN in the rows that miss a value of any of these terms."""
    expressions = [formula.variables[label] for term in terms for label in term]
    missing = missing_rows(columns_of(expressions, table), table)
    array = matrix.to_array()
    array[missing] = np.nan
    return array
