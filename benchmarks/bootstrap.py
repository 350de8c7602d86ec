"""The time of 1,000 bootstrap refits of radon models, and beside it lme4's bootMer where Rscript is there.

Run: python -m benchmarks.bootstrap
"""

import shutil
import subprocess
import time
from pathlib import Path
from statistics import median

from benchmarks.table import duration, head, row, times
from service import data
from service.design import make_design
from service.engine import fit
from service.formula import read
from service.inference import bootstrap

FORMULAS = (
    "log_radon ~ floor + (1 | county)",
    "log_radon ~ floor + log_uranium + (1 | county)",
    "log_radon ~ floor + (floor | county)",
)
DRAWS, DRAWS_OF_LME4, ROUNDS = 1000, 100, 3
SCRIPT = Path(__file__).parent / "children" / "bootmer.R"
RADON = Path(data.__file__).parent / "datasets" / "radon.csv"


def ours(formula: str) -> tuple[float, int]:
    """The median of the seconds that the refits take, the first ones not counted; and how many of them failed."""
    table = data.dataset("radon")
    design = make_design(read(formula, list(table.columns)), table)
    known, names, seconds = fit(design), design.names, []
    failed = bootstrap(known, DRAWS, 0, names).failed
    for seed in range(1, ROUNDS + 1):
        start = time.perf_counter()
        bootstrap(known, DRAWS, seed, names)
        seconds.append(time.perf_counter() - start)
    return median(seconds), failed


def theirs(formula: str) -> float | None:
    """The seconds that as many draws would take bootMer; None without lme4."""
    rscript = shutil.which("Rscript")
    if rscript is None:
        return None
    command = [rscript, str(SCRIPT), str(RADON), formula, str(DRAWS_OF_LME4)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return DRAWS * float(done.stdout) if done.returncode == 0 else None


if __name__ == "__main__":
    print(head(["formula", f"{DRAWS:,} refits", "failed", "lme4"]))
    for each in FORMULAS:
        (own, lost), other = ours(each), theirs(each)
        print(row([f"`{each}`", duration(own), str(lost), "" if other is None else times(other / own)]))
