"""What the engine would ignore is refused: each problem at its element, in a sentence, all at once."""

from __future__ import annotations

import pytest

from engine import diagrams, release
from engine.errors import Invalid, ReleaseInvalid
from tests.drawn import form, procedure
from workflows import catalogue

OPENING = form("opening", "why")
SOUND = """
    begun: start form=opening
    ask: user form=answer
    clock: boundary on=ask quiet cycle={=[{at: case.opened_at, step: "now"}]}
    told: end
    choose: exclusive
    done: end
    other: end
    begun > ask
    ask > choose
    choose > done : =answer.text = "yes"
    choose > other default
    clock > told
"""
FILES = procedure("sound", SOUND, OPENING, form("answer", "text"))
BPMN = FILES["sound.bpmn"]


def refusals(**changed: str) -> set[tuple[str, str]]:
    """Give (element, rule) of everything that is refused when a part of the sound diagram is changed."""
    files = dict(FILES)
    files["sound.bpmn"] = changed["bpmn"]
    try:
        release.check(files, ["worker"])
    except ReleaseInvalid as refusal:
        return {(problem.where, problem.rule) for problem in refusal.problems}
    return set()


def test_the_sound_diagram_is_taken() -> None:
    assert refusals(bpmn=BPMN) == set()


WORDS_ON_A_TIMER = (
    '<boundaryEvent id="late" name="late" attachedToRef="ask"><extensionElements><zeebe:properties><zeebe:property name="asks" '
    'value="hurry"/></zeebe:properties></extensionElements><timerEventDefinition><timeDuration>PT1H</timeDuration>'
    '</timerEventDefinition></boundaryEvent><sequenceFlow id="on" sourceRef="late" targetRef="done"/></process>'
)
CHANGES = {
    "a complex gateway": ('<userTask id="ask" name="ask">', '<complexGateway id="complex"/><userTask id="ask" name="ask">',
                          ("complex", "element-not-supported")),
    "unknown attribute": ('id="ask" name="ask"', 'id="ask" name="ask" startQuantity="2"', ("ask", "attribute-not-supported")),
    "generated id": ('id="told" name="told"', 'id="Event_0x3f123" name="told"', ("Event_0x3f123", "id-in-words")),
    "an id that the library loses": ('id="told" name="told"', 'id="Start" name="told"', ("Start", "id-in-words")),
    "an id twice": ('id="told" name="told"', 'id="done" name="told"', ("done", "id-twice")),
    "no definition": ("<timeCycle>", "<timeCycle/><timeCycle>", ("clock", "timer-without-definition")),
    "a foreign extension": ('<zeebe:formDefinition formId="answer"/>',
                            '<zeebe:formDefinition formId="answer"/><zeebe:taskSchedule dueDate="=x"/>',
                            ("ask", "extension-not-supported")),
    "more turns of a loop than can be counted": (
        "</userTask>", f'<standardLoopCharacteristics loopMaximum="{"9" * 5_000}"/></userTask>', ("ask", "loop-maximum"),
    ),
    "an unknown form": ('formId="answer"', 'formId="nothing"', ("ask", "form-not-known")),
    "an unknown role": ('<lane id="worker"', '<lane id="nobody"', ("ask", "role-not-known")),
    "no default flow": (' default="choose_to_other"', "", ("choose", "default-flow")),
    "a condition that is no FEEL": ('=answer.text = "yes"', '=answer.text = = "yes"', ("choose_to_done", "feel-syntax")),
    "a condition without its equals sign": ('=answer.text = "yes"', 'answer.text = "yes"', ("choose_to_done", "condition-is-feel")),
    "a flow into nothing": ('targetRef="told"', 'targetRef="nowhere"', ("clock_to_told", "flow-without-end")),
    "an interrupting deadline": ('cancelActivity="false"', 'cancelActivity="true"', ("clock", "deadline-interrupts")),
    "a deadline that goes on": ('sourceRef="clock" targetRef="told"', 'sourceRef="clock" targetRef="choose"',
                                ("clock", "deadline-leads-to-end")),
    "what a timer asks for that tells nobody": (
        "</process>",
        WORDS_ON_A_TIMER,
        ("late", "asks-without-clock"),
    ),
    "a second way out of a task": ('<sequenceFlow id="ask_to_choose"',
                                   '<sequenceFlow id="more" sourceRef="ask" targetRef="done"/><sequenceFlow id="ask_to_choose"',
                                   ("ask", "several-ways-out")),
    "an event at a gateway": ('attachedToRef="ask"', 'attachedToRef="choose"', ("clock", "boundary-without-host")),
    "what nobody reaches": ("</process>", '<endEvent id="lost" name="lost"/></process>', ("lost", "unreachable")),
    "two start events": ("</process>", '<startEvent id="again" name="again"/></process>', ("sound", "one-start")),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_what_would_be_ignored_is_refused_at_its_element(name: str) -> None:
    old, new, expected = CHANGES[name]
    changed = BPMN.replace(old, new)
    assert changed != BPMN
    assert expected in refusals(bpmn=changed)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('formId="answer"', 'formId="answre"', "Did you mean answer?"),
        ('<lane id="worker"', '<lane id="wroker"', "Did you mean worker?"),
        (
            '<zeebe:formDefinition formId="answer"/>',
            '<zeebe:formDefinition formId="answer"/><zeebe:properties><zeebe:property name="repeat" value="true"/></zeebe:properties>',
            "The property repeat means nothing on a userTask. Did you mean repeats?",
        ),
    ],
)
def test_a_name_that_was_typed_wrongly_is_refused_with_the_nearest_right_one(old: str, new: str, said: str) -> None:
    changed = BPMN.replace(old, new)
    assert changed != BPMN
    with pytest.raises(ReleaseInvalid) as refusal:
        release.check({**FILES, "sound.bpmn": changed}, ["worker"])
    assert [problem.sentence for problem in refusal.value.problems if said in problem.sentence] != []


