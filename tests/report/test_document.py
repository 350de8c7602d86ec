"""The fit document: its names, the numbers of the radon survey, and what each option makes of them."""

import json
from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import norm, t

from service.contract import FitDocument, FitOptions
from service.data import dataset
from service.data.table import Categorical, Numeric
from service.design import make_design
from service.engine import fit
from service.formula import read
from service.report.findings import findings_of
from tests.report.difficult import CROSSED, PLAIN, SLOPES, X, request
from tests.tasks.questions import RADON, ask, document, refusal_of

NAMES = {
    "": "id status model fixed_effects fixed_effects_covariance adjusted_covariance variance_components "
    "random_correlations icc r_squared pooling random_effects coefficients statistics convergence notes",
    "model": "formula response method n_observations n_dropped fixed_terms aliased_terms grouping_factors",
    "model/grouping_factors/0": "group n_groups terms correlated group_size",
    "model/grouping_factors/0/group_size": "min median mean max",
    "fixed_effects/0": "term estimate std_error adjusted_std_error statistic df p_value conf_low conf_high role",
    "variance_components/0": "group term variance std_dev conf_low conf_high",
    "variance_components/1": "group term variance std_dev conf_low conf_high",
    "icc": "adjusted conditional by_group",
    "icc/by_group": "county",
    "r_squared": "marginal conditional",
    "pooling/0": "group variance_ratio equivalent_n groups_below groups_above mean_weight",
    "random_effects/county": "levels n terms estimate std_error weight",
    "coefficients/county": "levels terms estimate",
    "statistics": "criterion log_likelihood aic bic n_parameters df_residual sigma",
    "convergence": "converged singular evaluations gradient_norm theta",
    "notes/0": "code severity message where see",
}
"""The names clients rely on, by where they stand in the document."""

NULL_MODEL = {"formula": "log_radon ~ 1 + (1 | county)"}
KENWARD_ROGER = {"df": "kenward-roger"}
URANIUM = {"formula": "log_radon ~ floor + log_uranium + (1 | county)"}

RADON_NUMBERS: list[tuple[Mapping[str, object], str, str]] = [
    ({}, "fixed_effects/0/estimate", "1.461598"),
    ({}, "fixed_effects/0/std_error", "0.051576"),
    ({}, "fixed_effects/0/df", "87.66"),
    ({}, "fixed_effects/1/estimate", "-0.692994"),
    ({}, "fixed_effects/1/std_error", "0.070431"),
    ({}, "fixed_effects/1/df", "914.87"),
    (KENWARD_ROGER, "fixed_effects/0/std_error", "0.051576"),
    (KENWARD_ROGER, "fixed_effects/0/adjusted_std_error", "0.051745"),
    (KENWARD_ROGER, "fixed_effects/0/df", "84.97"),
    (KENWARD_ROGER, "fixed_effects/1/std_error", "0.070431"),
    (KENWARD_ROGER, "fixed_effects/1/adjusted_std_error", "0.070550"),
    (KENWARD_ROGER, "fixed_effects/1/df", "914.80"),
    ({}, "variance_components/0/std_dev", "0.328222"),
    ({}, "variance_components/1/std_dev", "0.755589"),
    ({}, "convergence/theta/0", "0.434393"),
    ({}, "statistics/criterion", "2171.3053"),
    ({}, "statistics/aic", "2179.3053"),
    ({}, "statistics/bic", "2198.5984"),
    ({}, "model/n_observations", "919"),
    ({}, "model/grouping_factors/0/n_groups", "85"),
    ({}, "icc/adjusted", "0.158743"),
    ({}, "icc/by_group/county", "0.158743"),
    ({}, "pooling/0/variance_ratio", "0.188697"),
    ({}, "pooling/0/equivalent_n", "5.2995"),
    ({}, "pooling/0/groups_below", "46"),
    ({}, "pooling/0/groups_above", "39"),
    ({}, "coefficients/county/estimate/0/0", "1.191500"),
    ({}, "coefficients/county/estimate/1/0", "0.927647"),
    ({}, "coefficients/county/estimate/2/0", "1.479214"),
    ({}, "random_effects/county/estimate/0/0", "-0.270097"),
    ({}, "random_effects/county/std_error/0/0", "0.247774"),
    ({}, "random_effects/county/estimate/1/0", "-0.533951"),
    ({}, "random_effects/county/std_error/1/0", "0.099818"),
    ({}, "random_effects/county/estimate/2/0", "0.017616"),
    ({}, "random_effects/county/std_error/2/0", "0.262277"),
    ({"theta": 0}, "fixed_effects/0/estimate", "1.326744"),
    ({"theta": 0}, "fixed_effects/1/estimate", "-0.613395"),
    ({"theta": "inf"}, "fixed_effects/1/estimate", "-0.720539"),
    (NULL_MODEL, "fixed_effects/0/estimate", "1.312576"),
    (NULL_MODEL, "fixed_effects/0/std_error", "0.048907"),
    (NULL_MODEL, "variance_components/0/std_dev", "0.309538"),
    (NULL_MODEL, "variance_components/1/std_dev", "0.797885"),
    (URANIUM, "fixed_effects/0/estimate", "1.465763"),
    (URANIUM, "fixed_effects/1/estimate", "-0.668245"),
    (URANIUM, "fixed_effects/2/estimate", "0.720268"),
    (URANIUM, "variance_components/0/std_dev", "0.156402"),
    (URANIUM, "variance_components/1/std_dev", "0.758439"),
]
"""By lme4 1.1-31, lmerTest and pbkrtest: options, a place in the document, and the number there as printed."""

