"""Saved cases that every later engine must open: one for each shape that a state can have.

A golden file is written once, by ``python -m tests.golden_states``, and never again: an engine that changes what it writes
gives its states a new version number, writes new files beside these, and still opens these. Each file holds the release,
the facts and the state as the store keeps them, the open tasks, and the moment.
"""

from __future__ import annotations

import sys
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from engine import packing, runner, state, values
from engine.clocks import Winder
from engine.model import Actor, Skip
from engine.outcome import OpenTask, Outcome
from tests.drawn import form, procedure
from tests.driving import Drive

FOLDER = Path(__file__).parent / "golden"
OPENING = form("opening", "why", "names")


@dataclass(frozen=True, slots=True)
class Shape:
    """A procedure, how far its case had come when it was saved, and how it goes on to its end."""

    files: Mapping[str, str]
    before: Callable[[Drive], object]
    after: Callable[[Drive], object]
    drive: type[Drive] = Drive


def _forms(*names: str) -> list[str]:
    return [OPENING, *(form(name, "text", "last") for name in names)]


LOOP_AND_TIMER = Shape(
    procedure(
        "loop_and_timer",
        """
        begun: start form=opening
        review: user form=review repeats=true
        too_late: boundary on=review duration=PT72H
        over: exclusive
        done: end
        late: end
        begun > review
        review > over
        over > done : =review[-1].text = "over"
        over > review default
        too_late > late
        """,
        *_forms("review"),
    ),
    lambda case: case.open().do("review").do("review"),
    lambda case: case.wait(hours=71).do("review").wait(hours=71).do("review", text="over"),
)

HALF_JOINED = Shape(
    procedure(
        "half_joined",
        """
        begun: start form=opening
        split: parallel
        left: user form=left
        right: user form=right
        join: parallel
        which: inclusive
        police: user form=police
        health: user form=health other_than=left
        back: inclusive
        done: end
        begun > split
        split > left
        split > right
        left > join
        right > join
        join > which
        which > police default
        which > health : =contains(opening.why, "health")
        police > back
        health > back
        back > done
        """,
        *_forms("left", "right", "police", "health"),
    ),
    lambda case: case.open(why="health").do("left", by="ann"),
    lambda case: case.do("right").do("health", by="bob"),
)

CALLED_WITH_MESSAGE = Shape(
    procedure(
        "called_with_message",
        """
        begun: start form=opening
        look: call calls=search
        news: boundary on=look message=returned key={=case.reference}
        note: user form=note
        back: end
        given_up: end
        begun > look
        look > given_up
        news > note
        note > back
        """,
        *_forms("deep", "note"),
        search="""
        called: start
        inside: inside
            inside_begun: start
            deep: user form=deep
            inside_done: end
            inside_begun > deep
            deep > inside_done
        called_done: end
        called > inside
        inside > called_done
        """,
    ),
    lambda case: case.open(),
    lambda case: case.tell("returned", "T-1", place="home").do("note"),
)

DEADLINE = Shape(
    procedure(
        "deadline",
        """
        begun: start form=opening
        ask: user form=answer
        clock: boundary on=ask quiet cycle={=[{at: case.opened_at + duration("PT1H"), step: "reminder", tell: ["a"]}, {at: case.opened_at + duration("PT2H"), step: "due", due: true, tell: ["b"], every: duration("PT1H")}]}
        told: end
        pause: catch duration=PT10M
        done: end
        begun > ask
        ask > pause
        pause > done
        clock > told
        """,
        *_forms("answer"),
    ),
    lambda case: case.open().wait(hours=3, minutes=30),
    lambda case: case.wait(hours=1).do("ask").wait(minutes=10),
)


def _several(how: str) -> Shape:
    return Shape(
        procedure(
            f"several_{how or 'at_once'}",
            f"""
            begun: start form=opening
            again: exclusive
            plan: user form=action repeats=true
            planned: exclusive
            each: inside each=action as=action {how}
                each_begun: start
                act: user form=outcome
                each_done: end
                each_begun > act
                act > each_done
            done: end
            begun > again
            again > plan
            plan > planned
            planned > again : =action[-1].last = null
            planned > each default
            each > done
            """,
            *_forms("action", "outcome"),
        ),
        lambda case: case.open().do("plan", text="a").do("plan", last="yes").do("act", key="1"),
        lambda case: case.do("act", key="2"),
    )


