"""The sample of a month and the figures of the audits, with the real procedure on both databases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa

from engine import release, timers
from engine.cases import Cases, Step
from engine.forms.fields import Kind
from engine.model import Actor
from engine.store import writing
from tests.procedures.casework import files_of
from workflows import audits, catalogue, people, sampling
from workflows.agencies import ROLES
from workflows.agreement import agreement
from workflows.audits import STANDARDS
from workflows.children import ChildRow
from workflows.episodes import EpisodeRow
from workflows.erasing import KEPT_OF_AUDITS
from workflows.operations import OPERATIONS
from workflows.people import Membership
from workflows.sampling import Candidate
from workflows.vocabulary import DATA_CLASS

EVERYBODY = Actor("ann", frozenset(ROLES), "police")
SECOND, THIRD = (Actor(name, frozenset({"audit_lead"}), "police") for name in ("ben", "cas"))
NOBODY = Actor("nobody", frozenset())
CHIEF = Actor("dee", frozenset({"chief_inspector_missing"}), "police")
FEBRUARY = datetime(2026, 2, 10, 12, 0, tzinfo=UTC)
PUBLISHED = datetime(2026, 2, 20, 12, 0, tzinfo=UTC)
MONTH_BEGINS = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
QUOTA = {"death": 10, "complaint": 3, "high_risk": 3, "repeat": 3, "random": 4, "again": 3}


def episode(
    connection: sa.Connection,
    number: int,
    *,
    returned_at: datetime | None = FEBRUARY,
    closed_at: datetime | None = None,
    level: str = "medium",
    child: str = "",
    **also: Any,
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
        **also,
    }
    connection.execute(sa.insert(EpisodeRow).values(**row))
    return case_id


def joined(connection: sa.Connection, child: str, older: str) -> None:
    """Join a child to an older one."""
    empty = {column.name: "" for column in ChildRow.__table__.columns if not column.nullable}
    connection.execute(sa.insert(ChildRow).values(**{**empty, "child_id": child, "joined_to": older}))


def two_auditors(connection: sa.Connection) -> None:
    """Let two people be audit lead."""
    people.add_organisation(connection, "force", "Force", "police")
    for name in ("ann_auditor", "ben_auditor"):
        mail, roles = f"{name}@force.example", (Membership("audit_lead", "force"),)
        people.add(connection, name, name=name, mail=mail, password=None, memberships=roles, now=PUBLISHED)


@pytest.fixture
def steps() -> list[Step]:
    return []


@pytest.fixture
def cases(engine: sa.Engine, steps: list[Step]) -> Cases:
    observers = (*catalogue.observers("https://homeward.example"), lambda _connection, step: steps.append(step))
    made = Cases(engine, observers=observers, operations=OPERATIONS, veil=catalogue.veil)
    with writing(engine) as connection:
        two_auditors(connection)
    made.publish(catalogue.files("audit"), by="ann", now=PUBLISHED, roles=tuple(ROLES))
    return made


def do(cases: Cases, element: str, now: datetime, *, by: Actor = EVERYBODY, **answers: Any) -> None:
    """Do the first open task of an element."""
    row = next(each for each in cases.inbox(EVERYBODY.roles, limit=500).rows if each.element == element)
    cases.complete(row.id, answers, by=by, now=now, key=row.id)


def months(cases: Cases, now: datetime = MONTH_BEGINS) -> tuple[audits.Month, ...]:
    with cases.engine.connect() as connection:
        return audits.months(connection, now)


def hidden_from(cases: Cases, who: Actor) -> dict[str, set[str]]:
    """Name what is there and not shown to somebody, who may read all classes."""
    case_id, classes = months(cases)[0].case_id, frozenset(DATA_CLASS)
    seen, whole = (
        cases.case(case_id, classes=classes, by=each, purpose="test", now=FEBRUARY).facts for each in (who, NOBODY)
    )
    gone = {record: keys.keys() - seen.get(record, {}).keys() for record, keys in whole.items()}
    return {record: set(keys) for record, keys in gone.items() if keys}


def apart_by(weights: list[list[float]], pairs: list[tuple[int, int]]) -> float:
    """Kappa as the textbook writes it: one minus the weighted sum of what is seen over that of what chance gives, cell by cell."""
    n = len(pairs)
    seen = [[sum(pair == (i, j) for pair in pairs) / n for j in range(4)] for i in range(4)]
    rows, columns = [sum(row) for row in seen], [sum(row[j] for row in seen) for j in range(4)]
    top = sum(weights[i][j] * seen[i][j] for i in range(4) for j in range(4))
    return 1 - top / sum(weights[i][j] * rows[i] * columns[j] for i in range(4) for j in range(4))


def test_agreement_is_that_of_the_textbook_and_of_few_pairs_nothing_is_said() -> None:
    chance = Random(12)  # noqa: S311 - nothing secret
    linear = [[abs(i - j) / 3 for j in range(4)] for i in range(4)]
    for size in (20, 33, 400):
        pairs = [(one := chance.randrange(4), chance.choice([one, one, chance.randrange(4)])) for _ in range(size)]
        found = agreement(pairs)
        assert found.kappa is not None
        assert float(found.kappa) == pytest.approx(apart_by(linear, pairs), abs=0.005)
        assert found.per_cent == round(100 * sum(one == other for one, other in pairs) / size)
    assert agreement([(0, 3), (3, 0)] * 10).kappa == Decimal("-1.00")
    assert agreement([(0, 3), (3, 0)] * 10).meaning == "They agree no more than by chance"
    assert agreement([(0, 0), (3, 3)] * 10).meaning == "They agree almost always"
    assert agreement([(3, 3)] * 20).kappa is None
    assert agreement([(3, 3)] * 19).meaning == "Too few: fewer than 20 pairs"
    assert agreement([]).per_cent == 0


def candidate(number: int, level: str = "medium", *, repeat: bool = False) -> Candidate:
    return Candidate(f"MC-{number}", level, FEBRUARY, repeat)


def test_high_risk_is_drawn_first_then_repeats_then_by_chance_and_each_case_once() -> None:
    found = [candidate(n, "high" if n < 5 else "medium", repeat=n in {1, 2, 6, 7}) for n in range(20)]
    picked = [(kind, one.case_id) for kind, one in sampling.pick(found, QUOTA)]
    assert picked[:3] == [("high_risk", "MC-0"), ("high_risk", "MC-1"), ("high_risk", "MC-2")]
    assert picked[3:5] == [("repeat", "MC-6"), ("repeat", "MC-7")]
    assert picked[5:] == [("random", "MC-3"), ("random", "MC-4"), ("random", "MC-5"), ("random", "MC-8")]


def test_deaths_and_complaints_are_drawn_before_all_others() -> None:
    found = [Candidate(f"MC-{n}", "high", FEBRUARY, False, complaint=n in {2, 3}, death=n == 3) for n in range(9)]
    picked = [(kind, one.case_id) for kind, one in sampling.pick(found, {"death": 10, "complaint": 3, "high_risk": 1})]
    assert picked == [("death", "MC-3"), ("complaint", "MC-2"), ("high_risk", "MC-0")]


def test_a_case_is_drawn_for_a_death_and_for_a_complaint_that_came_after_its_end(engine: sa.Engine) -> None:
    begins, ends = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
    earlier = begins - timedelta(days=40)
    with writing(engine) as connection:
        episode(connection, 1, found_how="deceased")
        episode(connection, 2, harm="death self_harm")
        episode(connection, 3, returned_at=earlier, complained_at=FEBRUARY)
        episode(connection, 4, returned_at=earlier, complained_at=ends)
        episode(connection, 5, returned_at=None, complained_at=FEBRUARY)
        episode(connection, 6, complained_at=earlier)
        found = {one.case_id: (one.death, one.complaint) for one in sampling.candidates(connection, begins, ends)}
    assert found == {"MC-1": (True, False), "MC-2": (True, False), "MC-3": (False, True), "MC-6": (False, True)}


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
        two_auditors(connection)
        twice: dict[str, set[str]] = {}

        def draw(reference: str) -> list[str]:
            scope = {"month": {"at": MONTH_BEGINS, "missed": 0}, "quota": QUOTA, "case": {"reference": reference}}
            found: Any = sampling.draw(connection, scope, MONTH_BEGINS)
            assert [each["again"] for each in found].count("yes") == 3
            twice[reference] = {each["case_id"] for each in found if each["again"] == "yes"}
            return [each["case_id"] for each in found]

        assert draw("AU-1") == draw("AU-1")
        assert draw("AU-1") != draw("AU-2")
        assert twice["AU-1"] != twice["AU-2"]
        people.disable(connection, "ben_auditor", MONTH_BEGINS)
        alone: Any = sampling.draw(
            connection, {"month": {"at": MONTH_BEGINS}, "quota": QUOTA, "case": {"reference": "AU-1"}}, MONTH_BEGINS
        )
        assert {each["again"] for each in alone} == {"no"}, "nobody could score one a second time"
        rest = {"quota": QUOTA, "case": {"reference": "AU-3"}}
        for missed, count in ((1, 4), (0, 0)):
            month = {"at": MONTH_BEGINS + timedelta(days=31), "missed": missed}
            assert len(sampling.draw(connection, {"month": month, **rest}, MONTH_BEGINS)) == count


def audited_again_blind(cases: Cases, at: datetime, scores: Mapping[str, Any]) -> audits.Month:
    """Audit two cases again by somebody from whom the first audit, its finding and what came of that are hidden until then."""
    assert hidden_from(cases, SECOND) == {"audit": {"1", "2"}, "finding": {"1.1"}, "finding_result": {"1.1"}}
    assert hidden_from(cases, EVERYBODY) == hidden_from(cases, CHIEF) == {}
    do(cases, "audit_case_again", at, by=SECOND, **{**scores, "closure": "1"})
    assert hidden_from(cases, THIRD) == {"audit": {"2"}}
    do(cases, "audit_case_again", at, by=SECOND, **scores)
    return months(cases, at)[0]


def test_the_month_shows_scores_findings_and_what_is_overdue_and_can_be_built_again(
    cases: Cases, steps: list[Step]
) -> None:
    with writing(cases.engine) as connection:
        sampled = [episode(connection, number) for number in range(3)]
    timers.sweep(cases, now=MONTH_BEGINS)
    at = MONTH_BEGINS + timedelta(days=1)
    scores: dict[str, Any] = dict.fromkeys(STANDARDS, "3")
    first = {**scores, "risk_now": "The older man"}
    do(cases, "audit_case", at, **first, action_needed="yes", immediate_risk_found="yes", victim_blaming_language="no")
    do(cases, "record_finding", at, standard="supervision", role="locate_sergeant", another="no")
    do(cases, "act_on_finding_locate", at, outcome="done")
    do(cases, "audit_case", at, **{**scores, "supervision": "0", "closure": "na"}, victim_blaming_language="yes")
    (month,) = months(cases, at)
    assert (month.audited, len(month.sample), month.overdue) == (2, 3, 0)
    assert (month.means["supervision"], month.agreement.pairs) == (None, 0), "both wait for their second audit"
    month = audited_again_blind(cases, at, scores)
    assert (month.means["supervision"], month.means["closure"]) == (Decimal("1.5"), Decimal("3.0"))
    assert (month.pairs["closure"], month.pairs["supervision"]) == (((3, 1),), ((3, 3), (0, 3)))
    assert (month.agreement.pairs, month.agreement.equal, month.agreement.is_too_few) == (21, 19, False)
    assert (month.at_risk, month.blaming, month.findings_open, month.findings_done) == (1, 1, 1, 0)
    do(cases, "check_finding", at, settled="no")
    assert months(cases, at)[0].findings_done == 0
    do(cases, "decide_on_finding", at, decision="ordered")
    late = MONTH_BEGINS + timedelta(days=20)
    (month,) = months(cases, late)
    assert (month.findings_open, month.findings_done, month.overdue) == (0, 1, 2), "an audit and the risk"
    do(cases, "audit_case", late, **scores)
    do(cases, "audit_case_again", late, by=SECOND, **scores)
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
    items = (
        "audit",
        "second_audit",
        "immediate_risk",
        "finding",
        "finding_result",
        "finding_check",
        "finding_decision",
    )
    fields = {(record, field.key): field.kind for record in items for field in drawn.forms_by_record[record].fields}
    typed = {place for place, kind in fields.items() if kind in {Kind.TEXT, Kind.TEXTAREA}}
    assert typed
    assert fields.keys() - KEPT_OF_AUDITS == typed
