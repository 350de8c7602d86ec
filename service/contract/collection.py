"""The collection: the answer to several formulas in one request, each with its own fit or its own problem.

It is made of bytes: every fit stands in it as it stands alone, so that none is written or read twice.
"""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, TypeAdapter

from service.contract.document import FitDocument
from service.contract.part import Part
from service.contract.problem import Failure


class FailedFit(Part):
    """A formula that could not be fitted, and why."""

    status: Literal["failed"]
    formula: str = Field(
        description="The formula as it was sent; for a response of `cbind()`, the formula of that response alone."
    )
    problem: Failure


class FitCollection(Part):
    """The fits of several formulas to one table, in the order of the formulas and of the responses of each."""

    id: str
    status: Literal["succeeded"] = Field(description="The same even where no formula could be fitted.")
    fits: list[Annotated[FitDocument | FailedFit, Field(discriminator="status")]] = Field(
        description="What each formula gets alone, with the same id; or why it gets nothing."
    )


_KEPT = TypeAdapter[FitDocument | FitCollection](
    Annotated[
        Annotated[FitDocument, Tag("fit")] | Annotated[FitCollection, Tag("collection")],
        Discriminator(lambda value: "collection" if "fits" in value else "fit"),
    ]
)


def join_fits(id: str, fits: Sequence[bytes]) -> tuple[bytes, list[slice]]:
    """The bytes of a collection of these, each a FitDocument or a FailedFit as JSON, and where each stands in them."""
    head = b'{"id":"%s","status":"succeeded","fits":[' % id.encode()
    places, start = [], len(head)
    for each in fits:
        places.append(slice(start, start + len(each)))
        start += len(each) + 1  # a comma, or the end of the list
    return b"".join([head, b",".join(fits), b"]}"]), places


def read_fits(document: bytes) -> list[FitDocument | FailedFit]:
    """The fits of a document that was kept: the one it is, or all of a collection."""
    kept = _KEPT.validate_json(document)
    return kept.fits if isinstance(kept, FitCollection) else [kept]
