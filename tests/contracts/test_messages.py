"""Messages between cases: one opens the case of a child, later ones join it, and it answers; on both databases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from engine import store, timers
from engine.cases import Cases
from engine.errors import NotFound, ReleaseInvalid
from engine.store import reading
from tests.contracts.sample import NOW, WORKER
from tests.drawn import form, procedure
from tests.plans import steps_of

CHILD_LEVEL = procedure(
    "pattern",
    """
    begun: start message=child_reported key={=child_reported[1].child} repeats=true
    count_episodes: service does=count_episodes record=counted
    review: user form=review repeats=true
    wait: catch message=child_reported key={=child_reported[1].child} repeats=true
    again: exclusive
    begun > again
    again > count_episodes
    count_episodes > review
    review > is_it_over
    is_it_over: exclusive
    over: end message=pattern_seen correlation={=child_reported[-1].sender} gives={count: count(child_reported)}
    is_it_over > over : =counted.count >= 3
    is_it_over > wait default
    wait > again
    """,
    form("review", "text"),
)
EPISODE = procedure(
    "episode",
    """
    begun: start form=opening
    reported: throw message=child_reported correlation=opening.child gives={child: opening.child; why: opening.why}
    seen: catch message=pattern_seen key={=case.reference}
    look: user form=looked
    done: end
    begun > reported
    reported > seen
    seen > look
    look > done
    """,
    form("opening", "child", "why"),
    form("looked", "text"),
)


def count_episodes(connection: sa.Connection, scope: Mapping[str, Any], _now: datetime) -> Mapping[str, Any]:
    """Count the reports of this child: the simplest operation."""
    assert connection.in_transaction()
    return {"count": len(scope["child_reported"])}


@pytest.fixture
def cases(engine: sa.Engine) -> Cases:
    return cases_in(engine)


def cases_in(engine: sa.Engine) -> Cases:
    """Publish both procedures."""
    made = Cases(engine, operations={"count_episodes": count_episodes})
    for files in (CHILD_LEVEL, EPISODE):
        made.publish(files, by="ann", now=NOW)
    return made


def report(cases: Cases, child: str, turn: int) -> str:
    """Open an episode of a child; give its reference."""
    answers = {"child": child, "why": f"report {turn}"}
    at = NOW + timedelta(minutes=turn)
    return cases.open("episode", answers, by=WORKER, now=at, key=f"{child}{turn}").case_id


def pattern_of(cases: Cases, child: str) -> str:
    """Give the reference of the case that a child's reports opened."""
    case = store.CaseTable
    with cases.engine.connect() as connection:
        statement = sa.select(case.id).where(case.procedure == "pattern", case.correlation == child)
        return connection.execute(statement).scalar_one()


def review(cases: Cases, reference: str, key: str) -> None:
    """Do the open review of a child's case, and let the messages go their way."""
    task = next(each for each in cases.inbox(frozenset({"worker"})).rows if each.case_id == reference)
    cases.complete(task.id, {"text": "read"}, by=WORKER, now=NOW + timedelta(hours=2), key=key)
    timers.sweep(cases, now=NOW + timedelta(hours=2))


def test_a_message_opens_the_case_of_a_child_once_and_its_later_ones_join_it(cases: Cases) -> None:
    episodes = [report(cases, "CH-1", turn) for turn in range(3)]
    report(cases, "CH-2", 0)
    assert timers.sweep(cases, now=NOW + timedelta(hours=1)).delivered == 2
    first = pattern_of(cases, "CH-1")
    assert first != pattern_of(cases, "CH-2")
    for turn in range(3):
        review(cases, first, f"r{turn}")
    view = cases.case(first, classes=frozenset({"D2"}), by=WORKER, purpose="test", now=NOW)
    reasons = [fields["why"] for _key, fields in sorted(view.facts["child_reported"].items())]
    assert (view.status, reasons) == ("closed", ["report 0", "report 1", "report 2"])
    receiver = cases.case(episodes[-1], classes=frozenset({"D2"}), by=WORKER, purpose="test", now=NOW)
    assert receiver.facts["pattern_seen"][""]["count"] == 3
    assert [task.element for task in receiver.tasks] == ["look"]


def test_reports_of_children_whom_nobody_knows_yet_are_not_taken_for_one_child(cases: Cases) -> None:
    """A key that is not known was once the word "None", by which such children found each other's cases."""
    for turn in range(2):
        cases.open("episode", {"why": "not matched"}, by=WORKER, now=NOW, key=f"nobody{turn}")
    assert timers.sweep(cases, now=NOW + timedelta(hours=1)).delivered == 0
    with reading(cases.engine) as connection:
        assert (
            connection.execute(sa.select(store.CaseTable.id).where(store.CaseTable.procedure == "pattern")).all() == []
        )


