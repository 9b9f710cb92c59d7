"""Which event tells whom, in which words (domain.md 5.2a and 7); an observer turns a step into messages in the outbox.

A message is for those who hold a role when it leaves, not when it was caused: at a change of shift it reaches whoever has
come on duty. It holds the reference of the case, what is to be done, by when, and a link: nothing of the child. Mail is
read on any screen, and the link asks for a sign-in.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import sqlalchemy as sa

from engine.calendars import LONDON
from engine.frozen import frozen
from engine.store import TaskTable
from engine.views import EventRow, Step, TaskRow
from notifications import outbox, wording
from notifications.message import Message
from workflows import audience, on_call, people, seals, serious_events
from workflows.access import OF_THE_CHILD
from workflows.agencies import ROLES, STANDS_IN, title_of
from workflows.alert_table import ALERTS, NEVER_GATHERED, Alert, raised
from workflows.audience import SERVING, Whose
from workflows.commissions import COUNCIL
from workflows.matching import latest
from workflows.obligations import asked_by
from workflows.people import Membership, Person

LOG = logging.getLogger(__name__)

NOON = 12

LONGEST_STEP = 60

AT_ONCE = timedelta(minutes=1)
"""A rung that goes off so soon after its task was opened says nothing new to those who were told of the task."""

WHOEVER_IS_ON_DUTY = ("duty_inspector", "mfh_coordinator")
"""Told where nobody holds a role that should be told: no clock may ring in an empty room."""


_HOLDERS, _OF, _ONLY_AT = "holders of ", " in ", " at "
"""How the recipient of a message names a group: ``holders of csc_mash in nottingham_city``, ``holders of rhi_manager at safe_steps``."""


Who = TypeVar("Who", Person, on_call.Duty)


@frozen
class _Told:
    """Whom a message is for: the `places` that it names, `only` these or not, and to whom its case belongs."""

    places: frozenset[str]
    whose: Whose
    only: bool = False

    def people(self, holders: Iterable[Person], role: str) -> list[Person]:
        """Give the holders of a role to whom the case belongs."""
        found = [person for person in holders if role in person.roles]
        return self.those(found, role, lambda person, place: Membership(role, place) in person.memberships)

    def those(self, found: list[Who], role: str, is_at: Callable[[Who, str], bool]) -> list[Who]:
        """Keep of those in a role the ones to whom the case belongs; of a local authority's all, where the one that is named has none."""
        if role in ROLES and ROLES[role].kind == COUNCIL:
            return [each for each in found if any(is_at(each, place) for place in self.places)] or found
        agencies = self.whose.agencies(role) if not self.only else self.places
        return found if agencies is None else [each for each in found if any(is_at(each, place) for place in agencies)]


class Alerts:
    """An observer: give it the address of the site, such as ``https://homeward.example``, and it tells people of steps."""

    def __init__(self, base_url: str) -> None:
        """Keep the address to which the links lead."""
        self.base_url = base_url.rstrip("/")

    def __call__(self, connection: sa.Connection, step: Step) -> None:
        """Put into the outbox, inside the step's transaction, one message for each event and alert."""
        messages = []
        for event, alert in _matches(step):
            tasks = _tasks_of(connection, step, event)
            if _is_said(connection, step, event, alert) and not _was_just_told(event, tasks):
                messages.append(self._message(step, event, alert, _whose(tasks)))
        outbox.record(connection, messages, step.now)

    def _message(self, step: Step, event: EventRow, alert: Alert, whose: str) -> Message:
        """Write one message to the holders of roles."""
        task = next((task for task in step.opened if task.number == event.task), None)
        urgent = alert.urgent or bool(event.data.get("urgent"))
        due_at = _due_at(event, task)
        words = {
            "urgency": "URGENT " if urgent else "",
            "reference": step.case_id,
            "obligation": alert.obligation or asked_by(event),
            "step": str(event.data.get("step") or "message")[:LONGEST_STEP],
            "due": _by_when(due_at, step.now),
            "at": in_words(step.now),
            "whose": whose,
            "link": f"{self.base_url}/tasks/{task.id}" if task else f"{self.base_url}/{alert.page}/{step.case_id}",
        }
        subject, text = wording.write(alert.template, words)
        told = group(alert.roles or event.data.get("tell", ()), _whose_case(step))
        gathered = alert.gathered and not urgent and event.data.get("deadline") not in NEVER_GATHERED
        return Message(f"{step.case_id}/{event.seq}/{alert.id}", told, subject, text, urgent, gathered=gathered)


