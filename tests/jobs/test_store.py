"""The store: first document stays, whoever writes at once; what cannot be a store is refused at the start."""

import multiprocessing
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import SQLAlchemyError

from service.jobs.store import Store, StoreUnusable


@pytest.fixture(params=["sqlite://", "sqlite:///{folder}/new/folder/fits.db"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    store = Store(request.param.format(folder=tmp_path))
    yield store
    store.close()


def put(store: Store, id: str, document: bytes) -> bool:
    """Whether the document is new."""
    return store.put_all({id: document}) == {id}


@pytest.mark.parametrize("document", [b"", b"{}", bytes(range(256)), b"x" * 15_000_000], ids=len)
def test_a_document_comes_out_as_it_went_in(store: Store, document: bytes) -> None:
    assert put(store, "a", document)
    assert store.get("a") == document


def test_nothing_is_kept_under_an_unknown_id(store: Store) -> None:
    put(store, "a", b"1")
    assert store.get("A") is None
    assert store.get("a' OR '1'='1") is None


def test_the_first_document_stays(store: Store) -> None:
    assert put(store, "a", b"first")
    assert not put(store, "a", b"second")
    assert store.get("a") == b"first"


def test_many_are_kept_at_once_and_the_first_of_each_id_stays(store: Store) -> None:
    assert put(store, "b", b"first")
    assert store.put_all(dict.fromkeys("abc", b"second")) == {"a", "c"}
    assert [store.get(id) for id in "abcd"] == [b"second", b"first", b"second", None]
    assert store.put_all(dict.fromkeys("cba", b"third")) == set()
    assert store.put_all({}) == set()


def test_a_thousand_are_kept_at_once(store: Store) -> None:
    documents = {f"{number:032d}": b"%d" % number for number in range(1001)}
    assert store.put_all(documents) == set(documents)
    assert {id: store.get(id) for id in documents} == documents


def test_all_are_kept_or_none(store: Store) -> None:
    with pytest.raises(SQLAlchemyError):
        store.put_all({"a": b"1", "b": "no bytes"})  # type: ignore[dict-item]  # what must not be
    assert store.get("a") is None


def test_threads_share_a_store(store: Store) -> None:
    news: list[bool] = []

    def put_all(own: int) -> None:
        for shared in range(20):
            put(store, f"{own}-{shared}", b"own")
            news.append(put(store, f"shared-{shared}", b"%d" % own))

    threads = [threading.Thread(target=put_all, args=(own,)) for own in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert news.count(True) == 20
    assert all(store.get(f"{own}-{shared}") == b"own" for own in range(4) for shared in range(20))


def test_threads_that_keep_the_same_at_once_agree(store: Store) -> None:
    news: list[set[str]] = []

    def put_lots(own: int) -> None:
        news.extend(store.put_all({f"{lot}-{number}": b"%d" % own for number in range(10)}) for lot in range(20))

    threads = [threading.Thread(target=put_lots, args=(own,)) for own in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(id for ids in news for id in ids) == sorted(
        f"{lot}-{number}" for lot in range(20) for number in range(10)
    )
    for lot in range(20):
        assert len({store.get(f"{lot}-{number}") for number in range(10)}) == 1


def put_repeatedly(url: str, own: int, news: "multiprocessing.Queue[tuple[int, int]]") -> None:
    store = Store(url)
    for shared in range(20):
        if put(store, f"shared-{shared}", b"%d" % own):
            news.put((shared, own))
    store.close()


def test_of_several_processes_one_is_first(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/fits.db"
    context = multiprocessing.get_context("spawn")
    news = context.Queue()
    processes = [context.Process(target=put_repeatedly, args=(url, own, news)) for own in range(4)]
    for process in processes:
        process.start()
    firsts = dict(news.get(timeout=30) for _ in range(20))
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0, 0]
    assert news.empty()
    news.close()
    store = Store(url)
    assert {shared: store.get(f"shared-{shared}") for shared in range(20)} == {
        shared: b"%d" % own for shared, own in firsts.items()
    }
    store.close()


def test_documents_survive_the_process(tmp_path: Path) -> None:
    for expected in (None, b"1"):
        store = Store(f"sqlite:///{tmp_path}/fits.db")
        assert store.get("a") == expected
        put(store, "a", b"1")
        store.close()


def test_a_reader_does_not_wait_for_a_writer(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/fits.db")
    put(store, "a", b"1")
    with sqlite3.connect(tmp_path / "fits.db", isolation_level=None) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        assert store.get("a") == b"1"
    writer.close()
    store.close()


UNUSABLE = {
    "not a URL at all": "not the URL of a database",
    "nosuchdatabase://host": "Can't load plugin",
    "sqlite:////proc/nowhere/fits.db": "No such file or directory",
    "sqlite:////dev/null/fits.db": "File exists",
    "sqlite:///{folder}": "unable to open database file",
    "sqlite:///{folder}/text.db": "file is not a database",
    "sqlite:///{folder}/other.db": "no column named|no such column",
    "sqlite:///file:{folder}/good.db?mode=ro&uri=true": "readonly database",
}


@pytest.mark.parametrize("url", UNUSABLE)
def test_what_cannot_be_a_store_is_refused_at_the_start(url: str, tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("These are sixteen bytes and some more." * 100)
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE fits (name TEXT)")
    other.close()
    Store(f"sqlite:///{tmp_path}/good.db").close()
    with pytest.raises(StoreUnusable, match=UNUSABLE[url]):
        Store(url.format(folder=tmp_path))


def test_the_password_of_a_store_is_not_told() -> None:
    with pytest.raises(StoreUnusable) as refusal:
        Store("nosuchdatabase://user:secret@host/fits")
    assert "secret" not in str(refusal.value)


def test_what_was_asked_is_kept_with_it_and_the_newest_stays(store: Store) -> None:
    assert store.request("a") is None
    store.put_request(["a", "b"], "a", b"first")
    store.put_request(["b"], "c", b"second")
    assert (store.request("a"), store.request("b")) == (("a", b"first"), ("c", b"second"))
