"""Coverage of plug-in intervals of group effects with few groups: the table in service/report/notes/coverage.py.

Run: python -m benchmarks.few_groups

The data sets are those of `POST /v1/designs`, whose estimates are the engine's own (tests/inference/planning).
"""

from service.inference.planning import make_plan, perform

ROWS = 5
NUMBERS_OF_GROUPS = (2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 18)
WEIGHTS = (0.0, 0.25, 0.5, 0.75, 0.9)
DATA_SETS = 20_000


def simulate(n_groups: int, weight: float) -> tuple[float, float]:
    """Coverage of mean + effect +- 1.96 standard errors of the effect, and the share of variances estimated as 0.

    The variance between groups is such that a group's own mean has this weight.
    """
    plan = make_plan({ROWS: n_groups}, (weight / (1.0 - weight) / ROWS) ** 0.5, 1.0)
    found = perform(plan, DATA_SETS, 12, 0.95, restricted=True)
    return float(found.covered[0]), found.zero_share


if __name__ == "__main__":
    for number in NUMBERS_OF_GROUPS:
        pairs = ", ".join("({:.2f}, {:.2f})".format(*simulate(number, weight)) for weight in WEIGHTS)
        print(f"    {number}: ({pairs}),")
