"""What the columns of several models span: from their rows, which must be the same, to one small triangle.

Whether a column is a combination of others is asked of the triangle's columns in place of the rows', with the tolerance
with which a fit drops dependent columns.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from service.arrays import Codes, Matrix, Vector
from service.design import Design, Grouping, RandomEffect
from service.engine import Fit
from service.engine.columns import ONES, Column, distinct, extents_of, matrix_column
from service.engine.conditioning import RANK_TOLERANCE
from service.engine.triangle import triangle_below


@dataclass(frozen=True, slots=True)
class TermSpan:
    """A random term: `partition` is the same of all terms with the same groups, `columns` (r, q) are those of Z."""

    group: str
    partition: bytes
    names: tuple[str, ...]
    columns: Matrix


@dataclass(frozen=True, slots=True)
class ModelSpan:
    """What a model spans, in coordinates of r orthonormal directions that all models share.

    `fixed` (r, p) are the columns of X in use, named by `names`, and `base` (r, p) an orthonormal basis of theirs;
    `terms` are the random ones. Columns have length 1, whatever their unit, and the offset (r,) has `offset_size`.
    """

    names: tuple[str, ...]
    fixed: Matrix
    base: Matrix
    offset: Vector
    offset_size: float
    terms: tuple[TermSpan, ...]


Directions = Mapping[Hashable, tuple[Vector, float]]
"""Columns by their key: their direction (r,), of length 1, and their length."""


def model_spans(designs: Sequence[Design], fits: Sequence[Fit]) -> list[ModelSpan]:
    """What each of these models of one table's rows, with their fits, spans; designs are held, not streamed."""
    at = _directions(designs[0], list(chain.from_iterable(map(_columns, designs))))
    partitions = _partitions([effect.grouping for design in designs for effect in design.random])
    return [_span(design, fit, at, partitions) for design, fit in zip(designs, fits, strict=True)]


def _span(design: Design, fit: Fit, at: Directions, partitions: Mapping[int, bytes]) -> ModelSpan:
    """What a model spans, its columns and partitions being known."""
    kept = fit.estimates.kept.tolist()
    nothing = np.zeros((len(at[ONES.key][0]), 0))
    fixed = _stacked(nothing, [matrix_column(design.X, k) for k in kept], at)
    offset, size = (nothing.sum(axis=1), 0.0) if design.offset is None else at[_offset_column(design.offset).key]
    terms = tuple(
        TermSpan(
            group=effect.grouping.name,
            partition=partitions[id(effect.grouping)],
            names=effect.names,
            columns=_stacked(nothing, _random_columns(effect), at),
        )
        for effect in design.random
    )
    _, base = extend(nothing, fixed)
    return ModelSpan(tuple(design.names[k] for k in kept), fixed, base, offset, size, terms)


def contains(base: Matrix, columns: Matrix) -> bool:
    """Whether all these columns (r, k), of length 1, are combinations of the orthonormal `base` (r, d)."""
    left = columns - base @ (base.T @ columns)
    left -= base @ (base.T @ left)
    return bool(np.all(np.linalg.norm(left, axis=0) <= RANK_TOLERANCE))


def extend(base: Matrix, columns: Matrix) -> tuple[list[int], Matrix]:
    """Which of these columns (r, k) are no combinations of `base` (r, d) and earlier ones; and the base with them."""
    width, added = base.shape[1], []
    Q = np.empty((len(base), width + columns.shape[1]))
    Q[:, :width] = base
    for k, column in enumerate(columns.T):
        own = Q[:, :width]
        left = column - own @ (own.T @ column)
        left -= own @ (own.T @ left)
        size = np.linalg.norm(left)
        if size > RANK_TOLERANCE:
            Q[:, width] = left / size
            added.append(k)
            width += 1
    return added, Q[:, :width]


def _columns(design: Design) -> list[Column]:
    """All columns of a model that say how rows differ, the response aside."""
    return [
        *(matrix_column(design.X, k) for k in range(design.X.n_columns)),
        *(column for effect in design.random for column in _random_columns(effect)),
        *([] if design.offset is None else [_offset_column(design.offset)]),
    ]


def _random_columns(effect: RandomEffect) -> list[Column]:
    return [matrix_column(effect.Z, k) for k in range(effect.Z.n_columns)]


def _offset_column(offset: Vector) -> Column:
    return Column(("offset", id(offset)), lambda rows, out: np.copyto(out, offset[rows]))


def _stacked(nothing: Matrix, columns: Sequence[Column], at: Directions) -> Matrix:
    """The directions of these columns beside `nothing` (r, 0), (r, k)."""
    return np.column_stack([nothing, *(at[column.key][0] for column in columns)])


def _directions(design: Design, columns: list[Column]) -> Directions:
    """The directions of columns of a design's rows, and of the ones.

    The triangle is that of the columns around their means, so that a small spread around a large mean keeps its digits.
    """
    kept = [column for column in distinct(columns)[0] if column is not ONES]
    extents = extents_of(design, lambda _: kept)
    scales = [extent.scale_around(extent.mean) for extent in extents]
    centred = [column.scaled(extent.mean, scale) for column, extent, scale in zip(kept, extents, scales, strict=True)]
    R = triangle_below(np.zeros((0, len(kept) + 1)), [ONES, *centred], design.n)
    found: dict[Hashable, tuple[Vector, float]] = {ONES.key: _direction(R[:, 0], 1.0)}
    for column, extent, scale, own in zip(kept, extents, scales, R.T[1:], strict=True):
        found[column.key] = _direction(own + (extent.mean * scale) * R[:, 0], scale)
    return found


def _direction(coordinates: Vector, scale: float) -> tuple[Vector, float]:
    """The direction and the length of a column that has these coordinates (r,) once multiplied by `scale`."""
    largest = float(np.abs(coordinates).max())
    if largest == 0.0:
        return coordinates, 0.0
    length = float(np.linalg.norm(coordinates / largest))
    return coordinates / largest / length, length * (largest / scale)


def _partitions(groupings: Sequence[Grouping]) -> dict[int, bytes]:
    """The partition of the rows that each of these groupings, known by its id, makes, however its groups are named."""
    return {id(grouping): _partition(grouping.codes, len(grouping.levels)) for grouping in groupings}


def _partition(codes: Codes, n_groups: int) -> bytes:
    """The groups of the rows, counted in the order in which they come up."""
    first = np.empty(n_groups, dtype=np.intp)
    # Of several values for one place the last stays.
    first[codes[::-1]] = np.arange(codes.size)[::-1]
    place = np.empty(n_groups, dtype=np.intp)
    place[np.argsort(first)] = np.arange(n_groups)
    return place[codes].tobytes()
