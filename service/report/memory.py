"""What a document remembers for predictions, in the contract's words: the coding of data, and how estimates err."""

import math

import numpy as np
from scipy.sparse import csr_array

from service.arrays import Matrices, Matrix, Vectors
from service.contract import memory as wire
from service.design import Design
from service.engine import Estimates, JointError, Link, Tie, joint_error
from service.inference import VarianceNodes, variance_nodes
from service.report.findings import Findings

MOST_NUMBERS = 4_000_000
"""Numbers that tell of the errors of groups' effects at most, even where they are asked for."""

DIGITS = 15
"""Digits of a group's mean, counted from the largest of its column: what lies behind them is rounding."""


def coding(design: Design, estimates: Estimates) -> wire.Coding:
    """How the design's data were coded."""
    return wire.Coding(
        version=1,
        factors={
            label: wire.FactorCoding.model_construct(levels=list(factor.levels), contrasts=factor.contrasts)
            for label, factor in design.coding.factors.items()
        },
        constants={
            call: {name: list(values) for name, values in constants.items()}
            for call, constants in design.coding.constants.items()
        },
        columns=estimates.kept.tolist(),
    )


def prediction_errors(found: Findings, *, most: int, variances: bool) -> wire.PredictionErrors:
    """How the estimates err, those of the groups' effects in no more than `most` numbers; and perhaps the variances."""
    estimates = found.estimates
    chain = None if estimates.is_varying_intercept else _chain(estimates, most)
    names = [factor.factor.grouping.name for factor in estimates.factors]
    is_short = (estimates.beta.size - 1) * estimates.factors[0].factor.n_groups <= most
    return wire.PredictionErrors.model_construct(
        root=estimates.error_root.tolist(),
        spreads={
            name: factor.spread.tolist() if all(map(math.isfinite, factor.spread.ravel().tolist())) else None
            for name, factor in zip(names, estimates.factors, strict=True)
        },
        means=_means(estimates) if estimates.is_varying_intercept and is_short and most else None,
        links=None if chain is None else [_link(name, link) for name, link in zip(names, chain.links, strict=False)],
        tie=None if chain is None or chain.tie is None else _tie(chain.tie),
        variances=_variances(variance_nodes(found.fit)) if variances else None,
    )


def _chain(estimates: Estimates, most: int) -> JointError | None:
    """The chain of the effects' errors, None if it has more than `most` numbers."""
    p, factors = estimates.beta.size, [factor.factor for factor in estimates.factors]
    least = sum(each.n_groups * each.n_coefficients * (1 + p) for each in factors)
    if least > most:
        return None
    # Of tied columns every two have a number.
    chain = joint_error(estimates, most_tied=int(np.sqrt(2.0 * most)))
    return None if chain is None or _size(chain) > most else chain


def _means(estimates: Estimates) -> list[list[float] | None]:
    """The mean of each coefficient's column in every group; None of a column of ones."""
    products = estimates.products
    means: Vectors = np.linalg.inv(products.basis.jacobian()).T @ products.solution[0][:-1]
    found: list[list[float] | None] = []
    for place, column in enumerate(means):
        if place == 0 and products.basis.intercept:
            found.append(None)
            continue
        largest = float(np.abs(column).max())
        decimals = DIGITS - math.ceil(math.log10(largest)) if largest > 0 else 0
        # A power of ten beyond 1e308 is no number.
        found.append((column.round(decimals) if decimals < 300 else column).tolist())
    return found


def _variances(nodes: VarianceNodes | None) -> wire.VarianceNodes | None:
    """The mixture in words; the means of the columns are there already."""
    if nodes is None:
        return None
    return wire.VarianceNodes.model_construct(
        theta=nodes.theta.tolist(),
        share=nodes.share.tolist(),
        sigma=nodes.sigma.tolist(),
        df=nodes.df,
        beta=nodes.beta.tolist(),
        root=nodes.root.reshape(len(nodes.root), -1).tolist(),
        weights=nodes.weights.tolist(),
        response=nodes.response.tolist(),
    )


def _size(chain: JointError) -> int:
    """The numbers that the chain takes."""
    tied = 0 if chain.tie is None else len(chain.tie.root) * (len(chain.tie.root) + 1) // 2 + chain.tie.pull.size
    return tied + sum(link.root.size + link.pull.size + 2 * link.later.nnz for link in chain.links)


def _link(group: str, link: Link) -> wire.ErrorLink:
    return wire.ErrorLink.model_construct(
        group=group,
        root=_upper(link.root),
        pull=link.pull.reshape(-1, link.pull.shape[2]).tolist(),
        later=_sparse(link.later) if link.later.shape[1] else None,
    )


def _upper(roots: Matrices) -> list[list[float]]:
    """The elements of upper triangles (q, q, J), row by row."""
    elements: list[list[float]] = roots[np.triu_indices(len(roots))].tolist()
    return elements


def _sparse(matrix: csr_array) -> wire.SparseRows:
    return wire.SparseRows.model_construct(
        starts=matrix.indptr.tolist(), columns=matrix.indices.tolist(), values=matrix.data.tolist()
    )


def _tie(tie: Tie) -> wire.ErrorTie:
    root: Matrix = tie.root
    return wire.ErrorTie.model_construct(root=root[np.triu_indices(len(root))].tolist(), pull=tie.pull.tolist())
