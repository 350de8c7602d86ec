"""Design -> cross-products -> criterion -> optimum -> estimates: a mixed model, fitted."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from service.arrays import Vector
from service.design import Design
from service.engine.conditioning import UNEXPLAINED, Fold, condition, residualise, sharpen
from service.engine.criterion import criterion_of
from service.engine.crossproducts import squares_of_response, total_products
from service.engine.fit import Fit
from service.engine.model import JointModel, joint_estimates
from service.engine.noise import has_no_noise, with_noise, without_noise
from service.engine.random_factors import Parameters, parameters_of
from service.engine.refusals import require_fittable, require_theta
from service.engine.roots import canonical_root
from service.engine.scalar.model import fit_scalar
from service.engine.search import find_optimum
from service.engine.sharing import Folded, fold_together, folded_plainly
from service.engine.start import moment_start
from service.engine.verdict import Verdict
from service.errors import NotFinite, ServiceError, TooManyParameters

VANISHED = 3e-8
"""A standard deviation, as a share of the response's largest value, to which only a search that follows it gets."""


def fit(
    design: Design, *, restricted: bool = True, theta: Sequence[float] | None = None, known: Folded | None = None
) -> Fit:
    """The fit of a design by REML (`restricted`) or ML.

    `theta` holds the relative covariance factors, in lme4's order, instead of estimating them; where one coefficient
    varies alone it may be infinity (no pooling). `known` are the design's plain cross-products, if it
    is folded already.

    Raises:
        UnsupportedModel: there is no random term.
        TooFewGroups: a factor has a single group.
        AllSingletons: a factor has as many groups as there are rows.
        TooManyParameters: a term has as many random effects as there are rows, or the coefficients leave no row to
            estimate sigma from.
        InvalidRequest: theta has not as many elements as the model.
        NotFinite: the products of the columns leave the range of a double.
    """
    require_fittable(design)
    try:
        with np.errstate(invalid="raise", divide="raise", over="ignore"):
            return _fit(
                design, condition(design, *(known or folded_plainly(design))), restricted=restricted, theta=theta
            )
    except (np.linalg.LinAlgError, ArithmeticError):
        raise NotFinite(
            "The columns of this model, or their products, are so large, so small or so alike that double precision "
            "cannot hold what it takes to fit it: shift and scale them."
        ) from None


def fit_all(
    designs: Sequence[Design], *, restricted: bool = True, theta: Sequence[float] | None = None
) -> list[Fit | ServiceError]:
    """For each design its fit, or why there is none; models of the same groups and rows share a pass over them."""
    found: list[Fit | ServiceError] = []
    for design, known in zip(designs, fold_together(designs), strict=True):
        try:
            found.append(fit(design, restricted=restricted, theta=theta, known=known))
        except ServiceError as error:
            # A traceback would keep the arrays of the attempt.
            found.append(error.with_traceback(None))
    return found


def _fit(design: Design, folded: Fold, *, restricted: bool, theta: Sequence[float] | None) -> Fit:
    """The fit of a design whose rows are folded."""
    parameters = parameters_of(folded.factors, design)
    if theta is not None:
        require_theta(theta, parameters, folded.factors)
    if design.n <= folded.kept.size:
        raise TooManyParameters(f"{folded.kept.size} coefficients cannot be told apart by {design.n} rows.")
    folded = sharpen(design, folded)
    if parameters.count == 1:
        return fit_scalar(design, folded, restricted=restricted, theta=None if theta is None else theta[0])
    return _fit_jointly(design, folded, parameters, restricted=restricted, theta=theta)


def _fit_jointly(
    design: Design, folded: Fold, parameters: Parameters, *, restricted: bool, theta: Sequence[float] | None
) -> Fit:
    """The fit of a model with several variance parameters."""
    held = theta is not None
    if not held and has_no_noise(folded.products):
        return _fit_without_noise(folded, parameters, restricted=restricted)
    start = (
        moment_start(folded.products, parameters, restricted=restricted)
        if theta is None
        else _in_bases(folded, parameters, theta)
    )
    model, verdict = _solve(folded, parameters, start, restricted=restricted, held=held)
    if model.at.rho < UNEXPLAINED * squares_of_response(folded.products) and _is_explained_by_columns(folded, model):
        folded = residualise(design, folded, model.at.beta)
        model, verdict = _solve(folded, parameters, model.at.theta, restricted=restricted, held=held)
    if verdict is not None and not verdict.converged and model.at.rho < model.criterion.nu * VANISHED**2:
        # A search that ends nowhere while the noise vanishes has no optimum to find.
        return _fit_without_noise(folded, parameters, restricted=restricted)
    estimates = joint_estimates(folded, model.criterion, model.at)
    if theta is not None:
        # As it was given, not as it comes back from the bases.
        estimates = replace(estimates, theta=np.array(theta, dtype=np.float64))
    return Fit(estimates, restricted, model.at.value, verdict, held, model)


def _fit_without_noise(folded: Fold, parameters: Parameters, *, restricted: bool) -> Fit:
    """The limit of the fit as the noise vanishes."""
    padded = replace(folded, products=with_noise(folded.products))
    start = moment_start(padded.products, parameters, restricted=restricted)
    model, _ = _solve(padded, parameters, start, restricted=restricted, held=False)
    estimates = without_noise(joint_estimates(padded, model.criterion, model.at))
    return Fit(estimates, restricted, np.nan, None, False, None)


def _solve(
    folded: Fold, parameters: Parameters, start: Vector, *, restricted: bool, held: bool
) -> tuple[JointModel, Verdict | None]:
    """The model at its optimum, found from `start`, or at `start` if theta is held."""
    criterion = criterion_of(folded.products, parameters, restricted=restricted)
    if held:
        return JointModel(folded, criterion, criterion.at(start), held), None
    found = find_optimum(criterion, folded.factors, start)
    return JointModel(folded, criterion, found.evaluation, held), found.verdict


def _is_explained_by_columns(folded: Fold, model: JointModel) -> bool:
    """Whether it is X, not the groups, that explains nearly all of y: only then does another basis help."""
    total = total_products(folded.products)
    direction = np.append(-model.at.beta, 1.0)
    return bool(direction @ total @ direction < UNEXPLAINED * total[-1, -1])


def _in_bases(folded: Fold, parameters: Parameters, theta: Sequence[float]) -> Vector:
    """The theta (k,) of the random bases that stands for this one, of the data and in lme4's order."""
    values = np.empty(parameters.count)
    values[parameters.lme4_order] = theta
    roots = parameters.roots(values)
    return parameters.theta(
        canonical_root(np.asarray(np.linalg.solve(own.basis.transform, root), dtype=np.float64), factor)
        for own, root, factor in zip(folded.products.factors, roots, folded.factors, strict=True)
    )
