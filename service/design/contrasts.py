"""Codings of a factor: from its levels to the names and values of the columns that stand for it.

With indicators, every level has a column. With contrasts, one fewer: a scheme says how each level scores on each.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from service.arrays import Matrix

INDICATORS = "indicators"
TREATMENT = "treatment"


def sum_scores(n_levels: int) -> Matrix:
    """Deviations from the mean of the levels; the last level scores -1 throughout, (levels, levels - 1)."""
    return np.vstack([np.eye(n_levels - 1), -np.ones(n_levels - 1)])


def helmert_scores(n_levels: int) -> Matrix:
    """Each level against the mean of those before it, (levels, levels - 1)."""
    scores = np.tril(np.full((n_levels, n_levels), -1.0)).T[:, 1:]
    scores[np.arange(1, n_levels), np.arange(n_levels - 1)] = np.arange(1, n_levels)
    return scores


def polynomial_scores(n_levels: int) -> Matrix:
    """Orthonormal polynomials of the level's number, linear first, (levels, levels - 1)."""
    powers = np.vander(np.linspace(-1.0, 1.0, n_levels), increasing=True)
    orthonormal, triangle = np.linalg.qr(powers)
    # Householder's signs are arbitrary; a polynomial's leading coefficient is positive.
    return (orthonormal * np.sign(np.diag(triangle)))[:, 1:]


SCORES: Mapping[str, Callable[[int], Matrix]] = {
    "sum": sum_scores,
    "helmert": helmert_scores,
    "poly": polynomial_scores,
}
"""The schemes whose scores are more than zero and one."""

SCHEMES = (TREATMENT, *SCORES)
"""Every scheme a request may name, the default first."""


def column_suffixes(scheme: str, levels: Sequence[str]) -> tuple[str, ...]:
    """What R appends to the factor's name for each of its columns."""
    match scheme:
        case "indicators":
            return tuple(levels)
        case "treatment":
            return tuple(levels[1:])
        case "poly":
            return (".L", ".Q", ".C", *(f"^{degree}" for degree in range(4, len(levels))))[: len(levels) - 1]
        case _:
            return tuple(str(number) for number in range(1, len(levels)))
