import numpy as np
import pytest

from service.data.scratch import Scratch
from service.errors import ServiceError


def test_what_was_appended_is_read_in_any_pieces() -> None:
    scratch, numbers = Scratch(), np.arange(-1, 999, dtype=np.int32)
    for part in np.array_split(numbers, 7):
        scratch.append(part)
    np.testing.assert_array_equal(scratch.read(0, 1000), numbers)
    np.testing.assert_array_equal(scratch.read(500, 3), [499, 500, 501])
    assert scratch.read(1000, 0).size == 0


def test_every_other_number_of_an_array_is_kept_as_such() -> None:
    scratch = Scratch()
    scratch.append(np.arange(10, dtype=np.int32)[::2])
    np.testing.assert_array_equal(scratch.read(1, 3), [2, 4, 6])


def test_more_than_there_is_cannot_be_read() -> None:
    scratch = Scratch()
    scratch.append(np.zeros(3, dtype=np.int32))
    with pytest.raises(EOFError):
        scratch.read(1, 3)


def test_a_full_disk_is_the_senders_problem() -> None:
    scratch = Scratch()
    scratch._file.close()
    with open("/dev/full", "wb", buffering=0) as full:
        scratch._file = full
        with pytest.raises(ServiceError) as caught:
            scratch.append(np.zeros(3, dtype=np.int32))
    assert caught.value.code == "body_too_large"
