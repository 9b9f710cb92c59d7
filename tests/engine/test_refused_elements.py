"""What of BPMN does not run: each is refused at its element, in a sentence that says what to draw instead.

`bpmn/ELEMENTS.md` gives these sentences.
"""

from __future__ import annotations

import pytest

from engine import release
from engine.errors import ReleaseInvalid
from tests.drawn import procedure
from tests.engine.test_elements import FORMS, OPEN


def refused(text: str, more: str = "", **called: str) -> dict[str, str]:
    """Draw a process with something that is refused; `more` is put in as it is written, before its last task."""
    files = procedure(
        "small", f"{OPEN}ask: user form=answer\ndone: end\nbegun > ask\nask > done\n{text}", *FORMS, **called
    )
    files["small.bpmn"] = files["small.bpmn"].replace("<userTask", f"{more}<userTask", 1)
    return files


def event(tag: str, definition: str) -> str:
    """Draw an event with a definition that tests do not draw elsewhere."""
    return f'<{tag} id="it" name="it"><{definition} id="it_definition"/></{tag}>'


HANDLER = "it: handler\n    came: start {begins}\n    gone: end\n    came > gone\n"
REFUSED: dict[str, tuple[dict[str, str], str, str]] = {
    "task of no kind": (refused("", '<task id="it" name="it"/>'), "it", "element-not-supported"),
    "complex gateway": (refused("", '<complexGateway id="it"/>'), "it", "element-not-supported"),
    "ad hoc sub-process": (refused("", '<adHocSubProcess id="it"/>'), "it", "element-not-supported"),
    "transaction": (refused("", '<transaction id="it"/>'), "it", "element-not-supported"),
    "data object": (refused("", '<dataObjectReference id="it"/>'), "it", "element-not-supported"),
    "data store": (refused("", '<dataStoreReference id="it"/>'), "it", "element-not-supported"),
    "link event": (
        refused("", event("intermediateThrowEvent", "linkEventDefinition")), "it", "element-not-supported"
    ),
    "compensation event": (
        refused("", event("intermediateThrowEvent", "compensateEventDefinition")), "it", "element-not-supported"
    ),
    "cancel event": (refused("", event("endEvent", "cancelEventDefinition")), "it", "element-not-supported"),
    "end event with a timer": (refused("", event("endEvent", "timerEventDefinition")), "it", "element-not-supported"),
    "event with several definitions": (
        refused("it: catch duration=PT1H when={=opening.why = null}"), "it", "one-definition"
    ),
    "activity for compensation": (
        refused("", '<scriptTask id="it" isForCompensation="true"/>'), "it", "attribute-not-supported"
    ),
    "gateway or receive task that begins a case": (
        refused("", '<eventBasedGateway id="it" instantiate="true"/>'), "it", "attribute-not-supported"
    ),
    "script in another language than FEEL": (
        refused("", '<scriptTask id="it"><script>import os</script></scriptTask>'), "it", "script-missing"
    ),
    "script that would show facts of another data class": (
        {name: text.replace("D2", "D9") for name, text in refused("it: script says={answer.text} into=it").items()},
        "it", "script-data-class",
    ),
    "start of a procedure with a condition, a signal or an error": (
        procedure("small", "begun: start when={=opening.why = null}\ndone: end\nbegun > done", *FORMS),
        "begun", "plain-start",
    ),
    "error or escalation on a task": (refused("it: boundary on=ask error=any\nit > done"), "it", "nothing-to-catch"),
    "error that nothing around it catches": (refused("it: end error=lost\nit_way: exclusive\nit_way > it"), "it", "not-caught"),
    "error that nothing throws": (
        refused(f"{HANDLER.format(begins='error=lost')}"), "came", "never-thrown"
    ),
    "error that does not interrupt": (
        refused(f"{HANDLER.format(begins='quiet error=lost')}"), "came", "error-interrupts"
    ),
    "signal that nothing in the procedure awaits": (refused("it: throw signal=over\nit > done"), "it", "not-caught"),
    "signal that nothing in the procedure throws": (refused("it: catch signal=over\nit > done"), "it", "never-thrown"),
    "signal that begins what throws it again": (
        refused(HANDLER.format(begins="quiet signal=over").replace("gone: end", "gone: end signal=over")),
        "came", "signal-without-wait",
    ),
    "event sub-process with a flow to it": (
        refused(f"{HANDLER.format(begins='duration=PT1H')}other: exclusive\nother > it"), "it", "handler-in-flow"
    ),
    "event sub-process for each of several": (
        refused(HANDLER.format(begins="duration=PT1H").replace("handler", "handler each=opening.names as=name")),
        "it", "handler-repeated",
    ),
    "event sub-process without an event": (refused(HANDLER.format(begins="")), "came", "event-without-definition"),
    "event sub-process with a repeating timer": (
        refused(HANDLER.format(begins="cycle={=[]}")), "came", "cycle-without-activity"
    ),
    "the moment at which an event sub-process began": (
        refused(HANDLER.format(begins="duration=PT1H").replace("gone: end", "gone: end message=told key=came.at")), "gone", "name-not-known"
    ),
    "event-based gateway with one event": (refused("it: race\none: catch duration=PT1H\nit > one\none > done"), "it", "race-of-one"),
    "task of a person behind an event-based gateway": (
        refused("it: race\none: catch duration=PT1H\nother: user form=answer\nit > one\nit > other\none > done\nother > done"),
        "other", "race-of-events",
    ),
    "multi-instance that names no list": (
        refused("", '<userTask id="it"><multiInstanceLoopCharacteristics><extensionElements><zeebe:loopCharacteristics inputCollection="="/>'
                "</extensionElements></multiInstanceLoopCharacteristics></userTask>"), "it", "loop-without-collection",
    ),
    "loop without an end": (
        refused("", '<userTask id="it"><standardLoopCharacteristics/></userTask>'), "it", "loop-without-end"
    ),
    "loop of an automatic step that may never end": (
        refused("it: script says={1} into=one again={opening.why = null}"), "it", "loop-without-wait"
    ),
    "operation inside the step, with an event on its border": (
        refused("it: service does=look_up\nlate: boundary on=it duration=PT1H"), "late", "boundary-without-host"
    ),
}  # fmt: skip


