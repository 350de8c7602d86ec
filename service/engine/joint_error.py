"""How the estimates of coefficients and effects err together: a chain of errors, a link for each factor.

Their joint error has the covariance sigma^2 C^-1 of Henderson's mixed model equations C (Henderson 1975, Biometrics
31). Eliminating one factor after the other, the error of its effects given the errors of all that comes later is

    e_j = u_j - K_j e_later - P_j e_beta,   u_j ~ N(0, sigma^2 H_j),   K_j = H_j E_j,   P_j = H_j C_j,

with H_j = Lambda (I + Lambda' G_j Lambda)^-1 Lambda' and the products G_j, E_j, C_j of the group's columns with
themselves, with those of later factors and with X, given what was eliminated before. All u are independent, so the
variance of a prediction is a sum of squares, and C is never inverted. Where the groups of a factor touch each other, as
crossed ones do once the first is eliminated, all that is left is one link.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.sparse import block_diag, csr_array, hstack

from service.arrays import Matrices, Matrix
from service.engine import groupwise
from service.engine.arrangement import Arrangement, arrange
from service.engine.crossproducts import CrossProducts
from service.engine.elimination import columns_of, graded_roots, grading, groups_of, pool, shrunken, shrunken_roots
from service.engine.estimates import Estimates
from service.engine.sparsity import block_diagonal, entries_of, meets_one_group


@dataclass(frozen=True, slots=True)
class Link:
    """The errors of a factor's effects given those of all that comes later, for J groups and q coefficients.

    `root` (q, q, J), upper triangular: |R_j z| is the standard deviation of z'u_j. `pull` (q, p, J) is P, `later` (J q,
    columns) K, its columns those of the later factors, a group's side by side.
    """

    root: Matrices
    pull: Matrices
    later: csr_array


@dataclass(frozen=True, slots=True)
class Tie:
    """The same of factors whose groups touch each other: `root` (m, m), upper triangular, and `pull` (m, p)."""

    root: Matrix
    pull: Matrix


@dataclass(frozen=True, slots=True)
class JointError:
    """The chain in the units of the data: links of the first factors in their order, then the tie of the others."""

    links: tuple[Link, ...]
    tie: Tie | None


@dataclass(frozen=True, slots=True)
class _Left:
    """What is left of the factors from one on: the products A (columns, columns) and C (columns, p)."""

    A: csr_array
    C: Matrix

    def without(self, own: int, H: csr_array) -> "_Left":
        """What the elimination of the first `own` columns, with this H, leaves of the others."""
        E = self.A[:own, own:]
        return _Left(csr_array(self.A[own:, own:] - E.T @ (H @ E)), self.C[own:] - E.T @ (H @ self.C[:own]))


def joint_error(estimates: Estimates, most_tied: int) -> JointError | None:
    """The chain of a fit's errors, which ends with `estimates.error_root`; None if more than `most_tied` are tied."""
    products = estimates.products
    roots = [_lambda(estimates, f) for f in range(len(products.factors))]
    if len(products.factors) == 1:
        return _in_data_units(estimates, [_first(products, roots[0], None)], None)
    block = csr_array(hstack([products.pairs[0, f] for f in range(1, len(roots))], format="csr"))
    if block.shape[1] > most_tied and not _meets_one_group(products, block):
        return None
    links, left = [_first(products, roots[0], block)], _after_first(products, roots[0])
    for f, root in enumerate(roots[1:], start=1):
        own, q = products.factors[f].gram.shape[2] * len(root), len(root)
        if _touches(left.A[:own, :own], q):
            if len(left.C) > most_tied:
                return None
            groups = [factor.gram.shape[2] for factor in products.factors[f:]]
            return _in_data_units(estimates, links, _tie(left, _repeated(roots[f:], groups).toarray()))
        gram = _blocks(left.A[:own, :own], q)
        H = block_diagonal(shrunken(gram, root))
        pull = groups_of(H @ left.C[:own], q)
        links.append(Link(shrunken_roots(gram, root), pull, csr_array(H @ left.A[:own, own:])))
        left = left.without(own, H)
    return _in_data_units(estimates, links, None)


def _lambda(estimates: Estimates, f: int) -> Matrix:
    """Lambda (q, q) of a factor in its basis."""
    root, transform = estimates.factors[f].root, estimates.products.factors[f].basis.transform
    return root / transform if root.size == 1 else np.asarray(np.linalg.solve(transform, root), dtype=np.float64)


