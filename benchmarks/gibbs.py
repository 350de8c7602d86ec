"""A Gibbs sampler for a varying-intercept model: the long runs that the exact posterior is compared with.

Nothing of the service's mathematics is used. The coefficients, the groups' deviations and the variances are drawn in
turn from their conditional distributions (Gelman & Hill 2007, section 18.4); half a t distribution for sigma_alpha is
an inverse gamma one for its square given another (Wand, Ormerod, Padoan & Fruehwirth 2011, Bayesian Analysis 6(4),
result 5), and half a normal accepts draws under the uniform prior with its own density.

Run: python -m benchmarks.gibbs [seed] > tests/reference/posterior/gibbs.json
"""

import json
import math
import sys
from dataclasses import dataclass

import numpy as np

from service.arrays import Codes, Matrix, Vector
from service.data import Categorical, Numeric, dataset

CHAINS, BURN_IN, DRAWS = 4, 2_000, 100_000
"""Chains, and draws of each that are left out and kept."""

BATCHES = 50
"""Runs of draws of each chain whose quantiles' spread gives the Monte-Carlo errors."""

SHARES = (0.025, 0.5, 0.975)
ROWS, GROUPS = 4, 5


@dataclass(frozen=True, slots=True)
class Data:
    """Rows: X (n, p), y (n,) and the group of each (n,) of J."""

    X: Matrix
    y: Vector
    codes: Codes
    groups: int


@dataclass(frozen=True, slots=True)
class Prior:
    """The prior of sigma_alpha: uniform with an infinite scale, half a normal with infinite df."""

    scale: float
    df: float


def radon() -> Data:
    """The radon data with the floor as predictor."""
    table = dataset("radon")
    y, floor, county = (table.columns[name] for name in ("log_radon", "floor", "county"))
    if not (isinstance(y, Numeric) and isinstance(floor, Numeric) and isinstance(county, Categorical)):
        raise TypeError("the radon data are not of the kinds that they were")
    return Data(np.column_stack([np.ones(table.n_rows), floor.values]), y.values, county.codes, len(county.levels))


def few() -> Data:
    """Five groups of four rows and a predictor, which anyone can form without drawing a random number."""
    codes = np.repeat(np.arange(GROUPS), ROWS)
    steps = np.arange(codes.size)
    x = np.round(np.cos(1.7 * steps), 3)
    y = np.round(1.0 + 0.5 * x + 0.6 * np.sin(2.1 * codes) + np.sin(5.3 * steps), 3)
    return Data(np.column_stack([np.ones(codes.size), x]), y, codes, GROUPS)


CASES = {
    "radon, uniform": (radon, Prior(math.inf, math.inf)),
    "five groups, uniform": (few, Prior(math.inf, math.inf)),
    "five groups, half-t": (few, Prior(0.5, 3.0)),
    "five groups, half-normal": (few, Prior(0.5, math.inf)),
}


def sample(data: Data, prior: Prior, random: np.random.Generator) -> dict[str, Vector]:
    """The draws of one chain, by the names of what is drawn."""
    X, counts = data.X, np.bincount(data.codes, minlength=data.groups)
    inverse = np.linalg.inv(X.T @ X)
    root = np.linalg.cholesky(inverse)
    effects, variance, between, auxiliary = np.zeros(data.groups), float(data.y.var()), float(data.y.var()), 1.0
    names = [f"beta {k}" for k in range(X.shape[1])] + ["sigma_alpha", "sigma_y", "icc", "alpha 0", "alpha 1"]
    names += ["new group", "new observation"]
    draws = np.empty((DRAWS, len(names)))
    means = X.mean(axis=0)
    for step in range(-BURN_IN, DRAWS):
        centre = inverse @ (X.T @ (data.y - effects[data.codes]))
        beta = centre + math.sqrt(variance) * (root @ random.standard_normal(X.shape[1]))
        left = data.y - X @ beta
        precision = counts / variance + 1.0 / between
        sums = np.bincount(data.codes, left, data.groups)
        effects = sums / variance / precision + random.standard_normal(data.groups) / np.sqrt(precision)
        # A move along the direction in which the intercept and the effects are confounded, so that chains mix.
        shift = float(effects.mean()) + math.sqrt(between / data.groups) * random.standard_normal()
        effects, beta[0] = effects - shift, beta[0] + shift
        left = data.y - X @ beta - effects[data.codes]
        variance = 0.5 * float(left @ left) / random.standard_gamma(0.5 * left.size)
        between, auxiliary = _between(effects, auxiliary, prior, random)
        if step >= 0:
            new = float(beta[0]) + math.sqrt(between) * random.standard_normal()
            observed = new + float(means[1:] @ beta[1:]) + math.sqrt(variance) * random.standard_normal()
            spreads = [math.sqrt(between), math.sqrt(variance), between / (between + variance)]
            draws[step] = [*beta, *spreads, *(beta[0] + effects[:2]), new, observed]
    return dict(zip(names, draws.T, strict=True))


def _between(effects: Vector, auxiliary: float, prior: Prior, random: np.random.Generator) -> tuple[float, float]:
    """A draw of sigma_alpha^2 given the effects, and of the variable that makes half a t distribution conjugate."""
    half_squares, groups = 0.5 * float(effects @ effects), effects.size
    if math.isfinite(prior.df):
        rate = half_squares + prior.df / auxiliary
        between = rate / random.standard_gamma(0.5 * (groups + prior.df))
        rate = prior.df / between + 1.0 / prior.scale**2
        return between, rate / random.standard_gamma(0.5 * (prior.df + 1.0))
    while True:
        between = half_squares / random.standard_gamma(0.5 * (groups - 1.0))
        if random.random() < math.exp(-0.5 * between / prior.scale**2):
            return between, auxiliary


def summary(chains: list[Vector]) -> dict[str, list[float]]:
    """The quantiles of some chains together, and their Monte-Carlo errors."""
    whole = np.quantile(np.concatenate(chains), SHARES)
    batches = np.concatenate([chain.reshape(BATCHES, -1) for chain in chains])
    spread = np.quantile(batches, SHARES, axis=1).std(axis=1, ddof=1) / math.sqrt(len(batches))
    return {"quantiles": whole.round(6).tolist(), "errors": spread.round(6).tolist()}


def main(seed: int) -> None:
    """Print the table: for every case and quantity its quantiles with their errors."""
    table: dict[str, object] = {"shares": SHARES, "chains": CHAINS, "draws": DRAWS, "seed": seed}
    for name, (make, prior) in CASES.items():
        data, random = make(), np.random.default_rng(seed)
        chains = [sample(data, prior, random) for _ in range(CHAINS)]
        table[name] = {each: summary([chain[each] for chain in chains]) for each in chains[0]}
    print(json.dumps(table, indent=1))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 4)
