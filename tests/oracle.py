"""A witness: the mixed model by the textbook, dense, in 60 digits, with none of the engine's algebra.

With V = W^-1 + sum over terms of Z (I x Psi) Z', generalised least squares gives beta, rho = (y - X beta)' V^-1
(y - X beta) and

    deviance = log|V| + [REML] log|X'V^-1 X| + nu (1 + log(2 pi rho / nu)),   nu = n - p (REML) or n (ML)

(Bates, Maechler, Bolker & Walker 2015, J. Stat. Softw. 67(1), eqs. 34 and 41). V is factorised as it stands, n by n.
Doubles come in as the exact numbers they are, doubles go out.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal, localcontext

import numpy as np

from service.arrays import Codes, Matrix, Vector
from service.design import Design, RandomEffect
from tests.decimals import (
    Column,
    Square,
    backward,
    dot,
    doubles,
    exact,
    factor,
    forward,
    log_square,
    squared,
    stationary,
)

DIGITS = 60
TWO_PI = 2 * Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899863")
DECADES = range(-8, 30, 2)
"""Powers of ten of phi among which the lowest brackets the optimum."""

STEP = Decimal("1e-15")
"""Of a difference, relative: what it leaves out is of the order 1e-30, what it rounds away 1e-43."""

TOLERANCE = Decimal("1e-10")
"""Of a Newton step by log phi: what it leaves is of the order of its square."""


@dataclass(frozen=True, slots=True)
class Solution:
    """Generalised least squares at one Psi for each term.

    `rows` (n,) is the order of the rows. With V = LL': `log_volume` is log|V|; `X` and `residual` are L^-1 times the
    columns of X and y - X beta; `root` is the factor of X'V^-1 X.
    """

    psis: list[Square]
    rows: Codes
    L: Square
    log_volume: Decimal
    X: list[Column]
    root: Square
    beta: Column
    residual: Column
    rho: Decimal

    def nu(self, restricted: bool) -> int:
        """The degrees of freedom that sigma is profiled with."""
        return len(self.residual) - (len(self.beta) if restricted else 0)

    def deviance(self, restricted: bool, log_variance: Decimal | None = None) -> Decimal:
        """-2 log (restricted) likelihood, at the best sigma or at this log sigma^2."""
        nu = self.nu(restricted)
        volume = self.log_volume + (log_square(self.root) if restricted else 0)
        if log_variance is None:
            return volume + nu * (1 + (TWO_PI * self.rho / nu).ln())
        return volume + nu * (TWO_PI.ln() + log_variance) + self.rho / log_variance.exp()

    def inverse(self) -> Square:
        """(X'V^-1 X)^-1."""
        units = [[Decimal(int(i == j)) for i in range(len(self.root))] for j in range(len(self.root))]
        return [backward(self.root, forward(self.root, unit)) for unit in units]

    def effects(self, term: int, effect: RandomEffect) -> tuple[list[Column], list[Column]]:
        """For each coefficient of a term the groups' effects and, over sigma^2, their conditional variances."""
        psi, levels = self.psis[term], range(len(effect.grouping.levels))
        means, variances = [], []
        for group in levels:
            inside = effect.grouping.codes[self.rows] == group
            Z = [forward(self.L, exact(column * inside)) for column in _columns(effect, self.rows)]
            pull, gram = [dot(z, self.residual) for z in Z], [[dot(a, b) for b in Z] for a in Z]
            means.append([dot(row, pull) for row in psi])
            variances.append([row[a] - dot(row, [dot(g, row) for g in gram]) for a, row in enumerate(psi)])
        return [list(c) for c in zip(*means, strict=True)], [list(c) for c in zip(*variances, strict=True)]


@dataclass(frozen=True, slots=True)
class Answer:
    """The witness' estimates, as doubles, named as the engine's; those of random effects for each term."""

    thetas: tuple[Matrix, ...]
    criterion: float
    beta: Vector
    std_error: Vector
    covariance: Matrix
    sigma: float
    sds: tuple[Vector, ...]
    effects: tuple[Matrix, ...]
    effect_sds: tuple[Matrix, ...]

    @property
    def theta(self) -> float:
        """Theta of a model with one varying coefficient."""
        return float(self.thetas[0][0, 0])

    @property
    def spread(self) -> float:
        """The largest standard deviation."""
        return max(self.sigma, *(float(sd.max()) for sd in self.sds))


@contextmanager
def digits() -> Iterator[None]:
    """Arithmetic in 60 digits within."""
    with localcontext(prec=DIGITS):
        yield


def answer(design: Design, *, restricted: bool = True, theta: float | None = None) -> Answer:
    """The estimates of a model with one varying coefficient at the optimum, or at `theta`; X must have full rank."""
    with digits():
        phi = optimum(design, scan(design), restricted) if theta is None else Decimal(theta) ** 2
        return _answer(design, [[[phi.sqrt()]]], restricted)


def answers(design: Design) -> dict[bool, Answer]:
    """The estimates at the optimum by REML (True) and by ML (False)."""
    with digits():
        heights = scan(design)
        found = {restricted: optimum(design, heights, restricted) for restricted in (True, False)}
        return {restricted: _answer(design, [[[phi.sqrt()]]], restricted) for restricted, phi in found.items()}


def answer_near(design: Design, roots: Sequence[Matrix], *, restricted: bool = True) -> Answer:
    """The estimates at the stationary point that Newton's steps find from these Lambdas, one for each term."""
    with digits():
        places = [(t, r, c) for t, root in enumerate(roots) for c in range(len(root)) for r in range(c, len(root))]
        lambdas = [[exact(row) for row in root] for root in roots]

        def at(theta: Column) -> list[Square]:
            for (t, r, c), value in zip(places, theta, strict=True):
                lambdas[t][r][c] = value
            return lambdas

        def deviance(theta: Column) -> Decimal:
            return solve(design, [squared(root) for root in at(theta)]).deviance(restricted)

        return _answer(design, at(stationary(deviance, [lambdas[t][r][c] for t, r, c in places])), restricted)


def answer_at(design: Design, roots: Sequence[Matrix], *, restricted: bool = True) -> Answer:
    """The estimates at these Lambdas, one for each term."""
    with digits():
        return _answer(design, [[exact(row) for row in root] for root in roots], restricted)


def _answer(design: Design, lambdas: list[Square], restricted: bool) -> Answer:
    """The estimates at these Lambdas."""
    at = solve(design, [squared(root) for root in lambdas])
    variance, inverse = at.rho / at.nu(restricted), at.inverse()
    solved = [at.effects(t, effect) for t, effect in enumerate(design.random)]
    return Answer(
        thetas=tuple(doubles(root) for root in lambdas),
        criterion=float(at.deviance(restricted)),
        beta=doubles(at.beta),
        std_error=doubles([(variance * row[k]).sqrt() for k, row in enumerate(inverse)]),
        covariance=doubles([[variance * cell for cell in row] for row in inverse]).reshape(len(inverse), len(inverse)),
        sigma=float(variance.sqrt()),
        sds=tuple(doubles([(variance * row[a]).sqrt() for a, row in enumerate(psi)]) for psi in at.psis),
        effects=tuple(doubles(means) for means, _ in solved),
        effect_sds=tuple(doubles([[(variance * cell).sqrt() for cell in row] for row in rows]) for _, rows in solved),
    )


def solve(design: Design, psis: Decimal | list[Square]) -> Solution:
    """Generalised least squares at one Psi for each term, or at phi where one coefficient varies."""
    psis = [[[psis]]] if isinstance(psis, Decimal) else psis
    # In this order V has most of its zeros in front.
    rows = np.argsort(design.random[0].grouping.codes, kind="stable")
    weights = np.ones(design.n) if design.weights is None else design.weights
    V = [[Decimal(0)] * design.n for _ in range(design.n)]
    for i, weight in enumerate(weights[rows].tolist()):
        V[i][i] = 1 / Decimal(weight)
    for effect, psi in zip(design.random, psis, strict=True):
        z = list(zip(*map(exact, _columns(effect, rows)), strict=True))
        spread = [[dot(own, each) for own in psi] for each in z]
        codes = effect.grouping.codes[rows].tolist()
        for i, code in enumerate(codes):
            for k in range(i + 1):
                if codes[k] == code:
                    V[i][k] += dot(spread[i], z[k])
    L = factor(V)
    X = [forward(L, exact(column)) for column in design.X.to_array()[rows].T]
    offset = np.zeros(design.n) if design.offset is None else design.offset
    y = forward(L, [a - b for a, b in zip(exact(design.y[rows]), exact(offset[rows]), strict=True)])
    root = factor([[dot(a, b) for b in X] for a in X])
    beta = backward(root, forward(root, [dot(column, y) for column in X]))
    residual = [y[i] - dot([column[i] for column in X], beta) for i in range(len(y))]
    return Solution(psis, rows, L, log_square(L), X, root, beta, residual, dot(residual, residual))


def scan(design: Design) -> list[tuple[Decimal, dict[bool, Decimal]]]:
    """log phi at every second decade and the deviances there, by REML (True) and by ML (False)."""
    weights = np.ones(1) if design.weights is None else design.weights
    logs = [Decimal(10).ln() * k - Decimal(float(weights.max())).ln() for k in DECADES]
    found = [solve(design, log_phi.exp()) for log_phi in logs]
    return [
        (log_phi, {both: at.deviance(both) for both in (True, False)}) for log_phi, at in zip(logs, found, strict=True)
    ]


def optimum(design: Design, scanned: list[tuple[Decimal, dict[bool, Decimal]]], restricted: bool) -> Decimal:
    """The phi of the least deviance: from the lowest of many decades, by Newton's steps on the scale of log phi."""

    def deviance(log_phi: Decimal) -> Decimal:
        return solve(design, log_phi.exp()).deviance(restricted)

    logs, heights = [log_phi for log_phi, _ in scanned], [both[restricted] for _, both in scanned]
    lowest = heights.index(min(heights))
    if lowest == 0 and solve(design, Decimal(0)).deviance(restricted) <= heights[0]:
        return Decimal(0)
    low, at, high = logs[max(lowest - 1, 0)], logs[lowest], logs[min(lowest + 1, len(logs) - 1)]
    while high - low > TOLERANCE:
        before, here, after = (deviance(at + k * STEP) for k in (-1, 0, 1))
        slope, curvature = (after - before) / (2 * STEP), (after - 2 * here + before) / STEP**2
        low, high = (at, high) if slope < 0 else (low, at)
        step = -slope / curvature if curvature > 0 else high - low
        if abs(step) < TOLERANCE:
            return (at + step).exp()
        at = at + step if low < at + step < high else (low + high) / 2
    return at.exp()


def _columns(effect: RandomEffect, rows: Codes) -> Matrix:
    """The columns of a term, a row each."""
    return effect.Z.to_array()[rows].T
