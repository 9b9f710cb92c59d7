"""All settings, read in one place from the environment into one frozen value."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import sqlalchemy as sa

from engine.errors import Invalid, Problem
from engine.store import POSTGRES

PREFIX = "HOMEWARD_"
YES_AND_NO = {"yes": True, "no": False}
SECRET_LENGTH = 32
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
NOTIFY_KEY = re.compile(rf"[\w-]+-{_UUID}-{_UUID}")
"""An API key of GOV.UK Notify: a name, the id of the service, the secret."""
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
DATABASES = POSTGRES | {"sqlite", "postgresql+psycopg"}
ADDRESSES = "sqlite:////var/lib/homeward/homeward.sqlite or postgresql://homeward@db/homeward"
ESCAPED = "An @ in a password is written as %40."


class SettingsInvalid(Invalid):
    """The environment does not hold what the site needs; all problems are given at once."""


@dataclass(frozen=True)
class Settings:
    """What differs between one installation and another.

    `base_url` is the site's own address, as people type it: mails link to it, and the session cookie follows its scheme.
    `secret` signs the session cookie and stands in no representation, nor does the mail server's password.
    With `notify_key` and `notify_template` urgent messages leave as texts through GOV.UK Notify (`notify_address`), with
    `pager_url` and `pager_secret` through a pager system. `tombstones` is the file in which a worker keeps what was erased, outside of the
    database; beside SQLite without it. With `scan_command` or `scan_socket` a worker has each attached file scanned before anybody
    has it; without either, files are taken only where `takes_unscanned` says so. `session_idle_after` ends a session without a request, `session_ends_after` ends every session. `demo` opens the
    clock and mailbox pages; no environment sets it, only the command `homeward demo`, which has invented people only.
    """

    database_url: str
    secret: str = field(repr=False)
    base_url: str = "http://127.0.0.1:8000"
    smtp_host: str = "127.0.0.1"
    smtp_port: int = 25
    smtp_encrypted: bool = False
    smtp_user: str = ""
    smtp_password: str = field(default="", repr=False)
    mail_sender: str = "homeward@localhost"
    notify_key: str = field(default="", repr=False)
    notify_template: str = ""
    notify_address: str = "https://api.notifications.service.gov.uk"
    pager_url: str = ""
    pager_secret: str = field(default="", repr=False)
    tombstones: str = ""
    scan_command: tuple[str, ...] = ()
    scan_socket: str = ""
    takes_unscanned: bool = False
    file_megabytes: int = 10
    case_megabytes: int = 200
    session_idle_after: timedelta = timedelta(minutes=30)
    session_ends_after: timedelta = timedelta(hours=12)
    demo: bool = False

    @property
    def cookies_are_secure(self) -> bool:
        """Whether the session cookie is sent over HTTPS only: always, unless the site is on this machine alone."""
        return self.base_url.startswith("https://")

    @property
    def has_scanner(self) -> bool:
        """Whether a worker has attached files scanned."""
        return bool(self.scan_command or self.scan_socket)

    @property
    def takes_files(self) -> bool:
        """Whether files can be attached: where they are scanned, or where somebody has said that they need not be."""
        return self.has_scanner or self.takes_unscanned


NAMES = frozenset(
    {
        "DATABASE_URL",
        "SECRET",
        "BASE_URL",
        "SMTP_HOST",
        "SMTP_PORT",
        "SMTP_ENCRYPTED",
        "SMTP_USER",
        "SMTP_PASSWORD",
        "MAIL_SENDER",
        "NOTIFY_KEY",
        "NOTIFY_TEMPLATE",
        "NOTIFY_ADDRESS",
        "PAGER_URL",
        "PAGER_SECRET",
        "SESSION_MINUTES",
        "TOMBSTONES",
        "SCAN_COMMAND",
        "SCAN_SOCKET",
        "UNSCANNED_FILES",
        "FILE_MEGABYTES",
        "CASE_MEGABYTES",
    },
)
NUMBERS = {
    "SMTP_PORT": (1, 65535),
    "SESSION_MINUTES": (1, 720),
    "FILE_MEGABYTES": (1, 50),
    "CASE_MEGABYTES": (1, 5_000),
}
REFUSE_AND_ACCEPT = {"refuse": False, "accept": True}


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read the settings from names such as ``HOMEWARD_DATABASE_URL``.

    Refuses with `SettingsInvalid`, all problems at once: no database or one of another kind, no address or one that is not HTTPS (but on this
    machine), no secret or one that is too short, a number that is none, an unknown name that begins with ``HOMEWARD_``.
    """
    values = {name.removeprefix(PREFIX): text.strip() for name, text in environment.items() if name.startswith(PREFIX)}
    looks = (_unknown, _wrong_words, _wrong_numbers, _missing, _address, _texts, _files, _scanner)
    problems = [problem for look in looks for problem in look(values)]
    if problems:
        raise SettingsInvalid(problems)
    return Settings(
        database_url=values["DATABASE_URL"],
        secret=values["SECRET"],
        base_url=values["BASE_URL"].rstrip("/"),
        smtp_host=values.get("SMTP_HOST", Settings.smtp_host),
        smtp_port=int(values.get("SMTP_PORT", "25")),
        smtp_encrypted=YES_AND_NO[values.get("SMTP_ENCRYPTED", "no")],
        smtp_user=values.get("SMTP_USER", ""),
        smtp_password=values.get("SMTP_PASSWORD", ""),
        mail_sender=values.get("MAIL_SENDER", Settings.mail_sender),
        notify_key=values.get("NOTIFY_KEY", ""),
        notify_template=values.get("NOTIFY_TEMPLATE", ""),
        notify_address=values.get("NOTIFY_ADDRESS", Settings.notify_address),
        pager_url=values.get("PAGER_URL", ""),
        pager_secret=values.get("PAGER_SECRET", ""),
        tombstones=values.get("TOMBSTONES", ""),
        scan_command=tuple(shlex.split(values.get("SCAN_COMMAND", ""))),
        scan_socket=values.get("SCAN_SOCKET", ""),
        takes_unscanned=REFUSE_AND_ACCEPT[values.get("UNSCANNED_FILES", "refuse")],
        file_megabytes=int(values.get("FILE_MEGABYTES", "10")),
        case_megabytes=int(values.get("CASE_MEGABYTES", "200")),
        session_idle_after=timedelta(minutes=int(values.get("SESSION_MINUTES", "30"))),
    )


