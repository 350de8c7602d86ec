"""The most memory that a command has held, as the operating system counts it."""

import subprocess
import sys
from collections.abc import Sequence

# A process is counted from its fork on, at the size of its parent: so it is started by a small one.
STARTER = """
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(status)
"""
UNIT = 1 if sys.platform == "darwin" else 1024


def peak(command: Sequence[str]) -> tuple[int, str]:
    """The peak resident bytes of a command run by this Python, and what it printed; raises CalledProcessError."""
    starter = [sys.executable, "-c", STARTER, sys.executable, *command]
    done = subprocess.run(starter, check=True, text=True, stdout=subprocess.PIPE)
    printed, _, size = done.stdout.rstrip("\n").rpartition("\n")
    return int(size) * UNIT, printed
