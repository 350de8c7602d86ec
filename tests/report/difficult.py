"""Data sets on which something does not exist: requests by what is difficult about them."""

from collections.abc import Mapping, Sequence
from math import cos, sin

GROUPS, ROWS = 8, 6
CODES = [j for j in range(GROUPS) for _ in range(ROWS)]
X = [sin(3 * k * k + 1) for k in range(GROUPS * ROWS)]
NOISE = [sin(7 * k * k + 2) for k in range(GROUPS * ROWS)]
EFFECTS = [2 * cos(5 * j * j) for j in CODES]
LEVEL = [sin(j * j) for j in CODES]
PLAIN = [1 + x + effect + noise for x, effect, noise in zip(X, EFFECTS, NOISE, strict=True)]
CENTRED = [NOISE[k] - sum(NOISE[j * ROWS : (j + 1) * ROWS]) / ROWS for k, j in enumerate(CODES)]
"""Noise whose mean is the same in every group: they are more alike than chance would have them."""

BOTH = "y ~ x + u + (1 | g)"
MEAN = "y ~ 1 + (1 | g)"
SLOPES = "y ~ x + (x | g)"
CROSSED = "y ~ x + (1 | g) + (1 | h)"

Request = Mapping[str, object]


def request(y: Sequence[float], formula: str = BOTH, **options: object) -> Request:
    """A fit of these responses to the groups above, with a predictor `x` of rows and `u` of groups.

    The groups of `h` are crossed with them, `m` are the same under another name.
    """
    groups = {
        "g": [f"g{j}" for j in CODES],
        "h": [f"h{k % 5}" for k in range(len(CODES))],
        "m": [f"m{j}" for j in CODES],
    }
    return {"data": {"y": list(y), "x": X, "u": LEVEL, **groups}, "formula": formula, **options}


def small(y: Sequence[float], groups: str, formula: str, **options: object) -> Request:
    """A fit of a few rows, whose groups are letters."""
    n = len(y)
    return {"data": {"y": list(y), "x": X[:n], "z": X[n : 2 * n], "g": list(groups)}, "formula": formula, **options}


def scaled(values: Sequence[float], factor: float) -> list[float]:
    return [factor * value for value in values]


LINE = [1 + 2 * x for x in X]
SINGLES = "aabcdefgh"
"""Groups of one row but for one of two."""

