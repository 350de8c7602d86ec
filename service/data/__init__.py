"""From the bytes of a request to a `Table`: JSON, CSV, Arrow and Parquet, and the data sets that come with the service.

And from the columns of an answer to bytes again.

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
from service.data.written_table import Cells, as_arrow_stream, as_csv, as_records, make_arrow

__all__ = [
    "SHIPPED",
    "Categorical",
    "Cells",
    "Column",
    "Fingerprints",
    "Limits",
    "Logical",
    "Numeric",
    "Payload",
    "Rows",
    "Table",
    "as_arrow_stream",
    "as_csv",
    "as_records",
    "dataset",
    "fingerprint",
    "make_arrow",
    "read_body",
    "read_file",
    "read_payload",
]
