"""What single notes say: their facts, their names and when they keep silent."""

from csv import DictReader
from dataclasses import replace
from math import sin
from statistics import stdev

import pytest

from service.contract import FitOptions
from service.contract.document import Note
from service.data import dataset
from service.design import make_design
from service.engine import fit
from service.formula import read
from service.report.findings import findings_of
from service.report.notes import notes
from service.report.notes.coverage import COVERAGE, WEIGHTS, coverage_of
from service.report.notes.wording import MOST_NAMED, listed
from tests.report.difficult import (
    CENTRED,
    CODES,
    CROSSED,
    DIFFICULT,
    EFFECTS,
    GROUPS,
    LEVEL,
    MEAN,
    NOISE,
    PLAIN,
    SLOPES,
    X,
    request,
    small,
)
from tests.report.noted import APPLIES, CONFOUNDED, KINDS, REFERENCE, found, grouped
from tests.tasks.questions import RADON, document

RADON_OPTIONS = {"formula": RADON["formula"]}


def radon_notes(
    *,
    term: str = "(1 | county)",
    known: bool = True,
    converged: bool = True,
    gradient_norm: float = 0.0,
    minima: int = 1,
) -> dict[str, Note]:
    """The notes on a radon fit by code, had its search ended so."""
    design = make_design(read(f"log_radon ~ floor + {term}"), dataset("radon"))
    made = fit(design)
    assert made.verdict is not None
    verdict = replace(made.verdict, converged=converged, gradient_norm=gradient_norm, minima=minima)
    found = findings_of(design, replace(made, verdict=verdict), FitOptions.model_validate(RADON_OPTIONS))
    if not known and found.curvature is not None:
        curvature = replace(found.curvature, covariance=found.curvature.covariance * float("nan"))
        found = replace(found, curvature=curvature)
    return {note.code: note for note in notes(found, "f1")}


def test_a_search_that_did_not_end_is_told() -> None:
    note = radon_notes(converged=False, gradient_norm=0.125)["not_converged"]
    assert "gradient 0.12 standard errors" in note.message
    assert note.where == {"gradient_norm": 0.125}


def test_a_flat_criterion_is_told_without_a_number() -> None:
    told = radon_notes(known=False, converged=False, gradient_norm=float("inf"), minima=3)
    assert "no curvature" in told["not_converged"].message
    assert told["not_converged"].where == {"gradient_norm": None}
    assert "variances_unidentified" in told
    assert "several_optima" not in told


def test_several_optima_are_told() -> None:
    note = radon_notes(minima=2)["several_optima"]
    assert "2 local minima; the lowest over the whole range" in note.message
    assert note.where == {"minima": 2}
    assert "the lowest of those found" in radon_notes(term="(floor | county)", minima=2)["several_optima"].message


def test_the_radon_fit_has_neither() -> None:
    assert radon_notes().keys().isdisjoint({"not_converged", "several_optima", "variances_unidentified"})


@pytest.mark.parametrize(
    ("n_groups", "apart", "severity"),
    [
        (2, 20.0, "warning"),
        (4, 20.0, "warning"),
        (5, 20.0, "info"),
        (6, 20.0, None),
        (6, 0.6, "info"),
        (18, 0.4, "info"),
        (18, 0.6, None),
        (19, 0.3, "warning"),
        (20, 0.3, None),
    ],
)
def test_few_groups_matter_the_more_the_fewer_they_are_and_the_less_each_tells(
    n_groups: int, apart: float, severity: str | None
) -> None:
    told = found(grouped(n_groups, apart), "few_groups")
    assert [note.severity for note in told] == ([severity] if severity else [])


def test_a_slope_that_is_badly_known_counts() -> None:
    """The intercepts are far apart, the slopes are noise."""
    (note,) = found(grouped(9, 20.0, "y ~ x + (x | g)"), "few_groups")
    assert note.severity == "warning"
    (weight,) = [float(str(note.where["weight"]))]
    assert weight < 0.5
    assert found(grouped(9, 20.0, "y ~ x + (1 | g)"), "few_groups") == []


