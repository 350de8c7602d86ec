"""Options about variables: `weights`, `levels` and `contrasts`, checked against the formulas and the table."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from service.data.table import Table
from service.design.contrasts import SCHEMES
from service.design.refusals import invalid_option, unknown_column
from service.formula.formula import Formula
from service.quoting import pointer_to, quote


def check_options(
    formulas: Sequence[Formula],
    table: Table,
    weights: str | None,
    levels: Mapping[str, Sequence[str]],
    contrasts: Mapping[str, str],
) -> None:
    """Raise UnknownColumn for an option about what neither the table nor any formula has.

    A column that no formula uses may have options, so that several requests can share them. Raises InvalidRequest for
    contrasts there are not.
    """
    for name, option in _named_columns(weights, levels):
        if name not in table.columns:
            raise unknown_column(name, table.columns, option=option)
    known = {label for formula in formulas for label in formula.variables} if contrasts else set()
    for name, scheme in contrasts.items():
        _require_known(name, known, table)
        if scheme not in SCHEMES:
            message = f"There are no contrasts {quote(scheme)}, only {', '.join(SCHEMES)}."
            raise invalid_option(message, pointer_to("", "contrasts", name))


def check_contrasts(formula: Formula, table: Table, contrasts: Mapping[str, str]) -> None:
    """Raise UnknownColumn for contrasts of a variable that is not in this formula, nor a column of the table."""
    for name in contrasts:
        _require_known(name, formula.variables, table)


def _require_known(name: str, variables: Collection[str], table: Table) -> None:
    """Raise UnknownColumn for contrasts of what is neither among the variables nor a column."""
    if name not in table.columns and name not in variables:
        raise unknown_column(name, table.columns, option=pointer_to("", "contrasts", name))


def _named_columns(weights: str | None, levels: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    """The columns that options name, each with the option's pointer."""
    if weights is not None:
        yield weights, pointer_to("", "weights")
    for name in levels:
        yield name, pointer_to("", "levels", name)
