"""What a person wants to see of the tasks: which list, in which order, and of which cases.

A list as somebody wants it is an address, so that it can be kept, shared and sent: ``/tasks?which=mine&grade=high``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType

import sqlalchemy as sa

from engine.frozen import frozen
from engine.store import TaskTable
from workflows import daily, downtime
from workflows.agencies import title_of
from workflows.children import ChildFlagRow, ChildRow
from workflows.episodes import EpisodeRow
from workflows.teams import TeamMemberRow
from workflows.vocabulary import EPISODE_STATUS, FLAG, RESPONSIBLE_AUTHORITY, RISK_LEVEL

SOON = timedelta(hours=4)
ALL, MINE, FREE, GIVEN, SENT, LED, DONE = "", "mine", "free", "given", "sent", "led", "done"
WHICH: Mapping[str, str] = MappingProxyType(
    {
        ALL: "All",
        MINE: "Mine",
        FREE: "Not taken",
        GIVEN: "Given away",
        SENT: "Waiting for others",
        LED: "Those I lead",
        DONE: "Done",
    }
)
"""The lists: all tasks of my roles, those that I have, those that nobody has, those that I gave to others, what
other roles have to do in the cases in which I did something last, those of the roles that I lead, what I have done."""
DUE: Mapping[str, str] = MappingProxyType({"overdue": "Overdue", "soon": "Overdue, or due within 4 hours"})
ORDER: Mapping[str, str] = MappingProxyType({"": "What hurts most", "due": "Due first"})
LONGEST_REFERENCE = 20
_IS_ELEMENT = re.compile(r"[a-z][a-z0-9_]{0,79}")
NOBODY = "no one"
"""Stands for whoever has a task that nobody has: no sign-in name has a space."""


@frozen
class What:
    """One kind of task: its words, and the tasks of the drawings that are of it."""

    words: str
    elements: tuple[str, ...]


WHAT: Mapping[str, What] = MappingProxyType(
    {
        "takeover": What("Cases to take over", (daily.TAKEN_OVER,)),
        "review": What("Reviews of a search", tuple(sorted(downtime.REVIEWS))),
        "action": What("Actions of a search", (daily.ACTION,)),
        "receipt": What("Outcomes of return interviews to receive", ("receive_return_interview",)),
        "plan": What("Trigger plans", ("write_trigger_plan", "review_trigger_plan", "update_trigger_plan")),
        "meeting": What(
            "Meetings about a child",
            (
                "convene_meeting", "hold_meeting", "issue_minutes", "do_meeting_action", "hold_strategy_discussion",
                "hold_follow_up_meeting", "hold_conference",
            ),
        ),
    }
)  # fmt: skip
"""The kinds of task for which somebody asks on their own."""


@frozen
class Groups:
    """By whose tasks a person may narrow a list: the teams that they are in or lead, by number, and the colleagues whom they named."""

    teams: Mapping[str, str] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)


NO_GROUPS = Groups()


@frozen
class Wanted:
    """What to see; empty text stands for everything. `which` is of `WHICH`, `due` of `DUE`, `order` of `ORDER`, `what` of `WHAT`,
    `element` is the id of a task in the drawings;
    `case` and `child` are references, `team` is the number of a team that the person is in or leads, `person` the sign-in name of who has
    the task, the others values of the vocabularies ``risk_level``, ``episode_status``, ``flag`` and ``responsible_authority``.
    """

    which: str = ""
    order: str = ""
    due: str = ""
    what: str = ""
    element: str = ""
    grade: str = ""
    stage: str = ""
    flag: str = ""
    authority: str = ""
    role: str = ""
    team: str = ""
    person: str = ""
    case: str = ""
    child: str = ""

    def conditions(self, now: datetime) -> list[sa.ColumnElement[bool]]:
        """Give what a task has to meet, over `TaskTable`."""
        task, found = TaskTable, []
        if self.which == FREE:
            found.append(task.owner == "")
        if self.due:
            found.append(task.due_at <= (now if self.due == "overdue" else now + SOON))
        if self.what:
            found.append(task.element.in_(WHAT[self.what].elements))
        for column, value in ((task.element, self.element), (task.case_id, self.case)):
            if value:
                found.append(column == value)
        found += self._of_people()
        of_episode = self._of_episode(now)
        if of_episode:
            found.append(task.case_id.in_(sa.select(EpisodeRow.case_id).where(*of_episode)))
        return found

    def _of_people(self) -> list[sa.ColumnElement[bool]]:
        """Give what who has a task has to meet."""
        owner, found = TaskTable.owner, []
        if self.person:
            found.append(owner == ("" if self.person == NOBODY else self.person))
        if self.team:
            found.append(owner.in_(sa.select(TeamMemberRow.person).where(TeamMemberRow.team == int(self.team))))
        return found

    def _of_episode(self, now: datetime) -> list[sa.ColumnElement[bool]]:
        """Give what the missing episode of a task has to meet."""
        row, found = EpisodeRow, []
        for column, value in (
            (row.risk_level, self.grade),
            (row.status, self.stage),
            (row.responsible_authority, self.authority),
        ):
            if value:
                found.append(column == value)
        if self.child:
            joined = sa.select(ChildRow.child_id).where(ChildRow.joined_to == self.child)
            found.append(sa.or_(row.child_id == self.child, row.child_id.in_(joined)))
        if self.flag:
            flag = ChildFlagRow
            stands = sa.or_(flag.until.is_(None), flag.until > now.date())
            found.append(row.child_id.in_(sa.select(flag.child_id).where(flag.flag == self.flag, stands)))
        return found

    def without_flag(self) -> Wanted:
        """Give the same list whatever flags a child has."""
        return replace(self, flag="")

    def roles(self, duties: frozenset[str]) -> frozenset[str]:
        """Give the roles whose tasks are wanted, of those whose tasks this person does."""
        return duties & {self.role} if self.role else duties

    def address(self) -> dict[str, str]:
        """Give what stands for it in an address: ``{"due": "overdue"}``; nothing for everything."""
        return {name: value for name, value in asdict(self).items() if value}

    def chosen(self) -> dict[str, str]:
        """Give what narrows the list, without which list it is and its order."""
        return {name: value for name, value in self.address().items() if name not in {"which", "order"}}

    def said(self, groups: Groups = NO_GROUPS) -> list[str]:
        """Say what narrows the list, such as ``["Overdue", "High risk"]``."""
        words = {
            "due": DUE.get(self.due, ""),
            "what": WHAT[self.what].words if self.what else "",
            "element": f"One task: {self.element.replace('_', ' ')}",
            "grade": RISK_LEVEL.get(self.grade, "") + " risk",
            "stage": EPISODE_STATUS.get(self.stage, ""),
            "flag": FLAG.get(self.flag, ""),
            "authority": RESPONSIBLE_AUTHORITY.get(self.authority, ""),
            "role": title_of(self.role),
            "team": f"With {groups.teams.get(self.team, 'a team')}",
            "person": f"With {groups.people.get(self.person, 'nobody')}",
            "case": self.case,
            "child": self.child,
        }
        return [words[name] for name in self.chosen()]


def read(args: Mapping[str, str], duties: frozenset[str], groups: Groups = NO_GROUPS) -> Wanted:
    """Read an address; what it says that there is not, or that is no role, team or colleague of the person, is left out."""
    known: dict[str, Collection[str]] = {
        "which": WHICH,
        "order": ORDER,
        "due": DUE,
        "grade": RISK_LEVEL,
        "stage": EPISODE_STATUS,
        "flag": FLAG,
        "authority": RESPONSIBLE_AUTHORITY,
        "role": duties,
        "team": groups.teams,
        "person": {*groups.people, NOBODY},
        "what": WHAT,
    }
    told = {name: value for name, values in known.items() if (value := args.get(name, "")) in values}
    typed = {name: args.get(name, "").strip().upper()[:LONGEST_REFERENCE] for name in ("case", "child")}
    element = args.get("element", "")
    return Wanted(**told, **typed, element=element if _IS_ELEMENT.fullmatch(element) else "")
