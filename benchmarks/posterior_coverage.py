"""Coverage of 95% posterior intervals with few groups, beside that of intervals that take the variance as known.

Run: python -m benchmarks.posterior_coverage [data sets]. It renews posterior_coverage.md beside this file.

Where the parameters are drawn from the prior, a posterior covers by construction, if it is computed right: that is the
proof of the arithmetic. sigma_alpha is drawn from the half-t prior, log sigma_y evenly from a range so wide that its
ends do not matter, in place of the whole line. At fixed parameters a posterior promises nothing: there the table tells
what the uniform prior does where it is needed.
"""

import math
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from benchmarks.columns import labelled
from benchmarks.table import head, row
from service.arrays import Vector
from service.data import Numeric, Table
from service.design import make_design
from service.engine import Fit, fit
from service.formula import read
from service.inference.posterior import Posterior, Prior, Summary, posterior

DATA_SETS, PROCESSES, ROWS = 1000, 2, 5
NUMBERS_OF_GROUPS = (3, 5, 8)
LEVEL, Z = 0.95, 1.959963984540054
MU, BETA = 1.4, -0.7
SCALE, DF, WIDEST = 0.5, 3.0, math.log(20.0)
FORMULA = read("y ~ x + (1 | g)", ["y", "x", "g"])
RESULT = Path(__file__).with_suffix(".md")

COLUMNS = ("mu", "beta", "sigma_alpha", "sigma_y", "alpha_j", "new group", "new observation")
PLUG_IN = ("alpha_j, error of the effect", "alpha_j, and of the mean", "new group")


@dataclass(frozen=True, slots=True)
class Scheme:
    """Where sigma_alpha and sigma_y come from, both None if from the prior, and the prior of the posterior."""

    name: str
    sds: tuple[float, float] | None
    prior: Prior


SCHEMES = (
    Scheme("drawn from the half-t prior", None, Prior(math.log(SCALE), DF)),
    Scheme("sigma_alpha = 0.33, sigma_y = 0.76, uniform prior", (0.33, 0.76), Prior()),
    Scheme("sigma_alpha = 0.76, sigma_y = 0.76, uniform prior", (0.76, 0.76), Prior()),
)


@dataclass(frozen=True, slots=True)
class Truth:
    """What a data set was drawn with, and what comes after it: the groups' intercepts (J,), a new group, a new row."""

    group_sd: float
    sigma: float
    intercepts: Vector
    new_group: float
    new_observation: float


def covered(scheme: Scheme, n_groups: int, seed: int) -> list[float]:
    """For one data set, which intervals hold the truth: of the posterior, then plug-in; of groups the share."""
    random = np.random.default_rng([n_groups, seed])
    group_sd, sigma = scheme.sds or _drawn(random)
    alpha = MU + group_sd * random.standard_normal(n_groups + 1)
    codes = np.repeat(np.arange(n_groups), ROWS)
    x = random.standard_normal(codes.size)
    y = alpha[codes] + BETA * x + sigma * random.standard_normal(codes.size)
    truth = Truth(group_sd, sigma, alpha[:-1], alpha[-1], float(alpha[-1] + sigma * random.standard_normal()))
    fitted = fit(make_design(FORMULA, Table({"y": Numeric(y), "x": Numeric(x), "g": labelled(codes)}, y.size)))
    return [*_by_posterior(posterior(fitted, scheme.prior, LEVEL, at={1: 0.0}), truth), *_by_plug_in(fitted, truth)]


def _drawn(random: np.random.Generator) -> tuple[float, float]:
    """Standard deviations from the prior."""
    group_sd = SCALE * abs(random.standard_t(DF))
    return group_sd, SCALE * math.exp(random.uniform(-WIDEST, WIDEST))


def _by_posterior(found: Posterior, truth: Truth) -> list[float]:
    """Which posterior intervals hold the truth."""
    if found.intercepts is None:
        raise TypeError("the groups were not asked for")
    coefficients = _inside(found.coefficients, np.array([MU, BETA]))
    return [
        *coefficients.tolist(),
        *_inside(found.group_sd, np.array([truth.group_sd])).tolist(),
        *_inside(found.residual_sd, np.array([truth.sigma])).tolist(),
        float(_inside(found.intercepts, truth.intercepts).mean()),
        *_inside(found.new_group, np.array([truth.new_group])).tolist(),
        *_inside(found.new_observation, np.array([truth.new_observation])).tolist(),
    ]


def _inside(summary: Summary, values: Vector) -> Vector:
    """1 for each value (F,) in its interval, else 0."""
    return ((summary.low <= values) & (values <= summary.high)).astype(np.float64)


def _by_plug_in(fitted: Fit, truth: Truth) -> list[float]:
    """Which intervals that take the estimated variances as known hold the truth."""
    estimates = fitted.estimates
    [factor] = estimates.factors
    error = np.abs(estimates.beta[0] + factor.effects[0] - truth.intercepts)
    mean_error = estimates.std_error[0]
    alone = float((error <= Z * factor.effect_sd[0]).mean())
    both = float((error <= Z * np.hypot(factor.effect_sd[0], mean_error)).mean())
    spread = math.hypot(mean_error, float(factor.sd[0]))
    return [alone, both, float(abs(truth.new_group - estimates.beta[0]) <= Z * spread)]


def measured(scheme: Scheme, n_groups: int, data_sets: int, pool: ProcessPoolExecutor) -> list[tuple[float, float]]:
    """The coverage of every interval, with its Monte-Carlo standard error."""
    shares = np.array(list(pool.map(partial(covered, scheme, n_groups), range(data_sets), chunksize=50)))
    errors = shares.std(axis=0, ddof=1) / math.sqrt(data_sets)
    return list(zip(shares.mean(axis=0).tolist(), errors.tolist(), strict=True))


def report(data_sets: int) -> str:
    """The tables, a row for each scheme and number of groups."""
    lines = [
        f"{data_sets:,} data sets a row, {ROWS} rows a group, coverage in % with its Monte-Carlo standard error.\n"
    ]
    ours, theirs = [head(["parameters", "groups", *COLUMNS])], [head(["parameters", "groups", *PLUG_IN])]
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        for scheme in SCHEMES:
            for n_groups in NUMBERS_OF_GROUPS:
                cells = [_cell(*each) for each in measured(scheme, n_groups, data_sets, pool)]
                ours.append(row([scheme.name, str(n_groups), *cells[: len(COLUMNS)]]))
                if scheme.prior.is_uniform:
                    theirs.append(row([scheme.name.rpartition(",")[0], str(n_groups), *cells[len(COLUMNS) :]]))
    return "\n".join([*lines, *_titled("95% posterior intervals", ours), *_titled("Plug-in, ± 1.96 errors", theirs)])


def _cell(share: float, error: float) -> str:
    return f"{100 * share:.1f} ± {100 * error:.1f}"


def _titled(title: str, table: Sequence[str]) -> list[str]:
    return [f"{title}:\n", *table, ""]


if __name__ == "__main__":
    text = report(int(sys.argv[1]) if len(sys.argv) > 1 else DATA_SETS)
    RESULT.write_text(text, encoding="utf-8")
    print(text)
