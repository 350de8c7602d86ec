"""Two contenders by turns: A B A B, so that whatever else the machine does meets both."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Protocol

TURN = 0.05
"""Seconds of a turn: what takes less is repeated, so that neither is charged for the caches the other has filled."""


@dataclass(frozen=True, slots=True)
class Timed:
    """One fit: how long it took, and the criterion it reached, -2 log (restricted) likelihood, where it has one."""

    seconds: float
    criterion: float = float("nan")


class Contender(Protocol):
    """Whoever fits a work that it has been given."""

    def fit(self) -> Timed:
        """One fit; raises Unfit where there is none."""
        ...


class Unfit(Exception):
    """A contender has no fit of a work; the message is for the table."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The rounds of ours and theirs."""

    pairs: Sequence[tuple[Timed, Timed]]

    @property
    def ours(self) -> float:
        """The median of our seconds."""
        return median(ours.seconds for ours, _ in self.pairs)

    @property
    def theirs(self) -> float:
        """The median of their seconds."""
        return median(theirs.seconds for _, theirs in self.pairs)

    @property
    def ratio(self) -> float:
        """The median of theirs over ours, each within its round."""
        return median(theirs.seconds / ours.seconds for ours, theirs in self.pairs)

    @property
    def excess(self) -> float:
        """Their criterion minus ours: positive where their optimum is worse."""
        ours, theirs = self.pairs[-1]
        return theirs.criterion - ours.criterion


def compare(ours: Contender, theirs: Contender, rounds: int, budget: float) -> Comparison:
    """Up to `rounds` rounds within `budget` seconds, after a first one to warm up, kept only if it is the only one."""
    pairs: list[tuple[Timed, Timed]] = []
    start = time.perf_counter()
    while not pairs or (len(pairs) <= rounds and time.perf_counter() - start < budget):
        pairs.append((turn(ours), turn(theirs)))
    return Comparison(pairs[1:] or pairs)


def turn(contender: Contender) -> Timed:
    """The median of as many fits as fill a turn, which is one of what takes long."""
    fits = [contender.fit()]
    while sum(fit.seconds for fit in fits) < TURN:
        fits.append(contender.fit())
    return Timed(median(fit.seconds for fit in fits), fits[-1].criterion)