WEIGHTS = {1: "0.1587", 5: "0.4855", 6: "0.5310", 116: "0.9563"}
"""How far a county is left to its own mean, by its number of homes."""


def radon(**options: object) -> FitDocument:
    return document({**RADON, **options})


def at(whole: object, path: str) -> object:
    """What stands at a place in the document."""
    for step in path.split("/") if path else []:
        whole = whole[int(step)] if isinstance(whole, list) else whole[step] if isinstance(whole, dict) else None
    return whole


@pytest.mark.parametrize("path", NAMES)
def test_every_name_is_there(path: str) -> None:
    part = at(radon().model_dump(), path)
    assert isinstance(part, dict)
    assert set(NAMES[path].split()) <= set(part)


@pytest.mark.parametrize(("options", "path", "printed"), RADON_NUMBERS)
def test_the_numbers_of_the_radon_survey(options: Mapping[str, object], path: str, printed: str) -> None:
    number = at(radon(**options).model_dump(), path)
    decimals = len(printed.partition(".")[2])
    assert isinstance(number, float | int)
    assert f"{number:.{decimals}f}" == printed


@pytest.mark.parametrize("n", WEIGHTS)
def test_a_weight_grows_with_the_group(n: int) -> None:
    effects = (radon().random_effects or {})["county"]
    assert effects.weight is not None
    assert f"{effects.weight[effects.n.index(n)]:.4f}" == WEIGHTS[n]


def test_counties_are_in_order() -> None:
    found = radon()
    effects, lines = (found.random_effects or {})["county"], (found.coefficients or {})["county"]
    assert effects.levels == lines.levels
    assert [effects.levels[k] for k in range(3)] == ["AITKIN", "ANOKA", "BECKER"]
    assert all(a < b for a, b in pairwise(effects.levels))
    assert sum(effects.n) == found.model.n_observations


def test_numbers_reach_the_client_to_the_last_bit() -> None:
    design = make_design(read("log_radon ~ floor + (1 | county)"), dataset("radon"))
    estimates = fit(design).estimates
    found = json.loads(ask(json.dumps(RADON).encode()).body)
    assert [effect["estimate"] for effect in found["fixed_effects"]] == estimates.beta.tolist()
    assert found["fixed_effects_covariance"] == estimates.covariance.tolist()
    assert found["statistics"]["sigma"] == estimates.sigma
    assert found["random_effects"]["county"]["estimate"] == estimates.factors[0].effects.T.tolist()


@pytest.mark.parametrize("method", ["REML", "ML"])
def test_tests_and_intervals_go_by_the_adjusted_errors(method: str) -> None:
    plain, adjusted, reml = radon(method=method), radon(method=method, df="kenward-roger"), radon(df="kenward-roger")
    assert adjusted.fixed_effects_covariance == plain.fixed_effects_covariance
    assert adjusted.adjusted_covariance is not None
    for k, (row, before, by_reml) in enumerate(
        zip(adjusted.fixed_effects, plain.fixed_effects, reml.fixed_effects, strict=True)
    ):
        error = row.adjusted_std_error
        assert error is not None
        assert row.df is not None
        assert (row.estimate, row.std_error) == (before.estimate, before.std_error)
        # Two searches end within 1e-8.
        assert (error, row.df) == pytest.approx((by_reml.adjusted_std_error, by_reml.df), rel=1e-7)
        assert adjusted.adjusted_covariance[k][k] == pytest.approx(error**2, rel=1e-14)
        assert row.statistic == row.estimate / error
        # SciPy's distribution is that of scipy.special in other words.
        interval = t.interval(0.95, row.df, loc=row.estimate, scale=error)
        assert (row.conf_low, row.conf_high) == pytest.approx(interval, rel=1e-9)


