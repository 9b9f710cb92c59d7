"""The carer's form about a child (Philomena protocol; domain.md 2.7, 6.11): part 1 before the child is missing, part 2 then; in versions.

It belongs to the placement, which alone writes it, and goes to the next placement with the child. The police see it while an
episode of the child is open: opened by the report, closed at the closure. A form is a child's where somebody has said so by its
reference, which the carer gives; else where the names sound the same and the date of birth is the same.
"""

from __future__ import annotations

import dataclasses
import json
import secrets
from collections.abc import Collection, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from engine.calendars import LONDON
from engine.cases import LETTERS
from engine.errors import Conflict, Invalid, NotFound, Problem
from engine.frozen import frozen
from engine.model import Actor
from engine.rows import stored
from engine.store import Base, Moment
from workflows.children import ChildRow, ids_of
from workflows.likeness import sounds_of
from workflows.people import OrganisationRow, agencies

OWNS = "placement_provider"
"""Whose forms they are: the role, each in its own organisation."""

PREFIX = "PH-"
BESIDE = ("philomena_versions", "philomena_moves", "carer_absences")
"""The tables whose rows stand with a form, in their column `form`."""

LONGEST = 4_000
LONGEST_NAME = 200
OLDEST = 25
"""Years of age of the oldest for whom a form is written: a placement may keep one for somebody who leaves care."""

FIELDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "known_as": ("What else is the child called?", "D6"),
        "address": ("Address of the placement", "D6"),
        "description": ("What does the child look like?", "D6"),
        "health": ("Health, and anything that must be known in an emergency", "D11"),
        "medicines": ("Medicines: which, how much, by when", "D11"),
        "vulnerabilities": ("What makes the child vulnerable?", "D6"),
        "phones_and_social": ("Telephones, e-mail and social media", "D6"),
        "money": ("Money and bank cards", "D6"),
        "transport": ("How does the child travel?", "D6"),
        "associates": ("Friends, family and others whom the child may be with", "D6"),
        "places": ("Places to which the child goes, the likeliest first", "D6"),
        "school": ("School or work, and whom to ask there", "D6"),
        "triggers": ("What makes the child leave, and what brings the child back?", "D6"),
        "workers": ("Workers and how to reach them, at night too", "D6"),
        "previous_missing": ("Missing before: when, where found, with whom", "D6"),
        "prepared_by": ("Who prepared this, and with whom?", "D6"),
    }
)
"""What part 1 asks (domain.md 6.11 [S75]), in words, and the data class of each answer."""

NOW_FIELDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "now_last_seen": ("Last seen: when, where, by whom, and in what mood?", "D6"),
        "now_clothing": ("What does the child wear, and what was taken along?", "D6"),
        "now_intentions": ("What did the child say or plan?", "D6"),
        "now_money_and_phone": ("Which money and telephone has the child now, and is it on?", "D6"),
        "now_medicine": ("Which medicine is needed next, by when, and has the child got it?", "D11"),
        "now_checks": ("What have you tried already: rooms, telephone, friends, places?", "D6"),
    }
)
"""What part 2 asks when the child is missing, in words, and the data class of each answer; each time anew."""

EVERY_FIELD: Mapping[str, tuple[str, str]] = MappingProxyType({**NOW_FIELDS, **FIELDS})
"""Both parts: what is true now comes first."""

ANOTHER = "another"
"""The question whether a child of the same name and birthday is another one."""

THERE_ALREADY = (
    "You keep a form of a child with this name and birthday: {}. Change that one, so that the police find everything in one place; or say "
    "that this is another child."
)

WRITTEN_NOW = "now_written_at"
"""Where part 2 keeps when it was written, as ISO 8601 in UTC."""

OF_OTHERS = frozenset(
    {"associates", "places", "workers", "prepared_by", "now_last_seen", "now_intentions", "now_checks"}
)
"""Answers that hold other people."""


class FormRow(Base):
    """One carer's form: whose it is, and about whom."""

    __tablename__ = "philomena"
    id: sa.Column[str] = stored(sa.String(20), primary_key=True)
    owner: sa.Column[str] = stored(sa.ForeignKey("organisations.key"), index=True)
    child_id: sa.Column[str] = stored(sa.String(20), index=True)
    name: sa.Column[str] = stored(sa.String(200))
    born_on: sa.Column[date | None] = stored(index=True)
    version: sa.Column[int]
    review_due: sa.Column[date | None]
    updated_at: sa.Column[datetime] = stored(Moment)


