"""A model in coordinates in which some coefficients of a term come first: what is held is then an element of Lambda.

The columns of the term are turned among themselves by a rotation, which changes no covariance and keeps them as well
conditioned as they were. Afterwards the rows of the coefficients in `transform` are lower triangular.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import qr

from service.arrays import Codes, Flags, Matrix, Vector
from service.engine.criterion import Criterion, criterion_of
from service.engine.crossproducts import turn_random
from service.engine.model import JointModel
from service.engine.roots import canonical_root


@dataclass(frozen=True, slots=True)
class Leading:
    """A criterion in whose coordinates some coefficients of a term lead, and `theta` (k,), its estimate there.

    `scores` (r, r), lower triangular, takes the first r rows of the term's Lambda to those of the coefficients in the
    units of the data, over sigma. `places` (r, r) are the positions in theta of the term's first r rows, -1 above the
    diagonal; `first` (k,) marks its first column.
    """

    criterion: Criterion
    theta: Vector
    scores: Matrix
    places: Codes
    first: Flags


def leading(model: JointModel, factor: int, coefficients: Sequence[int]) -> Leading:
    """The model with these coefficients of one term of a factor leading."""
    fold, parameters = model.fold, model.criterion.parameters
    own = fold.products.factors[factor]
    term = next(each for each in fold.factors[factor].terms if each.start <= coefficients[0] < each.stop)
    turns = [np.eye(q) for q in parameters.sizes]
    Q, R = qr(own.basis.transform[list(coefficients), term].T)
    signs = np.where(np.diag(R) < 0, -1.0, 1.0)
    Q[:, : signs.size] *= signs
    criterion, theta = model.criterion, model.at.theta
    if term.stop - term.start > 1:
        turns[factor][term, term] = Q
        criterion = criterion_of(
            turn_random(fold.products, tuple(turns)), parameters, restricted=model.criterion.restricted
        )
        roots = parameters.roots(theta)
        roots[factor] = canonical_root(turns[factor].T @ roots[factor], fold.factors[factor])
        theta = parameters.theta(roots)
    mine = parameters.factor == factor
    places = np.full((signs.size, signs.size), -1, dtype=np.intp)
    for r, c in zip(*np.tril_indices(signs.size), strict=True):
        found = mine & (parameters.row == term.start + r) & (parameters.column == term.start + c)
        places[r, c] = np.flatnonzero(found)[0]
    scores = np.asarray((R[: signs.size] * signs[:, None]).T, dtype=np.float64)
    return Leading(criterion, theta, scores, places, mine & (parameters.column == term.start))
