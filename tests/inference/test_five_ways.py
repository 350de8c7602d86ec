"""The five ways to write a multilevel model (Gelman & Hill 2007, section 12.5) give the numbers of the service.

Each is computed from the rows of the radon data by NumPy and SciPy in a way of its own: none knows the engine, nor
another of them. Variances are found by REML everywhere, the criterion's constants left out where they do not matter.
"""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.linalg import block_diag, cho_solve, cholesky
from scipy.optimize import minimize, minimize_scalar

from service.api import five_ways
from service.arrays import Codes, Matrix, Vector
from service.contract import FitDocument
from tests.tasks.questions import document

RADON = Path(__file__).parents[2] / "service/data/datasets/radon.csv"
FORMULAS = {
    "without u": "log_radon ~ floor + (1 | county)",
    "with u": "log_radon ~ floor + log_uranium + (1 | county)",
}
FOUND = 1e-5
"""Relative: a search by values alone ends within the root of machine epsilon times the criterion, 2e3, over its
curvature."""

GIVEN = 1e-10
"""Relative, where the ratio of the variances is given: rounding of least squares of 1,000 rows."""

START = np.log([0.7, 0.2])
"""Of the logarithms of sigma_y and sigma_alpha; far below the latter's optimum the likelihood is flat."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows: y and x (n,), the counties' u (J,), of each row its county (n,)."""

    y: Vector
    x: Vector
    u: Vector
    county: Codes

    @property
    def n(self) -> int:
        return self.y.size

    @property
    def groups(self) -> int:
        return self.u.size

    def indicators(self) -> Matrix:
        """Z (n, J)."""
        return np.eye(self.groups)[self.county]

    def level(self, case: str) -> Matrix:
        """What is known of the counties (J, k): the ones, and u."""
        ones = np.ones((self.groups, 1))
        return ones if case == "without u" else np.column_stack([ones, self.u])

    def predictors(self, case: str) -> Matrix:
        """X (n, p): the ones, x, and u."""
        return np.insert(self.level(case)[self.county], 1, self.x, axis=1)


@dataclass(frozen=True, slots=True)
class Answer:
    """Coefficients in the order of X, both standard deviations, and the intercept of each county (J,)."""

    beta: Vector
    group_sd: float
    sigma: float
    intercepts: Vector


@cache
def rows() -> Rows:
    with RADON.open(newline="") as file:
        table = list(csv.DictReader(file))
    counties = sorted({row["county"] for row in table})
    county = np.array([counties.index(row["county"]) for row in table])
    column = {name: np.array([float(row[name]) for row in table]) for name in ("log_radon", "floor", "log_uranium")}
    u = np.bincount(county, column["log_uranium"]) / np.bincount(county)
    return Rows(column["log_radon"], column["floor"], u, county)


def least(criterion: Callable[[Vector], float]) -> Vector:
    """The logarithms of the standard deviations at which a criterion is least."""
    found = minimize(criterion, START, method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-9})
    return np.array(found.x, dtype=np.float64)


def solution(A: Matrix, b: Vector) -> Vector:
    """X of A x = b."""
    return np.linalg.solve(A, b).astype(np.float64)


def coefficients_that_vary(case: str) -> Answer:
    """1. alpha, mu and beta are unknowns; the likelihood is the integral of the joint density over all of them.

    Each row of y - alpha - beta x is known to sigma_y, each of alpha - mu to sigma_alpha. The integral of a normal
    density is its value at the peak over the root of the determinant.
    """
    data = rows()
    level = data.level(case)
    J, k = level.shape
    observed = np.column_stack([data.indicators(), data.x, np.zeros((data.n, k))])
    modelled = np.column_stack([np.eye(J), np.zeros(J), -level])

    def solved(log_sds: Vector) -> tuple[Vector, float]:
        sigma, group_sd = np.exp(log_sds)
        A = np.concatenate([observed / sigma, modelled / group_sd])
        Q, R = np.linalg.qr(A)
        target = np.concatenate([data.y / sigma, np.zeros(J)])
        peak = Q.T @ target
        left = float(target @ target - peak @ peak)
        volume = 2 * float(np.log(np.abs(R.diagonal())).sum())
        return solution(R, peak), left + volume + 2 * (data.n * log_sds[0] + J * log_sds[1])

    best = least(lambda log_sds: solved(log_sds)[1])
    unknowns = solved(best)[0]
    beta = np.insert(unknowns[J + 1 :], 1, unknowns[J])
    return Answer(beta, float(np.exp(best[1])), float(np.exp(best[0])), unknowns[:J])


