"""What the reports said of a child beside name and birthday: diversity, language, status, placement, school; a row for each report.

A projection: nothing is merged when it is written, so that a correction of a report, a later match and two records that are one
child need nothing of their own. Read together, the newest report that says something counts for each question: an answer such as
not known or not recorded hides no earlier one, and *not stated* is another answer than *not recorded* (domain.md 6.0, 6.1).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from engine.frozen import frozen
from engine.model import Facts, Value
from engine.rows import aliased, stored
from engine.store import Base, Moment
from workflows.children import ChildRow, main_id, under
from workflows.listed import CONTACT, Shape, in_lines
from workflows.matching import latest
from workflows.people import agencies
from workflows.vocabulary import ETHNICITY, LOOKED_AFTER, MISSING_FROM_TYPE, Words

REPORT = "missing_report"

_YES_NO: Words = MappingProxyType({"yes": "Yes", "no": "No", "not_known": "Not known"})

REFUSED, NOT_ASKED = "not_stated", "not_recorded"
SAYS_NOTHING = frozenset({"", "not_known", "unknown", NOT_ASKED})
"""Answers that hide no earlier one; `REFUSED` hides only that nobody has asked."""

PLACEMENT_TYPE: Words = MappingProxyType(
    {
        key: MISSING_FROM_TYPE[key]
        for key in (
            "foster", "childrens_home", "supported_accommodation", "secure", "residential_school", "relative_home", "home",
            "hospital", "other",
        )
    }
    | {"not_known": "Not known"}
)  # fmt: skip
"""Where a child in care is placed: the words of ``missing_from_type``, as far as a child can live there."""


ANOTHER_SCHOOL = "other"
NO_SCHOOL: Words = MappingProxyType(
    {ANOTHER_SCHOOL: "Another school or college", "no": "Does not go to school", "not_known": "Not known"}
)
"""What is said of a child's school where it is none that works here: nobody has a part by that."""


@frozen
class Detail:
    """One question: its words as a heading, its data class, the words of its answers, and the questions that open it.

    Another answer than `opens_on` to one of `opened_by` in a newer report ends what an older one said, if it says something.
    """

    words: str
    data_class: str
    values: Words | None = None
    opened_by: tuple[str, ...] = ()
    opens_on: str = "yes"
    names_agency: bool = False
    items: Shape | None = None

    def say(self, value: str) -> str:
        """Give an answer in words; an agency by its key, as the responsible authority is."""
        said = value.replace("_", " ").capitalize() if self.names_agency else value
        return (self.values or {}).get(value, said)


DETAILS: Mapping[str, Detail] = MappingProxyType(
    {
        "nhs_number": Detail("NHS number", "D1"),
        "first_language": Detail("First language", "D1"),
        "interpreter_needed": Detail("Interpreter needed", "D1", _YES_NO),
        "home_address": Detail("Address", "D1"),
        "child_phone": Detail("Telephone and names online", "D1", items=CONTACT),
        "description": Detail("Description", "D1"),
        "looked_after": Detail("In care", "D2", _YES_NO),
        "legal_status": Detail("Legal status", "D2", LOOKED_AFTER, ("looked_after",)),
        "placement_name": Detail("Placement", "D2", None, ("looked_after",)),
        "placement_type": Detail("Kind of placement", "D2", PLACEMENT_TYPE, ("looked_after",)),
        "out_of_area": Detail("Lives in the area of another authority", "D2", _YES_NO, ("looked_after",)),
        "host_authority": Detail("Host authority", "D2", None, ("looked_after", "out_of_area")),
        "school": Detail("School", "D2", NO_SCHOOL, names_agency=True),
        "school_name": Detail("Which other school", "D2", None, ("school",), ANOTHER_SCHOOL),
        "ethnicity": Detail("Ethnic group", "D11", ETHNICITY),
        "gender_identity": Detail("Gender, as the child describes it", "D11"),
        "disability": Detail("Disability or special educational need", "D11", _YES_NO),
        "disability_detail": Detail("What it is, and what helps", "D11", None, ("disability",)),
        "medical_needs": Detail("Medical needs", "D11", _YES_NO),
        "medical_detail": Detail("What they are", "D11", None, ("medical_needs",)),
    }
)
"""Every question of a report that is kept with the child, by its key in the report (domain.md 6.1), in the order of the page."""


