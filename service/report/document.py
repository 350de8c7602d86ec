"""A fit in the contract's words: Design and Fit come in, the document of `contract/document.py` goes out."""

from typing import Literal

import numpy as np

from service.arrays import Matrix, Vector
from service.contract import document as wire
from service.contract.request import FitOptions
from service.design import Design, Grouping
from service.engine import Estimates, Fit
from service.errors import Fault, NotFinite
from service.inference import Pooling, coefficient_table, pooling, shares, spread_intervals
from service.quoting import excerpt
from service.report.notes import notes

INTERCEPT = "(Intercept)"


def fit_document(id: str, design: Design, fit: Fit, options: FitOptions) -> wire.FitDocument:
    """The document of a fit with one varying intercept, under the id it is kept by.

    Raises NotFinite if a coefficient or its error is too large for a double.
    """
    estimates = fit.estimates
    _require_finite(design, estimates)
    grouping = design.random[0].grouping
    share, pool = shares(estimates), pooling(estimates)
    long = set(options.include)
    fitted = _fitted(design, estimates) if {"fitted", "residuals"} & long else None
    return wire.FitDocument(
        id=id,
        status="succeeded",
        model=_model(design, estimates, options),
        fixed_effects=_fixed_effects(design, fit, options),
        fixed_effects_covariance=_rows(estimates.covariance),
        variance_components=_variance_components(grouping, fit, options),
        random_correlations=[],
        icc=wire.IntraclassCorrelation(
            adjusted=share.icc, conditional=share.icc_conditional, by_group={grouping.name: share.icc}
        ),
        r_squared=wire.RSquared(marginal=share.r2_marginal, conditional=share.r2_conditional),
        pooling=[_pooling(grouping, pool)],
        random_effects={grouping.name: _random_effects(grouping, estimates)} if "random_effects" in long else None,
        coefficients={grouping.name: _coefficients(design, estimates)} if "coefficients" in long else None,
        fitted=fitted.tolist() if fitted is not None and "fitted" in long else None,
        residuals=(design.y - fitted).tolist() if fitted is not None and "residuals" in long else None,
        statistics=_statistics(fit),
        convergence=_convergence(fit),
        notes=notes(design, fit, pool),
    )


def _require_finite(design: Design, estimates: Estimates) -> None:
    """Refuse what has no number; the errors that no pooling leaves without bound are no numbers on purpose."""
    bounded = np.isfinite(estimates.std_error) | np.isinf(estimates.group_sd)
    for k, name in enumerate(term_names(design, estimates)):
        if not (np.isfinite(estimates.beta[k]) and bounded[k]):
            message = (
                f"The coefficient of {excerpt(name)} or its error is beyond the range of double precision: "
                "scale the response or the column by a power of ten."
            )
            raise NotFinite(message, Fault(message, column=excerpt(name)))


def term_names(design: Design, estimates: Estimates) -> list[str]:
    """The names of the coefficients that were estimated, as R prints them."""
    return [design.names[k] for k in estimates.kept]


def _model(design: Design, estimates: Estimates, options: FitOptions) -> wire.Model:
    grouping, counts = design.random[0].grouping, estimates.counts
    size = wire.GroupSize(
        min=int(counts.min()), median=float(np.median(counts)), mean=float(counts.mean()), max=int(counts.max())
    )
    factor = wire.GroupingFactor(
        group=grouping.name, n_groups=len(grouping.levels), terms=[INTERCEPT], correlated=True, group_size=size
    )
    return wire.Model(
        formula=design.formula,
        response=design.response,
        method=options.method,
        weights=options.weights,
        n_observations=estimates.n,
        n_dropped=design.n_dropped,
        fixed_terms=term_names(design, estimates),
        aliased_terms=[design.names[k] for k in estimates.aliased],
        grouping_factors=[factor],
    )


def _fixed_effects(design: Design, fit: Fit, options: FitOptions) -> list[wire.FixedEffect]:
    estimates = fit.estimates
    table = coefficient_table(fit, options.df, options.confidence_level)
    wanted = options.intervals != "none"
    return [
        wire.FixedEffect(
            term=name,
            estimate=estimates.beta[k],
            std_error=estimates.std_error[k],
            statistic=table.statistic[k],
            df=table.df[k],
            p_value=table.p_value[k],
            conf_low=table.low[k] if wanted else None,
            conf_high=table.high[k] if wanted else None,
            role=_role(name, bool(estimates.group_level[k])),
        )
        for k, name in enumerate(term_names(design, estimates))
    ]


