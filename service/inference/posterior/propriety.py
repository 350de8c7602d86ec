"""Whether a posterior exists, and which of its moments do.

With J groups, r columns of X that do not vary within groups and p in all, the likelihood with the coefficients
integrated out falls as theta^-(J - r) for large theta, and at any theta as sigma^-(n - p) for large sigma. A prior that
falls as sd^-(tail + 1), where the uniform one has tail -1, leaves an integrable density if J - r + tail > 0: so the
uniform prior needs J - r >= 2, three groups if the intercept is the only such column. As sigma vanishes the likelihood
stays bounded only if rows are left within groups to show that it does not: n - J - (p - r) > 0 (the conditions of
Hobert & Casella 1996, J. Am. Stat. Assoc. 91(436), theorem 1, for priors of this kind).
"""

from dataclasses import dataclass

from service.engine import Fit
from service.engine.scalar.limits import NoPooling
from service.errors import Fault, InvalidRequest, UnsupportedModel
from service.inference.posterior.priors import Prior
from service.quoting import excerpt

PROPER = 'Choose a proper prior, such as "half-t" with a scale: a standard deviation that would not surprise you.'


@dataclass(frozen=True, slots=True)
class Tails:
    """How fast the posterior falls: as sigma^-(residual + 1) and as theta^-(between + 1)."""

    residual: float
    between: float

    def moments(self, *, grows: bool) -> int:
        """The highest moment, up to the second, of a quantity on the scale of sigma, or, if it `grows`, of theta sigma.

        It is one that surely exists: with a proper prior and two or three more rows than coefficients one more may.
        """
        least = min(self.residual, self.between) if grows else self.residual
        return 2 if least > 2.0 else 1 if least > 1.0 else 0


def tails_of(limit: NoPooling, nu: int, prior: Prior) -> Tails:
    """The tails of the posterior of a model with this limit of no pooling and nu = n - p."""
    return Tails(residual=nu - 1.0, between=limit.between_df + prior.tail)


def require_varying_intercept(fit: Fit) -> None:
    """Refuse a model whose posterior is not of this kind; raises UnsupportedModel."""
    estimates = fit.estimates
    if not estimates.is_varying_intercept:
        raise UnsupportedModel(
            "The exact posterior is that of a model with one varying intercept, such as y ~ x + (1 | group): several "
            "random terms have more variances than a grid can hold. Profile or bootstrap intervals serve those."
        )
    if fit.held:
        raise UnsupportedModel(
            "theta is held in this fit, and the posterior is an average over theta: fit the model without `theta`."
        )
    if estimates.sigma == 0.0:
        raise UnsupportedModel(
            "Nothing is left of the response within groups: the residual standard deviation is 0, where the posterior "
            "has no integral."
        )


def require_proper(limit: NoPooling, prior: Prior, group: str) -> None:
    """Refuse a posterior that has no integral; raises UnsupportedModel, and InvalidRequest if another prior helps."""
    if limit.residual_df < 1:
        raise UnsupportedModel(
            f"Within the groups of {excerpt(group)} the coefficients leave no row to tell the residual variance by: no "
            "prior of the groups' standard deviation makes the posterior integrable. Leave a predictor out."
        )
    if limit.between_df < 1:
        raise UnsupportedModel(
            f"There are as many group-level coefficients as groups of {excerpt(group)}: the data say nothing of the "
            "variance between groups, whose posterior is the prior. Leave a group-level predictor out."
        )
    if limit.between_df + prior.tail <= 0.0:
        message = (
            f"With the uniform prior the posterior has no integral: {excerpt(group)} must have two groups more than "
            f"there are group-level coefficients, the intercept among them, and has {limit.between_df} more. {PROPER}"
        )
        raise InvalidRequest(message, Fault(message, pointer="/prior"))
