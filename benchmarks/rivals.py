"""The others, each in a child process that lives as long as it answers in time: lme4, GPBoost, statsmodels."""

import json
import queue
import shutil
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

from benchmarks import columns
from benchmarks.ours import numeric_columns
from benchmarks.paired import Timed, Unfit
from service.data import Table
from service.formula.formula import Formula

CHILDREN = Path(__file__).parent / "children"


class Rival:
    """A contender that is asked line by line and fits by REML (`restricted`) or ML; without `version` it is absent."""

    def __init__(self, name: str, command: Sequence[str], limit: float, *, restricted: bool) -> None:
        self.name, self.limit, self.restricted = name, limit, restricted
        self._command = command
        self._child: _Child | None = None
        try:
            self.version = self._living().greeting
        except Unfit:
            self.version = ""

    def load(self, folder: Path) -> None:
        """Take the work in a folder that `pack` has filled; raises Unfit."""
        if not self.version:
            raise Unfit("absent")
        self._ask(f"load {folder}")

    def fit(self) -> Timed:
        """One fit, timed by the child; raises Unfit where it takes too long, and ends the child."""
        seconds, criterion = map(float, self._ask("fit").split())
        return Timed(seconds, criterion)

    def close(self) -> None:
        """End the child."""
        if self._child:
            self._child.end()
            self._child = None

    def _living(self) -> "_Child":
        if not self._child:
            self._child = _Child(self._command, self.limit)
        return self._child

    def _ask(self, request: str) -> str:
        try:
            said, _, rest = self._living().ask(request, self.limit).partition(" ")
        except Unfit:
            self.close()
            raise
        if said == "failed":
            raise Unfit(rest)
        return rest


class _Child:
    """A process, and a thread that reads what it says."""

    def __init__(self, command: Sequence[str], limit: float) -> None:
        try:
            self._process = subprocess.Popen(
                command,
                text=True,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError:
            raise Unfit("absent") from None
        self._said: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()
        self.greeting = self._hear(max(limit, 60.0)).removeprefix("ready ")

    def ask(self, request: str, limit: float) -> str:
        """The answer to a request; raises Unfit if it takes longer than `limit` seconds or the process ends."""
        stdin = self._process.stdin
        try:
            print(request, file=stdin, flush=True)
        except OSError:
            raise Unfit("ended") from None
        return self._hear(limit)

    def end(self) -> None:
        """Kill the process."""
        self._process.kill()
        self._process.wait()

    def _hear(self, limit: float) -> str:
        try:
            line = self._said.get(timeout=limit)
        except queue.Empty:
            raise Unfit(f"> {limit:.0f} s") from None
        if line is None:
            raise Unfit("ended")
        return line

    def _listen(self) -> None:
        stdout = self._process.stdout
        for line in stdout or ():
            self._said.put(line.rstrip("\n"))
        self._said.put(None)


def pack(formula: Formula, table: Table, folder: Path) -> None:
    """Write a work where rivals find it: the columns, the formula for R, the terms for Python."""
    names = {name for name in formula.variables if name in table.columns}
    columns.write(Table({name: table.columns[name] for name in names}, table.n_rows), folder)
    (folder / "formula.txt").write_text(formula.text + "\n")
    random = [{"groups": term.group, "slopes": [name for [name] in term.terms]} for term in formula.random]
    model = {"response": formula.response, "fixed": numeric_columns(formula), "random": random}
    (folder / "model.json").write_text(json.dumps(model))


def rivals(python: str, limit: float, without: Sequence[str] = ()) -> list[Rival]:
    """Those that are not left out, present or not."""
    rscript, script = shutil.which("Rscript") or "Rscript", str(CHILDREN / "python.py")
    commands = {
        "lme4": [rscript, str(CHILDREN / "lme4.R")],
        "GPBoost": [python, script, "gpboost"],
        "statsmodels": [python, script, "statsmodels"],
    }
    left_out = {name.lower() for name in without}
    return [
        Rival(name, command, limit, restricted=name != "GPBoost")
        for name, command in commands.items()
        if name.lower() not in left_out
    ]
