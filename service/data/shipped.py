"""From the name of a data set that comes with the service to its `Table`."""

from functools import cache
from importlib.resources import files

from service.data.csv_table import read_csv
from service.data.limits import Limits
from service.data.table import Table
from service.errors import Fault, InvalidRequest
from service.quoting import excerpt

SHIPPED = ("radon",)
"""Names of the data sets in `datasets/`; `datasets/PROVENANCE.md` says where they come from."""


def dataset(name: str) -> Table:
    """The shipped data set of this name; raises `InvalidRequest` with the names there are."""
    if name not in SHIPPED:
        message = f"There is no data set `{excerpt(name)}`; there is: {', '.join(SHIPPED)}."
        raise InvalidRequest(message, Fault(message, pointer="/dataset"))
    return _read(name)


@cache
def _read(name: str) -> Table:
    content = files("service.data").joinpath("datasets", f"{name}.csv").read_bytes()
    return read_csv(content, Limits(max_bytes=len(content), max_rows=len(content), max_columns=len(content)))
