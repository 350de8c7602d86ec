"""Simulations: responses drawn from a fitted model, row by row.

Each has a stream of random numbers of its own, its effects first and then its noise: the first simulations of many are
those of few, and rows that are read in chunks get what they would get at once.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from service.arrays import Codes, Matrix
from service.design import Design
from service.engine import Estimates
from service.errors import UnsupportedModel
from service.inference.fitted_values import fitted_values

Groups = Literal["new", "same"]


@dataclass(frozen=True, slots=True)
class Simulations:
    """Responses (n, rows) drawn from a fitted model; `rows` are those of the table, None if they are all of them."""

    responses: Matrix
    rows: Codes | None


def simulate(design: Design, estimates: Estimates, n: int, seed: int, groups: Groups) -> Simulations:
    """N responses drawn for the rows of a design: X beta, the groups' effects, the offset, and noise over the weights.

    `groups` says whether every simulation draws new effects for all groups, as lme4's simulate() does, or all have the
    estimated ones (its re.form = NULL). Raises UnsupportedModel for new groups without pooling, whose variance has no
    bound.
    """
    if groups == "new" and any(np.isinf(factor.sd).any() for factor in estimates.factors):
        raise UnsupportedModel(
            'Without pooling the groups\' variance has no bound, and new effects cannot be drawn: ask for "groups": '
            '"same".'
        )
    streams = [np.random.default_rng([seed, k]) for k in range(n)]
    models = [_with_new_effects(estimates, stream) if groups == "new" else estimates for stream in streams]
    parts, rows = [], []
    for chunk in design.chunks():
        noise = estimates.sigma if chunk.weights is None else estimates.sigma / np.sqrt(chunk.weights)
        drawn = [
            fitted_values(chunk, model) + noise * stream.standard_normal(chunk.n)
            for model, stream in zip(models, streams, strict=True)
        ]
        parts.append(np.array(drawn))
        rows.append(np.arange(chunk.n) if chunk.rows is None else chunk.rows)
    return Simulations(np.concatenate(parts, axis=1), np.concatenate(rows) if design.n_dropped else None)


def _with_new_effects(estimates: Estimates, stream: np.random.Generator) -> Estimates:
    """The estimates with effects drawn from their estimated covariance."""
    factors = [
        replace(factor, effects=factor.spread @ stream.standard_normal(factor.effects.shape))
        for factor in estimates.factors
    ]
    return replace(estimates, factors=tuple(factors))