WORDS_AND_CONDITIONS = Shape(
    procedure(
        "words_and_conditions",
        """
        begun: start form=opening
        tell_all: throw message=opened correlation=opening.why gives={why: opening.why}
        split: parallel
        look: user form=look
        heard: boundary on=look quiet message=heard key={=case.reference} repeats=true
        noted: boundary on=look quiet when={=note.text = "go"}
        note: user form=note
        given_up: boundary on=note when={=note.last = "never"}
        wait: catch when={=note.text = "go"}
        answer: catch message=answered key={=case.reference}
        looked: end
        was_heard: end
        was_noted: end
        noted_down: end
        gave_up: end
        waited: end
        done: end message=closed correlation=opening.why gives={why: opening.why}
        begun > tell_all
        tell_all > split
        split > look
        split > note
        split > wait
        split > answer
        look > looked
        heard > was_heard
        noted > was_noted
        note > noted_down
        given_up > gave_up
        wait > waited
        answer > done
        """,
        *_forms("look", "note"),
    ),
    lambda case: case.open(why="x"),
    lambda case: (
        case.tell("heard", "T-1", place="south").do("note", text="go").tell("answered", "T-1", text="yes").do("look")
    ),
)

GRADE = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="tests">
<decision id="grade" name="grade"><decisionTable id="t" hitPolicy="UNIQUE">
<input id="i" label="Text"><inputExpression id="e" typeRef="string"><text>ask.text</text></inputExpression></input>
<output id="o" name="level" typeRef="string"/>
<rule id="first"><inputEntry id="a1"><text>"one"</text></inputEntry><outputEntry id="a2"><text>"a"</text></outputEntry></rule>
</decisionTable></decision></definitions>"""


class Calling(Drive):
    """A drive that knows the operation which an operator leaves out."""

    knows = frozenset({"look_up"})


LEFT_OUT_AND_DECIDED = Shape(
    {
        **procedure(
            "left_out_and_decided",
            """
            begun: start form=opening
            split: parallel
            other: user form=other
            ask: user form=ask
            look_up: service does=look_up record=known
            find: rule asks=grade into=found
            level: exclusive
            other_done: end
            done: stop
            no_level: end
            begun > split
            split > other
            split > ask
            other > other_done
            ask > look_up
            look_up > find
            find > level
            level > done : =found.value = "a"
            level > no_level default
            """,
            *_forms("ask", "other"),
        ),
        "grade.dmn": GRADE,
    },
    lambda case: case.open().step(Skip("look_up", Actor("operator"), "the register is down")),
    lambda case: case.do("ask", text="one"),
    Calling,
)

GROWING = Shape(
    procedure(
        "growing",
        """
        begun: start form=opening
        first: user form=action repeats=true
        split: parallel
        more: user form=action repeats=true
        act: user form=outcome each=action as=action grows=true
        raised: end
        done: end
        begun > first
        first > split
        split > more
        split > act
        more > raised
        act > done
        """,
        *_forms("action", "outcome"),
    ),
    lambda case: case.open().do("first", text="a"),
    lambda case: case.do("more", text="b").do("act", key="2").do("act", key="1"),
)


def _begun_by(name: str, start: str) -> Shape:
    return Shape(
        procedure(
            name,
            f"""
            begun: start {start}
            look: user form=look
            on_day: boundary on=look date=2026-03-04T09:00:00Z
            done: end
            late: end
            begun > look
            look > done
            on_day > late
            """,
            *_forms("look")[1:],
        ),
        lambda case: case.open(),
        lambda case: case.wait(days=3),
    )


class Asking(Drive):
    """A drive that knows the operation which is carried out after the step."""

    knows = frozenset({"after look_up"})


ASKED_OUTSIDE = Shape(
    procedure(
        "asked_outside",
        """
        begun: start form=opening
        look_up: service does=look_up record=known after=true
        look: user form=look
        done: end
        begun > look_up
        look_up > look
        look > done
        """,
        *_forms("look"),
    ),
    lambda case: case.open(),
    lambda case: case.tell("found:look_up", "T-1/look_up/1", plate="p").do("look"),
    Asking,
)

EVENTS_INSIDE = Shape(
    procedure(
        "events_inside",
        """
        begun: start form=opening
        long: script says={string length(opening.why) > 3} into=counted
        split: parallel
        first_of: race
        hear: receive message=heard key=case.reference
        over: catch signal=over
        so_long: catch duration=P3D
        tell: send message=told key=case.reference
        heard: end
        was_over: end
        too_long: end
        ask: user form=answer again={answer.text = "again"} most=5
        high: boundary on=ask quiet when={=opening.why = "high"}
        see: user form=seen repeats=true
        seen: end
        agree: user form=agreed each=["a","b","c"] as=name until={count(agreed) > 1}
        call_off: throw signal=over
        work: inside
            in_work: start
            try: user form=tried
            warn: throw escalation=slow
            failed: end error=failed
            in_work > try
            try > warn
            warn > failed
        slow: boundary on=work quiet escalation=slow
        is_slow: end
        fails: boundary on=work error=failed
        ended: end
        help: handler
            called: start quiet message=called key=case.reference
            answer_call: user form=call repeats=true
            answered: end
            called > answer_call
            answer_call > answered
        begun > long
        long > split
        split > first_of
        first_of > hear
        first_of > over
        first_of > so_long
        hear > tell
        tell > heard
        over > was_over
        so_long > too_long
        split > ask
        ask > agree
        high > see
        see > seen
        agree > call_off
        call_off > work
        work > ended
        slow > is_slow
        fails > seen
        """,
        *_forms("answer", "seen", "agreed", "tried", "call"),
    ),
    lambda case: case.open(why="high").do("ask", text="again").tell("called", "T-1"),
    lambda case: (
        case.correct("opening", "why", "low")
        .correct("opening", "why", "high")
        .tell("called", "T-1")
        .do("ask", text="on")
        .do("agree", key="b", text="yes")
        .do("agree", key="a", text="yes")
        .do("try")
        .do("see")
        .do("see")
        .do("answer_call")
        .do("answer_call")
    ),
)

SHAPES: Mapping[str, Shape] = {
    "events_inside": EVENTS_INSIDE,
    "loop_and_timer": LOOP_AND_TIMER,
    "half_joined": HALF_JOINED,
    "called_with_message": CALLED_WITH_MESSAGE,
    "deadline": DEADLINE,
    "several_at_once": _several(""),
    "several_one_by_one": _several("one_by_one"),
    "words_and_conditions": WORDS_AND_CONDITIONS,
    "left_out_and_decided": LEFT_OUT_AND_DECIDED,
    "growing": GROWING,
    "asked_outside": ASKED_OUTSIDE,
    "begun_by_the_calendar": _begun_by("begun_by_the_calendar", 'cycle={=next local time(after, @"08:00:00")}'),
    "begun_by_a_message": _begun_by("begun_by_a_message", "message=told key={=told.sender}"),
}


def path_of(name: str, version: int = packing.VERSION) -> Path:
    """Give the place of a golden file."""
    return FOLDER / f"{name}_v{version}.json"


def shape_of(path: Path) -> Shape:
    """Give the shape of a golden file."""
    return SHAPES[path.stem.rpartition("_v")[0]]


def write(name: str) -> None:
    """Write the golden file of a shape."""
    case = SHAPES[name].drive(SHAPES[name].files, restored=False)
    SHAPES[name].before(case)
    assert case.position is not None
    document = {
        "now": case.now,
        "release": orjson.loads(case.data),
        "facts": case.facts,
        "state": b64encode(state.dump(case.position)).decode(),
        "tasks": [[number, task.node.id, task.key, task.due_at, task.deadline] for number, task in case.tasks.items()],
    }
    path_of(name).write_bytes(orjson.dumps(orjson.loads(values.dumps(document)), option=orjson.OPT_INDENT_2) + b"\n")


def bytes_of(document: Mapping[str, Any]) -> bytes:
    """Give the state of a golden file as the store kept it: those that were not deflated are written as they were."""
    kept = document["state"]
    return b64decode(kept) if isinstance(kept, str) else orjson.dumps(kept)


def opened(path: Path) -> tuple[Drive, dict[str, Any]]:
    """Open a golden file with the engine of today, and give the case with what the file holds."""
    document = values.loads(path.read_bytes())
    case = shape_of(path).drive(document["release"], restored=True, now=document["now"])
    case.facts = document["facts"]
    conductor = runner.restore(case.release, bytes_of(document), case.facts, case.now)
    case.position = conductor.position
    for number, element, key, due_at, deadline in document["tasks"]:
        case.tasks[number] = OpenTask(number, case.release.node(element), key, due_at, deadline)
    case.last = Outcome(case.position, next_due_at=Winder(conductor).next_due())
    return case, document


if __name__ == "__main__":
    for missing in [name for name in SHAPES if not path_of(name).exists()]:
        write(missing)
        sys.stdout.write(f"wrote {path_of(missing).name}\n")
