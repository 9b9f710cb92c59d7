"""A notice as its reader sees it, the same for the sender's preview, behind a link and signed in; and what became of it, in words."""

from __future__ import annotations

import flask

from engine import history
from engine.model import Facts
from engine.store import reading
from web.fact_words import Row, row
from web.moments import say_moment, say_value
from web.services import services
from workflows import notice_kinds, people
from workflows.agencies import title_of
from workflows.notice_kinds import KINDS, Kind
from workflows.notices import ATTEMPTS, Notice
from workflows.people import Person


def lines(kind: Kind, case_id: str, facts: Facts, *, sender: str, ring: str) -> list[Row]:
    """Give the rows of a notice: reference, what the kind shows, and whom to ring."""
    parts = notice_kinds.content(kind, facts, services().cases.release_of(case_id))
    said = [row("Reference", case_id), *(row(part.label, say_value(part.value)) for part in parts)]
    return [*said, row("Ring", "\n".join(filter(None, (ring, sender))))]


def drawn(notice: Notice) -> dict[str, object]:
    """Give what the page of a notice shows, drawn anew from what is known now."""
    here, kind = services(), KINDS[notice.kind]
    with reading(here.engine) as connection:
        facts = history.facts_at(connection, notice.case_id, here.clock())
        sender = _say_sender(people.find(connection, notice.sent_by), notice)
    return {"kind": kind, "rows": lines(kind, notice.case_id, facts, sender=sender, ring=notice.ring)}


def _say_sender(person: Person, notice: Notice) -> str:
    """Name who sent a notice; where they have left since, whom to ask for instead."""
    if person.disabled_at is None:
        return person.name
    return f"{person.name}, who has left: ask for a {title_of(notice.sender_role).lower()}"


def state(notice: Notice) -> tuple[str, str]:
    """Say how a notice stands in a word, and its colour."""
    if notice.withdrawn_at:
        return "Withdrawn", "grey"
    if notice.acknowledged_at:
        return "Acknowledged", "green"
    if notice.left:
        return "Reader has left", "red"
    if notice.opened_at:
        return "Opened", "yellow"
    if not notice.account and notice.attempts >= ATTEMPTS:
        return "Closed after wrong codes", "red"
    if not notice.account and notice.expires_at <= services().clock():
        return "Link has run out", "red"
    return "Not opened yet", "yellow"


def became(notice: Notice, names: dict[str, str]) -> list[Row]:
    """Say to whom a notice went and what became of it."""
    sent = f"{say_moment(notice.sent_at)}, by {names.get(notice.sent_by, notice.sent_by)}"
    again = f"\nSent again by itself on {say_moment(notice.reminded_at)}" if notice.reminded_at else ""
    found = [("To", f"{notice.to}\n{notice.mail}"), ("Sent", sent + again)]
    if notice.decided_by:
        found.append(("Decided that it is safe", notice.decided_by))
    if notice.opened_at:
        found.append(("Opened", f"{say_moment(notice.opened_at)}, by {notice.opened_by}"))
    if notice.acknowledged_at:
        found.append(("Acknowledged", say_moment(notice.acknowledged_at)))
    elif notice.left and not notice.withdrawn_at:
        found.append(
            ("To be acknowledged", "by nobody: the account of the reader is disabled. Tell somebody else there")
        )
    elif notice.answer_by and not notice.withdrawn_at:
        found.append(("To be acknowledged", f"by {say_moment(notice.answer_by)}"))
    if notice.withdrawn_at:
        by = names.get(notice.withdrawn_by, notice.withdrawn_by)
        found.append(("Withdrawn", f"{say_moment(notice.withdrawn_at)}, by {by}\n{notice.withdrawn_why}"))
    return [row(*pair) for pair in found]


def bare(answer: str, status: int = 200) -> flask.Response:
    """Answer with a page for who has no account: no referrer leaves it, and nothing keeps it."""
    response = flask.make_response(answer, status)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
