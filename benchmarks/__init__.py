"""Speed, growth and coverage, measured side by side: what README.md beside this file reports.

Everybody has one thread, as the service's workers have for linear algebra, unless the environment says otherwise.
"""

import os

for _library in ("OPENBLAS", "OMP", "MKL"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")  # before NumPy is imported
