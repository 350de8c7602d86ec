"""What a study can tell before it is made: a plan of groups and standard deviations goes in, no data."""

from service.inference.planning.boundary import zero_probability
from service.inference.planning.data_sets import DataSets, batches, draw
from service.inference.planning.performance import Performance, perform
from service.inference.planning.plan import Plan, make_plan
from service.inference.planning.power import Coefficient, Level, Power, power_of, smallest_number, smallest_size
from service.inference.planning.precision import Precision, precision

__all__ = [
    "Coefficient",
    "DataSets",
    "Level",
    "Performance",
    "Plan",
    "Power",
    "Precision",
    "batches",
    "draw",
    "make_plan",
    "perform",
    "power_of",
    "precision",
    "smallest_number",
    "smallest_size",
    "zero_probability",
]
