"""The child's side by itself: what travels on a pipe, and how a worker answers on it."""

import multiprocessing
import pickle
import socket

import pytest

from service.jobs.worker import HEADER, Answer, Request, answer, pack, unpack, work


def read(pipe: socket.socket) -> object:
    """The next message, its header checked."""
    with pipe.makefile("rb", buffering=0) as stream:
        (length,) = HEADER.unpack(stream.read(HEADER.size) or b"")
        content = stream.read(length) or b""
    assert len(content) == length
    return unpack(content)


@pytest.mark.parametrize("message", [("a:b", (1, "two", b"three")), (None, 4.5), ("KeyError", "Traceback ...")])
def test_a_message_is_its_length_and_its_pickle(message: Request | Answer) -> None:
    packed = pack(message)
    assert packed[: HEADER.size] == (len(packed) - HEADER.size).to_bytes(8, "big")
    assert unpack(packed[HEADER.size :]) == message


def test_an_answer_is_the_value() -> None:
    request = pickle.dumps(("operator:add", (1, 2)))
    assert unpack(answer(request)[HEADER.size :]) == (None, 3)


@pytest.mark.parametrize("request_", [b"no pickle", pickle.dumps(("operator:add", (1, "2"))), pickle.dumps(("", ()))])
def test_an_answer_is_the_name_of_the_exception_and_the_traceback(request_: bytes) -> None:
    problem = unpack(answer(request_)[HEADER.size :])
    assert isinstance(problem, tuple)
    name, text = problem
    assert name in {"UnpicklingError", "TypeError", "ValueError"}
    assert "worker.py" in text
    assert text.endswith(name)


def test_a_worker_arrives_answers_and_ends_with_its_pipe() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        # A process and no thread: a worker hears of time by signals, which a main thread alone gets.
        process = multiprocessing.get_context("fork").Process(target=work, args=(theirs,))
        process.start()
        assert read(ours) == (None, process.pid)
        for number in (1, 2):
            ours.sendall(pack(("operator:neg", (number,))))
            assert read(ours) == (None, -number)
        ours.shutdown(socket.SHUT_WR)
        process.join(timeout=10)
        assert process.exitcode == 0
