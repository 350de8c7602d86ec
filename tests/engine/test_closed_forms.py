"""Balanced designs of several variances, whose REML estimates are those of the analysis of variance, in fractions.

With MSA, MSB, MSE the mean squares of a crossed design of a x b rows, and of one with k classes of m rows in each of j
schools (Searle, Casella & McCulloch 1992, Variance Components, sections 4.4 and 4.7), where no estimate is negative:

    crossed: sigma^2 = MSE,  sigma_a^2 = (MSA - MSE) / b,   sigma_b^2 = (MSB - MSE) / a
    nested:  sigma^2 = MSE,  sigma_b^2 = (MSB - MSE) / m,   sigma_a^2 = (MSA - MSB) / (k m)

Where all groups have the same x, their own regressions have covariance Psi + sigma^2 (X'X)^-1: the sample's.
"""

import math
from fractions import Fraction

import numpy as np
import pytest

from service.arrays import Codes, Vector
from service.engine import Fit, fit
from tests.engine.designs import model

BASES = [0.0, 1e6, 1e12, -1e13]
"""As NIST's SmLs problems: constant leading digits, and steps of a tenth that double precision can hardly hold."""

EVERY_BASE = pytest.mark.parametrize("base", BASES)

Values = list[Fraction]


def steps(base: float, *parts: Vector | Codes) -> Vector:
    """The base and steps of a tenth."""
    values: Vector = base + 0.4 + 0.1 * np.sum(parts, axis=0)
    return values


def exact(values: Vector) -> Values:
    return [Fraction(value) for value in values.tolist()]


def mean(values: Values) -> Fraction:
    return sum(values, Fraction(0)) / len(values)


def means(values: Values, codes: Codes) -> Values:
    """The mean of each group."""
    groups: list[Values] = [[] for _ in range(int(codes.max()) + 1)]
    for value, code in zip(values, codes.tolist(), strict=True):
        groups[code].append(value)
    return [mean(group) for group in groups]


def squares(values: Values, around: Values) -> Fraction:
    return sum(((a - b) ** 2 for a, b in zip(values, around, strict=True)), Fraction(0))


def sds(found: Fit) -> list[float]:
    return [*(float(sd) for own in found.estimates.factors for sd in own.sd), found.estimates.sigma]


def roots(*variances: Fraction) -> list[float]:
    assert min(variances) > 0
    return [math.sqrt(variance) for variance in variances]


def assert_found_at_once(found: Fit) -> None:
    """The moments are the estimates, so that the search ends where it begins."""
    assert found.verdict is not None
    assert (found.verdict.converged, found.verdict.evaluations) == (True, 1)


A, B = 7, 5
ROW, COLUMN = np.repeat(np.arange(A), B), np.tile(np.arange(B), A)


@EVERY_BASE
def test_crossed(base: float) -> None:
    y = steps(base, 3 * (ROW * 3 % 7), 2 * (COLUMN * 2 % 5), (ROW * 5 + COLUMN * 3) % 4)
    values = exact(y)
    whole = mean(values)
    of_rows, of_columns = means(values, ROW), means(values, COLUMN)
    msa = B * squares(of_rows, [whole] * A) / (A - 1)
    msb = A * squares(of_columns, [whole] * B) / (B - 1)
    fitted = [of_rows[i] + of_columns[j] - whole for i, j in zip(ROW.tolist(), COLUMN.tolist(), strict=True)]
    mse = squares(values, fitted) / ((A - 1) * (B - 1))
    found = fit(model("y ~ 1 + (1 | a) + (1 | b)", {"y": y, "a": ROW, "b": COLUMN}))
    assert_found_at_once(found)
    # The data enter as differences, which are exact; the moments lose a digit or two to the ratio of the mean squares.
    assert sds(found) == pytest.approx(roots((msa - mse) / B, (msb - mse) / A, mse), rel=1e-11)
    assert found.estimates.beta[0] == pytest.approx(float(whole), rel=1e-15)
    assert found.estimates.std_error[0] == pytest.approx(math.sqrt((msa + msb - mse) / (A * B)), rel=1e-11)
    n = A * B
    degrees = ((A - 1, msa), (B - 1, msb), ((A - 1) * (B - 1), mse))
    criterion = (n - 1) * (1 + math.log(2 * math.pi)) + sum(df * math.log(ms) for df, ms in degrees) + math.log(n)
    # Rounding of a value of about a hundred.
    assert found.criterion == pytest.approx(criterion, abs=1e-11)


