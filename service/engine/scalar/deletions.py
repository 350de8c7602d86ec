"""Fits of one varying coefficient, each without one group: all of them at once.

What a group adds to the criterion is a term of each of its sums (criterion.py), so that without group j

    A_(j)(phi) = A(phi) - S_j - lambda_j mu_j mu_j',   S_j what Z leaves of the group's rows.

A difference has the digits that the size of the whole leaves it. Where too few are left, and where anything else is
unusual about a group, it is not known here: it is for a fit of the rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from service.arrays import Codes, Flags, Matrices, Matrix, Vector, Vectors
from service.engine import groupwise
from service.engine.conditioning import UNEXPLAINED
from service.engine.crossproducts import CrossProducts
from service.engine.noise import rounding
from service.engine.scalar.criterion import Criterion, Scan, derivatives_together
from service.engine.scalar.optimum import FLAT, LAST_STEP, STEPS, grid_of

KEPT = 1e-3
"""What must be left of every pivot of A, as a share of the whole's: a difference then loses three digits at most."""

NUMBERS = 1_000_000
"""Numbers, of weights by groups or of matrices by groups and grid, that are held at once."""


@dataclass(frozen=True, slots=True)
class Deletions:
    """The optima of the criterion without each of K groups, in units of the basis.

    `places` (K,) says which of those that were asked for the groups are. `phi`, `rho` and `nu` (K,), `beta` (p, K),
    `inverse` (p, p, K) = A_XX^-1.
    """

    places: Codes
    phi: Vector
    rho: Vector
    nu: Vector
    beta: Vectors
    inverse: Matrices


def delete_groups(
    products: CrossProducts, criterion: Criterion, squares: Matrices, groups: Codes, phi: float, *, held: bool
) -> Deletions:
    """The fits without each of these groups, whose S_j are `squares` (m, m, K), where they are ordinary.

    The search for each begins at the whole's optimum `phi`; `held` says that phi is not estimated.
    """
    every, phis = _left(products, criterion, squares, groups), grid_of(criterion)
    places = np.flatnonzero(_is_sound(products, every) & every.keeps(np.array([0.0, phi, phis[-1]])))
    at = np.full(places.size, phi)
    if not held:
        at = _optima(every.of(places), phis, phi)
        places, at = places[np.isfinite(at)], at[np.isfinite(at)]
    left = every.of(places)
    found = left.at(at)
    kept = np.flatnonzero(found.rho > UNEXPLAINED * found.total)
    return Deletions(
        places=places[kept],
        phi=at[kept],
        rho=found.rho[kept],
        nu=left.nu[kept],
        beta=found.beta[:, kept],
        inverse=found.inverse()[:, :, kept],
    )


@dataclass(frozen=True, slots=True)
class _Evaluations:
    """The criterion less its constants, (B,) each, as `Evaluation` has it; `total` is A_yy, `roots` those of A_XX."""

    value: Vector
    slope: Vector
    curvature: Vector
    beta: Vectors
    rho: Vector
    total: Vector
    roots: Matrices

    def inverse(self) -> Matrices:
        """A_XX^-1 (p, p, B)."""
        p, size = len(self.roots), self.roots.shape[2]
        return groupwise.solve(self.roots, np.broadcast_to(np.eye(p)[:, :, None], (p, p, size)))


