"""The sample of a month and the figures of the audits, with the real procedure on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from engine import release, timers
from engine.cases import Cases, Step
from engine.forms.fields import Kind
from engine.model import Actor
from engine.store import writing
from tests.procedures.casework import files_of
from workflows import audits, catalogue, sampling
from workflows.agencies import ROLES
from workflows.audits import STANDARDS
from workflows.children import ChildRow
from workflows.episodes import EpisodeRow
from workflows.erasing import KEPT_OF_AUDITS
from workflows.operations import OPERATIONS
from workflows.sampling import Candidate

EVERYBODY = Actor("ann", frozenset(ROLES), "police")
FEBRUARY = datetime(2026, 2, 10, 12, 0, tzinfo=UTC)
PUBLISHED = datetime(2026, 2, 20, 12, 0, tzinfo=UTC)
MONTH_BEGINS = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
QUOTA = {"high_risk": 3, "repeat": 3, "random": 4}


def episode(
    connection: sa.Connection,
    number: int,
    *,
    returned_at: datetime | None = FEBRUARY,
    closed_at: datetime | None = None,
    level: str = "medium",
    child: str = "",
) -> str:
    """Keep an episode as the projections do; its reference is ``MC-<number>``."""
    case_id, opened_at = f"MC-{number}", (returned_at or closed_at or FEBRUARY) - timedelta(days=1)
    empty = {
        column.name: False if isinstance(column.type, sa.Boolean) else ""
        for column in EpisodeRow.__table__.columns
        if not column.nullable and column.name != "case_id"
    }
    row = empty | {
        "case_id": case_id,
        "opened_at": opened_at,
        "risk_level": level,
        "returned_at": returned_at,
        "case_closed_at": closed_at,
        "child_id": child or f"CH-{number}",
        "reported_at": opened_at,
    }
    connection.execute(sa.insert(EpisodeRow).values(**row))
    return case_id


def joined(connection: sa.Connection, child: str, older: str) -> None:
    """Join a child to an older one."""
    empty = {column.name: "" for column in ChildRow.__table__.columns if not column.nullable}
    connection.execute(sa.insert(ChildRow).values(**{**empty, "child_id": child, "joined_to": older}))


@pytest.fixture
def steps() -> list[Step]:
    return []


@pytest.fixture
def cases(engine: sa.Engine, steps: list[Step]) -> Cases:
    observers = (*catalogue.observers("https://homeward.example"), lambda _connection, step: steps.append(step))
    made = Cases(engine, observers=observers, operations=OPERATIONS)
    made.publish(catalogue.files("audit"), by="ann", now=PUBLISHED, roles=tuple(ROLES))
    return made


def do(cases: Cases, element: str, now: datetime, **answers: Any) -> None:
    """Do the first open task of an element."""
    row = next(each for each in cases.inbox(EVERYBODY.roles, limit=500).rows if each.element == element)
    cases.complete(row.id, answers, by=EVERYBODY, now=now, key=row.id)


def months(cases: Cases, now: datetime = MONTH_BEGINS) -> tuple[audits.Month, ...]:
    with cases.engine.connect() as connection:
        return audits.months(connection, now)


def candidate(number: int, level: str = "medium", *, repeat: bool = False) -> Candidate:
    return Candidate(f"MC-{number}", level, FEBRUARY, repeat)


def test_high_risk_is_drawn_first_then_repeats_then_by_chance_and_each_case_once() -> None:
    found = [candidate(n, "high" if n < 5 else "medium", repeat=n in {1, 2, 6, 7}) for n in range(20)]
    picked = [(kind, one.case_id) for kind, one in sampling.pick(found, QUOTA)]
    assert picked[:3] == [("high_risk", "MC-0"), ("high_risk", "MC-1"), ("high_risk", "MC-2")]
    assert picked[3:5] == [("repeat", "MC-6"), ("repeat", "MC-7")]
    assert picked[5:] == [("random", "MC-3"), ("random", "MC-4"), ("random", "MC-5"), ("random", "MC-8")]


def test_what_ended_in_the_month_is_a_candidate_and_nothing_else(engine: sa.Engine) -> None:
    begins, ends = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
    with writing(engine) as connection:
        episode(connection, 1)
        episode(connection, 2, returned_at=begins, closed_at=ends + timedelta(days=1))
        episode(connection, 3, returned_at=begins - timedelta(seconds=1), closed_at=ends - timedelta(seconds=1))
        episode(connection, 4, returned_at=None, closed_at=begins)
        episode(connection, 5, returned_at=ends)
        episode(connection, 6, returned_at=begins - timedelta(days=3), closed_at=begins - timedelta(days=1))
        episode(connection, 7, returned_at=None)
        found = sampling.candidates(connection, begins, ends)
    assert {one.case_id for one in found} == {"MC-1", "MC-2", "MC-3", "MC-4"}
    assert {one.case_id: one.ended_at for one in found}["MC-2"] == begins


def test_the_third_episode_in_90_days_is_a_repeat_under_whichever_id_the_child_is_known(engine: sa.Engine) -> None:
    with writing(engine) as connection:
        joined(connection, "CH-young", "CH-old")
        episode(connection, 1, returned_at=FEBRUARY - timedelta(days=89), child="CH-old")
        episode(connection, 2, returned_at=FEBRUARY - timedelta(days=40), child="CH-young")
        episode(connection, 3, child="CH-old")
        episode(connection, 4, returned_at=FEBRUARY - timedelta(days=91), child="CH-4")
        episode(connection, 5, returned_at=FEBRUARY - timedelta(days=1), child="CH-4")
        episode(connection, 6, child="CH-4")
        found = sampling.candidates(connection, FEBRUARY - timedelta(days=9), FEBRUARY + timedelta(days=9))
    assert {one.case_id: one.repeat for one in found} == {"MC-3": True, "MC-5": False, "MC-6": False}


def test_the_calendar_opens_the_audit_of_the_month_before_and_draws_each_case_once(cases: Cases) -> None:
    with writing(cases.engine) as connection:
        for number in range(30):
            episode(connection, number, level="high" if number < 5 else "low")
    assert timers.sweep(cases, now=MONTH_BEGINS).opened == 1
    (march,) = months(cases)
    assert march.month == date(2026, 2, 1)
    kinds = [each.sampled_by for each in march.sample]
    assert kinds == ["high_risk"] * 3 + ["random"] * 4
    drawn = {each.case_id for each in march.sample}
    assert len(drawn) == 7
    with writing(cases.engine) as connection:
        late = sa.update(EpisodeRow).values(case_closed_at=MONTH_BEGINS + timedelta(days=3))
        connection.execute(late)
    assert timers.sweep(cases, now=MONTH_BEGINS + timedelta(days=31)).opened == 1
    april = months(cases)[0]
    assert april.month == date(2026, 3, 1)
    assert drawn.isdisjoint({each.case_id for each in april.sample})


def test_the_draw_can_be_repeated_by_the_reference_of_the_audit(engine: sa.Engine) -> None:
    with writing(engine) as connection:
        for number in range(30):
            episode(connection, number)

        def draw(reference: str) -> list[str]:
            scope = {"month": {"at": MONTH_BEGINS, "missed": 0}, "quota": QUOTA, "case": {"reference": reference}}
            return [each["case_id"] for each in sampling.draw(connection, scope, MONTH_BEGINS)]  # type: ignore[index]

        assert draw("AU-1") == draw("AU-1")
        assert draw("AU-1") != draw("AU-2")
        rest = {"quota": QUOTA, "case": {"reference": "AU-3"}}
        for missed, count in ((1, 4), (0, 0)):
            month = {"at": MONTH_BEGINS + timedelta(days=31), "missed": missed}
            assert len(sampling.draw(connection, {"month": month, **rest}, MONTH_BEGINS)) == count


def test_the_month_shows_scores_findings_and_what_is_overdue_and_can_be_built_again(
    cases: Cases, steps: list[Step]
) -> None:
    with writing(cases.engine) as connection:
        sampled = [episode(connection, number) for number in range(3)]
    timers.sweep(cases, now=MONTH_BEGINS)
    at = MONTH_BEGINS + timedelta(days=1)
    scores = dict.fromkeys(STANDARDS, "3")
    do(cases, "audit_case", at, **scores, action_needed="yes", immediate_risk_found="yes", victim_blaming_language="no")
    do(cases, "record_finding", at, standard="supervision", role="locate_sergeant", another="no")
    do(cases, "act_on_finding_locate", at, outcome="done")
    do(cases, "audit_case", at, **{**scores, "supervision": "0", "closure": "na"}, victim_blaming_language="yes")
    (month,) = months(cases, at)
    assert (month.audited, len(month.sample), month.overdue) == (2, 3, 0)
    assert (month.means["supervision"], month.means["closure"]) == (Decimal("1.5"), Decimal("3.0"))
    assert (month.at_risk, month.blaming, month.findings_open, month.findings_done) == (1, 1, 1, 0)
    do(cases, "check_finding", at, settled="no")
    assert months(cases, at)[0].findings_done == 0
    do(cases, "decide_on_finding", at, decision="ordered")
    late = MONTH_BEGINS + timedelta(days=20)
    (month,) = months(cases, late)
    assert (month.findings_open, month.findings_done, month.overdue) == (0, 1, 2), "an audit and the risk"
    do(cases, "audit_case", late, **scores)
    do(cases, "summarise_month", late, good="All")
    do(cases, "act_on_immediate_risk", late, child_safe="yes")
    do(cases, "read_summary", late, decision="no_change")
    before = months(cases, late)
    assert (before[0].summarised_at, before[0].closed_at) == (late, late)
    with writing(cases.engine) as connection:
        assert audits.sampled_among(connection, [*sampled, "MC-99"]) == frozenset(sampled)
        audits.rebuild(connection, steps)
    assert months(cases, late) == before


def test_erasing_keeps_what_was_chosen_of_an_audit_and_takes_what_was_typed() -> None:
    """What an auditor types about a case may say whom it is about; scores count on. A new question is on one of the two sides."""
    drawn = release.load(release.pack(files_of("audit"))[0])
    items = ("audit", "immediate_risk", "finding", "finding_result", "finding_check", "finding_decision")
    fields = {(record, field.key): field.kind for record in items for field in drawn.forms_by_record[record].fields}
    typed = {place for place, kind in fields.items() if kind in {Kind.TEXT, Kind.TEXTAREA}}
    assert typed
    assert fields.keys() - KEPT_OF_AUDITS == typed
