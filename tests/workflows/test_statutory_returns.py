"""What a council returns about children in care is checked by each rule, and says how to put it right."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from engine.store import Base, writing
from workflows.absences import AbsenceRow
from workflows.child_details import ChildDetailsRow
from workflows.children import ChildRow
from workflows.episodes import EpisodeRow
from workflows.people import OrganisationRow
from workflows.philomena import FormRow
from workflows.statutory_returns import InCare, Line, check_903, check_annex, in_care, missing_episodes, years

ENDS = date(2026, 3, 31)
RIGHT = Line("MC-2222BBBB", "CH-2", "01/05/2012", "M", "03/06/2025", "04/06/2025")


@pytest.mark.parametrize(
    ("changes", "broken"),
    [
        ({}, set()),
        ({"end": ""}, set()),
        ({"start": "30/03/2025", "end": "01/04/2025"}, set()),
        ({"kind": "A", "start": "31/03/2026", "end": "31/03/2026"}, set()),
        ({"start": ""}, {("MIS_START", "564")}),
        ({"kind": ""}, {("MISSING", "565"), ("MISSING", "566")}),
        ({"kind": "", "end": ""}, {("MISSING", "565")}),
        ({"kind": "", "start": ""}, {("MISSING", "566")}),
        ({"start": "01/04/2026", "end": ""}, {("MIS_START", "570")}),
        ({"start": "01/03/2025", "end": "31/03/2025"}, {("MIS_END", "571")}),
        ({"end": "01/04/2026"}, {("MIS_END", "571")}),
        ({"end": "", "placement_ended": True}, {("MIS_END", "575")}),
        ({"placement_ended": True}, set()),
        ({"end": "31/06/2025"}, {("MIS_END", "1005")}),
        ({"end": "02/06/2025"}, {("MIS_END", "1005")}),
        ({"child": ""}, {("CHILD", "H1")}),
        ({"born_on": ""}, {("DOB", "H2")}),
        ({"start": "soon", "end": ""}, {("MIS_START", "H4")}),
    ],
)
def test_a_line_that_breaks_a_rule_is_named_by_its_number_and_field(
    changes: dict[str, str], broken: set[tuple[str, str]]
) -> None:
    other: dict[str, Any] = {"child": "CH-3", **changes}
    found = check_903([RIGHT, replace(RIGHT, **other)], ENDS)
    assert {(each.field, each.rule) for each in found} == broken
    assert {each.line for each in found} <= {3}
    assert all(each.about == RIGHT.about and each.sentence.endswith(".") for each in found)


def test_nobody_goes_missing_while_missing() -> None:
    later = replace(RIGHT, about="MC-3333CCCC", start="04/06/2025", end="")
    assert check_903([RIGHT, later], ENDS) == ()
    (wrong,) = check_903([replace(RIGHT, end="05/06/2025"), later], ENDS)
    assert (wrong.line, wrong.field, wrong.rule, wrong.about) == (3, "MIS_START", "H3", "MC-3333CCCC")


def test_list_8_asks_for_the_offer_of_an_interview() -> None:
    right = InCare("CH-2", "01/05/2012", 2, 1, "Y", "N")
    assert check_annex([right, InCare("CH-3", "01/05/2012", 0, 1, "", "")]) == ()
    wrong = check_annex([replace(right, offered="N", accepted="Y"), replace(right, offered="", accepted="")])
    assert [(each.line, each.rule) for each in wrong] == [(2, "H5"), (3, "H6")]


def test_a_year_ends_on_the_last_of_march() -> None:
    assert years(datetime(2026, 3, 31, 12, tzinfo=UTC))[:2] == [date(2026, 3, 31), date(2025, 3, 31)]
    assert years(datetime(2026, 4, 1, 12, tzinfo=UTC))[0] == date(2027, 3, 31)


def keep(connection: sa.Connection, table: type[Base], **values: Any) -> None:
    """Keep a row as a projection does: what is not said is empty."""
    usual = {
        column.name: False if isinstance(column.type, sa.Boolean) else 1 if isinstance(column.type, sa.Integer) else ""
        for column in table.__table__.columns
        if not column.nullable and not column.primary_key
    }
    connection.execute(sa.insert(table).values(**{**usual, **values}))


def test_an_episode_is_missing_an_absence_is_away_and_care_that_ended_asks_for_an_end(engine: sa.Engine) -> None:
    june, july = datetime(2025, 6, 3, 23, 30, tzinfo=UTC), datetime(2025, 7, 9, 12, tzinfo=UTC)
    area, child = "nottinghamshire_county", "CH-2222BBBB"
    own: dict[str, Any] = {"responsible_authority": area, "looked_after": "yes", "opened_at": june, "child_id": child}
    with writing(engine) as connection:
        keep(connection, ChildRow, child_id=child, responsible_authority=area, born_on=date(2012, 5, 1))
        keep(connection, EpisodeRow, case_id="MC-2222BBBB", reported_at=june, **own)
        keep(connection, EpisodeRow, case_id="MC-3333CCCC", reported_at=july, returned_at=july, **own)
        keep(connection, EpisodeRow, case_id="MC-4444DDDD", reported_at=july, **{**own, "looked_after": "no"})
        keep(connection, EpisodeRow, case_id="MC-5555FFFF", reported_at=july, **own, status="cancelled_error")
        keep(connection, ChildDetailsRow, case_id="MC-4444DDDD", child_id=child, said_at=july, looked_after="no")
        keep(connection, OrganisationRow, key="elm_house", kind="placement")
        keep(connection, FormRow, id="CF-2222BBBB", owner="elm_house", child_id=child, updated_at=june)
        absent: dict[str, Any] = {"form": "CF-2222BBBB", "absent_since": july, "decided_at": july}
        keep(connection, AbsenceRow, key="a", decision="absent", outcome="returned", outcome_at=july, **absent)
        keep(connection, AbsenceRow, key="b", decision="absent", outcome="report_missing", **absent)
        found = missing_episodes(connection, area, ENDS)
        (listed,) = in_care(connection, area, date(2025, 12, 31))
        assert missing_episodes(connection, "nottingham_city", ENDS) == ()
    assert [each.cells[2:] for each in found] == [
        ("M", "04/06/2025", ""),
        ("A", "09/07/2025", "09/07/2025"),
        ("M", "09/07/2025", "09/07/2025"),
    ]
    assert [(each.line, each.rule) for each in check_903(found, ENDS)] == [(2, "575"), (4, "H3")]
    assert (listed.missing, listed.absent, listed.offered, listed.accepted) == (2, 1, "N", "N")