def directory(connection: sa.Connection, message: Message, now: datetime) -> Sequence[tuple[str, str]] | None:
    """Give the active people for whom a message is, each once; those on duty where there is nobody else.

    None where its recipient is an address. Of the holders of a local authority's role those in the one that the message names are
    told, where it has any; of any other role those in whose agencies it counts in the case (`audience.Whose`); of those told about a
    sealed case those of its group, and all of the group where none of them is.
    An urgent message goes to the telephones and pagers of those on call in these roles, and of those who stand in for them (13.5).
    """
    if not message.recipient.startswith(_HOLDERS):
        return None
    only = _ONLY_AT in message.recipient
    names, _, authority = message.recipient.removeprefix(_HOLDERS).partition(_ONLY_AT if only else _OF)
    roles, case_id = names.split(","), message.key.partition("/")[0]
    group = seals.group_of(connection, case_id)
    holders = _of_group(connection, people.holders(connection, roles), group)
    of_some = not (SERVING | OF_THE_CHILD).isdisjoint(roles)
    whose = audience.whose(connection, case_id, now) if of_some else Whose()
    told = _Told(frozenset(authority.split(",")), whose, only)
    found = {person.sign_in: person for role in roles for person in told.people(holders, role)}
    if group is not None and not found:
        found = {person.sign_in: person for person in holders}
    if not found:
        LOG.warning("%s: nobody holds %s; those on duty are told", message.key, ", ".join(roles))
        found = {person.sign_in: person for person in people.holders(connection, WHOEVER_IS_ON_DUTY)}
    mails = [(name, found[name].mail) for name in sorted(found)]
    if not message.urgent:
        return mails
    with_stand_ins = (*roles, *(role for role, of in STANDS_IN.items() if role not in roles and of & set(roles)))
    duties = on_call.on_call(connection, with_stand_ins, now)
    seen = [duty for duty in duties if group is None or duty.person in group]
    return [*mails, *_numbers(seen, with_stand_ins, told)]


def has_left(connection: sa.Connection, address: str) -> bool:
    """Tell whether a mail address, a telephone or a pager is only of people whose accounts are disabled."""
    return people.has_left(connection, address) or on_call.has_left(connection, address)


def _of_group(connection: sa.Connection, holders: Sequence[Person], group: frozenset[str] | None) -> Sequence[Person]:
    """Keep of the holders of roles those who see a sealed case; all of its group where there is none among them."""
    if group is None:
        return holders
    return [person for person in holders if person.sign_in in group] or people.active(connection, group)


def _numbers(duties: Sequence[on_call.Duty], roles: Sequence[str], to: _Told) -> list[tuple[str, str]]:
    """Give each number of those on call in these roles, of those to whom the case belongs."""
    told: dict[str, str] = {}
    for role in roles:
        own = [duty for duty in duties if duty.role == role]
        for duty in to.those(own, role, lambda duty, place: duty.organisation == place):
            for address in duty.reached_at():
                told.setdefault(address, f"{duty.person}/{address.partition(':')[0]}-{duty.id}")
    return [(name, address) for address, name in told.items()]


def group(roles: Iterable[str], authority: str = "") -> str:
    """Give the recipient of a message to those who hold one of these roles, in an authority or placement where it is known."""
    return f"{_HOLDERS}{','.join(sorted(set(roles)))}{_OF if authority else ''}{authority}"


