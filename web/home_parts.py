"""The parts of the first page, and which role sees which: a table, and of each part what it shows.

A part is one statement over what is open (`workflows.boards`), said in references, times and the names of those who work; each line
leads to the case, the task or the list of tasks that it counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

import flask
import sqlalchemy as sa

from engine.frozen import frozen
from engine.store import TaskTable
from engine.views import TaskRow
from web import draft_words, inbox_filter, missing_words, task_lists
from web.episode_words import names_of
from web.inbox_filter import FREE, GIVEN, LED, MINE, WHAT, Wanted
from web.moments import say_moment, say_until
from web.services import services
from workflows import assigning, boards, daily, reports, teams
from workflows.access import FIGURES_WITH_EPISODES, OVERSIGHT_FIGURES, READS_REPORTS, SEES_EVERY_EPISODE
from workflows.administration import ADMINISTRATOR
from workflows.agencies import LEADS, ROLES, title_of
from workflows.audience import Audience
from workflows.boards import Open, Owed
from workflows.daily import Standing
from workflows.days import day_of
from workflows.drafts import READERS
from workflows.figures import Missing
from workflows.recommendations import MilestoneRow, RecommendationRow

SHOWN = 20
"""Lines of one part; the rest stands behind its link, or is counted."""
FIRST = 5
"""So many tasks stand on the page itself."""
RED = "red"
EPISODE, CHILD = frozenset({"D2"}), frozenset({"D1", "D2"})
"""Of which data classes a line says something: of an episode, and of a child to be told from others."""


@frozen
class Bit:
    """A piece of a cell: words, with the address to which they lead or the colour of a tag; the colour says nothing that they do not.

    A reference is `whole`: not broken over two lines.
    """

    words: str
    href: str = ""
    colour: str = ""
    whole: bool = False


Cell = tuple[Bit, ...]


@frozen
class Line:
    """One line; `mark` tells it from what it was before, `case_id` names the episode of which it says facts of some data `classes`, if it does."""

    cells: tuple[Cell, ...]
    mark: str
    case_id: str = ""
    classes: frozenset[str] = EPISODE


@frozen
class Shown:
    """What a part shows: a table under its heads, or a sentence where there is nothing; and links to more."""

    heads: tuple[str, ...]
    lines: tuple[Line, ...]
    none: str
    """What is said instead of a table that would be empty."""
    links: tuple[Bit, ...] = ()
    note: str = ""


@dataclass
class Look:
    """One look at the page: by whom, when, and what several parts read together."""

    connection: sa.Connection
    bounds: Audience
    now: datetime

    @cached_property
    def tasks(self) -> tuple[Open, ...]:
        """The open tasks of the kinds for which the parts ask, of all roles that this person has or leads."""
        wanted = {element for part in PARTS if part.what and part.is_for(self.roles) for element in part.elements}
        return boards.tasks(self.connection, self.bounds, TaskTable.element.in_(sorted(wanted))) if wanted else ()

    @property
    def roles(self) -> frozenset[str]:
        """The roles of whoever looks."""
        return self.bounds.who.roles

    def when(self, due: datetime | None) -> Cell:
        """Say by when, and that it is late."""
        if due is None:
            return (Bit("No time set"),)
        late = (Bit("Overdue", colour=RED),) if due <= self.now else ()
        return (Bit(f"{say_moment(due)} ({say_until(due, self.now)})"), *late)

    def mark(self, *told: object) -> str:
        """Tell a line from another one: by what it says, without what time alone changes."""
        return " ".join(
            str(each <= self.now) + each.isoformat() if isinstance(each, datetime) else str(each) for each in told
        )


@frozen
class Part:
    """One part of the page: its title, for whom it is, what it shows, and the kind of task where it is a list of these."""

    key: str
    title: str
    roles: frozenset[str]
    show: Callable[[Look], Shown]
    what: str = ""
    says_none: bool = True
    """Whether it stands there with nothing in it too; a part for everybody does not, so that it is seen when it comes."""

    def is_for(self, held: frozenset[str]) -> bool:
        """Tell whether somebody who holds these roles sees it."""
        return not self.roles.isdisjoint(held)

    @property
    def elements(self) -> tuple[str, ...]:
        """The tasks of the drawings that it lists."""
        return WHAT[self.what].elements


@frozen
class Drawn:
    """A part as somebody sees it now."""

    part: Part
    shown: Shown
    more: int


def parts(look: Look) -> list[Drawn]:
    """Give the parts of this person's page in their order; of several roles those of each, once."""
    found = [(part, part.show(look)) for part in PARTS if part.is_for(look.roles)]
    return [
        Drawn(part, _cut(shown), max(len(shown.lines) - SHOWN, 0))
        for part, shown in found
        if shown.lines or part.says_none
    ]


