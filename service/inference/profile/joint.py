"""Profile intervals of all parameters of a model with several variance parameters."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from service.arrays import Flags, Matrix, Vector
from service.engine.criterion import Criterion
from service.engine.model import JointModel
from service.engine.optimum import descend
from service.engine.search import hold
from service.inference.parameter_intervals import ParameterIntervals
from service.inference.profile.coefficient import HeldCoefficient
from service.inference.profile.contour import Contour, Deviance
from service.inference.profile.correlation import CorrelationAngle
from service.inference.profile.leading import Leading, leading
from service.inference.profile.region import Ends, scaled
from service.inference.profile.sd import LogSd, LogSigma
from service.inference.profile.share import LogRatio

AWAY = 1e-2
"""Elements of the diagonal below this are moved up to it, as the deviance has no slope by them at zero."""


@dataclass(frozen=True, slots=True)
class JointProfile:
    """The profiles of a model with several variance parameters, in units of its bases; `drop` is as in region.py."""

    model: JointModel
    drop: float

    @property
    def level(self) -> float:
        """The height of the contour of the criterion."""
        return self.model.at.value + self.drop

    @property
    def exact(self) -> bool:
        """Whether the Hessians of the criterion are."""
        return len(self.model.fold.factors) == 1

    def log_sigma(self) -> Ends:
        """The ends of log sigma."""
        criterion, theta = self.model.criterion, self._inside(self.model.criterion, self.model.at.theta)
        return self._ends(LogSigma(criterion), np.append(theta, self._log_sigma(criterion, theta)), theta.size)

    def log_sd(self, lead: Leading) -> Ends:
        """The ends of the logarithm of the standard deviation of what leads; -inf where it may be zero."""
        criterion, theta = lead.criterion, self._inside(lead.criterion, lead.theta)
        place = int(lead.places[0, 0])
        at = np.append(theta, self._log_sigma(criterion, theta))
        at[place] = math.log(theta[place]) + at[-1]
        low = -math.inf if self.may_vanish(lead.criterion, lead.theta, lead.first) else None
        return self._ends(LogSd(criterion, place), at, place, low)

    def angle(self, lead: Leading) -> Ends:
        """The ends of the angle whose sine is the correlation of the two coefficients that lead."""
        deviance, theta = CorrelationAngle(lead), self._inside(lead.criterion, lead.theta)
        contour = self._contour(deviance, deviance.coordinates(theta), int(lead.places[1, 1]))
        return Ends(*(contour.end(side, side * 0.5 * math.pi) for side in (-1, 1)))

    def log_ratio(self, counted: Flags, W: Matrix) -> Ends:
        """The ends of the logarithm of the ratio of variances that counted elements of theta make (share.py)."""
        criterion, theta = self.model.criterion, self._inside(self.model.criterion, self.model.at.theta)
        deviance = LogRatio(criterion, counted, W)
        low = -math.inf if self.may_vanish(criterion, self.model.at.theta, counted) else None
        return self._ends(deviance, deviance.coordinates(theta), theta.size, low)

    def coefficient(self, row: Vector) -> Ends:
        """The ends of a combination (p,) of the coefficients of the basis."""
        at, criterion = self.model.at, self.model.criterion
        estimate, error = float(row @ at.beta), math.sqrt(float(row @ at.inverse @ row) * at.rho / criterion.nu)
        deviance = HeldCoefficient(criterion, row, estimate, error)
        start = np.append(self._inside(criterion, at.theta), 0.0)
        within = descend(deviance, start, exact=self.exact).evaluation if criterion.restricted else deviance(start)
        least = within.value if criterion.restricted else at.value
        contour = Contour(deviance, within, least + self.drop, at.theta.size, self.exact)
        return Ends(*(estimate + error * contour.end(side) for side in (-1, 1)))

    def may_vanish(self, criterion: Criterion, theta: Vector, zero: Flags) -> bool:
        """Whether the region reaches to where these elements of theta (k,) are zero."""
        start = np.where(zero, 0.0, self._away(criterion, theta, AWAY))
        search = descend(lambda at: hold(criterion.at(at), ~zero), start, exact=self.exact)
        return search.evaluation.value <= self.level

    def _ends(self, deviance: Deviance, start: Vector, axis: int, low: float | None = None) -> Ends:
        """Both ends of a coordinate; the lower one may be known."""
        contour = self._contour(deviance, start, axis)
        return Ends(contour.end(-1) if low is None else low, contour.end(1))

    def _contour(self, deviance: Deviance, start: Vector, axis: int) -> Contour:
        return Contour(deviance, deviance(start), self.level, axis, self.exact)

    def _log_sigma(self, criterion: Criterion, theta: Vector) -> float:
        """The best log sigma at a theta."""
        return 0.5 * math.log(criterion.reach(theta).rho / criterion.nu)

    def _inside(self, criterion: Criterion, theta: Vector) -> Vector:
        """Theta (k,) with no element of the diagonal zero, and well within the region."""
        away = AWAY
        while (
            criterion.value(criterion.reach(moved := self._away(criterion, theta, away))) > self.level - 0.5 * self.drop
        ):
            away *= 0.1
        return moved

    def _away(self, criterion: Criterion, theta: Vector, away: float) -> Vector:
        """Theta (k,) with no element of the diagonal below `away`."""
        diagonal = criterion.parameters.row == criterion.parameters.column
        moved: Vector = np.where(diagonal & (np.abs(theta) < away), away, theta)
        return moved


def joint_intervals(model: JointModel, drop: float, counted: list[list[int]]) -> ParameterIntervals:
    """The profile intervals of a model with several variance parameters, in the units of the data.

    `counted` are the coefficients of each factor that count in the intraclass correlation.
    """
    profile, unit = JointProfile(model, drop), model.fold.products.basis.y_unit
    found = [_of_factor(profile, f, unit) for f in range(len(model.fold.factors))]
    return ParameterIntervals(
        fixed=_coefficients(profile),
        spreads=(*(spreads for spreads, _ in found), np.array([scaled(profile.log_sigma(), unit)])),
        correlations=tuple(correlations for _, correlations in found),
        icc=_icc(profile, counted),
    )


def _of_factor(profile: JointProfile, f: int, unit: float) -> tuple[Matrix, Matrix]:
    """The ends of a factor's standard deviations (q, 2), and of the correlations of each pair of one term."""
    factor = profile.model.fold.factors[f]
    spreads = []
    for k in range(factor.n_coefficients):
        lead = leading(profile.model, f, [k])
        spreads.append(scaled(profile.log_sd(lead), float(lead.scores[0, 0]) * unit))
    correlations = []
    for i, j in factor.pairs:
        # Where one of them may be without variance any correlation is in the region.
        if spreads[i].low == 0.0 or spreads[j].low == 0.0:
            correlations.append(Ends(-1.0, 1.0))
        else:
            low, high = profile.angle(leading(profile.model, f, [i, j]))
            correlations.append(Ends(math.sin(low), math.sin(high)))
    return np.array(spreads), np.array(correlations).reshape(-1, 2)


