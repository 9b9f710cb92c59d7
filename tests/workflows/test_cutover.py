"""The cut-over: every row is reported, right ones are taken once, and nothing that a case wrote is overwritten."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from engine.errors import Invalid
from engine.model import Actor
from engine.store import Base, CaseTable, MessageTable, reading
from notifications.outbox import OutboxRow
from tests.workflows.test_catalogue import OPENING, cases  # noqa: F401 - the fixture of the shipped procedure
from tests.workflows.test_children import REPORT, follow, matched
from workflows import children, cutover, cutover_sheets, trigger_plans
from workflows.cutover import REFUSED, TAKEN, UNCHANGED, Report
from workflows.cutover_sheets import SHEETS

CHILDREN = """\
reference,name,known_as,born_on,sex,looked_after,responsible_authority
A-1,Robin Example,Bobs,2012-05-03,female,s20,nottingham_city
A-2,"Example, Casey",,27/05/2011,Male,Interim care order,
"""
EPISODES = """\
reference,child,reported_at,returned_at,level,closed_at,unfinished
E-1,A-1,2026-01-05 21:00,2026-01-06 07:30,high,2026-01-09 12:00,See the aunt | Ask the school
E-2,A-1,2025-07-01T21:00:00+01:00,,Medium,02/07/2025 09:00,
"""
FLAGS = """\
child,flag,since,until,source
A-1,cse,2025-12-01,,Public protection
A-1,Substance,2024-01-01,2025-01-01,Social care
"""
PLANS = """\
child,version,valid_from,summary,immediate_tasks,known_people,known_places,contact_rules,what_works,default_risk,built_from
A-1,3,2026-01-12 10:00,"Goes to the river
with friends",phone_contact: Ring the aunt | Look at the boat house,The aunt,The boat house,Do not ring the mother,,high,E-1
"""
ALL = {"children": CHILDREN, "episodes": EPISODES, "flags": FLAGS, "plans": PLANS}


def bring_in(engine: sa.Engine, now: datetime, *, dry_run: bool = False, **sheets: str) -> Report:
    files = {name: (f"{name}.csv", text.encode()) for name, text in (sheets or ALL).items()}
    return cutover.bring_in(engine, files, now=now, dry_run=dry_run)


def verdicts(report: Report) -> list[str]:
    return [line.verdict for line in report.lines]


def wrong(report: Report) -> list[tuple[int, str]]:
    return [(line.line, column) for line in report.lines for column, _ in line.wrong]


def everything(engine: sa.Engine) -> dict[str, list[Any]]:
    with reading(engine) as connection:
        tables = sorted(Base.metadata.tables)
        return {name: list(connection.execute(sa.select(Base.metadata.tables[name]))) for name in tables}


def robin(engine: sa.Engine) -> str:
    with reading(engine) as connection:
        row = children.ChildRow
        child_id: str = connection.execute(sa.select(row.child_id).where(row.source_reference == "A-1")).scalar_one()
        return child_id


def test_children_episodes_flags_and_plans_are_taken(engine: sa.Engine, now: datetime) -> None:
    assert verdicts(bring_in(engine, now)) == [TAKEN] * 7

    with reading(engine) as connection:
        child = children.find(connection, robin(engine))
        assert child is not None
        past = children.episodes_of(connection, child.child_id)
        flags = children.flags_of(connection, child.child_id)
        plan = trigger_plans.live(trigger_plans.of_child(connection, child.child_id), now)
        (casey,) = children.near(connection, ["Casey"], date(2011, 5, 27))
    assert (child.name, child.born_on, child.looked_after) == ("Robin Example", date(2012, 5, 3), "s20")
    assert [(each.case_id, each.reported_at) for each in past] == [
        ("E-1", datetime(2026, 1, 5, 21, tzinfo=UTC)),
        ("E-2", datetime(2025, 7, 1, 20, tzinfo=UTC)),
    ]
    assert past[0].unfinished == "See the aunt\nAsk the school"
    assert past[1].closed_at == datetime(2025, 7, 2, 8, tzinfo=UTC)
    assert [(flag.flag, flag.holds_on(now.date())) for flag in flags] == [("cse", True), ("substance", False)]
    assert plan is not None
    assert (plan.version, plan["summary"]) == (3, "Goes to the river\nwith friends")
    assert (casey[0].name, casey[0].sex, casey[0].looked_after) == ("Example, Casey", "male", "ico")


def test_the_second_time_nothing_happens(engine: sa.Engine, now: datetime) -> None:
    bring_in(engine, now)
    before = everything(engine)
    assert verdicts(bring_in(engine, now)) == [UNCHANGED] * 7
    assert everything(engine) == before


def test_a_dry_run_reports_the_same_and_leaves_nothing(engine: sa.Engine, now: datetime) -> None:
    before = everything(engine)
    dry = bring_in(engine, now, dry_run=True)
    assert everything(engine) == before
    assert dry == bring_in(engine, now)


def test_past_episodes_open_no_case_and_tell_nobody(engine: sa.Engine, now: datetime) -> None:
    bring_in(engine, now)
    with reading(engine) as connection:
        for table in (CaseTable, MessageTable, OutboxRow):
            assert connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() == 0


def test_columns_may_stand_in_any_order_and_empty_ones_be_left_out(engine: sa.Engine, now: datetime) -> None:
    assert verdicts(bring_in(engine, now, children="\ufeffname,reference\r\nRobin,A-1\r\n\r\n,\r\n")) == [TAKEN]


ROBIN = "reference,name,born_on,sex,looked_after\nA-1,Robin,2012-05-03,,\n"


def test_right_children_are_taken_and_wrong_ones_say_everything_that_is_wrong(engine: sa.Engine, now: datetime) -> None:
    wrong_rows = (
        ",,31/02/2012,boy,maybe\n"
        "A-3,Sky,2030-01-01,,\n"
        "A-1,Robin,2012-05-03,,\n"
        "CH-22222222,Sky,,,\n"
        "A-4,Sky\n"
        f"A-5,{'x' * 161},,,\n"
        '"A\n6",Sky,,,\n'
    )
    report = bring_in(engine, now, children=ROBIN + wrong_rows)
    assert verdicts(report) == [TAKEN, *[REFUSED] * 7]
    assert wrong(report) == [
        *[(3, name) for name in ("reference", "name", "born_on", "sex", "looked_after")],
        (4, "born_on"),
        (5, "reference"),
        (6, "reference"),
        (7, "row"),
        (8, "name"),
        (9, "reference"),
    ]
    assert report.refused == report.totals()["children.csv"][REFUSED] == 7
    assert "Robin" not in "".join(map(str, report.lines))


def test_an_episode_needs_its_child_and_times_that_can_be_and_must_be_over(engine: sa.Engine, now: datetime) -> None:
    episodes = (
        "reference,child,reported_at,returned_at,closed_at\n"
        "E-1,A-1,2026-03-29 01:30,2026-01-02 10:00,\n"
        "E-2,A-1,2026-01-02 10:00,,\n"
        "E-3,A-1,2026-01-02 10:00,2027-01-01 10:00,2026-01-01 10:00\n"
        "E-4,A-3,2026-01-02 10:00,2026-01-03 10:00,\n"
        "E-5,A-9,2026-01-02 10:00,2026-01-03 10:00,\n"
        "E-6,A-1,yesterday,2026-13-01T10:00Z,\n"
        "E-7,A-1,2026-01-02 10:00,2026-01-03 10:00,\n"
    )
    report = bring_in(engine, now, children=f"{ROBIN}A-3,Sky,2030-01-01,,\n", episodes=episodes)
    assert [line.key for line in report.lines if line.verdict == TAKEN] == ["A-1", "E-7"]
    assert wrong(report)[1:] == [
        (2, "reported_at"),
        (3, "returned_at"),
        (4, "returned_at"),
        (4, "closed_at"),
        (5, "child"),
        (6, "child"),
        (7, "reported_at"),
        (7, "returned_at"),
    ]


def test_flags_and_plans_are_looked_at_as_closely(engine: sa.Engine, now: datetime) -> None:
    flags = (
        "child,flag,since,until,source\n"
        "A-1,brave,2026-01-01,,x\n"
        "A-1,cse,2026-01-02,2026-01-01,x\n"
        "A-1,cce,2027-01-02,,x\n"
    )
    plans = (
        "child,version,valid_from,summary\n"
        "A-1,0,2026-01-01 10:00,x\n"
        "A-1,1,2027-01-01 10:00,x\n"
        "A-1,2,2026-01-01 10:00,x\n"
        "A-1,3,2026-01-01 10:00,x\n"
        "A-1,4,2026-01-01 10:00,x\x07\n"
    )
    report = bring_in(engine, now, children=ROBIN, flags=flags, plans=plans)
    assert [line.key for line in report.lines if line.verdict == TAKEN] == ["A-1", "A-1 2"]
    told = [(2, "flag"), (3, "until"), (4, "since"), (2, "version"), (3, "valid_from"), (5, "version"), (6, "summary")]
    assert wrong(report) == told


def test_a_flag_of_today_in_london_is_not_in_the_future() -> None:
    """In summer the day of London begins an hour before that of UTC: a flag of today was refused until one o'clock."""
    half_past_midnight = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
    today = {"since": date(2026, 7, 1), "until": None}
    assert list(cutover_sheets.flag_wrong(today, half_past_midnight)) == []
    assert [where for where, _ in cutover_sheets.flag_wrong(today, half_past_midnight - timedelta(hours=1))] == [
        "since"
    ]


