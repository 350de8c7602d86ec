"""A fit alone in its process: python -m benchmarks.alone FOLDER FORMULA ROUNDS prints the median of the seconds.

With 0 rounds the table is all that there is in memory.
"""

import sys
from pathlib import Path
from statistics import median

from benchmarks import columns
from benchmarks.ours import Ours
from benchmarks.paired import Unfit


def main(folder: str, formula: str, rounds: str) -> None:
    """Fit the table in the folder."""
    ours = Ours(formula, columns.read(Path(folder)))
    try:
        print(median([ours.fit().seconds for _ in range(int(rounds))] or [0.0]))
    except Unfit as reason:
        sys.exit(str(reason))


if __name__ == "__main__":
    main(*sys.argv[1:])
