"""Of which period and authority somebody asks for figures, held to what that person may see."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import flask

from engine.errors import Invalid, Problem
from engine.frozen import frozen
from engine.store import reading
from web import periods
from web.access import actor
from web.periods import Span
from web.services import services
from workflows import people, seals
from workflows.access import FIGURES_OF_EVERY_AUTHORITY, FIGURES_OF_OWN_AUTHORITY, FIGURES_WITH_EPISODES
from workflows.vocabulary import RESPONSIBLE_AUTHORITY


@frozen
class Asked:
    """What a reader asked for, as far as that reader may: no authorities stand for all of them.

    `hidden` are the cases and children that count nowhere: what is sealed from a reader of every number, who asks for any days. To
    those who see whole quarters without small numbers all are counted, so that a seal changes no number of the past.
    """

    span: Span
    authority: str
    own: frozenset[str] | None
    every_number: bool
    hidden: frozenset[str]
    problems: tuple[Problem, ...]

    @property
    def authorities(self) -> frozenset[str] | None:
        """The authorities of which the figures are."""
        return frozenset({self.authority}) if self.authority else self.own

    @property
    def query(self) -> dict[str, Any]:
        """What stands in the addresses of the same period and authority."""
        return self.span.query | ({"authority": self.authority} if self.authority else {})

    @property
    def words(self) -> str:
        """Say of what the figures are: ``1 March 2026 to 31 March 2026, all authorities``."""
        names = [RESPONSIBLE_AUTHORITY.get(key, key) for key in sorted(self.authorities or ())]
        return f"{self.span.words}, {' and '.join(names) if self.authorities is not None else 'all authorities'}"


def asked_for(now: datetime) -> Asked:
    """Read what is asked for, and hold it to what this person may see."""
    args, held = flask.request.args, actor().roles
    own = None if held & FIGURES_OF_EVERY_AUTHORITY else _own_authorities()
    every_number = bool(held & FIGURES_WITH_EPISODES & _speaking(own))
    span, problems = periods.read(args, now)
    authority = args.get("authority", "")
    if not every_number:
        quarters = periods.ended_quarters(now)
        if span is not None and span not in quarters:
            problems = [Problem("quarter", "ended-quarter", "Your roles see whole quarters that are over")]
            span = None
        span, authority = span or quarters[0], ""
    if authority and authority not in (RESPONSIBLE_AUTHORITY if own is None else own):
        problems = [*problems, Problem("authority", "known-authority", "Choose one of the authorities")]
        authority = ""
    with reading(services().engine) as connection:
        hidden = seals.hidden(connection, actor()) if every_number else frozenset()
    return Asked(span or periods.usual(now), authority, own, every_number, hidden, tuple(problems))


def settled(now: datetime) -> Asked:
    """Read the same for a file or a list, which has no form; refused with `Invalid` where it would be of something else than was asked for."""
    asked = asked_for(now)
    if asked.problems:
        raise Invalid(asked.problems)
    return asked


def _speaking(own: frozenset[str] | None) -> frozenset[str]:
    """Name the roles that say what is shown: those of every authority, where one of them is held."""
    return FIGURES_OF_EVERY_AUTHORITY if own is None else FIGURES_OF_OWN_AUTHORITY


def _own_authorities() -> frozenset[str]:
    """Name the authorities for which this person works in a role that sees figures."""
    with reading(services().engine) as connection:
        person = people.find(connection, actor().person)
    return frozenset(held.organisation for held in person.memberships if held.role in FIGURES_OF_OWN_AUTHORITY)


def period_form(asked: Asked, now: datetime) -> dict[str, Any]:
    """Give what `period.html` shows: what is asked for, and where that is wrong the days as they were typed, with what is wrong at each field."""
    args = flask.request.args
    return {
        "asked": asked,
        "presets": periods.presets(now),
        "choices": _choices(asked),
        "typed": {key: periods.typed_in(args, key) for key in ("from", "to")} if asked.problems else {},
        "wrong": {problem.where: problem.sentence for problem in asked.problems},
    }


def _choices(asked: Asked) -> list[dict[str, object]]:
    """Give the authorities between which this person may choose; none where there is nothing to choose."""
    if not asked.every_number or asked.own is not None:
        return []
    keys = {"": "All authorities", **RESPONSIBLE_AUTHORITY}
    return [{"value": key, "text": words, "selected": key == asked.authority} for key, words in keys.items()]
