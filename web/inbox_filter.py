"""What a person wants to see of the own tasks: what is overdue or due soon, of one risk grade, of one role, of one case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

import sqlalchemy as sa

from engine.store import TaskTable
from workflows.agencies import title_of
from workflows.episodes import EpisodeRow
from workflows.vocabulary import RISK_LEVEL

SOON = timedelta(hours=4)
DUE: Mapping[str, str] = MappingProxyType({"overdue": "Overdue", "soon": "Overdue, or due within 4 hours"})
LONGEST_REFERENCE = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to see of the list; empty text stands for everything. `due` is of `DUE`, `grade` of the vocabulary ``risk_level``."""

    due: str = ""
    grade: str = ""
    role: str = ""
    case: str = ""

    def conditions(self, now: datetime) -> list[sa.ColumnElement[bool]]:
        """Give what a task has to meet, over `TaskTable`."""
        task, found = TaskTable, []
        if self.due:
            found.append(task.due_at <= (now if self.due == "overdue" else now + SOON))
        if self.grade:
            graded = sa.select(EpisodeRow.case_id).where(EpisodeRow.risk_level == self.grade)
            found.append(task.case_id.in_(graded))
        if self.case:
            found.append(task.case_id == self.case)
        return found

    def roles(self, duties: frozenset[str]) -> frozenset[str]:
        """Give the roles whose tasks are wanted, of those whose tasks this person does."""
        return duties & {self.role} if self.role else duties

    def address(self) -> dict[str, str]:
        """Give what stands for it in an address: ``{"due": "overdue"}``; nothing for everything."""
        return {name: value for name, value in asdict(self).items() if value}

    def said(self) -> list[str]:
        """Say it in words, such as ``["Overdue", "High risk"]``."""
        grade = RISK_LEVEL.get(self.grade, "") + " risk" if self.grade else ""
        return [
            words for words in (DUE.get(self.due, ""), grade, self.role and title_of(self.role), self.case) if words
        ]


def read(args: Mapping[str, str], duties: frozenset[str]) -> Wanted:
    """Read an address; what it says that there is not is left out."""
    due, grade, role = (args.get(name, "") for name in ("due", "grade", "role"))
    return Wanted(
        due=due if due in DUE else "",
        grade=grade if grade in RISK_LEVEL else "",
        role=role if role in duties else "",
        case=args.get("case", "").strip().upper()[:LONGEST_REFERENCE],
    )