def _first(products: CrossProducts, root: Matrix, block: csr_array | None) -> Link:
    """The link of the first factor; `block` (J q, columns) are its products with the later ones."""
    first = products.factors[0]
    if np.isinf(root).any():
        # Without pooling H is the inverse of the Gram; a group whose Gram is zero has no such fit.
        H = 1.0 / first.gram
        half = np.sqrt(H)
    else:
        half, H = shrunken_roots(first.gram, root), shrunken(first.gram, root)
    later = csr_array((H.shape[0] * H.shape[2], 0)) if block is None else csr_array(block_diagonal(H) @ block)
    return Link(half, groupwise.product(H, first.cross[:, :-1]), later)


def _meets_one_group(products: CrossProducts, block: csr_array) -> bool:
    """Whether every group of the first factor meets one group of each later factor, as where it is nested in them."""
    group, column, _ = entries_of(block, len(products.factors[0].gram))
    start = 0
    for factor in products.factors[1:]:
        q, stop = len(factor.gram), start + len(factor.gram) * factor.gram.shape[2]
        if not meets_one_group(group, column, q, slice(start, stop)):
            return False
        start = stop
    return True


def _after_first(products: CrossProducts, root: Matrix) -> _Left:
    """What the elimination of the first factor leaves; without differences that large Lambda would round away."""
    plan, psi = arrange(products), root @ root.T
    if not isinstance(plan, Arrangement):
        raise TypeError("there is no factor but the first")
    N = pool(graded_roots(products.factors[0].gram, grading(psi)), psi).N
    A = plan.rest.matrix(plan.values + plan.spread.forward(N))
    C = plan.cross + plan.solution.T @ columns_of(groupwise.product(N, products.solution))
    return _Left(A, C[:, :-1])


def _tie(left: _Left, root: Matrix) -> Tie:
    """The tie of all that is left, whose Lambda is `root` (m, m)."""
    inner = root.T @ left.A.toarray() @ root
    inner[np.diag_indices_from(inner)] += 1.0
    half = solve_triangular(cholesky(inner, lower=True), root.T, lower=True)
    return Tie(half, half.T @ (half @ left.C))


def _in_data_units(estimates: Estimates, links: Sequence[Link], tie: Tie | None) -> JointError:
    """The chain, brought back from the bases and from units of sigma."""
    products = estimates.products
    to_basis = np.linalg.inv(products.basis.jacobian())
    turns = [factor.basis.transform for factor in products.factors]
    groups = [factor.gram.shape[2] for factor in products.factors]
    found = []
    for f, link in enumerate(links):
        root = link.root.transpose(2, 0, 1) @ turns[f].T * estimates.sigma
        pull = (turns[f] @ link.pull.transpose(2, 0, 1) @ to_basis).transpose(1, 2, 0)
        found.append(Link(_triangular(root).transpose(1, 2, 0), pull, _turned(link.later, f, turns, groups)))
    if tie is None:
        return JointError(tuple(found), None)
    turn = _repeated(turns[len(links) :], groups[len(links) :]).toarray()
    root = _triangular(tie.root @ turn.T * estimates.sigma)
    return JointError(tuple(found), Tie(root, turn @ tie.pull @ to_basis))


def _turned(later: csr_array, f: int, turns: Sequence[Matrix], groups: Sequence[int]) -> csr_array:
    """The K of factor f in the units of the data."""
    if later.shape[1] == 0 or all(turn.size == 1 and turn[0, 0] == 1.0 for turn in turns[f:]):
        return later
    back = [np.linalg.inv(turn).astype(np.float64, copy=False) for turn in turns[f + 1 :]]
    return csr_array(_repeated(turns[f : f + 1], groups[f : f + 1]) @ later @ _repeated(back, groups[f + 1 :]))


def _triangular(roots: Matrix) -> Matrix:
    """The upper triangles R of roots = Q R, for one root or one of each group, groups first."""
    if roots.shape[-1] == 1:
        return np.abs(roots)
    return np.asarray(np.linalg.qr(roots, mode="r"), dtype=np.float64)


def _repeated(matrices: Sequence[Matrix], groups: Sequence[int]) -> csr_array:
    """The block-diagonal matrix with each of these once for every group."""
    each = [
        block_diagonal(np.repeat(own[:, :, None], count, axis=2)) for own, count in zip(matrices, groups, strict=True)
    ]
    return csr_array(block_diag(each, format="csr"))


def _touches(own: csr_array, q: int) -> bool:
    """Whether two groups, of q columns each, have a product that is not zero."""
    entries = own.tocoo()
    apart = entries.row // q != entries.col // q
    return bool(np.any(entries.data[apart] != 0.0))


def _blocks(own: csr_array, q: int) -> Matrices:
    """The diagonal blocks (q, q, J)."""
    entries = own.tocoo()
    blocks = np.zeros((q, q, own.shape[0] // q))
    inside = entries.row // q == entries.col // q
    row, column = entries.row[inside], entries.col[inside]
    blocks[row % q, column % q, row // q] = entries.data[inside]
    return blocks
