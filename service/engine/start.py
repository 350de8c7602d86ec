"""Where the search begins: covariances by the method of moments.

With r what least squares leaves of y and V_i the part of the rows' covariance that an element of a Psi multiplies,
E[r'V_i r] is nearly sum_j tr(V_i V_j) sigma_j^2 (MINQUE0; Rao 1971, J. Multivariate Anal. 1; Searle, Casella &
McCulloch 1992, Variance Components, section 11.3): one small linear system of cross-products. What least squares takes
of the V_i is subtracted by REML and not by ML, so that balanced designs begin at the optimum of either.
"""

from itertools import accumulate

import numpy as np
from scipy.sparse import csr_array

from service.arrays import Flags, Matrices, Matrix, Vector
from service.engine.crossproducts import CrossProducts, total_products
from service.engine.profile import whiten
from service.engine.random_factors import Parameters
from service.engine.spectrum import eigen

LEAST, MOST = 0.05, 1e6
"""Standard deviations, over sigma, between which the search begins: at zero the criterion has no slope by theta."""


def moment_start(products: CrossProducts, parameters: Parameters, *, restricted: bool) -> Vector:
    """Theta (k,) at the moments' covariances, brought well inside the positive definite ones."""
    sizes = parameters.sizes
    free = _free_elements(parameters)
    system, observed = _moment_equations(products, sizes, restricted=restricted)
    known = np.append(np.flatnonzero(free), free.size)
    components = _solved(system[known[:, None], known], observed[known])
    noise = max(float(components[-1]), 1e-2 * float(observed[-1]) / products.n)
    ratios = np.zeros(free.size)
    ratios[free] = components[:-1] / noise if noise > 0 else 0.0
    ends = accumulate(q * q for q in sizes)
    psis = [ratios[end - q * q : end].reshape(q, q) for end, q in zip(ends, sizes, strict=True)]
    return parameters.theta([_root(psi) for psi in psis])


def _solved(system: Matrix, observed: Vector) -> Vector:
    """The solution of the moment equations, the shortest where there are many."""
    size = np.sqrt(np.abs(system.diagonal()))
    size[size == 0] = 1.0
    values, vectors = eigen(system / (size[:, None] * size))
    told = np.abs(values) > 1e-10 * np.abs(values).max()
    known = vectors[:, told]
    components: Vector = known @ ((observed / size) @ known / values[told]) / size
    return components


def _free_elements(parameters: Parameters) -> Flags:
    """Which elements of all Psi, factor by factor, are not zero by the model."""
    masks = [np.zeros((q, q), dtype=np.bool_) for q in parameters.sizes]
    for f, r, c in parameters.places:
        masks[f][r, c] = masks[f][c, r] = True
    return np.concatenate([mask.ravel() for mask in masks])


def _root(psi: Matrix) -> Matrix:
    """Lambda of the nearest covariance whose standard deviations in every direction are within the bounds."""
    values, vectors = eigen(0.5 * (psi + psi.T))
    least = max(LEAST**2, 1e-3 * float(values[-1]))
    clipped = np.minimum(np.maximum(values, least), MOST**2)
    return np.linalg.cholesky((vectors * clipped) @ vectors.T).astype(np.float64, copy=False)


def _moment_equations(products: CrossProducts, sizes: tuple[int, ...], *, restricted: bool) -> tuple[Matrix, Vector]:
    """The system (K + 1, K + 1) and right-hand side of all elements of all Psi, factor by factor, and sigma^2."""
    total = total_products(products)
    # What is left of X is independent: dependent columns have been dropped (conditioning.py).
    half = whiten(total[:-1, :-1])[0].T
    direction = np.append(-(half @ (half.T @ total[:-1, -1])), 1.0)
    starts = list(accumulate((q * q for q in sizes), initial=0))
    system, observed = np.zeros((starts[-1] + 1, starts[-1] + 1)), np.zeros(starts[-1] + 1)
    # Z'X (X'X)^-1/2: what least squares takes of the random effects, (q, p, J); ML, which knows beta, has no p.
    lost = half if restricted else half[:, :0]
    taken = [lost.T @ factor.cross[:, :-1] for factor in products.factors]
    outer = [_outer(own) for own in taken]
    for f, factor in enumerate(products.factors):
        own = slice(starts[f], starts[f + 1])
        system[own, own] = _own_traces(factor.gram, taken[f]) + outer[f] @ outer[f].T
        flat = taken[f].reshape(len(taken[f]), -1)
        left = factor.gram.sum(axis=2) - flat @ flat.T
        system[own, -1] = system[-1, own] = left.ravel()
        c = direction @ factor.cross
        observed[own] = (c @ c.T).ravel()
    for (f, h), block in products.pairs.items():
        mine, theirs = slice(starts[f], starts[f + 1]), slice(starts[h], starts[h + 1])
        system[mine, theirs] = _joint_traces(block, taken[f], taken[h]) + outer[f] @ outer[h].T
        system[theirs, mine] = system[mine, theirs].T
    system[-1, -1], observed[-1] = products.n - lost.shape[1], float(direction @ total @ direction)
    return system, observed


def _outer(taken: Matrices) -> Matrix:
    """The sum over groups of t_a t_b' for t (q, p, J), (q q, p p)."""
    q, p, groups = taken.shape
    flat = taken.reshape(q * p, groups)
    sums: Matrix = (flat @ flat.T).reshape(q, p, q, p).transpose(0, 2, 1, 3).reshape(q * q, p * p)
    return sums


def _own_traces(gram: Matrices, taken: Matrices) -> Matrix:
    """The sum over groups of G_ac G_bd less what least squares takes, to first order, (q q, q q)."""
    q = len(gram)
    lost = np.einsum("aij,bij->abj", taken, taken)
    flat, less = gram.reshape(q * q, -1), lost.reshape(q * q, -1)
    crossed = flat @ less.T
    products: Matrix = (flat @ flat.T - crossed - crossed.T).reshape(q, q, q, q)
    return products.transpose(0, 2, 1, 3).reshape(q * q, q * q)


def _joint_traces(block: csr_array, mine: Matrices, theirs: Matrices) -> Matrix:
    """The same for the coefficients of two factors, whose products are `block`: P_ac P_bd, (q q, r r)."""
    q, r = len(mine), len(theirs)
    blocks = block.tobsr((q, r))
    rows = np.repeat(np.arange(len(blocks.indptr) - 1), np.diff(blocks.indptr))
    lost = np.einsum("aie,cie->eac", mine[:, :, rows], theirs[:, :, blocks.indices]).reshape(-1, q * r)
    flat = blocks.data.reshape(-1, q * r)
    crossed = flat.T @ lost
    products: Matrix = (flat.T @ flat - crossed - crossed.T).reshape(q, r, q, r)
    return products.transpose(0, 2, 1, 3).reshape(q * q, r * r)
