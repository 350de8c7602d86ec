"""The deviance by the textbook, sigma not profiled out, made least under a constraint by SciPy's SLSQP."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import NonlinearConstraint, minimize

from service.arrays import Matrix, Vector
from service.design import Design
from service.engine import Fit
from tests.engine.textbook import Textbook, inverted, textbook_of

Constraint = Callable[[Vector], float]
"""What must be zero, as a function of the elements."""


@dataclass(frozen=True, slots=True)
class Dense:
    """The deviance of a design of one term a factor, by the elements of all Lambdas, log sigma, and `beside`, if any.

    `beside` is a column of X whose coefficient is a parameter too: its multiple is taken from y, and it from X.
    """

    design: Design
    restricted: bool
    beside: int | None = None
    book: Textbook = field(init=False)

    def __post_init__(self) -> None:
        kept = np.array([k for k in range(self.design.X.n_columns) if k != self.beside], dtype=np.intp)
        object.__setattr__(self, "book", textbook_of(self.design, kept, restricted=self.restricted))

    def psis(self, at: Vector) -> list[Matrix]:
        """The covariances over sigma^2, factor by factor."""
        found, start = [], 0
        for Z, _ in self.book.factors:
            places = np.tril_indices(Z.shape[1])
            root = np.zeros((Z.shape[1], Z.shape[1]))
            root[places] = at[start : start + places[0].size]
            start += places[0].size
            found.append(root @ root.T)
        return found

    def __call__(self, at: Vector) -> float:
        """The deviance at these elements."""
        log_sigma = float(at[-1] if self.beside is None else at[-2])
        y = self.book.y if self.beside is None else self.book.y - at[-1] * self.design.X.column(self.beside)
        V = self.book.covariance(self.psis(at))
        inverse = inverted(V)
        value = float(np.linalg.slogdet(V)[1]) + self.book.nu * (math.log(2.0 * math.pi) + 2.0 * log_sigma)
        if self.restricted:
            value += float(np.linalg.slogdet(self.book.X.T @ inverse @ self.book.X)[1])
        return value + float(y @ self.book.projection(inverse) @ y) * math.exp(-2.0 * log_sigma)

    def least(self, fitted: Fit, constraint: Constraint | None = None) -> float:
        """The least deviance, where a constraint is met."""
        held = [] if constraint is None else [NonlinearConstraint(lambda at: np.array([constraint(at)]), 0.0, 0.0)]
        found = minimize(
            self.__call__,
            self.start(fitted),
            method="SLSQP",
            constraints=held,
            options={"ftol": 1e-11, "maxiter": 300},
        )
        assert found.success, found.message
        return float(found.fun)

    def start(self, fitted: Fit) -> Vector:
        """The elements of a fit."""
        estimates = fitted.estimates
        roots = [factor.root[np.tril_indices(len(factor.root))] for factor in estimates.factors]
        beside = [] if self.beside is None else [float(estimates.beta[self.beside])]
        return np.concatenate([*roots, [math.log(estimates.sigma)], beside])

    def sigma(self) -> Constraint:
        """Sigma, as a function of the elements."""
        return lambda at: math.exp(float(at[-1]))

    def sd(self, f: int, k: int) -> Constraint:
        """The standard deviation of coefficient k of factor f."""
        return lambda at: math.exp(float(at[-1])) * math.sqrt(self.psis(at)[f][k, k])

    def correlation(self, f: int, i: int, j: int) -> Constraint:
        """The correlation of coefficients i and j of factor f."""

        def of(at: Vector) -> float:
            psi = self.psis(at)[f]
            return float(psi[i, j] / math.sqrt(psi[i, i] * psi[j, j]))

        return of

    def coefficient(self, value: float, unit: float) -> Constraint:
        """How far the coefficient beside is from a value, in these units."""
        return lambda at: (float(at[-1]) - value) / unit

    def icc(self) -> Constraint:
        """The intraclass correlation, all that varies counted."""

        def of(at: Vector) -> float:
            ratio = sum(
                float(((Z @ psi) * Z).sum(axis=1).mean())
                for psi, (Z, _) in zip(self.psis(at), self.book.factors, strict=True)
            )
            return ratio / (1.0 + ratio)

        return of
