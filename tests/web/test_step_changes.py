"""Every change that the page of a step can make, at every step that we ship: it loads, and differs at that step alone."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from engine import decisions, diagrams, drawing
from engine.comparison import compare
from engine.editing import Diagram, NewTask, read_span, read_time, say_span, say_time
from engine.elements import PROPERTIES
from engine.errors import Invalid
from tests.drawn import form, procedure
from tests.driving import MORNING, Drive
from web import picks
from web.clock_changes import beginnings, unwatched, watched
from web.step_changes import Typed, added, changed
from web.step_words import Part, Step, forms_of, parts_of
from workflows import catalogue
from workflows.table_words import say_table

FILES = {name: catalogue.files(name) for name in catalogue.procedures()}
STEPS = [
    (name, part, step)
    for name in FILES
    for part in parts_of(name, FILES[name])
    for step in part.steps
    if step.kind != "start"
]


def typed(name: str, part: Part, step: Step) -> Typed:
    """Another answer to every question of a step's page."""
    lanes = [each for each in part.lanes if each != step.lane] or [step.lane]
    forms = [each for each in forms_of(FILES[name]) if each != step.form] or [step.form]
    values = {
        "name": "Something else",
        "guidance": "Other words\nfor “it” & <that>",
        "lane": lanes[0],
        "form": forms[0],
    }
    several = {}
    for rung in (rung for clock in step.clocks for rung in clock.rungs):
        values |= {f"told.{rung.row}": "1", f"add.{rung.row}": "procedure_editor"}
        values |= {f"when.{rung.row}": "11 working days" if "working" in (rung.when or "") else "11 hours"}
        values |= {f"every.{rung.row}": "13 hours"}
        several[f"tell.{rung.row}"] = list(rung.roles or ())
    return Typed(values, several)


def test_a_change_of_everything_at_a_step_loads_and_names_that_step_and_its_rows_alone() -> None:
    looked_at = set[str]()
    for name, part, step in STEPS[::3]:
        files = FILES[name]
        texts = changed(files, step, part, typed(name, part, step))
        after = {**files, **{file: text or "" for file, text in texts.items()}}
        process, problems = diagrams.read(after[step.file], step.file)
        assert process is not None, problems
        assert problems == diagrams.read(files[step.file], step.file)[1]
        rows = {rung.row for clock in step.clocks for rung in clock.rungs}
        tables = {clock.table for clock in step.clocks}
        for table in tables - looked_at:
            decisions.read(after[table], table)
        looked_at |= tables
        found = compare({file: files[file] for file in texts}, {file: after[file] for file in texts})
        assert {each.element for each in found} <= {step.id, *rows, ""}, step.id
        assert all(each.element for each in found)
        told = {each.what for each in found if each.element == step.id}
        assert {"name", "explanation"} <= told
        assert step.kind != "user_task" or len(forms_of(files)) == 1 or {"form"} <= told
        assert {each.element for each in found if each.file in tables} == {
            rung.row for clock in step.clocks for rung in clock.rungs if rung.when or rung.roles is not None
        }


CLOCK = {
    "asks": "check the plan",
    "since": "task.opened_at",
    "when.reminder": "1 hour",
    "when.due": "2 hours",
    "when.first": "3 hours",
    "tell.reminder": "duty_inspector",
    "tell.due": "duty_inspector",
    "tell.first": "superintendent",
    "every": "1 day",
}


