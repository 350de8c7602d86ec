"""A planned study in the contract's words: its numbers come in, the answer of `contract/designs.py` goes out."""

from service.contract import designs as wire
from service.inference.planning import Performance, Plan, Power, Precision


def design_answer(
    plan: Plan,
    precision: Precision,
    zero_probability: float,
    performance: Performance | None,
    coefficient: wire.CoefficientPower | None,
) -> wire.DesignAnswer:
    """The answer; `performance` is None where nothing varies within groups."""
    total, inf = plan.between + plan.within, float("inf")
    return wire.DesignAnswer(
        n_groups=plan.n_groups,
        n_observations=plan.n_rows,
        icc=plan.between / total,
        variance_ratio=plan.between / plan.within if plan.within else inf,
        equivalent_n=plan.within / plan.between if plan.between else inf,
        mean_weight=float(plan.over_groups(plan.weights)),
        mean=wire.MeanPrecision(
            std_error=precision.mean_error,
            design_effect=precision.design_effect,
            effective_n=precision.effective_n,
        ),
        zero_estimate=wire.ZeroEstimate(
            probability=zero_probability, simulated=None if performance is None else performance.zero_share
        ),
        coverage=_coverage(plan, performance),
        sizes=_sizes(plan, precision, performance),
        coefficient=coefficient,
    )


def _coverage(plan: Plan, performance: Performance | None) -> wire.PlugInCoverage:
    if performance is None:
        return wire.PlugInCoverage(plug_in=None, with_mean=None, monte_carlo_error=None)
    return wire.PlugInCoverage(
        plug_in=float(plan.over_groups(performance.covered)),
        with_mean=float(plan.over_groups(performance.covered_with_mean)),
        monte_carlo_error=performance.error,
    )


def _sizes(plan: Plan, precision: Precision, performance: Performance | None) -> list[wire.SizeAnswer]:
    errors = precision.group_errors if performance is None else performance.group_errors
    covered = [None] * plan.sizes.size if performance is None else performance.covered.tolist()
    rows = zip(plan.sizes, plan.counts, plan.weights, precision.group_errors, errors, covered, strict=True)
    return [
        wire.SizeAnswer(
            size=int(size),
            n_groups=int(count),
            weight=weight,
            std_error_known=known,
            std_error=error,
            coverage=coverage,
        )
        for size, count, weight, known, error, coverage in rows
    ]


def coefficient_power(power: Power, n_groups_wanted: int | None, size_wanted: int | None) -> wire.CoefficientPower:
    """The power of a test, and what it takes to reach another."""
    return wire.CoefficientPower(
        std_error=power.std_error,
        df=power.df,
        power=power.power,
        n_groups_wanted=n_groups_wanted,
        size_wanted=size_wanted,
    )