def sentence_of(name: str) -> str:
    """Give what is said of something that is refused."""
    files, where, rule = REFUSED[name]
    with pytest.raises(ReleaseInvalid) as refusal:
        release.check(files)
    found = [each.sentence for each in refusal.value.problems if (each.where, each.rule) == (where, rule)]
    assert found, refusal.value.problems
    return found[0]


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_run_is_refused_at_its_element_with_what_to_draw(name: str) -> None:
    assert len(sentence_of(name)) > 40


@pytest.mark.parametrize(
    ("between", "again", "wrong"),
    [
        ("", "quiet", {"came", "answered"}),
        ("between: script says={1} into=one", "quiet", {"came", "answered"}),
        ("between: user form=answer", "quiet", set()),
        ("between: catch duration=PT1H", "quiet", set()),
        ("", "", set()),
    ],
)
def test_two_signals_that_begin_each_other_are_refused_unless_somebody_or_a_time_comes_between(
    between: str, again: str, wrong: set[str]
) -> None:
    way = "came > between\n    between > gone" if between else "came > gone"
    text = f"""
it: handler
    came: start quiet signal=over
    {between}
    gone: end signal=back
    {way}
other: handler
    answered: start {again} signal=back
    inside: inside
        began: start
        told: throw signal=over
        ended: end
        began > told
        told > ended
    over: end
    answered > inside
    inside > over
"""
    _compiled, problems = release.examine(refused(text), None, ())
    assert {(each.where, each.rule) for each in problems} == {(where, "signal-without-wait") for where in wrong}