SCHOOLS, CLASSES, ROWS = 6, 4, 3
SCHOOL, CLASS = np.repeat(np.arange(SCHOOLS), CLASSES * ROWS), np.repeat(np.arange(SCHOOLS * CLASSES), ROWS)


@EVERY_BASE
def test_nested(base: float) -> None:
    y = steps(base, 3 * (SCHOOL * 5 % 6), 2 * (CLASS * 7 % 5), np.arange(CLASS.size) * 5 % 7 % 4)
    values = exact(y)
    whole = mean(values)
    of_schools, of_classes = means(values, SCHOOL), means(values, CLASS)
    msa = CLASSES * ROWS * squares(of_schools, [whole] * SCHOOLS) / (SCHOOLS - 1)
    msb = ROWS * squares(of_classes, [of_schools[c // CLASSES] for c in range(SCHOOLS * CLASSES)])
    msb /= SCHOOLS * (CLASSES - 1)
    mse = squares(values, [of_classes[c] for c in CLASS.tolist()]) / (SCHOOLS * CLASSES * (ROWS - 1))
    found = fit(model("y ~ 1 + (1 | s) + (1 | c)", {"y": y, "s": SCHOOL, "c": CLASS}))
    assert_found_at_once(found)
    # As above.
    expected = roots((msb - mse) / ROWS, (msa - msb) / (CLASSES * ROWS), mse)
    assert sds(found) == pytest.approx(expected, rel=1e-11)
    assert found.estimates.std_error[0] == pytest.approx(math.sqrt(msa / CLASS.size), rel=1e-11)
    n = CLASS.size
    degrees = ((SCHOOLS - 1, msa), (SCHOOLS * (CLASSES - 1), msb), (SCHOOLS * CLASSES * (ROWS - 1), mse))
    criterion = (n - 1) * (1 + math.log(2 * math.pi)) + sum(df * math.log(ms) for df, ms in degrees) + math.log(n)
    # Rounding of a value of some hundred.
    assert found.criterion == pytest.approx(criterion, abs=1e-11)


J = 9
GROUP, X = np.repeat(np.arange(J), 4), np.tile([0.0, 1.0, 3.0, 4.0], J)


@pytest.mark.parametrize("restricted", [True, False], ids=["REML", "ML"])
@EVERY_BASE
def test_slopes(base: float, restricted: bool) -> None:
    y = steps(base, 2 * (GROUP * 4 % 9), X * (GROUP * 2 % 7), 3 * (np.arange(GROUP.size) * 3 % 5 % 3))
    values = exact(y)
    x = exact(X[:4])
    sxx = squares(x, [mean(x)] * 4)
    lines = []
    mse = Fraction(0)
    for j in range(J):
        own = values[4 * j : 4 * j + 4]
        slope = sum(((a - mean(x)) * b for a, b in zip(x, own, strict=True)), Fraction(0)) / sxx
        lines.append((mean(own) - slope * mean(x), slope))
        mse += squares(own, [lines[-1][0] + slope * a for a in x]) / (2 * J)
    level, steep = [list(part) for part in zip(*lines, strict=True)]
    inverse = [[Fraction(1, 4) + mean(x) ** 2 / sxx, -mean(x) / sxx], [-mean(x) / sxx, 1 / sxx]]
    df = J - 1 if restricted else J
    psi = [
        [
            sum(((a - mean(u)) * (b - mean(v)) for a, b in zip(u, v, strict=True)), Fraction(0)) / df
            for v in (level, steep)
        ]
        for u in (level, steep)
    ]
    psi = [[psi[a][b] - mse * inverse[a][b] for b in (0, 1)] for a in (0, 1)]
    found = fit(model("y ~ x + (x | g)", {"y": y, "x": X, "g": GROUP}), restricted=restricted)
    assert found.verdict is not None
    assert found.verdict.converged
    if restricted:
        assert_found_at_once(found)
    # As above; the search ends within 1e-8 standard errors of the maximum likelihood.
    tolerance = 1e-11 if restricted else 1e-7
    assert sds(found) == pytest.approx(roots(psi[0][0], psi[1][1], mse), rel=tolerance)
    correlation = float(psi[0][1]) / math.sqrt(psi[0][0] * psi[1][1])
    assert found.estimates.factors[0].correlation[0, 1] == pytest.approx(correlation, abs=tolerance)
    assert found.estimates.beta == pytest.approx([float(mean(level)), float(mean(steep))], rel=1e-13, abs=1e-13)
