"""What each element of BPMN does, each in the smallest drawing that has it, straight and restored before every step.

`bpmn/ELEMENTS.md` names the story of every element that runs; what does not run is in `test_refused_elements.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.drawn import form, procedure
from tests.driving import MORNING, Drive, both

FORMS = form("opening", "why", "names"), form("answer", "text", "way")
OPEN = "begun: start form=opening\n"


def play(text: str, story: Callable[[Drive], object], **called: str) -> Drive:
    """Play a story of a drawing straight and restored; give the straight one."""
    return both(procedure("small", f"{OPEN}{text}", *FORMS, **called), story)[0]


def test_a_manual_task_waits_until_a_person_says_that_it_is_done() -> None:
    text = "knock: manual form=answer\ndone: end\nbegun > knock\nknock > done"
    case = play(text, lambda case: case.open().do("knock", text="nobody there"))
    assert case.closed
    assert case.facts["answer"][""]["text"] == "nobody there"


def test_a_script_task_writes_what_its_feel_gives() -> None:
    text = """
count: script says={{long: string length(opening.why) > 3, half: 1 / 2}} into=counted
add: script says={1 + 1} into=sum
is_long: exclusive
done: end
short: end
begun > count
count > add
add > is_long
is_long > done : =counted.long and sum.value = 2
is_long > short default
"""
    case = play(text, lambda case: case.open(why="once"))
    assert case.facts["counted"][""] == {"long": True, "half": 0.5}
    assert case.facts["sum"][""] == {"value": 2}
    assert case.passed() == {"begun", "count", "add", "done"}


def test_a_send_task_sends_its_message() -> None:
    text = "tell: send message=told key=opening.why gives={what: 1 + 1}\ndone: end\nbegun > tell\ntell > done"
    case = play(text, lambda case: case.open(why="MC-2"))
    assert [(each.name, each.correlation, each.payload["what"]) for each in case.sent] == [("told", "MC-2", 2)]


def test_an_event_that_sends_and_an_end_that_sends_send_their_messages() -> None:
    text = (
        "tell: throw message=told key=opening.why\nleave: end message=left key=opening.why\nbegun > tell\ntell > leave"
    )
    case = play(text, lambda case: case.open(why="MC-2"))
    assert [(each.name, each.correlation) for each in case.sent] == [("told", "MC-2"), ("left", "MC-2")]


RECEIVE = """
hear: receive message=told key=case.reference
late: boundary on=hear duration=PT1H
heard: end
overdue: end
begun > hear
hear > heard
late > overdue
"""


def test_a_receive_task_waits_for_its_message_and_what_is_on_its_border() -> None:
    case = play(RECEIVE, lambda case: case.open().tell("told", "T-1", text="here"))
    assert case.passed() == {"begun", "heard"}
    assert case.facts["told"][""]["text"] == "here"
    assert play(RECEIVE, lambda case: case.open().wait(hours=2)).passed() == {"begun", "overdue"}


RACE = """
first_of: race
hear: receive message=told key=case.reference
so_long: catch duration=PT1H
becomes_so: catch when={=answer.text = "yes"}
beside: user form=answer
split: parallel
heard: end
late: end
so: end
beside_done: end
begun > split
split > first_of
split > beside
beside > beside_done
first_of > hear
first_of > so_long
first_of > becomes_so
hear > heard
so_long > late
becomes_so > so
"""


@pytest.mark.parametrize(
    ("happens", "end"),
    [
        (lambda case: case.tell("told", "T-1"), "heard"),
        (lambda case: case.wait(hours=2), "late"),
        (lambda case: case.do("beside", text="yes"), "so"),
    ],
)
def test_an_event_based_gateway_takes_the_way_of_what_happens_first(
    happens: Callable[[Drive], object], end: str
) -> None:
    def story(case: Drive) -> None:
        happens(case.open())
        assert case.last is not None
        assert (case.last.awaited, case.next_due_at) == ([], None)

    ended = play(RACE, story).passed() & {"heard", "late", "so"}
    assert ended == {end}


THROWN = """
look: inside
    in_look: start
    ask: user form=answer
    went: exclusive
    {thrown}
    left: end
    in_look > ask
    ask > went
    went > wrong : =answer.text = "wrong"
    went > left default
    {more}
