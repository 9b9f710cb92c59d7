"""The log of disclosures: who gave what of which case or child to whom, when and on which basis (G-33, DPA 2018 s62).

Rows are added and never changed, and hold no answer of a form: `what` names kinds of records, `classes` their data classes, so
that who holds a copy is known when something in it is put right (`workflows.copies`). They outlast the erasing of what they
are about.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, fields
from datetime import datetime
from types import MappingProxyType

import sqlalchemy as sa

from engine.cases import LETTERS
from engine.errors import Invalid, Problem
from engine.frozen import frozen
from engine.model import Actor
from engine.rows import stored
from engine.store import Base, Moment
from workflows.access import MATRIX, READS
from workflows.agencies import ROLES
from workflows.vocabulary import DISCLOSURE_BASIS

LONGEST_RECIPIENT = 200
LONGEST_WHAT = 400

WAYS: Mapping[str, str] = MappingProxyType(
    {
        "bundle": "A case as it was known at a moment",
        "subject_access": "Everything held about a child, for the child",
        "notice_sent": "A link to a notice; what it shows leaves when it is opened",
        "notice": "A notice that was opened",
        "print": "A copy on paper or in a file, for somebody else",
        "own_print": "A copy on paper or in a file, for whoever made it, on duty",
        "list": "The list of who is missing, for somebody else",
        "own_list": "The list of who is missing, for whoever made it, on duty",
        "return": "A statutory return or figures with their cases, for somebody else",
        "own_return": "A statutory return or figures with their cases, for whoever made it, on duty",
        "event_log": "The course of the case without names, for analysis",
    }
)
"""How something leaves. An older row does not say it, and counts as one that holds everything."""

USUAL_BASIS: Mapping[str, str] = MappingProxyType(
    {
        "police": "law_enforcement",
        "local_authority": "childrens_services",
        "interview_provider": "return_interview",
        "placement": "childrens_services",
        "health": "school_or_health",
        "education": "school_or_health",
        "partnership": "partnership_analysis",
    }
)
"""On which basis somebody of a kind of organisation takes a copy on duty (domain.md 5.3), proposed and never taken for granted."""

OWN_USE = frozenset({"own_print", "own_list", "own_return"})
"""What somebody on duty has copied for the own use: whoever works here is no recipient, the agency is."""

SUBJECT_ACCESS = "subject_access"
"""The basis on which somebody has what is held about themselves."""
THE_SUBJECT = "The child, or who acted for the child"
"""Stands for who asked, once the child's records are erased."""

OPENED, SENT = ": opened", ": sent"
"""How `what` ends of a notice: a link that was sent has shown nothing yet."""

SEES = frozenset(
    key for key, role in ROLES.items() if role.kind in {"police", "local_authority"} and MATRIX["D2", key] in READS
)
"""Who sees to whom something was given: those of the force and of the council who read the episode at any time."""


class DisclosureRow(Base):
    """One disclosure; `about` is a case's reference or a child's id, `basis` of the vocabulary ``disclosure_basis``.

    `way` to `number` are those of `Copy`; no `classes` are those of a row that does not know them.
    """

    __tablename__ = "disclosures"
    id: sa.Column[int] = stored(primary_key=True)
    about: sa.Column[str] = stored(sa.String(20))
    at: sa.Column[datetime] = stored(Moment)
    given_by: sa.Column[str] = stored(sa.String(120))
    organisation: sa.Column[str] = stored(sa.String(120))
    given_to: sa.Column[str] = stored(sa.String(LONGEST_RECIPIENT))
    what: sa.Column[str] = stored(sa.String(LONGEST_WHAT))
    basis: sa.Column[str] = stored(sa.String(40))
    way: sa.Column[str] = stored(sa.String(20), default="", server_default="")
    classes: sa.Column[str | None] = stored(sa.String(60))
    known_at: sa.Column[datetime | None] = stored(Moment)
    role: sa.Column[str] = stored(sa.String(60), default="", server_default="")
    notice: sa.Column[int | None]
    number: sa.Column[str] = stored(sa.String(20), default="", server_default="")
    __table_args__ = (sa.Index("ix_disclosures_about", "about", "at"),)


@frozen
class Disclosure:
    """One disclosure as a page shows it."""

    about: str
    at: datetime
    given_by: str
    organisation: str
    given_to: str
    what: str
    basis: str
    number: str
    way: str


