"""The cross-products of random factors with each other: sparse, an element for two groups that share a row."""

import numpy as np
from scipy.sparse import coo_array, csr_array

from service.engine.columns import blocks, rows_at_once
from service.engine.random_factors import RandomFactor
from service.engine.rows import Rows

AT_ONCE = 131_072
"""Rows summed together: their indices and values are held beside them."""


def pairs_of(rows: Rows, factors: tuple[RandomFactor, ...]) -> dict[tuple[int, int], csr_array]:
    """Z_f'Z_h for every two factors."""
    return {(f, h): _crossed(rows, factors, f, h) for f in range(len(factors)) for h in range(f + 1, len(factors))}


def _crossed(rows: Rows, factors: tuple[RandomFactor, ...], f: int, h: int) -> csr_array:
    """Z_f'Z_h (J_f q_f, J_h q_h), sparse, a large block of rows at a time."""
    mine, theirs = rows.random[f], rows.random[h]
    q, r = len(mine), len(theirs)
    shape = (factors[f].n_groups * q, factors[h].n_groups * r)
    total = csr_array(shape)
    varying = [place for place in (*mine, *theirs) if place is not None]
    at_once = rows_at_once(len(rows.columns), AT_ONCE) if varying else AT_ONCE
    out = np.empty((len(rows.columns) if varying else 0, min(at_once, rows.n)))
    for block in blocks(rows.n, at_once):
        part = rows.read(block, out) if varying else out
        weights = np.ones(block.stop - block.start) if rows.design.weights is None else rows.design.weights[block]
        own = factors[f].grouping.codes[block].astype(np.int32)
        other = factors[h].grouping.codes[block].astype(np.int32)
        for a, first in enumerate(mine):
            for b, second in enumerate(theirs):
                value = weights if first is None else weights * part[first]
                value = value if second is None else value * part[second]
                total = total + coo_array((value, (own * q + a, other * r + b)), shape).tocsr()
    return total