def test_what_waits_by_a_key_that_is_not_known_waits_for_nothing_until_it_is(engine: sa.Engine) -> None:
    made, awaits = Cases(engine), sa.select(store.AwaitedTable.correlation)
    made.publish(
        procedure(
            "waiting",
            """
            begun: start form=opening
            part: parallel
            ask: user form=told
            seen: catch message=answered key={=told.child}
            over: end
            done: end
            begun > part
            part > ask
            part > seen
            ask > done
            seen > over
            """,
            form("opening", "why"),
            form("told", "child"),
        ),
        by="ann",
        now=NOW,
    )
    made.open("waiting", {"why": "x"}, by=WORKER, now=NOW, key="w")
    with reading(engine) as connection:
        assert connection.execute(awaits).scalars().all() == []
    (task,) = made.inbox(frozenset({"worker"})).rows
    made.complete(task.id, {"child": "CH-1"}, by=WORKER, now=NOW, key="w2")
    with reading(engine) as connection:
        assert connection.execute(awaits).scalars().all() == ["CH-1"]


BY_BOTH = procedure(
    "referral",
    """
    begun: start form=opening message=child_referred key={=opening.child}
    decide: user form=review
    done: end
    begun > decide
    decide > done
    """,
    form("opening", "child", "why"),
    form("review", "text"),
)


def sending(gives: str) -> Mapping[str, str]:
    """Draw a procedure that sends what opens a referral."""
    return procedure(
        "episode",
        f"""
        begun: start form=opening
        told: end message=child_referred correlation=opening.child gives={{{gives}}}
        begun > told
        """,
        form("opening", "child", "why"),
    )


def referrals(cases: Cases) -> list[Mapping[str, Any]]:
    """Give the opening answers of each referral, the oldest first."""
    case = store.CaseTable
    with reading(cases.engine) as connection:
        found = connection.execute(
            sa.select(case.id).where(case.procedure == "referral").order_by(case.opened_at, case.id)
        )
        ids = found.scalars().all()
    views = [cases.case(each, classes=frozenset({"D2"}), by=WORKER, purpose="test", now=NOW) for each in ids]
    return [dict(view.facts["opening"][""]) for view in views]


def test_what_people_open_by_a_form_a_message_may_open_too_with_the_same_answers(engine: sa.Engine) -> None:
    made = Cases(engine)
    for files in (BY_BOTH, sending("child: opening.child; why: opening.why")):
        made.publish(files, by="ann", now=NOW)
    made.open("referral", {"child": "CH-1", "why": "by hand"}, by=WORKER, now=NOW, key="hand")
    report(made, "CH-2", 1)
    assert timers.sweep(made, now=NOW + timedelta(hours=1)).delivered == 1
    assert referrals(made) == [{"child": "CH-1", "why": "by hand"}, {"child": "CH-2", "why": "report 1"}]
    assert [task.element for task in made.inbox(frozenset({"worker"})).rows] == ["decide", "decide"]


def test_a_message_says_nothing_that_the_form_does_not_ask_for(engine: sa.Engine) -> None:
    made = Cases(engine)
    for files in (BY_BOTH, sending("child: opening.child; secret: opening.why")):
        made.publish(files, by="ann", now=NOW)
    report(made, "CH-2", 1)
    for day in range(1, timers.WEATHER_AT_MOST + 1):
        assert timers.sweep(made, now=NOW + timedelta(days=day)).delivered == 0
    assert referrals(made) == []
    (incident,) = made.incidents.standing()
    assert incident.kind == "message"
    assert incident.error.startswith("The message says what no question of the opening form asks for")


def test_people_cannot_open_what_messages_open(cases: Cases) -> None:
    with pytest.raises(NotFound, match="by other cases"):
        cases.open("pattern", {}, by=WORKER, now=NOW, key="x")


def test_an_operation_that_is_not_there_is_refused_when_it_is_published(engine: sa.Engine) -> None:
    with pytest.raises(ReleaseInvalid, match="Did you mean count_episode"):
        Cases(engine, operations={"count_episode": lambda *_: {}}).publish(CHILD_LEVEL, by="ann", now=NOW)


def test_the_next_message_is_found_without_reading_the_cases_that_are_open(sqlite_engine: sa.Engine) -> None:
    """With 50,000 open cases a message took ten seconds, while the planner read them all for each one that waited."""
    cases = cases_in(sqlite_engine)
    report(cases, "CH-1", 0)
    cases.library.opened_by()
    steps = steps_of(sqlite_engine, lambda: cases.messages.next(now=NOW), asks=4)
    read = [step.partition("(")[0].strip() for step in steps if " cases" in step or " awaited" in step]
    assert read == ["SEARCH awaited USING INDEX ix_awaited_name", "SEARCH cases USING INDEX uq_cases_correlation"]
