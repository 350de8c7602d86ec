"""The parametric bootstrap: what the estimates would have been, had the data come from the fitted model each time.

Neither rows nor responses are drawn but the cross-products of responses (Davison & Hinkley 1997, Bootstrap Methods and
their Application, sections 2.2 and 5.3; the law of cross-products is in engine/scalar/responses.py and
engine/redraw.py), new effects for every group: the cost of a draw does not depend on the number of rows.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from service.arrays import Matrices, Matrix, Vector
from service.engine import FactorEstimates, Fit, refit
from service.errors import UnsupportedModel
from service.inference.parameter_intervals import ParameterIntervals
from service.inference.shares import customary_terms


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """The estimates from R responses drawn from a fitted model, and how many more could not be fitted.

    `beta` (R, p), `sigma` (R,), `icc` (R,); for each factor `spreads` (R, q), its standard deviations, and
    `correlations` (R, c), a column for each pair of coefficients of one term, nan where one of them does not vary.
    `failed` counts the fits that did not converge or do not exist, `n` all that were tried.
    """

    beta: Matrix
    spreads: tuple[Matrix, ...]
    correlations: tuple[Matrix, ...]
    sigma: Vector
    icc: Vector
    n: int
    failed: int


def bootstrap(fit: Fit, n: int, seed: int, fixed_terms: Collection[str]) -> Bootstrap:
    """The estimates from n responses drawn from a fitted model, the same for the same seed.

    `fixed_terms` are the names of the coefficients: they decide what counts in the intraclass correlation (shares.py).
    Raises UnsupportedModel for a model without noise or without pooling, which is none to draw from.
    """
    if fit.model is None:
        raise UnsupportedModel(
            "There is nothing to draw from: the fitted model has no noise, or no pooling, where the groups' variance "
            "has no bound. The bootstrap needs a residual standard deviation and a finite theta."
        )
    estimates = fit.estimates
    refits = refit(fit, n, np.random.default_rng(seed))
    sigma = refits.sigma * estimates.sigma
    scores = [f.basis.transform @ root for f, root in zip(estimates.products.factors, refits.roots, strict=True)]
    spreads = [_lengths(each) for each in scores]
    return Bootstrap(
        beta=estimates.beta + refits.beta @ estimates.products.basis.jacobian().T * estimates.sigma,
        spreads=tuple(sds * sigma[:, None] for sds in spreads),
        correlations=tuple(map(_correlations, estimates.factors, scores, spreads)),
        sigma=sigma,
        icc=_icc(fit, scores, fixed_terms),
        n=n,
        failed=refits.failed,
    )


def bootstrap_intervals(
    fit: Fit, confidence_level: float, n: int, seed: int, fixed_terms: Collection[str]
) -> tuple[ParameterIntervals, Bootstrap]:
    """The percentile intervals of all parameters of a fit, and the draws they are of; raises as `bootstrap`.

    An end is the order statistic number (R + 1) q of the R draws, interpolated (Davison & Hinkley 1997, section 5.3.1):
    so no parameter leaves its range, a transformed parameter has the transformed interval, and a standard deviation
    that is often estimated as 0 has an interval that starts at 0. That of a correlation is of the draws that have one.
    """
    draws = bootstrap(fit, n, seed, fixed_terms)
    tail = 0.5 - 0.5 * confidence_level
    intervals = ParameterIntervals(
        fixed=_ends(draws.beta, tail),
        spreads=tuple(_ends(each, tail) for each in (*draws.spreads, draws.sigma[:, None])),
        correlations=tuple(_ends(each, tail) for each in draws.correlations),
        icc=_ends(draws.icc[:, None], tail)[0],
    )
    return intervals, draws


def _ends(draws: Matrix, tail: float) -> Matrix:
    """The quantiles (k, 2) of each column of draws (R, k) that leave `tail` on either side; nan without any draw."""
    ends = np.full((draws.shape[1], 2), np.nan)
    for k, column in enumerate(draws.T):
        known = column[~np.isnan(column)]
        if known.size:
            ends[k] = np.quantile(known, [tail, 1.0 - tail], method="weibull")
    return ends


def _lengths(scores: Matrices) -> Matrix:
    """The lengths of the rows of matrices (R, q, q), (R, q); in units of a coefficient, as squares might overflow."""
    size = np.abs(scores).max(axis=(0, 2), initial=0.0)
    units = np.where(size > 0, size, 1.0)
    lengths: Matrix = np.sqrt(((scores / units[:, None]) ** 2).sum(axis=2)) * units
    return lengths


def _correlations(estimates: FactorEstimates, scores: Matrices, spreads: Matrix) -> Matrix:
    """The correlations of the coefficients of each term, (R, c)."""
    pairs = estimates.factor.pairs
    directions = scores / np.where(spreads > 0, spreads, np.nan)[:, :, None]
    columns = [(directions[:, a] * directions[:, b]).sum(axis=1) for a, b in pairs]
    correlations: Matrix = np.clip(np.array(columns).reshape(len(pairs), len(scores)).T, -1.0, 1.0)
    return correlations


def _icc(fit: Fit, scores: list[Matrices], fixed_terms: Collection[str]) -> Vector:
    """The share of the variance that lies between groups, (R,): the means over the rows of z' Cov z, sigma being 1."""
    between = np.zeros(len(scores[0]))
    for estimates, own, score in zip(fit.estimates.factors, fit.estimates.products.factors, scores, strict=True):
        counted = np.zeros((score.shape[1], 1))
        counted[customary_terms(estimates, fixed_terms)] = 1.0
        spread = np.linalg.solve(own.basis.transform, counted * score)
        between += np.einsum("rab,ac,rcb->r", spread, own.mean_squares, spread) / fit.estimates.n
    icc: Vector = between / (1.0 + between)
    return icc