def separate_regressions_connected(case: str) -> Answer:
    """2. Local regressions give each county's intercept and the common slope with their covariance, sigma_y^2 C.

    They are all that the rows tell beside the squares that are left. At the second level the intercepts are regressed
    on u, with sigma_alpha^2 added to their variances (as in a meta-analysis), and pulled toward that line.
    """
    data = rows()
    level = data.level(case)
    J, k = level.shape
    A = np.column_stack([data.indicators(), data.x])
    C = np.linalg.inv(A.T @ A)
    local = C @ (A.T @ data.y)
    within, df = float(((data.y - A @ local) ** 2).sum()), data.n - J - 1
    second = block_diag(level, np.ones((1, 1)))
    varies = np.append(np.ones(J), 0.0)

    def solved(log_sds: Vector) -> tuple[Vector, Vector, float]:
        sigma, group_sd = np.exp(log_sds)
        V = sigma**2 * C + np.diag(group_sd**2 * varies)
        weighted = np.linalg.solve(V, np.column_stack([second, local]))
        precision = second.T @ weighted[:, :-1]
        gamma = solution(precision, second.T @ weighted[:, -1])
        left = local - second @ gamma
        pulled = solution(V, left)
        volumes = np.linalg.slogdet(V)[1] + np.linalg.slogdet(precision)[1]
        effects = group_sd**2 * (varies * pulled)
        return gamma, effects[:J], float(left @ pulled + volumes + within / sigma**2 + 2 * df * log_sds[0])

    best = least(lambda log_sds: solved(log_sds)[2])
    gamma, effects, _ = solved(best)
    beta = np.insert(gamma[:k], 1, gamma[k])
    return Answer(beta, float(np.exp(best[1])), float(np.exp(best[0])), level @ gamma[:k] + effects)


def one_large_regression(case: str, ratio: float) -> Answer:
    """3. Least squares of X and all indicators, with a row sqrt(ratio) b_j = 0 for each county: ridge regression.

    The squares that are left, penalty included, over n - p are sigma_y^2 (Bates et al. 2015, eq. 42).
    """
    data = rows()
    X = data.predictors(case)
    p = X.shape[1]
    penalty = np.column_stack([np.zeros((data.groups, p)), np.sqrt(ratio) * np.eye(data.groups)])
    A = np.concatenate([np.column_stack([X, data.indicators()]), penalty])
    target = np.concatenate([data.y, np.zeros(data.groups)])
    both = np.linalg.lstsq(A, target, rcond=None)[0]
    sigma = float(np.sqrt(((target - A @ both) ** 2).sum() / (data.n - p)))
    intercepts = _line(data, case, both[:p]) + both[p:]
    return Answer(both[:p], sigma / np.sqrt(ratio), sigma, intercepts)


def several_error_terms(case: str) -> Answer:
    """4. Henderson's equations, and the variances by EM from their solution and inverse (Henderson 1973)."""
    data = rows()
    X, Z = data.predictors(case), data.indicators()
    p, J = X.shape[1], data.groups
    XZ = np.column_stack([X, Z])
    products, right = XZ.T @ XZ, XZ.T @ data.y
    total = float(data.y @ data.y)
    variance, group_variance = 1.0, 0.25
    for _ in range(5000):
        C = np.linalg.inv(products + np.diag(np.append(np.zeros(p), np.full(J, variance / group_variance))))
        both = C @ right
        eta = both[p:]
        fresh = (total - float(both @ right)) / (data.n - p)
        fresh_group = (float(eta @ eta) + variance * float(C[p:, p:].trace())) / J
        moved = abs(fresh / variance - 1) + abs(fresh_group / group_variance - 1)
        variance, group_variance = fresh, fresh_group
        if moved < 1e-10:
            break
    return Answer(both[:p], float(np.sqrt(group_variance)), float(np.sqrt(variance)), _line(data, case, both[:p]) + eta)