@pytest.mark.parametrize("df", ["satterthwaite", "residual", "none"])
def test_other_tests_have_nothing_adjusted(df: str) -> None:
    found = radon(df=df)
    assert found.adjusted_covariance is None
    assert [row.adjusted_std_error for row in found.fixed_effects] == [None, None]


@pytest.mark.parametrize(("held", "told"), [(0, 0.0), (0.5, 0.5), ([0.5], 0.5), ("inf", None), (["inf"], None)])
def test_theta_is_held(held: object, told: float | None) -> None:
    found = radon(theta=held)
    assert found.convergence.theta == [told]
    assert found.convergence.evaluations == 0
    assert not found.convergence.singular
    assert found.statistics.n_parameters == 3  # two coefficients and sigma


def test_complete_pooling_pulls_every_group_to_the_mean() -> None:
    found = radon(theta=0)
    lines = (found.coefficients or {})["county"]
    assert lines.estimate == [[effect.estimate for effect in found.fixed_effects]] * len(lines.levels)


def test_no_pooling_leaves_every_group_its_own_mean() -> None:
    found = document({"dataset": "radon", **NULL_MODEL, "theta": "inf"})
    table = dataset("radon")
    county, y = table.columns["county"], table.columns["log_radon"]
    assert isinstance(county, Categorical)
    assert isinstance(y, Numeric)
    means = np.bincount(county.codes, y.values) / np.bincount(county.codes)
    lines = np.array((found.coefficients or {})["county"].estimate, dtype=float)[:, 0]
    np.testing.assert_allclose(lines, means, rtol=1e-13)  # two orders of summation


@pytest.mark.parametrize(
    "include",
    [
        [],
        ["random_effects"],
        ["coefficients"],
        ["fitted"],
        ["residuals"],
        ["residuals", "fitted"],
        "fitted",
        ["posterior"],
    ],
)
def test_the_long_parts_are_those_included(include: list[str] | str) -> None:
    found = radon(include=include).model_dump()
    parts = {"random_effects", "coefficients", "fitted", "residuals", "posterior"}
    assert {part for part in parts if found[part] is not None} == (
        {include} if isinstance(include, str) else {*include}
    )


def test_fitted_values_are_the_groups_lines() -> None:
    found = radon(include=["coefficients", "fitted", "residuals"])
    columns = dataset("radon").columns
    county, floor, y = columns["county"], columns["floor"], columns["log_radon"]
    assert isinstance(county, Categorical)
    assert isinstance(floor, Numeric)
    assert isinstance(y, Numeric)
    lines = np.array((found.coefficients or {})["county"].estimate, dtype=float)[county.codes]
    # Sums in another order: a few units in the last place of numbers of size 1.
    np.testing.assert_allclose(found.fitted or [], lines[:, 0] + lines[:, 1] * floor.values, atol=1e-14)
    np.testing.assert_allclose(np.add(found.fitted or [], found.residuals or []), y.values, atol=1e-14)


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95, 0.999])
def test_intervals_have_the_level_asked_for(level: float) -> None:
    for effect in radon(confidence_level=level).fixed_effects:
        half = t.ppf(0.5 + level / 2, effect.df or 0) * (effect.std_error or 0)
        assert effect.conf_low == pytest.approx(effect.estimate - half, rel=1e-12)  # two routines for t
        assert effect.conf_high == pytest.approx(effect.estimate + half, rel=1e-12)


def test_intervals_of_standard_deviations_grow_with_the_level() -> None:
    components = [radon(confidence_level=level).variance_components for level in (0.5, 0.95, 0.999)]
    for narrow, wide in pairwise(components):
        for a, b in zip(narrow, wide, strict=True):
            assert None not in (a.conf_low, a.conf_high, b.conf_low, b.conf_high)
            assert (b.conf_low or 0) < (a.conf_low or 0) < (a.std_dev or 0) < (a.conf_high or 0) < (b.conf_high or 0)


def test_no_intervals() -> None:
    found = radon(intervals="none")
    assert {(row.conf_low, row.conf_high) for row in found.fixed_effects} == {(None, None)}
    assert {(row.conf_low, row.conf_high) for row in found.variance_components} == {(None, None)}


def test_residual_degrees_of_freedom() -> None:
    assert [effect.df for effect in radon(df="residual").fixed_effects] == [917, 917]


