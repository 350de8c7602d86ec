"""A document's words turned back into numbers: what a fitted model needs to predict, each length checked.

A document may come from anybody: whatever does not fit together is refused with a pointer to it.
"""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array

from service.arrays import Codes, Matrix, Vector
from service.contract import FitDocument
from service.contract import memory as wire
from service.contract.document import GroupingFactor, RandomEffects
from service.design import Coding, Factor, check_coding
from service.engine import JointError, Link, Tie
from service.errors import Fault, InvalidRequest, ServiceError
from service.formula import read
from service.formula.formula import Formula
from service.inference import Errors, FittedFactor, FittedModel, VarianceNodes
from service.quoting import pointer_to

MOST_NODES = 1000
"""Nodes of a mixture: each costs as much as all rows."""

ROUNDING = 1e-6
"""How far shares may be from adding up to 1."""


def fitted_model(document: FitDocument, pointer: str, known: Sequence[str] = ()) -> FittedModel:
    """The model of the document at this pointer; raises InvalidRequest for one that does not fit together.

    `known` are the columns of the rows that are to be predicted: a `pi` that is none of them is the constant.
    """
    formula, coding = _formula(document, pointer, known), _coding(document.coding)
    check_coding(formula, coding, f"{pointer}/coding")
    beta = _numbers([row.estimate for row in document.fixed_effects], None, f"{pointer}/fixed_effects")
    columns = _places(document.coding.columns)
    _require(columns.size == beta.size, f"{pointer}/coding/columns", "There is not a column for each coefficient")
    _require(len(set(document.coding.columns)) == columns.size, f"{pointer}/coding/columns", "A column stands twice")
    sigma = _numbers([document.statistics.sigma], 1, f"{pointer}/statistics/sigma")
    listed = document.model.grouping_factors
    sizes = {factor.group: factor.n_groups for factor in listed}
    _require(len(sizes) == len(listed) > 0, f"{pointer}/model/grouping_factors", "Two factors have one name, or none")
    factors = _factors(document, pointer)
    errors = _errors(document, factors, pointer)
    return FittedModel(
        formula=formula,
        coding=coding,
        columns=columns,
        beta=beta,
        sigma=float(sigma[0]),
        weights=document.model.weights,
        sizes=sizes,
        widths={factor.group: len(factor.terms) for factor in listed},
        factors=factors,
        errors=errors,
    )


def _formula(document: FitDocument, pointer: str, known: Sequence[str]) -> Formula:
    try:
        formula = read(document.model.formula, known)
    except ServiceError as error:
        message = f"The formula of the document cannot be read: {error.detail}"
        raise InvalidRequest(message, Fault(message, pointer=f"{pointer}/model/formula")) from None
    _require(bool(formula.random), f"{pointer}/model/formula", "The formula has no random term")
    return formula


def _coding(coding: wire.Coding) -> Coding:
    return Coding(
        {label: Factor(tuple(factor.levels), factor.contrasts) for label, factor in coding.factors.items()},
        {call: {name: tuple(each) for name, each in named.items()} for call, named in coding.constants.items()},
    )


def _factors(document: FitDocument, pointer: str) -> tuple[FittedFactor, ...] | None:
    """The factors in the order of the model; None where the document has no effects."""
    if document.random_effects is None:
        return None
    listed, given = document.model.grouping_factors, document.random_effects
    pointer = f"{pointer}/random_effects"
    _require({factor.group for factor in listed} == set(given), pointer, "These are not the model's factors")
    return tuple(_factor(each, given[each.group], pointer_to(pointer, each.group)) for each in listed)


def _factor(factor: GroupingFactor, effects: RandomEffects, pointer: str) -> FittedFactor:
    J, q = factor.n_groups, len(factor.terms)
    _require(len(effects.levels) == J, f"{pointer}/levels", f"There are not {J} labels")
    if len(set(effects.levels)) < J:
        _require(False, f"{pointer}/levels", "Two groups have one label, so a row's group cannot be told")
    estimate = _matrix(effects.estimate, J, q, f"{pointer}/estimate")
    return FittedFactor(factor.group, tuple(effects.levels), np.ascontiguousarray(estimate.T))


