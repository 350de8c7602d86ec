"""The summary of a fit as text, in the manner of arm's display(): a fit document comes in, lines go out."""

from collections.abc import Iterator, Sequence

from service.contract.document import FitDocument, FixedEffect, Statistics, VarianceComponent

WHOLE = 1e15
"""From here on a double has no decimals: it is written with a power of ten."""


def summary_text(document: FitDocument, digits: int = 2) -> str:
    """The summary, every number with `digits` decimals; the lines end with a newline."""
    model = document.model
    lines = [f"lmer(formula = {model.formula}{', REML = FALSE' if model.method == 'ML' else ''})"]
    lines += _coefficients(document.fixed_effects, digits)
    lines += ["", "Error terms:", *_error_terms(document, digits), "---"]
    groups = "; ".join(f"{factor.group}, {factor.n_groups}" for factor in model.grouping_factors)
    lines.append(f"number of obs: {model.n_observations}, groups: {groups}")
    lines.append(_fit_line(document.statistics))
    lines.append(f"deviance = {_number(document.statistics.deviance, 1)}")
    lines += [f"note: {note.message}" for note in document.notes if note.severity == "warning"]
    return "\n".join(lines) + "\n"


def _coefficients(effects: list[FixedEffect], digits: int) -> list[str]:
    rows = [("", "coef.est", "coef.se")]
    rows += [(row.term, _number(row.estimate, digits), _number(row.std_error, digits)) for row in effects]
    return _aligned(rows)


def _error_terms(document: FitDocument, digits: int) -> list[str]:
    """A row for each coefficient that varies: its term's name in the first, its correlations with those before."""
    correlations = {(row.group, row.term_1, row.term_2): row.correlation for row in document.random_correlations}
    rows = []
    for name, term in _terms(document):
        for place, row in enumerate(term):
            pairs = [correlations[row.group, other.term or "", row.term or ""] for other in term[:place]]
            numbers = [_number(value, digits) for value in (row.std_dev, *pairs)]
            rows.append(["" if place else name, row.term or "", *numbers])
    width = max(len(row) for row in rows)
    groups, names, *values = zip(*([*row, *[""] * (width - len(row))] for row in rows), strict=True)
    columns = [_to_one_width("Groups", groups), _to_one_width("Name", names)]
    for place, column in enumerate(values):
        columns.append(_to_one_width(("Std.Dev.", "Corr", "")[min(place, 2)], _to_the_right(column)))
    return [" " + " ".join(cells).rstrip() for cells in zip(*columns, strict=True)]


def _terms(document: FitDocument) -> Iterator[tuple[str, list[VarianceComponent]]]:
    """The coefficients of each term under R's name for it: a factor's second term is its name and `.1`."""
    together = {(row.group, row.term_1, row.term_2) for row in document.random_correlations}
    terms: list[list[VarianceComponent]] = []
    for row in document.variance_components:
        last = terms[-1] if terms else []
        # A correlation with each before it makes a coefficient one of their term; the same again begins another.
        pairs = {(row.group, other.term, row.term) for other in last}
        if last and pairs <= together and all(row.term != other.term for other in last):
            last.append(row)
        else:
            terms.append([row])
    seen: dict[str, int] = {}
    for term in terms:
        group = term[0].group
        seen[group] = seen.get(group, -1) + 1
        yield (f"{group}.{seen[group]}" if seen[group] else group), term


def _to_the_right(column: Sequence[str]) -> list[str]:
    """The cells padded so that their numbers end below each other; R leaves empty ones empty."""
    width = max(len(cell) for cell in column)
    return [cell and f"{cell:>{width}}" for cell in column]


def _to_one_width(heading: str, column: Sequence[str]) -> list[str]:
    """The heading and the cells, all as wide as the widest, to the left."""
    cells = [heading, *column]
    width = max(len(cell) for cell in cells)
    return [f"{cell:<{width}}" for cell in cells]


def _fit_line(statistics: Statistics) -> str:
    return f"AIC = {_number(statistics.aic, 1)}, DIC = {_number(statistics.dic, 1)}"


def _aligned(rows: list[tuple[str, str, str]]) -> list[str]:
    """The first column to the left, the others to the right."""
    first, *others = (max(len(row[k]) for row in rows) for k in range(3))
    return [" ".join([f"{row[0]:<{first}}", f"{row[1]:>{others[0]}}", f"{row[2]:>{others[1]}}"]) for row in rows]


def _number(value: float | None, digits: int) -> str:
    if value is None:
        return "NA"
    # Without the sign of what is rounded to zero, as R prints it.
    return f"{value:z.{digits}{'f' if abs(value) < WHOLE else 'e'}}"
