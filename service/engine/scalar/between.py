"""The groups as the criterion sees them: sums over groups of a smooth function of the group's weight.

All the criterion asks of J groups is sum_j f(W_j) mu_j mu_j' and sum_j f(W_j), for f such as W / (1 + phi W). Groups of
equal weight are added up once and for all. Where nearly all weights differ, as with prior weights, f is interpolated
between fixed nodes instead, to the last digit: by log W its nearest singularity lies pi away from the real line, so
Chebyshev interpolation of degree 11 on pieces of width 1/2 errs by less than 1e-15 (Trefethen 2013, Approximation
Theory and Approximation Practice, theorem 8.2).
"""

from dataclasses import dataclass

import numpy as np

from service.arrays import Codes, Matrix, Vector

DISTINCT = 2000
"""Distinct weights from which nodes, of which there are a few hundred, serve better."""

OUTER_PRODUCTS = 4_000_000
"""Numbers that the outer products may occupy before they are formed anew each time."""

PIECE, NODES = 0.5, 12
"""The width of a piece of log W, and the Chebyshev nodes on it."""

GROUPS_AT_ONCE = 4096

AT_ONCE = 100_000
"""Numbers up to which all groups' outer products are formed at once."""


@dataclass(frozen=True, slots=True)
class Between:
    """Weights (D,) and how many groups each stands for (D,), as a sum: at nodes, neither whole nor positive.

    `outer` (D, m * m) are the summed outer products of the groups' means, of which `means` (0, m) has none; where those
    are too many it is None, and `means` (D, m) are used one by one.
    """

    weights: Vector
    multiplicity: Vector
    means: Matrix
    outer: Matrix | None

    def weighted(self, power: Matrix) -> Matrix:
        """sum_j power_j mu_j mu_j' (G, m, m) for each row of `power` (G, D)."""
        m = self.means.shape[1]
        if self.outer is not None:
            return (power @ self.outer).reshape(-1, m, m)
        return np.stack([(self.means * row[:, None]).T @ self.means for row in power])


def between_groups(weights: Vector, means: Matrix) -> Between:
    """The groups with these weights (J,) and means (J, m), in as few terms as lose nothing.

    A group of no weight, as where a varying slope's x is 0 in all its rows, is not pooled.
    """
    order = weights.argsort(kind="stable")
    if weights[order[0]] <= 0.0:
        order = order[np.count_nonzero(weights <= 0.0) :]
    weights = weights[order]
    changes = np.ones(weights.size + 1, dtype=np.bool_)
    np.not_equal(weights[1:], weights[:-1], out=changes[1:-1])
    bounds = changes.nonzero()[0]
    if bounds.size - 1 > DISTINCT:
        return _at_nodes(weights, means, order)
    if (bounds.size - 1) * means.shape[1] ** 2 > OUTER_PRODUCTS:
        return Between(weights, np.ones(weights.size), means[order], None)
    return _added_up(weights, means, order, bounds)


def _added_up(weights: Vector, means: Matrix, order: Codes, bounds: Codes) -> Between:
    """The groups of equal weight added up; `weights` are in `order`, those of equal weight between two `bounds`."""
    m, starts, ends = means.shape[1], bounds[:-1], bounds[1:]
    distinct, multiplicity, none = weights[starts], (ends - starts).astype(np.float64), np.empty((0, m))
    if order.size * m * m <= AT_ONCE:
        columns = np.ascontiguousarray(means[order].T)
        products = (columns[:, None] * columns).reshape(m * m, -1)
        return Between(distinct, multiplicity, none, np.add.reduceat(products, starts, axis=1).T)
    outer = np.empty((starts.size, m, m))
    for d, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        equal = means[order[start:end]]
        np.matmul(equal.T, equal, out=outer[d])
    return Between(distinct, multiplicity, none, outer.reshape(starts.size, m * m))


def _at_nodes(weights: Vector, means: Matrix, order: Codes) -> Between:
    """The groups shared out among the nodes of their piece of log W; `weights` are in `order`."""
    m = means.shape[1]
    logs = np.log(weights)
    pieces = np.floor(logs / PIECE).astype(np.intp)
    starts = np.flatnonzero(np.diff(pieces, prepend=pieces[0] - 1))
    ends = np.append(starts[1:], weights.size)
    angles = np.pi * (np.arange(NODES) + 0.5) / NODES
    nodes = np.exp(PIECE * (pieces[starts][:, None] + 0.5 + 0.5 * np.cos(angles)))
    multiplicity, outer = np.zeros((starts.size, NODES)), np.zeros((starts.size, NODES, m * m))
    for d, (piece_start, piece_end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        for start in range(piece_start, piece_end, GROUPS_AT_ONCE):
            rows = slice(start, min(start + GROUPS_AT_ONCE, piece_end))
            shares = _shares(2.0 * (logs[rows] / PIECE - pieces[piece_start]) - 1.0, angles)
            multiplicity[d] += shares.sum(axis=0)
            own = means[order[rows]]
            products = own[:, :, None] * own[:, None]
            outer[d] += shares.T @ products.reshape(-1, m * m)
    return Between(nodes.ravel(), multiplicity.ravel(), np.empty((0, m)), outer.reshape(-1, m * m))


def _shares(points: Vector, angles: Vector) -> Matrix:
    """The Lagrange polynomials of the Chebyshev nodes cos(angles) at `points` in [-1, 1], (points, nodes).

    By discrete orthogonality, l_k(x) = (2 - [i = 0]) / N sum_i cos(i angle_k) T_i(x).
    """
    degree = np.arange(angles.size)
    transform = np.cos(np.outer(degree, angles)) * (np.where(degree == 0, 1.0, 2.0) / angles.size)[:, None]
    values: Matrix = np.cos(np.outer(np.arccos(np.clip(points, -1.0, 1.0)), degree)) @ transform
    return values
