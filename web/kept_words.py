"""What somebody has typed on a page of a draft and not saved, and who else is at work on it: in words, with the way there.

A place is a file of the draft (``found.form``), or a page beside the files: ``steps``, ``steps/ring_school``,
``steps/ring_school/next`` and ``/clock``, ``found.form/questions`` and ``found.form/questions/returned_at``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime

import flask
from werkzeug.datastructures import MultiDict

from engine.frozen import frozen
from engine.release import plain
from engine.store import reading, writing
from web.access import actor
from web.services import services
from workflows import unsaved
from workflows.unsaved import Present, Unsaved

STEPS, QUESTIONS, NEW = "steps", "questions", "new"
LONGEST_PLACE, LONGEST_TEXT = 120, 100_000
_SENT = frozenset({"csrf_token"})
"""What a page sends and nobody keeps."""
_ASIDE = {"next": "a new step after ", "clock": "a clock on "}


@frozen
class Typed:
    """What was typed and not saved: by the names of the fields, and when."""

    values: Mapping[str, list[str]]
    at: datetime

    def first(self) -> dict[str, str]:
        """Give the first value of each field."""
        return {name: each[0] for name, each in self.values.items() if each}


@frozen
class Beside:
    """Somebody else who has a draft open: their name, where in it (this page, else where they came last), since when, and how many more places."""

    name: str
    where: str
    since: datetime
    more: int = 0


@frozen
class Waiting:
    """Something that its author has not saved: what it is, and the address at which it is gone on with."""

    words: str
    address: str


def keep(procedure: str, place: str, sent: MultiDict[str, str]) -> None:
    """Keep what a page sent, with the sign of what was seen then, so that what has changed since is told."""
    values = {name: [plain(each) for each in sent.getlist(name)] for name in sent if name not in _SENT}
    text = json.dumps(values, ensure_ascii=False)
    if len(text) <= LONGEST_TEXT:
        with writing(services().engine) as connection:
            unsaved.keep(connection, actor().person, procedure, place, text, stamp="", now=services().clock())


def look(procedure: str, place: str) -> None:
    """Note that this person has a page open."""
    with writing(services().engine) as connection:
        unsaved.note_here(connection, actor().person, procedure, place, services().clock())


def typed(procedure: str, place: str) -> Typed | None:
    """Give what this person has typed at a place and not saved; None where there is nothing."""
    with reading(services().engine) as connection:
        kept = unsaved.find(connection, actor().person, procedure, place)
    return Typed(json.loads(kept.text), kept.typed_at) if kept else None


def forget(procedure: str, place: str) -> None:
    """Forget what this person has typed at a place: it was saved, or they do not want it."""
    with writing(services().engine) as connection:
        unsaved.drop(connection, actor().person, procedure, place)


def beside(procedure: str, place: str = "") -> list[Beside]:
    """Name the others who have a draft open now, each once; `place` is where this page is."""
    with reading(services().engine) as connection:
        found = unsaved.here(connection, procedure, but=actor().person, now=services().clock())
    by_person: dict[str, list[Present]] = {}
    for each in sorted(found, key=lambda one: (one.file == place, one.since, one.file), reverse=True):
        by_person.setdefault(each.name, []).append(each)
    return [
        Beside(name, _where(all_of[0].file, place), all_of[0].since, len(all_of) - 1)
        for name, all_of in by_person.items()
    ]


def waiting(procedure: str, kept: Iterable[Unsaved]) -> list[Waiting]:
    """Say what somebody has not saved, each with the way there."""
    return [Waiting(words_of(each.file), address(procedure, each.file)) for each in kept]


def words_of(place: str) -> str:
    """Say what a place is: ``a new step after “Ring school”``."""
    head, _, rest = place.partition("/")
    name, _, more = rest.partition("/")
    if head == STEPS:
        return f"{_ASIDE.get(more, 'the step ')}“{_plain(name)}”" if name else "the table of the steps"
    if name == QUESTIONS:
        question = f"the question “{_plain(more)}” of {head}" if more else f"the questions of {head}"
        return f"a new question of {head}" if more == NEW else question
    return place


def address(procedure: str, place: str) -> str:
    """Give the address of a place."""
    head, _, rest = place.partition("/")
    name, _, more = rest.partition("/")
    if head == STEPS and not name:
        return flask.url_for("steps.table", procedure=procedure)
    if head == STEPS:
        view = {"next": "steps.next_step", "clock": "steps.new_clock"}.get(more, "steps.step")
        return flask.url_for(view, procedure=procedure, element=name)
    if name == QUESTIONS:
        view = "questions.one" if more else "questions.listed"
        return flask.url_for(view, procedure=procedure, name=head, key=more or None)
    return flask.url_for("modeller.file", procedure=procedure, name=place)


def _where(place: str, here: str) -> str:
    is_file = words_of(place) == place
    if place == here:
        return "this file" if is_file else "this page"
    return f"another file of this draft ({place})" if is_file else f"{words_of(place)}, in this draft,"


def _plain(name: str) -> str:
    return name.replace("_", " ").capitalize()
