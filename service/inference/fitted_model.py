"""A fitted model as far as it predicts: what a document remembers of it, without a row of its data."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.arrays import Codes, Flags, Matrix, Vector, Vectors
from service.design import Coding
from service.engine import JointError
from service.formula.formula import Formula
from service.inference.posterior import VarianceNodes


@dataclass(frozen=True, slots=True)
class FittedFactor:
    """A grouping factor: the names of its groups, and their `effects` (q, J), term by term in lme4's order."""

    name: str
    levels: Sequence[str]
    effects: Vectors


@dataclass(frozen=True, slots=True)
class Errors:
    """How the estimates err, in the units of the data.

    `root` (p, p): |R x| is the standard error of x'beta; `unbounded` (p,) marks coefficients whose error has no bound.
    `spreads`, one (q, q) for each factor, are roots of the effects' covariances, None where it has no bound. `chain`
    are the links of the effects' errors, None where they are not known. `variances` says how well the variances are
    known, None where it does not.
    """

    root: Matrix
    unbounded: Flags
    spreads: tuple[Matrix | None, ...]
    chain: JointError | None
    variances: VarianceNodes | None = None


@dataclass(frozen=True, slots=True)
class FittedModel:
    """A model with p coefficients `beta`, those of the formula's `columns` (p,), and random factors in lme4's order.

    `sizes` are the factors' numbers of groups by name, `widths` those of the coefficients that vary; `factors` is None
    where the groups' effects are not known. `weights` names the column of prior weights.
    """

    formula: Formula
    coding: Coding
    columns: Codes
    beta: Vector
    sigma: float
    weights: str | None
    sizes: dict[str, int]
    widths: dict[str, int]
    factors: tuple[FittedFactor, ...] | None
    errors: Errors
