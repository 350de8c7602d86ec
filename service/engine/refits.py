"""Refits: the same model fitted to responses drawn from it, by their cross-products."""

from dataclasses import dataclass

import numpy as np

from service.arrays import Matrix, Vector
from service.engine.criterion import Criterion
from service.engine.fit import Fit
from service.engine.model import JointModel
from service.engine.redraw import law_of
from service.engine.scalar.model import ScalarModel
from service.engine.scalar.responses import draw, turned_columns
from service.engine.scalar.together import Criteria, minimise_together
from service.engine.search import find_optimum
from service.engine.start import moment_start


@dataclass(frozen=True, slots=True)
class Refits:
    """R fits of a model to responses less X beta, over sigma, in the coordinates of its bases.

    `beta` (R, p), `sigma` (R,), and for each factor `roots` (R, q, q), its Lambdas. `failed` counts those that did not
    converge or could not be fitted, which are not among the R.
    """

    beta: Matrix
    sigma: Vector
    roots: tuple[Matrix, ...]
    failed: int


def refit(fit: Fit, n: int, generator: np.random.Generator) -> Refits:
    """The fits of n responses drawn from a fitted model that has a criterion; theta is held where the fit's is."""
    match fit.model:
        case ScalarModel() as model:
            return _refit_scalar(model, n, generator)
        case JointModel() as model:
            return _refit_jointly(model, n, generator)
    raise TypeError("a fit without a criterion has no law to draw from")


def null_drops(model: ScalarModel, n: int, generator: np.random.Generator) -> Vector:
    """How far the criterion falls below that at theta = 0, (n,), for responses drawn at theta = 0: exactly its law.

    That law depends neither on beta nor on sigma (Crainiceanu & Ruppert 2004, J. R. Stat. Soc. B 66, theorem 1).
    """
    columns, criterion = turned_columns(model.products), model.criterion
    criteria = Criteria(criterion.restricted, criterion.nu, columns)
    return np.concatenate([minimise_together(criteria, drawn).drop for drawn in draw(columns, 0.0, n, generator)])


def _refit_scalar(model: ScalarModel, n: int, generator: np.random.Generator) -> Refits:
    columns, criterion = turned_columns(model.products), model.criterion
    criteria = Criteria(criterion.restricted, criterion.nu, columns)
    parts = []
    for responses in draw(columns, model.at.phi, n, generator):
        if model.optimum is None:
            held = criteria.at(np.full(responses.squares.size, model.at.phi), responses)
            parts.append((held.beta, held.rho, held.phi))
        else:
            found = minimise_together(criteria, responses)
            sound = found.converged
            parts.append((found.beta[sound], found.rho[sound], found.phi[sound]))
    beta, rho, phi = (np.concatenate(each) for each in zip(*parts, strict=True))
    return Refits(beta, np.sqrt(rho / criterion.nu), (np.sqrt(phi)[:, None, None],), n - rho.size)


def _refit_jointly(model: JointModel, n: int, generator: np.random.Generator) -> Refits:
    law, criterion = law_of(model.criterion, model.at.theta), model.criterion
    found = [each for _ in range(n) if (each := _fitted(model, law.draw(generator))) is not None]
    lambdas = [criterion.parameters.roots(theta) for _, _, theta in found]
    return Refits(
        beta=np.array([beta for beta, _, _ in found]).reshape(len(found), model.at.beta.size),
        sigma=np.array([np.sqrt(rho / criterion.nu) for _, rho, _ in found]),
        roots=tuple(
            np.array([each[f] for each in lambdas]).reshape(len(found), q, q)
            for f, q in enumerate(criterion.parameters.sizes)
        ),
        failed=n - len(found),
    )


def _fitted(model: JointModel, drawn: Criterion) -> tuple[Vector, float, Vector] | None:
    """Beta, rho and theta of a fit to a drawn response; None if it fails."""
    try:
        with np.errstate(invalid="raise", divide="raise", over="ignore"):
            if model.held:
                at = drawn.at(model.at.theta)
            else:
                start = moment_start(drawn.products, drawn.parameters, restricted=drawn.restricted)
                found = find_optimum(drawn, model.fold.factors, start)
                if not found.verdict.converged:
                    return None
                at = found.evaluation
    except (np.linalg.LinAlgError, ArithmeticError):
        return None
    return at.beta, at.rho, at.theta
