"""Profile intervals of all parameters: the values that the data do not contradict, whatever the other parameters are.

They are of the criterion of the fit: of the likelihood, as lme4's, or of the restricted likelihood, which lme4 does
not profile (profile/region.py says what the profile of a coefficient then is). An interval may start at a standard
deviation of 0 and end at a correlation of 1.
"""

from collections.abc import Collection

import numpy as np

from service.engine import Fit
from service.engine.model import JointModel
from service.engine.scalar.model import ScalarModel
from service.inference.parameter_intervals import ParameterIntervals
from service.inference.profile.given_theta import intervals_given_theta
from service.inference.profile.joint import joint_intervals
from service.inference.profile.region import drop_of
from service.inference.profile.scalar import scalar_intervals
from service.inference.shares import customary_terms


def profile_intervals(fit: Fit, confidence_level: float, fixed_terms: Collection[str]) -> ParameterIntervals:
    """The profile intervals of a fit's parameters; nan where there is none.

    There is none where the criterion has no value, without noise, or does not depend on theta; none of what a held
    theta determines; and no end that the data do not bound. `fixed_terms` are the names of the coefficients: they
    decide what counts in the intraclass correlation (shares.py).
    """
    drop, model = drop_of(confidence_level), fit.model
    counted = [customary_terms(factor, fixed_terms) for factor in fit.estimates.factors]
    if fit.held and fit.estimates.sigma > 0:
        return intervals_given_theta(fit, drop)
    if model is None or fit.is_flat:
        return _none(fit)
    if isinstance(model, ScalarModel):
        return scalar_intervals(model, drop, has_icc=bool(counted[0]))
    if isinstance(model, JointModel):
        # What leaves the range of a double is outside of the region.
        with np.errstate(invalid="raise", divide="raise", over="ignore"):
            return joint_intervals(model, drop, counted)
    raise TypeError(f"no profile of a {type(model).__name__}")


def _none(fit: Fit) -> ParameterIntervals:
    """No interval of anything."""
    estimates = fit.estimates
    return ParameterIntervals(
        fixed=np.full((estimates.beta.size, 2), np.nan),
        spreads=(*(np.full((factor.sd.size, 2), np.nan) for factor in estimates.factors), np.full((1, 2), np.nan)),
        correlations=tuple(np.full((len(factor.factor.pairs), 2), np.nan) for factor in estimates.factors),
        icc=np.full(2, np.nan),
    )
