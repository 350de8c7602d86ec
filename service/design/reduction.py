"""Smaller models: a design with less that varies, to be compared with the one it came from."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

from service.design.design import Design, RandomEffect
from service.design.model_matrix import ModelMatrix
from service.design.streamed import StreamedDesign


@dataclass(frozen=True, slots=True)
class Removal:
    """What may be left out of a design: the columns `removed` of its random effect at `place`.

    They are those of one term of the formula, which no other term of the same bars contains.
    """

    place: int
    removed: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReducedStream(StreamedDesign):
    """A streamed design without what was removed: its chunks are those of the whole design, reduced."""

    removal: Removal

    def chunks(self) -> Iterator[Design]:
        """The rows, read anew."""
        for chunk in StreamedDesign.chunks(self):
            yield replace(chunk, random=_reduced(chunk.random, self.removal))


def removals(design: Design) -> list[Removal]:
    """What can be left out of a design one at a time, in its order, as lmerTest's ranova does.

    That is each term of each random effect unless it is part of a larger one there, as the intercept is of all.
    """
    return [Removal(place, columns) for place, effect in enumerate(design.random) for columns in _terms(effect.Z)]


def without(design: Design, removal: Removal) -> Design:
    """The design without these columns; a random effect that loses all of them is left out."""
    random = _reduced(design.random, removal)
    if isinstance(design, StreamedDesign):
        own = {each.name: getattr(design, each.name) for each in fields(StreamedDesign)} | {"random": random}
        return ReducedStream(**own, removal=removal)
    return replace(design, random=random)


def _terms(Z: ModelMatrix) -> list[tuple[int, ...]]:
    """The columns of each term that is no part of another."""
    terms: dict[frozenset[str], list[int]] = {}
    for k, parts in enumerate(Z.products):
        terms.setdefault(frozenset(part.key[0] for part in parts), []).append(k)
    return [tuple(columns) for labels, columns in terms.items() if not any(labels < other for other in terms)]


def _reduced(random: tuple[RandomEffect, ...], removal: Removal) -> tuple[RandomEffect, ...]:
    """The random effects without what was removed."""
    effect = random[removal.place]
    kept = [k for k in range(effect.Z.n_columns) if k not in removal.removed]
    Z = ModelMatrix(tuple(effect.names[k] for k in kept), tuple(effect.Z.products[k] for k in kept), effect.Z.n_rows)
    left = (replace(effect, Z=Z),) if kept else ()
    return (*random[: removal.place], *left, *random[removal.place + 1 :])
