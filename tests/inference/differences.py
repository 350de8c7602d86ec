"""Derivatives of the witness' deviance, in 60 digits: what lmerTest differentiates in 16."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import cached_property, lru_cache
from itertools import combinations

import numpy as np

from service.arrays import Matrix, Vector
from service.design import Design
from service.engine import Fit
from tests.decimals import Square, dot, squared
from tests.engine.accuracy import roots_of
from tests.oracle import Solution, digits, solve

STEP = Decimal("1e-12")

Point = tuple[Decimal, ...]
"""The elements of all Lambdas, a term after the other, and log sigma^2."""


class Witness:
    """The deviance of a design around the Lambdas and the sigma of a fit, sigma not profiled out."""

    def __init__(self, design: Design, fitted: Fit) -> None:
        roots = roots_of(fitted.estimates, design)
        self.sizes = [len(root) for root in roots]
        self.places = [(t, r, c) for t, q in enumerate(self.sizes) for c in range(q) for r in range(c, q)]
        theta = [Decimal(float(roots[t][r, c])) for t, r, c in self.places]
        self.restricted = fitted.restricted
        with digits():
            self.at: Point = (*theta, 2 * Decimal(fitted.estimates.sigma).ln())
        self.solved: Callable[[Point], Solution] = lru_cache(lambda theta: solve(design, self._psis(theta)))

    @cached_property
    def covariance(self) -> Matrix:
        """Twice the inverse Hessian (k + 1, k + 1) of the deviance."""
        k = len(self.at)
        with digits():
            hessian = [[float(self._second(a, b)) for b in range(k)] for a in range(k)]
        covariance: Matrix = 2.0 * np.linalg.inv(np.array(hessian))
        return covariance

    def satterthwaite(self) -> Vector:
        """2 V^2 / Var(V) for the variance V of each coefficient, by the delta method (Satterthwaite 1946)."""

        def log_variances(point: Point) -> list[Decimal]:
            inverse = self.solved(point[:-1]).inverse()
            return [point[-1] + row[k].ln() for k, row in enumerate(inverse)]

        df: Vector = 2.0 / self._errors(log_variances) ** 2
        return df

    def log_sd_errors(self) -> Vector:
        """The standard error of the logarithm of every standard deviation, term by term, and of sigma."""

        def log_sds(point: Point) -> list[Decimal]:
            variances = [psi[i][i] for psi in self._psis(point[:-1]) for i in range(len(psi))]
            return [(point[-1] + variance.ln()) / 2 for variance in [*variances, Decimal(1)]]

        return self._errors(log_sds)

    def fisher_errors(self) -> Vector:
        """The standard error of Fisher's z of the correlations of each term, in the order of itertools.combinations."""

        def zs(point: Point) -> list[Decimal]:
            found = []
            for psi in self._psis(point[:-1]):
                for i, j in combinations(range(len(psi)), 2):
                    r = psi[i][j] / (psi[i][i] * psi[j][j]).sqrt()
                    found.append(((1 + r) / (1 - r)).ln() / 2)
            return found

        return self._errors(zs)

    def log_ratio_error(self, squares: Sequence[Square]) -> float:
        """The standard error of the log of the sum of tr(Psi S) over the terms, for these S, one for each."""

        def ratio(point: Point) -> list[Decimal]:
            parts = zip(self._psis(point[:-1]), squares, strict=True)
            return [sum((dot(a, b) for psi, S in parts for a, b in zip(psi, S, strict=True)), Decimal(0)).ln()]

        return float(self._errors(ratio)[0])

    def _errors(self, function: Callable[[Point], Sequence[Decimal]]) -> Vector:
        with digits():
            rows = []
            for a in range(len(self.at)):
                after, before = function(self._moved(a, 1)), function(self._moved(a, -1))
                rows.append([float((u - v) / (2 * self._step(a))) for u, v in zip(after, before, strict=True)])
        gradient = np.array(rows)
        errors: Vector = np.sqrt(np.einsum("ai,ab,bi->i", gradient, self.covariance, gradient))
        return errors

    def _second(self, a: int, b: int) -> Decimal:
        """The mixed central difference of the deviance."""

        def value(i: int, j: int) -> Decimal:
            point = self._moved(b, j, self._moved(a, i))
            return self.solved(point[:-1]).deviance(self.restricted, point[-1])

        return (value(1, 1) - value(1, -1) - value(-1, 1) + value(-1, -1)) / (4 * self._step(a) * self._step(b))

    def _step(self, a: int) -> Decimal:
        return STEP * max(abs(self.at[a]), Decimal("1e-3"))

    def _moved(self, a: int, steps: int, point: Point | None = None) -> Point:
        start = self.at if point is None else point
        return (*start[:a], start[a] + steps * self._step(a), *start[a + 1 :])

    def _psis(self, theta: Point) -> list[Square]:
        roots = [[[Decimal(0)] * q for _ in range(q)] for q in self.sizes]
        for (t, r, c), value in zip(self.places, theta, strict=True):
            roots[t][r][c] = value
        return [squared(root) for root in roots]
