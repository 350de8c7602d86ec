"""The summary of a fit as text, in the manner of arm's display(): a fit document comes in, lines go out."""

from service.contract.document import FitDocument, FixedEffect, Statistics

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
    rows = [("Groups", "Name", "Std.Dev.")]
    rows += [(row.group, row.term or "", _number(row.std_dev, digits)) for row in document.variance_components]
    widths = [max(len(row[k]) for row in rows) for k in range(3)]
    return [f" {row[0]:<{widths[0]}} {row[1]:<{widths[1]}} {row[2]:<{widths[2]}}".rstrip() for row in rows]


def _fit_line(statistics: Statistics) -> str:
    return f"AIC = {_number(statistics.aic, 1)}, DIC = {_number(statistics.dic, 1)}"


def _aligned(rows: list[tuple[str, str, str]]) -> list[str]:
    """The first column to the left, the others to the right."""
    first, *others = (max(len(row[k]) for row in rows) for k in range(3))
    return [" ".join([f"{row[0]:<{first}}", f"{row[1]:>{others[0]}}", f"{row[2]:>{others[1]}}"]) for row in rows]


def _number(value: float | None, digits: int) -> str:
    if value is None:
        return "NA"
    return f"{value:.{digits}{'f' if abs(value) < WHOLE else 'e'}}"
