"""Complete, no and partial pooling of one model in the contract's words."""

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np

from service.arrays import Vector
from service.contract import pooling as wire
from service.contract.request import FitOptions
from service.design import INTERCEPT, Design
from service.engine import Fit
from service.inference import Alternatives, Regression, SeparateRegressions, distance
from service.report.collector import paused
from service.report.findings import Findings, findings_of
from service.report.notes import notes


def pooling_document(design: Design, found: Alternatives, options: wire.PoolingOptions) -> wire.PoolingDocument:
    """The document of all ways to pool a design."""
    with paused():
        return _document(design, found, options)


def _document(design: Design, found: Alternatives, options: wire.PoolingOptions) -> wire.PoolingDocument:
    grouping = design.random[0].grouping
    asked = {"formula": design.formula, "method": options.method, "df": "none", "intervals": "none"}
    findings = findings_of(design, found.partial, FitOptions.model_validate(asked))
    return wire.PoolingDocument(
        formula=design.formula,
        response=design.response,
        group=grouping.name,
        method=options.method,
        weights=options.weights,
        n_observations=design.n,
        n_dropped=design.n_dropped,
        n_groups=len(grouping.levels),
        complete_pooling=wire.CompletePooling(
            coefficients=_coefficients(findings.names, found.complete.beta, found.complete.std_error),
            sigma=found.complete.sigma,
            df_residual=found.complete.residual_df,
        ),
        no_pooling=wire.NoPooling(
            indicators=_indicators(findings.names, found.indicators),
            separate=None if found.separate is None else _separate(design, found, found.separate),
        ),
        partial_pooling=_partial(findings),
        limits=wire.PoolingLimits(
            zero=_limit("0", findings.names, found.pooled, found.complete),
            infinity=None if found.without is None else _limit("inf", findings.names, found.without, found.indicators),
        ),
        intercept_spread=_spread(found),
        approximate_formula=_approximation(found),
        groups=_groups(design, found) if "groups" in options.include else None,
        notes=notes(findings, None),
    )


def _coefficients(names: Sequence[str], beta: Vector, std_error: Vector) -> list[wire.PooledCoefficient]:
    rows = zip(names, beta.tolist(), std_error.tolist(), strict=True)
    return [wire.PooledCoefficient(term=name, estimate=value, std_error=error) for name, value, error in rows]


def _indicators(names: Sequence[str], regression: Regression) -> wire.GroupIndicators:
    untold = np.isnan(regression.beta).tolist()
    return wire.GroupIndicators(
        coefficients=_coefficients(names, regression.beta, regression.std_error),
        not_estimable=[name for name, missing in zip(names, untold, strict=True) if missing and name != INTERCEPT],
        sigma=regression.sigma,
        df_residual=regression.residual_df,
    )


def _separate(design: Design, found: Alternatives, own: SeparateRegressions) -> wire.SeparateRegressions:
    names = [design.names[k] for k in own.kept]
    used = [design.names[k] for k in found.partial.estimates.kept]
    return wire.SeparateRegressions.model_construct(
        levels=list(design.random[0].grouping.levels),
        terms=[INTERCEPT, *names],
        not_estimable=[name for name in used if name not in {INTERCEPT, *names}],
        estimate=own.estimate.T.tolist(),
        std_error=(own.unit_error * own.sigma).T.tolist(),
        std_error_pooled=(own.unit_error * own.pooled_sigma).T.tolist(),
        sigma=own.sigma.tolist(),
        df_residual=own.df.tolist(),
        sigma_pooled=own.pooled_sigma,
        df_pooled=own.pooled_df,
        impossible=list(_impossible(design, own, names)),
    )


def _impossible(design: Design, own: SeparateRegressions, names: Sequence[str]) -> Iterator[wire.ImpossibleRegression]:
    """The groups without a regression, and why: the first reason there is."""
    levels = design.random[0].grouping.levels
    for j in np.flatnonzero(~own.is_possible).tolist():
        reason: Literal["too_few_rows", "constant_predictor", "dependent_predictors"]
        if own.df[j] < 0:
            reason, which = "too_few_rows", np.zeros(len(names), dtype=np.bool_)
        elif own.constant[:, j].any():
            reason, which = "constant_predictor", own.constant[:, j]
        else:
            reason, which = "dependent_predictors", own.dependent[:, j]
        terms = [names[k] for k in np.flatnonzero(which).tolist()]
        yield wire.ImpossibleRegression(group=levels[j], reason=reason, terms=terms)


def _partial(findings: Findings) -> wire.PartialPooling:
    estimates, verdict = findings.estimates, findings.fit.verdict
    (factor,), (pool,) = findings.factors, findings.pooling
    return wire.PartialPooling(
        coefficients=_coefficients(findings.names, estimates.beta, estimates.std_error),
        sigma=estimates.sigma,
        group_sd=factor.sd[0],
        theta=estimates.theta[0],
        variance_ratio=None if pool is None else pool.variance_ratio,
        equivalent_n=None if pool is None else pool.equivalent_n,
        mean_weight=0.0 if pool is None else pool.mean_weight,
        converged=verdict is None or verdict.converged,
        singular=estimates.variances_are_zero if verdict is None else verdict.singular,
    )


def _limit(theta: Literal["0", "inf"], names: Sequence[str], fit: Fit, regression: Regression) -> wire.PoolingLimit:
    return wire.PoolingLimit(
        theta=theta,
        coefficients=_coefficients(names, fit.estimates.beta, fit.estimates.std_error),
        sigma=fit.estimates.sigma,
        distance=distance(fit, regression),
    )


def _spread(found: Alternatives) -> wire.InterceptSpread:
    alone = np.nan
    if found.separate is not None and np.count_nonzero(found.separate.is_possible) > 1:
        alone = _sd(found.separate.estimate[0, found.separate.is_possible])
    return wire.InterceptSpread(
        indicators=_sd(found.groups.indicator), separate=alone, partial=_sd(found.groups.estimate)
    )


def _sd(values: Vector) -> float:
    """The standard deviation, in units of the largest value lest squares overflow; nan if a value is."""
    unit = float(np.abs(values).max())
    return 0.0 if unit == 0.0 else float((values / unit).std(ddof=1)) * unit


def _approximation(found: Alternatives) -> wire.ApproximateFormula:
    groups = found.groups
    return wire.ApproximateFormula(
        grand_mean=groups.grand_mean,
        gls_mean=groups.gls_mean,
        largest_difference_grand_mean=float(np.abs(groups.by_grand_mean - groups.estimate).max()),
        largest_difference_gls_mean=float(np.abs(groups.by_gls_mean - groups.estimate).max()),
    )


def _groups(design: Design, found: Alternatives) -> wire.PooledGroups:
    groups = found.groups
    # Nothing is checked: there may be a million numbers, and they are our own.
    return wire.PooledGroups.model_construct(
        levels=list(design.random[0].grouping.levels),
        n=found.partial.estimates.factors[0].counts.tolist(),
        mean=groups.mean.tolist(),
        complete=groups.complete.tolist(),
        indicator=groups.indicator.tolist(),
        indicator_std_error=groups.indicator_error.tolist(),
        own=groups.own.tolist(),
        weight=groups.weight.tolist(),
        mu=groups.mu.tolist(),
        estimate=groups.estimate.tolist(),
        std_error=groups.error.tolist(),
        approximate_grand_mean=groups.by_grand_mean.tolist(),
        approximate_gls_mean=groups.by_gls_mean.tolist(),
    )
