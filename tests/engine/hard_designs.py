"""Small designs on which fits go wrong: extremes of location, scale, balance and dependence, by name.

Each is y ~ predictors + (1 | g) with fixed numbers. What they have in common is one set of rows in seven groups: `x`
varies within groups, `v` between them only.
"""

import numpy as np

from service.design import Design
from tests.engine.designs import design_of, group_means, group_of, random_rows

x, v, y, codes = random_rows(1, (1, 2, 3, 4, 5, 6, 3))
n = y.size
random = np.random.default_rng(2)
z, v2 = random.normal(size=n), random.normal(size=7)[codes]
weights = 10.0 ** random.uniform(-3, 3, n)
months = np.arange(n) % 12 + 1.0
letters = np.eye(3)[:, random.integers(0, 3, n)]


def noise_of(size: float) -> Design:
    """Residuals of this size where groups differ by 1: theta is about its inverse."""
    x, v, y, codes = random_rows(2, (3, 4, 5, 2, 4, 3), noise=size)
    return design_of(y, codes, x, v)


def unequal(*sizes: int) -> Design:
    x, _, y, codes = random_rows(7, sizes)
    return design_of(y, codes, x)


def crowded() -> Design:
    """Two degrees of freedom are left within groups, two between them."""
    _, _, y, codes = random_rows(4, (8, 8, 8))
    return design_of(y, codes, *np.random.default_rng(4).normal(size=(19, 24)))


def hidden() -> Design:
    """All of y is 1e8 v but for one group of hardly any weight, which makes y look unexplained."""
    _, v, y, codes = random_rows(1, (1, 2, 3, 4, 5, 6, 3))
    apart = codes == 5
    return design_of(y + np.where(apart, -1e9, 1e8 * v), codes, v, weights=np.where(apart, 1e-20, 1.0))


def certified(base: float) -> Design:
    """In the manner of NIST's SmLs problems: the base, and steps of a tenth."""
    codes = group_of((4,) * 6)
    return design_of(base + 0.4 + 0.1 * ((np.arange(24) * 5 % 7 + codes) % 4), codes)


def nearly_pooled() -> Design:
    """Balanced, with group means such that theta is 1e-3 by REML, and 0 by ML."""
    _, _, y, codes = random_rows(3, (4,) * 6)
    around = y - group_means(y, codes)
    within = around @ around / 18
    return design_of(around + np.sqrt(within * (1 + 4e-6) / 4.8) * np.tile([1.0, -1.0], 3)[codes], codes)


EASY = {
    "no predictor": design_of(y, codes),
    "a predictor": design_of(y, codes, x),
    "group-level predictor": design_of(y, codes, v),
    "both, and their product": design_of(y, codes, x, v, x * v),
    "no intercept": design_of(y, codes, x, intercept=False),
    "no coefficient": design_of(y, codes, intercept=False),
    "group-level predictor alone": design_of(y, codes, v, intercept=False),
    "factor without intercept": design_of(y, codes, *letters, intercept=False),
    "offset": design_of(y, codes, x, offset=5 * v + x),
    "weights over 6 decades": design_of(y, codes, x, v, weights=weights),
    "weights of 1e12": design_of(y, codes, x, weights=1e12 * weights),
    "weights of 1e-30": design_of(y, codes, x, weights=1e-30 * weights),
    "y in 1e-200": design_of(1e-200 * y, codes, x),
    "y in 1e160": design_of(1e160 * y, codes, x),
    "y at 1e6": design_of(1e6 + y, codes, x),
    "y at 1e9": design_of(1e9 + y, codes, x),
    "y at 1e12": design_of(1e12 + y, codes, x),
    "y at 1e9, weights": design_of(1e9 + y, codes, x, weights=weights),
    "y at 1e6, offset as well": design_of(1e6 + y, codes, x, offset=np.full(n, 1e6)),
    "x in 1e6 at 1e6": design_of(y, codes, 1e6 + 1e6 * x),
    "x at 1e10": design_of(y, codes, 1e10 + x),
    "x in 1e-8": design_of(y, codes, 1e-8 * x),
    "x in 1e-200": design_of(y, codes, 1e-200 * x),
    "x in 1e160": design_of(y, codes, 1e160 * x),
    "x in 1e-12 at 1": design_of(y, codes, 1 + 1e-12 * x),
    "x at 1e6, no intercept": design_of(y, codes, 1e6 + x, v, intercept=False),
    "an outlier in x": design_of(y, codes, np.where(np.arange(n) == 3, 1e12, x)),
    "an outlier in y": design_of(np.where(np.arange(n) == 3, 1e9, y), codes, x),
    "theta 1e3": noise_of(1e-3),
    "theta 1e-3": nearly_pooled(),
    "theta 0": design_of(np.tile([1.0, 2.0, 4.0, 3.0], 6), group_of((4,) * 6)),
    "groups of 1 and 30": unequal(1, 1, 1, 1, 1, 30),
    "two groups": unequal(12, 12),
    "two groups, 1 and 40": unequal(1, 40),
    "one group that is no singleton": unequal(3, *[1] * 20),
    "x and x less its group means": design_of(y, codes, x, x - group_means(x, codes)),
    "group means and x less them": design_of(y, codes, group_means(x, codes), x - group_means(x, codes)),
    "x and x + v": design_of(y, codes, x, x + v),
    "as many group-level columns as groups less one": design_of(y, codes, x, *random.normal(size=(5, 7))[:, codes]),
    "a column twice": design_of(y, codes, x, v, x),
    "a constant column": design_of(y, codes, np.full(n, 0.1), x),
    "a sum of others": design_of(y, codes, x, v, 2 * x - v / 3),
    "indicators and the intercept": design_of(y, codes, *letters),
    "powers to the 6th": design_of(y, codes, *[months**k for k in range(1, 7)]),
    "years and their squares": design_of(y, codes, 2000.0 + np.arange(n), (2000.0 + np.arange(n)) ** 2),
    "steps of a tenth": certified(0.0),
    "steps of a tenth at 1e6": certified(1e6),
    "steps of a tenth at 1e12": certified(1e12),
}
"""Nothing is lost: the figures are right to 1e-8, most to 1e-13."""

HARD = {
    "a group of no weight hides that v explains the rest": hidden(),
    "as many coefficients as rows, less four": crowded(),
    "x and x + 1e-4 z": design_of(y, codes, x, x + 1e-4 * z),
    "x and x + 1e-6 z": design_of(y, codes, x, x + 1e-6 * z),
    "v and v + 1e-4 v2": design_of(y, codes, v, v + 1e-4 * v2),
    "v and v + 1e-6 v2": design_of(y, codes, v, v + 1e-6 * v2),
    "v and v + 1e-4 x": design_of(y, codes, v, v + 1e-4 * x),
    "v and v + 1e-6 x": design_of(y, codes, v, v + 1e-6 * x),
    "x and x + 1e-6 v": design_of(y, codes, x, x + 1e-6 * v),
    "powers of 101 to 112": design_of(y, codes, *[(100 + months) ** k for k in range(1, 4)]),
    "theta 1e6": noise_of(1e-6),
    "theta 1e8": noise_of(1e-8),
    "y mostly 1e8 x": design_of(y + 1e8 * x, codes, x, v),
    "y mostly 1e8 v": design_of(y + 1e8 * v, codes, x, v),
    "y mostly 1e8 (x + v)": design_of(y + 1e8 * (x + v), codes, x + v),
    "y at 1e8, indicators without intercept": design_of(1e8 + y, codes, *letters, intercept=False),
}
"""One part in 1e8 of a column, of y or of its spread is what the model is about, so half of the 16 digits are left."""