@frozen
class Copy:
    """What the recipient holds afterwards: how it left (`WAYS`), the data classes in it, and as it was known when.

    `classes` are None where nobody knows them, which counts as all. `known_at` is None for what was known when it was given. `role` is the giver's, who tells the recipient of what is put right
    later; `notice` is the number of the notice, `number` the one that stands on each sheet.
    """

    way: str
    classes: frozenset[str] | None
    known_at: datetime | None = None
    role: str = ""
    notice: int | None = None
    number: str = ""


def note_disclosure(
    connection: sa.Connection,
    *,
    about: str | Iterable[str],
    to: str,
    what: str,
    basis: str,
    by: Actor,
    now: datetime,
    copy: Copy | None = None,
) -> None:
    """Note, in the caller's transaction and before anything is given, what is disclosed of cases or children.

    `about` is one reference (or child's id) or several; `to` names the recipient, `what` the kinds of records (``Return
    interview, outcome``), never an answer. Without a `copy` the row counts as one that holds everything. Refused with `Invalid` without a recipient, without a kind, and for a basis that
    the vocabulary does not list.
    """
    require(to, what, basis)
    given = {
        "at": now,
        "given_by": by.person,
        "organisation": by.organisation,
        "given_to": to.strip()[:LONGEST_RECIPIENT],
        "what": what.strip()[:LONGEST_WHAT],
        "basis": basis,
        **_held(copy),
    }
    each = [about] if isinstance(about, str) else sorted(set(about))
    if each:
        connection.execute(sa.insert(DisclosureRow), [{"about": one, **given} for one in each])


def forget_subject(connection: sa.Connection, refs: Collection[str]) -> None:
    """Take out who asked for what is held about themselves, once that is erased: it is the child, or somebody of the same name."""
    row = DisclosureRow
    own = sa.and_(row.about.in_(sorted(refs)), row.basis == SUBJECT_ACCESS)
    connection.execute(sa.update(row).where(own).values(given_to=THE_SUBJECT))


def _held(copy: Copy | None) -> dict[str, object]:
    """Give the columns of what the recipient holds."""
    if copy is None:
        return {"way": "", "classes": None, "known_at": None, "role": "", "notice": None, "number": ""}
    return {**asdict(copy), "classes": None if copy.classes is None else " ".join(sorted(copy.classes))}


def new_number() -> str:
    """Make the number of a copy by chance, such as ``P-7K3QX9PW``."""
    return f"P-{''.join(secrets.choice(LETTERS) for _ in range(8))}"


def usual_basis(roles: Iterable[str]) -> str:
    """Propose the basis on which a holder of these roles takes a copy on duty; empty where there is none to propose."""
    kinds = (ROLES[role].kind for role in sorted(roles) if role in ROLES)
    return next((USUAL_BASIS[kind] for kind in kinds if kind in USUAL_BASIS), "")


def require(to: str, what: str, basis: str) -> None:
    """Refuse, with all problems at once, a disclosure without a recipient, without a kind, or without a known basis."""
    found = []
    if not to.strip():
        found.append(Problem("recipient", "recipient-missing", "Say to whom it is given."))
    if not what.strip():
        found.append(Problem("what", "what-missing", "Say what is given."))
    if basis not in DISCLOSURE_BASIS:
        found.append(Problem("basis", "basis-unknown", "Choose on which basis it is given."))
    if found:
        raise Invalid(found)


def of(connection: sa.Connection, about: Collection[str], *, roles: Collection[str]) -> tuple[Disclosure, ...]:
    """Give what was disclosed of cases or children, the latest first; nothing to those who may not see it (`SEES`)."""
    return () if SEES.isdisjoint(roles) else every(connection, about)


def every(connection: sa.Connection, about: Collection[str]) -> tuple[Disclosure, ...]:
    """Give what was disclosed of cases or children, the latest first: the child has a right to know (UK GDPR, Article 15(1)(c))."""
    row = DisclosureRow
    asked = sa.select(*(getattr(row, field.name) for field in fields(Disclosure))).where(row.about.in_(sorted(about)))
    return tuple(Disclosure(*each) for each in connection.execute(asked.order_by(row.at.desc(), row.id.desc())))