SAID_AS_STATUS = frozenset({"looked_after", "legal_status"})
"""What pages say in one row, together with what was imported."""


class ChildDetailsRow(Base):
    """What one report said; empty text where it said nothing. `said_at` is when the child was reported."""

    __tablename__ = "child_details"
    case_id: sa.Column[str] = stored(sa.String(20), primary_key=True)
    child_id: sa.Column[str] = stored(sa.String(20), index=True)
    said_at: sa.Column[datetime] = stored(Moment)
    nhs_number: sa.Column[str] = stored(sa.String(20), server_default="")
    first_language: sa.Column[str] = stored(sa.Text)
    interpreter_needed: sa.Column[str] = stored(sa.String(20))
    home_address: sa.Column[str] = stored(sa.Text)
    child_phone: sa.Column[str] = stored(sa.Text)
    description: sa.Column[str] = stored(sa.Text)
    looked_after: sa.Column[str] = stored(sa.String(20))
    legal_status: sa.Column[str] = stored(sa.String(30))
    placement_name: sa.Column[str] = stored(sa.Text)
    placement_type: sa.Column[str] = stored(sa.String(40))
    out_of_area: sa.Column[str] = stored(sa.String(20))
    host_authority: sa.Column[str] = stored(sa.Text)
    school: sa.Column[str] = stored(sa.String(60), server_default="")
    school_name: sa.Column[str] = stored(sa.Text, server_default="")
    ethnicity: sa.Column[str] = stored(sa.String(40))
    gender_identity: sa.Column[str] = stored(sa.Text)
    disability: sa.Column[str] = stored(sa.String(20))
    disability_detail: sa.Column[str] = stored(sa.Text)
    medical_needs: sa.Column[str] = stored(sa.String(20))
    medical_detail: sa.Column[str] = stored(sa.Text)
    __table_args__ = (sa.Index("ix_child_details_school", "school"),)


@frozen
class Said:
    """What is known of one question: the answer, by which report, and when that was taken."""

    value: str
    case_id: str
    said_at: datetime


# Written out, for one statement does for new and old alike on both databases (as in `workflows.child_projection`).
_WRITE = sa.text("""
    INSERT INTO child_details (
        case_id, child_id, said_at, nhs_number, first_language, interpreter_needed, home_address, child_phone,
        description, looked_after, legal_status, placement_name, placement_type, out_of_area, host_authority,
        school, school_name, ethnicity, gender_identity, disability, disability_detail, medical_needs,
        medical_detail
    ) VALUES (
        :case_id, :child_id, :said_at, :nhs_number, :first_language, :interpreter_needed, :home_address, :child_phone,
        :description, :looked_after, :legal_status, :placement_name, :placement_type, :out_of_area, :host_authority,
        :school, :school_name, :ethnicity, :gender_identity, :disability, :disability_detail, :medical_needs, :medical_detail
    ) ON CONFLICT (case_id) DO UPDATE SET
        child_id = excluded.child_id, said_at = excluded.said_at, nhs_number = excluded.nhs_number,
        first_language = excluded.first_language, interpreter_needed = excluded.interpreter_needed, home_address
        = excluded.home_address, child_phone = excluded.child_phone, description = excluded.description,
        looked_after = excluded.looked_after, legal_status = excluded.legal_status, placement_name =
        excluded.placement_name, placement_type = excluded.placement_type, out_of_area = excluded.out_of_area,
        host_authority = excluded.host_authority, school = excluded.school, school_name = excluded.school_name,
        ethnicity = excluded.ethnicity, gender_identity = excluded.gender_identity, disability =
        excluded.disability, disability_detail = excluded.disability_detail, medical_needs =
        excluded.medical_needs, medical_detail = excluded.medical_detail
""").bindparams(sa.bindparam("said_at", type_=Moment()))


