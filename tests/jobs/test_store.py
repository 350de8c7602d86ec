"""The store: first document stays, whoever writes at once; what is old or too much goes, and says why."""

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, update
from sqlalchemy.exc import SQLAlchemyError

from service.jobs.database import writing
from service.jobs.store import Answer, Asked, Lot, Store
from service.jobs.tables import fits, removals


@pytest.fixture
def store(database: Engine) -> Store:
    return Store(database)


def put_all(store: Store, documents: Mapping[str, bytes], owner: str = "") -> set[str]:
    """The ids of those documents that are new."""
    (new,) = store.put_all([Lot(documents, owner)])
    return new


def note(store: Store, ids: list[str], asked: Asked, owner: str = "") -> None:
    """Keep what was asked with these documents."""
    store.put_all([Lot(dict.fromkeys(ids, b"1"), owner, asked)])


def put(store: Store, id: str, document: bytes) -> bool:
    """Whether the document is new."""
    return put_all(store, {id: document}) == {id}


@pytest.mark.parametrize("document", [b"", b"{}", bytes(range(256)), b"x" * 15_000_000], ids=len)
def test_a_document_comes_out_as_it_went_in(store: Store, document: bytes) -> None:
    assert put(store, "a", document)
    assert store.get("a") == document


def test_nothing_is_kept_under_an_unknown_id(store: Store) -> None:
    put(store, "a", b"1")
    assert store.get("A") is None
    assert store.get("a' OR '1'='1") is None


@pytest.mark.parametrize("id", ["\0", "a\0", "../a", "a' OR '1'='1", "\N{GRINNING FACE}", "a" * 100_000])
def test_nothing_is_kept_under_what_is_no_id(store: Store, id: str) -> None:
    put(store, "a", b"{}")
    assert store.get(id) is None
    assert store.removal(id) is None
    assert not store.remove(id, "", "No reason.")
    assert store.page("", 10, (datetime.now(UTC) + timedelta(days=1), id))[0].id == "a"


def test_the_first_document_stays(store: Store) -> None:
    assert put(store, "a", b"first")
    assert not put(store, "a", b"second")
    assert store.get("a") == b"first"


def test_many_are_kept_at_once_and_the_first_of_each_id_stays(store: Store) -> None:
    assert put(store, "b", b"first")
    assert put_all(store, dict.fromkeys("abc", b"second")) == {"a", "c"}
    assert [store.get(id) for id in "abcd"] == [b"second", b"first", b"second", None]
    assert put_all(store, dict.fromkeys("cba", b"third")) == set()
    assert put_all(store, {}) == set()


def test_lots_of_several_owners_are_kept_at_once(store: Store) -> None:
    lots = [
        Lot({"b": b"1", "c": b"2"}, "me", Asked("d1", "d1", b"words")),
        Lot({"a": b"3"}, "you", Asked("d2", None, b"")),
        Lot({"b": b"4"}, "me", Asked("d3", "d3", b"newer")),
    ]
    assert store.put_all(lots) == [{"b", "c"}, {"a"}, set()]
    assert store.answers([("d2", "you"), ("d3", "me"), ("d1", "me")]) == [
        Answer("a", b"3", None),
        Answer("b", b"1", "d3"),
        Answer("b", b"1", "d3"),
    ]
    assert (store.request("a"), store.request("c")) == (None, ("d1", b"words"))
    assert store.put_all([]) == []


def test_a_body_that_was_moved_is_that_of_all_its_fits(store: Store) -> None:
    note(store, ["a", "b"], Asked("d1", "old", b"words"))
    note(store, ["c"], Asked("d2", "other", b"words"))
    store.move_body("old", "new")
    assert [store.request(id) for id in "abc"] == [("new", b"words"), ("new", b"words"), ("other", b"words")]


def test_a_thousand_are_kept_at_once(store: Store) -> None:
    documents = {f"{number:032d}": b"%d" % number for number in range(1001)}
    assert put_all(store, documents) == set(documents)
    assert {id: store.get(id) for id in documents} == documents


def test_all_are_kept_or_none(store: Store) -> None:
    with pytest.raises((SQLAlchemyError, TypeError)):
        put_all(store, {"a": b"1", "b": "no bytes"})  # type: ignore[dict-item]  # what must not be
    assert store.get("a") is None


