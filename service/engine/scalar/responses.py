"""Responses drawn from a model with one varying coefficient, as cross-products: many at once, and no rows.

A response less X beta is y = Z b + e; in units of sigma its groups' means mu_j = M_jy are N(0, phi + 1 / W_j), what is
left within groups is independent of them, and X and y leave of each other

    S_Xy ~ N(0, S_XX),   S_yy = S_Xy' S_XX^- S_Xy + chi^2 with n - J - rank S_XX degrees of freedom.

That is all of it (crossproducts.py): what is estimated from y follows from these by shifting and scaling. The means of
groups of equal weight, k of them, enter as sums of mu_j x_j and mu_j^2 alone. With the groups' means of X in the rows
of QR, those are R' z and z'z + chi^2 with k - p degrees of freedom, for z as many as R has rows: so a draw costs
as much as there are distinct weights, whatever the number of groups.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from service.arrays import Codes, Matrix, Vector
from service.engine.crossproducts import CrossProducts

NUMBERS = 2_000_000
"""Numbers that an array over responses, groups and columns may have: so many responses are taken together."""


@dataclass(frozen=True, slots=True)
class Columns:
    """All that responses need to know of the p columns of X, in their basis, and of the groups.

    `weights` (K,) and `means` (K, p) stand for the groups: turned, as few as there can be. `spare_weights` and
    `spare_counts` (D,) are the weights of which groups are left over by the turning, and how many. `within` (p, p) is
    S_XX, `root` (p, r) a root of it; `spare` are the degrees of freedom that neither groups nor X take.
    """

    weights: Vector
    means: Matrix
    spare_weights: Vector
    spare_counts: Vector
    within: Matrix
    root: Matrix
    spare: int

    @property
    def at_once(self) -> int:
        """How many responses are taken together."""
        return max(1, NUMBERS // max(self.means.size + self.weights.size, self.within.size, 1))


@dataclass(frozen=True, slots=True)
class Responses:
    """R responses, less X beta and over sigma, as cross-products in a basis.

    `means` (R, K) are those of the turned groups, `spare_squares` (R, D) the summed squares of those left over;
    `cross` (R, p) and `squares` (R,) are S_Xy and S_yy.
    """

    means: Matrix
    spare_squares: Matrix
    cross: Matrix
    squares: Vector

    def take(self, places: Codes) -> "Responses":
        """The responses at these places, which may be repeated."""
        return Responses(self.means[places], self.spare_squares[places], self.cross[places], self.squares[places])


def turned_columns(products: CrossProducts) -> Columns:
    """The columns of a model with one varying coefficient, whose cross-products these are."""
    gram, p = products.factors[0].gram[0, 0], products.width - 1
    # A group whose rows have no part in the random effect, as where a varying slope's x is 0, has no mean.
    taking_part = np.flatnonzero(gram > 0)
    order = taking_part[np.argsort(gram[taking_part], kind="stable")]
    weights, means = gram[order], np.ascontiguousarray(products.solution[0, :-1].T[order])
    distinct, starts, counts = np.unique(weights, return_index=True, return_counts=True)
    kept = np.minimum(counts, p)
    turned = [_turned(means[start : start + k]) for start, k in zip(starts.tolist(), counts.tolist(), strict=True)]
    left = counts > kept
    inside = np.flatnonzero(products.determined() == 0)
    within = products.within[:-1, :-1]
    return Columns(
        weights=np.repeat(distinct, kept),
        means=np.concatenate(turned),
        spare_weights=distinct[left],
        spare_counts=(counts - kept)[left].astype(np.float64),
        within=within,
        root=_root(within)[:, inside],
        spare=products.n - order.size - inside.size,
    )


def _turned(means: Matrix) -> Matrix:
    """The rows of R in place of more rows than columns (k, p)."""
    if len(means) <= means.shape[1]:
        return means
    return np.asarray(np.linalg.qr(means, mode="r"))


def _root(within: Matrix) -> Matrix:
    """The lower triangular root (p, p) of S_XX, zero where it is."""
    root = np.zeros_like(within)
    inside = np.flatnonzero(within.diagonal())
    size = np.sqrt(within.diagonal()[inside])
    square = np.ix_(inside, inside)
    root[square] = np.linalg.cholesky(within[square] / (size[:, None] * size)) * size[:, None]
    return root


def draw(columns: Columns, phi: float, n: int, generator: np.random.Generator) -> Iterator[Responses]:
    """Draws of n responses of the model at phi = theta^2, in lots."""
    sd = np.sqrt(phi + 1.0 / columns.weights)
    spare_variance = phi + 1.0 / columns.spare_weights
    for start in range(0, n, columns.at_once):
        size = min(columns.at_once, n - start)
        inside = generator.standard_normal((size, columns.root.shape[1]))
        yield Responses(
            means=generator.standard_normal((size, sd.size)) * sd,
            spare_squares=generator.chisquare(columns.spare_counts, (size, spare_variance.size)) * spare_variance,
            cross=inside @ columns.root.T,
            # A gamma may have shape 0, which a chi-squared may not.
            squares=(inside**2).sum(axis=1) + 2.0 * generator.standard_gamma(0.5 * columns.spare, size),
        )
