"""The engine beside the physical limit: one pass over the data (X'X by BLAS, one weighted bincount a column).

Run: OPENBLAS_NUM_THREADS=1 python -m benchmarks.one_pass
"""

import statistics
import time
from collections.abc import Callable

import numpy as np

from service import data
from service.arrays import Codes, Matrix
from service.design import Coding, Design, Grouping, RandomEffect, make_design
from service.engine import fit
from service.formula import read

ROUNDS = 15


def radon() -> Design:
    """The chapter's model of the radon survey."""
    table = data.dataset("radon")
    return make_design(read("log_radon ~ floor + (1 | county)", list(table.columns)), table)


def simulated(rows: int, groups: int) -> Design:
    """A varying intercept and one predictor, labels coded already."""
    random = np.random.default_rng(1)
    codes = random.integers(0, groups, rows).astype(np.intp)
    x = random.standard_normal(rows)
    y = 1.0 + 2.0 * x + random.standard_normal(groups)[codes] + random.standard_normal(rows)
    X = np.asfortranarray(np.column_stack([np.ones(rows), x]))
    effect = RandomEffect(
        grouping=Grouping("g", codes, tuple(map(str, range(groups)))),
        names=("(Intercept)",),
        Z=np.broadcast_to(1.0, (rows, 1)),
        correlated=True,
    )
    return Design(
        formula="y ~ x + (1 | g)",
        response="y",
        names=("(Intercept)", "x"),
        intercept=True,
        X=X,
        y=y,
        weights=None,
        offset=None,
        random=(effect,),
        rows=np.arange(rows),
        n_dropped=0,
        coding=Coding({}, {}),
    )


def one_pass(columns: Matrix, codes: Codes, groups: int) -> None:
    """X'X and the group sums of every column, and nothing else."""
    columns.T @ columns
    for k in range(columns.shape[1]):
        np.bincount(codes, columns[:, k], groups)


def seconds(work: Callable[[], object]) -> float:
    """How long one run takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def compare(name: str, design: Design) -> None:
    """Print the median time of a fit and the median of its paired ratios to one pass."""
    grouping = design.random[0].grouping
    columns = np.asfortranarray(np.column_stack([design.X, design.y]))
    fit(design)
    pairs = [
        (
            seconds(lambda: fit(design)),
            seconds(lambda: one_pass(columns, grouping.codes, len(grouping.levels))),
        )
        for _ in range(ROUNDS)
    ]
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"{name:<32} fit {1e3 * statistics.median(a for a, _ in pairs):8.2f} ms   {ratio:6.2f} passes")


if __name__ == "__main__":
    compare("radon, 919 rows", radon())
    compare("1M rows, 50k groups", simulated(1_000_000, 50_000))
