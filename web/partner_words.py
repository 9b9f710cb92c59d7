"""Which school, health agency and youth justice team can be asked in a case; where nobody can be, what to do about it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from types import MappingProxyType

import sqlalchemy as sa

from engine.frozen import frozen
from engine.store import reading
from web.fact_words import Row, row
from web.services import services
from workflows import audience
from workflows.access import OF_ONE_AREA, OF_ONE_SCHOOL
from workflows.agencies import KINDS, ROLES
from workflows.people import OrganisationRow

_NAMED = "Its administrator names one on the page “Who works for councils”. Until then tell them by a notice, or ring."
INSTEAD: Mapping[str, str] = MappingProxyType(
    {
        "education": "no report names a school that works here. Put the report right, or tell the school by a notice.",
        "health": f"no health agency is named by the responsible council. {_NAMED}",
        "youth_justice": f"no youth justice team is named by the responsible council. {_NAMED}",
        "placement": "no home that works here keeps this child's form. Tell the carer by a notice, or ring.",
        "interview_provider": "the responsible council commissions no provider now. Its administrator names one on the "
        "page “Who works for councils”.",
    }
)
"""Why nobody can be asked, by the kind of agency, and what to do."""


@frozen
class Asking:
    """`rows` say by kind of agency who can be asked; `unasked` says of each role with an open task why nobody in it can be."""

    rows: tuple[Row, ...]
    unasked: Mapping[str, str]


def read(case_id: str, open_roles: Collection[str], now: datetime) -> Asking:
    """Read to whom a case belongs, and put it into words; where a child lives is not among them."""
    partners = {ROLES[role].kind: role for role in sorted(OF_ONE_SCHOOL | OF_ONE_AREA)}
    with reading(services().engine) as connection:
        whose = audience.whose(connection, case_id, now)
        found = {kind: whose.agencies(role) or frozenset() for kind, role in partners.items()}
        names = _names(connection, frozenset().union(*found.values()))
    rows = (row(KINDS[kind], _said(kind, [names[each] for each in by if each in names])) for kind, by in found.items())
    nobody = (role for role in open_roles if role in ROLES and whose.agencies(role) == frozenset())
    return Asking(tuple(rows), {role: _said(ROLES[role].kind, []) for role in nobody})


def _said(kind: str, names: Collection[str]) -> str:
    return ", ".join(sorted(names)) or f"Nobody can be asked: {INSTEAD[kind]}"


def _names(connection: sa.Connection, keys: Collection[str]) -> dict[str, str]:
    """Name these agencies, as far as they work here."""
    here = OrganisationRow
    asked = sa.select(here.key, here.name).where(here.key.in_(sorted(keys)), here.closed_at.is_(None))
    return dict(connection.execute(asked).tuples().all())
