"""Intervals of predictions that count how little a varying-intercept model's variances are known.

At each node of the mixture (posterior/variance_nodes.py) a prediction is t around its own centre: of a known group with
w = theta^2 W / (1 + theta^2 W)

    x'beta + w (ybar - xbar'beta),   scale^2 = sigma^2 (|R (x - w xbar)|^2 + theta^2 / (1 + theta^2 W)),

and of one that is not known x'beta, with theta^2 in place of the last term. The ends are quantiles of the mixture.
"""

import numpy as np

from service.arrays import Matrix, Vector
from service.engine.columns import blocks
from service.inference.new_rows import NewRows
from service.inference.posterior import VarianceNodes
from service.inference.posterior.t_mixtures import mixture_quantiles

AT_ONCE = 16_384
"""Rows worked on together: each has a number for every node."""


def uncertain_intervals(
    nodes: VarianceNodes, rows: NewRows, *, conditional: bool, of_observations: bool, confidence_level: float
) -> tuple[Vector, Vector]:
    """The ends (m,) of intervals of the expected values, or of observations; nan where a value is missing."""
    low, high = (np.full(len(rows.X), np.nan) for _ in range(2))
    tail = 0.5 - 0.5 * confidence_level
    for block in blocks(len(rows.X), AT_ONCE):
        of_groups = conditional or of_observations
        centres, squares = _expected(nodes, rows, block, conditional=conditional, of_groups=of_groups)
        if of_observations:
            squares += 1.0 if rows.weights is None else (1.0 / rows.weights[block])[:, None]
        scales = nodes.sigma * np.sqrt(squares)
        whole = np.isfinite(centres).all(axis=1) & np.isfinite(scales).all(axis=1)
        # By the lower tail of the mirrored mixture, as one less a small tail would be rounded.
        lower = mixture_quantiles(centres[whole], scales[whole], nodes.share, nodes.df, tail)
        upper = -mixture_quantiles(-centres[whole], scales[whole], nodes.share, nodes.df, tail)
        low[block.start : block.stop][whole], high[block.start : block.stop][whole] = lower, upper
    return low, high


def _expected(
    nodes: VarianceNodes, rows: NewRows, block: slice, *, conditional: bool, of_groups: bool
) -> tuple[Matrix, Matrix]:
    """The centres (rows, K) of the expected values, and the squares of their scales over sigma."""
    x, phi = rows.X[block], nodes.theta**2
    centres = x @ nodes.beta.T
    if rows.offset is not None:
        centres = centres + rows.offset[block, None]
    codes = rows.groups[0].codes[block] if conditional else np.full(len(x), -1)
    known = codes >= 0
    # What is not known has no weight.
    weights = np.where(known, nodes.weights[np.maximum(codes, 0)], 0.0)[:, None] * phi
    pull = weights / (1.0 + weights)
    means = nodes.means[:, np.maximum(codes, 0)].T
    centres = centres + pull * (nodes.response[np.maximum(codes, 0), None] - means @ nodes.beta.T)
    squares = np.empty_like(centres)
    for k, root in enumerate(nodes.root):
        turned = (x - pull[:, k, None] * means) @ root.T
        squares[:, k] = (turned * turned).sum(axis=1)
    return centres, squares + phi / (1.0 + weights) * (1.0 if of_groups else 0.0)
