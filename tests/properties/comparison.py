"""That two fits agree, in units that matter: standard errors and standard deviations."""

import numpy as np

from service.arrays import Codes, Vector
from service.engine import Estimates


def assert_alike(
    a: Estimates,
    b: Estimates,
    *,
    beta: Vector | None = None,
    scale: float = 1.0,
    tolerance: float = 1e-8,
    groups: Codes | None = None,
) -> None:
    """That b is a with y times `scale` and, in its errors, coefficients `beta` instead of a's.

    `groups` are the places in b of the groups of the factor that has as many.
    """
    expected = scale * a.beta if beta is None else beta
    _assert_close("beta", (b.beta - expected) / b.std_error, tolerance)
    _assert_close("sigma", b.sigma / (scale * a.sigma) - 1.0, tolerance)
    for mine, theirs in zip(a.factors, b.factors, strict=True):
        count = mine.effects.shape[1]
        order = groups if groups is not None and groups.size == count else np.arange(count)
        spread = scale * max(a.sigma, float(mine.sd.max()))
        _assert_close("sd", (theirs.sd - scale * mine.sd) / spread, tolerance)
        _assert_close("effects", (theirs.effects[:, order] - scale * mine.effects) / spread, tolerance)
        _assert_close("effect_sd", (theirs.effect_sd[:, order] - scale * mine.effect_sd) / spread, tolerance)
        if mine.weight is not None and theirs.weight is not None:
            _assert_close("weight", theirs.weight[order] - mine.weight, tolerance)


def _assert_close(name: str, errors: Vector | float, tolerance: float) -> None:
    assert float(np.abs(errors).max(initial=0.0)) < tolerance, name
