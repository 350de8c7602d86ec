"""What to know about a fit: each note a stable code, the numbers, and one sentence of advice.

Difficulty is not an error: it is said here, once for each factor, and only where it applies. A module a subject, a
function a code.
"""

from service.contract.document import Note
from service.contract.notes import NOTES
from service.report.findings import Findings
from service.report.notes import (
    adjustment,
    boundary,
    degrees,
    groups,
    identification,
    intervals,
    length,
    limits,
    predictors,
    rows,
    search,
    slopes,
)
from service.report.notes.requests import next_request
from service.report.notes.wording import Remark

KINDS = {kind.code: kind for kind in NOTES.notes}

WRITERS = (
    rows.rows_dropped,
    rows.aliased_terms,
    limits.no_pooling,
    limits.theta_held,
    limits.no_residual_variance,
    identification.variances_unidentified,
    adjustment.no_adjustment,
    limits.variance_out_of_range,
    limits.no_posterior,
    limits.no_bootstrap,
    limits.heavy_tails,
    search.not_converged,
    search.several_optima,
    boundary.boundary_variance,
    boundary.singular_covariance,
    intervals.intervals_missing,
    groups.few_groups,
    degrees.few_degrees_of_freedom,
    groups.singleton_groups,
    groups.equivalent_n,
    groups.significance_no_criterion,
    slopes.shares_leave_out,
    predictors.group_level_predictor,
    predictors.group_means_confound,
    predictors.unscaled_predictors,
    length.coefficients_left_out,
)
"""One for each code, which is its name."""


def notes(found: Findings, id: str | None) -> list[Note]:
    """The notes that apply to a fit, warnings first, each with the next request to make.

    `id` is what the fit is kept under, None if it is not kept.
    """
    written = [_note(remark, found, id) for writer in WRITERS for remark in writer(found)]
    return sorted(written, key=lambda note: note.severity != "warning")


def _note(remark: Remark, found: Findings, id: str | None) -> Note:
    """The note of a remark: its facts, with the advice of its kind and the next request."""
    kind = KINDS[remark.code]
    return Note(
        code=kind.code,
        severity=remark.severity or kind.severities[0],
        message=f"{remark.facts} {kind.advice}",
        where=remark.where,
        see=kind.see,
        next=next_request(kind, found, id),
    )
