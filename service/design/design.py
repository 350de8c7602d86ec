"""A design: the arrays a model is fitted from, and the frozen coding that made them."""

from collections.abc import Iterator
from dataclasses import dataclass

from service.arrays import Codes, Vector
from service.design.coding import Coding
from service.design.model_matrix import ModelMatrix


@dataclass(frozen=True, slots=True)
class Grouping:
    """A grouping factor: `codes` (n,) point into `levels`, all of which occur; -1 is no group, in new rows only."""

    name: str
    codes: Codes
    levels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RandomEffect:
    """One random term: the coefficients of `Z` (n, q) vary by the groups of `grouping`, all correlated with each other.

    `correlated` is False for the parts of a `||`, which share a grouping and are not correlated with one another.
    """

    grouping: Grouping
    Z: ModelMatrix
    correlated: bool

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the coefficients, (q,)."""
        return self.Z.names

    @property
    def is_varying_intercept(self) -> bool:
        """Whether the one coefficient is the intercept."""
        return self.Z.n_columns == 1 and self.Z.is_constant_one(0)


@dataclass(frozen=True, slots=True)
class Design:
    """The rows of a model that have no missing value.

    `X` (n, p) has the columns that R's would have, rank-deficient ones included; `intercept` says that column 0 is all
    ones. `y` (n,) is the response as observed; `offset` (n,) is added to every prediction; `weights` (n,) are prior
    weights, positive. `rows` (n,) are the rows of the table these are, counted from 0; None if they are all of them.
    """

    formula: str
    response: str
    intercept: bool
    X: ModelMatrix
    y: Vector
    weights: Vector | None
    offset: Vector | None
    random: tuple[RandomEffect, ...]
    rows: Codes | None
    n_dropped: int
    coding: Coding

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns of X, (p,)."""
        return self.X.names

    @property
    def n(self) -> int:
        """The number of rows."""
        return self.y.size

    def chunks(self) -> Iterator["Design"]:
        """The rows in parts that fit in memory: all at once."""
        yield self
