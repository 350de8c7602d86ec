"""Fitted values, against the matrices written out."""

import numpy as np
import pytest

from service.engine import fit
from service.inference import fitted_values
from tests.engine.structures import STRUCTURES


@pytest.mark.parametrize("name", STRUCTURES)
def test_they_are_the_sum_of_coefficients_and_effects(name: str) -> None:
    design = STRUCTURES[name]
    estimates = fit(design).estimates
    expected = design.X.to_array()[:, estimates.kept] @ estimates.beta
    for factor in estimates.factors:
        Z = np.column_stack([effect.Z.to_array() for effect in factor.factor.effects])
        expected += (Z * factor.effects.T[factor.factor.grouping.codes]).sum(axis=1)
    expected += 0.0 if design.offset is None else design.offset
    # Sums in another order: roundings of numbers of the size of ten.
    np.testing.assert_allclose(fitted_values(design, estimates), expected, rtol=0, atol=1e-13)


def test_a_dropped_column_has_no_part_in_them() -> None:
    design = STRUCTURES["a factor"]
    estimates = fit(design, theta=[1e6, 0.0, 0.0, 1e6, 0.0, 1e6]).estimates
    # Without pooling, and with every level of f in every group, the residuals of each cell of the table add up to 0.
    residuals = design.y - fitted_values(design, estimates)
    cells = 3 * design.random[0].grouping.codes + np.asarray(design.X.to_array()[:, 1:] @ [1, 2], dtype=np.intp)
    np.testing.assert_allclose(np.bincount(cells, residuals), 0.0, atol=1e-9)