@dataclass(frozen=True, slots=True)
class _Left:
    """The criterion without each of K groups.

    `within` (m, m, K) is its S, `nu` (K,) its degrees of freedom; `means` (m, K) and `weights` (K,) are the group's.
    """

    criterion: Criterion
    within: Matrices
    means: Vectors
    weights: Vector
    nu: Vector

    def of(self, which: Codes) -> "_Left":
        """The same for some of the groups."""
        return replace(
            self,
            within=self.within[:, :, which],
            means=self.means[:, which],
            weights=self.weights[which],
            nu=self.nu[which],
        )

    def lots(self, width: int) -> Iterator[slice]:
        """The groups, so many at a time that each may have `width` numbers."""
        size = max(1, NUMBERS // width)
        for start in range(0, self.nu.size, size):
            yield slice(start, start + size)

    def keeps(self, phis: Vector) -> Flags:
        """Whether every pivot of A keeps its digits at all of these phi, (K,)."""
        kept = np.ones(self.nu.size, dtype=np.bool_)
        for phi in phis.tolist():
            lam = self._pooled(np.array([phi]))
            whole = self.criterion.within + self.criterion.between.weighted(lam.T)[0]
            A = whole[:, :, None] - self._own(phi) - self._lost()
            before, after = (groupwise.cholesky(each) for each in (whole[:, :, None], A))
            pivots, whole_pivots = (np.einsum("aaj->aj", each) ** 2 for each in (after, before))
            kept &= ((whole_pivots > 0) & (pivots > KEPT * whole_pivots)).all(axis=0)
        return kept

    def slopes(self, phis: Vector) -> Matrix:
        """The slopes by phi, (K, G), on a grid that all groups share."""
        criterion, between = self.criterion, self.criterion.between
        whole = criterion.scan(phis)
        lam = self._pooled(phis).T
        A, A1 = criterion.within + between.weighted(lam), -between.weighted(lam * lam)
        A, A1 = (each.transpose(1, 2, 0)[:, :, None] for each in (A, A1))
        found = np.empty((self.nu.size, phis.size))
        for lot in self.lots(A.size):
            own = self.of(np.arange(self.nu.size)[lot])
            found[lot] = own._slopes(whole, A, A1)
        return found

    def _slopes(self, whole: Scan, A: Matrices, A1: Matrices) -> Matrix:
        """The same from A and its derivative (m, m, 1, G) of the whole."""
        lam = self.weights[:, None] / (1.0 + whole.phis * self.weights[:, None])
        outer, lost = (self.means[:, None] * self.means)[..., None], self._lost()[..., None]
        size, m = lam.shape, len(self.means)
        log_rho, log_determinant = derivatives_together(
            (A - lost - lam * outer).reshape(m, m, -1),
            (A1 + lam**2 * outer).reshape(m, m, -1),
            np.tile(self.criterion.reach(whole.phis), len(lam)),
        )
        slopes = whole.pooled - lam + self.nu[:, None] * log_rho.reshape(size)
        return slopes + log_determinant.reshape(size) if self.criterion.restricted else slopes

    def at(self, phi: Vector) -> _Evaluations:
        """The criterion and its derivatives without each group, each at a phi of its own (K,)."""
        width = max(self.criterion.between.weights.size, len(self.means) ** 2)
        every = np.arange(self.nu.size)
        parts = [self.of(every[lot])._at(phi[lot]) for lot in self.lots(width)] or [self._at(phi)]
        return _Evaluations(
            *(np.concatenate([getattr(part, name) for part in parts], axis=-1) for name in _Evaluations.__slots__)
        )

    def _at(self, phi: Vector) -> _Evaluations:
        criterion, w, count = self.criterion, self.criterion.between.weights, self.criterion.between.multiplicity
        lam, own = self._pooled(phi), self.weights / (1.0 + phi * self.weights)
        outer = self.means[:, None] * self.means
        A, A1, A2 = (
            sign * (criterion.between.weighted((lam**power).T).transpose(1, 2, 0) - own**power * outer)
            for sign, power in ((1.0, 1), (-1.0, 2), (2.0, 3))
        )
        A += self.within
        roots = groupwise.cholesky(A[:-1, :-1])
        half = groupwise.forward(roots, A[:-1, -1:])
        beta = groupwise.backward(roots, half)[:, 0]
        direction = np.concatenate([-beta, np.ones((1, phi.size))])
        rho = np.maximum(_square(A, direction), np.finfo(np.float64).tiny)
        pull = groupwise.forward(roots, np.einsum("abk,bk->ak", A1[:-1], direction)[:, None])[:, 0]
        inner = _whitened(roots, A1[:-1, :-1])
        log_rho = _square(A1, direction) / rho
        first, second = count @ lam - own, own**2 - count @ lam**2
        value = count @ np.log1p(phi * w[:, None]) - np.log1p(phi * self.weights) + self.nu * np.log(rho)
        if criterion.restricted:
            value = value + 2.0 * np.log(np.einsum("aak->ak", roots)).sum(axis=0)
            first = first + np.einsum("aak->k", inner)
            second = second + np.einsum("aak->k", _whitened(roots, A2[:-1, :-1])) - (inner**2).sum(axis=(0, 1))
        bent = (_square(A2, direction) - 2.0 * (pull**2).sum(axis=0)) / rho
        return _Evaluations(
            value=value,
            slope=first + self.nu * log_rho,
            curvature=second + self.nu * (bent - log_rho**2),
            beta=beta,
            rho=rho,
            total=A[-1, -1],
            roots=roots,
        )

    def _pooled(self, phi: Vector) -> Matrix:
        """The lambda of every weight of the whole, (D, B)."""
        w = self.criterion.between.weights[:, None]
        pooled: Matrix = w / (1.0 + phi * w)
        return pooled

    def _own(self, phi: float) -> Matrices:
        """What each group's mean adds to A at one phi, (m, m, K)."""
        own: Matrices = self.means[:, None] * self.means * (self.weights / (1.0 + phi * self.weights))
        return own

    def _lost(self) -> Matrices:
        """What each group's rows add to S, (m, m, K)."""
        lost: Matrices = self.criterion.within[:, :, None] - self.within
        return lost


def _left(products: CrossProducts, criterion: Criterion, squares: Matrices, groups: Codes) -> _Left:
    """The criterion without each of these groups."""
    own = products.factors[0]
    # What Z determines in all rows, it determines in some of them.
    determined = np.append(products.determined() == 1, False)
    within = np.where((determined | determined[:, None])[:, :, None], 0.0, products.within[:, :, None] - squares)
    nu = criterion.nu - own.counts[groups].astype(np.float64)
    return _Left(criterion, within, products.solution[0][:, groups], own.gram[0, 0, groups], nu)


def _is_sound(products: CrossProducts, left: _Left) -> Flags:
    """Whether a fit without the group exists, and its rows are not without noise, (K,)."""
    own, p = products.factors[0], products.width - 1
    groups = own.counts.size - 1
    n = left.nu + (p if left.criterion.restricted else 0)
    exists = (groups >= 2) & (n > groups) & (n > p)
    sound: Flags = exists & (left.within[-1, -1] > 4.0 * own.weights.sum() * rounding(products) ** 2)
    return sound


def _optima(left: _Left, phis: Vector, start: float) -> Vector:
    """The phi (K,) where each criterion is least, from the slopes on a grid (G,); nan where it is not certain."""
    slopes, groups = left.slopes(phis), left.criterion.between.multiplicity.sum() - 1.0
    group, place = np.nonzero((slopes[:, :-1] < 0) & (slopes[:, 1:] >= 0))
    turns = _newton(left.of(group), phis[place], phis[place + 1], start)
    zero = np.flatnonzero(slopes[:, 0] >= 0)
    phi, group = np.concatenate([turns, np.zeros(zero.size)]), np.concatenate([group, zero])
    found, sure = np.full(left.nu.size, np.nan), np.isfinite(phi)
    values = np.full(phi.size, np.inf)
    values[sure] = left.of(group[sure]).at(phi[sure]).value
    # Of each group the lowest comes last, and what was not found after it.
    order = np.lexsort((~sure, -values))
    found[group[order]] = phi[order]
    flat = np.abs(phis * slopes).max(axis=1, initial=0.0) < FLAT * groups
    found[flat] = np.nan
    return found


def _newton(left: _Left, low: Vector, high: Vector, start: float) -> Vector:
    """The minimum of each criterion between a falling and a rising point (K,); nan where it is not found.

    Newton's steps from the whole's optimum where it lies between them, and bisection where they leave the bracket.
    """
    at = np.where((low < start) & (start < high), start, _middle(low, high))
    searching = np.arange(at.size)
    for _ in range(STEPS):
        if not searching.size:
            return at
        here, phi = left.of(searching).at(at[searching]), at[searching]
        falling = here.slope < 0
        low[searching] = np.where(falling, phi, low[searching])
        high[searching] = np.where(falling, high[searching], phi)
        convex = here.curvature > 0
        target = np.where(convex, phi - here.slope / np.where(convex, here.curvature, 1.0), -1.0)
        sure = np.abs(target - phi) <= LAST_STEP * phi
        inside = (low[searching] < target) & (target < high[searching])
        halved = np.where(sure, phi, _middle(low[searching], high[searching]))
        at[searching] = np.where(inside, target, halved)
        searching = searching[~sure]
    at[searching] = np.nan
    return at


def _middle(low: Vector, high: Vector) -> Vector:
    """The middle of each bracket, on the scale of log phi where it does not begin at zero."""
    middle: Vector = np.where(low > 0, np.sqrt(low) * np.sqrt(high), 0.5 * high)
    return middle


def _square(A: Matrices, d: Vectors) -> Vector:
    """The square d'A d of each group (K,)."""
    square: Vector = np.einsum("ak,abk,bk->k", d, A, d)
    return square


def _whitened(roots: Matrices, A: Matrices) -> Matrices:
    """L^-1 A L'^-1 for the symmetric A (p, p, K) and roots L."""
    return groupwise.forward(roots, groupwise.forward(roots, A).transpose(1, 0, 2))
