"""A fit in the contract's words: Design and Fit come in, the document of `contract/document.py` goes out."""

import math
from typing import Literal

from service.contract import document as wire
from service.contract.bootstrap import BootstrapDraws
from service.contract.posterior import Posterior
from service.contract.request import LONG, FitOptions, LongPart
from service.design import INTERCEPT, Design
from service.engine import Fit
from service.errors import Fault, NotFinite
from service.inference import fitted_values
from service.quoting import excerpt
from service.report.collector import paused
from service.report.findings import Findings, findings_of
from service.report.groups import coefficients, grouping_factors, pooling_parts, random_effects
from service.report.memory import MOST_NUMBERS, coding, prediction_errors
from service.report.notes import notes
from service.report.spreads import ends_of, random_correlations, variance_components


def fit_document(id: str, design: Design, fit: Fit, options: FitOptions) -> wire.FitDocument:
    """The document of a fit, under the id it is kept by.

    Raises NotFinite if a coefficient or its error is too large for a double.
    """
    found = findings_of(design, fit, options)
    _require_finite(found)
    with paused():
        return _document(id, found, options)


def _document(id: str, found: Findings, options: FitOptions) -> wire.FitDocument:
    """The document of what was found."""
    share, long = found.shares, set(options.include)
    fitted = fitted_values(found.design, found.estimates) if {"fitted", "residuals"} & long else None
    groups = [factor.factor.grouping.name for factor in found.factors]
    low, high = (None, None) if found.intervals is None else found.intervals.icc.tolist()
    return wire.FitDocument(
        id=id,
        status="succeeded",
        model=_model(found, options),
        fixed_effects=_fixed_effects(found),
        fixed_effects_covariance=found.estimates.covariance.tolist(),
        adjusted_covariance=None if found.adjusted is None else found.adjusted.covariance.tolist(),
        variance_components=variance_components(found),
        random_correlations=random_correlations(found),
        icc=wire.IntraclassCorrelation(
            adjusted=share.icc,
            conditional=share.icc_conditional,
            by_group=dict(zip(groups, share.by_factor, strict=True)),
            conf_low=low,
            conf_high=high,
        ),
        r_squared=wire.RSquared(marginal=share.r2_marginal, conditional=share.r2_conditional),
        pooling=pooling_parts(found),
        random_effects=random_effects(found) if "random_effects" in long else None,
        coefficients=coefficients(found) if "coefficients" in long and not found.leaves_out_coefficients else None,
        coding=coding(found.design, found.estimates),
        prediction=prediction_errors(
            found, most=_most_numbers(long), variances={"random_effects", "prediction"} <= long
        ),
        fitted=fitted.tolist() if fitted is not None and "fitted" in long else None,
        residuals=(found.design.y - fitted).tolist() if fitted is not None and "residuals" in long else None,
        bootstrap=found.bootstrap if isinstance(found.bootstrap, BootstrapDraws) else None,
        posterior=found.posterior if isinstance(found.posterior, Posterior) else None,
        statistics=_statistics(found.fit),
        convergence=_convergence(found.fit),
        notes=notes(found, id),
    )


def _most_numbers(long: set[LongPart]) -> int:
    """How many numbers may tell of the errors of the groups' effects, which stand beside these alone."""
    if "random_effects" not in long:
        return 0
    return MOST_NUMBERS if "prediction" in long else LONG


def _require_finite(found: Findings) -> None:
    """Refuse what has no number; the errors that no pooling leaves without bound are no numbers on purpose."""
    estimates = found.estimates
    unbounded = any(math.isinf(sd) for factor in found.factors for sd in factor.sd.tolist())
    numbers = zip(found.names, estimates.beta.tolist(), estimates.std_error.tolist(), strict=True)
    for name, estimate, error in numbers:
        if not (math.isfinite(estimate) and (unbounded or math.isfinite(error))):
            message = (
                f"The coefficient of {excerpt(name)} or its error is beyond the range of double precision: "
                "scale the response or the column by a power of ten."
            )
            raise NotFinite(message, Fault(message, column=excerpt(name)))


def _model(found: Findings, options: FitOptions) -> wire.Model:
    design, estimates = found.design, found.estimates
    return wire.Model(
        formula=design.formula,
        response=design.response,
        method=options.method,
        weights=options.weights,
        n_observations=estimates.n,
        n_dropped=design.n_dropped,
        fixed_terms=list(found.names),
        aliased_terms=[design.names[k] for k in estimates.aliased],
        grouping_factors=grouping_factors(found),
    )


def _fixed_effects(found: Findings) -> list[wire.FixedEffect]:
    estimates, adjusted, tests = found.estimates, found.adjusted, found.tests
    ends = ends_of(None if found.intervals is None else [found.intervals.fixed], len(found.names))
    return [
        wire.FixedEffect(
            term=name,
            estimate=estimates.beta[k],
            std_error=estimates.std_error[k],
            adjusted_std_error=None if adjusted is None else adjusted.std_error[k],
            statistic=tests.statistic[k],
            df=tests.df[k],
            p_value=tests.p_value[k],
            conf_low=ends[k][0],
            conf_high=ends[k][1],
            role=_role(name, bool(estimates.group_level[k])),
        )
        for k, name in enumerate(found.names)
    ]


def _role(name: str, group_level: bool) -> Literal["intercept", "observation_level", "group_level"]:
    if name == INTERCEPT:
        return "intercept"
    return "group_level" if group_level else "observation_level"


def _statistics(fit: Fit) -> wire.Statistics:
    n, k = fit.estimates.n, fit.n_parameters
    deviance = fit.deviance() if fit.restricted else fit.criterion
    return wire.Statistics(
        criterion=fit.criterion,
        log_likelihood=-0.5 * fit.criterion,
        aic=fit.criterion + 2.0 * k,
        bic=fit.criterion + k * math.log(n),
        deviance=deviance,
        dic=2.0 * deviance - fit.criterion,
        n_parameters=k,
        df_residual=n - k,
        sigma=fit.estimates.sigma,
    )


def _convergence(fit: Fit) -> wire.Convergence:
    """The verdict; where theta was held or has a closed form nothing had to converge."""
    verdict = fit.verdict
    return wire.Convergence(
        converged=verdict is None or verdict.converged,
        singular=fit.estimates.variances_are_zero and not fit.held if verdict is None else verdict.singular,
        evaluations=0 if verdict is None else verdict.evaluations,
        gradient_norm=0.0 if verdict is None else verdict.gradient_norm,
        theta=fit.estimates.theta.tolist(),
    )