def group_at(roles: Iterable[str], agencies: Iterable[str]) -> str:
    """Give the recipient of a message about no case: those who hold one of these roles in one of these agencies, and nobody else."""
    return f"{group(roles)}{_ONLY_AT}{','.join(sorted(set(agencies)))}"


def _whose_case(step: Step) -> str:
    """Name the council, and the placement, to which a case belongs, as far as its facts say it: ``nottingham_city,elm_house``."""
    told = (
        latest(step.facts, name).get("responsible_authority") for name in ("case_opening", "serious_event_suspected")
    )
    kept = latest(step.facts, "known").get("placement")
    places = [*told, serious_events.home_of(step.facts) if step.procedure == serious_events.PROCEDURE else kept]
    return ",".join(each for each in places if isinstance(each, str) and each)


def in_words(moment: datetime) -> str:
    """Say a moment as people in England read it, in Europe/London: ``3 March 2026, 4:12 pm``."""
    local = moment.astimezone(LONDON)
    half = "am" if local.hour < NOON else "pm"
    return f"{local.day} {local:%B} {local.year}, {local.hour % NOON or NOON}:{local.minute:02d} {half}"


def _matches(step: Step) -> Iterator[tuple[EventRow, Alert]]:
    """Give each event of a step with each alert that it raises."""
    return ((event, alert) for event in step.events for alert in raised(step.procedure, event))


def _is_said(connection: sa.Connection, step: Step, event: EventRow, alert: Alert) -> bool:
    """Tell whether there is something to tell of: always, but where an alert waits for an answer of its task, or ends with a fact."""
    record, field = alert.unless
    if record and step.facts.get(record, {}).get("", {}).get(field) is not None:
        return False
    record, field = alert.said
    if not record:
        return True
    task = TaskTable
    key = sa.select(task.record_key).where(task.case_id == step.case_id, task.number == event.task)
    item = connection.execute(key).scalar_one_or_none()
    return bool(step.facts.get(record, {}).get(item or "", {}).get(field))


def _tasks_of(connection: sa.Connection, step: Step, event: EventRow) -> list[tuple[str, str, datetime]]:
    """Give element, role and opening of each task over which a deadline stands; none for another event."""
    numbers = event.data.get("tasks")
    if not isinstance(numbers, list) or not numbers:
        return []
    task = TaskTable
    query = sa.select(task.element, task.role, task.opened_at)
    query = query.where(task.case_id == step.case_id, task.number.in_(numbers)).order_by(task.number)
    return [(element, role, opened_at) for element, role, opened_at in connection.execute(query).tuples()]


def _whose(tasks: Iterable[tuple[str, str, datetime]]) -> str:
    """Say with whom tasks are and since when: ``Duty inspector, since 3 March 2026, 4:12 pm``."""
    words = [f"{title_of(role)}, since {in_words(opened_at)}" for _element, role, opened_at in tasks]
    return "; ".join(dict.fromkeys(words)) or "see the case"


def _was_just_told(event: EventRow, tasks: Iterable[tuple[str, str, datetime]]) -> bool:
    """Tell whether the opening of its task has told the same people of a rung in the same minute: once is enough."""
    fresh = {element for element, _role, opened_at in tasks if event.at - opened_at < AT_ONCE}
    told = {role for each in ALERTS if each.kind == "task_opened" and each.element in fresh for role in each.roles}
    return not event.data.get("again") and bool(fresh) and set(event.data.get("tell", ())) <= told


def _by_when(due_at: datetime | None, now: datetime) -> str:
    """Say by when the work is due, and that it is late where it is."""
    if due_at is None:
        return "as soon as you can"
    return f"{in_words(due_at)}, which has passed" if due_at < now else in_words(due_at)


def _due_at(event: EventRow, task: TaskRow | None) -> datetime | None:
    """Give when the work is due: of the task that has opened, or of the deadline that has rung."""
    if task is not None:
        return task.due_at
    due_at = event.data.get("due_at")
    return datetime.fromisoformat(due_at) if isinstance(due_at, str) and due_at else None