def test_a_factor_beside_another_counts_by_what_the_other_leaves() -> None:
    """Thirty casks vary more than their ten batches, of which each has three: no batch tells much of itself."""
    with (REFERENCE / "Pastes.csv").open() as file:
        rows = list(DictReader(file))
    columns = {"strength": [float(row["strength"]) for row in rows]}
    labels = {name: [row[name] for row in rows] for name in ("batch", "cask")}
    pastes = {"data": {**columns, **labels}, "formula": "strength ~ 1 + (1 | batch/cask)"}
    (note,) = found(pastes, "few_groups")
    sd = {row.group: row.std_dev or 0.0 for row in document(pastes).variance_components}
    own = (sd["cask:batch"] ** 2 + sd["Residual"] ** 2 / 2) / 3
    assert note.where["weight"] == pytest.approx(sd["batch"] ** 2 / (sd["batch"] ** 2 + own), rel=1e-6)
    assert note.severity == "warning"


def test_coverage_grows_with_the_groups_and_with_their_weight() -> None:
    covered = [[coverage for coverage, _ in row] for row in COVERAGE.values()]
    assert all(row == sorted(row) for row in covered)
    assert all(list(column) == sorted(column) for column in zip(*covered, strict=True))
    assert coverage_of(11, 0.5) == coverage_of(10, 0.5) == COVERAGE[10][WEIGHTS.index(0.5)]
    assert coverage_of(1000, 1.0) == COVERAGE[max(COVERAGE)][-1]
    assert coverage_of(5, 0.625) == pytest.approx(((0.62 + 0.79) / 2, (0.27 + 0.09) / 2))


@pytest.mark.parametrize(
    ("asked", "severity"),
    [
        ({"df": "residual"}, "warning"),
        ({"df": "none"}, "warning"),
        ({}, "info"),
        ({"df": "residual", "intervals": "none"}, None),  # the curvature is not known, and is not made to say this
    ],
)
def test_degrees_of_freedom_that_are_too_many_are_told(asked: dict[str, str], severity: str | None) -> None:
    request = small(PLAIN[:12], "aaabbbbccddd", MEAN, **asked)
    told = found(request, "few_degrees_of_freedom")
    assert [note.severity for note in told] == ([severity] if severity else [])
    for note in told:
        satterthwaite = document({**request, "df": "satterthwaite"}).fixed_effects[0]
        assert (note.where["term"], note.where["df"]) == (satterthwaite.term, satterthwaite.df)


def test_an_interval_that_should_be_far_longer_is_told_by_a_factor() -> None:
    (note,) = found(small(PLAIN[:12], "aaaaaaaaaabb", MEAN, df="none"), "few_degrees_of_freedom")
    lengthening = note.where["lengthening"]
    assert isinstance(lengthening, float)
    assert lengthening > 200
    assert f"its interval should be longer, by a factor of {1 + lengthening:.0f}." in note.message


def test_with_equal_sizes_no_other_degrees_of_freedom_are_better() -> None:
    equal = small(PLAIN[:12], "aaabbbcccddd", MEAN)
    assert found(equal, "few_degrees_of_freedom") == []
    assert found({**equal, "df": "residual"}, "few_degrees_of_freedom") != []


def test_an_indicator_has_no_unit_to_choose() -> None:
    data = {"y": PLAIN, "x": [5000 * x for x in X], "d": [float(x > 0) for x in X], "g": [f"g{j}" for j in CODES]}
    assert found({"data": data, "formula": "y ~ x + d + (1 | g)"}, "unscaled_predictors") == []
    (note,) = found({"data": data, "formula": "y ~ x + I(d + 1) + (1 | g)"}, "unscaled_predictors")
    assert (note.where["term"], note.where["other_term"]) == ("x", "I(d + 1)")


def test_the_scales_are_the_columns_own() -> None:
    (note,) = found(APPLIES["unscaled_predictors"], "unscaled_predictors")
    assert note.where["sd"] == pytest.approx(1e4 * stdev(LEVEL), rel=1e-12)  # rounding
    assert note.where["other_sd"] == pytest.approx(stdev(X), rel=1e-12)
    assert found(request(PLAIN, "y ~ x + I(900 * u) + (1 | g)"), "unscaled_predictors") == []


def test_units_of_weight_are_no_observations() -> None:
    weighted = {"data": {"y": PLAIN, "w": [2.0] * 48, "g": [f"g{j}" for j in CODES]}, "formula": MEAN, "weights": "w"}
    (note,) = found({**weighted, "theta": 0.1}, "equivalent_n")
    assert "units of weight" in note.message
    assert note.next is None


