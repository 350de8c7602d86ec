"""Formula + Table -> Design: the arrays of a model, and the frozen coding that makes them alike from new data."""

from service.design.coding import Coding, Factor
from service.design.coding_check import check_coding
from service.design.construction import make_design, make_designs, make_lots
from service.design.design import Design, Grouping, RandomEffect
from service.design.model_matrix import ModelMatrix
from service.design.new_rows import FixedRows, RandomRows, code_fixed, code_random, code_varying
from service.design.reduction import Removal, removals, without
from service.design.streamed import StreamedDesign, is_streamed, make_streamed_design
from service.design.subset import take_rows, without_empty_groups
from service.design.terms import INTERCEPT

__all__ = [
    "INTERCEPT",
    "Coding",
    "Design",
    "Factor",
    "FixedRows",
    "Grouping",
    "ModelMatrix",
    "RandomEffect",
    "RandomRows",
    "Removal",
    "StreamedDesign",
    "check_coding",
    "code_fixed",
    "code_random",
    "code_varying",
    "is_streamed",
    "make_design",
    "make_designs",
    "make_lots",
    "make_streamed_design",
    "removals",
    "take_rows",
    "without",
    "without_empty_groups",
]