def test_files_that_cannot_be_read_are_refused_with_all_problems_and_nothing_is_taken(
    engine: sa.Engine, now: datetime
) -> None:
    files = {
        "children": ("kinder.csv", CHILDREN.encode()),
        "episodes": ("e.csv", b"reference,child,reported_at\nE-1,A-1,caf\xe9\n"),
        "flags": ("f.csv", b"child;flag;since;source\n"),
        "plans": ("p.csv", b"child,version,version,hair\n"),
    }
    with pytest.raises(Invalid) as refusal:
        cutover.bring_in(engine, files, now=now)
    assert [(problem.where, problem.rule) for problem in refusal.value.problems] == [
        ("e.csv", "file-in-utf-8"),
        ("f.csv", "columns-by-comma"),
        ("p.csv", "column-missing"),
        ("p.csv", "column-missing"),
        ("p.csv", "column-unknown"),
        ("p.csv", "column-twice"),
    ]
    with pytest.raises(Invalid, match="Line 2 is not CSV"):
        cutover.bring_in(engine, {"children": ("c.csv", b'reference,name\nA-1,"Ro"bin"\n')}, now=now)
    with reading(engine) as connection:
        assert connection.execute(sa.select(children.ChildRow.child_id)).all() == []


def test_a_row_that_was_put_right_is_taken_as_long_as_no_case_has_gone_on(engine: sa.Engine, now: datetime) -> None:
    bring_in(engine, now)
    changed: dict[str, Any] = {
        "children": CHILDREN.replace("Bobs", "Robs"),
        "episodes": EPISODES.replace("07:30", "07:45"),
        "flags": FLAGS.replace(",,Public protection", ",2026-02-01,Public protection"),
        "plans": PLANS.replace("The aunt", "An aunt"),
    }
    report = bring_in(engine, now, **changed)
    assert verdicts(report) == [TAKEN, UNCHANGED, TAKEN, UNCHANGED, TAKEN, UNCHANGED, TAKEN]
    follow(engine, matched(now, "MC-22222222", robin(engine), report={"looked_after": "no"}))

    assert set(verdicts(bring_in(engine, now, **changed))) == {UNCHANGED}
    report = bring_in(engine, now)
    assert verdicts(report) == [REFUSED, UNCHANGED, TAKEN, UNCHANGED, TAKEN, UNCHANGED, TAKEN]
    with reading(engine) as connection:
        child = children.find(connection, robin(engine))
    assert child is not None
    assert (child.known_as, child.looked_after) == ("Robs", "none")


