"""What an operator may set: `PARTIALPOOL_*` variables go in, one frozen `Settings` comes out.

This is the only reader of the environment. Every setting has a default, and an empty variable counts as unset, so that
`python -m service serve` alone is a working service.
"""

import difflib
import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ByteSize, ConfigDict, Field, ValidationError

PREFIX = "PARTIALPOOL_"
CGROUP_CPU_MAX = Path("/sys/fs/cgroup/cpu.max")

Count = Annotated[int, Field(gt=0)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Days = Annotated[float, Field(gt=0, le=36_500, allow_inf_nan=False)]
Bytes = Annotated[ByteSize, Field(gt=0)]


class BadSetting(ValueError):
    """A variable has a value that no setting can take; the text is one line for the operator."""


def data_home() -> Path:
    """The folder for this service's data under the user's data home (XDG Base Directory Specification).

    Raises BadSetting if the user has no home, as in a container that runs under a number alone.
    """
    home = os.environ.get("XDG_DATA_HOME", "")
    # The specification asks to ignore a relative path.
    if home.startswith("/"):
        return Path(home) / "partialpool"
    try:
        return Path.home() / ".local" / "share" / "partialpool"
    except RuntimeError:
        raise BadSetting(f"{variable('data_dir')} must be set: this user has no home to keep data in.") from None


def available_cpus(cpu_max: Path = CGROUP_CPU_MAX) -> int:
    """The CPUs this process may use: those of its affinity mask, or fewer if its control group is given less time."""
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = cpu_max.read_text().split()
        share = math.inf if quota == "max" else int(quota) / int(period)
    except (OSError, ValueError):
        return cpus
    return max(1, int(min(cpus, share)))


class Settings(BaseModel):
    """How this service runs. Sizes in bytes may be written with a unit: `64MiB`."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    host: str = Field(default="127.0.0.1", description="The address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="The port to listen on; 0 takes a free one.")
    data_dir: Path = Field(
        default_factory=data_home,
        description="The folder for everything that is kept; if unset, `partialpool` in the user's data home.",
    )
    database_url: str = Field(
        default_factory=lambda data: f"sqlite:///{data['data_dir']}/partialpool.sqlite3",
        description="Where fits are kept, as an SQLAlchemy URL; if unset, an SQLite file in the data folder.",
    )
    auth: bool = Field(
        default=True,
        description="Whether requests need a key, if there is one at the start; without, all share what is kept.",
    )
    requests_per_minute: Count = Field(
        default=60_000, description="How many requests a key, or an address where there are no keys, may send a minute."
    )
    workers: Count = Field(
        default_factory=lambda: available_cpus() + 1,
        description="Worker processes; if unset, one more than the CPUs it may use, so that none of those idles.",
    )
    fit_seconds: Seconds = Field(
        default=3600, description="How long the fits of one request may take before they are stopped."
    )
    patience_seconds: Seconds = Field(
        default=25, description="How long a request waits for its fit before it is answered with a job."
    )
    jobs: Count = Field(default=10_000, description="How many jobs may wait before others are refused.")
    queue: Count = Field(
        default=100,
        description="How many requests may wait for a worker in a burst; none where the queue does not empty.",
    )
    body_bytes: Bytes = Field(default=ByteSize(512 * 2**20), description="The largest body, as sent.")
    inflated_bytes: Bytes = Field(default=ByteSize(2 * 2**30), description="The largest body, after decompression.")
    body_seconds: Seconds = Field(
        default=300, description="How long a body may take to arrive, and a client to take any of its answer."
    )
    head_seconds: Seconds = Field(
        default=10, description="How long a request line and its headers may take to arrive, all of them."
    )
    connections: Count = Field(default=1000, description="How many connections may be open before others are refused.")
    fit_days: Days = Field(default=30, description="How many days fits are kept.")
    fits_bytes: Bytes = Field(
        default=ByteSize(16 * 2**30), description="Bytes of fit documents kept; the oldest go first."
    )
    kept_bytes: Bytes = Field(
        default=ByteSize(4 * 2**30),
        description="Bytes of bodies kept for what follows a fit; those used least recently go first.",
    )
    rows: Count = Field(default=20_000_000, description="The most rows of a table.")
    columns: Count = Field(default=10_000, description="The most columns of a table.")
    levels: Count = Field(default=5_000_000, description="The most levels of a factor, or groups.")
    tasks_per_worker: Count = Field(default=1000, description="A worker process is replaced after so many tasks.")
    worker_bytes: Bytes = Field(default=ByteSize(4 * 2**30), description="The memory a worker may use for its data.")
    grace_seconds: Count = Field(default=30, description="How long a service that stops waits for requests in flight.")


def variable(setting: str) -> str:
    """The name of a setting's environment variable."""
    return PREFIX + setting.upper()


def settings_of(environment: Mapping[str, str] = os.environ, **overrides: object) -> Settings:
    """The settings that an environment asks for; an override of the command line that is not None wins.

    Raises BadSetting, naming the variable, for a value that does not fit.
    """
    asked: dict[str, object] = {
        name: environment[variable(name)] for name in Settings.model_fields if environment.get(variable(name))
    }
    asked |= {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings.model_validate(asked)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0])
        raise BadSetting(f"{variable(name)} cannot be {str(first['input'])[:40]!r}: {first['msg']}.") from None


def unknown_variables(environment: Mapping[str, str] = os.environ) -> Iterator[str]:
    """One sentence for each variable that looks like a setting of this service and is none.

    A sentence and not an error: a cluster adds variables of its own to every container, such as
    `PARTIALPOOL_SERVICE_HOST` where the service is named partialpool.
    """
    known = [variable(name) for name in Settings.model_fields]
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            yield f"{name} is not a setting and is ignored" + (f"; {close[0]} is one." if close else ".")


def _in_units(size: ByteSize) -> str:
    """A size as one would write it: 512MiB."""
    return size.human_readable(separator="").replace(".0", "")


def settings_table() -> Iterator[tuple[str, str, str]]:
    """A row for each setting: its variable, its default as one would write it (empty if computed), what it means."""
    for name, field in Settings.model_fields.items():
        computed = field.default_factory is not None
        default = _in_units(field.default) if isinstance(field.default, ByteSize) else str(field.default)
        yield variable(name), "" if computed else default, field.description or ""