class FormVersionRow(Base):
    """What one version of a form says, and who wrote it: ``{"health": "Asthma", ...}``."""

    __tablename__ = "philomena_versions"
    form: sa.Column[str] = stored(sa.ForeignKey("philomena.id"), primary_key=True)
    version: sa.Column[int] = stored(primary_key=True, autoincrement=False)
    content: sa.Column[str] = stored(sa.Text)
    written_by: sa.Column[str] = stored(sa.String(120))
    written_at: sa.Column[datetime] = stored(Moment)


class FormMoveRow(Base):
    """A form went from one placement to the next, or was said to be a child's: who did it and when."""

    __tablename__ = "philomena_moves"
    id: sa.Column[int] = stored(primary_key=True)
    form: sa.Column[str] = stored(sa.ForeignKey("philomena.id"), index=True)
    went_to: sa.Column[str] = stored(sa.String(60))
    by: sa.Column[str] = stored(sa.String(120))
    at: sa.Column[datetime] = stored(Moment)


@frozen
class CarersForm:
    """A form as it stands; `content` holds the newest answers by their field."""

    id: str
    owner: str
    owner_name: str
    child_id: str
    name: str
    born_on: date | None
    version: int
    review_due: date | None
    updated_at: datetime
    content: Mapping[str, str]

    @property
    def written_now_at(self) -> datetime | None:
        """When part 2 was written last; None while the child has not been missing."""
        at = self.content.get(WRITTEN_NOW)
        return datetime.fromisoformat(at) if at else None

    def is_due(self, today: date) -> bool:
        """Whether it should have been looked at again by a day."""
        return self.review_due is not None and self.review_due < today


@frozen
class Written:
    """What a carer sends: the child's name and birthday, when to look at it again, and the answers."""

    name: str
    born_on: date | None
    review_due: date | None
    content: Mapping[str, str]


@frozen
class Version:
    """Who wrote a version and when."""

    version: int
    written_by: str
    written_at: datetime


class FormNotFound(NotFound):
    """There is no such form, or none of this placement."""


class FormChanged(Conflict):
    """Somebody else has written a newer version since the page was opened."""


def keeper_of(connection: sa.Connection, child_id: str) -> str | None:
    """Name the placement that keeps the form of a child, by its key, the one that wrote last; None where there is none."""
    row = FormRow
    asked = sa.select(row.owner).where(row.child_id.in_(ids_of(child_id))).order_by(row.updated_at.desc(), row.id)
    return connection.execute(asked.limit(1)).scalar()


def owners(who: Actor) -> frozenset[str]:
    """Name the organisations whose forms a person keeps."""
    return who.organisations(OWNS) if OWNS in who.roles else frozenset()


def create(
    connection: sa.Connection, owner: str, written: Written, *, by: Actor, now: datetime, is_another: bool = False
) -> str:
    """Keep a new form, and give its reference; refused with `Invalid`, and with `FormNotFound` for another placement.

    Where the placement keeps a form of that name and birthday, only a child of whom somebody says that it `is_another` gets a second one.
    """
    _check(written, now.astimezone(LONDON).date())
    if owner not in owners(by):
        raise FormNotFound("There is no such placement.")
    if not is_another and (same := _same_child(connection, owner, written)):
        raise Invalid([Problem(ANOTHER, "form-there", THERE_ALREADY.format(same))])
    reference = f"{PREFIX}{''.join(secrets.choice(LETTERS) for _ in range(8))}"
    row = {"id": reference, "owner": owner, "child_id": "", "version": 0, "updated_at": now}
    connection.execute(sa.insert(FormRow).values(**row, name=written.name, born_on=written.born_on))
    _add_version(connection, reference, 1, written, by, now)
    return reference


def write(connection: sa.Connection, reference: str, written: Written, *, on: int, by: Actor, now: datetime) -> None:
    """Write part 1 anew over version `on`; refused with `Invalid`, and with `FormChanged` where that is not the newest."""
    kept = own(connection, reference, by)
    _check(written, now.astimezone(LONDON).date(), stood=kept.review_due)
    content = {**{name: text for name, text in kept.content.items() if name not in FIELDS}, **written.content}
    _write_over(connection, reference, on, dataclasses.replace(written, content=content), by, now)