def _cut(shown: Shown) -> Shown:
    return replace(shown, lines=shown.lines[:SHOWN])


def marks(drawn: Iterable[Drawn]) -> str:
    """Give what tells this page from what it was before."""
    lines = (
        mark
        for each in drawn
        for mark in (*(line.mark for line in each.shown.lines), *(link.words for link in each.shown.links))
    )
    return "\n".join(lines)


# What is searched for, and what is owed after a return --------------------------------------------------------------------


def _missing(look: Look) -> Shown:
    """The board: who is missing by risk, with what a sergeant has to know of each."""
    found = boards.missing(look.connection, look.bounds)
    stands = daily.standings(look.connection, [one.case_id for one in found], look.now)
    people = {name for one in stands.values() for name in (one.reviewed_by, one.taken_over_by) if name}
    names = names_of(look.connection, people)
    lines = tuple(_search(look, one, stands[one.case_id], names) for one in found)
    heads = ("Case", "Risk grade", "Missing for", "Last review", "Next review", "Who has it")
    everybody = Bit("Everybody who is missing", flask.url_for("performance.dashboard"))
    links = (everybody,) if len(lines) > SHOWN and not look.roles.isdisjoint(FIGURES_WITH_EPISODES) else ()
    return Shown(heads, lines, "Nobody is missing.", links)


def _search(look: Look, one: Missing, stands: Standing, names: Mapping[str, str]) -> Line:
    """Say of one who is missing what a sergeant has to know; in words of the list of who is missing."""
    said = missing_words.line(one, look.now)
    taken, late = names.get(stands.taken_over_by, ""), stands.overdue_actions
    cells = (
        (*_case(one.case_id), Bit(missing_words.told_apart(one)), *_if(stands.place, f"Last place: {stands.place}")),
        (Bit(said.grade, colour=said.colour), *_if(stands.waits_since, "Lower grade waits")),
        (Bit(said.missing_for),),
        (Bit(said.last_review), *_if(stands.reviewed_by, f"by {names.get(stands.reviewed_by, '')}")),
        (Bit(said.next_review), *_if(said.overdue, "Overdue", RED)),
        (
            Bit(taken or "Nobody has taken it over", colour="" if taken else "yellow"),
            *_if(late, f"{late} {'action' if late == 1 else 'actions'} overdue", RED),
        ),
    )
    told = (one.case_id, one.level, one.last_review_at, one.next_review_at, taken, late, bool(stands.waits_since))
    return Line(cells, look.mark(*told, one.age, one.sex, stands.place), one.case_id, CHILD)


def _if(holds: object, words: str, colour: str = "") -> Cell:
    return (Bit(words, colour=colour),) if holds else ()


def _returns(look: Look) -> Shown:
    lines = tuple(_owed(look, one, one.due_at) for one in boards.returns(look.connection, look.bounds))
    return Shown(("Case", "Back since", "Due", "Who has it"), lines, "Nobody who is back waits for one.")


def _interviews(look: Look) -> Shown:
    lines = tuple(_owed(look, one, one.held_by) for one in boards.interviews(look.connection, look.bounds))
    heads = ("Case", "Back since", "Hours left of the 72", "Who has it")
    return Shown(heads, lines, "No return interview is owed.")


def _owed(look: Look, one: Owed, due: datetime | None) -> Line:
    """Say of one who is back what is left of the time, whether the interview was offered, and who has the task."""
    mine = one.role in look.bounds.who.duties
    task = (Bit("Go to the task", flask.url_for("tasks.task", task_id=f"{one.case_id}.{one.task}")),) if mine else ()
    who = one.owner or (f"Nobody yet: {title_of(one.role).lower()}" if one.role else "No task is open")
    offered = (Bit(f"Offered {say_moment(one.offered_at)}"),) if one.offered_at else ()
    cells = (_case(one.case_id), (Bit(say_moment(one.returned_at)), *offered), look.when(due), (Bit(who), *task))
    return Line(cells, look.mark(one.case_id, one.returned_at, one.offered_at, who, due), one.case_id)


