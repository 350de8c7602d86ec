"""Rows in batches make the designs, the fits and the refusals that the same rows in memory make."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pytest

from service import engine
from service.arrays import Vector
from service.data import Categorical, Column, Logical, Numeric, Table
from service.design import Design, batches, is_streamed, make_design, make_lots, make_streamed_design
from service.design.streamed import MOST_CELLS
from service.errors import ServiceError
from service.formula import read
from tests.design.streaming import Batched
from tests.design.tables import Cell, table, table_of

N = 2000
Options = Mapping[str, Any]  # Any: those of make_design


@pytest.fixture(autouse=True)
def _batches_of_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "FEWEST_ROWS", 1)


def make_table() -> Table:
    """Columns of every kind, with effects of three factors, and gaps in three columns."""
    random = np.random.default_rng(3)

    def labels(n_levels: int, letter: str) -> Categorical:
        codes = np.concatenate([np.arange(n_levels), random.integers(0, n_levels, N - n_levels)])
        return Categorical(codes, tuple(f"{letter}{code:02}" for code in range(n_levels)))

    def gaps(values: Vector) -> Vector:
        return np.where(random.random(N) < 0.03, np.nan, values)

    g, h, pupil = labels(40, "g"), labels(25, "h"), labels(60, "c")
    x, y = random.normal(size=(2, N))
    y += (0.5 + 0.4 * random.normal(size=25)[h.codes]) * x
    for factor, spread in ((g, 0.8), (h, 0.6), (pupil, 0.7)):
        y += spread * random.normal(size=len(factor.levels))[factor.codes]
    truth = (random.random(N) < 0.4).astype(np.float64)
    columns: dict[str, Column] = {
        "y": Numeric(y),
        "x": Numeric(x),
        "g": g,
        "h": h,
        "class": pupil,
        "school": Categorical(pupil.codes // 6, tuple(f"s{code}" for code in range(10))),
        "f": labels(4, "f"),
        "holey": Categorical(np.where(random.random(N) < 0.05, -1, random.integers(0, 3, N)), ("a", "b", "c")),
        # One level occurs in a single row, one only in rows that are not complete.
        "rare": Categorical(np.where(np.arange(N) == 1234, 1, 2 * random.integers(0, 2, N)), ("a", "b", "c")),
        "gone": Categorical(np.where(np.arange(N) % 400 == 7, 1, 2 * random.integers(0, 2, N)), ("a", "b", "c")),
        "z": Numeric(np.where(np.arange(N) % 400 == 7, np.nan, gaps(random.normal(size=N)))),
        "o": Numeric(random.normal(size=N)),
        "w": Numeric(random.uniform(0.5, 2.0, N)),
        "step": Numeric(2.5 * random.integers(0, 12, N).astype(np.float64)),
        "id": Numeric(1_000_003 * random.integers(0, 30, N).astype(np.float64)),
        "flag": Logical(truth),
        "perhaps": Logical(gaps(truth)),
    }
    return Table(columns, N)


TABLE = make_table()


class Model(NamedTuple):
    formula: str
    options: Options = MappingProxyType({})


MODELS = {
    "varying intercept": Model("y ~ x + (1 | g)"),
    "varying slope": Model("y ~ x + (x | g)"),
    "uncorrelated": Model("y ~ x + (x || h)"),
    "crossed": Model("y ~ x + (1 | g) + (1 | h)"),
    "nested": Model("y ~ x + (1 | school/class)"),
    "three levels": Model("y ~ x + (1 | school/f/flag)"),
    "factors": Model("y ~ f * x + flag + (1 | g)"),
    "no intercept": Model("y ~ 0 + f + (1 | g)"),
    "a factor that varies": Model("y ~ x + (f | h)"),
    "missing": Model("y ~ holey + z + perhaps * x + (1 | g)"),
    "weights": Model("y ~ x + (1 | g) + (1 | h)", {"weights": "w"}),
    "offset": Model("y ~ offset(o) + x + (1 | g)"),
    "arithmetic": Model("log(abs(y) + 1) ~ I(x^2) + I(x > 0) + (1 | g)"),
    "a rare level": Model("y ~ rare + (1 | g)"),
    "a level in no complete row": Model("y ~ z + gone + (1 | gone:g)"),
    "numbers as groups": Model("y ~ x + (1 | step)"),
    "large numbers as groups": Model("y ~ x + (1 | id) + (1 | factor(step))"),
    "numbers that are computed as groups": Model("y ~ x + (1 | I(step * 2))"),
    "numbers as a factor": Model("y ~ factor(step) + step + (1 | step:g)"),
    "truth as groups": Model("y ~ factor(flag) + (1 | perhaps:g)"),
    "levels": Model("y ~ f + (1 | g)", {"levels": {"f": ["f02", "f00", "f01", "f03"]}}),
    "levels of numbers": Model("y ~ step + (1 | g)", {"levels": {"step": [f"{2.5 * k:g}" for k in range(11, -1, -1)]}}),
    "levels of truth": Model("y ~ flag + (1 | g:flag)", {"levels": {"flag": ["TRUE", "FALSE"]}}),
    "contrasts": Model("y ~ f * flag + (1 | g)", {"contrasts": {"f": "sum", "flag": "helmert"}}),
}


def whole(design: Design) -> dict[str, object]:
    """What a design says without its rows."""
    random = [(part.grouping.name, part.grouping.levels, part.names, part.correlated) for part in design.random]
    shared = [[part.grouping is other.grouping for other in design.random] for part in design.random]
    kinds = (design.weights is None, design.offset is None, design.intercept)
    return {
        "names": design.names,
        "rows": (design.n, design.n_dropped),
        "random": (random, shared),
        "coding": design.coding,
        "kinds": kinds,
        "texts": (design.formula, design.response),
    }


def rows_of(parts: Sequence[Design]) -> list[Vector]:
    """The arrays of designs, one below the other."""
    arrays = [
        [
            part.X.to_array(),
            part.y,
            np.ones(part.n) if part.weights is None else part.weights,
            np.zeros(part.n) if part.offset is None else part.offset,
            *(effect.Z.to_array() for effect in part.random),
            *(effect.grouping.codes for effect in part.random),
        ]
        for part in parts
    ]
    return [np.concatenate(same) for same in zip(*arrays, strict=True)]


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS.keys())
def test_a_design_is_the_same_from_any_batches(model: Model) -> None:
    expected = make_design(read(model.formula), TABLE, **model.options)
    for n_batches in (1, 7, 200):
        streamed = make_streamed_design(read(model.formula), Batched(TABLE, n_batches), **model.options)
        parts = list(streamed.chunks())
        assert whole(streamed) == whole(expected)
        assert all(np.array_equal(one, other) for one, other in zip(rows_of(parts), rows_of([expected]), strict=True))
        kept = np.arange(N) if expected.rows is None else expected.rows
        np.testing.assert_array_equal(np.concatenate([part.rows for part in parts]), kept)


def assert_same_fit(model: Model, n_batches: int) -> None:
    expected = engine.fit(make_design(read(model.formula), TABLE, **model.options))
    found = engine.fit(make_streamed_design(read(model.formula), Batched(TABLE, n_batches), **model.options))
    np.testing.assert_allclose(found.estimates.theta, expected.estimates.theta, atol=1e-10, rtol=0)
    distance = np.abs(found.estimates.beta - expected.estimates.beta)
    assert (distance / expected.estimates.std_error).max() < 1e-9
    np.testing.assert_allclose(found.criterion, expected.criterion, rtol=1e-11)
    for one, other in zip(found.estimates.factors, expected.estimates.factors, strict=True):
        assert one.factor.grouping.levels == other.factor.grouping.levels
        np.testing.assert_allclose(one.effects, other.effects, atol=1e-8)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS.keys())
def test_a_fit_is_the_same_from_seven_batches(model: Model) -> None:
    assert_same_fit(model, 7)


@pytest.mark.parametrize(
    "name",
    ["varying intercept", "varying slope", "crossed", "nested", "factors", "missing", "weights", "offset"],
)
def test_a_fit_is_the_same_from_a_thousand_batches(name: str) -> None:
    assert_same_fit(MODELS[name], 1000)


GOOD: Mapping[str, Sequence[Cell]] = {
    "y": [1.0, 2.0, 4.0, 3.0, 5.0, 2.5, 3.5, 1.5],
    "x": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0],
    "g": ["a", "b", "c", "a", "b", "c", "a", "b"],
    "flag": [True, False, True, False, True, False, True, False],
    "w": [1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0],
}


def with_cell(name: str, *cells: tuple[int, Cell]) -> dict[str, Sequence[Cell]]:
    changed = list(GOOD[name])
    for row, cell in cells:
        changed[row] = cell
    return {**GOOD, name: changed}


class Bad(NamedTuple):
    formula: str
    cells: Mapping[str, Sequence[Cell]] = GOOD
    options: Options = MappingProxyType({})


BAD = {
    "no such column": Bad("y ~ q + (1 | g)"),
    "no such option": Bad("y ~ x + (1 | g)", GOOD, {"weights": "q"}),
    "no such contrasts": Bad("y ~ flag + (1 | g)", GOOD, {"contrasts": {"flag": "none"}}),
    "contrasts of numbers": Bad("y ~ x + (1 | g)", GOOD, {"contrasts": {"x": "sum"}}),
    "levels twice": Bad("y ~ x + (1 | g)", GOOD, {"levels": {"g": ["a", "a", "b", "c"]}}),
    "levels left out": Bad("y ~ x + (1 | g)", GOOD, {"levels": {"g": ["a", "b"]}}),
    "levels of numbers left out": Bad("y ~ factor(x) + (1 | g)", GOOD, {"levels": {"x": ["1", "2"]}}),
    "levels there are not": Bad("y ~ x + (1 | g)", GOOD, {"levels": {"flag": ["FALSE", "no", "TRUE"], "g": ["q"]}}),
    "several responses": Bad("cbind(y, x) ~ 1 + (1 | g)"),
    "a response of text": Bad("g ~ x + (1 | g)"),
    "a response of truth": Bad("flag ~ x + (1 | g)"),
    "text in arithmetic": Bad("y ~ log(g) + (1 | g)"),
    "missing": Bad("y ~ x + (1 | g)", with_cell("x", (6, None), (7, None)), {"missing": "error"}),
    "missing in two columns": Bad("y ~ x + w + (1 | g)", with_cell("w", (5, None)), {"missing": "error"}),
    "missing weights": Bad("y ~ x + (1 | g)", with_cell("w", (7, None)), {"weights": "w", "missing": "error"}),
    "nothing left": Bad("y ~ x + (1 | g)", {**GOOD, "x": [None] * 7 + [1.0], "g": ["a"] * 7 + [None]}),
    "a logarithm of nothing": Bad("y ~ log(x) + (1 | g)", with_cell("x", (2, 1.0), (6, 0.0), (7, -1.0))),
    "a logarithm of nothing, as a factor": Bad("y ~ factor(log(x)) + (1 | g)", with_cell("x", (6, 0.0))),
    "a logarithm of nothing, as groups": Bad("y ~ x + (1 | log(x))", with_cell("x", (6, 0.0))),
    "beside a gap": Bad("y ~ log(x) + w + (1 | g)", {**with_cell("x", (6, 0.0)), "w": [1.0] * 6 + [None, 1.0]}),
    "two that fail, the later one first": Bad(
        "log(y) ~ log(x) + (1 | g)", {**with_cell("x", (0, 0.0)), "y": [1.0] * 7 + [0.0]}
    ),
    "a gap after what fails": Bad(
        "y ~ log(w) + (1 | g)", {**with_cell("w", (0, 0.0)), "y": [1.0] * 7 + [None]}, {"missing": "error"}
    ),
    "weights of nothing": Bad("y ~ x + (1 | g)", with_cell("w", (5, 0.0), (6, -1.0)), {"weights": "w"}),
    "weights of nothing beside a gap": Bad(
        "y ~ x + (1 | g)", {**with_cell("w", (5, 0.0), (6, -1.0)), "x": [1.0] * 5 + [None, 1.0, 2.0]}, {"weights": "w"}
    ),
    "weights out of range": Bad("y ~ x + (1 | g)", with_cell("w", (5, 1e200)), {"weights": "w"}),
    "weights of text": Bad("y ~ x + (1 | g)", GOOD, {"weights": "g"}),
    "an offset of text": Bad("y ~ x + offset(g) + (1 | g)"),
    "one level": Bad("y ~ f + (1 | g)", {**GOOD, "f": ["a"] * 8}),
    "one level in complete rows": Bad("y ~ x + f + (1 | g)", {**with_cell("x", (3, None)), "f": [*"aaabaaaa"]}),
    "a wide matrix": Bad("y ~ f:h + (1 | g)", {**GOOD, "f": [*"abcdefgh"], "h": [*"abcdefgh"]}),
}


def refusal_of(model: Bad, n_batches: int | None) -> tuple[object, ...]:
    data, formula = table_of(dict(model.cells)), read(model.formula)
    with pytest.raises(ServiceError) as caught:
        _ = (
            make_design(formula, data, **model.options)
            if n_batches is None
            else make_streamed_design(formula, Batched(data, n_batches), **model.options)
        )
    return caught.value.code, caught.value.detail, caught.value.faults


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_a_refusal_is_the_same_from_any_batches(bad: Bad, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.design.terms.MOST_COLUMNS", 50)
    expected = refusal_of(bad, None)
    for n_batches in (1, 3, 8):
        assert refusal_of(bad, n_batches) == expected


def test_products_that_overflow_are_refused_when_the_rows_are_folded() -> None:
    data = table(**{**GOOD, "x": [1.0] * 7 + [1e200], "w": [1.0] * 7 + [1e200]})
    design = make_streamed_design(read("y ~ x:w + (1 | g)"), Batched(data, 4))
    with pytest.raises(ServiceError) as caught:
        engine.fit(design)
    with pytest.raises(ServiceError) as expected:
        make_design(read("y ~ x:w + (1 | g)"), data)
    assert (caught.value.code, caught.value.detail) == (expected.value.code, expected.value.detail)


def test_many_cells_are_streamed_unless_a_column_must_be_seen_as_a_whole() -> None:
    plain, wide = read("y ~ x + (1 | g)"), read("y ~ x + z + log(z + u) + (1 | g)")
    assert is_streamed(plain, MOST_CELLS // 3 + 1)
    assert not is_streamed(plain, MOST_CELLS // 3)
    assert is_streamed(wide, MOST_CELLS // 5 + 1)
    assert not is_streamed(wide, MOST_CELLS // 5)
    for call in ("scale(x)", "poly(x, 2)", "ns(x, df = 3)", "bs(x)", "I(x + scale(z))"):
        assert not is_streamed(read(f"y ~ {call} + (1 | g)"), 100 * MOST_CELLS)


def test_formulas_of_many_cells_are_streamed_and_the_others_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.design.streamed.MOST_CELLS", 3 * 8)
    data = table(**GOOD)
    formulas = [
        read(text)
        for text in (
            "y ~ x + (1 | g)",
            "y ~ w + (1 | g)",
            "y ~ x + w + (1 | g)",
            "y ~ x * w + q + (1 | g)",
            "y ~ log(w) + x + (1 | g)",
            "y ~ scale(w) + x + (1 | g)",
        )
    ]
    lots = list(make_lots(formulas, data, Batched(data, 3)))
    kinds = [[type(design).__name__ for design in lot] for lot in lots]
    assert kinds == [["Design", "Design"], ["StreamedDesign"], ["UnknownColumn"], ["StreamedDesign"], ["Design"]]
    with pytest.raises(ServiceError, match="no column `v`"):
        list(make_lots(formulas, data, Batched(data), weights="v"))
    assert [len(lot) for lot in make_lots(formulas, data)] == [6]