def write(connection: sa.Connection, case_id: str, child_id: str, facts: Facts, at: datetime) -> None:
    """Keep what the report of a case says of its child; `at` stands for when it was reported where it does not say."""
    report = latest(facts, REPORT)
    said: dict[str, Any] = {name: in_lines(report.get(name), detail.items) for name, detail in DETAILS.items()}
    told = report.get("reported_at")
    said_at = told if isinstance(told, datetime) else at
    connection.execute(_WRITE, {"case_id": case_id, "child_id": child_id, "said_at": said_at, **said})


def of_child(connection: sa.Connection, child_id: str, *, alone: bool = False) -> dict[str, Said]:
    """Give what is known of a child, question by question, from its newest reports; `alone` looks under this id and no other."""
    row = ChildDetailsRow
    asked = sa.select(row.__table__).where(row.child_id.in_(under(child_id, alone=alone)))
    rows = connection.execute(asked.order_by(row.said_at.desc(), row.case_id.desc())).mappings().all()
    found = {name: _newest(rows, name, detail) for name, detail in DETAILS.items()}
    return {name: said for name, said in found.items() if said is not None}


def readable(known: Mapping[str, Said], classes: Collection[str]) -> Iterator[tuple[Detail, Said, str]]:
    """Give what may be read with these data classes: the question, what was said, and the answer in words."""
    for name, said in known.items():
        detail = DETAILS[name]
        if detail.data_class in classes:
            yield detail, said, detail.say(said.value)


def pupils() -> sa.Select[tuple[str]]:
    """Select, over `ChildDetailsRow`, the main id of each child whose newest report that says something of a school names one that works here."""
    said, later = ChildDetailsRow, aliased(ChildDetailsRow)
    child, same = aliased(ChildRow), aliased(ChildRow)
    one = main_id(child)
    newer = (
        sa.select(sa.literal(1))
        .join_from(later, same, same.child_id == later.child_id)
        .where(
            sa.or_(same.child_id == one, same.joined_to == one),
            later.school.not_in(sorted(SAYS_NOTHING)),
            sa.or_(later.said_at > said.said_at, sa.and_(later.said_at == said.said_at, later.case_id > said.case_id)),
        )
    )
    found = sa.select(one).join_from(said, child, child.child_id == said.child_id)
    return found.where(said.school.not_in(sorted(SAYS_NOTHING | NO_SCHOOL.keys())), ~newer.exists())


def schools(connection: sa.Connection) -> dict[str, str]:
    """Name the schools that work here by their key."""
    return agencies(connection, ["education"])


def offered(connection: sa.Connection) -> list[Value]:
    """Offer the schools that work here, and what is said of a child who goes to none: ``[{"value": "oak_school", "label": "Oak School"}]``."""
    return [{"value": key, "label": name} for key, name in {**schools(connection), **NO_SCHOOL}.items()]


def _newest(rows: Iterable[Mapping[Any, Any]], name: str, detail: Detail) -> Said | None:
    """Give the newest answer that says something, one that was refused where there is no other, and last that nobody asked."""
    weaker: dict[str, Said] = {}
    for row in rows:
        said = Said(row[name], row["case_id"], row["said_at"])
        if said.value == REFUSED or (said.value in SAYS_NOTHING and said.value):
            weaker.setdefault(said.value, said)
        elif said.value:
            return said
        ending = SAYS_NOTHING | {REFUSED, detail.opens_on}
        if any(row[question] not in ending for question in detail.opened_by):
            return None
    return next((weaker[value] for value in (REFUSED, NOT_ASKED, *sorted(weaker)) if value in weaker), None)
