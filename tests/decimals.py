"""Linear algebra on lists of decimals, as the textbook has it, and Newton's steps on top of it."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from math import prod
from operator import mul

import numpy as np
from numpy.typing import NDArray

STEP = Decimal("1e-15")
"""Of a difference, relative: what it leaves out is of the order 1e-30, what it rounds away in 60 digits 1e-43."""

TOLERANCE = Decimal("1e-9")
"""Of a Newton step in standard errors: what it leaves is of the order of its square."""

Column = list[Decimal]
Square = list[Column]
"""Rows of a matrix."""


def stationary(function: Callable[[Column], Decimal], start: Column) -> Column:
    """Where the gradient of a function vanishes: Newton's steps, with all derivatives by differences."""
    at, k = start, len(start)
    for _ in range(8):
        step = [STEP * (abs(value) or 1) for value in at]

        def value(*moves: int, here: Column = at, by: Column = step) -> Decimal:
            moved = list(here)
            for move in moves:
                moved[abs(move) - 1] += by[abs(move) - 1] * (1 if move > 0 else -1)
            return function(moved)

        middle = value()
        up, down = [value(i + 1) for i in range(k)], [value(-i - 1) for i in range(k)]
        slopes = [(a - b) / 2 for a, b in zip(up, down, strict=True)]
        hessian = [[a + b - 2 * middle if i == j else Decimal(0) for j in range(k)] for i, (a, b) in _pairs(up, down)]
        for i in range(k):
            for j in range(i):
                joint = value(i + 1, j + 1) + value(-i - 1, -j - 1) + 2 * middle
                hessian[i][j] = hessian[j][i] = (joint - up[i] - down[i] - up[j] - down[j]) / 2
        root = factor(hessian)
        half = forward(root, slopes)
        moves = backward(root, half)
        at = [value - move * by for value, move, by in zip(at, moves, step, strict=True)]
        if dot(half, half) < TOLERANCE**2:
            return at
    raise ArithmeticError("Newton's steps did not end")


def _pairs(a: Column, b: Column) -> Iterator[tuple[int, tuple[Decimal, Decimal]]]:
    return enumerate(zip(a, b, strict=True))


def squared(root: Square) -> Square:
    """Lambda Lambda'."""
    return [[dot(a, b) for b in root] for a in root]


def factor(A: Square) -> Square:
    """L, lower triangular, of A = LL' (Cholesky): of each row what there is from its first element to the diagonal."""
    L: Square = []
    for i, row in enumerate(A):
        start = next(k for k in range(i + 1) if row[k] or k == i)
        own: Column = []
        for k in range(start, i):
            first = k + 1 - len(L[k])
            low = max(first, start)
            own.append((row[k] - dot(L[k][low - first :], own[low - start :])) / L[k][-1])
        own.append((row[i] - dot(own, own)).sqrt())
        L.append(own)
    return L


def forward(L: Square, b: Column) -> Column:
    """x of Lx = b."""
    x: Column = []
    for i, (row, value) in enumerate(zip(L, b, strict=True)):
        x.append((value - dot(row, x[i + 1 - len(row) :])) / row[-1])
    return x


def backward(L: Square, b: Column) -> Column:
    """x of L'x = b."""
    x = list(b)
    for i in reversed(range(len(L))):
        x[i] /= L[i][-1]
        for k, value in enumerate(L[i][:-1], start=i + 1 - len(L[i])):
            x[k] -= value * x[i]
    return x


def dot(a: Sequence[Decimal], b: Sequence[Decimal]) -> Decimal:
    """The sum of products, to the end of the shorter."""
    return sum(map(mul, a, b), Decimal(0))


def log_square(L: Square) -> Decimal:
    """log |LL'|."""
    return 2 * prod((row[-1] for row in L), start=Decimal(1)).ln()


def exact(values: NDArray[np.generic]) -> Column:
    return [Decimal(value) for value in values.astype(np.float64).tolist()]


def doubles(values: Column | Square) -> NDArray[np.float64]:
    return np.array(values, dtype=np.float64)