def _errors(document: FitDocument, factors: Sequence[FittedFactor] | None, pointer: str) -> Errors:
    """How the estimates err."""
    given, p, listed = document.prediction, len(document.fixed_effects), document.model.grouping_factors
    pointer = f"{pointer}/prediction"
    _require(set(given.spreads) == {factor.group for factor in listed}, f"{pointer}/spreads", "Not the model's factors")
    spreads = []
    for factor in listed:
        spread, q = given.spreads[factor.group], len(factor.terms)
        place = pointer_to(f"{pointer}/spreads", factor.group)
        spreads.append(None if spread is None else _matrix(spread, q, q, place))
    return Errors(
        root=_matrix(given.root, p, p, f"{pointer}/root"),
        unbounded=np.array([row.std_error is None for row in document.fixed_effects], dtype=np.bool_),
        spreads=tuple(spreads),
        chain=None if factors is None else _chain(document, factors, pointer),
        variances=_variances(given, factors, p, pointer),
    )


def _chain(document: FitDocument, factors: Sequence[FittedFactor], pointer: str) -> JointError | None:
    """The chain of the effects' errors; None where the document has none."""
    given, p = document.prediction, len(document.fixed_effects)
    if given.means is not None:
        _require(len(factors) == 1 and len(factors[0].effects) == 1, f"{pointer}/means", "More than one effect varies")
        effects = (document.random_effects or {})[factors[0].name]
        return JointError((_link_of_means(given.means, effects, p, pointer),), None)
    if given.links is None:
        return None
    names = [link.group for link in given.links]
    _require(names == [factor.name for factor in factors[: len(names)]], f"{pointer}/links", "Not the first factors")
    widths = [factor.effects.size for factor in factors]
    links = [
        _link(link, factor, sum(widths[f + 1 :]), p, f"{pointer}/links/{f}")
        for f, (link, factor) in enumerate(zip(given.links, factors, strict=False))
    ]
    tied = sum(widths[len(links) :])
    _require((given.tie is not None) == (tied > 0), f"{pointer}/tie", "Its groups are those that have no link")
    return JointError(tuple(links), None if given.tie is None else _tie(given.tie, tied, p, f"{pointer}/tie"))


def _link_of_means(means: list[list[float] | None], effects: RandomEffects, p: int, pointer: str) -> Link:
    """The link of a varying intercept, from the means of the columns in its groups."""
    J = len(effects.levels)
    weight = _numbers(effects.weight, J, f"{pointer}/means")
    error = _matrix(effects.std_error, J, 1, f"{pointer}/means")
    return Link(error.T[None], (weight * _means(means, J, p, f"{pointer}/means"))[None], csr_array((J, 0)))


def _means(given: list[list[float] | None], J: int, p: int, pointer: str) -> Matrix:
    """The means (p, J) of the columns in the groups."""
    _require(len(given) == p, pointer, f"There are not {p} columns")
    columns = [np.ones(J) if own is None else _numbers(own, J, f"{pointer}/{k}") for k, own in enumerate(given)]
    return np.array(columns, dtype=np.float64).reshape(p, J)


