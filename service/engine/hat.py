"""The hat matrix of a fit given theta, y -> fitted values: its diagonal, the leverage of every row.

With C the matrix of the mixed model equations in [X Z], the leverage of a row with weight w is w [x z]' C^-1 [x z]
(Henderson 1975, Biometrics 31; Hodges & Sargent 2001, Biometrika 88). Split into the effects' share and the
coefficients',

    h = w (z'H z + r'A_XX^-1 r),   r = x - Psi U_X z,

as Psi U_X, with U = Z'V^-1 D of every group, is what the random effects take of the columns of X. It needs a few
numbers for each group and for each pair of groups that share a row, and nothing that has as many rows as there are
rows. The leverages add up to the effective number of parameters.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from service.arrays import Matrices, Matrix, Vector
from service.design import Design
from service.engine import groupwise
from service.engine.basis import Bases
from service.engine.columns import blocks, rows_at_once
from service.engine.crossproducts import total_products
from service.engine.estimates import Estimates
from service.engine.fit import Fit
from service.engine.fold import augmented
from service.engine.joint_covariance import Joint, joint_covariances
from service.engine.model import JointModel
from service.engine.random_factors import random_factors
from service.engine.rows import rows_of, take
from service.engine.scalar.limits import no_pooling


@dataclass(frozen=True, slots=True)
class Hat:
    """What the leverages of p coefficients' rows are made of, for the rows as `bases` have them.

    `turns` (q, q) lead from a factor's rows in its basis to the coordinates of the rest: `lean` (q, p, J) is Psi U_X,
    `own` (q, q, J) is H of every group, `joint` H between factors. `inverse` (p, p) is A_XX^-1.
    """

    bases: Bases
    turns: tuple[Matrix, ...]
    inverse: Matrix
    lean: tuple[Matrices, ...]
    own: tuple[Matrices, ...]
    joint: Joint

    def leverages(self, design: Design) -> Vector:
        """The leverage of each row (n,) of a design; nan where the effects' covariance is not known."""
        return np.concatenate([part for chunk in design.chunks() for part in self._chunk(chunk)])

    def _chunk(self, chunk: Design) -> Iterator[Vector]:
        """The leverages of a chunk's rows, block by block."""
        factors = random_factors(chunk)
        rows = rows_of([chunk], [replace(self.bases, factors=factors)])
        turn = augmented(self.bases.fixed)
        widest = sum(own.shape[0] * (own.shape[0] + len(self.inverse)) for own in self.own)
        size = rows_at_once(len(rows.columns) + widest)
        out = np.empty((len(rows.columns), min(size, rows.n)))
        for block in blocks(rows.n, size):
            part, n = rows.read(block, out), block.stop - block.start
            x = take(part, rows.fixed, np.empty((len(rows.fixed), n)))
            x = (x if turn is None else turn.T @ x)[:-1]
            z = [
                T.T @ take(part, places, np.empty((len(places), n)))
                for T, places in zip(self.turns, rows.random, strict=True)
            ]
            codes = [factor.grouping.codes[block] for factor in factors]
            share = self._shares(x, z, codes)
            yield share if chunk.weights is None else share * chunk.weights[block]

    def _shares(self, x: Matrix, z: list[Matrix], codes: list[np.ndarray]) -> Vector:
        """z'H z + r'A_XX^-1 r of rows with these columns (p, n), (q, n) and groups (n,)."""
        left, share = x, np.zeros(x.shape[1])
        for own, lean, columns, groups in zip(self.own, self.lean, z, codes, strict=True):
            left = left - np.einsum("an,apn->pn", columns, lean[:, :, groups])
            share += np.einsum("an,abn,bn->n", columns, own[:, :, groups], columns)
        for (f, h), joint in self.joint.items():
            both = z[f][:, None] * z[h]
            # Where a product is zero, it does not matter what is not known.
            share += 2.0 * np.where(both != 0.0, both * joint.at(codes[f], codes[h]), 0.0).sum(axis=(0, 1))
        found: Vector = share + (left * (self.inverse @ left)).sum(axis=0)
        return found


def hat_of(design: Design, fit: Fit) -> Hat | None:
    """The hat matrix of a fit of a design; None where it has no limit: several variances, and no noise."""
    if isinstance(fit.model, JointModel):
        return _joint_hat(design, fit.model)
    return _scalar_hat(fit.estimates) if fit.estimates.theta.size == 1 else None


def _joint_hat(design: Design, model: JointModel) -> Hat:
    """The hat matrix of a model with several variance parameters."""
    fold, at, criterion = model.fold, model.at, model.criterion
    roots = criterion.parameters.roots(at.theta)
    return Hat(
        bases=Bases(fold.factors, fold.products.basis, fold.random),
        turns=tuple(
            np.linalg.solve(basis.transform, own.basis.transform)
            for basis, own in zip(fold.random, fold.products.factors, strict=True)
        ),
        inverse=at.inverse,
        lean=tuple(
            groupwise.times(root @ root.T, solved.U[:, :-1]) for root, solved in zip(roots, at.factors, strict=True)
        ),
        own=tuple(solved.effects_covariance() for solved in at.factors),
        joint=joint_covariances(design, criterion, at.theta),
    )


def _scalar_hat(estimates: Estimates) -> Hat:
    """The hat matrix of a model with one varying coefficient, at its limits too."""
    products, factor = estimates.products, estimates.factors[0].factor
    own, at = products.factors[0], estimates.evaluation
    gram, scale = own.gram, float(own.basis.transform[0, 0])
    if np.isinf(estimates.theta[0]):
        weight, covariance = np.where(gram > 0, 1.0, 0.0), groupwise.reciprocal(gram)
        inverse = no_pooling(products).within_inverse
    else:
        phi = (float(estimates.theta[0]) / scale) ** 2 if at is None else at.phi
        weight, covariance = phi * gram / (1.0 + phi * gram), phi / (1.0 + phi * gram)
        inverse = np.linalg.inv(total_products(products)[:-1, :-1]) if at is None else at.inverse
    return Hat(
        bases=Bases((factor,), products.basis, (own.basis,)),
        turns=(np.eye(1),),
        inverse=inverse,
        lean=(weight * products.solution[:, :-1],),
        own=(covariance,),
        joint={},
    )
