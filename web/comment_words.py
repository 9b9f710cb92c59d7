"""The comments of a case in words, as far as somebody may read them; and what else is held."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from engine.frozen import frozen
from web.episode_words import names_of
from workflows.comments import Comment
from workflows.vocabulary import DATA_CLASS


@frozen
class Said:
    """One comment; `is_own` where it is the reader's."""

    id: int
    text: str
    data_class: str
    about: str
    by: str
    at: datetime
    task: int | None
    mentioned: str
    is_own: bool


def lines(
    connection: sa.Connection, every: Collection[Comment], classes: Collection[str], reader: str
) -> tuple[tuple[Said, ...], frozenset[str]]:
    """Give of a case's comments those of these data classes, the newest first, and the classes of the others."""
    shown = [each for each in every if each.data_class in classes]
    names = names_of(connection, {each.written_by for each in shown}) if shown else {}
    found = tuple(
        Said(
            each.id,
            each.text,
            each.data_class,
            DATA_CLASS[each.data_class],
            names.get(each.written_by, each.written_by),
            each.written_at,
            each.task,
            ", ".join(each.mentioned),
            each.written_by == reader,
        )
        for each in shown
    )
    return found, frozenset(each.data_class for each in every) - frozenset(classes)
