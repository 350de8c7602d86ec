"""Where the numbers by other software are, and the tables that they are of."""

from pathlib import Path

REFERENCE = Path(__file__).parent / "reference"
SHIPPED = Path(__file__).parents[1] / "service/data/datasets"


def csv_of(name: str) -> Path:
    """The file of a table of the references, or of the radon data, which the service ships."""
    return (SHIPPED if name == "radon" else REFERENCE / "data") / f"{name}.csv"
