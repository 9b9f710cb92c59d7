"""What a person wants to see of the tasks: which list, in which order, and of which cases.

A list as somebody wants it is an address, so that it can be kept, shared and sent: ``/tasks?which=mine&grade=high``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType

import sqlalchemy as sa

from engine.store import TaskTable
from workflows.agencies import title_of
from workflows.children import ChildFlagRow, ChildRow
from workflows.episodes import EpisodeRow
from workflows.teams import TeamMemberRow
from workflows.vocabulary import EPISODE_STATUS, FLAG, RESPONSIBLE_AUTHORITY, RISK_LEVEL

SOON = timedelta(hours=4)
ALL, MINE, FREE, GIVEN, LED, DONE = "", "mine", "free", "given", "led", "done"
WHICH: Mapping[str, str] = MappingProxyType(
    {ALL: "All", MINE: "Mine", FREE: "Not taken", GIVEN: "With others", LED: "Those I lead", DONE: "Done"}
)
"""The lists: all tasks of my roles, those that I have, those that nobody has, those that I gave to others, those of
the roles that I lead, what I have done."""
DUE: Mapping[str, str] = MappingProxyType({"overdue": "Overdue", "soon": "Overdue, or due within 4 hours"})
ORDER: Mapping[str, str] = MappingProxyType({"": "What hurts most", "due": "Due first"})
LONGEST_REFERENCE = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to see; empty text stands for everything. `which` is of `WHICH`, `due` of `DUE`, `order` of `ORDER`; `case` and `child`
    are references, `team` is the number of one of the person's teams, the others values of the vocabularies ``risk_level``, ``episode_status``, ``flag`` and ``responsible_authority``.
    """

    which: str = ""
    order: str = ""
    due: str = ""
    grade: str = ""
    stage: str = ""
    flag: str = ""
    authority: str = ""
    role: str = ""
    team: str = ""
    case: str = ""
    child: str = ""

    def conditions(self, now: datetime) -> list[sa.ColumnElement[bool]]:
        """Give what a task has to meet, over `TaskTable`."""
        task, found = TaskTable, []
        if self.which == FREE:
            found.append(task.owner == "")
        if self.due:
            found.append(task.due_at <= (now if self.due == "overdue" else now + SOON))
        if self.team:
            found.append(task.owner.in_(sa.select(TeamMemberRow.person).where(TeamMemberRow.team == int(self.team))))
        if self.case:
            found.append(task.case_id == self.case)
        of_episode = self._of_episode(now)
        if of_episode:
            found.append(task.case_id.in_(sa.select(EpisodeRow.case_id).where(*of_episode)))
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

    def said(self, teams: Mapping[str, str] = MappingProxyType({})) -> list[str]:
        """Say what narrows the list, such as ``["Overdue", "High risk"]``; `teams` gives the names of the person's teams."""
        words = {
            "due": DUE.get(self.due, ""),
            "grade": RISK_LEVEL.get(self.grade, "") + " risk",
            "stage": EPISODE_STATUS.get(self.stage, ""),
            "flag": FLAG.get(self.flag, ""),
            "authority": RESPONSIBLE_AUTHORITY.get(self.authority, ""),
            "role": title_of(self.role),
            "team": f"With {teams.get(self.team, 'a team')}",
            "case": self.case,
            "child": self.child,
        }
        return [words[name] for name in self.chosen()]


def read(args: Mapping[str, str], duties: frozenset[str], teams: Mapping[str, str] = MappingProxyType({})) -> Wanted:
    """Read an address; what it says that there is not, or that is no role or team of the person, is left out."""
    known: dict[str, Mapping[str, str] | frozenset[str]] = {
        "which": WHICH,
        "order": ORDER,
        "due": DUE,
        "grade": RISK_LEVEL,
        "stage": EPISODE_STATUS,
        "flag": FLAG,
        "authority": RESPONSIBLE_AUTHORITY,
        "role": duties,
        "team": teams,
    }
    told = {name: value for name, values in known.items() if (value := args.get(name, "")) in values}
    typed = {name: args.get(name, "").strip().upper()[:LONGEST_REFERENCE] for name in ("case", "child")}
    return Wanted(**told, **typed)
