"""The files of a case in words, as far as somebody may read them; and what else is held."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from engine.frozen import frozen
from web.episode_words import names_of
from workflows import attachments
from workflows.attachments import STATES, WHAT, Attachment, State
from workflows.file_kinds import KINDS
from workflows.vocabulary import DATA_CLASS

KILOBYTE = 1024
SEALED_OFF = "default-src 'none'; sandbox; frame-ancestors 'none'"
"""What a file may do that a browser shows in spite of everything: nothing."""
TAGS = {State.HELD: "govuk-tag--blue", State.UNSCANNED: "govuk-tag--yellow", State.INFECTED: "govuk-tag--red"}
"""The colours of the states that are said; that a file was found clean goes without saying."""


@frozen
class Line:
    """One file: `tag` is the colour of what is said of the scanner, empty where nothing is."""

    id: int
    title: str
    what: str
    data_class: str
    about: str
    name: str
    size: str
    added_by: str
    by: str
    at: datetime
    state: str
    tag: str
    is_given: bool
    sha256: str
    task: int | None


def lines(connection: sa.Connection, case_id: str, classes: Collection[str]) -> tuple[tuple[Line, ...], frozenset[str]]:
    """Give the files of a case of these data classes, the latest first, and the classes of the others."""
    every = attachments.of_case(connection, case_id)
    shown = [each for each in every if each.data_class in classes]
    names = names_of(connection, {each.added_by for each in shown}) if shown else {}
    found = tuple(_line(each, names.get(each.added_by, each.added_by)) for each in shown)
    return found, frozenset(each.data_class for each in every) - frozenset(classes)


def size_in_words(size: int) -> str:
    """Say how large a file is: ``3 KB``, ``1.4 MB``."""
    if size < KILOBYTE * KILOBYTE:
        return f"{max(1, round(size / KILOBYTE))} KB"
    return f"{size / KILOBYTE / KILOBYTE:.1f} MB"


def _line(each: Attachment, by: str) -> Line:
    state = State(each.state)
    return Line(
        each.id,
        each.title,
        WHAT[each.what],
        each.data_class,
        DATA_CLASS[each.data_class],
        each.name,
        f"{KINDS[each.kind].words}, {size_in_words(each.size)}",
        each.added_by,
        by,
        each.added_at,
        STATES[state],
        TAGS.get(state, ""),
        each.is_given,
        each.sha256,
        each.task,
    )
