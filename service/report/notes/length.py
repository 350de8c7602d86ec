"""Notes on what is left out of the document because it is long."""

from service.contract.document import Note
from service.contract.request import LONG
from service.report.findings import Findings
from service.report.notes.wording import groups_of


def coefficients_left_out(found: Findings) -> list[Note]:
    """Each group's own line would be more than `random_effects` and the fixed effects tell in fewer numbers."""
    terms = {*found.names, *(name for factor in found.factors for name in factor.factor.names)}
    count = len(terms) * sum(factor.factor.n_groups for factor in found.factors)
    if count <= LONG:
        return []
    message = (
        f"The {count:,} numbers of `coefficients` are left out: each is a fixed effect plus the group's deviation in "
        "`random_effects`. Ask with `include` for `coefficients` alone to get them."
    )
    return [
        Note(
            code="coefficients_left_out",
            severity="info",
            message=message,
            where=groups_of(found) | {"numbers": count},
            see="Gelman & Hill 2007, section 12.4",
        )
    ]
