"""One running service for all tests that only talk to it."""

from collections.abc import Iterator

import pytest

from tests.jobs.processes import until
from tests.serving import Server, serving


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service that can fit, with room for small bodies only, so that it is a bomb that inflates to more."""
    folder = tmp_path_factory.mktemp("service") / "data"
    with serving(folder, body_bytes="16MiB", inflated_bytes="32MiB") as server:
        until(server.is_ready)
        yield server
