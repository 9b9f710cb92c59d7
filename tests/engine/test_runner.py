"""How tokens, clocks and facts behave, straight and restored before every step (spiffworkflow.md)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.errors import NotFound, SamePersonTwice, TaskNoLongerOpen
from tests.drawn import form, procedure
from tests.driving import MORNING, Drive, both

OPENING = form("opening", "why")

LOOP = procedure(
    "review_loop",
    """
    begun: start form=opening
    review: user form=review repeats=true
    too_late: boundary on=review duration=PT72H
    is_it_over: exclusive
    over: end
    late: end
    begun > review
    review > is_it_over
    is_it_over > over : =review[-1].over = "yes"
    is_it_over > review default
    too_late > late
    """,
    OPENING,
    form("review", "over", "note"),
)


def test_a_review_loop_costs_in_its_last_turn_what_it_costs_in_its_first() -> None:
    """The library raised RecursionError before turn 250; finished history now leaves the state."""
    drive = Drive(LOOP, restored=True).open()
    sizes = []
    for turn in range(1500):
        drive.facts["review"] = {}
        drive.do("review", note=str(turn))
        sizes.append(drive.size)
    assert max(sizes[10:]) - min(sizes[10:]) < 60
    assert drive.position is not None
    assert len(list(drive.position.tokens.tasks)) < 8
    assert drive.open_elements() == ["review"]


def test_each_turn_of_a_loop_writes_its_own_record() -> None:
    def play(drive: Drive) -> None:
        drive.open().do("review", note="first").do("review", note="second").do("review", over="yes")

    straight, _restored = both(LOOP, play)
    assert straight.facts["review"] == {"1": {"note": "first"}, "2": {"note": "second"}, "3": {"over": "yes"}}
    assert straight.closed
    assert "over" in straight.passed()


def test_a_timer_interrupts_its_task_and_is_armed_anew_in_each_turn() -> None:
    def play(drive: Drive) -> None:
        drive.open().wait(hours=71).do("review", note="in time").wait(hours=71)
        assert drive.open_elements() == ["review"]
        drive.wait(hours=2)

    straight, _restored = both(LOOP, play)
    assert straight.closed
    assert straight.passed() == {"begun", "late"}
    assert [event.task for event in straight.kinds("task_cancelled")] != []


TWO_TIMERS = procedure(
    "two_timers",
    """
    begun: start form=opening
    wait: user form=answer
    first: boundary on=wait duration=PT1H
    second: boundary on=wait duration=PT2H
    after_first: user form=first_answer
    after_second: user form=second_answer
    done: end
    first_done: end
    second_done: end
    begun > wait
    wait > done
    first > after_first
    second > after_second
    after_first > first_done
    after_second > second_done
    """,
    OPENING,
    form("answer", "text"),
    form("first_answer", "text"),
    form("second_answer", "text"),
)


def test_two_overdue_interrupting_timers_give_one_branch() -> None:
    """With the library both fired after downtime, and two branches went on (spiffworkflow.md 11)."""

    def play(drive: Drive) -> None:
        drive.open().sleep(hours=30)

    straight, _restored = both(TWO_TIMERS, play)
    assert straight.open_elements() == ["after_first"]
    assert len(straight.kinds("timer_fired")) == 1


JOIN = procedure(
    "both_sides",
    """
    begun: start form=opening
    split: parallel
    left: user form=left
    right: user form=right
    join: parallel
    again: exclusive
    finished: end
    last: user form=last
    begun > again
    again > split
    split > left
    split > right
    left > join
    right > join
    join > last
    is_it_done: exclusive
    last > is_it_done
    is_it_done > finished : =last.done = "yes"
    is_it_done > again default
    """,
    OPENING,
    form("left", "risk"),
    form("right", "place"),
    form("last", "done"),
)


@pytest.mark.parametrize("order", [("left", "right"), ("right", "left")])
def test_branches_that_write_different_fields_both_survive_in_any_order(order: tuple[str, str]) -> None:
    """The library's join takes the older value when the branch that did not write finishes last."""

    def play(drive: Drive) -> None:
        drive.open()
        for name in order:
            drive.do(name, **({"risk": "HIGH"} if name == "left" else {"place": "park"}))

    straight, _restored = both(JOIN, play)
    assert straight.facts["left"][""]["risk"] == "HIGH"
    assert straight.facts["right"][""]["place"] == "park"
    assert straight.open_elements() == ["last"]


