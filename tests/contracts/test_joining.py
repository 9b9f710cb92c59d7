"""Two records of one child are joined by two people, and taken apart as they were; on both databases."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import Invalid
from engine.model import Actor
from engine.store import Base, reading, writing
from engine.views import Step
from tests.workflows.test_children import DAY, a_step, an_episode, follow, matched
from workflows import absences, child_projection, children, erasing, merging, retention, trigger_plans
from workflows.children import ChildFlagRow, ChildRow
from workflows.episodes import EpisodeRow
from workflows.joining import MergeRow
from workflows.merging import AnotherPersonNeeded, MergeNotFound, RecordsNotJoined
from workflows.seals import SealRow
from workflows.trigger_plans import ChildPlanRow

KEPT_BESIDE = absences.AbsenceRow
"""Who erases a child erases this by the name of its table: whatever is run has to know of it."""
ANN, BOB = (Actor(name, merging.MERGES) for name in ("ann", "bob"))
ONE, TWO, THREE, FOUR = (f"CH-{digit * 8}" for digit in "2345")
CASES = [each.replace("CH-", "MC-") for each in (ONE, TWO, THREE, FOUR)]
DRAWN = (ChildRow, ChildFlagRow, ChildPlanRow, EpisodeRow)


def tables(engine: sa.Engine) -> dict[str, list[tuple[Any, ...]]]:
    with reading(engine) as connection:
        return {
            each.__tablename__: sorted((tuple(row) for row in connection.execute(sa.select(each.__table__))), key=repr)
            for each in DRAWN
        }


def joined(engine: sa.Engine) -> dict[str, str]:
    with reading(engine) as connection:
        return dict(connection.execute(sa.select(ChildRow.child_id, ChildRow.joined_to)).tuples().all())


def proposed(engine: sa.Engine, one: str, other: str, at: datetime, *, by: Actor = ANN) -> int:
    with writing(engine) as connection:
        return merging.propose(connection, one, other, other, by=by, reason="Same aunt", now=at)


def agreed(engine: sa.Engine, number: int, at: datetime, *, by: Actor = BOB) -> int:
    with writing(engine) as connection:
        merging.agree(connection, number, by=by, now=at)
    return number


def undone(engine: sa.Engine, number: int, at: datetime) -> None:
    with writing(engine) as connection:
        merging.undo(connection, number, by=ANN, reason="Twins", now=at)


def some(engine: sa.Engine, now: datetime, count: int = 3) -> list[Step]:
    story = [matched(now, case, "new") for case in CASES[:count]]
    follow(engine, *story)
    return story


def test_two_people_join_two_records_and_everything_is_found_under_either(engine: sa.Engine, now: datetime) -> None:
    some(engine, now)
    before = tables(engine)
    number = agreed(engine, proposed(engine, ONE, TWO, now), now)

    assert joined(engine) == {ONE: TWO, TWO: "", THREE: ""}
    with reading(engine) as connection:
        assert {each.case_id for each in children.episodes_of(connection, ONE)} == set(CASES[:2])
        assert children.child_of(connection, CASES[0]) == TWO
        assert merging.other_ids(connection, TWO) == (ONE,)
    undone(engine, number, now + DAY)
    assert tables(engine) == before
    with reading(engine) as connection:
        (kept,) = merging.of(connection, ONE)
    assert (kept.proposed_by, kept.decided_by, kept.undone_by, kept.undone_why) == ("ann", "bob", "ann", "Twins")


def test_a_report_while_they_are_one_does_not_take_them_apart(engine: sa.Engine, now: datetime) -> None:
    some(engine, now)
    agreed(engine, proposed(engine, ONE, TWO, now), now)
    follow(engine, matched(now + DAY, CASES[0], "new"), matched(now + DAY, "MC-99999999", TWO))
    assert joined(engine) == {ONE: TWO, TWO: "", THREE: ""}


def test_who_proposed_it_does_not_agree_but_takes_it_back(engine: sa.Engine, now: datetime) -> None:
    some(engine, now)
    number = proposed(engine, ONE, TWO, now)
    with pytest.raises(AnotherPersonNeeded):
        agreed(engine, number, now, by=ANN)
    with writing(engine) as connection:
        merging.refuse(connection, number, by=ANN, reason="No", now=now)
        assert merging.find(connection, number).outcome == "withdrawn"
        assert merging.waiting(connection) == ()
    with pytest.raises(RecordsNotJoined, match="decided on this already"):
        agreed(engine, number, now)
    assert set(joined(engine).values()) == {""}


def test_another_person_refuses_with_a_reason(engine: sa.Engine, now: datetime) -> None:
    some(engine, now)
    number = proposed(engine, ONE, TWO, now)
    with writing(engine) as connection, pytest.raises(Invalid):
        merging.refuse(connection, number, by=BOB, reason=" ", now=now)
    with writing(engine) as connection:
        merging.refuse(connection, number, by=BOB, reason="Cousins", now=now)
        assert merging.find(connection, number).outcome == "refused"
    assert proposed(engine, ONE, TWO, now) != number


def test_everything_that_is_missing_in_a_proposal_is_said_at_once(engine: sa.Engine, now: datetime) -> None:
    some(engine, now)
    with writing(engine) as connection, pytest.raises(Invalid) as refused:
        merging.propose(connection, ONE, TWO, "", by=ANN, reason="", now=now)
    assert [each.where for each in refused.value.problems] == ["stays", "reason"]


def test_what_cannot_be_joined_is_refused_in_plain_words(engine: sa.Engine, now: datetime) -> None:
    some(engine, now, 4)
    with pytest.raises(RecordsNotJoined, match="the same record"):
        proposed(engine, ONE, ONE, now)
    with pytest.raises(MergeNotFound):
        proposed(engine, ONE, "CH-77777777", now)
    first, second = proposed(engine, ONE, TWO, now), proposed(engine, ONE, THREE, now)
    assert proposed(engine, ONE, TWO, now) == first
    with pytest.raises(RecordsNotJoined, match="proposed already"):
        proposed(engine, TWO, ONE, now, by=BOB)
    agreed(engine, first, now)
    with pytest.raises(RecordsNotJoined, match="one child already"):
        proposed(engine, TWO, ONE, now)
    with pytest.raises(RecordsNotJoined, match=f"joined to {TWO} meanwhile"):
        agreed(engine, second, now)
    undone(engine, first, now)
    with pytest.raises(RecordsNotJoined, match="two records already"):
        undone(engine, first, now)


def test_under_a_hold_nothing_is_joined_and_nothing_taken_apart(engine: sa.Engine, now: datetime) -> None:
    some(engine, now)
    number = agreed(engine, proposed(engine, ONE, TWO, now), now)
    with writing(engine) as connection:
        retention.hold(connection, retention.subject_of(connection, ONE), by=ANN, reason="A claim", now=now)
    with pytest.raises(RecordsNotJoined, match="not taken apart until it has ended"):
        undone(engine, number, now)
    with pytest.raises(RecordsNotJoined, match="not joined until it has ended"):
        proposed(engine, THREE, TWO, now)


def test_behind_a_seal_nothing_is_joined(engine: sa.Engine, now: datetime) -> None:
    some(engine, now)
    empty = {"reason": "", "sealed_by": "cy", "sealed_at": now, "lifted_by": "", "lifted_why": ""}
    with writing(engine) as connection:
        connection.execute(sa.insert(SealRow).values(about=ONE, **empty))
    with pytest.raises(RecordsNotJoined, match="A seal stands"):
        proposed(engine, ONE, TWO, now)


def test_what_is_proposed_to_be_deleted_or_was_erased_is_not_joined(engine: sa.Engine, now: datetime) -> None:
    some(engine, now)
    number = proposed(engine, ONE, TWO, now)
    row = {"subject": ONE, "decision": "delete", "reason": "", "decided_by": "cy", "decided_at": now, "approved_by": ""}
    with writing(engine) as connection:
        connection.execute(sa.insert(retention.DecisionRow).values(**row))
    with pytest.raises(RecordsNotJoined, match="proposed to delete"):
        agreed(engine, number, now)
    with writing(engine) as connection:
        subject = erasing.find(connection, ONE)
        assert subject
        erasing.erase(connection, subject, proposed_by="cy", approved_by="bob", basis="", now=now)
        kept = connection.execute(sa.select(MergeRow.reason, MergeRow.proposed_by)).one()
    assert tuple(kept) == ("", "ann")
    with pytest.raises(RecordsNotJoined, match="was erased"):
        agreed(engine, number, now)


def test_who_is_joined_is_erased_as_one(engine: sa.Engine, now: datetime) -> None:
    some(engine, now)
    number = agreed(engine, proposed(engine, ONE, TWO, now), now)
    with writing(engine) as connection:
        subject = erasing.find(connection, ONE)
        assert subject is not None
        assert subject.ids == (ONE, TWO)
        erasing.erase(connection, subject, proposed_by="ann", approved_by="bob", basis="", now=now)
    assert joined(engine) == {THREE: ""}
    with pytest.raises(RecordsNotJoined, match="erased"):
        undone(engine, number, now)


def test_what_is_found_wrong_in_one_record_counts_for_the_other_while_they_are_one(
    engine: sa.Engine, now: datetime
) -> None:
    screened = an_episode(now, "new", return_interview={"exploitation_screen": ["cse"]})
    follow(engine, matched(now, CASES[0], "new"), a_step(now, CASES[1], screened, "child_match", "return_interview"))
    number = agreed(engine, proposed(engine, ONE, TWO, now), now)
    no = an_episode(now, "new", protection_decision={"confirmed": "no"})
    no["protection_decision"] = {"cse": {"confirmed": "no"}}
    follow(engine, a_step(now + DAY, CASES[0], no, "protection_decision.cse"))

    def holds(day: datetime) -> list[str]:
        with reading(engine) as connection:
            return [each.flag for each in children.flags_of(connection, TWO) if each.holds_on(day.date())]

    assert (holds(now), holds(now + DAY)) == (["cse"], [])
    follow(engine, a_step(now + 2 * DAY, CASES[1], screened, "return_interview"))
    assert holds(now + 2 * DAY) == ["cse"]
    undone(engine, number, now + 3 * DAY)
    assert holds(now + DAY) == ["cse"]


def test_of_two_plans_of_one_child_the_newer_is_live_and_both_are_afterwards(engine: sa.Engine, now: datetime) -> None:
    some(engine, now)
    texts = dict.fromkeys((*trigger_plans.PARTS, "imported_row"), "") | {"valid_to": None}
    with writing(engine) as connection:
        for child_id, at in ((ONE, now), (TWO, now + DAY)):
            row = {"child_id": child_id, "case_id": "TP", "version": 1, "valid_from": at}
            connection.execute(sa.insert(ChildPlanRow).values(**row, **texts))

    def ends(child_id: str) -> list[datetime | None]:
        with reading(engine) as connection:
            return [each.valid_to for each in trigger_plans.of_child(connection, child_id)]

    number = agreed(engine, proposed(engine, ONE, TWO, now), now)
    assert ends(ONE) == [None, now + DAY]
    undone(engine, number, now)
    assert (ends(ONE), ends(TWO)) == ([None], [None])


def at_once(*acts: Callable[[], object]) -> list[type]:
    """Do things at one moment; give for each what it came to."""
    gate = Barrier(len(acts))

    def one(act: Callable[[], object]) -> type:
        gate.wait()
        try:
            act()
        except RecordsNotJoined as refusal:
            return type(refusal)
        return object

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(one, acts))


def test_of_two_people_at_one_moment_one_is_refused(engine: sa.Engine, now: datetime) -> None:
    some(engine, now)
    first, second = proposed(engine, ONE, TWO, now), proposed(engine, ONE, THREE, now)
    done = at_once(lambda: agreed(engine, first, now), lambda: agreed(engine, second, now))
    assert sorted(each.__name__ for each in done) == ["RecordsNotJoined", "object"]
    assert sum(bool(each) for each in joined(engine).values()) == 1


def test_a_chain_that_two_people_make_at_one_moment_has_one_end(engine: sa.Engine, now: datetime) -> None:
    some(engine, now)
    first, second = proposed(engine, ONE, TWO, now), proposed(engine, TWO, THREE, now)
    at_once(lambda: agreed(engine, first, now), lambda: agreed(engine, second, now))
    found = joined(engine)
    assert found[TWO] == THREE
    assert found[ONE] in {THREE, ""}  # who came second was told that its record had been joined


MOVES = st.lists(
    st.tuples(st.sampled_from(["match", "merge", "undo", "flag", "wrong"]), st.integers(0, 3), st.integers(0, 3)),
    max_size=10,
)


WRITES = {"match": "child_match", "flag": "return_interview", "wrong": "protection_decision.cse"}


def a_move(act: str, at: datetime, case: str, child: str) -> Step:
    """Match an episode, raise a flag in it, or find a flag wrong."""
    screen = {"return_interview": {"exploitation_screen": ["cse"]}} if act == "flag" else {}
    facts = an_episode(at, child if act == "match" else "new", **screen)
    if act == "wrong":
        facts["protection_decision"] = {"cse": {"confirmed": "no"}}
    return a_step(at, case, facts, *{WRITES[act], "child_match"})


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=MOVES, last=st.permutations([0, 1, 2, 3]))
def test_whatever_was_done_joining_and_taking_apart_leaves_the_tables_and_building_again_gives_the_same(
    sqlite_engine: sa.Engine, now: datetime, moves: list[tuple[str, int, int]], last: list[int]
) -> None:
    engine, ids, at = sqlite_engine, (ONE, TWO, THREE, FOUR), now
    with writing(engine) as connection:
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(sa.delete(table))
    story, stand = some(engine, at, 4), []
    for act, one, other in moves:
        at += timedelta(hours=7)
        if act == "merge":
            with suppress(RecordsNotJoined):
                stand.append(agreed(engine, proposed(engine, ids[one], ids[other], at), at))
        elif act == "undo" and stand:
            undone(engine, stand.pop(one % len(stand)), at)
        elif act in WRITES:
            story.append(a_move(act, at, CASES[one], ids[other] if one != other else "new"))
            follow(engine, story[-1])
    before = tables(engine)
    with writing(engine) as connection:
        child_projection.rebuild(connection, story)
    assert tables(engine) == before
    roots = [each for each in (ids[number] for number in last) if not joined(engine)[each]]
    if len(roots) > 1:
        number = agreed(engine, proposed(engine, roots[0], roots[1], at), at)
        undone(engine, number, at)
        assert tables(engine) == before


@pytest.mark.parametrize("hours", [0, 1])
def test_the_case_that_raised_a_flag_is_the_same_in_whichever_order_two_of_a_day_are_written(
    engine: sa.Engine, now: datetime, hours: int
) -> None:
    """Two steps of one moment are written as they come, and are told by the log in the order of their cases."""
    story = [matched(now, CASES[0], "new"), matched(now, CASES[1], ONE)]
    follow(engine, *story)
    screened = {"exploitation_screen": ["cse"]}
    raised = [
        a_step(at, case, an_episode(at, child, return_interview=screened), "return_interview")
        for at, case, child in ((now, CASES[0], "new"), (now + timedelta(hours=hours), CASES[1], ONE))
    ]
    follow(engine, *reversed(raised))
    written = tables(engine)
    assert [each[0] for each in written["child_flags"]] == [ONE]
    with writing(engine) as connection:
        child_projection.rebuild(connection, [*story, *raised])
    assert tables(engine)["child_flags"] == written["child_flags"]
    with reading(engine) as connection:
        assert [each.source for each in children.flags_of(connection, ONE)] == [CASES[0]]
