"""What the room shows of itself."""

import service.formula


def test_exported_names_exist_and_are_sorted() -> None:
    names = service.formula.__all__
    assert names == sorted(names)
    assert all(hasattr(service.formula, name) for name in names)
