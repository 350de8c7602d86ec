"""A root of the products of the columns that the first factor leaves: what noise adds to them is drawn with it.

H = [Z_r X]'W[Z_r X], less what the first factor's columns explain, is semidefinite: a column of ones is a sum of a
crossed factor's columns. Z_r falls into sets of columns that do not touch each other, as those of a nesting do; each
set has a Cholesky factor with pivoting of its own (Higham 1990, in Reliable Numerical Computation), of as many columns
as its rank. With H_ZZ = R R' and H_ZX = R K, what is left of X is H_XX - K'K.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.linalg import solve_triangular
from scipy.linalg.lapack import dpstrf
from scipy.sparse import block_diag, coo_array, csr_array, diags_array
from scipy.sparse.csgraph import connected_components

from service.arrays import Matrix
from service.engine.arrangement import Arrangement
from service.errors import UnsupportedModel

DEPENDENT = 1e-12
"""Share of a column's square left by the others below which it is dependent. A column that is taken for dependent
though it is not loses this share of its variance: the draws do not show it."""

MOST_TOUCHING = 4000
"""Columns of a set that are factorised, as a dense matrix: 128 MB, and a few seconds."""


@dataclass(frozen=True, slots=True)
class GramRoot:
    """A root of H: `random` (columns, r) is R, sparse, `across` (r, p) is K, `fixed` (p, s) a root of H_XX - K'K."""

    random: csr_array
    across: Matrix
    fixed: Matrix

    @property
    def rank(self) -> int:
        """The rank of H."""
        return len(self.across) + len(self.fixed.T)


def gram_root(arrangement: Arrangement | None, within: Matrix) -> GramRoot:
    """The root of what the first factor leaves; `within` (p, p) is H_XX.

    Raises UnsupportedModel where more columns touch each other than a dense matrix may have.
    """
    p = len(within)
    if arrangement is None:
        return GramRoot(csr_array((0, 0)), np.zeros((0, p)), _root(within, within, np.zeros((p, 0)))[0])
    H, cross = _products(arrangement), arrangement.cross[:, :-1]
    left = np.flatnonzero(H.diagonal())
    n_sets, labels = connected_components(H[left][:, left], directed=False)
    order = left[np.argsort(labels, kind="stable")]
    together = csr_array(H[order][:, order])
    roots, across = [csr_array((0, 0))], [np.zeros((0, p))]
    for start, stop in pairwise(np.cumsum([0, *np.bincount(labels, minlength=n_sets)]).tolist()):
        _require_few(stop - start)
        own = together[start:stop, start:stop].toarray()
        root, half = _root(own, own, cross[order[start:stop]])
        roots.append(csr_array(root))
        across.append(half)
    entries, K = coo_array(block_diag(roots)), np.concatenate(across)
    random = coo_array((entries.data, (order[entries.row], entries.col)), (len(cross), len(K))).tocsr()
    return GramRoot(random, K, _root(within - K.T @ K, within, np.zeros((p, 0)))[0])


def _products(arrangement: Arrangement) -> csr_array:
    """H_ZZ (columns, columns), both triangles."""
    n = len(arrangement.cross)
    rows, columns = np.divmod(arrangement.rest.keys, n)
    upper = (rows <= columns) & (arrangement.values != 0.0)
    triangle = coo_array((arrangement.values[upper], (rows[upper], columns[upper])), (n, n)).tocsr()
    return csr_array(triangle + triangle.T - diags_array(triangle.diagonal()))


def _require_few(columns: int) -> None:
    if columns > MOST_TOUCHING:
        raise UnsupportedModel(
            f"{columns:,} random effects of crossed factors touch each other, beside those of the largest factor; "
            f"draws are made of up to {MOST_TOUCHING:,}. Profile intervals need none."
        )


def _root(H: Matrix, whole: Matrix, cross: Matrix) -> tuple[Matrix, Matrix]:
    """R (k, r) with R R' = H for a semidefinite H (k, k), and K (r, m) with R K = `cross` (k, m).

    H is what others leave of the columns whose products are `whole` (k, k), beside which it may be nothing.
    """
    size = np.sqrt(whole.diagonal())
    units = np.where(size > 0, size, 1.0)
    scaled = H / (units[:, None] * units)
    if scaled.diagonal().max(initial=0.0) <= DEPENDENT:  # The first pivot is not looked at.
        return np.zeros((len(H), 0)), np.zeros((0, cross.shape[1]))
    packed, pivots, rank, _ = dpstrf(scaled, lower=1, tol=DEPENDENT)
    places = pivots - 1
    L = np.tril(packed)[:, :rank]
    root = np.empty_like(L)
    root[places] = L * units[places][:, None]
    chosen = places[:rank]
    half = solve_triangular(L[:rank], cross[chosen] / units[chosen][:, None], lower=True, check_finite=False)
    return root, half
