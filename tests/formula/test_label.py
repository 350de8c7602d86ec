"""Labels where R's terms() cannot show them; the rest of the printing is compared with R in test_expansion.py."""

import pytest

from service.formula import label, names_in, read
from service.formula.expression import Name, Number

# What R 4.2 prints for deparse(quote(...)).
NUMBERS = {
    "100": "100",
    "100000": "1e+05",
    "123456": "123456",
    "1e5": "1e+05",
    "1e4": "10000",
    "1e05": "1e+05",
    "0.0001": "1e-04",
    "0.00012": "0.00012",
    "1e-3": "0.001",
    ".5": "0.5",
    "1.50": "1.5",
    "0x10": "16",
    "0": "0",
    "1e300": "1e+300",
    "1e-300": "1e-300",
    "1.7976931348623157e308": "1.79769313486232e+308",
    "123456789012": "123456789012",
    "3.14159": "3.14159",
    "1e22": "1e+22",
}


@pytest.mark.parametrize(("written", "printed"), NUMBERS.items())
def test_numbers_are_printed_as_r_prints_them(written: str, printed: str) -> None:
    value = float(int(written, 16)) if written.startswith("0x") else float(written)
    assert label(Number(value, written, 0)) == printed


def test_an_l_on_a_fraction_means_nothing() -> None:
    assert read("y ~ I(x * 2.5L)").terms == (("I(x * 2.5)",),)


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("x", "x"),
        ("pct of total", "`pct of total`"),
        ("a`b", "`a\\`b`"),
        ("été", "été"),
        ("", "``"),
        ("a\nb", "`a\\nb`"),
    ],
)
def test_names_are_quoted_where_they_must_be(name: str, printed: str) -> None:
    assert label(Name(name, 0)) == printed


def test_names_come_from_left_to_right() -> None:
    tree = read("y ~ poly(log(a + 2 * -(b %% a)), 2, raw = TRUE)").variables[
        "poly(log(a + 2 * -(b%%a)), 2, raw = TRUE)"
    ]
    assert [name.text for name in names_in(tree)] == ["a", "b", "a"]
