"""How time and memory grow with the rows, each fit alone in a process; a run of all works renews README.md's table.

Run: python -m benchmarks.growth [--only REGEX] [--rounds N]
"""

import argparse
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import columns, memory, samples, table
from benchmarks.works import VARYING_INTERCEPT, Work
from service.data import Categorical, Table

MILLION = 1_000_000
IN_MEMORY = (
    *(
        Work(f"{rows // 20:,} groups", VARYING_INTERCEPT, partial(samples.grouped, rows, rows // 20))
        for rows in (MILLION, 2 * MILLION, 4 * MILLION, 8 * MILLION)
    ),
    Work("1,000,000 groups", VARYING_INTERCEPT, partial(samples.grouped, 3 * MILLION, MILLION)),
    Work("30,000 groups nested in 3,000", "y ~ x + (1 | a/b)", partial(samples.nested, 300_000, 30_000, 3_000)),
    Work("5,000 groups, slopes", "y ~ x + (x | g)", partial(samples.grouped, MILLION, 5_000, slopes=0.5)),
)
FILE = "100,000 groups, a Parquet file, the whole command"
FILE_ROWS, FILE_GROUPS, BATCH = 10 * MILLION, 100_000, 500_000


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description="Time and memory as rows grow.")
    parser.add_argument("--only", default="", metavar="REGEX", help="works whose title matches")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="fits of each work in memory (3)")
    options = parser.parse_args()
    lines = [table.head(["work", "rows", "time", "a row", "memory", "in columns"])]
    print(lines[0])
    for line in measured(options.only, options.rounds):
        lines.append(line)
        print(line, flush=True)
    if not options.only:
        table.rewrite("growth", "\n".join(lines))


def measured(only: str, rounds: int) -> Iterator[str]:
    """The row of each work whose title matches."""
    imports, _ = memory.peak(["-c", "import benchmarks.alone"])
    for work in IN_MEMORY:
        if re.search(only, work.title):
            yield in_memory(work, rounds, imports)
    if re.search(only, FILE):
        yield from_file()


def in_memory(work: Work, rounds: int, imports: int) -> str:
    """The row of a fit from a table in memory."""
    sample = work.sample().table
    with tempfile.TemporaryDirectory() as folder:
        columns.write(sample, Path(folder))
        command = ["-m", "benchmarks.alone", folder, work.formula, str(rounds)]
        return row(work.title, sample.n_rows, n_numeric(sample), command, imports)


def from_file() -> str:
    """The row of a fit by the command line from a file of two numbers and a label a row."""
    imports, _ = memory.peak(["-c", "import service.tasks"])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "rows.parquet")
        write_parquet(path)
        command = ["-m", "service", "fit", str(path), VARYING_INTERCEPT]
        return row(FILE, FILE_ROWS, 2, command, imports, whole=True)


def write_parquet(path: Path) -> None:
    """Write y, x and g in batches, of which one is in memory."""
    random = np.random.default_rng(7)
    effects = random.standard_normal(FILE_GROUPS)
    labels = pa.array([f"g{code:06}" for code in range(FILE_GROUPS)])
    types: dict[str, pa.DataType] = {"y": pa.float64(), "x": pa.float64(), "g": pa.string()}
    schema = pa.schema(types)
    with pq.ParquetWriter(path, schema) as writer:
        for _ in range(FILE_ROWS // BATCH):
            codes = random.integers(0, FILE_GROUPS, BATCH)
            x = random.standard_normal(BATCH)
            y = 1.0 + 2.0 * x + effects[codes] + random.standard_normal(BATCH)
            writer.write_batch(pa.record_batch([y, x, labels.take(codes)], schema=schema))


def n_numeric(sample: Table) -> int:
    """How many columns are numbers."""
    return sum(not isinstance(column, Categorical) for column in sample.columns.values())


def row(title: str, rows: int, numeric: int, command: Sequence[str], imports: int, *, whole: bool = False) -> str:
    """The row of a command that prints how long its fit took, or whose `whole` time is meant."""
    start = time.perf_counter()
    try:
        size, printed = memory.peak(command)
    except subprocess.CalledProcessError:
        return table.row([title, f"{rows:,}", "failed", "", "", ""])
    seconds = time.perf_counter() - start if whole else float(printed)
    cells = [
        table.duration(seconds),
        f"{table.two_digits(1e9 * seconds / rows)} ns",
        f"{(size - imports) / 1e6:,.0f} MB",
        table.two_digits((size - imports) / (8 * rows * numeric)),
    ]
    return table.row([title, f"{rows:,}", *cells])


if __name__ == "__main__":
    main()