def test_no_degrees_of_freedom_mean_a_normal_reference() -> None:
    for effect in radon(df="none").fixed_effects:
        assert effect.df is None
        assert effect.p_value == pytest.approx(2 * norm.sf(abs(effect.statistic or 0)), rel=1e-10)  # deep in the tail


def test_roles() -> None:
    roles = {effect.term: effect.role for effect in document({"dataset": "radon", **URANIUM}).fixed_effects}
    assert roles == {"(Intercept)": "intercept", "floor": "observation_level", "log_uranium": "group_level"}


def test_a_coefficient_beyond_a_double_is_refused() -> None:
    """The slope of so large a response by so small a column is of the order 1e320."""
    data = {"y": [1e140 * value for value in PLAIN], "x": [1e-180 * value for value in X], "g": ["a", "b", "c"] * 16}
    with np.errstate(over="ignore"):
        refusal = refusal_of(ask(json.dumps({"data": data, "formula": "y ~ x + (1 | g)"}).encode()))
    assert refusal.code == "not_finite"
    assert refusal.errors[0].column == "x"


def test_weights_and_rows_that_were_left_out_are_told() -> None:
    data = {"w": [1.0] * len(X), "y": [None, *PLAIN[1:]], "x": X, "g": ["a", "b", "c"] * 16}
    found = document({"data": data, "formula": "y ~ x + (1 | g)", "weights": "w"})
    assert (found.model.n_observations, found.model.n_dropped, found.model.weights) == (47, 1, "w")


@pytest.mark.parametrize(
    ("term", "correlated"),
    [
        ("(x | g)", True),
        ("(1 | g)", True),
        ("(0 + x | g)", True),
        ("(x || g)", False),
        ("(1 | g) + (0 + x | g)", False),
    ],
)
def test_coefficients_of_several_terms_are_not_correlated(term: str, correlated: bool) -> None:
    found = document(request(PLAIN, f"y ~ x + {term}"))
    (factor,) = found.model.grouping_factors
    assert factor.correlated == correlated
    assert [row.term for row in found.variance_components[:-1]] == factor.terms
    assert len(found.random_correlations) == (len(factor.terms) == 2 and correlated)


def test_every_pair_of_a_term_has_a_correlation() -> None:
    found = document(request(PLAIN, "y ~ x + u + (x + I(x^2) | g)", method="ML"))
    pairs = [(row.group, row.term_1, row.term_2) for row in found.random_correlations]
    assert pairs == [("g", "(Intercept)", "x"), ("g", "(Intercept)", "I(x^2)"), ("g", "x", "I(x^2)")]
    assert all(abs(row.correlation or 0) <= 1 for row in found.random_correlations)


def test_factors_come_by_decreasing_number_of_groups() -> None:
    found = document(request(PLAIN, "y ~ x + (1 | h) + (x | g)"))
    names = ["g", "h"]
    assert [factor.group for factor in found.model.grouping_factors] == names
    assert [*(found.random_effects or {})] == [*(found.coefficients or {})] == [*found.icc.by_group] == names
    assert [row.group for row in found.variance_components] == ["g", "g", "h", "Residual"]
    assert [pool.group for pool in found.pooling] == ["h"]


@pytest.mark.parametrize(("formula", "thetas"), [(SLOPES, 3), (CROSSED, 2), ("y ~ x + (x || g)", 2)])
def test_every_theta_is_a_parameter(formula: str, thetas: int) -> None:
    found = document(request(PLAIN, formula))
    assert len(found.convergence.theta) == thetas
    assert found.statistics.n_parameters == 2 + 1 + thetas
    assert found.statistics.df_residual == len(PLAIN) - 3 - thetas


@pytest.mark.parametrize("formula", [SLOPES, CROSSED, "y ~ x + (1 | g/h)", "y ~ 1 + (x | g) + (1 | h)"])
def test_the_shares_of_the_factors_add_up(formula: str) -> None:
    found = document(request(PLAIN, formula)).icc
    # A handful of roundings.
    assert sum(share or 0.0 for share in found.by_group.values()) == pytest.approx(found.adjusted, rel=1e-14)


@pytest.mark.parametrize(
    ("options", "needed"),
    [
        ({}, True),
        ({"df": "residual"}, True),
        ({"intervals": "none"}, True),
        ({"df": "residual", "intervals": "none"}, False),
        ({"df": "none", "intervals": "none"}, False),
    ],
)
def test_curvature_is_left_out_where_nothing_needs_it(options: Mapping[str, str], needed: bool) -> None:
    design = make_design(read(str(RADON["formula"])), dataset("radon"))
    asked = FitOptions.model_validate({"formula": RADON["formula"], **options})
    assert (findings_of(design, fit(design), asked).curvature is not None) == needed