def _listed(key: str, none: str, *, overdue: bool = False) -> Callable[[Look], Shown]:
    """Give what shows the open tasks of a kind, all or only the overdue ones."""

    def show(look: Look) -> Shown:
        found = [each for each in look.tasks if each.element in WHAT[key].elements]
        if overdue:
            found = [each for each in found if each.due_at is not None and each.due_at <= look.now]
        wanted = Wanted(what=key, due="overdue" if overdue else "")
        return Shown(_TASK_HEADS, tuple(_task(look, each) for each in found), none, tuple(_lists(look, wanted)))

    return show


_TASK_HEADS = ("Task", "Case", "Due", "Who has it")


def _task(look: Look, one: Open) -> Line:
    mine = one.role in look.bounds.who.duties
    href = flask.url_for("tasks.task", task_id=one.id) if mine else ""
    who = one.owner or f"Nobody yet: {title_of(one.role).lower()}"
    return Line(
        ((Bit(one.name, href),), _case(one.case_id), look.when(one.due_at), (Bit(who),)),
        look.mark(one.id, who, one.due_at),
    )


def _lists(look: Look, wanted: Wanted) -> Iterable[Bit]:
    """Lead to the list of tasks that holds all of it: one's own, and those of the roles that one leads."""
    if look.bounds.who.duties:
        yield Bit("All of yours", _list(wanted))
    if assigning.led_by(look.bounds.who):
        yield Bit("All that you lead", _list(replace(wanted, which=LED)))


# Whose children, whose work -------------------------------------------------------------------------------------------------


def _children(look: Look) -> Shown:
    """The children of a social worker, with what is open for each, and the meetings."""
    lines = []
    for one in boards.children(look.connection, look.bounds, look.now):
        child = (
            (Bit(one.child_id, flask.url_for("children.child", child_id=one.child_id), whole=True),)
            if one.child_id
            else ()
        )
        cases = tuple(bit for case_id in one.cases for bit in _case(case_id))
        open_ = tuple(Bit(f"{each.name}{_by(each, look)}") for each in one.open[:FIRST])
        rest = len(one.open) - FIRST
        more = (Bit(f"and {rest} more"),) if rest > 0 else ()
        held = [bit for each in one.meetings for bit in (Bit(each.name), *look.when(each.due_at))]
        cells = ((*child, *cases), open_ + more or (Bit("Nothing"),), tuple(held) or (Bit("None"),))
        told = [value for each in one.open for value in (each.id, each.owner, each.due_at)]
        lines.append(Line(cells, look.mark(one.child_id, *one.cases, *told)))
    none = "You have no task in a case that is open, and did none lately."
    links = (Bit("What nobody has taken yet", flask.url_for("inbox.tasks", which=FREE)),)
    return Shown(("Child", "What is open", "Meetings"), tuple(lines), none, links)


def _by(one: Open, look: Look) -> str:
    due = f", {say_until(one.due_at, look.now)}" if one.due_at else ""
    return f"{due}, {one.owner}" if one.owner else due


def _shifts(look: Look) -> Shown:
    """Hand-overs at the end of a shift that nobody has answered: one's own, and those of the people whom one leads."""
    lines = []
    for one in boards.unanswered(look.connection, look.bounds):
        href = flask.url_for("handovers.one", number=one.id) if one.own else ""
        cells = (Bit(f"{one.giver} to {one.receiver}", href),), (Bit(str(one.tasks)),), look.when(one.answer_by)
        lines.append(Line(cells, look.mark(one.id, one.tasks, one.answer_by)))
    return Shown(("From and to", "Tasks", "Answer due"), tuple(lines), "Every hand-over is answered.")


def _mentions(look: Look) -> Shown:
    """Comments that somebody wrote to this person and that they have not looked at, one for each case."""
    lines = []
    for each in task_lists.mentions(look.bounds, look.now):
        href = flask.url_for("comments.listed", case_id=each.case_id)
        cells = (Bit(each.case_id, href, whole=True),), (Bit(each.by),), (Bit(say_moment(each.at)),)
        lines.append(Line(cells, look.mark(each.case_id, each.by, each.at.isoformat())))
    return Shown(("Case", "From", "Written"), tuple(lines), "You have read every one.")


def _workload(look: Look) -> Shown:
    """How much each team and each person has of what one leads, with the page on which it is given to somebody else."""
    loads = boards.workload(look.connection, look.bounds, look.now)
    who = look.bounds.who
    around = teams.around(look.connection, who.person, assigning.led_by(who), assigning.led_in(who))
    members = teams.members(look.connection, [each.id for each in around])
    of_team = boards.of_teams(loads, {team: [one.sign_in for one in people] for team, people in members.items()})
    lines = [
        _load(look, f"Team: {team.name}", Wanted(which=LED, team=str(team.id)), *of_team[team.id])
        for team in around
        if of_team[team.id][0]
    ]
    lines += [
        _load(look, each.name, Wanted(which=LED, person=each.person), each.open, each.overdue)
        if each.person
        else _load(look, "Nobody yet", Wanted(which=LED, person=inbox_filter.NOBODY), each.open, each.overdue)
        for each in loads
    ]
    heads = ("Who", "Open", "Overdue", "Give to somebody else")
    return Shown(heads, tuple(lines), "Nothing that you lead is open.", note="Of the roles that you lead.")


