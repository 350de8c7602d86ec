"""Degrees of freedom: what those of Satterthwaite and of Kenward & Roger add to a fit, beside lmerTest and pbkrtest.

The others are asked for small tables alone: their time and memory grow with the square of the rows and more.

Run: python -m benchmarks.degrees [--only REGEX] [--seconds LIMIT]
"""

import argparse
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks import columns, samples, table
from benchmarks.works import Work
from service.arrays import Vector
from service.data import Table
from service.design import make_design
from service.engine import Fit, fit
from service.formula import read
from service.inference import degrees_of_freedom
from service.inference.coefficients import Degrees

CHILD = Path(__file__).parent / "children" / "degrees.R"
CROSSED = "y ~ x + (1 | a) + (1 | b)"
SLOPES = "y ~ x + (x | g)"
NESTED = "y ~ x + (1 | a/b)"
SMALL = (
    *(
        Work(
            f"{rows:,} rows, {rows // 40} by {rows // 100} groups",
            CROSSED,
            partial(samples.crossed, rows, rows // 40, rows // 100),
        )
        for rows in (1_000, 2_000, 4_000)
    ),
    *(
        Work(f"{rows:,} rows, {rows // 10} groups, slopes", SLOPES, partial(samples.grouped, rows, rows // 10, 0.5))
        for rows in (1_000, 2_000, 4_000)
    ),
)
LARGE = (
    Work("46,000 rows, 1,200 by 400 groups", CROSSED, partial(samples.crossed, 46_000, 1_200, 400)),
    Work("46,000 rows, 5,000 groups, slopes", SLOPES, partial(samples.grouped, 46_000, 5_000, 0.5)),
    Work("73,421 rows, 2,972 by 1,128 groups", CROSSED, partial(samples.crossed, 73_421, 2_972, 1_128)),
    Work("300,000 rows, 30,000 groups in 3,000", NESTED, partial(samples.nested, 300_000, 30_000, 3_000)),
    Work("1,000,000 rows, 100,000 by 400 groups", CROSSED, partial(samples.crossed, 1_000_000, 100_000, 400)),
)


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.degrees", description="Time of degrees of freedom.")
    parser.add_argument("--only", default="", metavar="REGEX", help="works whose title matches")
    parser.add_argument("--seconds", type=float, default=600, metavar="LIMIT", help="patience with the others (600)")
    options = parser.parse_args()
    print(table.head(["work", "fit", "Satterthwaite", "lmerTest", "Kenward-Roger", "pbkrtest", "apart"]))
    for line in measured(options.only, options.seconds):
        print(line, flush=True)


def measured(only: str, limit: float) -> Iterator[str]:
    """The row of each work whose title matches."""
    for work in (*SMALL, *LARGE):
        if re.search(only, work.title):
            sample = work.sample().table
            seconds, cells = ours(sample, work.formula)
            yield table.row([work.title, table.duration(seconds), *beside(work, sample, cells, limit)])


def ours(sample: Table, formula: str) -> tuple[float, dict[Degrees, tuple[float, Vector]]]:
    """The seconds of a fit, and the seconds and degrees of freedom of either kind after it."""
    design = make_design(read(formula), sample)
    start = time.perf_counter()
    fitted = fit(design)
    seconds = time.perf_counter() - start
    kinds: tuple[Degrees, Degrees] = ("satterthwaite", "kenward-roger")
    return seconds, {kind: timed(fitted, kind) for kind in kinds}


def timed(fitted: Fit, kind: Degrees) -> tuple[float, Vector]:
    """The seconds that degrees of freedom take, and what they are."""
    start = time.perf_counter()
    df = degrees_of_freedom(fitted, kind)
    return time.perf_counter() - start, df


def beside(work: Work, sample: Table, known: dict[Degrees, tuple[float, Vector]], limit: float) -> list[str]:
    """Our seconds beside those of the others, and how far the degrees of freedom of Kenward & Roger are apart."""
    (ours_first, _), (ours_second, df) = known["satterthwaite"], known["kenward-roger"]
    theirs = others(sample, work.formula, limit) if work in SMALL else None
    first = second = apart = ""
    if theirs is not None:
        first, second = table.duration(theirs[0]), table.duration(theirs[1])
        apart = f"{float(np.abs(theirs[2 + df.size :] / df - 1.0).max()):.0e}"
    return [table.duration(ours_first), first, table.duration(ours_second), second, apart]


def others(sample: Table, formula: str, limit: float) -> Vector | None:
    """The seconds of lmerTest and of pbkrtest, and the degrees of freedom of both; None if they give none in time."""
    r = shutil.which("Rscript")
    if r is None:
        return None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        columns.write(sample, folder)
        (folder / "formula.txt").write_text(formula)
        try:
            done = subprocess.run([r, str(CHILD), name], capture_output=True, text=True, timeout=limit, check=True)
        except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
            return None
    return np.array(done.stdout.split(), dtype=np.float64)


if __name__ == "__main__":
    main()
