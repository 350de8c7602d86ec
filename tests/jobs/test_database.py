"""The database: what cannot be one is refused at the start, an older one is brought up to date, processes share it."""

import multiprocessing
import sqlite3
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect

from service.jobs import database as module
from service.jobs.database import LATEST, StoreUnusable, checkpoint, open_database
from service.jobs.store import Lot, Store
from service.jobs.tables import TABLES


def put(store: Store, id: str, document: bytes) -> bool:
    """Whether the document is new."""
    return store.put_all([Lot({id: document})]) == [{id}]


def test_the_steps_make_the_tables(database: Engine) -> None:
    with database.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), TABLES) == []


def test_the_last_step_is_known() -> None:
    steps = ScriptDirectory(str(Path(module.__file__).with_name("migrations")))
    assert steps.get_current_head() == LATEST


def test_a_database_from_before_there_were_steps_keeps_what_it_has(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "old.db") as old:
        old.execute(
            "CREATE TABLE fits (id VARCHAR PRIMARY KEY, document BLOB NOT NULL, "
            "created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP)"
        )
        old.execute("INSERT INTO fits (id, document) VALUES ('a', x'3132')")
    old.close()
    store = Store(open_database(f"sqlite:///{tmp_path}/old.db"))
    assert store.get("a") == b"12"
    assert [(each.id, each.size) for each in store.page("", 10)] == [("a", 2)]


def test_many_may_open_a_new_database_at_once(url: str) -> None:
    if url == "sqlite://":
        pytest.skip("a database in memory has one opener")
    opened: list[Engine] = []
    threads = [threading.Thread(target=lambda: opened.append(open_database(url))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 4
    assert inspect(opened[0]).has_table("jobs")
    for engine in opened:
        engine.dispose()


def put_repeatedly(url: str, own: int, news: "multiprocessing.Queue[tuple[int, int]]") -> None:
    store = Store(open_database(url))
    for shared in range(20):
        if put(store, f"shared-{shared}", b"%d" % own):
            news.put((shared, own))


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
    store = Store(open_database(url))
    assert {shared: store.get(f"shared-{shared}") for shared in range(20)} == {
        shared: b"%d" % own for shared, own in firsts.items()
    }


def test_documents_survive_the_process(tmp_path: Path) -> None:
    for expected in (None, b"1"):
        store = Store(open_database(f"sqlite:///{tmp_path}/fits.db"))
        assert store.get("a") == expected
        put(store, "a", b"1")


def test_the_log_is_in_the_file_when_it_is_asked_to_be(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/fits.db")
    store, log = Store(database), tmp_path / "fits.db-wal"
    document = b"x" * 10**6
    for number in range(10):
        assert put(store, f"{number}", document)
        checkpoint(database)
    # What is in the file is written over: the log never holds more than two of them.
    assert log.stat().st_size < 3 * len(document)
    assert (tmp_path / "fits.db").stat().st_size > 10 * len(document)


def test_the_log_has_an_end_where_nobody_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOG_PAGES", 100)
    store = Store(open_database(f"sqlite:///{tmp_path}/fits.db"))
    for number in range(50):
        assert put(store, f"{number}", b"x" * 100_000)
    # A hundred pages, and what one more document has.
    assert (tmp_path / "fits.db-wal").stat().st_size < 700_000


def test_every_database_may_be_asked_to_bring_its_log_home(database: Engine) -> None:
    checkpoint(database)
    assert put(Store(database), "a", b"1")


def test_a_reader_does_not_wait_for_a_writer(tmp_path: Path) -> None:
    store = Store(open_database(f"sqlite:///{tmp_path}/fits.db"))
    put(store, "a", b"1")
    with sqlite3.connect(tmp_path / "fits.db", isolation_level=None) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        assert store.get("a") == b"1"
    writer.close()


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
    open_database(f"sqlite:///{tmp_path}/good.db").dispose()
    with pytest.raises(StoreUnusable, match=UNUSABLE[url]):
        open_database(url.format(folder=tmp_path))


def test_the_password_of_a_store_is_not_told() -> None:
    with pytest.raises(StoreUnusable) as refusal:
        open_database("nosuchdatabase://user:secret@host/fits")
    assert "secret" not in str(refusal.value)
