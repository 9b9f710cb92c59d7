"""What was given of a case or a child to others, in words: to whom, what, by whom, when, on which basis; and what was put right since."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from engine.frozen import frozen
from web import copy_words
from web.fact_words import Row, row
from web.moments import say_moment
from workflows import copies, disclosures
from workflows.copies import Owed
from workflows.disclosures import Disclosure
from workflows.vocabulary import words


@frozen
class Given:
    """What was given, the latest first, and who had to be told since that their copy is no longer right."""

    given: Sequence[Disclosure]
    owed: Sequence[Owed]

    @property
    def people(self) -> frozenset[str]:
        """Those who gave it or told somebody, by sign-in name."""
        return frozenset(each.given_by for each in self.given) | {each.settled_by for each in self.owed}


def read(connection: sa.Connection, refs: Collection[str], roles: Collection[str]) -> Given:
    """Read what was given of some cases or children, as far as these roles see it."""
    given = disclosures.of(connection, refs, roles=roles)
    return Given(given, copies.of(connection, refs, roles=roles) if given else ())


def lines(found: Given, names: Mapping[str, str]) -> list[Row]:
    """Give a row of a summary list for each disclosure, with what was put right since; `names` is by sign-in name."""
    since: dict[tuple[str, datetime], list[Owed]] = {}
    for each in found.owed:
        since.setdefault((each.recipient, each.given_at), []).append(each)
    return [_line(each, since.get((each.given_to, each.at), ()), names) for each in found.given]


def _line(given: Disclosure, owed: Sequence[Owed], names: Mapping[str, str]) -> Row:
    """Say one disclosure, a thing in a line."""
    said = [
        given.what,
        *([f"Copy {given.number}"] if given.number else []),
        f"{given.about}, {say_moment(given.at)}, by {names.get(given.given_by, given.given_by)}",
        words("disclosure_basis", given.basis),
        *copy_words.became(owed, names),
    ]
    return row(f"To {given.given_to}", "\n".join(said))
