"""What remains when the first factor is eliminated, and what its own elimination yields.

With A = Z_r'V_1^-1 Z_r of the remaining columns Z_r, cross = Z_r'V_1^-1 D, and H = (Psi^-1 + A)^-1, the covariance of
the remaining effects given the data over sigma^2,

    D'V^-1 D = D'V_1^-1 D - cross' H cross,   log|V| = log|V_1| + log|I + Lambda'A Lambda|,
    Z'V^-1 Z = A - A H A,                     Z'V^-1 D = cross - A H cross.

H is needed only where A has elements, which is what the recursion from the last factor to the first yields (Takahashi,
Fagan & Chen 1973; Erisman & Tinney 1975, Commun. ACM 18).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from scipy.sparse import csr_array

from service.arrays import Codes, Flags, Matrices, Matrix, Vector
from service.engine.columns import blocks


class Groups(Protocol):
    """The groups of a factor when all are eliminated."""

    @property
    def N(self) -> Matrices:
        """Z'V^-1 Z of each group (q, q, J)."""
        ...

    @property
    def U(self) -> Matrices:
        """Z'V^-1 D of each group (q, m, J)."""
        ...

    def parts(self) -> Iterator[tuple[Matrices, Matrices]]:
        """N and U of all groups, some of them at a time."""
        ...

    def effects_covariance(self) -> Matrices:
        """H (q, q, J), which only the optimum is asked for."""
        ...


@dataclass(frozen=True, slots=True)
class Solved:
    """The groups of one of several factors, with all that is asked of them."""

    N: Matrices
    U: Matrices
    effects_covariance: Callable[[], Matrices]

    def parts(self) -> Iterator[tuple[Matrices, Matrices]]:
        """N and U of some groups at a time."""
        return ((self.N[:, :, block], self.U[:, :, block]) for block in blocks(self.N.shape[2]))


@dataclass(frozen=True, slots=True)
class Solution:
    """The remaining factors eliminated.

    `log_determinant` of I + Lambda'A Lambda; `products` D'V^-1 D (m, m); `H` at the elements of the remainder;
    `lean` H cross (columns, m); `factors`, one for each.
    """

    log_determinant: float
    products: Matrix
    H: Vector
    lean: Matrix
    factors: tuple[Groups, ...]


class Rest(Protocol):
    """The factors that remain: where the elements of A are, and how they are eliminated."""

    @property
    def size(self) -> int:
        """How many elements there are."""
        ...

    @property
    def keys(self) -> Codes:
        """Which element row * n_columns + column is at each place."""
        ...

    def places(self, keys: Codes) -> Codes:
        """Where the elements row * n_columns + column, rows <= columns, are."""
        ...

    def beside(self, columns: Flags) -> Codes:
        """Where the elements are whose row or column is one of these columns, a mask."""
        ...

    def matrix(self, values: Vector) -> csr_array:
        """The symmetric matrix with these elements."""
        ...

    def solve(self, values: Vector, cross: Matrix, products: Matrix, roots: Sequence[Matrix]) -> Solution:
        """Eliminate the remaining factors, whose Lambdas are `roots`, from A's `values`, `cross` and D'V_1^-1 D."""
        ...