def test_threads_share_a_store(store: Store) -> None:
    news: list[bool] = []

    def put_shared(own: int) -> None:
        for shared in range(20):
            put(store, f"{own}-{shared}", b"own")
            news.append(put(store, f"shared-{shared}", b"%d" % own))

    threads = [threading.Thread(target=put_shared, args=(own,)) for own in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert news.count(True) == 20
    assert all(store.get(f"{own}-{shared}") == b"own" for own in range(4) for shared in range(20))


def test_threads_that_keep_the_same_at_once_agree(store: Store) -> None:
    news: list[set[str]] = []

    def put_lots(own: int) -> None:
        news.extend(put_all(store, {f"{lot}-{number}": b"%d" % own for number in range(10)}) for lot in range(20))

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


def test_what_was_asked_is_kept_with_it_and_the_newest_stays(store: Store) -> None:
    assert store.request("a") is None
    note(store, ["a", "b"], Asked("d1", "a", b"first"))
    note(store, ["b"], Asked("d2", "c", b"second"))
    assert (store.request("a"), store.request("b")) == (("a", b"first"), ("c", b"second"))


def test_the_same_request_finds_its_answer(store: Store) -> None:
    put_all(store, {"a": b"1"}, "me")
    note(store, ["a"], Asked("digest", "a", b""))
    asked = [("other", "me"), ("digest", "me"), ("digest", "you")]
    assert store.answers(asked) == [None, Answer("a", b"1", "a"), None]


def test_a_document_is_its_owners_alone(store: Store) -> None:
    assert put_all(store, {"a": b"1"}, "me") == {"a"}
    assert (store.get("a", "me"), store.get("a", "you"), store.get("a")) == (b"1", None, None)
    assert not store.remove("a", "you", "mine now")
    assert store.get("a", "me") == b"1"


def test_pages_hold_everything_once(store: Store) -> None:
    put_all(store, {f"f{number}": b"x" * number for number in range(10)}, "me")
    put_all(store, {"other": b"x"}, "you")
    seen, last = [], None
    while page := store.page("me", 3, last):
        assert len(page) <= 3
        seen += page
        last = page[-1].created_at, page[-1].id
    assert [(each.id, each.size) for each in seen] == [(f"f{number}", number) for number in range(10)]
    assert all(each.created_at.tzinfo for each in seen)


def test_what_is_removed_says_why_until_it_is_made_again(store: Store) -> None:
    put_all(store, {"a": b"1"}, "me")
    note(store, ["a"], Asked("digest", "a", b""))
    assert store.removal("a", "me") is None
    assert store.remove("a", "me", "No more.")
    assert not store.remove("a", "me", "No more.")
    assert (store.get("a", "me"), store.removal("a", "me"), store.removal("a", "you")) == (None, "No more.", None)
    assert (store.answers([("digest", "me")]), store.request("a")) == ([None], None)
    put_all(store, {"a": b"1"}, "me")
    assert store.removal("a", "me") is None


def age(database: Engine, id: str, seconds: float) -> None:
    """Let a document be so many seconds old."""
    moment = datetime.now(UTC) - timedelta(seconds=seconds)
    with writing(database) as connection:
        connection.execute(update(fits).where(fits.c.id == id).values(created_at=moment))


def test_what_is_old_goes(store: Store, database: Engine) -> None:
    put_all(store, {"old": b"1", "new": b"1"})
    age(database, "old", 101)
    age(database, "new", 90)
    assert store.expire(100, 10**6) == 1
    assert (store.get("old"), store.get("new")) == (None, b"1")
    assert "as long as fits are" in (store.removal("old") or "")
    assert store.expire(100, 10**6) == 0


def test_the_oldest_make_room(store: Store, database: Engine) -> None:
    put_all(store, {f"f{number}": b"x" * 10 for number in range(5)})
    for number in range(5):
        age(database, f"f{number}", 50 - 10 * number)
    assert store.expire(1000, 35) == 2
    assert [each.id for each in store.page("", 10)] == ["f4", "f3", "f2"]
    assert "room" in (store.removal("f0") or "")


def test_why_something_is_gone_is_forgotten_in_the_end(store: Store, database: Engine) -> None:
    put_all(store, {"a": b"1"})
    store.remove("a", "", "No more.")
    with writing(database) as connection:
        connection.execute(update(removals).values(removed_at=datetime.now(UTC) - timedelta(seconds=1001)))
    store.expire(100, 10**6)
    assert store.removal("a") is None
