"""Which event tells whom, in which words (domain.md 5.2a and 7); an observer turns a step into messages in the outbox.

A message is for those who hold a role when it leaves, not when it was caused: at a change of shift it reaches whoever has
come on duty. It holds the reference of the case, what is to be done, by when, and a link: nothing of the child. Mail is
read on any screen, and the link asks for a sign-in.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from engine.store import TaskTable
from engine.views import EventRow, Step, TaskRow
from notifications import outbox, wording
from notifications.message import Message
from workflows import audience, on_call, people, seals, serious_events
from workflows.access import OF_ONE_PLACEMENT, OF_ONE_PROVIDER
from workflows.agencies import ROLES, STANDS_IN, title_of
from workflows.matching import latest
from workflows.obligations import OBLIGATIONS
from workflows.people import Membership, Person

LOG = logging.getLogger(__name__)

LONDON = ZoneInfo("Europe/London")

NOON = 12

LONGEST_STEP = 60

AT_ONCE = timedelta(minutes=1)
"""A rung that goes off so soon after its task was opened says nothing new to those who were told of the task."""

WHOEVER_IS_ON_DUTY = ("duty_inspector", "mfh_coordinator")
"""Told where nobody holds a role that should be told: no clock may ring in an empty room."""


_HOLDERS, _OF = "holders of ", " in "
"""How the recipient of a message names a group: ``holders of csc_mash in nottingham_city``."""

PROCEDURE = "missing_child"

Who = TypeVar("Who", Person, on_call.Duty)


@dataclass(frozen=True, slots=True)
class _Whose:
    """To whom a case belongs: council and placement, as the message says, and the providers that are commissioned; None is each."""

    places: frozenset[str]
    interviewers: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Alert:
    """An event of a procedure tells the holders of roles, with a template of `notifications/templates`.

    `element` narrows the event to one element of the diagrams; empty is any. Empty `roles` are those that the event
    itself names in ``tell``. `obligation` says what is to be done; empty takes the words of the deadline. Told only where its task answered the
    record and field `said`, and never once the case knows the record and field `unless`.
    """

    id: str
    kind: str
    element: str
    roles: tuple[str, ...]
    template: str
    obligation: str
    urgent: bool
    source: str
    procedure: str = PROCEDURE
    said: tuple[str, str] = ("", "")
    unless: tuple[str, str] = ("", "")


def _one_for_each(name: str, procedure: str, obligation: str, source: str, roles: Mapping[str, str]) -> Iterator[Alert]:
    """Give an alert for each element that is the same task for another role; `roles` has the role by the element."""
    for element, role in roles.items():
        yield Alert(
            f"{name}_{role}",
            "task_opened",
            element,
            (role,),
            "task",
            obligation,
            urgent=False,
            source=source,
            procedure=procedure,
        )


def _passed_on(elements: Mapping[str, str]) -> Iterator[Alert]:
    """Give an alert for each task in which somebody says that harm was passed on; `elements` has the element by the name."""
    for name, element in elements.items():
        yield Alert(
            name,
            "task_completed",
            element,
            ("csc_mash", "mfh_coordinator"),
            "passed_on",
            "read what was passed on, and say who acts on it",
            urgent=True,
            source="T-28, domain 5.4, 13.5",
        )


ALERTS: tuple[Alert, ...] = (
    Alert(
        "deadline", "timer_fired", "", (), "deadline", "", urgent=False, source="domain 7, who and when", procedure=""
    ),
    Alert(
        "handover_waits",
        "task_opened",
        "acknowledge_handover",
        ("duty_inspector",),
        "handover",
        "read the report and acknowledge the hand-over by name",
        urgent=True,
        source="T-03, G-14 [S23]",
    ),
    Alert(
        "missing_notice",
        "case_opened",
        "",
        ("csc_mash",),
        "missing_notice",
        "read the notice and tell the police what you know",
        urgent=True,
        source="N1, T-06, G-24 [S22]",
    ),
    Alert(
        "high_grade_notice",
        "task_opened",
        "acknowledge_high_grade",
        ("csc_mash",),
        "high_grade_notice",
        "acknowledge that the grade is high now, and act at once",
        urgent=True,
        source="N1, T-06, domain 1.2, 1.6",
    ),
    Alert(
        "long_absence",
        "task_opened",
        "acknowledge_long_absence",
        ("csc_team_manager",),
        "task",
        "answer for what is done for a child who is missing for a day or longer",
        urgent=False,
        source="T-19 [S58][S59]",
    ),
    Alert(
        "located",
        "task_opened",
        "say_way_back",
        ("duty_inspector", "locate_sergeant"),
        "task",
        "say how a child who is located comes back",
        urgent=True,
        source="domain 9 (located, not returned)",
    ),
    Alert(
        "found_notice",
        "task_opened",
        "tell_authority_of_return",
        ("csc_mash",),
        "found_notice",
        "read that the child is found; the police will ring you",
        urgent=False,
        source="N7, T-22 [S86]",
    ),
    Alert(
        "report_in_error",
        "task_opened",
        "decide_cancellation",
        ("duty_inspector",),
        "task",
        "decide whether a report that was made in error is cancelled",
        urgent=False,
        source="domain 9 (cancelled in error)",
        procedure="cancellation",
    ),
    Alert(
        "cancelled",
        "message_received",
        "report_is_cancelled",
        ("csc_mash", "mfh_coordinator", "duty_inspector"),
        "cancelled",
        "tell whoever you told of the absence that the report was made in error",
        urgent=False,
        source="domain 9 (cancelled in error)",
    ),
    Alert(
        "interview_request",
        "task_opened",
        "offer_return_interview",
        ("rhi_worker", "rhi_manager"),
        "interview_request",
        "offer the child a return interview",
        urgent=False,
        source="N8, T-24, G-01 [S47]",
    ),
    *_passed_on(
        {
            "passed_on": "pass_disclosure",
            "passed_on_late": "pass_late_disclosure",
            "passed_on_by_police": "pass_on_what_was_told",
        }
    ),
    Alert(
        "safe_place",
        "task_opened",
        "decide_where_child_goes",
        ("duty_inspector", "csc_mash"),
        "task",
        "decide, police and social care together, where a child goes who is not safe where it is",
        urgent=True,
        source="C-102, domain 2.5 [S66]",
    ),
    Alert(
        "exploitation",
        "task_opened",
        "decide_on_sign",
        ("ppu_cse_unit",),
        "task",
        "decide on a question that waits for your unit",
        urgent=True,
        source="N5, T-15 [PCC]",
    ),
    Alert(
        "exploitation_view",
        "task_opened",
        "give_exploitation_view",
        ("ppu_cse_unit",),
        "task",
        "say what you know before a grade is lowered",
        urgent=True,
        source="domain 1.6",
    ),
    Alert(
        "view_is_late",
        "timer_fired",
        "view_is_late",
        ("ppu_cse_unit", "duty_inspector"),
        "view_is_late",
        "nothing more: the duty inspector decides without the view",
        urgent=False,
        source="domain 1.6, C-11",
    ),
    Alert(
        "told_the_search",
        "task_completed",
        "decide_on_sign",
        ("locate_sergeant", "duty_inspector"),
        "told_the_search",
        "read what is new for the search, and act on it",
        urgent=True,
        source="domain 13.8, T-15, N5 [PCC]",
        said=("protection_decision", "for_the_search"),
        unless=("found", "returned_at"),
    ),
    *_one_for_each(
        "disruption",
        "disruption",
        "decide on an action for a child",
        "domain 2.5, 2.7",
        {
            "take_into_police_protection": "duty_inspector",
            "apply_for_recovery_order": "csc_team_manager",
        },
    ),
    *_one_for_each(
        "serious_event",
        "serious_event",
        "tell the inspectorate of a serious event without delay, and say when",
        "N11, T-41, G-37 [S69]",
        {"notify_inspectorate": "placement_provider", "see_to_notice": "csc_team_manager"},
    ),
    Alert(
        "serious_event_home",
        "task_opened",
        "name_home",
        ("csc_team_manager",),
        "task",
        "say in which children's home a child lives",
        urgent=True,
        source="T-41, C-81",
        procedure="serious_event",
    ),
    Alert(
        "serious_event_answer",
        "task_opened",
        "answer_notice",
        ("csc_team_manager",),
        "task",
        "say what the council does after a serious event at a home",
        urgent=False,
        source="domain 2.4, C-82",
        procedure="serious_event",
    ),
    Alert(
        "audit_risk",
        "task_opened",
        "act_on_immediate_risk",
        ("duty_inspector",),
        "task",
        "act on a risk to a child that an audit has seen",
        urgent=True,
        source="domain 6.9 (immediate_risk_found), C-41",
        procedure="audit",
    ),
    *_one_for_each(
        "audit_finding",
        "audit",
        "act on a finding of an audit",
        "G-39 [PCC]",
        {
            "act_on_finding_control_room": "control_room_supervisor",
            "act_on_finding_inspector": "duty_inspector",
            "act_on_finding_locate": "locate_sergeant",
            "act_on_finding_coordinator": "mfh_coordinator",
            "act_on_finding_provider": "rhi_manager",
        },
    ),
    Alert(
        "audit_month",
        "task_opened",
        "read_summary",
        ("chief_inspector_missing",),
        "task",
        "read the summary of the month's audits and decide what changes",
        urgent=False,
        source="domain 6.9, T-44",
        procedure="audit",
    ),
    Alert(
        "protocol",
        "task_opened",
        "review_protocol",
        ("board_secretary",),
        "task",
        "look at the joint protocol again before its year is over",
        urgent=False,
        source="T-47 [S62]",
        procedure="protocol_review",
    ),
    Alert(
        "protocol_agreement",
        "task_opened",
        "agree_to_protocol",
        ("board_chair",),
        "task",
        "agree to what was put forward for the joint protocol",
        urgent=False,
        source="T-47, C-83",
        procedure="protocol_review",
    ),
    Alert(
        "retention",
        "task_opened",
        "decide_what_is_kept",
        ("information_governance",),
        "task",
        "decide what is kept of what has reached the end of its period",
        urgent=False,
        source="T-49 [S81][S82]",
        procedure="retention_review",
    ),
    *_one_for_each(
        "position",
        "recommendation",
        "take a position on a recommendation",
        "domain 3.5, C-51",
        {
            "assess_as_chief_inspector": "chief_inspector_missing",
            "assess_as_superintendent": "superintendent",
        },
    ),
    *_one_for_each(
        "milestone",
        "recommendation",
        "carry out a milestone of an inspection's recommendation",
        "domain 6.10, T-46",
        {
            "carry_out_as_coordinator": "inspection_coordinator",
            "carry_out_as_chief_inspector": "chief_inspector_missing",
            "carry_out_as_mfh": "mfh_coordinator",
            "carry_out_as_locate": "locate_sergeant",
            "carry_out_as_audit": "audit_lead",
        },
    ),
    Alert(
        "milestone_escalated",
        "task_opened",
        "decide_on_overdue_milestone",
        ("chief_inspector_missing",),
        "task",
        "say why a milestone of a recommendation is late",
        urgent=False,
        source="T-46 first escalation",
        procedure="recommendation",
    ),
    Alert(
        "stranded",
        "case_stranded",
        "",
        ("chief_inspector_missing", "administrator"),
        "stranded",
        "look at the case, and carry on by hand what it should do next",
        urgent=True,
        source="house 1: every open case has a future",
        procedure="",
    ),
)
"""Every alert; urgent ones leave first and are given up sooner."""


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
            "obligation": alert.obligation or _obligation(event),
            "step": str(event.data.get("step") or "message")[:LONGEST_STEP],
            "due": _by_when(due_at, step.now),
            "at": in_words(step.now),
            "whose": whose,
            "link": f"{self.base_url}/tasks/{task.id}" if task else f"{self.base_url}/cases/{step.case_id}",
        }
        subject, text = wording.write(alert.template, words)
        told = group(alert.roles or event.data.get("tell", ()), _whose_case(step))
        return Message(f"{step.case_id}/{event.seq}/{alert.id}", told, subject, text, urgent)


def directory(connection: sa.Connection, message: Message, now: datetime) -> Sequence[tuple[str, str]] | None:
    """Give the active people for whom a message is, each once; those on duty where there is nobody else.

    None where its recipient is an address. Of the holders of a local authority's role those in the responsible one are
    told, where it has any; of a provider's role those whom the council of the case commissions; of those told about a sealed
    case those of its group, and all of the group where none of them is.
    An urgent message goes to the telephones and pagers of those on call in these roles, and of those who stand in for them (13.5).
    """
    if not message.recipient.startswith(_HOLDERS):
        return None
    names, _, authority = message.recipient.removeprefix(_HOLDERS).partition(_OF)
    roles, case_id = names.split(","), message.key.partition("/")[0]
    group = seals.group_of(connection, case_id)
    holders = _of_group(connection, people.holders(connection, roles), group)
    interviewers = None if OF_ONE_PROVIDER.isdisjoint(roles) else audience.interviewers(connection, case_id, now)
    whose = _Whose(frozenset(authority.split(",")), interviewers)
    found = {person.sign_in: person for role in roles for person in _told(holders, role, whose)}
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
    return [*mails, *_numbers(seen, with_stand_ins, whose)]


def _of_group(connection: sa.Connection, holders: Sequence[Person], group: frozenset[str] | None) -> Sequence[Person]:
    """Keep of the holders of roles those who see a sealed case; all of its group where there is none among them."""
    if group is None:
        return holders
    return [person for person in holders if person.sign_in in group] or people.active(connection, group)


def _numbers(duties: Sequence[on_call.Duty], roles: Sequence[str], whose: _Whose) -> list[tuple[str, str]]:
    """Give each number of those on call in these roles, of those to whom the case belongs."""
    told: dict[str, str] = {}
    for role in roles:
        own = [duty for duty in duties if duty.role == role]
        for duty in _theirs(own, role, whose, lambda duty, place: duty.organisation == place):
            for address in duty.reached_at():
                told.setdefault(address, f"{duty.person}/{address.partition(':')[0]}-{duty.id}")
    return [(name, address) for address, name in told.items()]


def group(roles: Iterable[str], authority: str = "") -> str:
    """Give the recipient of a message to those who hold one of these roles, in an authority or placement where it is known."""
    return f"{_HOLDERS}{','.join(sorted(set(roles)))}{_OF if authority else ''}{authority}"


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
    for event in step.events:
        for alert in (each for each in ALERTS if each.procedure in {"", step.procedure}):
            names_roles = bool(alert.roles or event.data.get("tell"))
            if event.kind == alert.kind and alert.element in {"", event.element} and names_roles:
                yield event, alert


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


def _told(holders: Iterable[Person], role: str, whose: _Whose) -> list[Person]:
    """Give the holders of a role to whom a case belongs."""
    found = [person for person in holders if role in person.roles]
    return _theirs(found, role, whose, lambda person, place: Membership(role, place) in person.memberships)


def _theirs(found: list[Who], role: str, whose: _Whose, is_at: Callable[[Who, str], bool]) -> list[Who]:
    """Keep of those in a role the ones to whom a case belongs; of a local authority's all, where the responsible one has none.

    Of a placement's role nobody but those in whose care the child is (5.2, rule i), of a provider's nobody but those who are
    commissioned (2.3).
    """
    if role in OF_ONE_PROVIDER:
        by = whose.interviewers
        return found if by is None else [each for each in found if any(is_at(each, place) for place in by)]
    theirs = [each for each in found if any(is_at(each, place) for place in whose.places)]
    if role in OF_ONE_PLACEMENT:
        return theirs
    return theirs if theirs and role in ROLES and ROLES[role].kind == "local_authority" else found


def _obligation(event: EventRow) -> str:
    """Say what a deadline asks for; the drawing's own name for it where a release has a deadline that is new."""
    return OBLIGATIONS.get(str(event.data.get("deadline")), event.name)


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
