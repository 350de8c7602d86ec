"""From the bytes of a request to a `Table`: JSON, CSV, Arrow and Parquet, and the data sets that come with the service.

In: a file with a request's body, its headers and its query. Out: a `Payload`, whose table's columns are read when
they are first used; of Parquet it has the rows in batches too, for tables that are not to be held. Runs in workers: the
serving process never imports this room.
"""

from service.data.fingerprint import Fingerprints, fingerprint
from service.data.inflate import read_body
from service.data.limits import Limits
from service.data.payload import Payload, read_file, read_payload
from service.data.shipped import SHIPPED, dataset
from service.data.table import Categorical, Column, Logical, Numeric, Rows, Table

__all__ = [
    "SHIPPED",
    "Categorical",
    "Column",
    "Fingerprints",
    "Limits",
    "Logical",
    "Numeric",
    "Payload",
    "Rows",
    "Table",
    "dataset",
    "fingerprint",
    "read_body",
    "read_file",
    "read_payload",
]
