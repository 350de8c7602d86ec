"""Many optima found together are those that are found alone."""

from dataclasses import replace

import numpy as np
import pytest

from service.engine.crossproducts import CrossProducts
from service.engine.scalar.criterion import criterion_of
from service.engine.scalar.optimum import minimise, scan_range
from service.engine.scalar.responses import Columns, Responses, turned_columns
from service.engine.scalar.together import Criteria, minimise_together
from tests.engine.designs import conditioned, design_of, group_of
from tests.engine.hard_designs import EASY

RESPONSES = 20
PHIS = (0.0, 0.05, 1.0, 1e6)
CASES = (
    "no predictor", "a predictor", "group-level predictor", "no intercept", "no coefficient",
    "factor without intercept", "weights over 6 decades", "weights of 1e-30", "groups of 1 and 30", "two groups",
    "powers to the 6th", "x and x less its group means",
)  # fmt: skip


def drawn_products(known: CrossProducts, phi: float, seed: int) -> CrossProducts:
    """The cross-products with a response whose groups are drawn one by one."""
    source = np.random.default_rng(seed)
    gram, within, solution = known.factors[0].gram[0, 0], known.within.copy(), known.solution.copy()
    inside = np.flatnonzero(within.diagonal()[:-1])
    z = source.normal(size=inside.size)
    within[-1, :-1] = 0.0
    within[-1, inside] = np.linalg.cholesky(within[np.ix_(inside, inside)]) @ z
    within[:-1, -1] = within[-1, :-1]
    within[-1, -1] = z @ z + source.chisquare(known.n - gram.size - inside.size)
    solution[0, -1] = np.sqrt(phi + 1.0 / gram) * source.normal(size=gram.size)
    return replace(known, within=within, solution=solution)


def as_responses(products: list[CrossProducts], columns: Columns) -> Responses:
    """The same responses, the means of groups of equal weight turned."""
    gram = products[0].factors[0].gram[0, 0]
    p, means, spare = products[0].width - 1, [], []
    for each in products:
        turned, squares = [], []
        for weight in np.unique(gram):
            own = np.flatnonzero(gram == weight)
            y = each.solution[0, -1, own]
            if own.size > p:
                Q = np.linalg.qr(each.solution[0, :-1, own], mode="reduced")[0]
                squares.append(float(y @ y - (Q.T @ y) @ (Q.T @ y)))
                y = Q.T @ y
            turned.append(y)
        means.append(np.concatenate(turned))
        spare.append(squares)
    assert len(spare[0]) == columns.spare_weights.size
    cross = np.array([each.within[-1, :-1] for each in products])
    squares_within = np.array([each.within[-1, -1] for each in products])
    return Responses(np.array(means), np.array(spare).reshape(len(products), -1), cross, squares_within)


@pytest.mark.parametrize("restricted", [True, False], ids=["REML", "ML"])
@pytest.mark.parametrize("name", CASES)
def test_each_is_the_optimum_of_its_criterion(name: str, restricted: bool) -> None:
    known = conditioned(EASY[name]).products
    products = [drawn_products(known, PHIS[k % 4] / known.factors[0].weights.min(), k) for k in range(RESPONSES)]
    columns = turned_columns(known)
    nu = criterion_of(known, restricted=restricted).nu
    found = minimise_together(Criteria(restricted, nu, columns), as_responses(products, columns))
    for k, each in enumerate(products):
        criterion = criterion_of(each, restricted=restricted)
        alone = minimise(criterion, scan_range(criterion))
        assert found.converged[k] == alone.converged
        # Half of the digits where the criterion is least, as of any minimum; what is estimated there has more.
        assert found.phi[k] == pytest.approx(alone.phi, rel=1e-7)
        assert found.rho[k] == pytest.approx(alone.evaluation.rho, rel=1e-7)
        np.testing.assert_allclose(found.beta[k], alone.evaluation.beta, rtol=1e-7, atol=1e-7 * scale(each))
        drop = criterion.at(0.0).value - alone.evaluation.value
        # Values of a few hundred, and their rounding.
        assert found.drop[k] == pytest.approx(drop, rel=1e-7, abs=1e-9)


def scale(products: CrossProducts) -> float:
    return float(np.abs(products.solution[0, -1]).max())


def test_the_lower_of_two_minima_is_taken() -> None:
    large = np.sin(np.arange(33.0))
    codes = group_of((1, 1, 1, 1, 18, 15))
    designs = [design_of([d, -d, 0.8 * d, -0.9 * d, *large], codes) for d in (2.0, 2.6, 3.0, 5.0)]
    products = [conditioned(design).products for design in designs]
    columns = turned_columns(products[0])
    found = minimise_together(Criteria(restricted=False, nu=37, columns=columns), as_responses(products, columns))
    criteria = [criterion_of(each, restricted=False) for each in products]
    alone = [minimise(criterion, scan_range(criterion)) for criterion in criteria]
    assert 2 in {each.minima for each in alone}
    assert found.phi.tolist() == pytest.approx([each.phi for each in alone], rel=1e-7)