def test_a_group_of_equivalent_size_is_tied() -> None:
    uneven = {"data": {"y": PLAIN, "g": [f"g{max(j, 1)}" for j in CODES[:-1]] + ["g8"]}, "formula": MEAN}
    (note,) = found({**uneven, "theta": 6**-0.5}, "equivalent_n")
    assert "2 groups of g have less" in note.message
    assert "1 have more and lie nearer to their own, 5 have as many." in note.message


def test_where_every_group_is_large_enough_nothing_is_said() -> None:
    assert found(request(PLAIN, MEAN, theta=6**-0.5), "equivalent_n") == []
    assert document(request(PLAIN, MEAN)).pooling[0].groups_below == 0
    assert found(request(PLAIN, MEAN), "equivalent_n") == []


def test_a_confounded_predictor_is_named() -> None:
    (note,) = found(APPLIES["group_means_confound"], "group_means_confound")
    assert note.message.startswith("The slope of v between groups exceeds that within groups by ")
    assert note.where["term"] == "v"


def test_the_contextual_effect_is_the_coefficient_of_the_group_means() -> None:
    """Mundlak's model itself, at the theta of the other, gives the difference and its error."""
    (note,) = found(APPLIES["group_means_confound"], "group_means_confound")
    theta = document(APPLIES["group_means_confound"]).convergence.theta
    means = [sum(CONFOUNDED[j * 6 : j * 6 + 6]) / 6 for j in CODES]
    data = {"y": PLAIN, "v": CONFOUNDED, "m": means, "g": [f"g{j}" for j in CODES]}
    mundlak = document({"data": data, "formula": "y ~ v + m + (1 | g)", "theta": theta})
    assert note.where["difference"] == pytest.approx(mundlak.fixed_effects[2].estimate, rel=1e-9)  # two routes


def test_long_lists_are_counted() -> None:
    names = [f"x{k}" for k in range(MOST_NAMED + 2)]
    assert listed(names[:2]) == "x0, x1"
    assert listed(names).endswith("x9 and 2 more")
    data = {name: [(k + 1) * x for x in X] for k, name in enumerate(names)}
    formula = f"y ~ x + {' + '.join(names)} + (1 | g)"
    request = {"data": {"y": PLAIN, "x": X, "g": [f"g{j}" for j in CODES], **data}, "formula": formula}
    (note,) = found(request, "aliased_terms")
    assert note.where["terms"] == names[:MOST_NAMED]
    assert "and 2 more" in note.message
    assert document(request).model.aliased_terms == names


def test_each_factor_has_a_note_of_its_own() -> None:
    whole = document(request(CENTRED, CROSSED))
    told = [(note.code, note.where["group"]) for note in whole.notes]
    assert told == [("boundary_variance", "g"), ("boundary_variance", "h"), ("few_groups", "g"), ("few_groups", "h")]


@pytest.mark.parametrize("name", DIFFICULT)
def test_none_is_told_twice(name: str) -> None:
    told = [(note.code, note.where.get("group"), note.where.get("term")) for note in document(DIFFICULT[name]).notes]
    assert len(told) == len(set(told))


def test_a_coefficient_that_does_not_vary_is_named() -> None:
    (note,) = found(request(CENTRED, "y ~ 1 + (x || g)"), "boundary_variance")
    assert note.where == {"group": "g", "n_groups": GROUPS, "terms": ["(Intercept)"]}
    assert "estimated as 0 for (Intercept):" in note.message


def test_a_correlation_of_one_is_told_with_its_sign() -> None:
    (note,) = found(request(CENTRED, SLOPES), "singular_covariance")
    (pair,) = document(request(CENTRED, SLOPES)).random_correlations
    assert f"with a correlation of {round(pair.correlation or 0)}:" in note.message
    assert note.where == {"group": "g", "terms": ["(Intercept)", "x"], "rank": 1, "full_rank": 2}
    mirrored = {**request(CENTRED, SLOPES), "data": {"y": CENTRED, "x": [-x for x in X], "g": CODES}}
    (other,) = document(mirrored).random_correlations
    assert (pair.correlation or 0) * (other.correlation or 0) == pytest.approx(-1)


