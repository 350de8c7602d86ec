"""Keys: a token opens what is its own until it is revoked; nothing else does, and nothing that is kept is a token."""

import pytest
from sqlalchemy import Engine, select

from service.jobs import tables
from service.jobs.keys import Keys


@pytest.fixture
def keys(database: Engine) -> Keys:
    return Keys(database)


def test_a_token_is_its_keys(keys: Keys) -> None:
    assert not keys.exist()
    tokens = [keys.create("me"), keys.create("you")]
    owners = [keys.owner(token) for token in tokens]
    assert dict(zip(owners, ["me", "you"], strict=True)) == {key.id: key.name for key in keys.list()}
    assert keys.exist()


def test_nothing_else_is_a_token(keys: Keys) -> None:
    token = keys.create("me")
    other = keys.create("you")
    id, secret = token.split("_")[1], other.split("_", 2)[2]
    wrong = [
        "",
        "_",
        "pp__",
        token[:-1],
        token + "x",
        token.upper(),
        "xx" + token[2:],
        f"pp_{id}_{secret}",
        f"pp_{id}_",
    ]
    assert [keys.owner(each) for each in wrong] == [None] * len(wrong)


def test_a_revoked_key_opens_nothing(keys: Keys) -> None:
    token = keys.create("me")
    (key,) = keys.list()
    assert not keys.revoke("another")
    assert keys.revoke(key.id)
    assert not keys.revoke(key.id)
    assert keys.owner(token) is None
    assert not keys.exist()
    assert keys.list()[0].revoked_at


def test_the_secret_is_not_kept(keys: Keys, database: Engine) -> None:
    secret = keys.create("me").split("_", 2)[2]
    with database.connect() as connection:
        (row,) = connection.execute(select(tables.keys)).all()
    assert secret not in str(row)
