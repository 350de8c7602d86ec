"""What a fit remembers of its data, so that new data are coded alike.

The formula says how every variable is computed; what it cannot say is here, in plain values that a document can carry:
the levels of factors and the statistics that functions like `scale` and `poly` took of a column.
"""

from collections.abc import Mapping
from dataclasses import dataclass

Constants = Mapping[str, tuple[float, ...]]
"""Statistics of a column by the name of the argument of R that would fix them: `center`, `knots`, ..."""


@dataclass(frozen=True, slots=True)
class Factor:
    """A variable with `levels`, the first of them the baseline, coded by the scheme `contrasts`."""

    levels: tuple[str, ...]
    contrasts: str


@dataclass(frozen=True, slots=True)
class Coding:
    """The frozen part of a design.

    `factors` are the variables with levels, by label; all other variables are numbers. `constants` are the statistics
    of every call that takes some, by its text: `{"scale(x)": {"center": (4.5,), "scale": (2.0,)}}`.
    """

    factors: Mapping[str, Factor]
    constants: Mapping[str, Constants]