caught: boundary on=look {caught}
after: user form=answer record=after
ended: end
caught_end: end
begun > look
look > ended
caught > after
after > caught_end
"""


def thrown(what: str, caught: str, more: str = "") -> str:
    """Draw a sub-process that throws, with an event on its border."""
    return THROWN.format(thrown=what, caught=caught, more=more)


@pytest.mark.parametrize("caught", ["error=lost", "error=any"])
def test_an_error_end_event_is_caught_on_the_border_of_its_sub_process(caught: str) -> None:
    text = thrown("wrong: end error=lost", caught)
    case = play(text, lambda case: case.open().do("ask", text="wrong").do("after"))
    assert case.closed
    assert case.passed() == {"begun", "in_look", "wrong", "caught_end"}
    assert play(text, lambda case: case.open().do("ask", text="right")).passed() == {
        "begun",
        "in_look",
        "left",
        "ended",
    }


def test_an_error_ends_all_that_runs_beside_it_and_around_it_up_to_where_it_is_caught() -> None:
    inner = """
    in_it: start
    split: parallel
    ask: user form=answer
    beside: user form=answer record=beside
    wrong: end error=lost
    beside_done: end
    in_it > split
    split > ask
    split > beside
    ask > wrong
    beside > beside_done
    """
    text = """
each_of_them: call calls=inner each={["a", "b"]} as=item
other: boundary on=each_of_them error=any
caught: boundary on=each_of_them error=lost
ended: end
other_end: end
caught_end: end
begun > each_of_them
each_of_them > ended
other > other_end
caught > caught_end
"""
    case = play(text, lambda case: case.open().do("ask", key="b"), inner=inner)
    assert case.closed
    assert case.passed() == {"begun", "in_it", "wrong", "caught_end"}
    assert len(case.kinds("task_cancelled")) == 3


def test_an_escalation_is_caught_while_its_sub_process_goes_on() -> None:
    text = thrown(
        "wrong: throw escalation=late\nagain: user form=answer record=again",
        "quiet escalation=late",
        "wrong > again\n    again > left",
    )
    text = text.replace("\nagain:", "\n    again:")

    def story(case: Drive) -> None:
        case.open().do("ask", text="wrong")
        assert case.open_elements() == ["after", "again"]
        case.do("again").do("after")

    case = play(text, story)
    assert case.closed
    assert case.passed() >= {"ended", "caught_end"}


def test_an_escalation_end_event_may_interrupt() -> None:
    case = play(
        thrown("wrong: end escalation=late", "escalation=any"), lambda case: case.open().do("ask", text="wrong")
    )
    assert case.open_elements() == ["after"]


SIGNALS = """
split: parallel
ask: user form=answer
over: throw signal=over
wait_for_it: catch signal=over
look: user form=answer record=look
stopped: boundary on=look signal=over
told: boundary on=look quiet signal=aside
aside: user form=answer record=aside
tell_aside: end signal=aside
heard: end
done: end
look_done: end
look_stopped: end
told_end: end
begun > split
split > ask
ask > over
over > done
split > wait_for_it
wait_for_it > heard
split > look
look > look_done
stopped > look_stopped
told > told_end
split > aside
aside > tell_aside
"""


def test_a_signal_reaches_everything_in_the_case_that_waits_for_it() -> None:
    def story(case: Drive) -> None:
        case.open().do("aside")
        assert case.open_elements() == ["ask", "look"]
        case.do("ask")

    case = play(SIGNALS, story)
    assert case.closed
    assert case.passed() >= {"tell_aside", "told_end", "over", "heard", "look_stopped", "done"}


HANDLED = """
look: user form=answer
ended: end
begun > look
look > ended
care: handler
    {begins}
    help: user form=answer record=help repeats=true
    helped: end
    called > help
    help > helped
