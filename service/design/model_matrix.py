"""A model matrix that is never held as a whole: it knows what each column is a product of and writes it on demand."""

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np

from service.arrays import Codes, Flags, Matrix, Vector

Key = tuple[str, str, int]
"""The label of a variable, how it is coded, and the number of one of its columns."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """A variable of numbers, or one column of a basis: `values` (n,)."""

    key: Key
    values: Vector

    def at(self, rows: slice) -> Vector:
        """The numbers in these rows, a view."""
        return self.values[rows]


@dataclass(frozen=True, slots=True)
class Indicator:
    """Which rows have one level of a factor with `codes` (n,)."""

    key: Key
    codes: Codes
    level: int

    def at(self, rows: slice) -> Flags:
        """Truth values that stand for 1 and 0."""
        is_level: Flags = self.codes[rows] == self.level
        return is_level


@dataclass(frozen=True, slots=True)
class Scores:
    """One contrast of a factor with `codes` (n,): `scores` (levels,) has the number of every level."""

    key: Key
    codes: Codes
    scores: Vector

    def at(self, rows: slice) -> Vector:
        """The scores of these rows."""
        return self.scores[self.codes[rows]]


Part = Numbers | Indicator | Scores
"""What one variable adds to a column; parts of equal keys in one design are the same numbers."""

Product = tuple[Part, ...]
"""The parts whose product is a column; without any it is the intercept's column of ones."""


@dataclass(frozen=True, slots=True)
class ModelMatrix:
    """A matrix (n_rows, n_columns) of named columns, each the product of its parts.

    It holds the arrays of the variables and none of its own.
    """

    names: tuple[str, ...]
    products: tuple[Product, ...]
    n_rows: int

    @property
    def n_columns(self) -> int:
        """How many columns there are."""
        return len(self.products)

    def fill(self, k: int, rows: slice, out: Vector) -> None:
        """Write these rows of column k into `out`."""
        if not self.products[k]:
            out.fill(1.0)
            return
        first, *others = self.products[k]
        np.copyto(out, first.at(rows))
        for part in others:
            np.multiply(out, part.at(rows), out=out)

    def column(self, k: int) -> Vector:
        """Column k, (n_rows,), to be read only: a variable's own array where the column is nothing else."""
        match self.products[k]:
            case ():
                return np.broadcast_to(1.0, self.n_rows)
            case (Numbers(values=values),):
                return values
        column = np.empty(self.n_rows)
        self.fill(k, slice(self.n_rows), column)
        return column

    def identity(self, k: int) -> Hashable:
        """What column k is: equal for the same columns of all matrices of one design."""
        return tuple(part.key for part in self.products[k])

    def is_constant_one(self, k: int) -> bool:
        """Whether column k is the intercept."""
        return not self.products[k]

    def to_array(self) -> Matrix:
        """All columns, (n_rows, n_columns) in Fortran order."""
        array = np.empty((self.n_rows, self.n_columns), order="F")
        for k in range(self.n_columns):
            self.fill(k, slice(self.n_rows), array[:, k])
        return array
