"""Many models of one table: one pass over the rows for all that have the same groups, weights and rows."""

from collections.abc import Sequence

import numpy as np

from service.design import Design
from service.engine.basis import Bases, plain_bases
from service.engine.crossproducts import CrossProducts
from service.engine.fold import fold, fold_rows
from service.errors import ServiceError

Folded = tuple[Bases, CrossProducts]
"""A design's plain bases and its cross-products in them."""


def folded_plainly(design: Design) -> Folded:
    """A design's plain bases and its cross-products in them."""
    bases = plain_bases(design)
    return bases, fold(design, bases)


def fold_together(designs: Sequence[Design]) -> list[Folded | None]:
    """The folds of the designs that share a pass with another; None for the others, and for those that have none."""
    found: list[Folded | None] = [None] * len(designs)
    for lot in _lots(designs):
        if len(lot) == 1:
            continue
        sound = [(i, bases) for i in lot if (bases := _bases_or_none(designs[i])) is not None]
        if len(sound) > 1:
            products = fold_rows([designs[i] for i, _ in sound], [bases for _, bases in sound])
            for (i, bases), own in zip(sound, products, strict=True):
                found[i] = bases, own
    return found


def _bases_or_none(design: Design) -> Bases | None:
    """The plain bases; None if the design has none, which its fit will say."""
    try:
        return plain_bases(design) if design.random else None
    except ServiceError:
        return None


def _lots(designs: Sequence[Design]) -> list[list[int]]:
    """The places of the designs, in lots that fold together."""
    lots: list[list[int]] = []
    for i, design in enumerate(designs):
        lot = next((lot for lot in lots if _fold_alike(designs[lot[0]], design)), None)
        if lot is None:
            lots.append([i])
        else:
            lot.append(i)
    return lots


def _fold_alike(a: Design, b: Design) -> bool:
    """Whether two designs, each in one piece, have the same rows, weights and random terms."""
    return (
        # Designs of other kinds, as those that read their rows in chunks, are folded by themselves.
        type(a) is type(b) is Design
        and a.n == b.n
        and _same(a.rows, b.rows)
        and _same(a.weights, b.weights)
        and len(a.random) == len(b.random)
        and all(
            first.grouping.name == second.grouping.name
            and _same(first.grouping.codes, second.grouping.codes)
            and [first.Z.identity(k) for k in range(len(first.names))]
            == [second.Z.identity(k) for k in range(len(second.names))]
            for first, second in zip(a.random, b.random, strict=True)
        )
    )


def _same(a: np.ndarray | None, b: np.ndarray | None) -> bool:
    """Whether two arrays, or their absence, are the same."""
    return a is b or (a is not None and b is not None and np.array_equal(a, b))
