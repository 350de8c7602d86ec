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

MILLION = 1_000_000
ROW_BYTES = 8
"""What a number takes in memory, and the code of a label."""
IN_MEMORY = (
    *(
        Work(f"{rows // 20:,} groups", VARYING_INTERCEPT, partial(samples.grouped, rows, rows // 20))
        for rows in (MILLION, 2 * MILLION, 4 * MILLION, 8 * MILLION)
    ),
    Work("1,000,000 groups", VARYING_INTERCEPT, partial(samples.grouped, 3 * MILLION, MILLION)),
    Work("30,000 groups nested in 3,000", "y ~ x + (1 | a/b)", partial(samples.nested, 300_000, 30_000, 3_000)),
    *(
        Work(f"{groups:,} groups, slopes", "y ~ x + (x | g)", partial(samples.grouped, MILLION, groups, slopes=0.5))
        for groups in (5_000, 50_000, 200_000)
    ),
    Work("20,000 x 2,000 crossed", "y ~ x + (1 | a) + (1 | b)", partial(samples.crossed, 500_000, 20_000, 2_000)),
)
FILE = "100,000 groups, a Parquet file, the whole command"
FILE_ROWS, FILE_GROUPS, BATCH = 10 * MILLION, 100_000, 500_000


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description="Time and memory as rows grow.")
    parser.add_argument("--only", default="", metavar="REGEX", help="works whose title matches")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="fits of each work in memory (3)")
    options = parser.parse_args()
    lines = [table.head(["work", "rows", "time", "a row", "columns", "the fit adds", "with the table"])]
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
        alone = ["-m", "benchmarks.alone", folder, work.formula]
        held, _ = memory.peak([*alone, "0"])
        try:
            size, printed = memory.peak([*alone, str(rounds)])
        except subprocess.CalledProcessError:
            return table.row([work.title, f"{sample.n_rows:,}", "failed", "", "", "", ""])
    used = ROW_BYTES * sample.n_rows * len(sample.columns)
    memories = [in_columns(size - held, used), in_columns(size - imports, used)]
    return row(work.title, sample.n_rows, float(printed), used, memories)


def from_file() -> str:
    """The row of a fit by the command line from a file of two numbers and a label a row."""
    imports, _ = memory.peak(["-c", "import service.tasks"])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "rows.parquet")
        write_parquet(path)
        start = time.perf_counter()
        size, _ = memory.peak(["-m", "service", "fit", str(path), VARYING_INTERCEPT])
        seconds = time.perf_counter() - start
    used = ROW_BYTES * FILE_ROWS * 3
    return row(FILE, FILE_ROWS, seconds, used, [in_columns(size - imports, used), ""])


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


def in_columns(size: int, used: int) -> str:
    """Bytes, and how many times those of the columns that are used they are."""
    return f"{size / 1e6:,.0f} MB, {table.two_digits(size / used)}×"


def row(title: str, rows: int, seconds: float, used: int, memories: Sequence[str]) -> str:
    """The row of a fit of columns that take `used` bytes, with what it adds to them and what both take."""
    a_row = f"{table.two_digits(1e9 * seconds / rows)} ns"
    return table.row([title, f"{rows:,}", table.duration(seconds), a_row, f"{used / 1e6:,.0f} MB", *memories])


if __name__ == "__main__":
    main()
