"""Designs: the numbers of a planned study come in, what it will tell goes out; no data, and no fit."""

from service.contract import Reply, Submission, checked
from service.contract.designs import CoefficientPower, DesignAnswer, DesignRequest, PlannedCoefficient
from service.data.json_text import decode_object
from service.inference.planning import (
    Coefficient,
    Plan,
    make_plan,
    perform,
    power_of,
    precision,
    smallest_number,
    smallest_size,
    zero_probability,
)
from service.report.designs import coefficient_power, design_answer
from service.tasks.answer import json_of, reply_to


def plan_study(submission: Submission) -> Reply:
    """What a planned study will tell; or why nothing can be said."""
    return reply_to(lambda: _reply(submission))


def _reply(submission: Submission) -> Reply:
    return Reply(_answer(checked(DesignRequest, decode_object(json_of(submission)))).model_dump_json().encode())


def _answer(request: DesignRequest) -> DesignAnswer:
    plan = make_plan(request.groups.by_size(), request.sd_between, request.sd_within)
    restricted = request.method == "REML"
    # The power first: it may be refused, and costs nothing.
    power = None if request.coefficient is None else _power(plan, request.coefficient)
    performance = None
    if plan.within:
        level, replicates, seed = request.confidence_level, request.replicates, request.seed
        performance = perform(plan, replicates, seed, level, restricted=restricted)
    return design_answer(plan, precision(plan), zero_probability(plan, restricted=restricted), performance, power)


def _power(plan: Plan, planned: PlannedCoefficient) -> CoefficientPower:
    coefficient = Coefficient(planned.effect, planned.sd, planned.level, planned.test_level)
    found, wanted = power_of(plan, coefficient), planned.power
    return coefficient_power(
        found,
        None if wanted is None else smallest_number(plan, coefficient, wanted),
        None if wanted is None else smallest_size(plan, coefficient, wanted),
    )