DIFFICULT: Mapping[str, Request] = {
    "the boundary": request(CENTRED, MEAN),
    "the boundary, by ML": request(CENTRED, MEAN, method="ML"),
    "no pooling": request(PLAIN, theta="inf"),
    "no pooling, residual df": request(PLAIN, theta="inf", df="residual"),
    "complete pooling": request(PLAIN, theta=0),
    "a theta too small to square": request(PLAIN, theta=1e-200),
    "a theta too large to square": request(PLAIN, theta=1e200),
    "a large theta": request(PLAIN, theta=1e100),
    "y constant within groups": request(EFFECTS, MEAN),
    "y constant within groups, with predictors": request(EFFECTS),
    "y constant within groups, no pooling": request(EFFECTS, MEAN, theta="inf"),
    "y constant within groups, theta held": request(EFFECTS, MEAN, theta=0.5),
    "y constant": request([3.0] * len(X), MEAN),
    "y constant, with predictors": request([3.0] * len(X)),
    "y constant, theta held": request([3.0] * len(X), theta=0.5),
    "y constant, no pooling": request([3.0] * len(X), theta="inf"),
    "y zero and no coefficients": request([0.0] * len(X), "y ~ 0 + (1 | g)"),
    "y exactly linear": request(LINE),
    "y exactly linear, by ML": request(LINE, method="ML"),
    "y exactly linear but for the groups": request([a + b for a, b in zip(LINE, EFFECTS, strict=True)]),
    "y at 1e160": request(scaled(PLAIN, 1e160)),
    "y at 1e160, no pooling": request(scaled(PLAIN, 1e160), theta="inf"),
    "y at 1e160, complete pooling": request(scaled(PLAIN, 1e160), theta=0),
    "y at 1e-200": request(scaled(PLAIN, 1e-200)),
    "y at 1e-200 on the boundary": request(scaled(CENTRED, 1e-200), MEAN),
    "no coefficients, no pooling": request(PLAIN, "y ~ 0 + (1 | g)", theta="inf"),
    "an indicator of each group": request(PLAIN, "y ~ g + (1 | g)"),
    "an indicator of each group, no pooling": request(PLAIN, "y ~ g + (1 | g)", theta="inf"),
    "a level too high for 1 - level": request(PLAIN, confidence_level=1 - 2**-53),
    "a level of nothing": request(PLAIN, confidence_level=1e-300),
    "one contrast left": small(PLAIN[:4], "aabb", "y ~ x + z + (1 | g)"),
    "three rows": small(PLAIN[:3], "aab", MEAN),
    "three rows and a slope": small(PLAIN[:3], "aab", "y ~ x + (1 | g)"),
    "two groups": small(PLAIN[:12], "a" * 6 + "b" * 6, "y ~ x + (1 | g)"),
    "three groups": small(PLAIN[:12], "aaaabbbbcccc", MEAN, include=["random_effects", "coefficients", "posterior"]),
    "two groups on the boundary": small([*CENTRED[:6], *CENTRED[:6]], "a" * 6 + "b" * 6, MEAN),
    "all groups of one row but one": small(PLAIN[:9], SINGLES, MEAN),
    "all groups of one row but one, and a slope": small(PLAIN[:9], SINGLES, "y ~ x + (1 | g)"),
    "all groups of one row but one, no pooling": small(PLAIN[:9], SINGLES, MEAN, theta="inf"),
    "all groups of one row but one, which is tied": small([3, 3, *PLAIN[:7]], SINGLES, MEAN),
    "a slope": request(PLAIN, SLOPES),
    "a slope that does not vary": request(CENTRED, "y ~ 1 + (x || g)"),
    "a correlation of 1": request(CENTRED, SLOPES),
    "a correlation of 1, by ML": request(CENTRED, SLOPES, method="ML"),
    "a slope, complete pooling": request(PLAIN, SLOPES, theta=[0, 0, 0]),
    "a slope, held at 0": request(PLAIN, SLOPES, theta=[0.5, 0, 0]),
    "a slope, held at a correlation of 1": request(PLAIN, SLOPES, theta=[0.5, 0.3, 0]),
    "a slope, thetas too small to square": request(PLAIN, SLOPES, theta=[1e-200, 0, 1e-200]),
    "a slope, large thetas": request(PLAIN, SLOPES, theta=[1e100, 0, 1e100]),
    "a slope, y at 1e160": request(scaled(PLAIN, 1e160), SLOPES),
    "a slope, y at 1e-200": request(scaled(PLAIN, 1e-200), SLOPES),
    "a slope alone": request(PLAIN, "y ~ x + (0 + x | g)"),
    "a slope alone, no pooling": request(PLAIN, "y ~ x + (0 + x | g)", theta="inf"),
    "a slope alone, complete pooling": request(PLAIN, "y ~ x + (0 + x | g)", theta=0),
    "a slope without a fixed effect": request(PLAIN, "y ~ 1 + (x | g)"),
    "a slope alone without a fixed effect": request(PLAIN, "y ~ 1 + (0 + x | g)"),
    "a slope and no coefficients": request(PLAIN, "y ~ 0 + (x | g)"),
    "a slope and y constant within groups": request(EFFECTS, "y ~ 1 + (x | g)"),
    "a slope and y constant": request([3.0] * len(X), SLOPES),
    "a slope and y exactly linear": request(LINE, SLOPES),
    "a slope and y exactly linear, theta held": request(LINE, SLOPES, theta=[0.5, 0.1, 0.2]),
    "a slope and y exactly linear by groups": request([a * b + b for a, b in zip(X, EFFECTS, strict=True)], SLOPES),
    "crossed": request(PLAIN, CROSSED),
    "crossed, on the boundary": request(CENTRED, CROSSED),
    "crossed, one held at 0": request(PLAIN, CROSSED, theta=[0.5, 0]),
    "crossed and y at 1e-200": request(scaled(PLAIN, 1e-200), CROSSED),
    "crossed and y constant within groups of one": request(EFFECTS, "y ~ 1 + (1 | g) + (1 | h)"),
    "crossed and y constant": request([3.0] * len(X), CROSSED),
    "crossed and y exactly linear": request(LINE, CROSSED),
    "crossed and y exactly linear but for the groups": request([*map(sum, zip(LINE, EFFECTS, strict=True))], CROSSED),
    "the same groups twice": request(PLAIN, "y ~ x + (1 | g) + (1 | m)"),
    "the same slopes twice": request(PLAIN, "y ~ x + (x | g) + (0 + x | m)"),
    "an indicator of each group, and others": request(PLAIN, "y ~ g + (1 | g) + (1 | h)"),
    "nested": request(PLAIN, "y ~ x + u + (1 | g/h)"),
}