def _variances(
    errors: wire.PredictionErrors, factors: Sequence[FittedFactor] | None, p: int, pointer: str
) -> VarianceNodes | None:
    """How well the variances are known; None where the document does not tell."""
    given = errors.variances
    if given is None or errors.means is None or factors is None:
        return None
    J, K = len(factors[0].levels), len(given.theta)
    means, pointer = _means(errors.means, J, p, f"{pointer}/means"), f"{pointer}/variances"
    shares = _numbers(given.share, K, f"{pointer}/share")
    sound = 0 < K <= MOST_NODES and bool((shares >= 0).all()) and abs(float(shares.sum()) - 1.0) < ROUNDING
    _require(sound, f"{pointer}/share", f"These are not the shares of 1 to {MOST_NODES} nodes")
    _require(given.df > 0, f"{pointer}/df", "There are no degrees of freedom")
    weights = _numbers(given.weights, J, f"{pointer}/weights")
    _require(bool((weights >= 0).all()), f"{pointer}/weights", "A weight is negative")
    return VarianceNodes(
        theta=_numbers(given.theta, K, f"{pointer}/theta"),
        share=shares,
        sigma=_numbers(given.sigma, K, f"{pointer}/sigma"),
        df=given.df,
        beta=_matrix(given.beta, K, p, f"{pointer}/beta"),
        root=_matrix(given.root, K, p * p, f"{pointer}/root").reshape(K, p, p),
        weights=weights,
        response=_numbers(given.response, J, f"{pointer}/response"),
        means=means,
    )


def _link(link: wire.ErrorLink, factor: FittedFactor, n_later: int, p: int, pointer: str) -> Link:
    q, J = factor.effects.shape
    elements = _matrix(link.root, q * (q + 1) // 2, J, f"{pointer}/root")
    root = np.zeros((q, q, J))
    root[np.triu_indices(q)] = elements
    pull = _matrix(link.pull, q * p, J, f"{pointer}/pull").reshape(q, p, J)
    _require((link.later is None) == (n_later == 0), f"{pointer}/later", "It is there where later factors are")
    later = csr_array((q * J, 0)) if link.later is None else _sparse(link.later, q * J, n_later, f"{pointer}/later")
    return Link(root, pull, later)


def _sparse(given: wire.SparseRows, rows: int, columns: int, pointer: str) -> csr_array:
    values = _numbers(given.values, None, f"{pointer}/values")
    starts, places = _places(given.starts), _places(given.columns)
    rising = starts.size == rows + 1 and starts[0] == 0 and starts[-1] == values.size
    rising = rising and bool((np.diff(starts) >= 0).all())
    _require(rising, f"{pointer}/starts", "They do not divide the values into rows")
    _require(places.size == values.size, f"{pointer}/columns", "There is not one for each value")
    _require(bool((places < columns).all()), f"{pointer}/columns", f"There are {columns} columns")
    return csr_array((values, places, starts), (rows, columns))


def _places(given: list[int]) -> Codes:
    """The places, those too large for an integer as the largest of all."""
    return np.array([min(place, 2**62) for place in given], dtype=np.intp)


def _tie(tie: wire.ErrorTie, m: int, p: int, pointer: str) -> Tie:
    elements = _numbers(tie.root, m * (m + 1) // 2, f"{pointer}/root")
    root = np.zeros((m, m))
    root[np.triu_indices(m)] = elements
    return Tie(root, _matrix(tie.pull, m, p, f"{pointer}/pull"))


def _numbers(given: Sequence[float | None] | None, count: int | None, pointer: str) -> Vector:
    """These numbers, of which there must be `count`, all finite."""
    values = np.array([] if given is None else given, dtype=np.float64)
    _require(count is None or values.size == count, pointer, f"There are not {count} numbers")
    _require(bool(np.isfinite(values).all()), pointer, "A number is missing or not finite")
    return values


def _matrix(given: Sequence[Sequence[float | None]], rows: int, columns: int, pointer: str) -> Matrix:
    """These rows of numbers, as many as there must be, all finite."""
    try:
        values = np.array(given, dtype=np.float64).reshape(len(given), -1 if given else columns)
    except ValueError:  # rows of several lengths
        values = np.empty((0, 0))
    _require(values.shape == (rows, columns), pointer, f"These are not {rows} rows of {columns} numbers")
    _require(bool(np.isfinite(values).all()), pointer, "A number is missing or not finite")
    return values


def _require(fits: bool, pointer: str, message: str) -> None:
    """Raise InvalidRequest unless the part of the document at this pointer fits."""
    if not fits:
        raise InvalidRequest(f"The document does not fit together at {pointer}: {message}.", Fault(message, pointer))