def test_a_clock_that_is_put_on_a_step_makes_it_due_tells_people_in_its_own_words_and_comes_off_again() -> None:
    drawn = procedure(
        "small",
        "begun: start form=opening\nask: user form=answer\ndone: end\nbegun > ask\nask > done",
        form("opening", "why"),
        form("answer", "text"),
    )
    files = {**drawn, "deadlines.dmn": FILES["cancellation"]["deadlines.dmn"]}
    parts = parts_of("small", files)
    since = beginnings(files, parts)
    after = {**files, **watched(files, "small.bpmn", "ask", since, Typed(CLOCK))}
    (clock,) = next(each for each in parts_of("small", after)[0].steps if each.id == "ask").clocks
    assert (clock.asks, clock.since) == ("check the plan", "the beginning of the step")
    assert [rung.when for rung in clock.rungs] == ["1 hour", "2 hours", "3 hours"]
    assert "deadline-has-words" not in {each.rule for each in catalogue.check(after)}
    table = say_table(after["deadlines.dmn"], "deadlines.dmn", catalogue.words_of(after))
    assert table is not None
    assert table.rows[-1][1][0] == "L-01 (check the plan)"
    case = Drive(after, restored=True).open(why="x")
    assert case.task("ask").due_at == MORNING + timedelta(hours=2)
    case.wait(hours=28)
    rang = [each.data for each in case.events if each.kind == "timer_fired"]
    assert [each["tell"] for each in rang] == [["duty_inspector"]] * 2 + [["superintendent"]] * 2
    assert {each["asks"] for each in rang} == {"check the plan"}
    step = next(each for each in parts_of("small", after)[0].steps if each.id == "ask")
    back = unwatched(after, step, clock)
    assert compare({name: files[name] for name in back}, back) == ()

    wrong = {**CLOCK, "asks": "", "since": "risk.since", "when.due": "1 hour", "tell.first": "nobody", "every": "often"}
    with pytest.raises(Invalid) as refused:
        watched(files, "small.bpmn", "ask", since, Typed(wrong))
    assert {each.where for each in refused.value.problems} == {"asks", "since", "when.due", "tell.first", "every"}


def test_what_our_clocks_count_from_and_say_is_told_in_words_and_never_as_a_formula() -> None:
    raw = re.compile(r"\w+_\w+|[a-z]\.[a-z]|[\[\]{}=]|\w\(")
    for _, _, step in STEPS:
        for clock in step.clocks:
            assert clock.since, clock.name
            for said in (clock.since, *(text for rung in clock.rungs for text in (rung.moment, rung.tell, *rung.only))):
                assert not raw.search(said), said
    told = {clock.since for _, _, step in STEPS for clock in step.clocks}
    assert any(each.startswith("the moment since when the grade is what it is") for each in told)


def test_a_page_that_nobody_changed_changes_no_file() -> None:
    for name, part, step in STEPS[1::6]:
        values = {"name": step.name, "guidance": step.guidance, "lane": step.lane, "form": step.form}
        several = {}
        for rung in (rung for clock in step.clocks for rung in clock.rungs):
            values |= {
                f"told.{rung.row}": "1",
                f"when.{rung.row}": rung.when or "",
                f"every.{rung.row}": rung.every or "",
            }
            several[f"tell.{rung.row}"] = list(rung.roles or ())
        assert changed(FILES[name], step, part, Typed(values, several)) == {}, step.id


def test_every_property_that_is_read_is_picked_by_its_words() -> None:
    assert picks.PROPERTY.keys() == frozenset().union(*PROPERTIES.values())
    assert picks.VALUES.keys() <= picks.PROPERTY.keys()
    messages = catalogue.messages()
    assert (messages["plan_wanted"], messages["plan_updated"]) == ("Opens Trigger plan", "Sent by Trigger plan")


@pytest.mark.parametrize(
    ("name", "after"),
    [
        ("return_interview", "offer_return_interview"),
        ("cancellation", "say_why_wrong"),
        ("prevention", "name_prevention_owner"),
        ("locate", "acknowledge_trigger_plan"),
        ("lower_grade", "propose_grade"),
    ],
)
def test_a_step_that_is_put_in_is_drawn_as_well_as_those_around_it_and_taken_out_leaves_the_rest(
    name: str, after: str
) -> None:
    found = [each for each in STEPS if each[1].file == f"{name}.bpmn" and each[2].ways]
    procedure, part, step = next((each for each in found if each[2].id == after), found[0])
    brought = {"name": "Look again", "lane": step.lane, "form": "new", "flow": step.ways[0][0]}
    task, texts = added(procedure, FILES[procedure], step, part, Typed(brought))
    text, before = texts[step.file] or "", FILES[procedure][step.file]
    process, problems = diagrams.read(text, step.file)
    assert process is not None, problems
    assert drawing.problems(text) == ()
    diagram = Diagram(text, step.file)
    diagram.remove(task)
    assert compare({"a.bpmn": before}, {"a.bpmn": diagram.text}) == ()


