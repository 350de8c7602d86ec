import numpy as np
import pytest

from service.data import Categorical, Column, Fingerprints, Logical, Numeric, Table, fingerprint

ODD_NAN = np.array([0x7FF80000000007A2], dtype=np.uint64).view(np.float64)[0]
"""The NaN that R writes for NA."""


def digest_of(column: Column, name: str = "x") -> str:
    return fingerprint(Table({name: column}, 2), [name])


def labels(codes: list[int], *levels: str) -> Categorical:
    return Categorical(np.array(codes), levels)


DISTINCT = {
    "numbers": digest_of(Numeric(np.array([0.0, 1.0]))),
    "another name": digest_of(Numeric(np.array([0.0, 1.0])), "y"),
    "another order": digest_of(Numeric(np.array([1.0, 0.0]))),
    "the next double": digest_of(Numeric(np.array([0.0, np.nextafter(1.0, 2.0)]))),
    "missing": digest_of(Numeric(np.array([0.0, np.nan]))),
    "truth values": digest_of(Logical(np.array([0.0, 1.0]))),
    "labels": digest_of(labels([0, 1], "a", "b")),
    "levels the other way round": digest_of(labels([1, 0], "b", "a")),
    "levels joined": digest_of(labels([0, 1], "ab", "")),
    "a label missing": digest_of(labels([0, -1], "a")),
}


def test_tables_that_differ_have_different_fingerprints() -> None:
    assert len(set(DISTINCT.values())) == len(DISTINCT)


def test_it_is_stable_across_versions() -> None:
    # Ids of stored fits depend on it: if this fails, every stored fit is lost to its request.
    assert DISTINCT["labels"] == "ada86b0a45d5299a40e2c33ee725c753d3add20b2d7d6904f22992340340f9e7"


def test_only_the_named_columns_count_in_any_order() -> None:
    x, y = Numeric(np.zeros(2)), Numeric(np.ones(2))
    assert fingerprint(Table({"x": x, "y": y}, 2), ["y", "x", "x"]) == fingerprint(
        Table({"y": y, "x": x}, 2), ["x", "y"]
    )
    assert fingerprint(Table({"x": x, "y": y}, 2), ["x"]) == digest_of(x)


def test_one_missing_number_is_as_good_as_another() -> None:
    assert digest_of(Numeric(np.array([0.0, ODD_NAN]))) == DISTINCT["missing"]


def test_a_view_with_strides_is_as_good_as_an_array() -> None:
    assert digest_of(Numeric(np.array([0.0, 9.0, 1.0])[::2])) == DISTINCT["numbers"]


def test_many_fits_read_each_column_once() -> None:
    class Reader(dict[str, Column]):
        def __getitem__(self, name: str) -> Column:
            asked.append(name)
            return super().__getitem__(name)

    asked: list[str] = []
    columns = Reader({name: Numeric(np.full(2, float(place))) for place, name in enumerate("abc")})
    prints = Fingerprints(Table(columns, 2))
    found = [prints.of(names) for names in ("ab", "bc", "ab", "ba", "abc")]
    assert asked == ["a", "b", "c"]
    assert found == [fingerprint(Table(columns, 2), names) for names in ("ab", "bc", "ab", "ab", "abc")]
    assert len(set(found)) == 3


def test_a_name_that_is_no_column_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        fingerprint(Table({}, 0), ["x"])
