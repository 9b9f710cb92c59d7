"""Multi-instances that grow, and conditions that are asked again after every write, straight and restored."""

from __future__ import annotations

from tests.drawn import form, procedure
from tests.driving import Drive, both

OPENING = form("opening", "why")

GROWING = procedure(
    "growing",
    """
    begun: start form=opening
    split: parallel
    raise_action: user form=action repeats=true
    more: exclusive
    raised: end
    first: user form=action repeats=true
    act: user form=outcome each=action as=action grows=true
    done: end
    begun > first
    first > split
    split > raise_action
    split > act
    raise_action > more
    more > raised : =action[-1].last = "yes"
    more > back default
    back: exclusive
    back > wait_a_moment
    wait_a_moment: catch duration=PT1M
    wait_a_moment > raise_again
    raise_again: user form=action repeats=true
    raise_again > raised_too
    raised_too: end
    act > done
    """,
    OPENING,
    form("action", "what", "last"),
    form("outcome", "result"),
)


def test_a_multi_instance_grows_with_its_collection_while_it_runs() -> None:
    def play(drive: Drive) -> None:
        drive.open().do("first", what="a")
        assert [task.key for task in drive.tasks.values() if task.node.id == "act"] == ["1"]
        drive.do("raise_action", what="b")
        assert [task.key for task in drive.tasks.values() if task.node.id == "act"] == ["1", "2"]
        drive.do("act", key="2", result="found").wait(minutes=2).do("raise_again", what="c")
        drive.do("act", key="1", result="none").do("act", key="3", result="found")

    straight, _restored = both(GROWING, play)
    assert straight.closed
    assert set(straight.facts["outcome"]) == {"1", "2", "3"}


CONDITION = procedure(
    "condition",
    """
    begun: start form=opening
    split: parallel
    record_return: user form=found
    recorded: end
    look: call calls=looking
    returned: boundary on=look when={=found.returned = "yes"}
    noted: boundary on=look quiet when={=found.note != null}
    stopped: end
    told: user form=told
    told_done: end
    given_up: end
    begun > split
    split > record_return
    split > look
    record_return > recorded
    look > given_up
    returned > stopped
    noted > told
    told > told_done
    """,
    OPENING,
    form("found", "returned", "note"),
    form("told", "text"),
    form("search", "text"),
    looking="""
    looking_begun: start
    search: user form=search
    looked: end
    looking_begun > search
    search > looked
    """,
)


def test_a_condition_interrupts_a_called_process_when_a_task_elsewhere_makes_it_true() -> None:
    """The library looks at a conditional event once; ours is asked again after each write, in every process of the case."""

    def play(drive: Drive) -> None:
        drive.open()
        assert sorted(drive.open_elements()) == ["record_return", "search"]
        drive.do("record_return", returned="yes")

    straight, _restored = both(CONDITION, play)
    assert straight.closed
    assert "stopped" in straight.passed()


def test_a_condition_that_interrupts_nothing_goes_off_once() -> None:
    def play(drive: Drive) -> None:
        drive.open().do("record_return", note="seen in town")
        assert sorted(drive.open_elements()) == ["search", "told"]
        drive.do("told").correct("found", "note", "seen at home").do("search")

    straight, _restored = both(CONDITION, play)
    assert straight.closed
    assert len(straight.kinds("condition_met")) == 1


OPEN_ENDED = procedure(
    "open_ended",
    """
    begun: start form=opening
    split: parallel
    record_return: user form=found
    raise_action: user form=action repeats=true
    again: exclusive
    act: user form=outcome each=action as=action grows=open
    returned: boundary on=act when={=found.returned = "yes"}
    stop_raising: boundary on=raise_action when={=found.returned = "yes"}
    recorded: end
    never: end
    done: end
    raised: end
    begun > split
    split > record_return
    split > again
    split > act
    again > raise_action
    raise_action > again
    record_return > recorded
    act > never
    returned > done
    stop_raising > raised
    """,
    OPENING,
    form("found", "returned"),
    form("action", "what"),
    form("outcome", "result"),
)


def test_an_open_ended_multi_instance_waits_for_more_until_it_is_interrupted() -> None:
    def play(drive: Drive) -> None:
        drive.open().do("raise_action", what="look")
        drive.do("act", key="1", result="nothing")
        assert "act" not in drive.open_elements()
        drive.do("raise_action", what="ask").do("raise_action", what="ring")
        assert [task.key for task in drive.tasks.values() if task.node.id == "act"] == ["2", "3"]
        drive.do("record_return", returned="yes")

    straight, _restored = both(OPEN_ENDED, play)
    assert straight.closed
    assert "done" in straight.passed()
