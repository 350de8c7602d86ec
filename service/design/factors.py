"""Variables with levels: from values to how they are coded, and from values and that coding to codes.

The first is done once, on the rows of a fit; the second on those and on any new ones.
"""

from collections.abc import Iterable, Mapping

import numpy as np

from service.data.table import Categorical, Logical, Numeric
from service.design.coding import Factor
from service.design.contrasts import TREATMENT
from service.design.evaluation import Basis, Value
from service.design.levels import labelled, recoded, without_unused
from service.design.refusals import invalid_option, unknown_level, wrong_type
from service.design.terms import CodedFactor, Variable
from service.formula.expression import Argument, Call, Expression, Name
from service.formula.formula import Formula
from service.quoting import excerpt, pointer_to, quote


def choose_factors(
    labels: Iterable[str], formula: Formula, values: Mapping[str, Value], contrasts: Mapping[str, str]
) -> dict[str, Factor]:
    """How each of these variables that has levels is coded: levels that occur, FALSE and TRUE always, by contrasts.

    Raises InvalidRequest for contrasts of a variable without levels.
    """
    factors = {}
    for label in labels:
        option = _option(label, formula.variables[label], contrasts) if contrasts else None
        scheme = TREATMENT if option is None else contrasts[option]
        match values[label]:
            case Categorical() as value:
                factors[label] = Factor(without_unused(value).levels, scheme)
            case Logical() as value:
                factors[label] = Factor(labelled(value).levels, scheme)
            case _ if option is not None:
                message = f"Contrasts are for factors; {quote(label)} is numeric."
                raise invalid_option(message, pointer_to("", "contrasts", option), column=excerpt(option))
    return factors


def code_variable(label: str, value: Value, factor: Factor | None) -> Variable:
    """The variable in the levels of `factor`, -1 where it is missing, or as numbers where there is no factor.

    Raises InvalidRequest for a label that is no level, WrongType for text where there were numbers.
    """
    match value:
        case Basis():
            return value
        case _ if factor is not None:
            return _code_labels(label, labelled(value), factor)
        case Numeric(values=values) | Logical(values=values):
            return Numeric(values)
        case Categorical():
            raise wrong_type(f"{quote(label)} is text; the model was fitted to numbers.", column=excerpt(label))


def _code_labels(label: str, labels: Categorical, factor: Factor) -> CodedFactor:
    """The labels in the levels of the factor."""
    codes = recoded(labels, factor.levels)
    if codes is not labels.codes and (unknown := (codes < 0) & (labels.codes >= 0)).any():
        row = int(np.argmax(unknown))
        raise unknown_level(label, labels.levels[labels.codes[row]], row)
    return CodedFactor(codes, factor.levels, factor.contrasts)


def _option(label: str, expression: Expression, contrasts: Mapping[str, str]) -> str | None:
    """The entry about this variable: under its label, or the column that it is or is `factor()` of."""
    match expression:
        case Call(function="factor" | "as.factor", arguments=(Argument(value=Name(text=column)),)) | Name(text=column):
            names = [label, column]
        case _:
            names = [label]
    return next((name for name in names if name in contrasts), None)
