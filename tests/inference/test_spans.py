"""What columns span is asked of one small triangle, with the digits of the rows."""

import numpy as np
import pytest

from service.design import Design
from service.engine import fit
from service.inference.spans import ModelSpan, contains, extend, model_spans
from tests.engine.designs import model
from tests.engine.hard_designs import codes, v, x, y, z


def spans_of(*designs: Design) -> list[ModelSpan]:
    return model_spans(designs, [fit(design, restricted=False) for design in designs])


def test_a_base_grows_by_what_is_no_combination() -> None:
    columns = np.eye(4)[:, [0, 1, 1, 2]]
    columns[:, 2] = (columns[:, 0] + columns[:, 1]) / np.sqrt(2)
    added, base = extend(np.eye(4)[:, :1], columns)
    assert added == [1, 3]
    assert base.T @ base == pytest.approx(np.eye(3), abs=1e-15)
    assert contains(base, columns)
    assert not contains(base[:, :2], columns)


def test_nothing_is_contained_in_anything() -> None:
    assert contains(np.zeros((3, 0)), np.zeros((3, 0)))
    assert not contains(np.zeros((3, 0)), np.eye(3)[:, :1])


@pytest.mark.parametrize(
    ("column", "inside"),
    [
        (2 * x, True),
        (3 - 0.5 * x, True),
        (1e6 + x, True),
        (x * 1e-200, True),
        (x * 1e160, True),
        (x + 1e-9 * z, True),
        (x + 1e-5 * z, False),
        (v, False),
        (1e6 + v, False),
        (x**2, False),
    ],
    ids=["twice", "mirrored", "far away", "tiny", "huge", "nearly", "hardly", "other", "other, far away", "square"],
)
def test_a_column_is_in_the_span_of_x_and_the_intercept(column: np.ndarray, inside: bool) -> None:
    table = {"y": y, "x": x, "other": column, "g": codes}
    known, other = spans_of(model("y ~ x + (1 | g)", table), model("y ~ other + (1 | g)", table))
    assert contains(known.base, other.fixed) == inside


def test_without_an_intercept_a_shift_matters() -> None:
    table = {"y": y, "x": x, "far": x + 1.0, "g": codes}
    through, shifted, line = spans_of(*(model(f"y ~ {part} + (1 | g)", table) for part in ("0 + x", "0 + far", "x")))
    assert not contains(through.base, shifted.fixed)
    assert contains(line.base, shifted.fixed)
    assert contains(line.base, through.fixed)


def test_aliased_columns_are_left_out() -> None:
    table = {"y": y, "x": x, "twice": 2 * x, "g": codes}
    (span,) = spans_of(model("y ~ x + twice + (1 | g)", table))
    assert span.names == ("(Intercept)", "x")


def test_groups_are_known_by_who_is_in_them() -> None:
    named = {"y": y, "g": codes, "h": (codes * 3 + 2) % 7, "k": np.minimum(codes, 5)}
    spans = spans_of(*(model(f"y ~ 1 + (1 | {name})", named) for name in "ghk"))
    first, other, coarser = (span.terms[0].partition for span in spans)
    assert first == other
    assert first != coarser
    assert [span.terms[0].group for span in spans] == ["g", "h", "k"]


def test_the_offset_keeps_its_length() -> None:
    table = {"y": y, "o": 5.0 * x, "g": codes}
    with_offset, without = spans_of(model("y ~ offset(o) + (1 | g)", table), model("y ~ 1 + (1 | g)", table))
    assert with_offset.offset_size == pytest.approx(5.0 * float(np.linalg.norm(x)), rel=1e-13)
    assert np.linalg.norm(with_offset.offset) == pytest.approx(1.0, rel=1e-13)
    assert (without.offset_size, np.abs(without.offset).max()) == (0.0, 0.0)
