"""Profile intervals of a model with one varying coefficient: the region looked at through the ratio of its variances.

At each phi = theta^2 the values that sigma, the standard deviation or a coefficient may have are known in closed form
(region.py): the interval of each is the union over all phi. So its ends are the extremes of explicit functions of phi,
looked for over all of the region, in as many pieces as it has.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from service.arrays import Matrix, Vector
from service.engine.scalar.criterion import Criterion
from service.engine.scalar.model import ScalarModel
from service.engine.scalar.optimum import LARGEST, SMALLEST
from service.engine.scalar.solutions import whitened
from service.inference.parameter_intervals import ParameterIntervals
from service.inference.profile.region import Ends, log_variances, scaled

GRID = np.linspace(0.0, 1.0, 200)
"""Where, on the log scale, the range of phi is looked at first: steps of a factor of about 1.6."""

ZOOM = np.linspace(0.0, 1.0, 33)
"""The same between two points of which one is better."""

ZOOMS = 7
"""How often an extreme is zoomed in on, by a factor of 16: to 1e-8 of the region, an error of its square."""

ROOT_ZOOMS = 9
"""How often a crossing is, by a factor of 32: to rounding."""

PRODUCTS = 1_000_000
"""Numbers that may be held at once."""


@dataclass(frozen=True, slots=True)
class Path:
    """What the deviance is made of at G values of phi.

    `volume` (G,) is log|V|, `determinant` (G,) log|A_XX|, `rho` (G,) the squares; `estimates` and `variances` (G, p)
    are those of p combinations of the coefficients, the latter over sigma^2.
    """

    phis: Vector
    volume: Vector
    determinant: Vector
    rho: Vector
    estimates: Matrix
    variances: Matrix


Height = Callable[[Path], Vector]
"""A deviance along a path, (G,), sigma following."""

Measure = Callable[[Path], Vector]
"""What is to be as large as can be along a path, (G,); nan outside the region."""


@dataclass(frozen=True, slots=True)
class Region:
    """The phi, from `low` to `high`, at which `height` is not above `level`; `nu` degrees of freedom go with it."""

    height: Height
    nu: int
    level: float
    low: float
    high: float

    def excess(self, path: Path) -> Vector:
        """How far below the level the deviance is, for each degree of freedom, (G,); nan where it is above."""
        room = self.level - self.height(path)
        return np.where(room >= 0, room, np.nan) / self.nu


@dataclass(frozen=True)
class ScalarProfile:
    """The profiles of a model with one varying coefficient, in units of its basis.

    `rows` (p, p) are the combinations of the basis' coefficients to profile, `drop` how far above the least deviance a
    region reaches, `estimate` the phi where the criterion is least.
    """

    criterion: Criterion
    rows: Matrix
    drop: float
    estimate: float

    @cached_property
    def grid(self) -> Path:
        """The path along all of phi >= 0, the estimate among it."""
        low, high = phi_range(self.criterion)
        return self.path(np.unique(np.concatenate([[0.0, self.estimate], low * (high / low) ** GRID])))

    def path(self, phis: Vector) -> Path:
        """What deviances are made of at these phi."""
        between, width = self.criterion.between, self.criterion.within.size
        at_once = max(1, PRODUCTS // max(between.weights.size, width))
        parts = [self._path(phis[start : start + at_once]) for start in range(0, phis.size, at_once)]
        return Path(phis, *(np.concatenate([part[k] for part in parts]) for k in range(5)))

    def _path(self, phis: Vector) -> tuple[Vector, Vector, Vector, Matrix, Matrix]:
        between = self.criterion.between
        spread = 1.0 + phis[:, None] * between.weights
        A = self.criterion.within + between.weighted(between.weights / spread)
        half, determinant = whitened(A[:, :-1, :-1])
        pull = np.einsum("gij,gj->gi", half, A[:, :-1, -1])
        beta = np.einsum("gji,gj->gi", half, pull)
        # The sum of squares is formed as such, as a difference would lose its digits.
        direction = np.concatenate([-beta, np.ones((len(beta), 1))], axis=1)
        rho = np.maximum(np.einsum("gi,gij,gj->g", direction, A, direction), np.finfo(np.float64).tiny)
        variances = (np.einsum("gij,kj->gik", half, self.rows) ** 2).sum(axis=1)
        return np.log(spread) @ between.multiplicity, determinant, rho, beta @ self.rows.T, variances

    def region(self) -> Region:
        """The region of the criterion itself."""
        restricted, nu = self.criterion.restricted, self.criterion.nu

        def height(path: Path) -> Vector:
            values: Vector = path.volume + nu * np.log(path.rho)
            return values + path.determinant if restricted else values

        return self._region(height, nu)

    def region_of_coefficient(self, k: int) -> Region:
        """The region of the likelihood in which combination k is a parameter."""
        if not self.criterion.restricted:
            return self.region()
        nu = self.criterion.nu + 1

        def height(path: Path) -> Vector:
            values: Vector = path.volume + path.determinant + np.log(path.variances[:, k]) + nu * np.log(path.rho)
            return values

        return self._region(height, nu)

    def sigma(self, region: Region) -> Ends:
        """The ends of log sigma."""

        def low(path: Path) -> Vector:
            return -0.5 * (np.log(path.rho / region.nu) + log_variances(region.excess(path))[0])

        def high(path: Path) -> Vector:
            return 0.5 * (np.log(path.rho / region.nu) + log_variances(region.excess(path))[1])

        return Ends(-self._farthest(region, low), self._farthest(region, high))

    def spread(self, region: Region) -> Ends:
        """The ends of the logarithm of the standard deviation, -inf where it may be zero."""

        def low(path: Path) -> Vector:
            return -0.5 * (np.log(path.phis * path.rho / region.nu) + log_variances(region.excess(path))[0])

        def high(path: Path) -> Vector:
            with np.errstate(divide="ignore"):
                return 0.5 * (np.log(path.phis * path.rho / region.nu) + log_variances(region.excess(path))[1])

        return Ends(-np.inf if region.low == 0.0 else -self._farthest(region, low), self._farthest(region, high))

    def coefficient(self, k: int, region: Region) -> Ends:
        """The ends of combination k."""

        def side(sign: float) -> Measure:
            def reach(path: Path) -> Vector:
                squares = path.variances[:, k] * path.rho * np.expm1(region.excess(path))
                return sign * path.estimates[:, k] + np.sqrt(squares)

            return reach

        return Ends(-self._farthest(region, side(-1.0)), self._farthest(region, side(1.0)))

    def _region(self, height: Height, nu: int) -> Region:
        """The region of a deviance."""
        values, phis = height(self.grid), self.grid.phis
        lowest, least = self._extreme(lambda path: -height(path), phis, -values)
        level = self.drop - least
        inside = np.flatnonzero(values <= level)
        low, high = lowest, lowest
        if inside.size:
            low, high = min(low, float(phis[inside[0]])), max(high, float(phis[inside[-1]]))
        below, above = phis[phis < low], phis[phis > high]
        if below.size:
            low = self._crossing(height, level, low, float(below[-1]))
        high = self._crossing(height, level, high, float(above[0])) if above.size else np.inf
        return Region(height, nu, level, low, high)

    def _crossing(self, height: Height, level: float, inside: float, outside: float) -> float:
        """The last phi from `inside` on to `outside` at which a deviance is not above the level."""
        for _ in range(ROOT_ZOOMS):
            phis = _between(inside, outside, ZOOM)
            first = int(np.argmax(height(self.path(phis)) > level))
            if first == 0:
                break
            inside, outside = float(phis[first - 1]), float(phis[first])
        return inside

    def _farthest(self, region: Region, measure: Measure) -> float:
        """The largest value of a measure over the region; nan if it is without bound there."""
        last = float(self.grid.phis[-1])
        phis = _between(region.low, min(region.high, last), ZOOM)
        where, value = self._extreme(measure, phis, measure(self.path(phis)))
        return np.nan if where == last else value

    def _extreme(self, measure: Measure, phis: Vector, values: Vector) -> tuple[float, float]:
        """Where a measure, whose values at some phi are known, is largest, and how large."""
        for zoom in range(ZOOMS):
            if zoom:
                values = measure(self.path(phis))
            best = int(np.nanargmax(values))
            where, value = float(phis[best]), float(values[best])
            near = phis[max(best - 1, 0)], phis[min(best + 1, phis.size - 1)]
            phis = _between(float(near[0]), float(near[1]), ZOOM)
        return where, value


def phi_range(criterion: Criterion) -> tuple[float, float]:
    """From a phi so small that no group is pooled to one so large that every group is."""
    weights = criterion.between.weights
    return float(SMALLEST / weights.max()), float(LARGEST / weights.min())


def _between(a: float, b: float, shares: Vector) -> Vector:
    """Points from a to b, on the log scale unless one of them is zero."""
    points = a + (b - a) * shares if min(a, b) == 0.0 else a * (b / a) ** shares
    # The ends to the last digit.
    points[0], points[-1] = a, b
    return points


def _share(ratio: float) -> float:
    """The share of a variance that is `ratio` times the residual one."""
    return 1.0 if np.isinf(ratio) else ratio / (1.0 + ratio)


def scalar_intervals(model: ScalarModel, drop: float, *, has_icc: bool) -> ParameterIntervals:
    """The profile intervals of a model with one varying coefficient, in the units of the data.

    `has_icc` says that the adjusted intraclass correlation is that of this coefficient.
    """
    products = model.products
    basis, own = products.basis, products.factors[0]
    jacobian = basis.jacobian()
    size = np.abs(jacobian).max(axis=1, initial=0.0)
    profile = ScalarProfile(model.criterion, jacobian / size[:, None], drop, model.at.phi)
    region = profile.region()
    fixed = [profile.coefficient(k, profile.region_of_coefficient(k)) for k in range(size.size)]
    at_rest = basis.coefficients(np.zeros(size.size), jacobian)
    sd_unit = basis.y_unit * float(own.basis.transform[0, 0])
    square = float(own.mean_squares[0, 0]) / products.n
    return ParameterIntervals(
        fixed=np.array(fixed).reshape(-1, 2) * (size * basis.y_unit)[:, None] + at_rest[:, None],
        spreads=(
            np.array([scaled(profile.spread(region), sd_unit)]),
            np.array([scaled(profile.sigma(region), basis.y_unit)]),
        ),
        correlations=(np.empty((0, 2)),),
        icc=np.array([_share(phi * square) if has_icc else np.nan for phi in (region.low, region.high)]),
    )
