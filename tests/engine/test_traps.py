"""The library's traps that no other test names (spiffworkflow.md), and where we stand with each.

Loops, joins, multi-instances and overdue timers are in `test_runner.py`, what cannot be published in
`test_diagram_refusals.py` and `test_elements.py`, restoring in a process without history in `test_restored_process.py`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import packing, release, runner, state, values
from engine.decisions import DecisionAmbiguous
from engine.errors import ReleaseInvalid
from engine.faults import StepFailed
from engine.feel import YearMonthDuration
from engine.model import Actor, Complete, FactWrite
from engine.outcome import Outcome
from engine.packing import UnknownStateVersion
from tests.drawn import form, procedure
from tests.driving import MORNING, Drive, both

OPENING = form("opening", "why")

# 1. Data --------------------------------------------------------------------------------------------------------------

TWO_TASKS = procedure(
    "two_tasks",
    """
    begun: start form=opening
    ask: user form=answer
    check: user form=check
    done: end
    begun > ask
    ask > check
    check > done
    """,
    OPENING,
    form("answer", "text"),
    form("check", "text"),
)
FACTS: list[Any] = [
    {"typename": "datetime", "text": "a form field may have any name"},
    [{"typename": "x"}, {"typename": "Decimal", "value": "1"}],
    date(2026, 3, 2),
    datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
    time(9, 5),
    Decimal("0.10"),
    timedelta(days=-1, seconds=5, microseconds=7),
    YearMonthDuration(-14),
    {"inside": [date(2026, 3, 2), {"deeper": Decimal(1)}, None]},
    "“Kit” \x1f\n\\ $",
]


@pytest.mark.parametrize("value", FACTS, ids=repr)
def test_every_kind_of_fact_survives_saving(value: Any) -> None:
    """In the library a `typename` made the state impossible to load, dates and decimals raised, sets became lists."""
    straight, restored = both(TWO_TASKS, lambda case: case.open().do("ask", text=value).do("check"))
    assert restored.facts["answer"][""]["text"] == value
    assert type(restored.facts["answer"][""]["text"]) is type(value)
    assert straight.closed


def test_what_cannot_be_kept_is_refused_before_it_is_written() -> None:
    for value in ({1, 2}, {1: "x"}, object(), {"$": "at", "v": "x"}, {"$": 1, "v": 2}, 2**70):
        with pytest.raises(TypeError):
            values.dumps({"answer": value})


plain = st.one_of(
    st.none(),
    st.booleans(),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.dates(),
    st.times(),
    st.datetimes(timezones=st.just(UTC)),
    st.timedeltas(timedelta(days=-40_000), timedelta(days=40_000)),
    st.integers(-10_000, 10_000).map(YearMonthDuration),
)
keys = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda key: key != "$")


@given(st.recursive(plain, lambda inner: st.lists(inner) | st.dictionaries(keys, inner), max_leaves=8))
def test_what_is_read_back_is_what_was_written(value: Any) -> None:
    assert values.loads(values.dumps(value)) == value


def test_equal_facts_give_equal_bytes() -> None:
    assert values.dumps({"b": 1, "a": Decimal(2)}) == values.dumps({"a": Decimal(2), "b": 1})


# 2. Running -----------------------------------------------------------------------------------------------------------

AMBIGUOUS = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="tests">
<decision id="grade" name="grade"><decisionTable id="t" hitPolicy="UNIQUE">
<input id="i" label="Text"><inputExpression id="e" typeRef="string"><text>answer.text</text></inputExpression></input>
<output id="o" name="level" typeRef="string"/>
<rule id="first"><inputEntry id="a1"><text>contains("both one", ?)</text></inputEntry><outputEntry id="a2"><text>"a"</text></outputEntry></rule>
<rule id="second"><inputEntry id="b1"><text>"both"</text></inputEntry><outputEntry id="b2"><text>"b"</text></outputEntry></rule>
</decisionTable></decision></definitions>"""
FAILING = {
    **procedure(
        "failing",
        """
        begun: start form=opening
        ask: user form=answer
        split: parallel
        other: user form=other
        find: rule asks=grade into=found
        check: user form=check
        done: end
        other_done: end
        begun > ask
        ask > split
        split > other
        split > find
        find > check
        check > done
        other > other_done
        """,
        OPENING,
        form("answer", "text"),
        form("check", "text"),
        form("other", "text"),
    ),
    "grade.dmn": AMBIGUOUS,
}


def test_a_step_that_fails_leaves_nothing_half_done() -> None:
    """The library left the failing task in ERROR and the case half advanced, and the next call did nothing in silence."""
    case = Drive(FAILING, restored=True).open()
    assert case.position is not None
    saved, facts = state.dump(case.position), values.dumps(case.facts)
    ask = case.task("ask")

    def answer(text: str) -> Outcome:
        conductor = runner.restore(release.load(case.data), saved, values.loads(facts), MORNING)
        return conductor.step(Complete(ask.number, (FactWrite("answer", "", "text", text),), Actor("ann")))

    with pytest.raises(DecisionAmbiguous):
        answer("both")
    assert state.dump(case.position) == saved
    assert sorted(task.node.id for task in answer("one").opened) == ["check", "other"]


