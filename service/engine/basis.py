"""A basis: the coordinates in which a model's columns lose nothing when they are squared.

Normal equations square the condition number. So the columns C = [X y], the intercept left out because it is handled
in closed form, are shifted, scaled by powers of two (exact; 1e-200 and 1e160 become ordinary numbers) and, where that
is not enough, rotated: X into columns that are nearly orthogonal, y into what X leaves of it. What is estimated in a
basis is brought back by its `jacobian` and `origin`.
"""

from dataclasses import dataclass, replace

import numpy as np

from service.arrays import Codes, Matrix, Vector
from service.design import Design
from service.errors import Fault, NotFinite
from service.quoting import excerpt

LARGEST = 1e300
"""Numbers beyond this are refused: the distance of two of them, or what is estimated from them, may be infinite."""

ROWS_SAMPLED = 4096
"""Rows whose mean is the shift: any value near the column's centre serves."""


@dataclass(frozen=True, slots=True)
class Basis:
    """Coordinates D = ((C - shift) * scale) @ rotation of the columns C = [X y].

    `columns` (k,) are the columns of the design's X in use, without the intercept; `intercept` says whether there is
    one. `shift` and `scale` (k + 1,) end with y's; `scale` holds powers of two. `rotation` (k + 1, k + 1) has the
    last row (0, ..., 0, 1): no column of X takes in y, and y keeps its unit. `y_magnitude` is the largest absolute
    value of y, times its scale: machine epsilon times this is what the responses themselves resolve.
    """

    intercept: bool
    columns: Codes
    shift: Vector
    scale: Vector
    rotation: Matrix
    y_magnitude: float

    @property
    def is_rotated(self) -> bool:
        """Whether the rotation does anything."""
        return not np.array_equal(self.rotation, np.eye(self.shift.size))

    @property
    def y_unit(self) -> float:
        """What one unit of the basis' y is in units of the response."""
        return float(1.0 / self.scale[-1])

    @property
    def y_resolution(self) -> float:
        """The smallest difference of two responses that double precision can hold, in units of the basis' y."""
        return float(np.finfo(np.float64).eps * self.y_magnitude)

    @property
    def log_determinant(self) -> float:
        """Logarithm of |det| of the map from the design's columns of X to the basis' columns of X."""
        k = self.columns.size
        return float(np.log(self.scale[:k]).sum() + np.linalg.slogdet(self.rotation[:k, :k])[1])

    def jacobian(self) -> Matrix:
        """Change of the design's coefficients per change of the basis', in units of the basis' y: (p, p).

        Both begin with the intercept, if there is one.
        """
        k = self.columns.size
        slopes = self.scale[:k, None] * self.rotation[:k, :k]
        if not self.intercept:
            return slopes
        level = np.concatenate([[1.0], -(self.shift[:k] @ slopes)])
        return np.vstack([level, np.column_stack([np.zeros(k), slopes])])

    def origin(self) -> Vector:
        """The design's coefficients (p,) where the basis' are all zero, in units of the basis' y, less y's shift."""
        k = self.columns.size
        slopes = -self.scale[:k] * self.rotation[:k, k]
        return np.concatenate([[-(self.shift[:k] @ slopes)], slopes]) if self.intercept else slopes

    def coefficients(self, beta: Vector) -> Vector:
        """The design's coefficients (p,) from the basis' coefficients `beta` (p,)."""
        estimate = (self.jacobian() @ beta + self.origin()) * self.y_unit
        if self.intercept:
            estimate[0] += self.shift[-1]
        return estimate

    def keep(self, kept: Codes) -> "Basis":
        """The unrotated basis of the X columns at positions `kept`, and y."""
        both = np.append(kept, self.columns.size)
        return replace(
            self,
            columns=self.columns[kept],
            shift=self.shift[both],
            scale=self.scale[both],
            rotation=np.eye(both.size),
        )


def raw_columns(design: Design, columns: Codes) -> list[Vector]:
    """The columns (n,) of C = [X y], with X's at positions `columns`; y is less the offset."""
    response = design.y if design.offset is None else design.y - design.offset
    return [*(design.X[:, c] for c in columns), response]


def plain_basis(design: Design) -> Basis:
    """The basis of all columns of a design, shifted and scaled, not rotated.

    Without an intercept nothing may be shifted: a constant is then not among the columns. Raises NotFinite for numbers
    beyond LARGEST.
    """
    columns = np.arange(int(design.intercept), design.X.shape[1])
    raw = raw_columns(design, columns)
    stride = max(1, design.y.size // ROWS_SAMPLED)
    ends = np.array([(column.min(), column.max()) for column in raw])
    largest = np.abs(ends).max(axis=1)
    _require_moderate(design, columns, largest)
    shift = np.array([column[::stride].mean() for column in raw]) if design.intercept else np.zeros(len(raw))
    shift = np.clip(shift, ends[:, 0], ends[:, 1]) if design.intercept else shift
    spread = np.abs(ends - shift[:, None]).max(axis=1)
    exponent = np.frexp(np.where(spread > 0, spread, 1.0))[1]
    # A column of nothing but subnormal numbers asks for more than the largest power of two.
    scale = np.ldexp(1.0, np.minimum(-exponent, 1023))
    return Basis(design.intercept, columns, shift, scale, np.eye(len(raw)), float(largest[-1] * scale[-1]))


def _require_moderate(design: Design, columns: Codes, largest: Vector) -> None:
    """Refuse a column (k,), or the response after them, whose largest absolute value is beyond LARGEST."""
    names = [*(design.names[c] for c in columns), design.response]
    for name, value in zip(names, largest.tolist(), strict=True):
        if value > LARGEST:
            message = f"{excerpt(name)} has numbers beyond {LARGEST:g}: scale it by a power of ten."
            raise NotFinite(message, Fault(message, column=excerpt(name)))
