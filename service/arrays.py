"""Names for the kinds of array the rooms of the mathematics hand to each other."""

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
"""One column of numbers, shape (n,)."""

Matrix = NDArray[np.float64]
"""Numbers in rows and columns, shape (n, p) or (p, p)."""

Codes = NDArray[np.intp]
"""Which level each row has, shape (n,); -1 where it is missing."""

Vectors = NDArray[np.float64]
"""One vector for each group, groups last, shape (q, J)."""

Matrices = NDArray[np.float64]
"""One small matrix for each group, groups last, shape (q, r, J)."""

Flags = NDArray[np.bool_]
"""True or false of each element, shape (n,)."""
