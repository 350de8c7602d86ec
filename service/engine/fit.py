"""A fitted model: its estimates, how they were found, and what more can be asked of it."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from service.arrays import Matrix
from service.engine.covariance_slopes import CovarianceSlopes
from service.engine.curvature import Curvature, joint_covariance
from service.engine.estimates import Estimates
from service.engine.verdict import Verdict


class Evaluated(Protocol):
    """A criterion at one theta: `inverse` (p, p) is A_XX^-1, the covariance of beta over sigma^2, in the basis."""

    @property
    def inverse(self) -> Matrix:
        """The matrix."""
        ...


class Model(Protocol):
    """What a fitted model can say beyond its estimates, at the cost of further evaluations of its criterion."""

    @property
    def at(self) -> Evaluated:
        """The criterion at the estimates."""
        ...

    def deviance(self) -> float:
        """-2 log likelihood of the same model fitted by ML."""
        ...

    def curvature(self) -> Curvature:
        """What small changes of the variance parameters do."""
        ...

    def covariance_slopes(self) -> CovarianceSlopes:
        """What the parameters in which V is linear do to it, at the estimates by REML of the same model."""
        ...


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted model.

    `criterion` is -2 log (restricted) likelihood at the estimates, nan where it does not exist: without pooling or
    without noise, where there is no `model` either. `verdict` is None where theta was held or has no finite optimum;
    `held` says that the caller chose it.
    """

    estimates: Estimates
    restricted: bool
    criterion: float
    verdict: Verdict | None
    held: bool
    model: Model | None

    @property
    def n_parameters(self) -> int:
        """Coefficients, sigma, and the elements of theta unless they were held."""
        return self.estimates.beta.size + 1 + (0 if self.held else self.estimates.theta.size)

    @property
    def is_flat(self) -> bool:
        """Whether the criterion does not depend on theta at all."""
        return self.verdict is not None and self.verdict.flat

    def deviance(self) -> float:
        """-2 log likelihood of the same model fitted by ML, nan where it does not exist."""
        return np.nan if self.model is None else self.model.deviance()

    def curvature(self) -> Curvature:
        """How well the variance parameters are known; at the limits theta is not a parameter."""
        if self.model is not None:
            return self.model.curvature()
        k, p = self.estimates.theta.size, self.estimates.beta.size
        return Curvature(
            covariance=joint_covariance(np.zeros((k, k)), np.zeros(k), self.estimates.residual_df),
            inverse_slopes=np.zeros((k, p, p)),
            log_sd_slopes=tuple(np.full((factor.sd.size, k), np.nan) for factor in self.estimates.factors),
            score_slopes=tuple(np.full((k, *factor.spread.shape), np.nan) for factor in self.estimates.factors),
            untold=np.zeros((k, 0)),
        )