def correlated_errors(case: str) -> tuple[Answer, float]:
    """5. Generalised least squares with all n by n covariances, whose correlation maximises the restricted likelihood.

    The counties' effects are what their errors lead one to expect. Also -2 log of that likelihood.
    """
    data = rows()
    X, together = data.predictors(case), (data.county[:, None] == data.county).astype(np.float64)
    n, p = X.shape

    def solved(rho: float) -> tuple[Vector, Vector, float, float]:
        L = cholesky((1 - rho) * np.eye(n) + rho * together, lower=True)
        weighted = cho_solve((L, True), np.column_stack([X, data.y]))
        precision = X.T @ weighted[:, :-1]
        beta = solution(precision, X.T @ weighted[:, -1])
        pulled = weighted[:, -1] - weighted[:, :-1] @ beta
        variance = float((data.y - X @ beta) @ pulled) / (n - p)
        volumes = 2 * float(np.log(L.diagonal()).sum()) + float(np.linalg.slogdet(precision)[1])
        return beta, pulled, variance, volumes + (n - p) * (1 + float(np.log(2 * np.pi * variance)))

    rho = minimize_scalar(lambda rho: solved(rho)[3], bounds=(0.001, 0.5), method="bounded", options={"xatol": 1e-7}).x
    beta, pulled, variance, criterion = solved(rho)
    eta = rho * np.bincount(data.county, pulled)
    answer = Answer(
        beta, float(np.sqrt(rho * variance)), float(np.sqrt((1 - rho) * variance)), _line(data, case, beta) + eta
    )
    return answer, criterion


def _line(data: Rows, case: str, beta: Vector) -> Vector:
    """What the model's mean is for each county where x is 0, (J,)."""
    line: Vector = data.level(case) @ np.delete(beta, 1)
    return line


@cache
def served(case: str) -> FitDocument:
    """What the service says, by REML."""
    return document({"dataset": "radon", "formula": FORMULAS[case]})


def require_equal(answer: Answer, case: str, tolerance: float) -> None:
    """The answer is the service's, and the manual's to as many decimals as that shows."""
    said = served(case)
    component = {each.group: each.std_dev for each in said.variance_components}
    assert said.random_effects is not None
    effects = np.array(said.random_effects["county"].estimate)[:, 0]
    beta = np.array([effect.estimate for effect in said.fixed_effects])
    assert answer.beta == pytest.approx(beta, rel=tolerance)
    assert answer.group_sd == pytest.approx(component["county"], rel=tolerance)
    assert answer.sigma == pytest.approx(component["Residual"], rel=tolerance)
    # Of the order of 1, as the intercepts are.
    assert answer.intercepts == pytest.approx(_line(rows(), case, beta) + effects, abs=tolerance)


Computation = Callable[[str], Answer]
FREE: Sequence[Computation] = (
    coefficients_that_vary,
    separate_regressions_connected,
    several_error_terms,
    lambda case: correlated_errors(case)[0],
)


@pytest.mark.parametrize("case", FORMULAS)
@pytest.mark.parametrize("way", FREE, ids=["1", "2", "4", "5"])
def test_a_way_gives_the_numbers_of_the_service(way: Computation, case: str) -> None:
    require_equal(way(case), case, FOUND)


@pytest.mark.parametrize("case", FORMULAS)
def test_one_large_regression_gives_them_given_the_ratio(case: str) -> None:
    ratio = served(case).pooling[0].equivalent_n
    assert ratio is not None
    require_equal(one_large_regression(case, ratio), case, GIVEN)


@pytest.mark.parametrize("case", FORMULAS)
def test_the_likelihood_is_that_of_correlated_errors(case: str) -> None:
    # At the optimum the criterion, of 2e3, is flat: an error of theta counts squared.
    assert correlated_errors(case)[1] == pytest.approx(served(case).statistics.criterion, rel=1e-11)


@pytest.mark.parametrize("case", FORMULAS)
def test_the_manual_tells_these_numbers(case: str) -> None:
    said = served(case)
    beta = [effect.estimate for effect in said.fixed_effects]
    spreads = [each.std_dev for each in said.variance_components]
    found = [beta[0], beta[1], beta[2] if len(beta) > 2 else None, *spreads, said.icc.adjusted]
    rounded = [None if number is None else round(number, 6) for number in found]
    assert rounded == list(five_ways.NUMBERS[case])
