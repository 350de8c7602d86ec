"""What to know about a fit: each note a stable code, the numbers, and one sentence of advice.

Difficulty is not an error: it is said here, once for each factor, and only where it applies. A module a subject, a
function a code.
"""

from service.contract.document import Note
from service.report.findings import Findings
from service.report.notes import boundary, groups, identification, limits, predictors, rows, search, slopes
from service.report.notes.length import coefficients_left_out

__all__ = ["WRITERS", "coefficients_left_out", "notes"]

WRITERS = (
    rows.rows_dropped,
    rows.aliased_terms,
    limits.no_pooling,
    limits.theta_held,
    limits.no_residual_variance,
    identification.variances_unidentified,
    limits.variance_out_of_range,
    search.not_converged,
    search.several_optima,
    boundary.boundary_variance,
    boundary.singular_covariance,
    groups.few_groups,
    groups.singleton_groups,
    groups.equivalent_n,
    groups.significance_no_criterion,
    slopes.shares_leave_out,
    predictors.group_level_predictor,
    predictors.group_means_confound,
)
"""One for each code, which is its name."""


def notes(found: Findings) -> list[Note]:
    """The notes that apply to a fit, warnings first."""
    written = [note for writer in WRITERS for note in writer(found)]
    return sorted(written, key=lambda note: note.severity != "warning")
