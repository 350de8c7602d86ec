"""The parts of a fit as tidy tables: a document or numbers come in, columns of the contract's rows go out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import TypeVar, get_args

from pydantic import BaseModel

from service.arrays import Codes, Vector
from service.contract import document as wire
from service.contract import tables
from service.errors import NotFound
from service.inference import RowResiduals

Columns = Mapping[str, Sequence[str] | Sequence[int] | Sequence[float | None] | Vector | Codes]
"""The columns of a table, by name, of equal length."""

Long = TypeVar("Long", wire.RandomEffects, wire.Coefficients)


@dataclass(frozen=True, slots=True)
class Tidy:
    """How a part becomes a table: the rows it has, and the columns it is made of."""

    row: type[BaseModel]
    columns: Callable[[wire.FitDocument], Columns]

    def types(self) -> dict[str, type]:
        """The type of each column: text, whole numbers or numbers."""
        return column_types(self.row)


def column_types(row: type[BaseModel]) -> dict[str, type]:
    """The type of each field of a row, whether or not it may be null."""
    return {name: _plain(field.annotation) for name, field in row.model_fields.items()}


def _plain(annotation: object) -> type:
    choices = [choice for choice in get_args(annotation) or (annotation,) if choice is not type(None)]
    return choices[0] if isinstance(choices[0], type) else type(choices[0])


def _listed(row: type[BaseModel], part: Callable[[wire.FitDocument], Sequence[BaseModel]]) -> Tidy:
    """The table of a part that is a list of its rows."""
    return Tidy(
        row, lambda document: {name: [getattr(each, name) for each in part(document)] for name in row.model_fields}
    )


def _random_effects(document: wire.FitDocument) -> Columns:
    factors = _long_part(document.random_effects, "random_effects")
    each = [(group, own, len(own.terms)) for group, own in factors.items()]
    return {
        "group": list(chain.from_iterable(repeat(group, len(own.levels) * q) for group, own, q in each)),
        "level": [level for _, own, q in each for level in own.levels for _ in range(q)],
        "n": [n for _, own, q in each for n in own.n for _ in range(q)],
        "term": [term for _, own, _ in each for _ in own.levels for term in own.terms],
        "estimate": [value for _, own, _ in each for row in own.estimate for value in row],
        "std_error": [value for _, own, _ in each for row in own.std_error for value in row],
        "weight": [weight for _, own, q in each for weight in _weights(own) for _ in range(q)],
    }


def _weights(own: wire.RandomEffects) -> Sequence[float | None]:
    """The weight of each group, None if it has none."""
    return [None] * len(own.levels) if own.weight is None else own.weight


def _coefficients(document: wire.FitDocument) -> Columns:
    factors = _long_part(document.coefficients, "coefficients")
    each = [(group, own, len(own.terms)) for group, own in factors.items()]
    return {
        "group": list(chain.from_iterable(repeat(group, len(own.levels) * p) for group, own, p in each)),
        "level": [level for _, own, p in each for level in own.levels for _ in range(p)],
        "term": [term for _, own, _ in each for _ in own.levels for term in own.terms],
        "estimate": [value for _, own, _ in each for row in own.estimate for value in row],
    }


def _long_part(part: dict[str, Long] | None, name: str) -> dict[str, Long]:
    """A part that is there only if `include` asked for it."""
    if part is None:
        raise NotFound(f"The document of this fit has no {name}: send its request again with `include` naming them.")
    return part


TABLES: Mapping[str, Tidy] = {
    "fixed_effects": _listed(wire.FixedEffect, lambda document: document.fixed_effects),
    "random_effects": Tidy(tables.RandomEffect, _random_effects),
    "coefficients": Tidy(tables.Coefficient, _coefficients),
    "variance_components": _listed(wire.VarianceComponent, lambda document: document.variance_components),
}
"""The tables that the document of a fit holds, by the name of the part."""


def fitted_columns(found: RowResiduals) -> Columns:
    """The columns of rows and what the fit makes of them."""
    return {
        "row": found.rows,
        "observed": found.observed,
        "fitted": found.fitted,
        "fitted_population": found.population,
        "residual": found.raw,
        "residual_marginal": found.marginal,
        "residual_pearson": found.pearson,
        "residual_studentised": found.studentised,
        "leverage": found.leverage,
    }
