"""Many solutions at once, against the criterion at one point after the other."""

import numpy as np
import pytest

from service.engine.scalar.criterion import criterion_of
from service.engine.scalar.solutions import likelihoods, solutions
from tests.engine.designs import conditioned
from tests.engine.hard_designs import EASY

PHIS = np.array([0.0, 1e-6, 0.3, 1.0, 25.0, 1e8, 1e20])


@pytest.mark.parametrize("name", EASY)
def test_they_are_those_of_the_criterion(name: str) -> None:
    criterion = criterion_of(conditioned(EASY[name]).products, restricted=True)
    found, (log_factor, rho) = solutions(criterion, PHIS), likelihoods(criterion, PHIS)
    for k, phi in enumerate(PHIS.tolist()):
        one = criterion.at(phi)
        # Two ways to the same sums of some twenty terms, whose units may be far apart.
        error = np.sqrt(np.diag(one.inverse) * one.rho)
        assert (np.abs(found.beta[k] - one.beta) <= 1e-9 * error + 1e-11 * np.abs(one.beta)).all()
        covariance = found.whitening[k].T @ found.whitening[k]
        units = np.sqrt(np.outer(one.inverse.diagonal(), one.inverse.diagonal()))
        np.testing.assert_allclose(covariance / units, one.inverse / units, rtol=0, atol=1e-9)
        assert rho[k] == pytest.approx(one.rho, rel=1e-9)
        deviance = -2.0 * log_factor[k] + criterion.nu * np.log(rho[k]) + criterion.constant
        assert deviance == pytest.approx(one.value, abs=1e-8 * criterion.nu)


def test_very_many_are_solved_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    criterion = criterion_of(conditioned(EASY["a predictor"]).products, restricted=True)
    phis = np.linspace(0.0, 3.0, 50)
    whole = likelihoods(criterion, phis)
    monkeypatch.setattr("service.engine.scalar.solutions.SCANNED", 60)
    np.testing.assert_allclose(likelihoods(criterion, phis), whole, rtol=1e-14)