"""


def handled(begins: str) -> str:
    """Draw a process with an event sub-process."""
    return HANDLED.format(begins=f"called: start {begins}")


@pytest.mark.parametrize(
    ("begins", "happens"),
    [
        ("message=told key=case.reference", lambda case: case.tell("told", "T-1", text="help")),
        ("duration=PT1H", lambda case: case.wait(hours=1)),
        ('when={=opening.why = "help"}', lambda case: case.correct("opening", "why", "help")),
    ],
)
def test_an_event_sub_process_that_interrupts_ends_all_else_in_its_process(
    begins: str, happens: Callable[[Drive], object]
) -> None:
    def story(case: Drive) -> None:
        happens(case.open(why="x"))
        assert case.open_elements() == ["help"]
        assert case.last is not None
        assert (case.last.awaited, case.next_due_at) == ([], None)
        case.do("help")

    case = play(handled(begins), story)
    assert case.closed
    assert case.passed() == {"begun", "called", "helped"}
    assert play(handled(begins), lambda case: case.open(why="x").do("look")).closed


def test_an_event_sub_process_that_does_not_interrupt_runs_beside_and_may_begin_again() -> None:
    def story(case: Drive) -> None:
        case.open().tell("told", "T-1").tell("told", "T-1").do("look")
        assert case.open_elements() == ["help", "help"]
        assert case.last is not None
        awaited = case.last.awaited
        assert awaited, "as long as anything in the process runs"
        case.do("help").do("help")

    case = play(handled("quiet message=told key=case.reference"), story)
    assert case.closed


def test_an_event_sub_process_catches_what_is_thrown_in_its_process() -> None:
    inner = """
    in_it: start
    ask: user form=answer
    wrong: end error=lost
    in_it > ask
    ask > wrong
    """
    text = """
look: inside
    in_look: start
    go: call calls=inner
    gone: end
    in_look > go
    go > gone
    care: handler
        called: start error=lost
        help: user form=answer record=help
        tell: throw escalation=sad
        helped: end
        called > help
        help > tell
        tell > helped
sad: boundary on=look quiet escalation=sad
was_sad: end
ended: end
begun > look
look > ended
sad > was_sad
"""

    def story(case: Drive) -> None:
        case.open().do("ask")
        assert case.open_elements() == ["help"]
        case.do("help")

    case = play(text, story, inner=inner)
    assert case.closed
    assert case.passed() >= {"helped", "was_sad", "ended"}
    assert "gone" not in case.passed()


def test_what_is_thrown_in_a_process_begins_its_event_sub_processes_as_often_as_it_comes() -> None:
    text = """
look: user form=answer repeats=true
tell: throw signal=over
worry: throw escalation=late
enough: exclusive
ended: end
begun > look
look > tell
tell > worry
worry > enough
enough > ended : =count(answer) > 1
enough > look default
heard: handler
    was_over: start quiet signal=over
    heard_it: end
    was_over > heard_it
worried: handler
    was_late: start quiet escalation=any
    help: user form=answer record=help repeats=true
    helped: end
    was_late > help
    help > helped
"""

    def story(case: Drive) -> None:
        case.open().do("look", text="x").do("look", text="y")
        assert case.open_elements() == ["help", "help"]
        case.do("help").do("help")

    case = play(text, story)
    assert case.closed
    assert [event.element for event in case.kinds("event_caught")] == ["was_over", "was_late"] * 2


@pytest.mark.parametrize("thrown", ["error=lost", "escalation=late", "quiet escalation=late", "quiet signal=over"])
def test_the_last_end_event_of_a_process_begins_the_event_sub_process_that_catches_what_it_throws(thrown: str) -> None:
    text = handled(thrown).replace("ended: end", f"ended: end {thrown.removeprefix('quiet ')}")

    def story(case: Drive) -> None:
        case.open().do("look")
        assert (case.closed, case.open_elements()) == (False, ["help"])
        case.do("help")

    assert play(text, story).passed() == {"begun", "ended", "called", "helped"}


def test_an_event_sub_process_ends_a_step_of_twelve_hundred_passed_elements() -> None:
    steps = [f"s{number}: throw" for number in range(1_200)] + [f"s{number} > s{number + 1}" for number in range(1_199)]
    text = (
        handled("error=lost")
        .replace("look > ended", "look > s0\ns1199 > ended")
        .replace("ended: end", "ended: end error=lost")
    )
    case = Drive(procedure("small", "\n".join([OPEN + text, *steps]), *FORMS), restored=False).open().do("look")
    assert case.open_elements() == ["help"]


def test_a_condition_inside_of_what_was_interrupted_in_the_same_step_is_not_looked_at() -> None:
    inner = """
    in_it: start
    deep: inside
        in_deep: start
        so: catch when={=told.text = "so"}
        deep_end: end
        in_deep > so
        so > deep_end
    out: end
    in_it > deep
    deep > out
    """
    text = """