def test_a_column_that_came_later_is_read_and_left_empty_changes_no_row(engine: sa.Engine, now: datetime) -> None:
    """The files of an earlier program are unchanged for this one, although it knows more columns."""
    bring_in(engine, now, children=CHILDREN, plans=PLANS)
    more = PLANS.replace("built_from\n", "built_from,allergies,sensitivity\n").replace("high,E-1", "high,E-1,,")
    assert set(verdicts(bring_in(engine, now, plans=more))) == {UNCHANGED}
    filled = more.replace("E-1,,", "E-1,Nuts,police_only")
    assert set(verdicts(bring_in(engine, now, plans=filled))) == {TAKEN}
    with reading(engine) as connection:
        plan = trigger_plans.live(trigger_plans.of_child(connection, robin(engine)), now)
    assert plan is not None
    assert (plan["allergies"], plan.is_for_police_only) == ("Nuts", True)
    wrongly = more.replace("allergies", "medicine_within_hours").replace("E-1,,", "E-1,soon,usual")
    assert wrong(bring_in(engine, now, plans=wrongly)) == [(2, "medicine_within_hours")]


def test_what_a_case_wrote_is_not_overwritten(engine: sa.Engine, now: datetime) -> None:
    bring_in(engine, now, children=CHILDREN)
    records = {"return_interview": {"exploitation_screen": ["cse"]}}
    step = matched(now, "MC-22222222", robin(engine), report=REPORT, **records)
    follow(engine, step)
    plan = {"child_id": robin(engine), "case_id": "TP-1", "version": 1, "valid_from": now, "valid_to": None}
    texts = dict.fromkeys(column.name for column in SHEETS["plans"][3:])
    with engine.begin() as connection:
        connection.execute(sa.insert(trigger_plans.ChildPlanRow).values(**plan, **dict.fromkeys(texts, "ours")))
    report = bring_in(engine, now, plans=PLANS)
    assert wrong(report) == [(2, "version")]


def test_a_past_episode_cannot_have_the_reference_of_a_case(cases: Any, now: datetime) -> None:  # noqa: F811
    caller = Actor("call_taker", frozenset({"call_taker"}), "police")
    case_id = cases.open("missing_child", OPENING, by=caller, now=now, key="open").case_id
    report = bring_in(cases.engine, now, children=CHILDREN, episodes=EPISODES.replace("E-2", case_id))
    assert wrong(report) == [(3, "reference")]
