"""Who hears of a change to a procedure: approvers and the agencies that it concerns of what waits for them, its authors of what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import sqlalchemy as sa

from engine.drafted import Turn
from notifications import outbox, wording
from notifications.message import Message
from workflows import people
from workflows.agencies import KINDS
from workflows.alerts import in_words
from workflows.draft_parties import AGREES
from workflows.drafts import APPROVER, EDITOR
from workflows.people import Person

ADMINISTRATOR = "administrator"
WAITS, STUCK, CONCERNS = "draft_proposed", "draft_without_approver", "draft_to_agree"
OUTCOMES: Mapping[str, str] = {
    "sent_back": "draft_sent_back",
    "approved": "draft_published",
    "dropped": "draft_dropped",
}
"""What the authors of a draft hear, by what became of it."""
TEMPLATES = frozenset({WAITS, STUCK, CONCERNS, *OUTCOMES.values()})


class DraftMails:
    """Tells people of drafts; give it the address of the site. What somebody typed stays on the pages."""

    def __init__(self, base_url: str) -> None:
        """Keep the address to which the links lead."""
        self.base_url = base_url.rstrip("/")

    def __call__(self, connection: sa.Connection, turn: Turn) -> None:
        """Put the messages about one turn of a draft into the outbox, inside its transaction."""
        outbox.record(connection, list(self._messages(connection, turn)), turn.event.at)

    def _messages(self, connection: sa.Connection, turn: Turn) -> Iterator[Message]:
        """Write what is said about one turn: to those who can approve it, or to those who made it."""
        kind, draft = turn.event.kind, turn.draft
        if kind == "proposed":
            approvers = people.holders(connection, {APPROVER})
            able = [each for each in approvers if each.sign_in not in {*turn.hands, turn.event.by}]
            told = able or list(people.holders(connection, {ADMINISTRATOR}))
            page = f"/procedures/{draft.procedure}/draft"
            yield from self._written(turn, WAITS if able else STUCK, told, page)
            for party in sorted(turn.parties):
                agreeing = people.holders(connection, AGREES[party])
                free = [each for each in agreeing if each.sign_in not in {*turn.hands, turn.event.by}]
                yield from self._written(turn, CONCERNS, free, page, KINDS[party])
        elif kind in OUTCOMES:
            authors = {*turn.hands, draft.proposed_by, draft.begun_by} - {turn.event.by, ""}
            told = [each for each in people.holders(connection, {EDITOR}) if each.sign_in in authors]
            page = "/draft" if kind == "sent_back" else ""
            yield from self._written(turn, OUTCOMES[kind], told, f"/procedures/{draft.procedure}{page}")

    def _written(
        self, turn: Turn, template: str, told: Iterable[Person], path: str, agency: str = ""
    ) -> Iterator[Message]:
        """Write one message to each person; `agency` names the kind of agency for which they are asked."""
        words = {
            "procedure": turn.draft.procedure.replace("_", " ").capitalize(),
            "at": in_words(turn.event.at),
            "link": f"{self.base_url}{path}",
        }
        words |= {"agency": agency} if agency else {}
        subject, text = wording.write(template, words)
        key = f"draft/{turn.draft.id}/{turn.number}/{template}"
        for person in told:
            yield Message(f"{key}/{person.sign_in}", person.mail, subject, text, urgent=False)
