"""What users of R would serve in our place: lme4 behind plumber, two processes, under the clients of benchmarks.load.

Run: python -m benchmarks.plumber [--seconds 20]. R is found as `Rscript`, with the packages lme4 and plumber.
"""

import argparse
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.pool import ThreadPool
from pathlib import Path

from benchmarks.load import CLIENTS, Drive, Numbers, drive, quantiles

SCRIPT = Path(__file__).parent / "children" / "plumber.R"
PROCESSES = 2
START_SECONDS = 30.0
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


@contextmanager
def started() -> Iterator[int]:
    """The port of a process of R that answers, until the block ends. Raises RuntimeError if it does not."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(["Rscript", str(SCRIPT), str(port)], env=os.environ | ONE_THREAD)
    try:
        end = time.monotonic() + START_SECONDS
        while process.poll() is None and time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
            except ConnectionRefusedError:
                time.sleep(0.1)
            else:
                yield port
                return
        raise RuntimeError("R with plumber did not start.")
    finally:
        process.kill()
        process.wait()


def show(ports: list[int], clients: int, seconds: float, numbers: Numbers) -> None:
    """Print what so many clients see who share the processes evenly, as a balancer would have it."""
    tasks = [Drive(ports[client % len(ports)], numbers.take(), seconds) for client in range(clients)]
    with ThreadPool(clients) as pool:
        times = [each for seen in pool.map(drive, tasks, chunksize=1) for each in seen.times]
    print(f"{clients} clients: {len(times) / seconds:.0f} fits a second, {quantiles(times)}")


def main() -> None:
    """Print what one client and eight see of R."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.plumber")
    parser.add_argument("--seconds", type=float, default=20)
    seconds = parser.parse_args().seconds
    with ExitStack() as stack:
        ports = [stack.enter_context(started()) for _ in range(PROCESSES)]
        numbers = Numbers()
        show(ports, CLIENTS, 2.0, numbers)  # until all is warm
        show(ports, 1, seconds / 2, numbers)
        show(ports, CLIENTS, seconds, numbers)


if __name__ == "__main__":
    main()
