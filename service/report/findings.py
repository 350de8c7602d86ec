"""What one document is about: a design, its fit, and what follows from them, each computed once."""

from dataclasses import dataclass

from service.contract.request import FitOptions
from service.design import Design
from service.engine import Curvature, Estimates, FactorEstimates, Fit
from service.inference import Pooling, Shares, customary_shares, pooling, shares


@dataclass(frozen=True, slots=True)
class Findings:
    """A design, its fit and what follows from them.

    `names` (p,) are those of the coefficients that were estimated, as R prints them. `curvature` is None where nothing
    that was asked for needs it; `degrees` says which degrees of freedom were. `shares` are the customary ones,
    `all_shares` count all that varies. `pooling` has an entry for each factor, None unless a varying intercept is all
    that varies by it.
    """

    design: Design
    fit: Fit
    names: tuple[str, ...]
    degrees: str
    curvature: Curvature | None
    shares: Shares
    all_shares: Shares
    pooling: tuple[Pooling | None, ...]

    @property
    def estimates(self) -> Estimates:
        """What the fit estimates."""
        return self.fit.estimates

    @property
    def factors(self) -> tuple[FactorEstimates, ...]:
        """The random factors, by decreasing number of groups."""
        return self.fit.estimates.factors


def findings_of(design: Design, fit: Fit, options: FitOptions) -> Findings:
    """What follows from a fit, as far as the options ask for it."""
    estimates = fit.estimates
    names = tuple(design.names[k] for k in estimates.kept)
    return Findings(
        design=design,
        fit=fit,
        names=names,
        degrees=options.df,
        curvature=fit.curvature() if options.df == "satterthwaite" or options.intervals == "wald" else None,
        shares=customary_shares(estimates, names),
        all_shares=shares(estimates),
        pooling=tuple(pooling(factor) for factor in estimates.factors),
    )
