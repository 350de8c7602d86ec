"""The catalogue of notes: codes that are stable, sentences that are sentences, requests that can be filled in."""

import re

import pytest

from service.contract import NOTES, NoteKind
from service.contract.document import Note

CODES = [
    "rows_dropped",
    "aliased_terms",
    "no_pooling",
    "theta_held",
    "no_residual_variance",
    "variances_unidentified",
    "no_adjustment",
    "variance_out_of_range",
    "no_posterior",
    "no_bootstrap",
    "heavy_tails",
    "not_converged",
    "several_optima",
    "boundary_variance",
    "singular_covariance",
    "intervals_missing",
    "few_groups",
    "few_degrees_of_freedom",
    "singleton_groups",
    "equivalent_n",
    "significance_no_criterion",
    "shares_leave_out",
    "group_level_predictor",
    "group_means_confound",
    "unscaled_predictors",
    "coefficients_left_out",
]
"""Every code there is: clients rely on them."""


def test_the_codes_are_those_promised() -> None:
    assert [kind.code for kind in NOTES.notes] == CODES


@pytest.mark.parametrize("kind", NOTES.notes, ids=lambda kind: kind.code)
def test_a_kind_is_told_in_sentences(kind: NoteKind) -> None:
    sentences = [kind.title, kind.advice, *kind.where.values()]
    assert all(re.fullmatch(r"[A-Z][^\n]*\.", sentence) for sentence in sentences)
    assert kind.severities in (["info"], ["warning"], ["warning", "info"])
    assert kind.where
    assert kind.see


@pytest.mark.parametrize("kind", NOTES.notes, ids=lambda kind: kind.code)
def test_the_next_requests_can_be_made(kind: NoteKind) -> None:
    for request in kind.next:
        assert request.path.startswith("/v1/")
        assert (request.body is None) == (request.method == "GET")
    assert len({request.path for request in kind.next}) == len(kind.next)


def test_a_note_kept_before_there_were_next_requests_is_read() -> None:
    kept = '{"code":"few_groups","severity":"info","message":"m","where":{},"see":"s"}'
    assert Note.model_validate_json(kept).next is None
