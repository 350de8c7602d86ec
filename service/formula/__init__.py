"""Text -> Formula: R's formula language as a closed grammar, without data and without running anything."""

from service.formula.expansion import expand, read
from service.formula.functions import FUNCTIONS, match_arguments
from service.formula.label import label
from service.formula.parsing import parse
from service.formula.variables import names_in

__all__ = ["FUNCTIONS", "expand", "label", "match_arguments", "names_in", "parse", "read"]
