"""Terms: from a recipe and coded variables to the columns of a model matrix, as R's `model.matrix` makes them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import inf, prod

import numpy as np

from service.arrays import Codes
from service.data.table import Numeric
from service.design.contrasts import INDICATORS, SCORES, column_suffixes
from service.design.evaluation import Basis
from service.design.marginality import CodedTerm, Recipe
from service.design.model_matrix import Indicator, Key, ModelMatrix, Numbers, Part, Product, Scores
from service.design.refusals import single_level
from service.errors import Fault, NotFinite, TooManyParameters
from service.quoting import quote

INTERCEPT = "(Intercept)"
"""The column of ones, named as R names it."""

MOST_COLUMNS = 4096
"""Columns of one matrix: cross-products of this many take 128 MiB. A wider one is refused before it is made."""

BLOCK_ROWS = 8192
"""Rows looked at together."""


@dataclass(frozen=True, slots=True)
class CodedFactor:
    """A variable with levels: `codes` (n,) point into `levels`, which are coded by the scheme `contrasts`."""

    codes: Codes
    levels: tuple[str, ...]
    contrasts: str


Variable = Numeric | Basis | CodedFactor
"""A variable ready to become columns."""

Variables = Mapping[str, Variable]
"""Variables by label."""


def make_matrix(recipe: Recipe, variables: Variables, n_rows: int) -> ModelMatrix:
    """The model matrix of these terms.

    Columns of an interaction are products, those of its first variable varying fastest. Raises TooManyParameters beyond
    `MOST_COLUMNS`, InvalidRequest for contrasts of a factor with a single level, and NotFinite for products that
    overflow.
    """
    n_columns = recipe.intercept + sum(_width(term, variables) for term in recipe.terms)
    if n_columns > MOST_COLUMNS:
        message = f"{n_columns:,} coefficients for {n_rows:,} rows are more than can be fitted."
        raise TooManyParameters(message, Fault(message))
    columns: list[tuple[str, Product]] = [(INTERCEPT, ())] if recipe.intercept else []
    for term in recipe.terms:
        columns += _columns(term, variables)
    matrix = ModelMatrix(tuple(name for name, _ in columns), tuple(parts for _, parts in columns), n_rows)
    _check_products(matrix)
    return matrix


def _width(term: CodedTerm, variables: Variables) -> int:
    """How many columns a term has."""
    width = 1
    for label, indicators in zip(term.variables, term.indicators, strict=True):
        match variables[label]:
            case CodedFactor(levels=levels) if len(levels) == 1 and not indicators:
                raise single_level(label)
            case CodedFactor(levels=levels):
                width *= len(levels) if indicators else len(levels) - 1
            case Basis(values=columns):
                width *= columns.shape[1]
    return width


def _columns(term: CodedTerm, variables: Variables) -> Iterator[tuple[str, Product]]:
    """The name of each column of a term, and its parts."""
    parts = [
        list(_parts(label, variables[label], indicators))
        for label, indicators in zip(term.variables, term.indicators, strict=True)
    ]
    # The last of a product varies fastest, the first variable's column must.
    for chosen in product(*reversed(parts)):
        yield ":".join(name for name, _ in reversed(chosen)), tuple(sorted((part for _, part in chosen), key=_rank))


def _rank(part: Part) -> tuple[bool, Key]:
    """A place among the parts of a product: the same numbers whatever the order of a term, zeros before large ones."""
    return isinstance(part, Numbers), part.key


def _parts(label: str, variable: Variable, indicators: bool) -> Iterator[tuple[str, Part]]:
    """What one variable adds to a term: the name of each of its columns, and the column."""
    match variable:
        case Numeric(values=values):
            yield label, Numbers((label, "numbers", 0), values)
        case Basis(values=columns):
            for number in range(columns.shape[1]):
                yield f"{label}{number + 1}", Numbers((label, "numbers", number), columns[:, number])
        case CodedFactor(codes=codes, levels=levels, contrasts=contrasts):
            scheme = INDICATORS if indicators else contrasts
            suffixes = column_suffixes(scheme, levels)
            if scheme in SCORES:
                scores = np.asfortranarray(SCORES[scheme](len(levels)))
                for number, suffix in enumerate(suffixes):
                    yield label + suffix, Scores((label, scheme, number), codes, scores[:, number])
            else:
                for level, suffix in enumerate(suffixes, start=len(levels) - len(suffixes)):
                    yield label + suffix, Indicator((label, INDICATORS, level), codes, level)


def _check_products(matrix: ModelMatrix) -> None:
    """Raise NotFinite for the first column whose products overflow."""
    largest: dict[Key, float] = {}
    for name, parts in zip(matrix.names, matrix.products, strict=True):
        if len(parts) < 2:
            continue
        for part in parts:
            if part.key not in largest:
                largest[part.key] = _largest(part)
        if not prod(largest[part.key] for part in parts) < inf and _overflows(parts, matrix.n_rows):
            message = f"The products of {quote(name)} are too large for a number; scale its variables."
            raise NotFinite(message, Fault(message))


def _largest(part: Part) -> float:
    """The largest absolute value of a part, missing ones aside."""
    match part:
        case Numbers(values=values) | Scores(scores=values):
            return float(max(np.fmax.reduce(values, initial=0.0), -np.fmin.reduce(values, initial=0.0)))
        case Indicator():
            return 1.0


def _overflows(parts: Product, n_rows: int) -> bool:
    """Whether a product on the way to that of all parts is infinite in any row."""
    with np.errstate(over="ignore"):
        for start in range(0, n_rows, BLOCK_ROWS):
            rows = slice(start, start + BLOCK_ROWS)
            first, *others = parts
            block = first.at(rows)
            for part in others:
                block = block * part.at(rows)
                if np.isinf(block).any():
                    return True
    return False