def is_database(text: str) -> bool:
    """Tell whether a text is the address of a database that keeps what is written: one in memory is gone with its process."""
    try:
        address = sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError):  # the second of a port that is no number
        return False
    kept = address.database not in {None, "", ":memory:"}
    # With an @ in the password its end is taken for the server, and would be said as the server's name.
    whole = "@" not in (address.host or "")
    return address.drivername in DATABASES and whole and (kept or address.drivername != "sqlite")


def _unknown(values: Mapping[str, str]) -> list[Problem]:
    known = ", ".join(PREFIX + name for name in sorted(NAMES))
    return [
        Problem(PREFIX + name, "unknown-setting", f"{PREFIX}{name} is not a setting. The settings are: {known}.")
        for name in sorted(values.keys() - NAMES)
    ]


def _wrong_words(values: Mapping[str, str]) -> list[Problem]:
    if values.get("SMTP_ENCRYPTED", "no") in YES_AND_NO:
        return []
    return [Problem("HOMEWARD_SMTP_ENCRYPTED", "setting-not-yes-or-no", "HOMEWARD_SMTP_ENCRYPTED must be yes or no.")]


def _wrong_numbers(values: Mapping[str, str]) -> list[Problem]:
    problems = []
    for name, (lowest, highest) in NUMBERS.items():
        text = values.get(name, str(lowest))
        if not (text.isdecimal() and lowest <= int(text) <= highest):
            sentence = f"{PREFIX}{name} must be a whole number from {lowest} to {highest}."
            problems.append(Problem(PREFIX + name, "setting-not-a-number", sentence))
    return problems


def _missing(values: Mapping[str, str]) -> list[Problem]:
    problems = []
    if not values.get("DATABASE_URL"):
        sentence = f"Set HOMEWARD_DATABASE_URL, for example {ADDRESSES}."
        problems.append(Problem("HOMEWARD_DATABASE_URL", "setting-missing", sentence))
    elif not is_database(values["DATABASE_URL"]):
        sentence = f"HOMEWARD_DATABASE_URL must be the address of an SQLite file or a PostgreSQL database, such as {ADDRESSES}. {ESCAPED}"
        problems.append(Problem("HOMEWARD_DATABASE_URL", "setting-not-a-database", sentence))
    if len(values.get("SECRET", "")) < SECRET_LENGTH:
        sentence = (
            f"Set HOMEWARD_SECRET to at least {SECRET_LENGTH} random characters, for example with "
            'python -c "import secrets; print(secrets.token_hex(32))", and keep it.'
        )
        problems.append(Problem("HOMEWARD_SECRET", "setting-missing", sentence))
    return problems


