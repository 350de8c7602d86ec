"""What an operator may write, and what is said about what does not fit."""

import os
from pathlib import Path

import pytest

from service.settings import (
    BadSetting,
    Settings,
    available_cpus,
    data_home,
    settings_of,
    settings_table,
    unknown_variables,
)

# variable, text -> setting, value
READ = [
    ("PARTIALPOOL_HOST", "0.0.0.0", "host", "0.0.0.0"),  # noqa: S104 - read, not bound
    ("PARTIALPOOL_PORT", "0", "port", 0),
    ("PARTIALPOOL_DATA_DIR", "/srv/pool", "data_dir", Path("/srv/pool")),
    ("PARTIALPOOL_DATA_DIR", "/srv/pool", "database_url", "sqlite:////srv/pool/partialpool.sqlite3"),
    ("PARTIALPOOL_DATABASE_URL", "postgresql://db/fits", "database_url", "postgresql://db/fits"),
    ("PARTIALPOOL_WORKERS", "7", "workers", 7),
    ("PARTIALPOOL_FIT_SECONDS", "0.5", "fit_seconds", 0.5),
    ("PARTIALPOOL_BODY_BYTES", "1000", "body_bytes", 1000),
    ("PARTIALPOOL_BODY_BYTES", "64MiB", "body_bytes", 64 * 2**20),
    ("PARTIALPOOL_WORKER_BYTES", "2GB", "worker_bytes", 2 * 10**9),
    ("PARTIALPOOL_QUEUE", "", "queue", 100),
]

REFUSED = [
    ("PARTIALPOOL_PORT", "tcp://10.0.0.1:8000"),
    ("PARTIALPOOL_PORT", "65536"),
    ("PARTIALPOOL_WORKERS", "0"),
    ("PARTIALPOOL_WORKERS", "1.5"),
    ("PARTIALPOOL_FIT_SECONDS", "nan"),
    ("PARTIALPOOL_FIT_SECONDS", "inf"),
    ("PARTIALPOOL_BODY_SECONDS", "-1"),
    ("PARTIALPOOL_BODY_BYTES", "much"),
    ("PARTIALPOOL_ROWS", "x" * 10_000),
]


@pytest.mark.parametrize(("variable", "text", "setting", "value"), READ)
def test_a_variable_is_read(variable: str, text: str, setting: str, value: object) -> None:
    assert getattr(settings_of({variable: text}), setting) == value


@pytest.mark.parametrize(("variable", "text"), REFUSED)
def test_a_value_that_does_not_fit_is_refused_in_one_line(variable: str, text: str) -> None:
    with pytest.raises(BadSetting) as refusal:
        settings_of({variable: text})
    message = str(refusal.value)
    assert message.startswith(variable)
    assert "\n" not in message
    assert len(message) < 200


def test_the_command_line_wins() -> None:
    settings = settings_of({"PARTIALPOOL_PORT": "1", "PARTIALPOOL_HOST": "::1"}, port="2", host=None)
    assert (settings.port, settings.host) == (2, "::1")


def test_what_is_no_setting_is_named() -> None:
    sentences = list(unknown_variables({"PARTIALPOOL_WORKRS": "3", "PARTIALPOOL_PORT": "1", "PATH": "/bin"}))
    assert sentences == ["PARTIALPOOL_WORKRS is not a setting and is ignored; PARTIALPOOL_WORKERS is one."]


def test_the_table_has_every_setting_and_its_defaults_can_be_written() -> None:
    rows = list(settings_table())
    assert len(rows) == len(Settings.model_fields)
    assert all(description.endswith(".") for _, _, description in rows)
    written = {variable: default for variable, default, _ in rows if default}
    assert settings_of(written) == settings_of({})
    assert {row for row in rows if not row[1]} == {
        row for row in rows if row[0] in ("PARTIALPOOL_DATA_DIR", "PARTIALPOOL_DATABASE_URL", "PARTIALPOOL_WORKERS")
    }


@pytest.mark.parametrize(
    ("xdg", "expected"),
    [("/data", "/data/partialpool"), ("", "/h/.local/share/partialpool"), ("rel", "/h/.local/share/partialpool")],
)
def test_data_go_to_the_users_data_home(monkeypatch: pytest.MonkeyPatch, xdg: str, expected: str) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", xdg)
    monkeypatch.setenv("HOME", "/h")
    assert data_home() == Path(expected)


def test_who_has_no_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError

    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(BadSetting, match="PARTIALPOOL_DATA_DIR must be set"):
        settings_of({})


@pytest.mark.parametrize(
    ("quota", "cpus"),
    [
        ("max 100000\n", 8),
        ("250000 100000\n", 2),
        ("50000 100000\n", 1),
        ("1600000 100000\n", 8),
        ("odd", 8),
        (None, 8),
    ],
)
def test_workers_are_as_many_as_the_cpus_given(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, quota: str | None, cpus: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    cpu_max = tmp_path / "cpu.max"
    if quota is not None:
        cpu_max.write_text(quota)
    assert available_cpus(cpu_max) == cpus
