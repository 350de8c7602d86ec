"""What several modules of engine tests need."""

import sys
from collections.abc import Iterator

import pytest

from service.engine import deletion
from service.engine.columns import blocks

ROWS = 5


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows and groups are taken at most five at a time."""

    def few(n: int, size: int = ROWS) -> Iterator[slice]:
        return blocks(n, min(size, ROWS))

    for name, module in list(sys.modules.items()):
        if name.startswith("service.engine") and getattr(module, "blocks", None) is blocks:
            monkeypatch.setattr(module, "blocks", few)


@pytest.fixture
def no_rows_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """No rows are fitted anew: what is found is found from the cross-products."""

    def refuse(*_: object) -> None:
        raise AssertionError("fitted from the rows")

    monkeypatch.setattr(deletion, "_from_rows", refuse)
