"""The notes: where each applies and where it does not, and that their numbers are the document's."""

import re
from collections.abc import Callable, Mapping

import pytest

from service.contract import FitDocument
from service.report.notes import WRITERS
from tests.report.difficult import (
    CENTRED,
    MEAN,
    PLAIN,
    SLOPES,
    request,
    small,
)
from tests.report.noted import APPLIES, KINDS, found
from tests.tasks.questions import RADON, document

DOES_NOT: Mapping[str, Mapping[str, object]] = {
    **dict.fromkeys(APPLIES, RADON),
    "no_adjustment": {**RADON, "df": "kenward-roger"},
    "no_posterior": {**RADON, "include": ["posterior"]},
    "no_bootstrap": {**RADON, "intervals": "bootstrap"},
    "heavy_tails": {**RADON, "include": ["posterior"]},
    "singleton_groups": request(PLAIN, MEAN),
    "few_degrees_of_freedom": small(PLAIN[:12], "aaabbbcccddd", MEAN),
    "equivalent_n": request(PLAIN, theta=0),
    "significance_no_criterion": request(CENTRED, MEAN),
    "singular_covariance": request(PLAIN, SLOPES),
    "shares_leave_out": request(PLAIN, SLOPES),
}
"""A request whose fit it does not apply to."""

UNSAID = {"p_value", "sigma"}
"""Numbers that stand in `where` alone."""


def test_each_kind_in_the_catalogue_has_a_writer_and_each_writer_a_kind() -> None:
    assert [writer.__name__ for writer in WRITERS] == list(KINDS)


@pytest.mark.parametrize("code", APPLIES)
def test_it_applies_here(code: str) -> None:
    (note,) = found(APPLIES[code], code)
    kind = KINDS[code]
    assert note.severity in kind.severities
    assert note.see == kind.see
    assert note.message.endswith(f". {kind.advice}")
    assert note.where.keys() <= kind.where.keys()
    assert re.fullmatch(r"[\w(\d].*\.", note.message)
    assert "{" not in note.message
    assert len(note.message) < 420  # three lines on a wide screen


@pytest.mark.parametrize("code", DOES_NOT)
def test_it_does_not_apply_there(code: str) -> None:
    assert found(DOES_NOT[code], code) == []


FORMS = ("d", ".6g", ".4g", ".3g", ".2g", ".2f", ".0%")


@pytest.mark.parametrize("code", APPLIES)
def test_the_numbers_of_a_note_stand_in_its_message(code: str) -> None:
    (note,) = found(APPLIES[code], code)
    for name, value in note.where.items():
        if isinstance(value, int | float) and name not in UNSAID:
            forms = FORMS if isinstance(value, int) else FORMS[1:]
            assert any(re.search(rf"(?<![\d.]){re.escape(format(value, form))}(?!\d)", note.message) for form in forms)


OF_DOCUMENT: Mapping[str, Callable[[FitDocument], object]] = {
    "group": lambda whole: whole.model.grouping_factors[0].group,
    "n_groups": lambda whole: whole.model.grouping_factors[0].n_groups,
    "n_observations": lambda whole: whole.model.n_observations,
    "n_dropped": lambda whole: whole.model.n_dropped,
    "theta": lambda whole: whole.convergence.theta[0],
    "sigma": lambda whole: whole.statistics.sigma,
    "equivalent_n": lambda whole: whole.pooling[0].equivalent_n,
    "groups_below": lambda whole: whole.pooling[0].groups_below,
    "groups_above": lambda whole: whole.pooling[0].groups_above,
}
"""What a name in `where` means, if the document itself has it."""


@pytest.mark.parametrize("code", APPLIES)
def test_the_numbers_of_a_note_are_the_documents(code: str) -> None:
    whole = document(APPLIES[code])
    (note,) = found(APPLIES[code], code)
    shared = note.where.keys() & OF_DOCUMENT.keys()
    assert shared or code in {
        "aliased_terms",
        "few_degrees_of_freedom",
        "intervals_missing",
        "no_adjustment",
        "no_bootstrap",
        "no_posterior",
        "shares_leave_out",
        "unscaled_predictors",
    }
    assert {name: note.where[name] for name in shared} == {name: OF_DOCUMENT[name](whole) for name in shared}


def test_warnings_stand_before_information() -> None:
    severities = [note.severity for note in document(APPLIES["group_means_confound"]).notes]
    assert severities == sorted(severities, reverse=True)
    assert set(severities) == {"warning", "info"}
