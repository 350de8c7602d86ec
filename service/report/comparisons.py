"""A comparison in the contract's words."""

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter

from service.contract import comparisons as wire
from service.contract.chi_squared import ChiSquared
from service.design import Design
from service.engine import Fit
from service.inference import Comparison, LikelihoodRatio
from service.inference.nesting import Difference


def comparison_document(
    designs: Sequence[Design], fits: Sequence[Fit], comparison: Comparison, options: wire.ComparisonOptions
) -> wire.ComparisonDocument:
    """The document of a comparison of these models."""
    return wire.ComparisonDocument(
        response=designs[0].response,
        method="ML",
        weights=options.weights,
        n_observations=designs[0].n,
        n_dropped=designs[0].n_dropped,
        models=[_model(place, designs[place], fits[place], comparison) for place in comparison.order],
        tests=[_test(test) for test in comparison.tests],
    )


def _model(place: int, design: Design, fit: Fit, comparison: Comparison) -> wire.ComparedModel:
    own, verdict = comparison.criteria[place], fit.verdict
    return wire.ComparedModel(
        index=place,
        formula=design.formula,
        n_parameters=own.n_parameters,
        log_likelihood=-0.5 * own.deviance,
        deviance=own.deviance,
        aic=own.aic,
        bic=own.bic,
        aic_difference=own.aic_difference,
        aic_weight=own.aic_weight,
        converged=verdict is None or verdict.converged,
        singular=fit.estimates.variances_are_zero and not fit.held if verdict is None else verdict.singular,
    )


def _test(test: LikelihoodRatio) -> wire.LikelihoodRatioTest:
    tested = test.reason is None
    return wire.LikelihoodRatioTest(
        smaller=test.smaller,
        larger=test.larger,
        nested=test.difference is not None,
        difference=_difference(test.difference) if test.difference is not None and tested else None,
        statistic=test.statistic,
        df=max(test.mixture) if tested else None,
        p_value=test.p_value,
        p_value_is_bound=test.is_bound,
        distribution=("chi2_mixture" if len(test.mixture) > 1 else "chi2") if tested else None,
        components=[ChiSquared(df=df, weight=1.0 / len(test.mixture)) for df in test.mixture],
        reason=test.reason,
    )


def _difference(found: Difference) -> wire.TestedDifference:
    return wire.TestedDifference(
        text=_in_words(found),
        fixed_terms=list(found.fixed),
        variances=[wire.TestedVariance(group=group, term=term) for group, term in found.variances],
        covariances=[
            wire.TestedCovariance(group=group, term_1=first, term_2=second)
            for group, first, second in found.covariances
        ],
    )


def _in_words(found: Difference) -> str:
    """What is tested, as the end of a sentence."""
    parts = []
    if found.fixed:
        parts.append(f"{_plural('coefficient', found.fixed)} of {', '.join(found.fixed)}")
    for group, own in groupby(found.variances, key=itemgetter(0)):
        names = [name for _, name in own]
        parts.append(f"{_plural('variance', names)} of {', '.join(names)} between the groups of {group}")
    for group, pairs in groupby(found.covariances, key=itemgetter(0)):
        named = [f"{first} with {second}" for _, first, second in pairs]
        parts.append(f"{_plural('covariance', named)} of {', '.join(named)} between the groups of {group}")
    return "; ".join(parts)


def _plural(noun: str, of: Sequence[str]) -> str:
    return f"the {noun}" if len(of) == 1 else f"the {noun}s"
