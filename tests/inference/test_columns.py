"""The standard deviations of columns are those of their values, whatever basis they were folded in."""

import numpy as np
import pytest

from service.data import Numeric, Table
from service.design import make_design
from service.engine import fit
from service.formula import read
from service.inference import column_sds


@pytest.mark.parametrize("formula", ["y ~ a + b + t + (1 | g)", "y ~ 0 + t + b + (1 | g)", "y ~ t + I(t^2) + (1 | g)"])
def test_they_are_the_columns(formula: str) -> None:
    """Years and their squares need a rotated basis; the columns keep their own units."""
    random = np.random.default_rng(4)
    n = 60
    columns = {
        "a": 1e-150 * random.standard_normal(n),
        "b": 1e120 * random.standard_normal(n),
        "t": 1990 + 30 * random.random(n),
        "g": np.repeat(np.arange(6.0), 10),
        "y": random.standard_normal(n),
    }
    design = make_design(
        read(formula, list(columns)), Table({name: Numeric(each) for name, each in columns.items()}, n)
    )
    estimates = fit(design).estimates
    of_columns = [design.X.column(int(k)) for k in estimates.kept]
    expected = [float(np.std(each / np.abs(each).max(), ddof=1) * np.abs(each).max()) for each in of_columns]
    # A rotated column is the difference of two: squares of years keep ten digits.
    assert column_sds(estimates).tolist() == pytest.approx(expected, rel=1e-9)