def chain(length: int, kind: str) -> str:
    """Draw a number of nodes in a row."""
    nodes = "".join(f"step_{number}: {kind}\n" for number in range(length))
    flows = "".join(f"step_{number} > step_{number + 1}\n" for number in range(length - 1))
    return f"begun: start form=opening\ndone: end\n{nodes}begun > step_0\n{flows}step_{length - 1} > done\n"


def test_four_hundred_tasks_in_a_row_are_published_and_done() -> None:
    """The library's parser raised RecursionError."""
    files = procedure("long_way", chain(400, "user form=answer record=answer"), OPENING, form("answer", "text"))
    case = Drive(files, restored=False).open()
    for number in range(400):
        case.do(f"step_{number}", text=str(number))
    assert case.closed


def test_twelve_hundred_automatic_steps_run_at_once() -> None:
    """The library's iterator hid what lay deeper than a thousand tasks, and called the case completed."""
    straight, _restored = both(procedure("all_by_itself", chain(1200, "throw"), OPENING), lambda case: case.open())
    assert straight.closed
    assert "step_1199" in straight.passed()


def test_a_step_that_never_ends_is_stopped() -> None:
    text = """
    begun: start form=opening
    again: exclusive
    nothing_to_do: inside
        in_it: start
        out_of_it: end
        in_it > out_of_it
    enough: exclusive
    done: end
    begun > again
    again > nothing_to_do
    nothing_to_do > enough
    enough > done : =opening.why = "enough"
    enough > again default
    """
    with pytest.raises(StepFailed) as failed:
        Drive(procedure("round_and_round", text, OPENING), restored=False).open()
    assert str(failed.value.__cause__) == "more than 2000 automatic tasks in one step of T-1"


# 3. Parsing -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Start", "End", "Root", "Activity_0x3f", "Gateway_1ab2c3d"])
def test_ids_that_the_library_loses_are_refused(name: str) -> None:
    files = {key: text.replace('"ask', f'"{name}').replace("_ask", f"_{name}") for key, text in TWO_TASKS.items()}
    files["two_tasks.bpmn"] = files["two_tasks.bpmn"].replace(">ask<", f">{name}<")
    with pytest.raises(ReleaseInvalid) as refusal:
        release.check(files)
    assert (name, "id-in-words") in {(problem.where, problem.rule) for problem in refusal.value.problems}


# 4. Timers ------------------------------------------------------------------------------------------------------------


def timed(timer: str) -> dict[str, str]:
    """Draw a task with an interrupting timer."""
    text = f"""
    begun: start form=opening
    ask: user form=answer
    too_late: boundary on=ask {timer}
    done: end
    late: end
    begun > ask
    ask > done
    too_late > late
    """
    return procedure("timed", text, OPENING, form("answer", "text"))


def test_a_timer_fires_at_its_due_moment_and_not_a_microsecond_earlier() -> None:
    """The library fired strictly after the due moment, so that a sweep at that moment did nothing."""

    def play(case: Drive) -> None:
        case.open().sleep(hours=72, microseconds=-1)
        assert case.open_elements() == ["ask"]
        case.sleep(microseconds=1)

    straight, _restored = both(timed("duration=PT72H"), play)
    assert straight.passed() == {"begun", "late"}


@pytest.mark.parametrize(
    ("timer", "due"),
    [
        ("duration=PT72H", MORNING + timedelta(hours=72)),
        ("duration=-PT5M", MORNING - timedelta(minutes=5)),
        ("duration=P1DT12H", MORNING + timedelta(hours=36)),
        ("date=2026-07-01T12:00:00", datetime(2026, 7, 1, 11, tzinfo=UTC)),
        ("date=2026-12-01T12:00:00", datetime(2026, 12, 1, 12, tzinfo=UTC)),
        ("date=2026-07-01T12:00:00Z", datetime(2026, 7, 1, 12, tzinfo=UTC)),
        ('date={=date("2026-07-01")}', datetime(2026, 6, 30, 23, tzinfo=UTC)),
        ('duration={=duration("PT1H") * 2}', MORNING + timedelta(hours=2)),
        ("date={=date(opening.why)}", None),
    ],
)
def test_a_timer_means_what_it_says(timer: str, due: datetime | None) -> None:
    """In the library ``PT72H`` was a NameError, ``-PT5M`` five minutes ahead, and a date took the offset of the import."""
    straight, _restored = both(timed(timer), lambda case: case.open())
    assert straight.last is not None
    assert straight.last.next_due_at == due


