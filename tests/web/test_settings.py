"""Settings are read once, and what is wrong with them is said all at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

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
