"""Options about variables: `weights`, `levels` and `contrasts`, checked against the formula and the table."""

from collections.abc import Iterator, Mapping, Sequence

from service.data.table import Table
from service.design.contrasts import SCHEMES
from service.design.refusals import invalid_option, unknown_column
from service.formula.formula import Formula
from service.quoting import pointer_to, quote


def check_options(
    formula: Formula,
    table: Table,
    weights: str | None,
    levels: Mapping[str, Sequence[str]],
    contrasts: Mapping[str, str],
) -> None:
    """Raise UnknownColumn for an option about nothing the table or formula has, InvalidRequest for unknown contrasts.

    A column that the formula does not use may have options, so that several formulas can share them.
    """
    for name, option in _named_columns(weights, levels):
        if name not in table.columns:
            raise unknown_column(name, table.columns, option=option)
    for name, scheme in contrasts.items():
        option = pointer_to("", "contrasts", name)
        if name not in table.columns and name not in formula.variables:
            raise unknown_column(name, table.columns, option=option)
        if scheme not in SCHEMES:
            raise invalid_option(f"There are no contrasts {quote(scheme)}, only {', '.join(SCHEMES)}.", option)


def _named_columns(weights: str | None, levels: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    """The columns that options name, each with the option's pointer."""
    if weights is not None:
        yield weights, pointer_to("", "weights")
    for name in levels:
        yield name, pointer_to("", "levels", name)
