"""A design: the arrays a model is fitted from, and the frozen coding that made them."""

from dataclasses import dataclass

from service.arrays import Codes, Matrix, Vector
from service.design.coding import Coding


@dataclass(frozen=True, slots=True)
class Grouping:
    """A grouping factor: `codes` (n,) point into `levels`, all of which occur; -1 is no group, in new rows only."""

    name: str
    codes: Codes
    levels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RandomEffect:
    """Coefficients that vary by group: `Z` (n, q) with `names` (q,), within `grouping`."""

    grouping: Grouping
    names: tuple[str, ...]
    Z: Matrix
    correlated: bool

    @property
    def is_varying_intercept(self) -> bool:
        """Whether the one coefficient is the intercept."""
        return self.names == ("(Intercept)",)


@dataclass(frozen=True, slots=True)
class Design:
    """The rows of a model that have no missing value.

    `X` (n, p), Fortran order, has the columns `names` as R names them, rank-deficient ones included; `intercept` says
    that column 0 is all ones. `y` (n,) is the response as observed; `offset` (n,) is added to every prediction;
    `weights` (n,) are prior weights, positive. `rows` (n,) are the rows of the table these are, counted from 0.
    """

    formula: str
    response: str
    names: tuple[str, ...]
    intercept: bool
    X: Matrix
    y: Vector
    weights: Vector | None
    offset: Vector | None
    random: tuple[RandomEffect, ...]
    rows: Codes
    n_dropped: int
    coding: Coding
