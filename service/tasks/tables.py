"""Tables: the document of a fit, or its rows -> a page of a tidy table, in the form that was asked for."""

import pyarrow as pa

from service import data
from service.contract import Page, Reply, Submission
from service.contract.tables import FittedRow
from service.inference import row_residuals
from service.report.tables import TABLES, column_types, fitted_columns
from service.tasks.answer import reply_to
from service.tasks.models import open_model, the_fit

FORMS = {
    "text/csv": data.as_csv,
    "application/vnd.apache.arrow.stream": data.as_arrow_stream,
}
"""The forms of a table but JSON, in which a page stands under its name beside its cursor."""


def read_part(document: bytes, part: str, page: Page, form: str) -> Reply:
    """A page of a part of a fit, or why there is none; `form` is a media type."""

    def answer() -> Reply:
        tidy = TABLES[part]
        table = data.make_arrow(tidy.columns(the_fit(document)), tidy.types())
        return _reply(part, table.slice(page.start, page.limit), page.after(table.num_rows), form)

    return reply_to(answer)


def read_fitted(document: bytes, submission: Submission, page: Page, form: str) -> Reply:
    """A page of the rows of a fit, beside their fitted values, or why there is none."""

    def answer() -> Reply:
        model = open_model(document, submission, in_memory=True)
        found = row_residuals(model.design, model.fit, slice(page.start, page.start + page.limit))
        table = data.make_arrow(fitted_columns(found), column_types(FittedRow))
        return _reply("fitted", table, page.after(model.design.n), form)

    return reply_to(answer)


def _reply(name: str, rows: pa.Table, next: str | None, form: str) -> Reply:
    """A page in a form."""
    if form in FORMS:
        return Reply(FORMS[form](rows), next=next)
    cursor = b"null" if next is None else b'"%s"' % next.encode()
    return Reply(b'{"%s":%s,"next":%s}' % (name.encode(), data.as_records(rows), cursor), next=next)