def _load(look: Look, who: str, wanted: Wanted, count: int, overdue: int) -> Line:
    late = replace(wanted, due="overdue")
    cells = (
        (Bit(who),),
        (Bit(str(count), _list(wanted)),),
        (Bit(str(overdue), _list(late) if overdue else ""),),
        (Bit("Choose tasks", _list(wanted, "several.choose")),),
    )
    return Line(cells, look.mark(who, count, overdue))


def _breaches(look: Look) -> Shown:
    """What is overdue of what one leads, by the kind of task, the longest overdue first."""
    lines = []
    for one in boards.breaches(look.connection, look.bounds, look.now):
        wanted = Wanted(which=LED, due="overdue", element=one.element)
        count = Bit(str(one.count), _list(wanted))
        cells = (Bit(one.name),), (count,), (Bit(say_until(one.oldest, look.now), colour=RED),)
        lines.append(Line(cells, look.mark(one.element, one.count, one.oldest)))
    return Shown(("Task", "How many", "The longest"), tuple(lines), "Nothing that you lead is overdue.")


# Tasks, and what is watched -------------------------------------------------------------------------------------------------


def _yours(look: Look) -> Shown:
    """What a person has to do: how much is in each list, and the first of it."""
    counts = task_lists.counts(look.bounds, look.now)
    words = {MINE: "You have", FREE: "Not taken", task_lists.OVERDUE: "Overdue", GIVEN: "Given away"}
    links = [Bit("All of your tasks", flask.url_for("inbox.tasks"))]
    for which, said in words.items():
        if counts[which]:
            wanted = Wanted(due="overdue") if which == task_lists.OVERDUE else Wanted(which=which)
            many = "99+" if counts[which] >= task_lists.MANY else counts[which]
            links.append(Bit(f"{said} ({many})", _list(wanted)))
    rows = task_lists.page(Wanted(), look.bounds, None, look.now, limit=FIRST).rows if look.bounds.who.duties else ()
    names = task_lists.names_of(rows, look.bounds.who)
    lines = tuple(_first(look, row, names.get(row.owner, row.owner)) for row in rows)
    note = "What hurts most stands first." if lines else ""
    return Shown(_TASK_HEADS, lines, "There is nothing for you to do at the moment.", tuple(links), note)


def _first(look: Look, row: TaskRow, owner: str) -> Line:
    who = "You" if row.owner == look.bounds.who.person else owner
    one = Open(row.case_id, row.number, row.name, row.element, row.role, who, row.due_at)
    return _task(look, one)


def _watched(look: Look) -> Shown:
    """What an administrator, a procedure editor or an auditor looks after beside the tasks: how much of it waits, and where."""
    lines = [
        Line(((Bit(words, href),), (Bit(stands),)), look.mark(words, stands)) for words, href, stands in _offices(look)
    ]
    return Shown(("What", "How it stands"), tuple(lines), "Nothing waits.")


def _offices(look: Look) -> Iterable[tuple[str, str, str]]:
    """Name what is theirs of each role that looks after something: words, address, how it stands."""
    roles, here, to = look.roles, services(), flask.url_for
    if "administrator" in roles:
        held_up, late = len(here.cases.incidents.standing(limit=SHOWN)), here.cases.late(now=look.now).count
        yield "Cases that are held up", to("operations.operations"), _many(held_up, "incident", "incidents")
        yield "Clocks", to("operations.operations"), f"{_many(late, 'clock is', 'clocks are')} late"
        yield "Agencies", to("agencies.listed"), "Who works here, and who administers each"
    if ADMINISTRATOR in roles:
        yield "People of your agency", to("administration.listed"), "Accounts, roles and vetting"
        yield "Teams", to("teams.listed"), "Who shares work"
    if not roles.isdisjoint(READERS):
        for draft in draft_words.items_for(look.bounds.who.person, roles):
            address = to("drafts.draft", procedure=draft.procedure)
            yield f"Draft: {draft.name}", address, "Waits for your decision" if draft.to_decide else "Sent back to you"
        yield "Procedures", to("drafts.procedures"), "What runs, and what is being changed"
    if not roles.isdisjoint(OVERSIGHT_FIGURES):
        yield from _oversight(look)
    if not roles.isdisjoint(READS_REPORTS):
        yield from _reports(look)


