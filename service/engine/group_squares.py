"""What a factor's columns leave of the rows of each of its groups: the parts of S (crossproducts.py)."""

from collections.abc import Sequence

import numpy as np

from service.arrays import Codes, Matrices, Matrix
from service.design import Design
from service.engine.basis import Bases
from service.engine.crossproducts import CrossProducts
from service.engine.row_blocks import row_blocks


def group_squares(
    design: Design, bases: Bases, turns: Sequence[Matrix], products: CrossProducts, groups: Codes
) -> Matrices:
    """S_j (m, m, K) of these groups (K,) of the first factor of a design with these products."""
    m, size = products.width, groups.size
    place = np.full(products.factors[0].counts.size, size)
    place[groups] = np.arange(size)
    squares = np.zeros((m, m, size))
    for rows in row_blocks(design, bases, turns, 2 * m):
        wanted = np.flatnonzero(place[rows.groups[0]] < size)
        codes, z = rows.groups[0][wanted], rows.random[0][:, wanted]
        left = rows.fixed[:, wanted] - np.einsum("an,amn->mn", z, products.solution[:, :, codes])
        left[products.spanned] = 0.0
        weighted = left if rows.weights is None else left * rows.weights[wanted]
        for a in range(m):
            for b in range(a + 1):
                squares[a, b] += np.bincount(place[codes], weighted[a] * left[b], size)
    lower = np.tril_indices(m, -1)
    squares[lower[1], lower[0]] = squares[lower]
    return squares