def write_now(
    connection: sa.Connection, reference: str, said: Mapping[str, str], *, on: int, by: Actor, now: datetime
) -> None:
    """Write part 2 over version `on`: the child is missing. What was said the last time stays in the earlier version.

    Refused with `Invalid` where nothing was said, and with `FormChanged` where that is not the newest version.
    """
    told = {name: said.get(name, "").strip() for name in NOW_FIELDS}
    problems = _too_long(told)
    if not any(told.values()):
        first = next(iter(NOW_FIELDS))
        problems = [Problem(first, "part-two-empty", "Say at least one thing that helps to find the child.")]
    if problems:
        raise Invalid(problems)
    form = own(connection, reference, by)
    before = {name: text for name, text in form.content.items() if name in FIELDS}
    content = {**before, **told, WRITTEN_NOW: now.isoformat()}
    _write_over(connection, reference, on, Written(form.name, form.born_on, form.review_due, content), by, now)


def hand_over(connection: sa.Connection, reference: str, to: str, *, by: Actor, now: datetime) -> None:
    """Give a form to the placement to which the child goes; from then on it is theirs alone."""
    found = own(connection, reference, by)
    if to == found.owner or to not in placements(connection):
        raise Invalid([Problem("to", "placement-known", "Choose the placement to which the child goes.")])
    connection.execute(sa.update(FormRow).where(FormRow.id == reference).values(owner=to))
    _note(connection, reference, to, by, now)


def say_whose(connection: sa.Connection, reference: str, child_id: str, *, by: Actor, now: datetime) -> None:
    """Say that a form is a child's, by the reference that the carer gave; refused with `Invalid` where there is no such form.

    A form that is another child's already is answered as one that is not there.
    """
    free = sa.or_(FormRow.child_id == "", FormRow.child_id.in_(ids_of(child_id)))
    mine = sa.update(FormRow).where(FormRow.id == reference.strip().upper(), free)
    if connection.execute(mine.values(child_id=child_id)).rowcount == 0:
        raise Invalid(
            [
                Problem(
                    "reference",
                    "form-known",
                    "There is no such form. Ask the carer for its reference, like PH-7K3QX9PW.",
                )
            ]
        )
    _note(connection, reference.strip().upper(), child_id, by, now)


def placements(connection: sa.Connection) -> dict[str, str]:
    """Name the placements that work here by their key."""
    return agencies(connection, ["placement"])


def kept_by(connection: sa.Connection, who: Actor) -> tuple[CarersForm, ...]:
    """Give the forms of a person's placements, by the child's name."""
    return _read(connection, FormRow.owner.in_(sorted(owners(who))))


def own(connection: sa.Connection, reference: str, who: Actor) -> CarersForm:
    """Give a form of a person's own placement; `FormNotFound` to everybody else."""
    found = _read(connection, sa.and_(FormRow.id == reference, FormRow.owner.in_(sorted(owners(who)))))
    if not found:
        raise FormNotFound("There is no such form.")
    return found[0]


def versions(connection: sa.Connection, reference: str) -> tuple[Version, ...]:
    """Tell who wrote each version of a form, the newest first."""
    row = FormVersionRow
    asked = sa.select(row.version, row.written_by, row.written_at).where(row.form == reference)
    return tuple(Version(*each) for each in connection.execute(asked.order_by(row.version.desc())))


def of_child(connection: sa.Connection, child_id: str) -> tuple[CarersForm, ...]:
    """Give the forms that are about a child under any of its ids, the newest first."""
    ids = ids_of(child_id)
    child = ChildRow
    known = connection.execute(sa.select(child.name, child.born_on).where(child.child_id.in_(ids))).all()
    days = {row.born_on for row in known if row.born_on is not None}
    named = sa.and_(FormRow.child_id == "", FormRow.born_on.in_(sorted(days)))
    found = _read(connection, sa.or_(FormRow.child_id.in_(ids), named))
    mine = [each for each in found if each.child_id or _is_named(each, known)]
    return tuple(sorted(mine, key=lambda each: each.updated_at, reverse=True))


def child_of(connection: sa.Connection, reference: str) -> str:
    """Give the id of the child whom a form is about; empty where there is none, or none of its name and birthday is known."""
    form = next(iter(_read(connection, FormRow.id == reference)), None)
    if form is None or form.child_id or form.born_on is None:
        return form.child_id if form else ""
    child = ChildRow
    asked = sa.select(child.child_id, child.name, child.born_on).where(child.born_on == form.born_on)
    known = connection.execute(asked.where(child.joined_to == "").order_by(child.child_id))
    return next((row.child_id for row in known if _is_named(form, [row])), "")