def test_of_three_coefficients_the_rank_is_told() -> None:
    """The slopes go with each other in y, and the intercept hardly varies."""
    z = [sin(11 * k * k) for k in range(len(X))]
    y = [e * (x + w) + noise / 9 for e, x, w, noise in zip(EFFECTS, X, z, NOISE, strict=True)]
    data = {"y": y, "x": X, "z": z, "g": [f"g{j}" for j in CODES]}
    (note,) = found({"data": data, "formula": "y ~ x + z + (x + z | g)"}, "singular_covariance")
    assert note.where == {"group": "g", "terms": ["(Intercept)", "x", "z"], "rank": 2, "full_rank": 3}
    assert "has rank 2, not 3" in note.message
    assert "correlation of" not in note.message


@pytest.mark.parametrize("theta", [[0.5, 0.3, 0.0], [0.0, 0.0, 0.0]])
def test_what_is_held_is_no_estimate(theta: list[float]) -> None:
    codes = {note.code for note in document(request(PLAIN, SLOPES, theta=theta)).notes}
    assert "theta_held" in codes
    assert codes.isdisjoint({"singular_covariance", "boundary_variance", "few_groups"})


def test_several_thetas_are_told() -> None:
    (note,) = found(request(PLAIN, CROSSED, theta=[0.5, 0.25]), "theta_held")
    assert note.message == (
        "theta is held at 0.5, 0.25, not estimated; correlations and the ICC, which it determines, have no interval. "
        f"{KINDS['theta_held'].advice}"
    )
    assert note.where == {"factors": ["g", "h"], "theta": [0.5, 0.25]}
    (note,) = found(request(PLAIN, CROSSED, theta=[0.5, 0]), "theta_held")
    assert "What does not vary at this theta has no interval" in note.message


def test_variances_of_the_same_groups_are_not_told_apart() -> None:
    both = found(request(PLAIN, "y ~ x + (x | g) + (0 + x | m)"), "variances_unidentified")
    assert [(note.where["group"], note.where["terms"]) for note in both] == [("g", ["x"]), ("m", ["x"])]
    whole = document(request(PLAIN, "y ~ x + (x | g) + (0 + x | m)"))
    assert [row.conf_low is None for row in whole.variance_components] == [False, True, True, False]
    assert None not in [effect.df for effect in whole.fixed_effects]


def test_single_observations_have_no_weight_where_more_varies() -> None:
    (note,) = found(request(PLAIN, "y ~ x + (1 | g/h)"), "singleton_groups")
    assert note.where.keys() == {"group", "groups", "weight"}
    data = {"y": PLAIN[:12], "x": X[:12], "g": list("aaabbbcccdde")}
    (note,) = found({"data": data, "formula": SLOPES}, "singleton_groups")
    assert note.where == {"group": "g", "groups": 1}
    assert "weight" not in note.message


@pytest.mark.parametrize("formula", [SLOPES, CROSSED, "y ~ x + (0 + x | g)"])
def test_what_is_said_of_a_mean_of_all_is_not_said_beside_other_effects(formula: str) -> None:
    codes = {note.code for note in document(request(PLAIN, formula)).notes}
    assert codes.isdisjoint({"equivalent_n", "significance_no_criterion", "group_means_confound"})


def test_a_predictor_belongs_to_the_fewest_groups_it_is_constant_in() -> None:
    inner = [f"{j}{k % 2}" for k, j in enumerate(CODES)]
    of_inner = [sin(int(label)) for label in inner]
    data = {"y": PLAIN, "u": LEVEL, "v": of_inner, "x": X, "g": [f"g{j}" for j in CODES], "s": inner}
    told = found({"data": data, "formula": "y ~ x + u + v + (1 | g) + (1 | s)"}, "group_level_predictor")
    assert [(note.where["group"], note.where["terms"]) for note in told] == [("s", ["v"]), ("g", ["u"])]


def test_shares_of_all_that_varies_are_told() -> None:
    """By `||` nothing but the intercept counts; with one term all does, and little else changes."""
    (note,) = found(request(PLAIN, "y ~ x + (x || g)"), "shares_leave_out")
    assert note.where["terms"] == ["x by g"]
    correlated = document(request(PLAIN, SLOPES))
    assert note.where["icc"] == pytest.approx(correlated.icc.adjusted, rel=0.02)
    assert note.where["r2_conditional"] == pytest.approx(correlated.r_squared.conditional, rel=0.02)


def test_what_varies_without_a_fixed_effect_is_named() -> None:
    (note,) = found({"dataset": "radon", "formula": "log_radon ~ log_uranium + (floor | county)"}, "shares_leave_out")
    assert note.where["terms"] == ["floor by county"]