@pytest.mark.parametrize(("expression", "said"), [
    ('clock + duration("PT72H")', "72 hours"),
    ('clock + duration("PT1H30M")', "1 hour 30 minutes"),
    ('clock - duration("P28D")', "28 days before"),
    ('clock + duration("-P28D")', "28 days before"),
    ("clock", "at once"),
    ("working days after(clock, 3)", "3 working days"),
    ('working days after(clock, 1) + duration("PT2H")', "1 working day and 2 hours"),
    ('clock + duration("P1M") + duration("P7D")', "1 month and 7 days"),
    ('risk.since + duration("PT2H")', "2 hours"),
    ("if found.returned_at = null then null else working days after(found.returned_at, 2)", "2 working days"),
    ('next working day time(clock, @"09:00:00")', None),
])  # fmt: skip
def test_a_time_is_said_in_words_and_the_same_words_are_the_same_time(expression: str, said: str | None) -> None:
    assert say_time(expression) == said
    if said is not None:
        assert read_time(said, expression) == expression
        assert read_time(f" {said.upper()} ", expression) == expression


@pytest.mark.parametrize(("said", "expression", "read"), [
    ("2 days", 'clock + duration("PT72H")', 'clock + duration("P2D")'),
    ("2 weeks", 'clock + duration("PT72H")', 'clock + duration("P14D")'),
    ("1 day, 6 hours and 30 minutes", "clock", 'clock + duration("P1DT6H30M")'),
    ("2 working days", 'clock + duration("PT72H")', "working days after(clock, 2)"),
    ("2 working days and 3 hours", "clock", 'working days after(clock, 2) + duration("PT3H")'),
    ("2 days before", "clock", 'clock - duration("P2D")'),
    ("at once", 'clock + duration("PT72H")', "clock"),
    ("3 hours", 'risk.since + duration("PT2H")', 'risk.since + duration("PT3H")'),
    ("3 working days", 'risk.since + duration("PT2H")', None),
    ("2 working days before", "clock", None),
    ("soon", "clock", None),
    ("2", "clock", None),
    ("2 hours 3 hours", "clock", None),
    ("-2 hours", "clock", None),
    ("0 hours", "clock", None),
    ("", "clock", None),
])  # fmt: skip
def test_what_is_typed_as_a_time_is_read_or_refused(said: str, expression: str, read: str | None) -> None:
    assert read_time(said, expression) == read


def test_a_length_of_time_is_read_alone() -> None:
    assert say_span('duration("P1D")') == "1 day"
    assert read_span("90 minutes") == 'duration("PT90M")'
    assert read_span("2 working days") is None


def test_an_element_written_in_another_way_is_edited_where_it_stands() -> None:
    text = (
        "<?xml version='1.0'?>\n<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'><!-- <userTask id='a'/> -->"
        "<process id='p'><startEvent id='s'/><userTask id='a' name='It&apos;s &gt; 1'/><endEvent id='e'/>"
        "<sequenceFlow id='f' sourceRef='s' targetRef='a'/><sequenceFlow id='g' sourceRef='a' targetRef='e'/></process></definitions>"
    )
    diagram = Diagram(text, "p.bpmn")
    diagram.reword("a", 'Say "no" & go')
    diagram.guide("a", "Do <it>")
    diagram.ask("a", "notes")
    diagram.insert("g", NewTask("b", "B", "", "notes", ""))
    process, _ = diagrams.read(diagram.text, "p.bpmn")
    assert process is not None
    assert process.nodes["a"].name == 'Say "no" & go'
    assert (process.nodes["a"].documentation, process.nodes["a"].form) == ("Do <it>", "notes")
    assert [(flow.source, flow.target) for flow in process.flows] == [("s", "a"), ("a", "b"), ("b", "e")]
    assert "<!-- <userTask id='a'/> -->" in diagram.text
    diagram.remove("a")
    diagram.remove("b")
    assert [(flow.source, flow.target) for flow in diagrams.read(diagram.text, "p.bpmn")[0].flows] == [("s", "e")]  # type: ignore[union-attr]