def _oversight(look: Look) -> Iterable[tuple[str, str, str]]:
    """Count what is open of the recommendations of inspections, and what of it is late; nothing of what they say."""
    row, step, today = RecommendationRow, MilestoneRow, day_of(look.now)
    due = sa.func.coalesce(step.new_due_on, step.due_on)
    late = sa.select(sa.func.count()).select_from(step).join(row, row.case_id == step.case_id)
    late = late.where(row.closed_at.is_(None), step.done_on.is_(None), due < today)
    asked = (
        sa.select(sa.func.count(), late.correlate(None).scalar_subquery())
        .select_from(row)
        .where(row.closed_at.is_(None))
    )
    count, overdue = look.connection.execute(asked).one()
    stands = f"{count} open, {_many(overdue, 'milestone', 'milestones')} overdue"
    yield "Recommendations of inspections", flask.url_for("recommendations.listed"), stands
    yield "Audits", flask.url_for("audits.months"), "Month by month"


def _reports(look: Look) -> Iterable[tuple[str, str, str]]:
    """Count the reports of which this person may know: how many are being brought out, and how many were issued."""
    mine = [each for each in reports.everything(look.connection) if each.may_know(look.roles)]
    coming, issued = sum(each.closed_at is None for each in mine), sum(each.issued_at is not None for each in mine)
    yield "Reports", flask.url_for("reports.listed"), f"{coming or 'None'} being brought out, {issued or 'none'} issued"


def _many(count: int, one: str, more: str) -> str:
    return f"{count or 'No'} {one if count == 1 else more}"


def _list(wanted: Wanted, page: str = "inbox.tasks") -> str:
    """Give the address of a list of tasks, or of the page on which something is done with several of it."""
    address: dict[str, Any] = dict(wanted.address())
    return flask.url_for(page, **address)


def _case(case_id: str) -> Cell:
    return (Bit(case_id, flask.url_for("cases.case", case_id=case_id), whole=True),)


# The table ------------------------------------------------------------------------------------------------------------------

_COMMAND = frozenset({"locate_sergeant", "duty_inspector", "chief_inspector_missing"})
_COORDINATOR = frozenset({"mfh_coordinator"})
_INTERVIEWERS = frozenset({"rhi_worker", "rhi_manager"})
_CARE = frozenset({"csc_social_worker", "csc_team_manager"})
_WATCHES = (
    OVERSIGHT_FIGURES | READS_REPORTS | {"administrator", ADMINISTRATOR, "procedure_editor", "procedure_approver"}
)

PARTS: Sequence[Part] = (
    Part("missing", "Missing now", SEES_EVERY_EPISODE, _missing),
    Part("yours", "Your tasks", frozenset(ROLES), _yours),
    Part("shifts", "Shift hand-overs without an answer", frozenset(ROLES), _shifts, says_none=False),
    Part("mentions", "Comments that mention you", frozenset(ROLES), _mentions, says_none=False),
    Part(
        "takeovers", "Handed over and not acknowledged", _COMMAND,
        _listed("takeover", "Every case that was handed over is acknowledged."), "takeover",
    ),
    Part("actions", "Overdue actions", _COMMAND, _listed("action", "No action is overdue.", overdue=True), "action"),
    Part("returns", "Back, and no prevention interview yet", _COORDINATOR | _COMMAND, _returns),
    Part("interviews", "Return interviews by what is left of the 72 hours", _COORDINATOR | _INTERVIEWERS | {"cmo"}, _interviews),
    Part("receipts", "Outcomes to receive", _COORDINATOR, _listed("receipt", "No outcome waits."), "receipt"),
    Part("plans", "Plans to update", _COORDINATOR, _listed("plan", "No plan waits."), "plan"),
    Part("children", "Your children", frozenset({"csc_social_worker"}), _children),
    Part("meetings", "Meetings", _CARE | _COORDINATOR, _listed("meeting", "No meeting is due."), "meeting"),
    Part("breaches", "Overdue, of what you lead", frozenset(LEADS), _breaches),
    Part("workload", "Workload", frozenset(LEADS), _workload),
    Part("watched", "What you look after", _WATCHES, _watched),
)  # fmt: skip
"""The parts of the page from top to bottom; who holds several roles sees the parts of each."""
