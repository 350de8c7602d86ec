"""Our own verdict on an optimum, and the evidence for it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the best point found is an optimum.

    `gradient_norm` is the distance to the stationary point that gradient and curvature imply, in standard errors of
    theta; 0 on a boundary from which the criterion rises. `singular` says that the optimum is on the boundary: a
    covariance matrix has not full rank. `minima` counts the local minima met, `evaluations` those of the criterion.
    `flat` says that the criterion does not depend on theta at all, so that 0 was taken.
    """

    converged: bool
    singular: bool
    evaluations: int
    gradient_norm: float
    minima: int = 1
    flat: bool = False
