"""Every work by us and by each rival, side by side in one run; a run of all works renews the table in README.md.

Run: python -m benchmarks [--only REGEX] [--quick] [--rounds N] [--limit SECONDS] [--without NAME] [--all]
     [--rival-python PATH]
"""

import argparse
import os
import platform
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks import table
from benchmarks.ours import OnePass, Ours
from benchmarks.paired import Comparison, Unfit, compare
from benchmarks.rivals import Rival, pack, rivals
from benchmarks.works import WORKS, Work
from service.formula import read


def main() -> int:
    """Time what is asked for; 1 if there is nothing to do."""
    options = arguments()
    works = [work for work in WORKS if re.search(options.only, work.title) and (work.scale == 0 or not options.quick)]
    if not works:
        print("No work has such a title; there are:", *(work.title for work in WORKS), sep="\n  ", file=sys.stderr)
        return 1
    others = rivals(options.rival_python, options.limit, options.without)
    lines = [
        versions(others),
        "",
        table.head(["work", "formula", "rows", "ours", "passes", *(other.name for other in others)]),
    ]
    print(*lines, sep="\n", flush=True)
    for work in works:
        lines.append(line_of(work, others, options))
        print(lines[-1], flush=True)
    for other in others:
        other.close()
    if len(works) == len(WORKS):
        table.rewrite("speed", "\n".join(lines))
    return 0


def arguments() -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Time fits beside those of others.")
    parser.add_argument("--only", default="", metavar="REGEX", help="works whose title matches")
    parser.add_argument("--quick", action="store_true", help="small works only")
    parser.add_argument("--rounds", type=int, default=7, metavar="N", help="rounds with each rival (7)")
    parser.add_argument("--budget", type=float, default=60, metavar="SECONDS", help="no new round after so long (60)")
    parser.add_argument("--limit", type=float, default=120, metavar="SECONDS", help="for one fit of a rival (120)")
    parser.add_argument("--without", action="append", default=[], metavar="NAME", help="leave a rival out")
    parser.add_argument("--all", action="store_true", help="rivals fit the largest work, too")
    parser.add_argument("--rival-python", default=sys.executable, metavar="PATH", help="has GPBoost and statsmodels")
    return parser.parse_args()


def versions(others: Sequence[Rival]) -> str:
    """Who takes part, on what."""
    named = ", ".join(f"{other.name} {other.version or 'absent'}" for other in others)
    threads = ", ".join(f"{name}={value}" for name, value in os.environ.items() if name.endswith("_NUM_THREADS"))
    return f"Python {platform.python_version()}, {os.cpu_count()} cores, {threads}; {named or 'no rivals'}."


def line_of(work: Work, others: Sequence[Rival], options: argparse.Namespace) -> str:
    """The row of a work."""
    sample = work.sample()
    formula = read(work.formula, list(sample.table.columns))
    ours = {restricted: Ours(work.formula, sample.table, restricted=restricted) for restricted in (True, False)}
    title = f"{work.title} ({sample.note})" if sample.note else work.title
    start = [title, f"`{work.formula}`", f"{sample.table.n_rows:,}"]
    try:
        passes = compare(ours[True], OnePass(formula, sample.table), options.rounds, options.budget)
    except Unfit as reason:
        return table.row([*start, str(reason), *[""] * (len(others) + 1)])
    asked = others if options.all or work.scale < 2 else ()
    with tempfile.TemporaryDirectory() as folder:
        pack(formula, sample.table, Path(folder))
        outcomes = {other.name: outcome(ours[other.restricted], other, Path(folder), options) for other in asked}
    cells = [cell(outcomes.get(other.name, "")) for other in others]
    found = [passes, *(outcomes.get(other.name) for other in others if other.restricted)]
    seconds = median(ours.seconds for each in found if isinstance(each, Comparison) for ours, _ in each.pairs)
    return table.row([*start, table.duration(seconds), table.two_digits(1 / passes.ratio), *cells])


def outcome(ours: Ours, other: Rival, folder: Path, options: argparse.Namespace) -> Comparison | str:
    """The rounds with a rival, or why there are none."""
    try:
        other.load(folder)
        return compare(ours, other, options.rounds, options.budget)
    except Unfit as reason:
        return str(reason)


def cell(found: Comparison | str) -> str:
    """Their time, its ratio to ours and by how much their criterion is larger."""
    if isinstance(found, str):
        return found
    return f"{table.duration(found.theirs)}, {table.times(found.ratio)}, {found.excess:+.0e}"


if __name__ == "__main__":
    sys.exit(main())
