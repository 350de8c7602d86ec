"""A module that can be imported only while the file named in the environment exists."""

import os
from pathlib import Path

if not Path(os.environ["FRAGILE"]).exists():
    raise ImportError("not today")
