"""A second witness, quick and in doubles: the deviance and its derivatives by the textbook, with matrices n by n.

With V = W^-1 + sum over factors of (Z Psi Z') * S, S_ik = 1 where rows i and k are of one group, and P = V^-1 - V^-1 X
(X'V^-1 X)^-1 X'V^-1 (Searle, Casella & McCulloch 1992, Variance Components, section 6.6),

    d deviance / dt  = tr(P V_t) - (nu / rho) y'P V_t P y,   rho = y'P y
    second: tr(P V_st) - tr(P V_s P V_t) - (nu / rho) (y'P V_st P y - 2 y'P V_s P V_t P y) - nu r_s r_t

with r_t = y'P V_t P y / rho; by ML the traces have V^-1 in place of P.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.arrays import Codes, Matrices, Matrix, Vector
from service.design import Design
from service.engine.random_factors import Parameters, random_factors


@dataclass(frozen=True, slots=True)
class Textbook:
    """A model: X, y less the offset, weights, and for each factor its columns Z (n, q) and the groups' codes."""

    X: Matrix
    y: Vector
    weights: Vector
    factors: tuple[tuple[Matrix, Codes], ...]
    restricted: bool

    def covariance(self, psis: Sequence[Matrix], *, noise: bool = True) -> Matrix:
        """V (n, n), or what these Psi add to it."""
        V: Matrix = np.diag(1.0 / self.weights) if noise else np.zeros((self.y.size, self.y.size))
        for psi, (Z, codes) in zip(psis, self.factors, strict=True):
            V = V + (Z @ psi @ Z.T) * (codes[:, None] == codes)
        return V

    @property
    def nu(self) -> int:
        return self.y.size - (self.X.shape[1] if self.restricted else 0)

    def deviance(self, psis: Sequence[Matrix]) -> float:
        """-2 log (restricted) likelihood."""
        V = self.covariance(psis)
        inverse = inverted(V)
        P = self.projection(inverse)
        rho = float(self.y @ P @ self.y)
        log_determinant = float(np.linalg.slogdet(V)[1])
        if self.restricted:
            log_determinant += float(np.linalg.slogdet(self.X.T @ inverse @ self.X)[1])
        return log_determinant + self.nu * (1.0 + float(np.log(2.0 * np.pi * rho / self.nu)))

    def slopes(self, psis: Sequence[Matrix]) -> list[Matrix]:
        """The derivatives by every Psi, (q, q) each, of a deviance that is a function of symmetric ones."""
        inverse = inverted(self.covariance(psis))
        P = self.projection(inverse)
        pull = P @ self.y
        by_V = (P if self.restricted else inverse) - (self.nu / float(self.y @ pull)) * np.outer(pull, pull)
        return [Z.T @ (by_V * (codes[:, None] == codes)) @ Z for Z, codes in self.factors]

    def projection(self, inverse: Matrix) -> Matrix:
        """P, from V^-1."""
        taken = inverse @ self.X
        P: Matrix = inverse - taken @ np.linalg.solve(self.X.T @ taken, taken.T)
        return P

    def derivatives(self, psis: Sequence[Matrix], changes: Sequence[Sequence[Matrix]]) -> tuple[Vector, Matrix]:
        """First derivatives in the directions `changes`, a Psi for each factor, and second ones without V_st."""
        inverse = inverted(self.covariance(psis))
        P = self.projection(inverse)
        traced = P if self.restricted else inverse
        pull = P @ self.y
        rho = float(self.y @ pull)
        V = [self.covariance(change, noise=False) for change in changes]
        shares = np.array([pull @ own @ pull for own in V]) / rho
        first = np.array([(traced * own).sum() for own in V]) - self.nu * shares
        turned = [traced @ own for own in V]
        second = np.array([[2.0 * (own @ pull) @ P @ (other @ pull) for other in V] for own in V]) * (self.nu / rho)
        second -= np.array([[(own * other.T).sum() for other in turned] for own in turned])
        return first, second - self.nu * np.outer(shares, shares)


def inverted(matrix: Matrix) -> Matrix:
    """The inverse."""
    return np.linalg.inv(matrix).astype(np.float64, copy=False)


def textbook_of(
    design: Design, kept: Codes, *, restricted: bool, transforms: Sequence[Matrix] | None = None
) -> Textbook:
    """The model of a design with these columns of X; `transforms` are the coordinates of the random factors."""
    factors = random_factors(design)
    turns = [np.eye(factor.n_coefficients) for factor in factors] if transforms is None else transforms
    columns = [np.column_stack([effect.Z.to_array() for effect in factor.effects]) for factor in factors]
    return Textbook(
        X=design.X.to_array()[:, kept],
        y=design.y if design.offset is None else design.y - design.offset,
        weights=np.ones(design.n) if design.weights is None else design.weights,
        factors=tuple((Z @ T, factor.grouping.codes) for Z, T, factor in zip(columns, turns, factors, strict=True)),
        restricted=restricted,
    )


def by_theta(book: Textbook, parameters: Parameters, theta: Vector) -> tuple[Vector, Matrix]:
    """The gradient (k,) and Hessian (k, k) by theta: dPsi = E Lambda' + Lambda E', d2 Psi = E F' + F E'."""
    roots = parameters.roots(theta)
    psis = [root @ root.T for root in roots]
    units = [parameters.roots(unit) for unit in np.eye(parameters.count)]
    changes = [[E @ root.T + root @ E.T for E, root in zip(unit, roots, strict=True)] for unit in units]
    gradient, hessian = book.derivatives(psis, changes)
    slopes = book.slopes(psis)
    for i, unit in enumerate(units):
        for j, other in enumerate(units):
            triples = zip(slopes, unit, other, strict=True)
            hessian[i, j] += 2.0 * sum(float((slope * (E @ F.T)).sum()) for slope, E, F in triples)
    return gradient, hessian


def group_blocks(matrix: Matrix, Z: Matrix, codes: Codes) -> Matrices:
    """Z_j' A Z_j for every group, (q, q, J)."""
    return np.stack(
        [Z[codes == j].T @ matrix[np.ix_(codes == j, codes == j)] @ Z[codes == j] for j in np.unique(codes)], axis=2
    )