@pytest.mark.parametrize("order", [("left", "right"), ("right", "left")])
def test_a_join_in_a_loop_waits_for_both_branches_in_the_second_turn_too(order: tuple[str, str]) -> None:
    """The library counts the cancelled sibling of the first turn, and fires after the first branch of the second."""

    def play(drive: Drive) -> None:
        drive.open().do("left", risk="a").do("right", place="b").do("last", done="no")
        drive.do(order[0])
        assert drive.open_elements() == [order[1]]
        drive.do(order[1])
        assert drive.open_elements() == ["last"]
        drive.do("last", done="yes")

    straight, _restored = both(JOIN, play)
    assert straight.closed


INCLUSIVE = procedure(
    "some_of_them",
    """
    begun: start form=opening
    which: inclusive
    police: user form=police
    health: user form=health
    more_health: user form=more_health
    school: user form=school
    all_back: inclusive
    done: end
    begun > which
    which > police default
    which > health : =contains(opening.why, "health")
    which > school : =contains(opening.why, "school")
    police > all_back
    health > more_health
    more_health > all_back
    school > all_back
    all_back > done
    """,
    OPENING,
    form("police", "text"),
    form("health", "text"),
    form("more_health", "text"),
    form("school", "text"),
)


def test_an_inclusive_join_waits_for_what_can_still_come() -> None:
    def play(drive: Drive) -> None:
        drive.open(why="health and school").do("school")
        assert not drive.closed
        drive.do("health")
        assert drive.open_elements() == ["more_health"]
        drive.do("more_health")

    straight, _restored = both(INCLUSIVE, play)
    assert straight.closed
    assert "police" not in straight.facts


def test_an_inclusive_split_takes_its_default_when_no_condition_holds() -> None:
    straight, _restored = both(INCLUSIVE, lambda drive: drive.open(why="nothing").do("police"))
    assert straight.closed


CALLED = procedure(
    "caller",
    """
    begun: start form=opening
    look: call calls=called
    news: boundary on=look message=returned key={=case.reference}
    back: end
    given_up: end
    begun > look
    look > given_up
    news > back
    """,
    OPENING,
    form("search", "text"),
    form("inner", "text"),
    called="""
    called_begun: start
    search: user form=search
    deep: inside
        deep_begun: start
        inner: user form=inner
        deep_done: end
        deep_begun > inner
        inner > deep_done
    called_done: end
    called_begun > search
    search > deep
    deep > called_done
    """,
)


def test_a_called_process_and_a_sub_process_run_to_their_ends() -> None:
    def play(drive: Drive) -> None:
        drive.open().do("search", text="park")
        assert drive.open_elements() == ["inner"]
        drive.do("inner", text="found")

    straight, _restored = both(CALLED, play)
    assert straight.closed
    assert {"called_done", "deep_done", "given_up"} <= straight.passed()


def test_a_message_interrupts_a_called_process_and_what_runs_inside_it() -> None:
    def play(drive: Drive) -> None:
        drive.open().do("search")
        assert drive.last is not None
        assert drive.last.awaited[0][1:] == ("returned", "T-1")
        drive.tell("returned", "T-1", place="home")

    straight, _restored = both(CALLED, play)
    assert straight.closed
    assert straight.facts["returned"][""]["place"] == "home"
    assert "back" in straight.passed()
    assert "given_up" not in straight.passed()


