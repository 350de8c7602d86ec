"""Tables to fit: shipped, installed with R's packages, or simulated from a seed; labels are coded already."""

import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks import columns
from service import data
from service.arrays import Codes, Vector
from service.data import Categorical, Column, Numeric, Table

HERE = Path(__file__).parent
SLEEPSTUDY = HERE.parent / "tests" / "reference" / "data" / "sleepstudy.csv"


@dataclass(frozen=True, slots=True)
class Sample:
    """A table, and a word about it where it is not what its name says."""

    table: Table
    note: str = ""


def radon() -> Sample:
    """The radon survey."""
    return Sample(data.dataset("radon"))


def sleepstudy() -> Sample:
    """Reaction times of 18 subjects on ten days."""
    table = data.read_file(SLEEPSTUDY, ()).table
    assert table is not None  # noqa: S101 - it is a file of data
    _, codes = np.unique(_values(table.columns["Subject"]), return_inverse=True)
    return Sample(Table({**table.columns, "Subject": columns.labelled(codes)}, table.n_rows))


def grouped(rows: int, groups: int, slopes: float = 0.0) -> Sample:
    """One factor: intercepts vary with standard deviation 1, slopes of x with that of `slopes`."""
    random = np.random.default_rng(1)
    codes = random.integers(0, groups, rows)
    x = random.standard_normal(rows)
    slope = 2.0 + slopes * random.standard_normal(groups)
    y = 1.0 + random.standard_normal(groups)[codes] + slope[codes] * x + random.standard_normal(rows)
    return _sample(y=y, x=x, g=codes)


def crossed(rows: int, many: int, few: int) -> Sample:
    """Two crossed factors a and b, at random."""
    random = np.random.default_rng(2)
    a, b = random.integers(0, many, rows), random.integers(0, few, rows)
    x = random.standard_normal(rows)
    effects = random.standard_normal(many)[a] + 0.5 * random.standard_normal(few)[b]
    return _sample(y=1.0 + 2.0 * x + effects + random.standard_normal(rows), x=x, a=a, b=b)


def nested(rows: int, inner: int, outer: int) -> Sample:
    """Factor b in factor a; every level of b has a label of its own."""
    random = np.random.default_rng(3)
    b = random.integers(0, inner, rows)
    a = random.integers(0, outer, inner)[b]
    x = random.standard_normal(rows)
    effects = random.standard_normal(inner)[b] + 0.5 * random.standard_normal(outer)[a]
    return _sample(y=1.0 + 2.0 * x + effects + random.standard_normal(rows), x=x, a=a, b=b)


@cache
def insteval() -> Sample:
    """Students s rate lecturers d of departments dept: lme4's InstEval, or simulated ratings of its shape."""
    if table := _of_package("lme4", "InstEval", ("y", "service", "s", "d", "dept")):
        number = Numeric(_values(table.columns["service"]).astype(np.float64))
        return Sample(Table({**table.columns, "service": number}, table.n_rows))
    random, rows = np.random.default_rng(4), 73_421
    s, d = random.integers(0, 2_972, rows), random.integers(0, 1_128, rows)
    dept = random.integers(0, 14, 1_128)[d]
    service = random.integers(0, 2, rows).astype(np.float64)
    effects = 0.3 * random.standard_normal(2_972)[s] + 0.5 * random.standard_normal(1_128)[d]
    y = np.clip(np.rint(3.3 - 0.1 * service + effects + 1.2 * random.standard_normal(rows)), 1, 5)
    return Sample(_table(y=y, service=service, s=s, d=d, dept=dept), "simulated in its shape")


def chem97() -> Sample:
    """Scores in chemistry of students in schools in areas: mlmRev's Chem97, or simulated scores of its shape."""
    if table := _of_package("mlmRev", "Chem97", ("score", "gcsecnt", "lea", "school")):
        return Sample(table)
    random, rows = np.random.default_rng(5), 31_022
    school = random.integers(0, 2_410, rows)
    lea = random.integers(0, 131, 2_410)[school]
    gcsecnt = 0.8 * random.standard_normal(rows)
    effects = 1.1 * random.standard_normal(2_410)[school] + 0.1 * random.standard_normal(131)[lea]
    score = 5.6 + 2.5 * gcsecnt + effects + 2.3 * random.standard_normal(rows)
    return Sample(_table(score=score, gcsecnt=gcsecnt, lea=lea, school=school), "simulated in its shape")


def _of_package(package: str, name: str, names: tuple[str, ...]) -> Table | None:
    """These columns of a data set in one of R's packages, or None where that is not installed."""
    if not (rscript := shutil.which("Rscript")):
        return None
    with tempfile.TemporaryDirectory() as folder:
        command = [rscript, str(HERE / "children" / "export.R"), package, name, folder, *names]
        done = subprocess.run(command, check=False, capture_output=True)
        return columns.read(Path(folder)) if done.returncode == 0 else None


def _sample(**columns: Vector | Codes) -> Sample:
    return Sample(_table(**columns))


def _table(**columns: Vector | Codes) -> Table:
    made: Mapping[str, Column] = {name: _column(values) for name, values in columns.items()}
    return Table(made, len(next(iter(columns.values()))))


def _column(values: Vector | Codes) -> Column:
    """Numbers as they are, codes with labels in order."""
    if values.dtype.kind == "f":
        return Numeric(values.astype(np.float64, copy=False))
    return columns.labelled(values.astype(np.intp, copy=False))


def _values(column: Column) -> Vector | Codes:
    """Numbers, or the codes of labels."""
    return column.codes if isinstance(column, Categorical) else column.values