def erase(connection: sa.Connection, refs: Collection[str]) -> list[str]:
    """Delete the forms about a child with every version, by the child's ids and their own references; give these."""
    named = {each.id for ref in refs for each in of_child(connection, ref)}
    forms = sorted(named | set(connection.execute(sa.select(FormRow.id).where(FormRow.id.in_(refs))).scalars()))
    for table in BESIDE:
        written = sa.table(table, sa.column("form"))
        connection.execute(sa.delete(written).where(written.c.form.in_(forms)))
    connection.execute(sa.delete(FormRow).where(FormRow.id.in_(forms)))
    return forms


def _is_named(form: CarersForm, known: Collection[Any]) -> bool:
    """Whether a form names one of these: the same sounds of the name, and the same birthday."""
    mine = sounds_of(form.name)
    return any(mine and mine == sounds_of(row.name) and form.born_on == row.born_on for row in known)


def _read(connection: sa.Connection, which: sa.ColumnElement[bool]) -> tuple[CarersForm, ...]:
    form, version = FormRow, FormVersionRow
    newest = sa.and_(version.form == form.id, version.version == form.version)
    asked = (
        sa.select(
            form.id, form.owner, OrganisationRow.name.label("owner_name"), form.child_id, form.name, form.born_on, form.version,
            form.review_due, form.updated_at, version.content,
        )
        .join(version, newest)
        .join(OrganisationRow, OrganisationRow.key == form.owner)
    )  # fmt: skip
    rows = connection.execute(asked.where(which).order_by(form.name, form.id)).mappings()
    return tuple(CarersForm(**{**row, "content": json.loads(row["content"])}) for row in rows)


def _write_over(connection: sa.Connection, reference: str, on: int, written: Written, by: Actor, now: datetime) -> None:
    newer = sa.update(FormRow).where(FormRow.id == reference, FormRow.version == on).values(version=on + 1)
    if connection.execute(newer).rowcount == 0:
        raise FormChanged("Somebody else has changed this form since you opened it. Nothing of yours was kept.")
    _add_version(connection, reference, on + 1, written, by, now)


def _add_version(
    connection: sa.Connection, reference: str, version: int, written: Written, by: Actor, now: datetime
) -> None:
    said = {name: written.content.get(name, "").strip() for name in (*EVERY_FIELD, WRITTEN_NOW)}
    content = {name: text for name, text in said.items() if text}
    row = {"form": reference, "version": version, "written_by": by.person, "written_at": now}
    connection.execute(sa.insert(FormVersionRow).values(**row, content=json.dumps(content, ensure_ascii=False)))
    stands = {"name": written.name.strip(), "born_on": written.born_on, "review_due": written.review_due}
    newest = sa.update(FormRow).where(FormRow.id == reference)
    connection.execute(newest.values(**stands, version=version, updated_at=now))


def _note(connection: sa.Connection, reference: str, went_to: str, by: Actor, now: datetime) -> None:
    row = {"form": reference, "went_to": went_to, "by": by.person, "at": now}
    connection.execute(sa.insert(FormMoveRow).values(**row))


def _same_child(connection: sa.Connection, owner: str, written: Written) -> str:
    """Name the form that a placement keeps of a child of this name and birthday; empty where there is none."""
    kept = _read(connection, sa.and_(FormRow.owner == owner, FormRow.born_on == written.born_on))
    return next((each.id for each in kept if sounds_of(each.name) == sounds_of(written.name)), "")


def _check(written: Written, today: date, *, stood: date | None = None) -> None:
    """Refuse what cannot be found by a name, a review that is past and is not the one that `stood`, and long texts, all at once."""
    problems = []
    if not sounds_of(written.name):
        problems.append(Problem("name", "name-missing", "Enter the child's full name."))
    elif len(written.name) > LONGEST_NAME:
        problems.append(Problem("name", "too-long", f"The name has {LONGEST_NAME} characters at most."))
    if written.born_on is None:
        problems.append(
            Problem("born", "born-missing", "Enter the date of birth: the form is found by it at a report.")
        )
    elif not today.year - OLDEST <= written.born_on.year or written.born_on > today:
        sentence = "The date of birth must be that of a child: check the year. The form is found by it at a report."
        problems.append(Problem("born", "born-not-a-child", sentence))
    if written.review_due is not None and written.review_due < today and written.review_due != stood:
        sentence = "Enter the day on which you look at the form again: today or later, or leave it empty."
        problems.append(Problem("review", "review-past", sentence))
    problems += _too_long(written.content)
    if problems:
        raise Invalid(problems)


def _too_long(content: Mapping[str, str]) -> list[Problem]:
    return [
        Problem(name, "too-long", f"“{words}” has {LONGEST} characters at most.")
        for name, (words, _data_class) in EVERY_FIELD.items()
        if len(content.get(name, "")) > LONGEST
    ]
