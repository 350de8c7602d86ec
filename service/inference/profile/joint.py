"""Profile intervals of all parameters of a model with several variance parameters."""

from itertools import combinations

import numpy as np

from service.arrays import Matrix
from service.engine.model import JointModel
from service.inference.parameter_intervals import ParameterIntervals
from service.inference.profile.correlation import correlation_ends
from service.inference.profile.ends import Coefficient, LogSd, coefficient_ends, least_without, log_sd_ends
from service.inference.profile.leading import leading
from service.inference.profile.region import NO_ENDS, Ends, scaled


def joint_intervals(model: JointModel, drop: float) -> ParameterIntervals:
    """The profile intervals of a model with several variance parameters, in the units of the data."""
    unit = model.fold.products.basis.y_unit
    sigma = log_sigma_ends(model, drop)
    spreads, correlations = [], []
    for f in range(len(model.fold.factors)):
        own = _spreads_given_theta(model, f, sigma) if model.held else _spreads(model, f, drop)
        spreads.append(own * unit)
        correlations.append(_correlations(model, f, own, drop))
    return ParameterIntervals(
        fixed=_coefficients(model, drop),
        spreads=(*spreads, np.array([scaled(sigma, unit)])),
        correlations=tuple(correlations),
        icc=np.full(2, np.nan),
    )


def log_sigma_ends(model: JointModel, drop: float) -> Ends:
    """The ends of log sigma, in units of the basis."""
    criterion, theta, least = model.criterion, model.at.theta, model.at.value
    if not model.held:
        return Ends(*log_sd_ends(criterion, theta, least, drop, None))
    sides = (LogSd(criterion, least + drop, drop, side, None) for side in (-1, 1))
    return Ends(*(side(theta).end for side in sides))


def _spreads(model: JointModel, f: int, drop: float) -> Matrix:
    """The ends of the standard deviations of a factor (q, 2), in units of the basis' y."""
    least, found = model.at.value, []
    for k in range(model.criterion.parameters.sizes[f]):
        lead = leading(model, f, [k])
        may_vanish = least_without(lead) <= least + drop
        place, sides = int(lead.places[0, 0]), (1,) if may_vanish else (-1, 1)
        ends = log_sd_ends(lead.criterion, lead.theta, least, drop, place, sides)
        found.append(scaled(Ends(-np.inf if may_vanish else ends[0], ends[-1]), float(lead.scores[0, 0])))
    return np.array(found)


def _spreads_given_theta(model: JointModel, f: int, sigma: Ends) -> Matrix:
    """The same where theta is held: so many times those of sigma; nan where that is none."""
    transform = model.fold.products.factors[f].basis.transform
    ratios = np.linalg.norm(transform @ model.criterion.parameters.roots(model.at.theta)[f], axis=1)
    return np.array([scaled(sigma, ratio) if ratio > 0 else NO_ENDS for ratio in ratios.tolist()])


def _correlations(model: JointModel, f: int, spreads: Matrix, drop: float) -> Matrix:
    """The ends of the correlations of a factor, a row for each pair; all there are where one sd may be zero."""
    pairs = [pair for term in model.fold.factors[f].terms for pair in combinations(range(term.start, term.stop), 2)]
    found = []
    for pair in pairs:
        if model.held:
            found.append(NO_ENDS)
        elif (spreads[list(pair), 0] == 0.0).any():
            found.append(Ends(-1.0, 1.0))
        else:
            found.append(correlation_ends(leading(model, f, pair), model.at.value, drop))
    return np.array(found).reshape(-1, 2)


def _coefficients(model: JointModel, drop: float) -> Matrix:
    """The ends of the coefficients (p, 2)."""
    basis = model.fold.products.basis
    jacobian = basis.jacobian()
    size = np.abs(jacobian).max(axis=1, initial=0.0)
    found = [
        coefficient_ends(Coefficient(model.criterion, row), model.at.theta, drop, held=model.held)
        for row in jacobian / size[:, None]
    ]
    at_rest = basis.coefficients(np.zeros(size.size), jacobian)
    return np.array(found).reshape(-1, 2) * (size * basis.y_unit)[:, None] + at_rest[:, None]
