"""A model matrix: from coded variables and a recipe of terms to named columns, as R's `model.matrix` makes them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from service.arrays import Codes, Matrix, Vector
from service.data.table import Numeric
from service.design.contrasts import INDICATORS, SCORES, column_suffixes
from service.design.evaluation import Basis
from service.design.marginality import CodedTerm, Recipe
from service.design.refusals import single_level
from service.errors import Fault, NotFinite, TooManyParameters
from service.quoting import quote

INTERCEPT = "(Intercept)"
MOST_CELLS = 2**28
"""Numbers in one matrix, 2 GiB; a larger one is refused before memory is asked for."""


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

Column = NDArray[np.float64] | NDArray[np.bool_]
"""One column (n,) of numbers, or of truth values that stand for 1 and 0."""


@dataclass(frozen=True, slots=True)
class _Part:
    """What one variable adds to a term: names of columns, and each column (n,) when it is asked for."""

    names: tuple[str, ...]
    column: Callable[[int], Column]


def make_matrix(recipe: Recipe, variables: Variables, n_rows: int) -> tuple[tuple[str, ...], Matrix]:
    """The columns' names, and the matrix (n_rows, p) in Fortran order.

    Columns of an interaction are products, those of its first variable varying fastest. Raises TooManyParameters for a
    matrix beyond `MOST_CELLS`, InvalidRequest for contrasts of a factor with a single level, and NotFinite for products
    that overflow.
    """
    n_columns = recipe.intercept + sum(_width(term, variables) for term in recipe.terms)
    if n_rows * n_columns > MOST_CELLS:
        message = f"{n_columns:,} coefficients for {n_rows:,} rows are more than can be fitted."
        raise TooManyParameters(message, Fault(message))
    names = [INTERCEPT] if recipe.intercept else []
    matrix = np.empty((n_rows, n_columns), order="F")
    matrix[:, : len(names)] = 1.0
    for term in recipe.terms:
        for name, factors in _columns(term, variables):
            column = matrix[:, len(names)]
            _multiply(factors, column, name)
            names.append(name)
    return tuple(names), matrix


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


def _columns(term: CodedTerm, variables: Variables) -> Iterator[tuple[str, list[Column]]]:
    """Each column of a term: its name, and the columns of single variables whose product it is."""
    parts = [
        _part(label, variables[label], indicators)
        for label, indicators in zip(term.variables, term.indicators, strict=True)
    ]
    # The last of a product varies fastest, the first variable's column must.
    for numbers in product(*(range(len(part.names)) for part in reversed(parts))):
        chosen = list(zip(parts, reversed(numbers), strict=True))
        yield ":".join(part.names[number] for part, number in chosen), [part.column(number) for part, number in chosen]


def _multiply(factors: list[Column], product: Vector, name: str) -> None:
    """Write the product of these columns, of that name, into `product`."""
    np.copyto(product, factors[0])
    with np.errstate(over="ignore"):
        for factor in factors[1:]:
            product *= factor
    if len(factors) > 1 and np.isinf(product).any():
        message = f"The products of {quote(name)} are too large for a number; scale its variables."
        raise NotFinite(message, Fault(message))


def _part(label: str, variable: Variable, indicators: bool) -> _Part:
    """What one variable adds to a term."""
    match variable:
        case Numeric(values=values):
            return _Part((label,), lambda _: values)
        case Basis(values=columns):
            names = tuple(f"{label}{number + 1}" for number in range(columns.shape[1]))
            return _Part(names, lambda number: columns[:, number])
        case CodedFactor(codes=codes, levels=levels, contrasts=contrasts):
            scheme = INDICATORS if indicators else contrasts
            names = tuple(label + suffix for suffix in column_suffixes(scheme, levels))
            if scheme in SCORES:
                scores = np.asfortranarray(SCORES[scheme](len(levels)))
                return _Part(names, lambda number: scores[:, number][codes])
            first = len(levels) - len(names)
            return _Part(names, lambda number: codes == number + first)
