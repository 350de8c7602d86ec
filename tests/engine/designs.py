"""Designs made of arrays, without a formula or a table."""

from collections.abc import Sequence

import numpy as np

from service.arrays import Codes, Matrix, Vector
from service.design import Coding, Design, Grouping, RandomEffect

Numbers = Sequence[float] | Vector


def design_of(
    y: Numbers,
    codes: Sequence[int] | Codes,
    *predictors: Numbers,
    intercept: bool = True,
    weights: Numbers | None = None,
    offset: Numbers | None = None,
) -> Design:
    """The design of y ~ predictors + (1 | g), g given by its codes, all of which must occur."""
    response, groups = np.array(y, dtype=np.float64), np.array(codes, dtype=np.intp)
    ones = [np.ones(response.size)] * intercept
    columns = [*ones, *(np.array(column, dtype=np.float64) for column in predictors)]
    names = ["(Intercept)"] * intercept + [f"x{k + 1}" for k in range(len(predictors))]
    levels = tuple(f"group {j}" for j in range(int(groups.max()) + 1))
    effect = RandomEffect(Grouping("g", groups, levels), ("(Intercept)",), np.ones((response.size, 1)), True)
    return Design(
        formula=" + ".join(["y ~ 1" if intercept else "y ~ 0", *names[int(intercept) :], "(1 | g)"]),
        response="y",
        names=tuple(names),
        intercept=intercept,
        X=np.asfortranarray(np.column_stack(columns) if columns else np.empty((response.size, 0))),
        y=response,
        weights=None if weights is None else np.array(weights, dtype=np.float64),
        offset=None if offset is None else np.array(offset, dtype=np.float64),
        random=(effect,),
        rows=np.arange(response.size),
        n_dropped=0,
        coding=Coding({}, {}),
    )


def columns_of(design: Design, kept: Codes) -> Matrix:
    """The columns of X at these positions."""
    return design.X[:, kept]
