"""The fold against its definitions, row by row; in blocks, in chunks, and for several models at once."""

from dataclasses import replace

import numpy as np
import pytest

from service.design import Design
from service.engine.basis import Basis, plain_bases
from service.engine.fold import fold, fold_rows
from tests.engine.designs import design_of, folded, in_chunks, random_rows
from tests.engine.hard_designs import EASY
from tests.engine.products import assert_same, by_definition
from tests.engine.structures import STRUCTURES, VARIED

SIMPLE = ["both, and their product", "weights over 6 decades", "no intercept", "offset", "no coefficient"]
DESIGNS: dict[str, Design] = {name: EASY[name] for name in SIMPLE} | {name: STRUCTURES[name] for name in VARIED}
TURNED = [*SIMPLE, "three coefficients, weights", "terms taken apart", "nested in three levels, slopes at all"]
NAMES = pytest.mark.parametrize("name", DESIGNS)


def turned(basis: Basis) -> Basis:
    """The basis with a rotation that mixes all columns of X."""
    k = basis.columns.size
    rotation = np.eye(k + 1)
    rotation[:k, :] += np.random.default_rng(1).normal(size=(k, k + 1))
    return basis.turned(rotation)


@pytest.mark.parametrize(("name", "turn"), [*((name, False) for name in DESIGNS), *((name, True) for name in TURNED)])
def test_the_fold_is_what_its_definitions_say(name: str, turn: bool) -> None:
    design = DESIGNS[name]
    bases = plain_bases(design)
    bases = replace(bases, fixed=turned(bases.fixed)) if turn else bases
    products = fold(design, bases)
    # Two orders of the same sums of some forty terms.
    true = by_definition(design, bases)
    assert_same(products, true, tolerance=1e-12)
    assert products.determined().tolist() == true.determined().tolist()
    assert products.n == design.n


@pytest.mark.usefixtures("small_blocks")
@NAMES
def test_blocks_add_up_to_the_whole(name: str) -> None:
    # As above.
    assert_same(folded(DESIGNS[name]), by_definition(DESIGNS[name], plain_bases(DESIGNS[name])), tolerance=1e-12)


@NAMES
def test_chunks_add_up_to_the_whole(name: str) -> None:
    design = DESIGNS[name]
    rows = np.random.default_rng(9).permutation(design.n)
    # As above; a chunk of a few rows lacks most groups.
    products = folded(in_chunks(design, np.array_split(rows, 9)))
    assert_same(products, folded(design), tolerance=1e-12)


@pytest.mark.parametrize("chunks", [2, 24])
@pytest.mark.parametrize("name", ["a predictor", "a slope", "three coefficients", "no intercept"])
def test_chunks_determine_the_same_columns(name: str, chunks: int) -> None:
    design = (EASY | STRUCTURES)[name]
    rows = np.random.default_rng(chunks).permutation(design.n)
    products = folded(in_chunks(design, np.array_split(rows, chunks)))
    assert products.determined().tolist() == folded(design).determined().tolist()


def test_columns_constant_within_groups_are_exactly_so() -> None:
    x, v, y, codes = random_rows(1, (3, 5, 7, 6, 3))
    products = folded(design_of(y, codes, 0.1 * v, x, v / 3))
    assert products.determined().tolist() == [1, 1, 0, 1]
    assert products.within[[0, 1, 3]].tolist() == [[0.0] * 5] * 3


@pytest.mark.parametrize("name", ["a slope", "crossed, slopes by both, weights", "nested in three levels"])
def test_several_models_in_one_pass(name: str) -> None:
    design = STRUCTURES[name]
    others = [replace(design, y=np.cos(design.y)), design, replace(design, offset=np.sin(design.y))]
    bases = [plain_bases(other) for other in others]
    for other, own, products in zip(others, bases, fold_rows(others, bases), strict=True):
        # As above.
        assert_same(products, fold(other, own), tolerance=1e-12)
