"""Linear algebra of many small symmetric matrices at once, one for each group.

Every array has the groups last, (q, q, J) or (q, J), so that a step of an algorithm is one operation on vectors of
length J: for the few coefficients of a group that is ten times as fast as J calls of LAPACK, or one for each of them
through NumPy.
"""

import numpy as np

from service.arrays import Matrices, Matrix, Vectors
from service.engine.columns import blocks

NEGLIGIBLE = 1e-13
"""Share of a diagonal element left by the earlier rows below which a group's rows do not tell it from rounding."""


def cholesky(A: Matrices) -> Matrices:
    """L, lower triangular (q, q, J), of positive semidefinite A = L L'; the column of a dependent row is zero."""
    L = np.zeros_like(A)
    for c in range(len(A)):
        left = A[c, c] - (L[c, :c] ** 2).sum(axis=0) if c else A[0, 0]
        root = np.sqrt(np.where(left > NEGLIGIBLE * A[c, c], left, 0.0))
        L[c, c] = root
        if c + 1 < len(A):
            below = A[c + 1 :, c]
            if c:
                below = below - np.einsum("raj,aj->rj", L[c + 1 :, :c], L[c, :c])
            L[c + 1 :, c] = below * reciprocal(root)
    return L


def cholesky_plus_identity(A: Matrices) -> Matrices:
    """L, lower triangular (q, q, J), of I + A = L L' for positive semidefinite A: no pivot is below 1."""
    L = np.zeros_like(A)
    for c in range(len(A)):
        left = A[c, c] - (L[c, :c] ** 2).sum(axis=0) if c else A[0, 0]
        root = np.sqrt(1.0 + np.maximum(left, 0.0))
        L[c, c] = root
        if c + 1 < len(A):
            below = A[c + 1 :, c]
            if c:
                below = below - np.einsum("raj,aj->rj", L[c + 1 :, :c], L[c, :c])
            L[c + 1 :, c] = below / root
    return L


def reciprocal(x: Vectors) -> Vectors:
    """1 / x, and 0 where x is 0."""
    if x.all():
        return 1.0 / x
    inverse: Vectors = np.divide(1.0, x, out=np.zeros_like(x), where=x != 0)
    return inverse


def forward(L: Matrices, B: Matrices) -> Matrices:
    """L^-1 B for B (q, k, J); the rows of a zero column of L are zero."""
    solved = np.empty((*B.shape[:2], L.shape[2] if B.shape[2] == 1 else B.shape[2]))
    for r in range(len(L)):
        row = B[r]
        if r:
            row = row - np.einsum("aj,akj->kj", L[r, :r], solved[:r])
        solved[r] = row * reciprocal(L[r, r])
    return solved


def backward(L: Matrices, B: Matrices) -> Matrices:
    """L'^-1 B for B (q, k, J); the rows of a zero column of L are zero."""
    solved = np.empty((*B.shape[:2], L.shape[2] if B.shape[2] == 1 else B.shape[2]))
    for r in reversed(range(len(L))):
        row = B[r]
        if r + 1 < len(L):
            row = row - np.einsum("aj,akj->kj", L[r + 1 :, r], solved[r + 1 :])
        solved[r] = row * reciprocal(L[r, r])
    return solved


def solve(L: Matrices, B: Matrices) -> Matrices:
    """A^- B for A = L L' and B (q, k, J) in the range of A; a generalised inverse where A is singular."""
    if len(L) == 1:
        inverse = reciprocal(L[0, 0])
        solved = B * inverse
        solved *= inverse
        return solved
    return backward(L, forward(L, B))


def regressions(A: Matrices, B: Matrices) -> Matrices:
    """A^- B for positive semidefinite A and B (q, k, J) in its range, some groups at a time."""
    if len(A) == 1:
        return solve(cholesky(A), B)
    solved = np.empty_like(B)
    for block in blocks(B.shape[2]):
        solved[:, :, block] = solve(cholesky(A[:, :, block]), B[:, :, block])
    return solved


def log_determinants(L: Matrices) -> float:
    """The sum over groups of log|L L'|, which must be positive definite."""
    return 2.0 * float(np.log(np.diagonal(L)).sum())


def sandwich(T: Matrix, A: Matrices) -> Matrices:
    """T' A T for one T (q, r) and the symmetric A (q, q, J) of every group, (r, r, J)."""
    q, r = T.shape
    half = (T.T @ A.reshape(q, -1)).reshape(r, q, -1).transpose(1, 0, 2)
    turned: Matrices = (T.T @ half.reshape(q, -1)).reshape(r, r, -1)
    return turned


def product(A: Matrices, B: Matrices) -> Matrices:
    """A B for A (q, r, J) and B (r, k, J)."""
    products: Matrices = np.einsum("abj,bkj->akj", A, B)
    return products


def times(T: Matrix, A: Matrices) -> Matrices:
    """T A for one T (r, q) and the A (q, m, J) of every group, (r, m, J)."""
    turned: Matrices = (T @ A.reshape(len(A), -1)).reshape(len(T), *A.shape[1:])
    return turned


def weighted_products(A: Matrices, B: Matrices) -> Matrix:
    """The sum over groups of A_j' B_j for A (q, m, J) and B (q, k, J), (m, k)."""
    m, k, rows = A.shape[1], B.shape[1], A.shape[0] * A.shape[2]
    total: Matrix = A.transpose(1, 0, 2).reshape(m, rows) @ B.transpose(1, 0, 2).reshape(k, rows).T
    return total
