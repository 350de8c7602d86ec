"""What the tests of notes share: what the catalogue says, and the notes of a request."""

from collections.abc import Mapping
from math import cos, sin
from pathlib import Path

from service.contract import NOTES
from service.contract.document import Note
from tests.report.difficult import (
    BOTH,
    CENTRED,
    CODES,
    EFFECTS,
    LINE,
    MEAN,
    PLAIN,
    SINGLES,
    SLOPES,
    X,
    request,
    small,
)
from tests.tasks.questions import RADON, document

REFERENCE = Path(__file__).parents[1] / "reference/data"

KINDS = {kind.code: kind for kind in NOTES.notes}

CONFOUNDED = [x + 3 * effect for x, effect in zip(X, EFFECTS, strict=True)]
"""A predictor whose group means go with the groups' effects."""


def with_column(name: str, values: list[float], formula: str) -> Mapping[str, object]:
    data = {"y": PLAIN, name: values, "g": [f"g{j}" for j in CODES]}
    return {"data": data, "formula": formula}


APPLIES: Mapping[str, Mapping[str, object]] = {
    "rows_dropped": {"data": {"y": [None, None, *PLAIN[2:]], "g": list("abcd") * 12}, "formula": MEAN},
    "aliased_terms": with_column("v", [2 * x for x in X], "y ~ v + I(v + 1) + (1 | g)"),
    "no_pooling": request(PLAIN, theta="inf"),
    "theta_held": request(PLAIN, theta=0.25),
    "no_residual_variance": request(LINE),
    "variances_unidentified": small(PLAIN[:9], SINGLES, "y ~ x + (1 | g)"),
    "no_adjustment": request(PLAIN, "y ~ g + (1 | g) + (1 | h)", df="kenward-roger"),
    "variance_out_of_range": request([1e-200 * value for value in PLAIN]),
    "no_posterior": small(PLAIN[:12], "aaaaaabbbbbb", MEAN, include="posterior"),
    "no_bootstrap": request(LINE, intervals="bootstrap"),
    "heavy_tails": small(PLAIN[:12], "aaaabbbbcccc", MEAN, include="posterior"),
    "boundary_variance": request(CENTRED, MEAN),
    "singular_covariance": request(CENTRED, SLOPES),
    "intervals_missing": request(CENTRED, SLOPES),
    "few_groups": small(PLAIN[:12], "aaabbbcccddd", MEAN),
    "few_degrees_of_freedom": small(PLAIN[:12], "aaabbbbccddd", MEAN),
    "singleton_groups": RADON,
    "equivalent_n": RADON,
    "significance_no_criterion": RADON,
    "shares_leave_out": request(PLAIN, "y ~ 1 + (x | g)"),
    "group_level_predictor": request(PLAIN, BOTH),
    "group_means_confound": with_column("v", CONFOUNDED, "y ~ v + (1 | g)"),
    "unscaled_predictors": request(PLAIN, "y ~ x + I(10000 * u) + (1 | g)"),
}
"""Of each note but two, a request whose fit it applies to."""


def grouped(n_groups: int, apart: float, formula: str = MEAN, **options: object) -> Mapping[str, object]:
    """A fit to groups of six rows, the further apart the better known."""
    rows = range(6 * n_groups)
    y = [apart * cos(5 * (k // 6) ** 2) + sin(7 * k * k + 2) for k in rows]
    return {
        "data": {"y": y, "x": [sin(3 * k * k + 1) for k in rows], "g": [f"g{k // 6}" for k in rows]},
        "formula": formula,
        **options,
    }


def found(request: Mapping[str, object], code: str) -> list[Note]:
    return [note for note in document(request).notes if note.code == code]
