"""How large a body, and the table in it, may be."""

from dataclasses import dataclass

from service.errors import BodyTooLarge


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest body (bytes, once inflated) and the largest table that are read."""

    max_bytes: int
    max_rows: int
    max_columns: int

    def admit_bytes(self, n_bytes: int) -> None:
        """Raise `BodyTooLarge` if a body of this size is not to be read."""
        if n_bytes > self.max_bytes:
            raise BodyTooLarge(f"The body is larger than the limit of {self.max_bytes} bytes.")

    def admit_table(self, n_rows: int, n_columns: int) -> None:
        """Raise `BodyTooLarge` if a table of this size is not to be read."""
        if n_columns > self.max_columns:
            raise BodyTooLarge(f"The data have {n_columns} columns; the limit is {self.max_columns}.")
        if n_rows > self.max_rows:
            raise BodyTooLarge(f"The data have {n_rows} rows; the limit is {self.max_rows}.")
