"""Notes on what is left out of the document because it is long."""

from collections.abc import Iterator

from service.report.findings import Findings
from service.report.notes.wording import Remark, groups_of


def coefficients_left_out(found: Findings) -> Iterator[Remark]:
    """Each group's own line would be more than `random_effects` and the fixed effects tell in fewer numbers."""
    if found.leaves_out_coefficients:
        count = found.coefficient_numbers
        facts = (
            f"The {count} numbers of `coefficients` are left out: each is a fixed effect plus the group's deviation in "
            "`random_effects`."
        )
        yield Remark("coefficients_left_out", facts, {**groups_of(found), "numbers": count})
