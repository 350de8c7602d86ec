"""The Cholesky factor of a sparse matrix, front by front, and its inverse where the matrix has elements.

The factor goes from the first front to the last, each passing its update on to its parent; the inverse comes back from
the last to the first, and is known wherever the factor has elements (Takahashi, Fagan & Chen 1973; Campbell & Davis
1995, Tech. Rep. TR-95-021, University of Florida).
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg.lapack import dpotrf, dtrtri

from service.arrays import Codes, Matrix, Vector
from service.engine.fronts import Front, Fronts


@dataclass(frozen=True, slots=True)
class Factor:
    """The Cholesky factor of a matrix, front by front: L11^-1 (w, w), and L21 L11^-1 (r, w)."""

    fronts: Fronts
    inverses: list[Matrix]
    reaching: list[Matrix]
    log_determinant: float

    def forward(self, B: Matrix) -> Matrix:
        """L^-1 of B (columns, m), both in the order of elimination."""
        X = B.copy()
        for front, inverse, reaching in zip(self.fronts.fronts, self.inverses, self.reaching, strict=True):
            own = X[front.start : front.stop]
            if front.reach.size:
                X[front.reach] -= reaching @ own
            X[front.start : front.stop] = inverse @ own
        return X

    def backward(self, B: Matrix) -> Matrix:
        """L'^-1 of B (columns, m)."""
        X = B.copy()
        triples = zip(self.fronts.fronts, self.inverses, self.reaching, strict=True)
        for front, inverse, reaching in reversed(list(triples)):
            solved = inverse.T @ X[front.start : front.stop]
            if front.reach.size:
                solved -= reaching.T @ X[front.reach]
            X[front.start : front.stop] = solved
        return X


def factorise(fronts: Fronts, values: Vector) -> Factor:
    """The factor of the positive definite matrix whose elements these are."""
    inverses: list[Matrix] = []
    reaching: list[Matrix] = []
    updates: dict[int, list[tuple[Codes, Matrix]]] = {}
    log_determinant = 0.0
    for f, front in enumerate(fronts.fronts):
        size, w = front.width + front.reach.size, front.width
        F = np.zeros((size, size))
        F[front.row, front.column] = values[front.source]
        for place, update in updates.pop(f, ()):
            F[place[:, None], place] += update
        root, failed = dpotrf(F[:w, :w], lower=1)
        if failed:
            raise np.linalg.LinAlgError("not positive definite")
        inverse = dtrtri(root, lower=1)[0]
        log_determinant += 2.0 * float(np.log(root.diagonal()).sum())
        half = F[w:, :w] @ inverse.T
        inverses.append(inverse)
        reaching.append(half @ inverse)
        if front.parent >= 0:
            updates.setdefault(front.parent, []).append((front.place, F[w:, w:] - half @ half.T))
    return Factor(fronts, inverses, reaching, log_determinant)


def inverse_elements(factor: Factor, size: int) -> Vector:
    """The elements (size,) of the inverse where the matrix has elements."""
    found = np.empty(size)
    fronts = factor.fronts.fronts
    blocks: dict[int, Matrix] = {}
    waiting = np.bincount([front.parent for front in fronts if front.parent >= 0], minlength=len(fronts))
    for f in reversed(range(len(fronts))):
        front, inverse, reaching = fronts[f], factor.inverses[f], factor.reaching[f]
        block = _inverse_block(front, inverse, reaching, blocks.get(front.parent))
        found[front.source] = block[front.row, front.column]
        if waiting[f]:
            blocks[f] = block
        if front.parent >= 0:
            waiting[front.parent] -= 1
            if not waiting[front.parent]:
                del blocks[front.parent]
    return found


def _inverse_block(front: Front, inverse: Matrix, reaching: Matrix, parent: Matrix | None) -> Matrix:
    """The inverse at all columns of a front, given it at those of its parent."""
    own = inverse.T @ inverse
    if parent is None:
        return own
    reached = parent[front.place[:, None], front.place]
    beside = -reached @ reaching
    w, size = len(own), len(own) + len(reached)
    block = np.empty((size, size))
    block[:w, :w] = own - reaching.T @ beside
    block[w:, :w], block[:w, w:], block[w:, w:] = beside, beside.T, reached
    return block
