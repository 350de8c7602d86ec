"""Influence: a fit and a factor -> what the fit is without each of the factor's groups."""

import numpy as np

from service.contract import Page, Reply, Submission
from service.contract.influence import MOST_GROUPS, MOST_REFITS
from service.engine import Fit
from service.errors import Fault, InvalidRequest
from service.inference import influences
from service.quoting import excerpt
from service.report.influence import influence_document
from service.tasks.answer import reply_to
from service.tasks.models import open_model


def read_influence(document: bytes, submission: Submission, group: str | None, page: Page) -> Reply:
    """The influence of a page of the groups of a factor, or why there is none."""

    def answer() -> Reply:
        model = open_model(document, submission, in_memory=True)
        fit, design = model.fit, model.design
        place = _place(fit, group)
        n_groups = fit.estimates.factors[place].factor.n_groups
        # Only groups of one varying coefficient are left out together.
        most = MOST_GROUPS if fit.estimates.theta.size == 1 else MOST_REFITS
        groups = np.arange(n_groups)[page.start : page.start + min(most, page.limit)]
        next = page.after(n_groups, most)
        names = tuple(design.names[k] for k in fit.estimates.kept)
        found = influence_document(fit.estimates, names, place, influences(design, fit, place, groups), next)
        return Reply(found.model_dump_json().encode(), next=next)

    return reply_to(answer)


def _place(fit: Fit, group: str | None) -> int:
    """The place of the factor of this name, or of the only one; raises InvalidRequest."""
    names = [own.factor.grouping.name for own in fit.estimates.factors]
    if group is None and len(names) == 1:
        return 0
    if group not in names:
        message = f"`group` names one of the factors of this fit: {excerpt(', '.join(names))}."
        raise InvalidRequest(message, Fault(message, pointer="/group"))
    return names.index(group)
