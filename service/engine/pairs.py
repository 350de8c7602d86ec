"""The cross-products of random factors with each other: sparse, an element for two groups that share a row."""

import numpy as np
from scipy.sparse import coo_array, csr_array

from service.engine.columns import blocks
from service.engine.random_factors import RandomFactor
from service.engine.rows import Rows

AT_ONCE = 1_048_576
"""Rows summed together: their indices and values are held beside them."""


def pairs_of(rows: Rows, factors: tuple[RandomFactor, ...]) -> dict[tuple[int, int], csr_array]:
    """Z_f'Z_h for every two factors."""
    return {(f, h): _crossed(rows, factors, f, h) for f in range(len(factors)) for h in range(f + 1, len(factors))}


def _crossed(rows: Rows, factors: tuple[RandomFactor, ...], f: int, h: int) -> csr_array:
    """Z_f'Z_h (J_f q_f, J_h q_h), sparse, a large block of rows at a time."""
    q, r = len(rows.random[f]), len(rows.random[h])
    shape = (factors[f].n_groups * q, factors[h].n_groups * r)
    total = csr_array(shape)
    out = np.empty((len(rows.columns), min(AT_ONCE, rows.n)))
    for block in blocks(rows.n, AT_ONCE):
        part = rows.read(block, out)
        weights = np.ones(part.shape[1]) if rows.design.weights is None else rows.design.weights[block]
        mine = factors[f].grouping.codes[block].astype(np.int32)
        theirs = factors[h].grouping.codes[block].astype(np.int32)
        for a, own in enumerate(rows.random[f]):
            for b, other in enumerate(rows.random[h]):
                value = weights if own is None else weights * part[own]
                value = value if other is None else value * part[other]
                total = total + coo_array((value, (mine * q + a, theirs * r + b)), shape).tocsr()
    return total
