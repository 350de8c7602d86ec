"""The moments that a search begins with, against their definition with matrices n by n."""

from dataclasses import replace

import numpy as np
import pytest

from service.arrays import Matrix, Vector
from service.design import Design
from service.engine.fitting import fit
from service.engine.random_factors import Parameters, parameters_of
from service.engine.start import LEAST, MOST, moment_start
from tests.engine.designs import conditioned, model
from tests.engine.structures import STRUCTURES, simulated
from tests.engine.textbook import Textbook, textbook_of

METHODS = pytest.mark.parametrize("restricted", [True, False])
NAMES = pytest.mark.parametrize("name", [name for name in STRUCTURES if "weights" not in name])


def components(book: Textbook, parameters: Parameters, *, restricted: bool) -> Vector:
    """The solution of tr(Q V_i Q V_j) sigma_j^2 = y'Q V_i Q y, an equation for each element of a Psi and for the noise.

    With Q = I - X (X'X)^-1 X', which by ML is there on the right alone; of a pair of elements ab and ba both are
    counted. Over the noise.
    """
    X = book.X
    Q = np.eye(book.y.size) - (X @ np.linalg.pinv(X) if X.size else 0.0)
    residual = Q @ book.y
    Q = Q if restricted else np.eye(book.y.size)
    parts = []
    for f, r, c in zip(parameters.factor, parameters.row, parameters.column, strict=True):
        psis = [np.zeros((q, q)) for q in parameters.sizes]
        psis[f][r, c] = psis[f][c, r] = 1.0
        parts.append(Q @ book.covariance(psis, noise=False) @ Q)
    parts.append(Q)
    system = np.array([[float((a * b).sum()) for b in parts] for a in parts])
    observed = np.array([float(residual @ part @ residual) for part in parts])
    solution: Vector = np.linalg.lstsq(system, observed)[0]
    # The noise is not taken for less than a hundredth of all there is.
    return solution[:-1] / max(float(solution[-1]), 0.01 * float(observed[-1]) / book.y.size)


def covariances(design: Design, *, restricted: bool) -> tuple[list[Matrix], list[Matrix]]:
    """The Psi that a search begins with, and those of the moments, in the same coordinates."""
    fold = conditioned(design)
    parameters = parameters_of(fold.factors, design)
    transforms = [own.basis.transform for own in fold.products.factors]
    book = textbook_of(design, fold.kept, restricted=restricted, transforms=transforms)
    roots = parameters.roots(components(book, parameters, restricted=restricted))
    true = [np.tril(root) + np.tril(root, -1).T for root in roots]
    start = moment_start(fold.products, parameters, restricted=restricted)
    return [root @ root.T for root in parameters.roots(start)], true


def inside(psi: Matrix) -> bool:
    values = np.linalg.eigvalsh(psi)
    return bool(values[0] > max(LEAST**2, 1e-3 * values[-1]) and values[-1] < MOST**2)


@NAMES
@METHODS
def test_a_search_begins_at_the_moments_where_they_are_a_covariance(name: str, restricted: bool) -> None:
    for ours, true in zip(*covariances(STRUCTURES[name], restricted=restricted), strict=True):
        if inside(true):
            # A system of a few equations.
            np.testing.assert_allclose(ours, true, rtol=1e-6, atol=1e-8)
        assert inside(ours + 1e-9 * np.eye(len(ours)))


@pytest.mark.parametrize("name", ["a slope", "crossed", "nested, slopes at both levels"])
@pytest.mark.parametrize("size", [0.0, 1e-3, 1e3, 1e8])
def test_a_search_begins_well_inside(name: str, size: float) -> None:
    design = simulated(STRUCTURES[name], 1, size=size)
    for ours, _ in zip(*covariances(design, restricted=True), strict=True):
        values = np.linalg.eigvalsh(ours)
        assert values[0] > 0.99 * LEAST**2
        assert values[-1] < 1.01 * MOST**2


@pytest.mark.parametrize(
    ("formula", "restricted"),
    [
        ("y ~ x + (x | g)", True),
        ("y ~ x + (x | g)", False),
        ("y ~ x + (1 | g/h)", True),
        ("y ~ x + (1 | g/h)", False),
        ("y ~ x + (1 | g) + (1 | h)", True),  # By ML crossed factors have no closed form.
    ],
)
def test_a_balanced_design_begins_at_its_optimum(formula: str, restricted: bool) -> None:
    g, h, x = (each.ravel() for each in np.meshgrid(np.arange(9), np.arange(5), np.arange(4.0), indexing="ij"))
    fitted = fit(simulated(model(formula, {"y": x, "x": x, "g": g, "h": h}), 1), restricted=restricted)
    assert fitted.verdict is not None
    assert fitted.verdict.evaluations == 1


def test_a_response_of_zeros_begins_somewhere() -> None:
    design = replace(STRUCTURES["crossed"], y=np.zeros(48))
    fold = conditioned(design)
    start = moment_start(fold.products, parameters_of(fold.factors, design), restricted=True)
    assert np.isfinite(start).all()