def test_all_problems_come_at_once() -> None:
    changed = BPMN.replace('formId="answer"', 'formId="nothing"').replace(' default="choose_to_other"', "")
    changed = changed.replace('<lane id="worker"', '<lane id="nobody"')
    assert {rule for _where, rule in refusals(bpmn=changed)} >= {"form-not-known", "default-flow", "role-not-known"}


def test_a_loop_of_automatic_steps_is_refused() -> None:
    files = procedure(
        "runaway",
        """
        begun: start form=opening
        here: exclusive
        there: exclusive
        done: end
        begun > here
        here > there
        there > done : =opening.why = "enough"
        there > here default
        """,
        OPENING,
    )
    with pytest.raises(ReleaseInvalid) as refusal:
        release.check(files)
    assert {problem.rule for problem in refusal.value.problems} == {"loop-without-wait"}


def test_drawing_and_colours_are_harmless() -> None:
    drawing = '<x:BPMNDiagram xmlns:x="http://www.omg.org/spec/BPMN/20100524/DI"/></definitions>'
    assert refusals(bpmn=BPMN.replace("</definitions>", drawing)) == set()


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("not xml", "not-well-formed"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "document-type"),
        ("<a>" + "x" * (6 * 1024 * 1024) + "</a>", "file-too-large"),
        ("<other/>", "not-bpmn"),
    ],
)
def test_a_file_that_is_no_diagram_is_refused(text: str, rule: str) -> None:
    try:
        _process, problems = diagrams.read(text, "file.bpmn")
    except Invalid as refusal:
        problems = refusal.problems
    assert problems[0].rule == rule


def test_a_clock_whose_deadline_has_no_row_is_refused_with_the_nearest_one_that_has() -> None:
    """It would have been set and never gone off, and nobody would have been told."""
    files = catalogue.files("cancellation")
    changed = files["cancellation.bpmn"].replace('deadline: "C-100"', 'deadline: "C-110"')
    with pytest.raises(ReleaseInvalid) as refusal:
        release.check({**files, "cancellation.bpmn": changed})
    found = {(problem.where, problem.sentence) for problem in refusal.value.problems}
    sentence = "No row of the table deadlines is for deadline C-110: this clock would never go off. Did you mean C-101?"
    assert ("reason_clock_rang", sentence) in found
