import numpy as np
import pytest

from service.data import Categorical, dataset
from service.data.table import Numeric
from service.errors import InvalidRequest


def test_radon_is_the_survey_of_the_book() -> None:
    radon = dataset("radon")
    county, floor, y = (radon.columns[name] for name in ("county", "floor", "log_radon"))
    assert isinstance(county, Categorical)
    assert isinstance(floor, Numeric)
    assert isinstance(y, Numeric)
    assert (radon.n_rows, len(county.levels), county.levels[0]) == (919, 85, "AITKIN")
    # Complete pooling in Gelman and Hill (2007), chapter 12: the mean of the homes' log radon in basements.
    assert np.mean(y.values[floor.values == 0]) == pytest.approx(1.33, abs=0.005)


def test_it_is_read_once() -> None:
    assert dataset("radon") is dataset("radon")


@pytest.mark.parametrize("name", ["rodan", "", "../datasets/radon", "radon.csv"])
def test_an_unknown_name_is_refused_with_the_names_there_are(name: str) -> None:
    with pytest.raises(InvalidRequest, match="there is: radon") as caught:
        dataset(name)
    assert caught.value.faults[0].pointer == "/dataset"
