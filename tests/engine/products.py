"""Cross-products by their definitions, from the rows; and the comparison of two."""

from dataclasses import fields, is_dataclass, replace

import numpy as np
from scipy.sparse import csr_array

from service.arrays import Codes, Matrix, Vector
from service.design import Design
from service.engine.basis import Bases, RandomBasis
from service.engine.crossproducts import CrossProducts, FactorProducts
from service.engine.fold import fold
from service.engine.random_factors import RandomFactor
from tests.engine.designs import columns_in


def by_definition(design: Design, bases: Bases) -> CrossProducts:
    """The cross-products of all rows, one group after the other, by least squares."""
    D = columns_in(design, bases.fixed)
    w: Vector = np.ones(design.n) if design.weights is None else design.weights
    Z = [_columns(factor, basis) for factor, basis in zip(bases.factors, bases.random, strict=True)]
    codes = [factor.grouping.codes for factor in bases.factors]
    first, root = codes[0], np.sqrt(w)[:, None]
    solution = np.empty((Z[0].shape[1], D.shape[1], bases.factors[0].n_groups))
    left = np.empty_like(D)
    for j in range(solution.shape[2]):
        own = first == j
        solution[:, :, j] = np.linalg.lstsq(Z[0][own] * root[own], D[own] * root[own])[0]
        left[own] = (D[own] - Z[0][own] @ solution[:, :, j]) * root[own]
    left[:, np.append(np.abs(left[:, :-1]).max(axis=0, initial=0.0) < 1e-12, False).astype(bool)] = 0.0
    unweighted = D[:, int(bases.fixed.intercept) :]
    apart = unweighted - unweighted.mean(axis=0)
    spread = [_spread(z, own) for z, own in zip(Z, codes, strict=True)]
    pairs = {
        (f, h): csr_array(spread[f].T @ (spread[h] * w[:, None])) for f in range(len(Z)) for h in range(f + 1, len(Z))
    }
    known = fold(design, bases)
    return replace(
        known,
        basis=bases.fixed,
        factors=tuple(
            _factor_products(other, z, own, D, w) for other, z, own in zip(known.factors, Z, codes, strict=True)
        ),
        solution=solution,
        within=left.T @ left,
        pairs=pairs,
        log_weights=float(np.log(w).sum()),
        total_mean=unweighted.mean(axis=0),
        scatter=apart.T @ apart,
    )


def _columns(factor: RandomFactor, basis: RandomBasis) -> Matrix:
    """Z in the coordinates of its basis, (n, q)."""
    Z = np.column_stack([effect.Z.to_array() for effect in factor.effects])
    turned: Matrix = Z @ basis.transform
    return turned


def _factor_products(known: FactorProducts, Z: Matrix, codes: Codes, D: Matrix, w: Vector) -> FactorProducts:
    groups = [codes == j for j in range(int(codes.max()) + 1)]
    weighted = Z * w[:, None]
    return replace(
        known,
        counts=np.bincount(codes),
        weights=np.bincount(codes, w).astype(np.float64),
        gram=np.stack([weighted[own].T @ Z[own] for own in groups], axis=2),
        cross=np.stack([weighted[own].T @ D[own] for own in groups], axis=2),
        mean_squares=Z.T @ Z,
    )


def _spread(Z: Matrix, codes: Codes) -> Matrix:
    """Z with a column for each group and coefficient, a group's side by side, (n, J q)."""
    apart = Z[:, None, :] * (codes[:, None] == np.arange(int(codes.max()) + 1))[:, :, None]
    spread: Matrix = apart.reshape(len(Z), -1)
    return spread


def assert_same(ours: CrossProducts, true: CrossProducts, *, tolerance: float) -> None:
    """That all numbers of both agree, relative to the largest of a kind if that is above one."""
    assert ours.pairs.keys() == true.pairs.keys()
    for f, (mine, theirs) in enumerate(zip(ours.factors, true.factors, strict=True)):
        assert mine.counts.tolist() == theirs.counts.tolist()
        _assert_fields_alike(mine, theirs, f"factor {f}", tolerance)
    for pair, block in true.pairs.items():
        _assert_alike(ours.pairs[pair].toarray(), block.toarray(), f"pair {pair}", tolerance)
    _assert_fields_alike(ours, true, "all", tolerance)


def _assert_fields_alike(ours: FactorProducts | CrossProducts, true: object, place: str, tolerance: float) -> None:
    for field in fields(ours):
        mine, theirs = getattr(ours, field.name), getattr(true, field.name)
        if field.name != "spanned" and not (is_dataclass(mine) or isinstance(mine, dict | tuple)):
            _assert_alike(np.asarray(mine), np.asarray(theirs), f"{place}: {field.name}", tolerance)


def _assert_alike(ours: Matrix, true: Matrix, place: str, tolerance: float) -> None:
    size = max(float(np.abs(true).max(initial=0.0)), 1.0)
    np.testing.assert_allclose(ours, true, rtol=0, atol=tolerance * size, err_msg=place)