def test_a_message_for_nobody_is_refused() -> None:
    drive = Drive(CALLED, restored=False).open()
    with pytest.raises(NotFound):
        drive.tell("returned", "another case")


SEVERAL = procedure(
    "actions",
    """
    begun: start form=opening
    list_actions: user form=action repeats=true
    more: exclusive
    ready: exclusive
    act: user form=outcome each=action as=action
    enough: exclusive
    done: end
    begun > ready
    ready > list_actions
    list_actions > more
    more > list_actions : =action[-1].last = null
    more > act default
    act > enough
    enough > done : =count(outcome[done = "yes"]) >= 2
    enough > ready default
    """,
    OPENING,
    form("action", "what", "last"),
    form("outcome", "done"),
)
SEVERAL["actions.bpmn"] = (
    SEVERAL["actions.bpmn"]
    .replace('<sequenceFlow id="more_to_list_actions"', '<sequenceFlow id="more_to_ready"')
    .replace('sourceRef="more" targetRef="list_actions"', 'sourceRef="more" targetRef="ready"')
)


def test_a_multi_instance_over_facts_can_be_visited_twice() -> None:
    """The library raised 'input item already exists' on the second visit, and was stuck when restored."""

    def play(drive: Drive) -> None:
        drive.open().do("list_actions", what="look").do("list_actions", what="ask", last="yes")
        assert sorted(task.key for task in drive.tasks.values()) == ["1", "2"]
        drive.do("act", key="2", done="no").do("act", key="1", done="yes")
        drive.do("list_actions", what="ring", last="yes")
        assert sorted(task.key for task in drive.tasks.values()) == ["1", "2", "3"]
        for key in ("3", "1", "2"):
            drive.do("act", key=key, done="yes")

    straight, _restored = both(SEVERAL, play)
    assert straight.closed
    assert straight.facts["outcome"] == {key: {"done": "yes"} for key in ("1", "2", "3")}


def test_a_second_person_is_needed_where_the_diagram_says_so() -> None:
    files = procedure(
        "four_eyes",
        """
        begun: start form=opening
        propose: user form=proposal
        approve: user form=approval other_than=propose
        sign: user form=signature other_than=propose,approve
        done: end
        begun > propose
        propose > approve
        approve > sign
        sign > done
        """,
        OPENING,
        form("proposal", "text"),
        form("approval", "text"),
        form("signature", "text"),
    )
    drive = Drive(files, restored=True).open().do("propose", by="ann")
    with pytest.raises(SamePersonTwice, match="propose"):
        drive.do("approve", by="ann")
    drive.do("approve", by="bob")
    for who, task in (("ann", "propose"), ("bob", "approve")):
        with pytest.raises(SamePersonTwice, match=task):
            drive.do("sign", by=who)
    assert drive.do("sign", by="cleo").closed


def test_terminate_ends_every_other_branch() -> None:
    files = procedure(
        "all_stop",
        """
        begun: start form=opening
        split: parallel
        search: user form=search
        cancel: user form=cancel
        found: end
        cancelled: stop
        begun > split
        split > search
        split > cancel
        search > found
        cancel > cancelled
        """,
        OPENING,
        form("search", "text"),
        form("cancel", "text"),
    )
    straight, _restored = both(files, lambda drive: drive.open().do("cancel"))
    assert straight.closed
    assert len(straight.kinds("task_cancelled")) == 1


CORRECTED = procedure(
    "corrected",
    """
    begun: start form=opening
    found: user form=found
    interview: user form=interview
    late: boundary on=interview quiet duration={=found.returned_at + duration("PT72H") - case.opened_at}
    tell: user form=told
    told_done: end
    done: end
    begun > found
    found > interview
    interview > done
    late > tell
    tell > told_done
    """,
    OPENING,
    form("found", "returned_at:datetime"),
    form("interview", "text"),
    form("told", "text"),
)


