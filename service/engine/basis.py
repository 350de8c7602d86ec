"""A basis: the coordinates in which a model's columns lose nothing when they are squared.

Normal equations square the condition number. So the columns C = [X y], the intercept left out because it is handled
in closed form, are shifted, scaled by powers of two (exact; 1e-200 and 1e160 become ordinary numbers) and, where that
is not enough, rotated: X into columns that are nearly orthogonal, y into what X leaves of it. What is estimated in a
basis is brought back by its `jacobian` and `origin`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from service.arrays import Codes, Matrix, Vector
from service.design import Design, ModelMatrix
from service.engine.columns import ONES, Column, Extent, extents_of, matrix_column, response_column
from service.engine.random_factors import RandomFactor, random_factors
from service.errors import Fault, NotFinite
from service.quoting import excerpt

LARGEST = 1e300
"""Numbers beyond this are refused: the distance of two of them, or what is estimated from them, may be infinite."""


NEARLY_CONSTANT = 100.0
"""Mean of a column, as a multiple of its spread, from which it must be shifted to keep its digits."""


@dataclass(frozen=True, slots=True)
class Basis:
    """Coordinates D = ((C - shift) * scale) @ rotation of the columns C = [X y].

    `columns` (k,) are the columns of the design's X in use, without the intercept; `intercept` says whether there is
    one. `shift` and `scale` (k + 1,) end with y's; `scale` holds powers of two. `rotation` (k + 1, k + 1) has the
    last row (0, ..., 0, 1): no column of X takes in y, and y keeps its unit; it is the identity unless `is_rotated`.
    `y_magnitude` is the largest absolute value of y, times its scale: machine epsilon times this is what the responses
    themselves resolve.
    """

    intercept: bool
    columns: Codes
    shift: Vector
    scale: Vector
    rotation: Matrix
    y_magnitude: float
    is_rotated: bool = False

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
        turned = float(np.linalg.slogdet(self.rotation[:k, :k])[1]) if self.is_rotated else 0.0
        return float(np.log(self.scale[:k]).sum()) + turned

    def jacobian(self) -> Matrix:
        """Change of the design's coefficients per change of the basis', in units of the basis' y: (p, p).

        Both begin with the intercept, if there is one.
        """
        k = self.columns.size
        slopes: Matrix = self.scale[:k, None] * self.rotation[:k, :k]
        if not self.intercept:
            return slopes
        jacobian = np.zeros((k + 1, k + 1))
        jacobian[0, 0], jacobian[0, 1:], jacobian[1:, 1:] = 1.0, -(self.shift[:k] @ slopes), slopes
        return jacobian

    def origin(self) -> Vector:
        """The design's coefficients (p,) where the basis' are all zero, in units of the basis' y, less y's shift."""
        k = self.columns.size
        slopes = -self.scale[:k] * self.rotation[:k, k]
        return np.concatenate([[-(self.shift[:k] @ slopes)], slopes]) if self.intercept else slopes

    def coefficients(self, beta: Vector, jacobian: Matrix | None = None) -> Vector:
        """The design's coefficients (p,) from the basis' coefficients `beta` (p,); `jacobian` saves making it anew."""
        estimate = (self.jacobian() if jacobian is None else jacobian) @ beta * self.y_unit
        if self.is_rotated:
            estimate += self.origin() * self.y_unit
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
            is_rotated=False,
        )

    def turned(self, rotation: Matrix) -> "Basis":
        """The basis with this rotation (k + 1, k + 1) in place of its own."""
        return replace(self, rotation=rotation, is_rotated=True)


def fixed_columns(design: Design, basis: Basis) -> list[Column]:
    """The shifted and scaled columns of X in use, without the intercept, and of the response."""
    raw = _raw_columns(design, basis.columns)
    return [column.scaled(s, u) for column, s, u in zip(raw, basis.shift.tolist(), basis.scale.tolist(), strict=True)]


def _raw_columns(design: Design, columns: Codes) -> list[Column]:
    """These columns of X and the response, as they are given."""
    return [*(matrix_column(design.X, int(c)) for c in columns), response_column(design)]


@dataclass(frozen=True, slots=True)
class RandomBasis:
    """Coordinates (Z - shift) * scale of the q columns of a random factor.

    A column may be shifted where its term has an intercept that takes the shift up; `transform` (q, q) is what Z is
    multiplied by: its coefficients b are `transform` times those of the coordinates.
    """

    shift: Vector
    scale: Vector
    transform: Matrix


@dataclass(frozen=True, slots=True)
class Bases:
    """The coordinates of a model: of its fixed columns and response, and of its random factors."""

    factors: tuple[RandomFactor, ...]
    fixed: Basis
    random: tuple[RandomBasis, ...]


def plain_bases(design: Design) -> Bases:
    """The bases in which a design is folded first: shifted and scaled, not rotated.

    Without an intercept nothing may be shifted: a constant is then not among the columns. Raises NotFinite for numbers
    beyond LARGEST.
    """
    factors = random_factors(design)
    columns = np.arange(int(design.intercept), len(design.names))
    found = extents_of(
        design, lambda chunk: _all_columns(chunk, columns, factors if chunk is design else random_factors(chunk))
    )
    fixed, rest = found[: columns.size + 1], found[columns.size + 1 :]
    random = []
    for factor in factors:
        random.append(_plain_random_basis(factor, rest[: factor.n_coefficients]))
        rest = rest[factor.n_coefficients :]
    if any(each.magnitude > LARGEST for each in found):
        names = [*(design.names[c] for c in columns), design.response]
        _require_moderate([*names, *(name for factor in factors for name in factor.names)], found)
    stays = _unshifted(design, factors, columns)
    return Bases(factors, _plain_basis(design, columns, fixed, stays), tuple(random))


def _unshifted(design: Design, factors: tuple[RandomFactor, ...], columns: Codes) -> Sequence[bool]:
    """Which of these columns of X, and the response, vary by group without an intercept: those coordinates stay."""
    alone = [Z for factor in factors for Z in (effect.Z for effect in factor.effects) if _intercept(Z) is None]
    keys = {Z.identity(k) for Z in alone for k in range(Z.n_columns)}
    return [*(design.X.identity(k) in keys for k in columns.tolist()), False]


def _intercept(Z: ModelMatrix) -> int | None:
    """The place of the column of ones, None where there is none."""
    return next((k for k in range(Z.n_columns) if Z.is_constant_one(k)), None)


def _all_columns(chunk: Design, columns: Codes, factors: tuple[RandomFactor, ...]) -> list[Column]:
    """These columns of X, the response, and the columns of every random factor, as they are given."""
    return [*_raw_columns(chunk, columns), *(c for factor in factors for c in _raw_random_columns(factor))]


def _require_moderate(names: Sequence[str], extents: Sequence[Extent]) -> None:
    """Refuse a column whose largest absolute value is beyond LARGEST."""
    for name, each in zip(names, extents, strict=True):
        if each.magnitude > LARGEST:
            message = f"{excerpt(name)} has numbers beyond {LARGEST:g}: scale it by a power of ten."
            raise NotFinite(message, Fault(message, column=excerpt(name)))


def _plain_basis(design: Design, columns: Codes, extents: Sequence[Extent], unshifted: Sequence[bool]) -> Basis:
    """The basis of these columns.

    A column that varies by group without an intercept stays where it is, unless it is nearly constant: only so do the
    random columns determine it, and at large theta what they determine must be a column of its own.
    """
    shift = [each.mean if design.intercept else 0.0 for each in extents]
    for k, each in enumerate(extents):
        if unshifted[k] and abs(shift[k]) < NEARLY_CONSTANT * each.spread_around(shift[k]):
            shift[k] = 0.0
    scale = [each.scale_around(s) for each, s in zip(extents, shift, strict=True)]
    magnitude = extents[-1].magnitude * scale[-1]
    return Basis(design.intercept, columns, np.array(shift), np.array(scale), np.eye(len(extents)), magnitude)


def _plain_random_basis(factor: RandomFactor, extents: Sequence[Extent]) -> RandomBasis:
    q = factor.n_coefficients
    shift, scale, transform = [0.0] * q, [1.0] * q, np.zeros((q, q))
    for effect, term in zip(factor.effects, factor.terms, strict=True):
        ones = _intercept(effect.Z)
        intercept = None if ones is None else term.start + ones
        for k in range(term.start, term.stop):
            if k != intercept:
                shift[k] = 0.0 if intercept is None else extents[k].mean
                scale[k] = extents[k].scale_around(shift[k])
                if intercept is not None:
                    transform[intercept, k] = -shift[k] * scale[k]
            transform[k, k] = scale[k]
    return RandomBasis(np.array(shift), np.array(scale), transform)


def random_columns(factor: RandomFactor, basis: RandomBasis) -> list[Column]:
    """The columns (q,) of a factor in these coordinates."""
    return [
        column if column is ONES else column.scaled(s, u)
        for column, s, u in zip(_raw_random_columns(factor), basis.shift.tolist(), basis.scale.tolist(), strict=True)
    ]


def _raw_random_columns(factor: RandomFactor) -> list[Column]:
    """The columns of a factor as they are given."""
    return [matrix_column(effect.Z, k) for effect in factor.effects for k in range(len(effect.names))]