def test_seventy_two_hours_are_seventy_two_hours_when_the_clocks_change() -> None:
    for night in (datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)):
        straight, _restored = both(timed("duration=PT72H"), lambda case: case.open(), now=night)
        assert straight.last is not None
        assert straight.last.next_due_at == night + timedelta(hours=72)


@pytest.mark.parametrize("timer", ["quiet cycle=R3/PT10M", "duration=72", "date=tomorrow"])
def test_a_timer_that_would_drift_or_never_fire_is_refused(timer: str) -> None:
    with pytest.raises(ReleaseInvalid):
        release.check(timed(timer))


# 7. Saving ------------------------------------------------------------------------------------------------------------


def test_a_state_of_an_unknown_version_is_refused() -> None:
    """The library accepted any version in silence."""
    case = Drive(TWO_TASKS, restored=False).open()
    assert case.position is not None
    saved = orjson.loads(packing.readable(state.dump(case.position)))
    for version in (0, packing.VERSION + 1, str(packing.VERSION), None):
        with pytest.raises(StepFailed, match="reading the case") as failed:
            runner.restore(case.release, orjson.dumps({**saved, "v": version}), case.facts, MORNING)
        assert isinstance(failed.value.__cause__, UnknownStateVersion)


# 11. Multi-instances --------------------------------------------------------------------------------------------------


def each_of(how: str) -> dict[str, str]:
    """Draw a task for each name in a list of the opening form."""
    text = f"""
    begun: start form=opening
    act: user form=outcome each=opening.names as=name {how}
    done: end
    begun > act
    act > done
    """
    return procedure("each_of", text, form("opening", "names"), form("outcome", "done"))


@pytest.mark.parametrize("how", ["", "one_by_one"])
@pytest.mark.parametrize("names", [[], None])
def test_a_multi_instance_over_nothing_is_passed(how: str, names: list[str] | None) -> None:
    """In the library it raised "NoneType is not iterable"."""
    straight, _restored = both(each_of(how), lambda case: case.open(names=names))
    assert straight.closed


@pytest.mark.parametrize("how", ["", "one_by_one"])
def test_a_list_that_shrinks_under_a_multi_instance_takes_no_task_away(how: str) -> None:
    """In the library the sequential one raised IndexError."""

    def play(case: Drive) -> None:
        case.open(names=["a", "b", "c"]).do("act", done="yes").correct("opening", "names", ["a"])
        case.do("act", done="yes").do("act", done="yes")

    straight, _restored = both(each_of(how), play)
    assert straight.closed
    assert sorted(straight.facts["outcome"]) == ["a", "b", "c"]


DEADLINE = procedure(
    "told_too_early",
    """
    begun: start form=opening
    found: user form=found
    see: user form=seen
    clock: boundary on=see quiet cycle={=[{at: found.at + duration("PT1H"), step: "due", due: true, tell: ["x"]}, {at: found.at + duration("PT3H"), step: "late", tell: ["y"]}]}
    told: end
    done: end
    begun > found
    found > see
    see > done
    clock > told
    """,
    OPENING,
    form("found", "at:datetime"),
    form("seen", "text"),
)


def test_a_rung_that_went_off_too_early_goes_off_again_at_its_right_moment() -> None:
    """A time of return was wrong by a day; once it was put right, nobody was told when the time was really over."""

    def play(case: Drive) -> None:
        case.open().do("found", at=MORNING).wait(hours=2).correct("found", "at", MORNING + timedelta(hours=4)).wait(
            hours=9
        )

    straight, _restored = both(DEADLINE, play)
    assert [event.data["step"] for event in straight.kinds("timer_fired")] == ["due", "due", "late"]


def test_what_was_decided_goes_before_the_table_of_the_same_name() -> None:
    """Once a saved case showed the table's function where the form asked for the record that the table had written."""
    files = {key: text.replace('resultVariable="found"', 'resultVariable="grade"') for key, text in FAILING.items()}
    case = Drive(files, restored=True).open().do("ask", text="one").do("other")
    assert case.position is not None
    conductor = runner.restore(case.release, state.dump(case.position), case.facts, MORNING)
    assert conductor.scope.values["grade"] == {"value": "a", "rules": ["first"], "saw": {"Text": "one"}}


def test_a_case_that_nobody_and_nothing_carries_on_says_so() -> None:
    """A parallel join whose branch was interrupted waits for ever; nothing else would notice that."""
    files = procedure(
        "stranded",
        """
        begun: start form=opening
        split: parallel
        left: user form=left
        too_late: boundary on=left duration=PT1H
        gone: end
        right: user form=right
        join: parallel
        done: end
        begun > split
        split > left
        split > right
        left > join
        right > join
        join > done
        too_late > gone
        """,
        OPENING,
        form("left", "text"),
        form("right", "text"),
    )
    straight, _restored = both(files, lambda case: case.open().wait(hours=2).do("right"))
    assert not straight.closed
    assert [event.kind for event in straight.events][-1] == "case_stranded"
