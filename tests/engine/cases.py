"""The criteria of all structures, and the textbook's models of the same."""

from dataclasses import dataclass

import numpy as np

from service.arrays import Matrix, Vector
from service.design import Design
from service.engine.criterion import Criterion, criterion_of
from service.engine.random_factors import RandomFactor, parameters_of
from tests.engine.designs import columns_in, conditioned
from tests.engine.structures import STRUCTURES
from tests.engine.textbook import Textbook, textbook_of

THETAS = ("moderate", "small", "large", "one zero", "singular", "all zero")


@dataclass(frozen=True, slots=True)
class Case:
    """A criterion, the textbook's model in the same random coordinates, and D (n, m) in the criterion's."""

    criterion: Criterion
    factors: tuple[RandomFactor, ...]
    book: Textbook
    D: Matrix


CASES: dict[tuple[str, bool], Case] = {}


def case(name: str, *, restricted: bool) -> Case:
    """A structure's case, made once."""
    if (name, restricted) not in CASES:
        CASES[name, restricted] = _case(STRUCTURES[name], restricted=restricted)
    return CASES[name, restricted]


def _case(design: Design, *, restricted: bool) -> Case:
    fold = conditioned(design)
    criterion = criterion_of(fold.products, parameters_of(fold.factors, design), restricted=restricted)
    transforms = [own.basis.transform for own in fold.products.factors]
    book = textbook_of(design, fold.kept, restricted=restricted, transforms=transforms)
    return Case(criterion, fold.factors, book, columns_in(design, fold.products.basis))


def theta_of(criterion: Criterion, kind: str) -> Vector:
    """A theta of this kind; singular ones have a Lambda with a zero on the diagonal and something below another."""
    parameters = criterion.parameters
    diagonal = parameters.row == parameters.column
    random = np.random.default_rng(parameters.count)
    theta: Vector = random.normal(size=parameters.count) / 2 + diagonal
    match kind:
        case "small":
            theta *= 0.01
        case "large":
            theta *= 1e3
        case "one zero":
            theta[parameters.factor == parameters.factor[-1]] = 0.0
        case "singular":
            theta[np.flatnonzero(diagonal)[-1]] = 0.0
        case "all zero":
            theta[:] = 0.0
    return theta


def psis_of(criterion: Criterion, theta: Vector) -> list[Matrix]:
    """Psi of every factor."""
    return [root @ root.T for root in criterion.parameters.roots(theta)]