def test_a_corrected_time_of_return_moves_its_clock_and_the_log_says_so() -> None:
    def play(drive: Drive) -> None:
        drive.open().do("found", returned_at=MORNING).wait(hours=1)
        assert drive.next_due_at == MORNING + timedelta(hours=72)
        drive.correct("found", "returned_at", MORNING + timedelta(hours=5))
        assert drive.next_due_at == MORNING + timedelta(hours=77)
        drive.wait(hours=80)
        assert drive.open_elements() == ["interview", "tell"]
        drive.do("interview").do("tell")

    straight, _restored = both(CORRECTED, play)
    assert straight.closed
    assert [event.data["from"] for event in straight.kinds("timer_moved")] == ["2026-03-05T09:00:00+00:00"]
    assert straight.kinds("facts_corrected")[0].data["reason"] == "it was wrong"


def test_a_task_that_is_gone_cannot_be_done() -> None:
    drive = Drive(TWO_TIMERS, restored=False).open()
    number = next(iter(drive.tasks))
    drive.wait(hours=2)
    assert drive.position is not None
    with pytest.raises(TaskNoLongerOpen):
        drive.position.tokens.script_engine.find(number)


LADDER = procedure(
    "ladder",
    """
    begun: start form=opening
    early: user form=early
    late: user form=late activity={=if late.text = "no" then "Declined" else "Accepted"}
    clock: boundary on=late quiet cycle={=[{at: case.opened_at + duration("PT1H"), step: "a", tell: ["x"]}, {at: case.opened_at + duration("PT2H"), step: "b", tell: ["y"], due: true}, {at: case.opened_at + duration("PT9H"), step: "c", tell: ["z"], every: duration("PT1H")}]}
    told: end
    done: end
    begun > early
    early > late
    late > done
    clock > told
    """,
    OPENING,
    form("early", "text"),
    form("late", "text"),
)


def test_a_deadline_that_is_late_from_the_start_tells_its_latest_rung_only() -> None:
    def play(drive: Drive) -> None:
        drive.open().wait(hours=3).do("early").wait(minutes=1)

    straight, _restored = both(LADDER, play)
    assert [(event.data["step"], event.data["tell"]) for event in straight.kinds("timer_fired")] == [("b", ["y"])]


def test_a_rung_with_an_interval_repeats_until_the_task_is_done() -> None:
    def play(drive: Drive) -> None:
        drive.open().do("early").wait(hours=11, minutes=30).do("late", text="no").wait(hours=10)

    straight, _restored = both(LADDER, play)
    steps = [(event.data["step"], event.data["again"]) for event in straight.kinds("timer_fired")]
    assert steps == [("a", False), ("b", False), ("c", False), ("c", True), ("c", True)]


def test_the_word_for_what_happened_may_depend_on_the_answer() -> None:
    straight, _restored = both(LADDER, lambda drive: drive.open().do("early").do("late", text="no"))
    assert straight.kinds("task_completed")[-1].activity == "Declined"


def test_of_two_moments_at_one_time_the_later_listed_is_the_one_that_is_told() -> None:
    """A deadline brought forward to the time of a reminder was told as that reminder, and its managers were not told at all."""
    moment = '{{at: case.opened_at + duration("{}"), step: "{}", tell: ["{}"], due: {}}}'
    for after, told in (("PT1H", ["boss", "worker"]), ("-PT1H", ["boss"])):
        rungs = [moment.format(after, "reminder 2", "worker", "false"), moment.format(after, "due", "boss", "true")]
        files = procedure(
            "interview",
            f"begun: start form=opening\nask: user form=answer\ndone: end\nbegun > ask\nask > done\n"
            f"clock: boundary on=ask quiet cycle={{=[{', '.join(rungs)}]}}\ntold: end\nclock > told",
            OPENING,
            form("answer", "text"),
        )
        drive = Drive(files, restored=False).open().wait(hours=2)
        assert [(event.data["step"], event.data["tell"]) for event in drive.kinds("timer_fired")] == [("due", told)]
