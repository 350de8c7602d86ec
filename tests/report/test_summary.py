"""The summary: what arm's display() prints, with what a reader must know added."""

import json
import re
from pathlib import Path
from statistics import fmean
from typing import TypedDict

import pytest

from service.contract import FitDocument
from service.report import summary_text
from tests.report.difficult import CENTRED, EFFECTS, MEAN, PLAIN, X, request
from tests.tasks.questions import RADON, document


class Display(TypedDict):
    data: str
    formula: str
    method: str
    digits: int
    text: list[str]


REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "report" / "lmer.json").read_text())
DISPLAYS: list[Display] = REFERENCE["displays"]

RADON_TEXT = """\
lmer(formula = log_radon ~ floor + (1 | county))
            coef.est coef.se
(Intercept)     1.46    0.05
floor          -0.69    0.07

Error terms:
 Groups   Name        Std.Dev.
 county   (Intercept) 0.33
 Residual             0.76
---
number of obs: 919, groups: county, 85
AIC = 2179.3, DIC = 2156.0
deviance = 2163.7
"""


CORRELATED_TEXT = """\
lmer(formula = u ~ x + (x + z | g))
            coef.est coef.se
(Intercept)     0.40    0.33
x               2.12    0.24

Error terms:
 Groups   Name        Std.Dev. Corr
 g        (Intercept) 1.16
          x           0.85     -0.47
          z           0.96     -0.27 0.28
 Residual             0.46
---
number of obs: 120, groups: g, 12
AIC = 300.0, DIC = 278.7
deviance = 280.3
"""


def test_the_radon_survey() -> None:
    assert summary_text(document(RADON), 2) == RADON_TEXT


def test_correlations_stand_beside_the_standard_deviations() -> None:
    found = document({"data": REFERENCE["larger"], "formula": "u ~ x + (x + z | g)"})
    assert summary_text(found, 2) == CORRELATED_TEXT


@pytest.mark.parametrize(
    ("formula", "names"),
    [
        ("u ~ x + (x || g) + (0 + z | g)", ["g (Intercept)", "g.1 x", "g.2 z"]),
        # Terms with the same coefficient are told apart.
        ("u ~ x + (1 | g) + (x | g)", ["g (Intercept)", "g.1 (Intercept)", " x"]),
        ("u ~ x + (x | g) + (1 | g)", ["g (Intercept)", " x", "g.1 (Intercept)"]),
        ("u ~ x + (z | g) + (0 + z | g)", ["g (Intercept)", " z", "g.1 z"]),
        ("u ~ x + (x | g) + (0 + z | g) + (z | g)", ["g (Intercept)", " x", "g.1 z", "g.2 (Intercept)", " z"]),
    ],
)
def test_further_terms_of_a_factor_are_numbered(formula: str, names: list[str]) -> None:
    lines = summary_text(document({"data": REFERENCE["larger"], "formula": formula})).splitlines()
    rows = lines[lines.index("Error terms:") + 2 : lines.index("---") - 1]
    start = lines[lines.index("Error terms:") + 1].index("Std.Dev.")
    assert [re.sub(" +", " ", row[1:start].rstrip()) for row in rows] == names


def test_a_correlation_that_does_not_exist_is_na() -> None:
    lines = summary_text(document(request(EFFECTS, "y ~ 1 + (x | g)"))).splitlines()
    assert lines[lines.index("---") - 2].split() == ["x", "0.00", "NA"]


def words(lines: list[str]) -> list[str]:
    """The words without their alignment; R leaves out a decimal that is zero, and breaks a long call."""
    return [re.sub(r"\.0(?=,|$)", "", word) for line in lines if not line.startswith("note: ") for word in line.split()]


@pytest.mark.parametrize("display", DISPLAYS)
def test_it_says_what_arm_says(display: Display) -> None:
    data = {"dataset": "radon"} if display["data"] == "radon" else {"data": REFERENCE[display["data"]]}
    found = document({**data, "formula": display["formula"], "method": display["method"]})
    assert words(summary_text(found, display["digits"]).splitlines()) == words(display["text"])


def coefficients_of(found: FitDocument, digits: int = 2) -> list[str]:
    """The lines of the table of coefficients, its heading first."""
    lines = summary_text(found, digits).splitlines()
    return lines[1 : lines.index("")]


def test_long_names_are_aligned() -> None:
    names = {"f": ["low", "a kind of a very long name"] * 24, "g": ["a", "b", "c"] * 16}
    lines = coefficients_of(document({"data": {"y": PLAIN, "x": X, **names}, "formula": "y ~ x + f + (1 | g)"}))
    assert [line.split()[0] for line in lines[1:]] == ["(Intercept)", "x", "flow"]
    assert len({len(line) for line in lines}) == 1


def test_what_does_not_exist_is_na() -> None:
    found = document(request(EFFECTS, MEAN))
    lines = summary_text(found).splitlines()
    assert "AIC = NA, DIC = NA" in lines
    assert "deviance = NA" in lines


def test_no_error_is_na() -> None:
    intercept = coefficients_of(document(request(PLAIN, MEAN, theta="inf")))[1]
    assert intercept.split() == ["(Intercept)", f"{fmean(PLAIN):.2f}", "NA"]  # all groups have the same size


def test_numbers_without_decimals_have_a_power_of_ten() -> None:
    huge = coefficients_of(document(request([1e150 * value for value in PLAIN])))
    assert all(len(line) < 40 for line in huge)
    assert [word.split("e+")[1] for word in huge[1].split()[1:]] == ["150", "149"]


def test_warnings_end_it_and_information_does_not() -> None:
    found = document(request(CENTRED, MEAN))
    warnings = [note.message for note in found.notes if note.severity == "warning"]
    lines = summary_text(found).splitlines()
    assert {note.code for note in found.notes if note.severity == "warning"} == {"boundary_variance", "few_groups"}
    assert lines[-2:] == [f"note: {message}" for message in warnings]
    assert any(note.severity == "info" for note in document(RADON).notes)
    assert "note:" not in summary_text(document(RADON))
