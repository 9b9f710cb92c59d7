"""What of BPMN runs, and the story that proves it: bpmn/ELEMENTS.md, made of the tables by which diagrams are read.

``python -m tests.engine.element_page`` writes the page again.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from engine.elements import INSIDE, NODES
from tests.engine.test_refused_elements import REFUSED, sentence_of

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "bpmn/ELEMENTS.md"
HERE = "test_elements"
NONE, TIMER, MESSAGE, CONDITION = "", "timerEventDefinition", "messageEventDefinition", "conditionalEventDefinition"
SIGNAL, ERROR, ESCALATION = "signalEventDefinition", "errorEventDefinition", "escalationEventDefinition"
SEVERAL, AGAIN = "multiInstanceLoopCharacteristics", "standardLoopCharacteristics"

Proof = tuple[str, str]
"""A module of tests/engine, and the test in it."""

_HANDLER: Proof = (HERE, "test_an_event_sub_process_that_interrupts_ends_all_else_in_its_process")

_THROWN: Proof = (HERE, "test_what_is_thrown_in_a_process_begins_its_event_sub_processes_as_often_as_it_comes")
_SENDS: Proof = (HERE, "test_an_event_that_sends_and_an_end_that_sends_send_their_messages")
_BLOCKS: Proof = ("test_random_diagrams", "test_a_random_procedure_does_what_its_blocks_mean")

RUNS: Mapping[tuple[str, str], tuple[str, Proof]] = {
    ("startEvent", NONE): (
        "Begins a process. That of the procedure has a form: people open a case.",
        ("test_runner", "test_a_called_process_and_a_sub_process_run_to_their_ends"),
    ),
    ("startEvent", MESSAGE): (
        "Begins a case, or an event sub-process: in place of what runs there, or beside it each time that the message comes.",
        (HERE, "test_an_event_sub_process_that_does_not_interrupt_runs_beside_and_may_begin_again"),
    ),
    ("startEvent", TIMER): ("Begins a case by the calendar, or an event sub-process once, after a time.", _HANDLER),
    ("startEvent", CONDITION): ("Begins an event sub-process when a condition becomes true.", _HANDLER),
    ("startEvent", SIGNAL): (
        "Begins an event sub-process with a signal of the same case.",
        _THROWN,
    ),
    ("startEvent", ERROR): (
        "Begins an event sub-process in place of what threw the error in its process.",
        (HERE, "test_an_event_sub_process_catches_what_is_thrown_in_its_process"),
    ),
    ("startEvent", ESCALATION): (
        "Begins an event sub-process with what was escalated in its process.",
        _THROWN,
    ),
    ("endEvent", NONE): (
        "Ends a way. The process ends when no token is left in it.",
        ("test_runner", "test_a_called_process_and_a_sub_process_run_to_their_ends"),
    ),
    ("endEvent", MESSAGE): ("Sends a message to another case.", _SENDS),
    ("endEvent", SIGNAL): (
        "Throws a signal in its case.",
        (HERE, "test_a_signal_reaches_everything_in_the_case_that_waits_for_it"),
    ),
    ("endEvent", ERROR): (
        "Ends the process, and what is around it up to where the error is caught: by the innermost event that names it, or any.",
        (HERE, "test_an_error_ends_all_that_runs_beside_it_and_around_it_up_to_where_it_is_caught"),
    ),
    ("endEvent", ESCALATION): (
        "Ends its way and escalates to what is around it.",
        (HERE, "test_an_escalation_end_event_may_interrupt"),
    ),
    ("endEvent", "terminateEventDefinition"): (
        "Ends everything in its process.",
        ("test_runner", "test_terminate_ends_every_other_branch"),
    ),
    ("userTask", NONE): (
        "A person of the lane's role does it, with a form.",
        ("test_runner", "test_each_turn_of_a_loop_writes_its_own_record"),
    ),
    ("manualTask", NONE): (
        "A person does it outside the system, and says with a form that it is done.",
        (HERE, "test_a_manual_task_waits_until_a_person_says_that_it_is_done"),
    ),
    ("scriptTask", NONE): (
        "Evaluates FEEL and writes what it gives as a record.",
        (HERE, "test_a_script_task_writes_what_its_feel_gives"),
    ),
    ("sendTask", NONE): ("Sends a message to another case.", (HERE, "test_a_send_task_sends_its_message")),
    ("receiveTask", NONE): (
        "Waits for a message; events may sit on its border.",
        (HERE, "test_a_receive_task_waits_for_its_message_and_what_is_on_its_border"),
    ),
    ("businessRuleTask", NONE): (
        "Asks a decision table and writes its answer as a record.",
        ("test_traps", "test_what_was_decided_goes_before_the_table_of_the_same_name"),
    ),
    ("serviceTask", NONE): (
        "Calls an operation of the program, inside the step or (property `after`) behind it.",
        ("test_mending", "test_a_failing_operation_is_named_and_can_be_left_out"),
    ),
    ("exclusiveGateway", NONE): (
        "Takes the first way whose condition holds, else its default; joins without waiting.",
        ("test_runner", "test_each_turn_of_a_loop_writes_its_own_record"),
    ),
    ("parallelGateway", NONE): (
        "Takes all ways; joins when a token has come on each.",
        ("test_runner", "test_a_join_in_a_loop_waits_for_both_branches_in_the_second_turn_too"),
    ),
    ("inclusiveGateway", NONE): (
        "Takes every way whose condition holds, else its default; joins when no token can come any more on an empty way.",
        ("test_runner", "test_an_inclusive_join_waits_for_what_can_still_come"),
    ),
    ("eventBasedGateway", NONE): (
        "Waits for several messages, times, signals or conditions; the first takes its way and the others are over.",
        (HERE, "test_an_event_based_gateway_takes_the_way_of_what_happens_first"),
    ),
    ("callActivity", NONE): (
        "Runs another diagram of the procedure.",
        ("test_runner", "test_a_called_process_and_a_sub_process_run_to_their_ends"),
    ),
    ("subProcess", NONE): (
        "Runs what is drawn inside; with `triggeredByEvent` it is an event sub-process, begun by its start alone.",
        ("test_runner", "test_a_called_process_and_a_sub_process_run_to_their_ends"),
    ),
    ("boundaryEvent", TIMER): (
        "Interrupts after a time, or goes beside once. A repeating one is a deadline: it tells people and moves nothing.",
        ("test_runner", "test_a_timer_interrupts_its_task_and_is_armed_anew_in_each_turn"),
    ),
    ("boundaryEvent", MESSAGE): (
        "Interrupts when a message comes, or goes beside each time that it comes.",
        (HERE, "test_a_message_that_interrupts_nothing_may_come_again"),
    ),
    ("boundaryEvent", CONDITION): (
        "Looked at when a step is over: interrupts when the condition is true, or goes beside, and then again only after a step that left it false.",
        (HERE, "test_a_condition_that_interrupts_nothing_is_met_anew_only_after_it_was_false"),
    ),
    ("boundaryEvent", SIGNAL): (
        "Interrupts, or goes beside, when the signal is thrown in the same case.",
        (HERE, "test_a_signal_reaches_everything_in_the_case_that_waits_for_it"),
    ),
    ("boundaryEvent", ERROR): (
        "On a sub-process or call: interrupts it when the error, or any, is thrown inside.",
        (HERE, "test_an_error_end_event_is_caught_on_the_border_of_its_sub_process"),
    ),
    ("boundaryEvent", ESCALATION): (
        "On a sub-process or call: interrupts it, or goes beside each time, when something is escalated inside.",
        (HERE, "test_an_escalation_is_caught_while_its_sub_process_goes_on"),
    ),
    ("intermediateCatchEvent", TIMER): ("Waits for a moment, or for a time.", _BLOCKS),
    ("intermediateCatchEvent", MESSAGE): ("Waits for a message.", _BLOCKS),
    ("intermediateCatchEvent", CONDITION): (
        "Waits until a condition is true; looked at after each step.",
        (HERE, "test_an_event_based_gateway_takes_the_way_of_what_happens_first"),
    ),
    ("intermediateCatchEvent", SIGNAL): (
        "Waits for a signal of the same case; one that was thrown before is not kept.",
        (HERE, "test_a_signal_reaches_everything_in_the_case_that_waits_for_it"),
    ),
    ("intermediateThrowEvent", NONE): (
        "A milestone: passed at once, and written to the log.",
        ("test_traps", "test_twelve_hundred_automatic_steps_run_at_once"),
    ),
    ("intermediateThrowEvent", MESSAGE): ("Sends a message to another case.", _SENDS),
    ("intermediateThrowEvent", SIGNAL): (
        "Throws a signal in its case; another case is told by a message.",
        (HERE, "test_a_signal_reaches_everything_in_the_case_that_waits_for_it"),
    ),
    ("intermediateThrowEvent", ESCALATION): (
        "Escalates to what is around it, and goes on unless that interrupts.",
        (HERE, "test_an_escalation_is_caught_while_its_sub_process_goes_on"),
    ),
    ("every activity", SEVERAL): (
        "Once for each of a list, all at once or one after the other; ends early by its completion condition.",
        (HERE, "test_a_completion_condition_ends_a_multi_instance_early"),
    ),
    ("every activity", AGAIN): (
        "Again while a condition holds, asked before or behind each turn, and a number of times at most.",
        (HERE, "test_a_loop_goes_on_while_its_condition_holds"),
    ),
}
"""What each element does, and the test that proves it."""


class Row(NamedTuple):
    """A line of the page."""

    element: str
    what: str
    proof: str


def elements() -> Iterator[tuple[str, str]]:
    """Give every element that diagrams may hold, with each definition that it may have; loops once for all tasks."""
    loops = {SEVERAL, AGAIN}
    for tag in NODES:
        parts = INSIDE.get(tag, frozenset())
        needs_one = tag in {"boundaryEvent", "intermediateCatchEvent"}
        yield from [] if needs_one else [(tag, NONE)]
        yield from ((tag, part) for part in sorted(parts - loops))
    repeated = {part for parts in INSIDE.values() for part in parts & loops}
    yield from (("every activity", part) for part in sorted(repeated))


def running() -> Iterator[Row]:
    """Give the lines of what runs."""
    for tag, part in elements():
        what, (module, test) = RUNS[tag, part]
        named = re.sub(r"(EventDefinition|Characteristics)$", "", part)
        yield Row(f"`{tag}`{f', {named}' if named else ''}", what, f"`{module}.py` {test.removeprefix('test_')}")


def refused() -> Iterator[Row]:
    """Give the lines of what is refused, in the words in which it is."""
    for name, (_files, _where, rule) in REFUSED.items():
        yield Row(name, sentence_of(name), f"`{rule}`")


def page() -> str:
    """Write the page."""
    lines = [
        "# What of BPMN runs",
        "",
        "Written by `python -m tests.engine.element_page` from the tables by which diagrams are read (`engine/elements.py`). Each line that",
        "runs names its story in `tests/engine`, played straight, and saved and restored before every step. What stands in no line is refused",
        "too, at its element and in a sentence. The studio offers what runs, with a field for what each needs.",
        "",
        "| element | what it does | proved by |",
        "|---|---|---|",
        *(f"| {row.element} | {row.what} | {row.proof} |" for row in running()),
        "",
        "## What is refused, and what to draw instead",
        "",
        "| what | what is said | rule |",
        "|---|---|---|",
        *(f"| {row.element} | {row.what.replace('<', '&lt;')} | {row.proof} |" for row in refused()),
        "",
        "An attribute or extension that nobody reads is refused at its element as well.",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    sys.stdout.write(f"wrote {PAGE.name}\n")
