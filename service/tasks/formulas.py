"""Formulas: text comes in, its meaning goes out, and no data are needed."""

from service.contract import FormulaExpansion, FormulaRequest, Reply, Submission, checked
from service.contract.document import RandomPart
from service.data.json_text import decode_object
from service.formula import read
from service.tasks.answer import json_of, reply_to
from service.tasks.questions import columns_of


def expand_formula(submission: Submission) -> Reply:
    """The expansion of a formula; or why there is none."""
    return reply_to(lambda: _expand(submission))


def _expand(submission: Submission) -> Reply:
    request = checked(FormulaRequest, decode_object(json_of(submission)))
    formula = read(request.formula, request.columns)
    expansion = FormulaExpansion(
        formula=formula.text,
        response=formula.response,
        intercept=formula.intercept,
        fixed_terms=[":".join(term) for term in formula.terms],
        offsets=list(formula.offsets),
        random_terms=[
            RandomPart(
                terms=[*["1"] * part.intercept, *(":".join(term) for term in part.terms)],
                group=part.group_name,
                correlated=part.correlated,
            )
            for part in formula.random
        ],
        variables=columns_of(formula),
    )
    return Reply(expansion.model_dump_json().encode())
