"""Settings are read once, and what is wrong with them is said all at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.store import connect
from web.settings import SettingsInvalid, read_settings

GOOD = {
    "HOMEWARD_DATABASE_URL": "sqlite:///a.sqlite3",
    "HOMEWARD_SECRET": "x" * 32,
    "HOMEWARD_BASE_URL": "http://127.0.0.1:8000",
}


def test_database_secret_and_address_are_enough() -> None:
    settings = read_settings(GOOD | {"PATH": "ignored"})
    assert settings.session_idle_after == timedelta(minutes=30)
    assert not settings.demo
    assert not settings.cookies_are_secure


def test_an_address_with_https_makes_the_cookie_secure() -> None:
    settings = read_settings(GOOD | {"HOMEWARD_BASE_URL": "https://homeward.example/"})
    assert settings.base_url == "https://homeward.example"
    assert settings.cookies_are_secure


@pytest.mark.parametrize(
    "address",
    [
        "",
        "homeward.example",
        "http://homeward.example",
        "ftp://homeward.example",
        "https://",
        "https://a:b",
        "https://[1",
    ],
)
def test_an_address_over_which_a_cookie_could_be_read_is_refused(address: str) -> None:
    with pytest.raises(SettingsInvalid, match="Set HOMEWARD_BASE_URL"):
        read_settings(GOOD | {"HOMEWARD_BASE_URL": address})


def test_the_file_of_what_was_erased_is_the_same_for_every_program() -> None:
    assert read_settings(GOOD | {"HOMEWARD_TOMBSTONES": "/var/lib/stones"}).tombstones == "/var/lib/stones"
    with pytest.raises(SettingsInvalid, match="HOMEWARD_TOMBSTONES must be the whole path"):
        read_settings(GOOD | {"HOMEWARD_TOMBSTONES": "stones"})


def test_a_scanner_is_a_command_or_an_address_of_this_machine() -> None:
    command = read_settings(GOOD | {"HOMEWARD_SCAN_COMMAND": "/usr/bin/scan --quiet '{}'"})
    assert (command.scan_command, command.takes_files) == (("/usr/bin/scan", "--quiet", "{}"), True)
    assert not read_settings(GOOD).takes_files
    assert read_settings(GOOD | {"HOMEWARD_UNSCANNED_FILES": "accept"}).takes_files
    for wrong in (
        {"SCAN_COMMAND": "scan"},
        {"SCAN_COMMAND": "/usr/bin/scan 'half"},
        {"SCAN_SOCKET": "scanner.example:3310"},
        {"UNSCANNED_FILES": "perhaps"},
        {"FILE_MEGABYTES": "5000"},
        {"SCAN_COMMAND": "/usr/bin/scan", "SCAN_SOCKET": "127.0.0.1:3310"},
    ):
        name = list(wrong)[-1]
        with pytest.raises(SettingsInvalid, match=f"HOMEWARD_{name}"):
            read_settings(GOOD | {f"HOMEWARD_{each}": said for each, said in wrong.items()})


@pytest.mark.parametrize(
    "address",
    [
        "nowhere",
        "mysql://homeward@db/homeward",
        "postgresql+psycopg2://homeward@db/homeward",
        "postgresql://homeward@db:port/homeward",
        "postgresql://homeward:pass@word@db/homeward",
        "sqlite://",
        "sqlite:///:memory:",
    ],
)
def test_a_database_of_another_kind_or_one_that_keeps_nothing_is_refused(address: str) -> None:
    with pytest.raises(SettingsInvalid, match="HOMEWARD_DATABASE_URL must be the address of an SQLite file or"):
        read_settings(GOOD | {"HOMEWARD_DATABASE_URL": address})


@pytest.mark.parametrize("kind", ["postgresql", "postgres", "postgresql+psycopg"])
def test_a_database_is_named_as_its_own_tools_name_it(kind: str) -> None:
    address = f"{kind}://homeward:secret@127.0.0.1:1/homeward"
    assert read_settings(GOOD | {"HOMEWARD_DATABASE_URL": address}).database_url == address
    assert connect(address).driver == "psycopg"


def test_a_missing_secret_is_refused() -> None:
    with pytest.raises(SettingsInvalid, match="HOMEWARD_SECRET"):
        read_settings({"HOMEWARD_DATABASE_URL": "sqlite:///a.sqlite3"})


def test_everything_that_is_wrong_is_said_at_once() -> None:
    wrong = {
        "HOMEWARD_SECRET": "short",
        "HOMEWARD_SMTP_PORT": "70000",
        "HOMEWARD_SESSION_MINUTES": "soon",
        "HOMEWARD_SMTP_ENCRYPTED": "perhaps",
        "HOMEWARD_DEMO": "yes",
        "HOMEWARD_BASE_URL": "http://homeward.example",
    }
    with pytest.raises(SettingsInvalid) as refused:
        read_settings(wrong)
    assert {problem.where for problem in refused.value.problems} == wrong.keys() | {"HOMEWARD_DATABASE_URL"}


def test_no_environment_turns_a_site_into_a_demonstration() -> None:
    with pytest.raises(SettingsInvalid, match="HOMEWARD_DEMO is not a setting"):
        read_settings(GOOD | {"HOMEWARD_DEMO": "yes"})


def test_secrets_are_not_in_what_is_printed() -> None:
    settings = read_settings(GOOD | {"HOMEWARD_SMTP_PASSWORD": "hush-hush"})
    assert "x" * 32 not in repr(settings)
    assert "hush-hush" not in repr(settings)


NOTIFY_KEY = "night-26785a09-ab16-4eb0-8407-a37497a57506-3d844edf-8d35-48ac-975b-e847b4f122b0"


def test_texts_and_pagers_are_settings_of_two_parts_each() -> None:
    settings = read_settings(
        GOOD
        | {"HOMEWARD_NOTIFY_KEY": NOTIFY_KEY, "HOMEWARD_NOTIFY_TEMPLATE": "t"}
        | {"HOMEWARD_PAGER_URL": "https://pagers.example/in", "HOMEWARD_PAGER_SECRET": "s"}
    )
    assert settings.notify_key == NOTIFY_KEY
    assert NOTIFY_KEY not in repr(settings)
    assert settings.pager_url == "https://pagers.example/in"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"NOTIFY_KEY": NOTIFY_KEY}, "Set HOMEWARD_NOTIFY_TEMPLATE too"),
        ({"NOTIFY_TEMPLATE": "t"}, "Set HOMEWARD_NOTIFY_KEY too"),
        ({"NOTIFY_KEY": "short", "NOTIFY_TEMPLATE": "t"}, "a whole API key of GOV.UK Notify"),
        ({"PAGER_URL": "https://pagers.example"}, "Set HOMEWARD_PAGER_SECRET too"),
        ({"PAGER_URL": "http://pagers.example", "PAGER_SECRET": "s"}, "HOMEWARD_PAGER_URL must begin with https://"),
        ({"NOTIFY_ADDRESS": "http://notify.example"}, "HOMEWARD_NOTIFY_ADDRESS must begin with https://"),
    ],
)
def test_half_of_them_and_what_anybody_could_read_is_refused(given: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsInvalid, match=said):
        read_settings(GOOD | {f"HOMEWARD_{name}": text for name, text in given.items()})
