"""A program with a pool at full work, to be interrupted and killed.

    python -m tests.jobs.serving FOLDER

Prints the ids of its fork server, of two workers that compute without end and of an idle one; then, for every number
it reads, its double.
"""

import signal
import sys
from pathlib import Path

from tests.jobs.processes import OwnPool, begun, parent, ready

if __name__ == "__main__":
    signal.signal(signal.SIGINT, lambda *_: None)
    marks = [Path(sys.argv[1]) / name for name in ("first", "second")]
    pool = OwnPool(3, preload=("tests.jobs.tasks",), deadline=60, queue_limit=10, tasks_per_worker=10).start()
    ready(pool, 3)
    for mark in marks:
        pool.submit("tests.jobs.tasks:spin", str(mark))
    busy = [begun(mark) for mark in marks]
    print(parent(busy[0]), *busy, *set(pool.census().workers).difference(busy), flush=True)
    for line in sys.stdin:
        print(pool.submit("tests.jobs.tasks:double", int(line)).result(), flush=True)