def _role(name: str, group_level: bool) -> Literal["intercept", "observation_level", "group_level"]:
    if name == INTERCEPT:
        return "intercept"
    return "group_level" if group_level else "observation_level"


def _variance_components(grouping: Grouping, fit: Fit, options: FitOptions) -> list[wire.VarianceComponent]:
    wanted = options.intervals != "none"
    intervals = spread_intervals(fit, options.confidence_level)
    rows = ((grouping.name, INTERCEPT, fit.estimates.group_sd), ("Residual", None, fit.estimates.sigma))
    return [
        wire.VarianceComponent(
            group=group,
            term=term,
            variance=_square(sd),
            std_dev=sd,
            conf_low=interval.low if wanted else None,
            conf_high=interval.high if wanted else None,
        )
        for (group, term, sd), interval in zip(rows, intervals, strict=True)
    ]


def _square(sd: float) -> float:
    """The square, inf where it overflows."""
    return float(np.square(np.float64(sd))) if sd < 1e154 else float("inf")


def _pooling(grouping: Grouping, pool: Pooling) -> wire.Pooling:
    return wire.Pooling(
        group=grouping.name,
        variance_ratio=pool.variance_ratio,
        equivalent_n=pool.equivalent_n,
        groups_below=pool.below,
        groups_above=pool.above,
        mean_weight=pool.mean_weight,
    )


def _random_effects(grouping: Grouping, estimates: Estimates) -> wire.RandomEffects:
    return wire.RandomEffects(
        levels=list(grouping.levels),
        n=estimates.counts.tolist(),
        terms=[INTERCEPT],
        estimate=_rows(estimates.effects[:, None]),
        std_error=_rows(estimates.effect_sd[:, None]),
        weight=estimates.weight.tolist(),
    )


def _coefficients(design: Design, estimates: Estimates) -> wire.Coefficients:
    """Each group's line; a model without an intercept gets one of zero in front, as lme4's coef() has it."""
    names, beta = term_names(design, estimates), estimates.beta
    if INTERCEPT not in names:
        names, beta = [INTERCEPT, *names], np.concatenate([[0.0], beta])
    lines = np.tile(beta, (estimates.effects.size, 1))
    lines[:, names.index(INTERCEPT)] += estimates.effects
    return wire.Coefficients(levels=list(design.random[0].grouping.levels), terms=names, estimate=_rows(lines))


def _fitted(design: Design, estimates: Estimates) -> Vector:
    """The fitted value of each row (n,): the coefficients, the group's deviation and the offset."""
    fixed = design.X[:, estimates.kept] @ estimates.beta
    fitted = fixed + estimates.effects[design.random[0].grouping.codes]
    return fitted if design.offset is None else fitted + design.offset


def _statistics(fit: Fit) -> wire.Statistics:
    estimates, k = fit.estimates, fit.n_parameters
    return wire.Statistics(
        criterion=fit.criterion,
        log_likelihood=-0.5 * fit.criterion,
        aic=fit.criterion + 2.0 * k,
        bic=fit.criterion + k * float(np.log(estimates.n)),
        deviance=fit.deviance,
        dic=2.0 * fit.deviance - fit.criterion,
        n_parameters=k,
        df_residual=estimates.n - k,
        sigma=estimates.sigma,
    )


def _convergence(fit: Fit) -> wire.Convergence:
    """The verdict; where theta was held or has a closed form nothing had to converge."""
    optimum = fit.optimum
    return wire.Convergence(
        converged=optimum is None or optimum.converged,
        singular=fit.estimates.group_sd == 0.0 and not fit.held,
        evaluations=0 if optimum is None else optimum.evaluations,
        gradient_norm=0.0 if optimum is None else optimum.gradient_norm,
        theta=[fit.estimates.theta],
    )


def _rows(matrix: Matrix) -> list[list[float | None]]:
    """The rows of a matrix as the contract lists them."""
    return [list(row) for row in matrix.tolist()]
