"""What one document is about: a design, its fit, and what follows from them, each computed once."""

from dataclasses import dataclass

from service.arrays import Vector
from service.contract import BootstrapDraws, IntervalRequest, PosteriorRequest
from service.contract.posterior import Posterior
from service.contract.request import LONG, FitOptions, Intervals
from service.design import Design
from service.engine import Curvature, Estimates, FactorEstimates, Fit
from service.errors import ServiceError
from service.inference import (
    CoefficientTable,
    KenwardRoger,
    ParameterIntervals,
    Pooling,
    Shares,
    bootstrap_intervals,
    coefficient_table,
    customary_shares,
    degrees_of_freedom,
    kenward_roger,
    pooling,
    profile_intervals,
    shares,
    wald_intervals,
)
from service.report.posterior import posterior_part

THOUSAND = IntervalRequest()
"""The draws of a bootstrap that nothing more is said of."""


@dataclass(frozen=True, slots=True)
class Findings:
    """A design, its fit and what follows from them.

    `names` (p,) are those of the coefficients that were estimated, as R prints them, `include` the
    long parts of the document that were asked for. `curvature` is None where nothing
    that was asked for needs it; `degrees` says which degrees of freedom were, `adjusted` are Kenward & Roger's tests,
    None of others; `df` (p,) are the coefficients' degrees of freedom, `tests` go by them. `intervals` are those of all
    parameters by `method`, None where none are wanted. `shares` are the customary ones, `all_shares` count all that
    varies. `pooling` has an entry for each factor, None unless a varying intercept is all that varies by it.
    `posterior` is None unless it was asked for, or why there is none; `bootstrap` says what intervals were drawn from,
    or why there are none.
    """

    design: Design
    fit: Fit
    names: tuple[str, ...]
    include: frozenset[str]
    degrees: str
    curvature: Curvature | None
    adjusted: KenwardRoger | None
    df: Vector
    tests: CoefficientTable
    method: Intervals
    intervals: ParameterIntervals | None
    shares: Shares
    all_shares: Shares
    pooling: tuple[Pooling | None, ...]
    bootstrap: BootstrapDraws | ServiceError | None
    posterior: Posterior | ServiceError | None

    @property
    def coefficient_numbers(self) -> int:
        """How many numbers the groups' own lines have."""
        terms = {*self.names, *(name for factor in self.factors for name in factor.factor.names)}
        return len(terms) * sum(factor.factor.n_groups for factor in self.factors)

    @property
    def leaves_out_coefficients(self) -> bool:
        """Whether the groups' own lines are too long to repeat what stands in their deviations."""
        return {"random_effects", "coefficients"} <= self.include and self.coefficient_numbers > LONG

    @property
    def estimates(self) -> Estimates:
        """What the fit estimates."""
        return self.fit.estimates

    @property
    def factors(self) -> tuple[FactorEstimates, ...]:
        """The random factors, by decreasing number of groups."""
        return self.fit.estimates.factors


def findings_of(design: Design, fit: Fit, options: FitOptions, draws: IntervalRequest = THOUSAND) -> Findings:
    """What follows from a fit, as far as the options ask for it; `draws` say how often a bootstrap draws."""
    estimates = fit.estimates
    names = tuple(design.names[k] for k in estimates.kept)
    curvature = fit.curvature() if options.df == "satterthwaite" or options.intervals == "wald" else None
    adjusted = kenward_roger(fit) if options.df == "kenward-roger" else None
    df = degrees_of_freedom(fit, options.df, curvature) if adjusted is None else adjusted.df
    errors = None if adjusted is None else adjusted.std_error
    tests = coefficient_table(fit, df, options.confidence_level, errors)
    intervals, drawn = _intervals(fit, names, options, draws, curvature=curvature, tests=tests)
    return Findings(
        design=design,
        fit=fit,
        names=names,
        include=frozenset(options.include),
        degrees=options.df,
        curvature=curvature,
        adjusted=adjusted,
        df=df,
        tests=tests,
        method=options.intervals,
        intervals=intervals,
        bootstrap=drawn,
        shares=customary_shares(estimates, names),
        all_shares=shares(estimates),
        pooling=tuple(pooling(factor) for factor in estimates.factors),
        posterior=_posterior(design, fit, options) if "posterior" in options.include else None,
    )


def _intervals(
    fit: Fit,
    names: tuple[str, ...],
    options: FitOptions,
    draws: IntervalRequest,
    *,
    curvature: Curvature | None,
    tests: CoefficientTable,
) -> tuple[ParameterIntervals | None, BootstrapDraws | ServiceError | None]:
    """The intervals that were asked for, and what they were drawn from, or why they cannot be."""
    level = options.confidence_level
    match options.intervals:
        case "none":
            return None, None
        case "wald":
            known = fit.curvature() if curvature is None else curvature
            return wald_intervals(fit, tests, level, known, names), None
        case "profile":
            return profile_intervals(fit, level, names), None
        case "bootstrap":
            try:
                intervals, drawn = bootstrap_intervals(fit, level, draws.n, draws.seed, names)
            except ServiceError as error:
                return None, error.with_traceback(None)
            return intervals, BootstrapDraws(n=drawn.n, failed=drawn.failed, seed=draws.seed)


def _posterior(design: Design, fit: Fit, options: FitOptions) -> Posterior | ServiceError:
    """The posterior with the uniform prior, or why there is none."""
    try:
        return posterior_part(design, fit, PosteriorRequest(), options.confidence_level)
    except ServiceError as error:
        # A traceback would keep the arrays of the attempt.
        return error.with_traceback(None)