def _coefficients(profile: JointProfile) -> Matrix:
    """The ends of the coefficients (p, 2)."""
    basis = profile.model.fold.products.basis
    jacobian = basis.jacobian()
    size = np.abs(jacobian).max(axis=1, initial=0.0)
    found = [profile.coefficient(row) for row in jacobian / size[:, None]]
    at_rest = basis.coefficients(np.zeros(size.size), jacobian)
    ends: Matrix = np.array(found).reshape(-1, 2) * (size * basis.y_unit)[:, None] + at_rest[:, None]
    return ends


def _icc(profile: JointProfile, counted: list[list[int]]) -> Vector:
    """The ends of the adjusted intraclass correlation; nan where some coefficients of a term count and others not."""
    model, parameters = profile.model, profile.model.criterion.parameters
    elements = np.zeros(parameters.count, dtype=np.bool_)
    for f, (factor, chosen) in enumerate(zip(model.fold.factors, counted, strict=True)):
        whole = [
            k
            for term in factor.terms
            for k in range(term.start, term.stop)
            if {*range(term.start, term.stop)} <= {*chosen}
        ]
        if whole != chosen:
            return np.full(2, np.nan)
        elements |= (parameters.factor == f) & np.isin(parameters.row, chosen)
    if not elements.any():
        return np.full(2, np.nan)
    ends: Vector = expit(np.array(profile.log_ratio(elements, _weights(profile, elements))))
    return ends


def _weights(profile: JointProfile, elements: Flags) -> Matrix:
    """The W (c, c) of these elements of theta: two of one column of a Lambda have the mean product of their columns."""
    products, parameters = profile.model.fold.products, profile.model.criterion.parameters
    mine = np.flatnonzero(elements)
    W = np.zeros((mine.size, mine.size))
    for a, i in enumerate(mine):
        for b, k in enumerate(mine):
            if parameters.factor[i] == parameters.factor[k] and parameters.column[i] == parameters.column[k]:
                squares = products.factors[parameters.factor[i]].mean_squares
                W[a, b] = squares[parameters.row[i], parameters.row[k]] / products.n
    return W
