"""What to know about a fit: each note a stable code, the numbers, and one sentence of advice.

Difficulty is not an error: it is said here, once, and only where it applies. A module a subject, a function a code.
"""

from service.contract.document import Note
from service.design import Design
from service.engine import Fit
from service.inference import Pooling
from service.report.notes import groups, limits, predictors, rows, search

WRITERS = (
    rows.rows_dropped,
    rows.aliased_terms,
    limits.no_pooling,
    limits.theta_held,
    limits.no_residual_variance,
    limits.variances_unidentified,
    limits.variance_out_of_range,
    search.not_converged,
    search.several_optima,
    groups.boundary_variance,
    groups.few_groups,
    groups.singleton_groups,
    groups.equivalent_n,
    groups.significance_no_criterion,
    predictors.group_level_predictor,
    predictors.group_means_confound,
)
"""One for each code, which is its name."""


def notes(design: Design, fit: Fit, pool: Pooling) -> list[Note]:
    """The notes that apply to a fit, warnings first."""
    found = [note for writer in WRITERS for note in writer(design, fit, pool)]
    return sorted(found, key=lambda note: note.severity != "warning")