def _address(values: Mapping[str, str]) -> list[Problem]:
    """Refuse an address over which a session cookie could be read on the way."""
    if _is_safe(values.get("BASE_URL", "")):
        return []
    sentence = (
        "Set HOMEWARD_BASE_URL to the address that people type, for example https://homeward.example. "
        "It must begin with https://; only a site on this machine alone may be http://127.0.0.1:8000."
    )
    return [Problem("HOMEWARD_BASE_URL", "setting-not-an-address", sentence)]


def _is_safe(address: str) -> bool:
    """Tell whether a text is an address of HTTPS, or one of this machine."""
    try:
        parts = urlsplit(address)
        name, plain = parts.hostname or "", not (parts.query or parts.fragment or parts.username)
        return plain and parts.port != 0 and bool(name) and _keeps_secrets(parts.scheme, name)
    except ValueError:
        return False


def _keeps_secrets(scheme: str, name: str) -> bool:
    return scheme == "https" or (scheme == "http" and name in LOOPBACK)


def _texts(values: Mapping[str, str]) -> list[Problem]:
    """Refuse half of what texts or pagers need, a key that is none, and an address over which a secret could be read."""
    problems = []
    for first, second in (("NOTIFY_KEY", "NOTIFY_TEMPLATE"), ("PAGER_URL", "PAGER_SECRET")):
        for one, other in ((first, second), (second, first)):
            if values.get(one) and not values.get(other):
                sentence = f"Set HOMEWARD_{other} too, or leave out HOMEWARD_{one}: one is of no use without the other."
                problems.append(Problem(PREFIX + other, "setting-missing", sentence))
    if values.get("NOTIFY_KEY") and not NOTIFY_KEY.fullmatch(values["NOTIFY_KEY"]):
        sentence = "HOMEWARD_NOTIFY_KEY must be a whole API key of GOV.UK Notify: its name and two ids, with hyphens."
        problems.append(Problem("HOMEWARD_NOTIFY_KEY", "setting-not-a-key", sentence))
    for name in ("NOTIFY_ADDRESS", "PAGER_URL"):
        if values.get(name) and not _is_safe(values[name]):
            sentence = f"HOMEWARD_{name} must begin with https://; only a server on this machine may be http://."
            problems.append(Problem(PREFIX + name, "setting-not-an-address", sentence))
    return problems


def _files(values: Mapping[str, str]) -> list[Problem]:
    """Refuse a file that would be another one for each program, by the folder in which it was started."""
    if Path(values.get("TOMBSTONES") or "/").is_absolute():
        return []
    sentence = (
        "HOMEWARD_TOMBSTONES must be the whole path of a file, for example /var/lib/homeward/tombstones: on another machine than "
        "the database, or copied to one."
    )
    return [Problem("HOMEWARD_TOMBSTONES", "setting-not-a-path", sentence)]


def _scanner(values: Mapping[str, str]) -> list[Problem]:
    """Refuse a scanner that nobody can ask, or to which a file would go over the network."""
    problems = []
    if values.get("SCAN_COMMAND") and values.get("SCAN_SOCKET"):
        problems.append(("SCAN_SOCKET", "leave it out, or HOMEWARD_SCAN_COMMAND: one scanner looks at a file."))
    if not _is_command(values.get("SCAN_COMMAND", "")):
        said = "must be a command with a whole path, such as /usr/bin/clamdscan --no-summary -, and {} for a file."
        problems.append(("SCAN_COMMAND", said))
    host, _, port = values.get("SCAN_SOCKET", "127.0.0.1:3310").rpartition(":")
    if host not in LOOPBACK or not port.isdecimal():
        problems.append(("SCAN_SOCKET", "must be an address of this machine, such as 127.0.0.1:3310."))
    if values.get("UNSCANNED_FILES", "refuse") not in REFUSE_AND_ACCEPT:
        problems.append(("UNSCANNED_FILES", "must be refuse or accept."))
    return [Problem(PREFIX + name, "setting-wrong", f"{PREFIX}{name} {said}") for name, said in problems]


def _is_command(text: str) -> bool:
    """Tell whether a text is a command that is the same for every program, or nothing."""
    try:
        words = shlex.split(text)
    except ValueError:
        return False
    return not text or (bool(words) and Path(words[0]).is_absolute())
