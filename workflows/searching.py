"""Finds children by the sound of a name, a date of birth or a reference; whoever shows them asks `workflows.access` first.

Names and references alone are searched: what a child has told in an interview never is (domain.md 5.2, rule v).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date

import sqlalchemy as sa

from engine.frozen import frozen
from engine.store import CaseTable
from workflows import children
from workflows.about import AboutRow
from workflows.children import Child, ChildRow
from workflows.episodes import EpisodeRow
from workflows.likeness import likeness

MOST = 50
"""So many children are looked at; who is not among them has to be asked for more closely."""

ENOUGH = 0.5
"""From here on somebody is worth showing: half of the letters of a name, or nearly the same sound."""


@frozen
class Asked:
    """What is asked for; empty and None where it is not."""

    name: str = ""
    born_on: date | None = None
    reference: str = ""


def find(connection: sa.Connection, asked: Asked) -> tuple[Child, ...]:
    """Give the children who may be meant, those who are most alike first.

    How many statements it takes depends on what is asked, and never on what is found.
    """
    exactly = children.by_reference(connection, asked.reference)
    alike = [(_score(asked, child), child) for child, _count in children.near(connection, [asked.name], asked.born_on)]
    best = sorted((one for one in alike if one[0] >= ENOUGH), key=lambda one: (-one[0], one[1].child_id))
    found = {child.child_id: child for child in (*exactly, *(child for _score, child in best))}
    return tuple(found.values())[:MOST]


def unmatched(connection: sa.Connection, asked: Asked) -> tuple[tuple[str, str], ...]:
    """Give reference and name of the open episodes whose child nobody has matched yet, where the name is alike."""
    row = EpisodeRow
    open_ones = sa.select(row.case_id, row.child_name).where(row.child_id == "", row.case_closed_at.is_(None))
    rows = connection.execute(open_ones.order_by(row.opened_at.desc())).all()
    return tuple((row.case_id, row.child_name) for row in rows if _alike(asked.name, [row.child_name]) >= ENOUGH)


def cases_about(connection: sa.Connection, child_ids: Collection[str]) -> Mapping[str, list[str]]:
    """Give the cases about each of these children: episodes, and cases that a message or a person opened for the child."""
    known = sa.select(ChildRow.child_id.label("id"), children.main_id(ChildRow).label("main"))
    theirs = known.where(sa.or_(ChildRow.child_id.in_(child_ids), ChildRow.joined_to.in_(child_ids))).subquery()
    row, case = EpisodeRow, CaseTable
    own = sa.select(theirs.c.main, row.case_id, row.opened_at).join(row, row.child_id == theirs.c.id)
    other = sa.select(theirs.c.main, case.id, case.opened_at).join(case, case.correlation == theirs.c.id)
    named = sa.select(theirs.c.main, case.id, case.opened_at).select_from(theirs)
    said = named.join(AboutRow, AboutRow.child_id == theirs.c.id).join(case, case.id == AboutRow.case_id)
    found: dict[str, list[str]] = defaultdict(list)
    for child_id, case_id, _at in connection.execute(own.union(other, said).order_by(sa.desc("opened_at"))):
        found[child_id].append(case_id)
    return found


def _score(asked: Asked, child: Child) -> float:
    """Say how like a child is to what is asked; a date of birth by itself decides by itself."""
    if not asked.name.strip():
        return 1.0
    return likeness([asked.name], asked.born_on, [child.name, child.known_as], child.born_on)


def _alike(name: str, names: list[str]) -> float:
    return likeness([name], None, names, None) if name.strip() else 0.0
