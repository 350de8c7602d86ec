"""Names for the three kinds of array the rooms of the mathematics hand to each other."""

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
"""One column of numbers, shape (n,)."""

Matrix = NDArray[np.float64]
"""Numbers in rows and columns, shape (n, p) or (p, p)."""

Codes = NDArray[np.intp]
"""Which level each row has, shape (n,); -1 where it is missing."""
