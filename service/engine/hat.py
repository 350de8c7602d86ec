"""The hat matrix of a fit given theta, y -> fitted values: its diagonal, the leverage of every row.

With C the matrix of the mixed model equations in [X Z], the leverage of a row with weight w is w [x z]' C^-1 [x z]
(Henderson 1975, Biometrics 31; Hodges & Sargent 2001, Biometrika 88). Split into the effects' share and the
coefficients',

    h = w (z'H z + r'A_XX^-1 r),   r = x - Psi U_X z,

as Psi U_X, with U = Z'V^-1 D of every group, is what the random effects take of the columns of X. It needs a few
numbers for each group and for each pair of groups that share a row, and nothing that has as many rows as there are
rows. The leverages add up to the effective number of parameters.
"""

from dataclasses import dataclass

import numpy as np

from service.arrays import Matrices, Matrix, Vector
from service.design import Design
from service.engine import groupwise
from service.engine.basis import Bases
from service.engine.crossproducts import total_products
from service.engine.estimates import Estimates
from service.engine.fit import Fit
from service.engine.joint_covariance import Joint, joint_covariances
from service.engine.model import JointModel
from service.engine.profile import whiten
from service.engine.row_blocks import RowBlock, row_blocks
from service.engine.scalar.limits import no_pooling

UNPOOLED = 1e16
"""Variance of the effects, as a multiple of that of a group's mean, from which nothing is pooled to the last digit."""

MEANINGLESS = 1e20
"""The same multiple from which rounding of r, squared, shows in what the coefficients share."""


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
        """The leverage of each row (n,) of a design with the fit's groups; nan where what it takes is not known."""
        width = sum(len(own) * (len(own) + len(self.inverse)) for own in self.own)
        found = []
        for rows in row_blocks(design, self.bases, self.turns, width):
            share = self._shares(rows)
            found.append(share if rows.weights is None else share * rows.weights)
        return np.concatenate(found)

    def _shares(self, rows: RowBlock) -> Vector:
        """The sum z'H z + r'A_XX^-1 r of each row."""
        left, groups = rows.fixed[:-1], rows.groups
        share = np.zeros(left.shape[1])
        for own, lean, z, j in zip(self.own, self.lean, rows.random, groups, strict=True):
            left = left - np.einsum("an,apn->pn", z, lean[:, :, j])
            share += np.einsum("an,abn,bn->n", z, own[:, :, j], z)
        for (f, h), joint in self.joint.items():
            both = rows.random[f][:, None] * rows.random[h]
            # Where a product is zero, it does not matter what is not known.
            share += 2.0 * np.where(both != 0.0, both * joint.at(groups[f], groups[h]), 0.0).sum(axis=(0, 1))
        found: Vector = share + (left * (self.inverse @ left)).sum(axis=0)
        return found


def hat_of(design: Design, fit: Fit) -> Hat | None:
    """The hat matrix of a fit of a design.

    None of several variances without noise, or so large beside it that double precision does not tell them apart.
    """
    if isinstance(fit.model, JointModel):
        return _joint_hat(design, fit.model)
    return _scalar_hat(fit.estimates) if fit.estimates.theta.size == 1 else None


def _joint_hat(design: Design, model: JointModel) -> Hat | None:
    """The hat matrix of a model with several variance parameters."""
    fold, at, criterion = model.fold, model.at, model.criterion
    roots = criterion.parameters.roots(at.theta)
    spreads = (
        float(np.einsum("ab,abj->j", root @ root.T, own.gram).max())
        for root, own in zip(roots, fold.products.factors, strict=True)
    )
    if max(spreads) > MEANINGLESS:
        return None
    return Hat(
        bases=Bases(fold.factors, fold.products.basis, fold.random),
        turns=fold.turns,
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
    phi = (float(estimates.theta[0]) / scale) ** 2 if at is None else at.phi
    if phi * float(gram[gram > 0].min()) > UNPOOLED:
        weight, covariance = np.where(gram > 0, 1.0, 0.0), groupwise.reciprocal(gram)
        inverse = no_pooling(products).within_inverse
    else:
        weight, covariance = phi * gram / (1.0 + phi * gram), phi / (1.0 + phi * gram)
        if at is None:
            R, _ = whiten(total_products(products)[:-1, :-1])
            inverse = R.T @ R
        else:
            inverse = at.inverse
    return Hat(
        bases=Bases((factor,), products.basis, (own.basis,)),
        turns=(np.eye(1),),
        inverse=inverse,
        lean=(weight * products.solution[:, :-1],),
        own=(covariance,),
        joint={},
    )
