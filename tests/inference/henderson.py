"""A witness for standard errors: Henderson's mixed model equations, dense, with every unknown in them.

With b = Lambda u the errors of beta and u have the covariance sigma^2 C^-1,

    C = [ X'WX          X'WZ Lambda             ]
        [ Lambda'Z'WX   Lambda'Z'WZ Lambda + I  ]

(Henderson 1975, Biometrics 31; in u, so that Lambda may be singular).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import block_diag

from service.arrays import Matrix, Vector
from service.design import Design
from service.engine import Estimates
from service.inference import NewGroups, NewRows


@dataclass(frozen=True, slots=True)
class Henderson:
    """The equations of a fit: the covariance sigma^2 C^-1 of the errors, and Lambda over all groups of all factors."""

    covariance: Matrix
    root: Matrix

    def standard_errors(self, rows: NewRows) -> Vector:
        """The standard error of each row's expected value; what varies of a group not known is added."""
        Z = np.hstack([placed(groups) for groups in rows.groups])
        directions = np.hstack([rows.X, Z @ self.root])
        errors: Vector = np.sqrt(np.einsum("ij,jk,ik->i", directions, self.covariance, directions))
        return errors


def henderson(design: Design, estimates: Estimates) -> Henderson:
    """The equations of a design at a fit's estimates."""
    X = design.X.to_array()[:, estimates.kept]
    weights = np.ones(design.n) if design.weights is None else design.weights
    groups = groups_of(design, estimates)
    root = block_diag(
        *[np.kron(np.eye(own.n_groups), f.root) for own, f in zip(groups, estimates.factors, strict=True)]
    )
    columns = np.hstack([X, np.hstack([placed(own) for own in groups]) @ root])
    C = columns.T @ (columns * weights[:, None])
    places = np.arange(X.shape[1], len(C))
    C[places, places] += 1.0
    return Henderson(estimates.sigma**2 * np.linalg.inv(C).astype(np.float64, copy=False), root)


def groups_of(design: Design, estimates: Estimates) -> list[NewGroups]:
    """The rows of a design as new rows of its own groups."""
    return [
        NewGroups(
            factor.factor.grouping.codes,
            np.column_stack([effect.Z.to_array() for effect in factor.factor.effects]),
            factor.factor.n_groups,
        )
        for factor in estimates.factors
    ]


def placed(groups: NewGroups) -> Matrix:
    """Z (m, J q) at the columns of each row's group; nothing where it is not known."""
    m, q = groups.Z.shape
    Z = np.zeros((m, groups.n_groups + 1, q))
    Z[np.arange(m), np.maximum(groups.codes, -1)] = groups.Z
    return Z[:, :-1].reshape(m, groups.n_groups * q)


def shuffled(rows: Sequence[NewGroups], seed: int) -> list[NewGroups]:
    """The groups of rows, each factor's in an order of its own: combinations the fit did not see."""
    source = np.random.default_rng(seed)
    return [NewGroups(source.permutation(own.codes), own.Z, own.n_groups) for own in rows]
