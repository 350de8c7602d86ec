"""A witness: the varying-intercept model by the textbook, dense, in 60 digits, with none of the engine's algebra.

With V = W^-1 + phi Z Z' and phi = theta^2, generalised least squares gives beta, rho = (y - X beta)' V^-1 (y - X beta)
and

    deviance = log|V| + [REML] log|X'V^-1 X| + nu (1 + log(2 pi rho / nu)),   nu = n - p (REML) or n (ML)

(Bates, Maechler, Bolker & Walker 2015, J. Stat. Softw. 67(1), eqs. 34 and 41). V is factorised as it stands, n by n.
Doubles come in as the exact numbers they are, doubles go out.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal, localcontext
from math import prod
from operator import mul

import numpy as np
from numpy.typing import NDArray

from service.arrays import Matrix, Vector
from service.design import Design

DIGITS = 60
TWO_PI = 2 * Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899863")
DECADES = range(-8, 30, 2)
"""Powers of ten of phi among which the lowest brackets the optimum."""

STEP = Decimal("1e-15")
"""Of a difference by log phi: what it leaves out is of the order 1e-30, what it rounds away 1e-43."""

TOLERANCE = Decimal("1e-20")
"""Of log phi: beyond what a double tells apart."""

Column = list[Decimal]


@dataclass(frozen=True, slots=True)
class Solution:
    """Generalised least squares at one phi.

    With V = LL': `log_volume` is log|V|; `X`, `Z` and `residual` are L^-1 times the columns of X, those of Z and
    y - X beta; `root` is the factor of X'V^-1 X.
    """

    phi: Decimal
    log_volume: Decimal
    X: list[Column]
    Z: list[Column]
    root: list[Column]
    beta: Column
    residual: Column
    rho: Decimal

    def nu(self, restricted: bool) -> int:
        """The degrees of freedom that sigma is profiled with."""
        return len(self.residual) - (len(self.beta) if restricted else 0)

    def deviance(self, restricted: bool, log_variance: Decimal | None = None) -> Decimal:
        """-2 log (restricted) likelihood, at the best sigma or at this log sigma^2."""
        nu = self.nu(restricted)
        if log_variance is None:
            log_variance = (self.rho / nu).ln()
        volume = self.log_volume + (_log_square(self.root) if restricted else 0)
        return volume + nu * (TWO_PI.ln() + log_variance) + self.rho / log_variance.exp()

    def inverse(self) -> list[Column]:
        """(X'V^-1 X)^-1."""
        units = [[Decimal(int(i == j)) for i in range(len(self.root))] for j in range(len(self.root))]
        return [_backward(self.root, _forward(self.root, unit)) for unit in units]


@dataclass(frozen=True, slots=True)
class Answer:
    """The witness' estimates, as doubles, named as the engine's."""

    theta: float
    criterion: float
    beta: Vector
    std_error: Vector
    covariance: Matrix
    sigma: float
    group_sd: float
    effects: Vector
    effect_sd: Vector


@contextmanager
def digits() -> Iterator[None]:
    """Arithmetic in 60 digits within."""
    with localcontext(prec=DIGITS):
        yield


def answer(design: Design, *, restricted: bool = True, theta: float | None = None) -> Answer:
    """The estimates at the optimum, or at `theta`; X must have full rank."""
    with digits():
        at = solve(design, optimum(design, restricted) if theta is None else Decimal(theta) ** 2)
        variance = at.rho / at.nu(restricted)
        inverse = at.inverse()
        p = len(inverse)
        effects = [at.phi * _dot(z, at.residual) for z in at.Z]
        spread = [(variance * (at.phi - at.phi**2 * _dot(z, z))).sqrt() for z in at.Z]
        return Answer(
            theta=float(at.phi.sqrt()),
            criterion=float(at.deviance(restricted)),
            beta=_doubles(at.beta),
            std_error=_doubles([(variance * inverse[k][k]).sqrt() for k in range(p)]),
            covariance=_doubles([variance * cell for row in inverse for cell in row]).reshape(p, p),
            sigma=float(variance.sqrt()),
            group_sd=float((variance * at.phi).sqrt()),
            effects=_doubles(effects),
            effect_sd=_doubles(spread),
        )


def solve(design: Design, phi: Decimal) -> Solution:
    """Generalised least squares at phi."""
    codes = design.random[0].grouping.codes.tolist()
    weights = np.ones(len(codes)) if design.weights is None else design.weights
    V = [[phi if a == b else Decimal(0) for b in codes] for a in codes]
    for i, weight in enumerate(weights.tolist()):
        V[i][i] += 1 / Decimal(weight)
    L = _factor(V)
    X = [_forward(L, _exact(column)) for column in design.X.T]
    Z = [_forward(L, _exact(np.equal(design.random[0].grouping.codes, j))) for j in range(max(codes) + 1)]
    response, offset = _exact(design.y), _exact(np.zeros(len(codes)) if design.offset is None else design.offset)
    y = _forward(L, [a - b for a, b in zip(response, offset, strict=True)])
    root = _factor([[_dot(a, b) for b in X] for a in X])
    beta = _backward(root, _forward(root, [_dot(column, y) for column in X]))
    residual = [y[i] - _dot([column[i] for column in X], beta) for i in range(len(y))]
    return Solution(phi, _log_square(L), X, Z, root, beta, residual, _dot(residual, residual))


def optimum(design: Design, restricted: bool) -> Decimal:
    """The phi of the least deviance: from the lowest of many decades, by Newton's steps on the scale of log phi."""

    def deviance(log_phi: Decimal) -> Decimal:
        return solve(design, log_phi.exp()).deviance(restricted)

    weights = np.ones(1) if design.weights is None else design.weights
    logs = [Decimal(10).ln() * k - Decimal(float(weights.max())).ln() for k in DECADES]
    heights = [deviance(log_phi) for log_phi in logs]
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
            break
        at = at + step if low < at + step < high else (low + high) / 2
    return at.exp()


def _factor(A: list[Column]) -> list[Column]:
    """L, lower triangular, of A = LL' (Cholesky)."""
    L: list[Column] = []
    for i, row in enumerate(A):
        L.append(_forward(L, row[:i]))
        L[i].append((row[i] - _dot(L[i], L[i])).sqrt())
    return L


def _forward(L: list[Column], b: Column) -> Column:
    """x of Lx = b."""
    x: Column = []
    for row, value in zip(L, b, strict=True):
        x.append((value - _dot(row, x)) / row[-1])
    return x


def _backward(L: list[Column], b: Column) -> Column:
    """x of L'x = b."""
    x: Column = []
    for i in reversed(range(len(L))):
        below = [L[k][i] for k in range(len(L) - 1, i, -1)]
        x.append((b[i] - _dot(below, x)) / L[i][i])
    return x[::-1]


def _dot(a: Column, b: Column) -> Decimal:
    """The sum of products, to the end of the shorter."""
    return sum(map(mul, a, b), Decimal(0))


def _log_square(L: list[Column]) -> Decimal:
    """log |LL'|."""
    return 2 * prod((row[-1] for row in L), start=Decimal(1)).ln()


def _exact(values: NDArray[np.generic]) -> Column:
    return [Decimal(value) for value in values.astype(np.float64).tolist()]


def _doubles(values: Column) -> Vector:
    return np.array([float(value) for value in values])