many: call calls=inner each={["a", "b"]} as=item
stop: boundary on=many message=told key=case.reference
after: user form=answer
ended: end
stopped: end
begun > many
many > ended
stop > after
after > stopped
"""
    case = play(text, lambda case: case.open().tell("told", "T-1", text="so").do("after"), inner=inner)
    assert case.closed
    assert not case.kinds("condition_met")


def test_what_is_begun_for_each_of_several_may_be_interrupted_in_the_same_step() -> None:
    text = """
many: inside each={["a", "b"]} as=item
    in_many: start
    ask: user form=answer
    out: end
    in_many > ask
    ask > out
stop: boundary on=many when={=opening.why = "enough"}
ended: end
stopped: end
begun > many
many > ended
stop > stopped
"""
    case = play(text, lambda case: case.open(why="enough"))
    assert case.passed() == {"begun", "in_many", "stopped"}
    assert not case.kinds("task_opened")


def test_a_condition_that_interrupts_nothing_is_met_anew_only_after_it_was_false() -> None:
    text = """
look: user form=answer
high: boundary on=look quiet when={=opening.why = "high"}
see: user form=answer record=seen repeats=true
seen: end
ended: end
begun > look
look > ended
high > see
see > seen
"""

    def story(case: Drive) -> None:
        case.open(why="low").correct("opening", "why", "high").correct("opening", "names", "x")
        assert case.open_elements() == ["look", "see"]
        case.correct("opening", "why", "low").correct("opening", "why", "high")
        assert case.open_elements() == ["look", "see", "see"]
        case.do("see").do("see").do("look")

    case = play(text, story)
    assert case.closed
    assert len(case.kinds("condition_met")) == 2


def test_a_message_that_interrupts_nothing_may_come_again() -> None:
    text = """
look: user form=answer
word: boundary on=look quiet message=told key=case.reference
heard: end
ended: end
begun > look
look > ended
word > heard
"""

    def story(case: Drive) -> None:
        held = set()
        case.open()
        for _time in range(3):
            position = case.tell("told", "T-1").position
            assert position is not None
            held.add(len(position.tokens.tasks))
        assert len(held) == 1, "what happens often leaves nothing in the state"
        case.do("look")

    case = play(text, story)
    assert case.closed
    assert len(case.kinds("message_received")) == 3


def test_a_completion_condition_ends_a_multi_instance_early() -> None:
    for how in ("", " one_by_one"):
        text = f'agree: user form=answer each=opening.names as=name{how} until={{count(answer[text = "yes"]) >= 2}}\ndone: end\nbegun > agree\nagree > done'

        def story(case: Drive) -> None:
            case.open(names=["a", "b", "c", "d"]).do("agree", text="yes").do("agree", text="no")
            assert not case.closed
            case.do("agree", text="yes")

        case = play(text, story)
        assert case.closed
        assert len(case.kinds("task_completed")) == 3


def test_a_loop_goes_on_while_its_condition_holds() -> None:
    text = 'ask: user form=answer again={answer.text = "again"}\nlate: boundary on=ask duration=PT1H\ndone: end\noverdue: end\nbegun > ask\nask > done\nlate > overdue'

    def story(case: Drive) -> None:
        case.open().do("ask", text="again").do("ask", text="again")
        assert case.next_due_at == MORNING + timedelta(hours=1), "the clock is that of all turns"
        case.do("ask", text="enough")

    case = play(text, story)
    assert case.closed
    assert len(case.kinds("task_completed")) == 3


def test_a_loop_that_is_asked_first_may_be_passed_and_ends_at_its_most_turns() -> None:
    text = 'ask: user form=answer before again={opening.why = "ask"} most=2\ndone: end\nbegun > ask\nask > done'
    assert play(text, lambda case: case.open(why="do not")).closed
    case = play(text, lambda case: case.open(why="ask").do("ask").do("ask"))
    assert case.closed


def test_the_page_of_elements_is_what_the_engine_does() -> None:
    from tests.engine import element_page

    assert set(element_page.elements()) == set(element_page.RUNS)
    for module, test in {proof for _, proof in element_page.RUNS.values()}:
        assert f"def {test}(" in (Path(__file__).parent / f"{module}.py").read_text("utf-8")
    assert element_page.PAGE.read_text("utf-8") == element_page.page()
