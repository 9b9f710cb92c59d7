"""Each element of a diagram from elsewhere becomes one of ours that does the same, or a place at which a person does it.

What has no equal is left as it is; `engine.diagrams` refuses it then, at its own id.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping

from engine import xml
from engine.elements import (
    ATTRIBUTES,
    BPMN,
    DECLARED,
    DRAWING,
    EXTENSIONS,
    FOR_THE_EYE,
    OTHER_ENGINES,
    UNREAD,
    XSI,
    ZEEBE,
)
from engine.foreign.sheet import Sheet, slug

CAMUNDA, SPIFF = "{http://camunda.org/schema/1.0/bpmn}", "{http://spiffworkflow.org/bpmn/schema/1.0/core}"

DATA = frozenset({
    "dataObject", "dataObjectReference", "dataStoreReference", "dataInputAssociation", "dataOutputAssociation",
    "ioSpecification", "property", "dataState", "dataInput", "dataOutput", "inputSet", "outputSet", "ioBinding",
})  # fmt: skip
RESOURCES = frozenset({
    "potentialOwner", "performer", "humanPerformer", "resourceRole", "auditing", "monitoring", "rendering",
    "categoryValueRef", "supportedInterfaceRef", "correlationSubscription", "participantMultiplicity", "interfaceRef",
})  # fmt: skip
KEPT_BESIDE = frozenset({"process", "collaboration", *DECLARED})
KEPT = frozenset({"formDefinition", "taskDefinition", "calledDecision", "subscription", "loopCharacteristics"})
"""The extensions that we write ourselves, and the collection of a multi-instance; others name what is not in the file."""
IDLE = frozenset({
    "implementation", "operationRef", "resourceRef", "itemSubjectRef", "scriptFormat", "calledElement", "itemRef",
    "structureRef", "messageRef", "instantiate", "eventGatewayType", "partitionElementRef", "method", "gatewayDirection",
    "definitionalCollaborationRef", "triggeredByEvent", "isInterrupting", "expressionLanguage", "typeLanguage",
    "processRef", "startQuantity", "completionQuantity", "isForCompensation", "parallelMultiple", "isImmediate",
})  # fmt: skip
"""Attributes that name what is elsewhere in the file, or what another engine does with an element."""
MEANT: Mapping[str, str] = {
    "triggeredByEvent": "true", "isForCompensation": "true", "parallelMultiple": "true", "isInterrupting": "false",
}  # fmt: skip
"""These change what happens: with this value they stay, and are refused."""

BY_A_PERSON = frozenset({"errorEventDefinition", "escalationEventDefinition"})
"""What goes wrong in a task of a person is said by a message; what is thrown inside a sub-process is caught at its border here too."""
AS_MESSAGES = BY_A_PERSON | {"messageEventDefinition", "signalEventDefinition", "conditionalEventDefinition"}

PERSON = "{what} “{name}” is not known here, so a person does it until somebody draws what takes its place."


def forget(sheet: Sheet) -> None:
    """Take away what other programs wrote for themselves, with all that it holds."""
    known = {BPMN, ZEEBE, *DRAWING, *OTHER_ENGINES}
    for element in list(sheet.root.iter()):
        namespace = element.tag[1:].rpartition("}")[0] if isinstance(element.tag, str) else ""
        parent = element.getparent()
        if parent is not None and namespace not in known:
            parent.remove(element)


def definitions(sheet: Sheet) -> None:
    """Put event definitions that stand at the top of the file where they are meant, and take away what else stands there."""
    shared = {each.get("id"): each for each in sheet.root if xml.local_name(each).endswith("EventDefinition")}
    for reference in list(sheet.process.iter(f"{{{BPMN}}}eventDefinitionRef")):
        meant = shared.get((reference.text or "").strip().rpartition(":")[2])
        if meant is not None:
            parent = Sheet.around(reference)
            copied = xml.child(parent, str(meant.tag), {})
            for inner in meant:
                if isinstance(inner.tag, str):
                    xml.child(copied, str(inner.tag), dict(inner.attrib)).text = inner.text
            copied.attrib.update({key: value for key, value in meant.attrib.items() if key != "id"})
            parent.remove(reference)
    for element in list(sheet.root):
        kind = xml.local_name(element)
        if str(element.tag).startswith(f"{{{BPMN}}}") and kind not in KEPT_BESIDE and kind not in FOR_THE_EYE:
            sheet.note(element, "beside-the-process", f"<{kind}> says how data, messages or people are kept elsewhere.")
            sheet.root.remove(element)


def data(sheet: Sheet) -> None:
    """Keep stores and objects of data as notes: here facts are what forms, tables and operations write."""
    for element in list(sheet.process.iter(f"{{{BPMN}}}*")):
        kind = xml.local_name(element)
        if kind not in DATA | RESOURCES or element.getparent() is None:
            continue
        name = " ".join((element.get("name") or "").split())
        if kind in {"dataStoreReference", "dataObjectReference"} and name:
            what = "data store" if "Store" in kind else "data"
            sheet.note(element, "data-is-a-note", f"The {what} “{name}” is kept as a note: facts are what forms write.")
            element.tag = f"{{{BPMN}}}textAnnotation"
            for attribute in set(element.attrib) - {"id"}:
                del element.attrib[attribute]
            for inner in list(element):
                element.remove(inner)
            xml.child(element, f"{{{BPMN}}}text", {}).text = f"{what.capitalize()}: {name}"
        else:
            Sheet.around(element).remove(element)


def tasks(sheet: Sheet, operations: Collection[str]) -> None:
    """Make a task of a person of every activity that nothing here carries out."""
    workers: dict[str, Callable[[Sheet, xml.Element], None]] = {
        "task": lambda _sheet, task: sheet.change(task, "userTask"),
        "manualTask": lambda _sheet, task: sheet.change(task, "userTask"),
        "userTask": lambda _sheet, _task: None,
        "scriptTask": lambda _sheet, task: _by_a_person(sheet, task, "The script"),
        "serviceTask": lambda _sheet, task: _service(sheet, task, operations),
        "businessRuleTask": _decision,
        "callActivity": lambda _sheet, task: _by_a_person(sheet, task, "The process that is called by"),
        "sendTask": lambda _sheet, task: _message_task(sheet, task, "intermediateThrowEvent"),
        "receiveTask": lambda _sheet, task: _message_task(sheet, task, "intermediateCatchEvent"),
    }
    for task in list(sheet.process.iter(f"{{{BPMN}}}*")):
        kind = xml.local_name(task)
        if kind == "subProcess" and not sheet.nodes(task, "Task", "task", "Event", "subProcess", "callActivity"):
            sheet.change(task, "userTask")
            sheet.ask(
                task, "sub-process-empty", f"Nothing is drawn inside “{task.get('name')}”: one task stands for it."
            )
        elif kind in workers:
            workers[kind](sheet, task)


def _by_a_person(sheet: Sheet, task: xml.Element, what: str) -> None:
    sheet.change(task, "userTask")
    for inner in list(task.iterchildren(f"{{{BPMN}}}script")):
        task.remove(inner)
    sheet.ask(task, "done-by-a-person", PERSON.format(what=what, name=task.get("name") or task.get("id")))


def _service(sheet: Sheet, task: xml.Element, operations: Collection[str]) -> None:
    """Keep an operation that is known here under the name that another engine gave it."""
    inside = (
        each.get("id") or each.get("type")
        for each in task.iter(f"{SPIFF}serviceTaskOperator", f"{{{ZEEBE}}}taskDefinition")
    )
    said = (task.get(f"{CAMUNDA}{key}") for key in ("topic", "class", "delegateExpression", "expression"))
    wanted = next(filter(None, (*inside, *said)), "")
    if slug(wanted) in operations:
        extend(task, "taskDefinition", {"type": slug(wanted)})
    else:
        _by_a_person(sheet, task, "The service" + (f" {wanted}" if wanted else ""))


def _decision(sheet: Sheet, task: xml.Element) -> None:
    """Let a table with one row, which is to be filled, stand for a decision that is not in the file."""
    said = next((each.text or "" for each in task.iter(f"{SPIFF}calledDecisionId")), "") or task.get(
        f"{CAMUNDA}decisionRef", ""
    )
    said = said or next((each.get("decisionId", "") for each in task.iter(f"{{{ZEEBE}}}calledDecision")), "")
    table = sheet.fresh(said or f"{task.get('name') or 'decision'} table")
    sheet.files[f"{table}.dmn"] = _TABLE.format(id=table)
    wish = task.get(f"{CAMUNDA}resultVariable", "") or f"{table}_result"
    extend(task, "calledDecision", {"decisionId": table, "resultVariable": sheet.fresh(wish)})
    sheet.ask(
        task, "table-to-be-filled", f"The table {table}.dmn stands for what “{task.get('name')}” decides: fill it."
    )


_TABLE = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="{id}_definitions" name="{id}" namespace="https://homeward.example/dmn">
  <decision id="{id}" name="{id}">
    <decisionTable id="{id}_table" hitPolicy="FIRST">
      <input id="{id}_input_1" label="Case"><inputExpression id="{id}_expression_1"><text>case.reference</text></inputExpression></input>
      <output id="{id}_output_1" label="Answer" name="answer" />
      <rule id="{id}_1">
        <inputEntry id="{id}_1_in_1"><text>-</text></inputEntry>
        <outputEntry id="{id}_1_out_1"><text>"to be decided"</text></outputEntry>
      </rule>
    </decisionTable>
  </decision>
</definitions>
"""


def _message_task(sheet: Sheet, task: xml.Element, event: str) -> None:
    """Make an event of a task that only sends or awaits; one with events on its border is done by a person."""
    name = task.get("id")
    if any(each.get("attachedToRef") == name for each in sheet.nodes(sheet.around(task), "boundaryEvent")):
        _by_a_person(sheet, task, "The message of")
        return
    reference = task.get("messageRef", "")
    sheet.change(task, event)
    xml.child(task, f"{{{BPMN}}}messageEventDefinition", {"messageRef": reference} if reference else {})


def events(sheet: Sheet) -> None:
    """Give each event something that we can send, await or wait for."""
    for event in [each for scope in sheet.scopes() for each in sheet.nodes(scope, "Event")]:
        found = [each for each in event if xml.local_name(each).endswith("EventDefinition")]
        kind = xml.local_name(event)
        if not found and kind == "intermediateCatchEvent":
            sheet.change(event, "intermediateThrowEvent")
            sheet.ask(event, "waits-for-nothing", f"“{event.get('name')}” waits for nothing: it is passed at once.")
        if len(found) == 1:
            _event(sheet, event, kind, found[0])


def _event(sheet: Sheet, event: xml.Element, kind: str, definition: xml.Element) -> None:
    """Translate the one definition of an event."""
    what, name = xml.local_name(definition), event.get("name") or event.get("id")
    if what == "timerEventDefinition" and kind == "startEvent":
        event.remove(definition)
        sheet.ask(
            event, "started-by-people", f"“{name}” began by a clock, and is begun by people now: say when it begins."
        )
    elif what == "timerEventDefinition" and kind != "endEvent":
        _timer(sheet, event, definition, str(name))
    elif what == "conditionalEventDefinition" and kind == "startEvent":
        event.remove(definition)
        sheet.ask(event, "started-by-people", f"“{name}” began with a condition, and is begun by people now.")
    elif what in AS_MESSAGES and _may_be_told(sheet, event, kind, what) and not _stays_inside(sheet, definition):
        _message(sheet, event, definition, str(name))


def _may_be_told(sheet: Sheet, event: xml.Element, kind: str, what: str) -> bool:
    """Whether a message can stand for what an event sends or awaits."""
    if what in BY_A_PERSON:
        return kind == "boundaryEvent" and _host(sheet, event) == "userTask"
    return kind != "startEvent" or Sheet.around(event) is sheet.process


def _stays_inside(sheet: Sheet, definition: xml.Element) -> bool:
    """Whether a signal is both thrown and awaited in this process, so that it never was for another."""
    if xml.local_name(definition) != "signalEventDefinition":
        return False
    signal = definition.get("signalRef")
    same = (each for each in sheet.process.iter(f"{{{BPMN}}}signalEventDefinition") if each.get("signalRef") == signal)
    return len({xml.local_name(Sheet.around(each)) in {"intermediateThrowEvent", "endEvent"} for each in same}) > 1


def _host(sheet: Sheet, event: xml.Element) -> str:
    """Say on what kind of activity an event sits."""
    beside = sheet.nodes(sheet.around(event), "Task", "subProcess", "callActivity")
    return next((xml.local_name(each) for each in beside if each.get("id") == event.get("attachedToRef")), "")


def _timer(sheet: Sheet, event: xml.Element, definition: xml.Element, name: str) -> None:
    """Keep a duration or a date in ISO 8601; a day stands for any other."""
    said = next((each for each in definition if xml.local_name(each) in {"timeDuration", "timeDate"}), None)
    text = " ".join((said.text or "").split()) if said is not None else ""
    kept = said is not None and xml.local_name(said) == "timeDuration" and text.startswith("P") and text[1:].isalnum()
    for inner in list(definition):
        definition.remove(inner)
    xml.child(definition, f"{{{BPMN}}}timeDuration", {}).text = text if kept else "P1D"
    if not kept:
        sheet.ask(
            event,
            "time-to-be-said",
            f"“{name}” waits a day until somebody says how long" + (f" (it said: {text})." if text else "."),
        )


def _message(sheet: Sheet, event: xml.Element, definition: xml.Element, name: str) -> None:
    """Send or await a message with a name in words; signals and conditions that are awaited become messages."""
    what = xml.local_name(definition)
    meant = definition.get("messageRef") or definition.get("signalRef") or ""
    titles = {each.get("id"): each.get("name") for each in sheet.root.iterchildren(f"{{{BPMN}}}message")}
    word = sheet.fresh(titles.get(meant.rpartition(":")[2]) or name or "message")
    message = xml.child(sheet.root, f"{{{BPMN}}}message", {"id": sheet.fresh(f"{word}_message"), "name": word})
    sheet.root.insert(0, message)
    extend(message, "subscription", {"correlationKey": "=case.reference"})
    for inner in list(definition):
        definition.remove(inner)
    definition.tag = f"{{{BPMN}}}messageEventDefinition"
    definition.attrib.clear()
    definition.set("messageRef", message.get("id", ""))
    awaited = {"startEvent": "begins a case with", "endEvent": "sends", "intermediateThrowEvent": "sends"}
    was = "" if what == "messageEventDefinition" else f" (it was a {what.removesuffix('EventDefinition')})"
    sheet.ask(
        event,
        "message-to-be-agreed",
        f"“{name}” {awaited.get(xml.local_name(event), 'awaits')} the message {word}{was}: say who is at the other end, and by which key.",
    )


def forms(sheet: Sheet) -> None:
    """Give the start and each task of a person a form: with the questions of the file, or with one for notes."""
    start = next(iter(sheet.nodes(sheet.process, "startEvent")), None)
    wanted = [task for scope in sheet.scopes() for task in sheet.nodes(scope, "userTask")]
    if start is not None and start.find(f"{{{BPMN}}}messageEventDefinition") is None:
        wanted.insert(0, start)
    for task in wanted:
        if task.get("id") in sheet.choosing:
            continue
        name = sheet.fresh(f"{task.get('id')}_form")
        fields = list(_fields(task)) or [_question("notes", "Notes", "textarea")]
        sheet.files[f"{name}.form"] = form(name, task.get("name") or name, fields)
        extend(task, "formDefinition", {"formId": name}, first=True)


def form(name: str, title: str, fields: list[dict[str, object]]) -> str:
    """Write a form."""
    return json.dumps({"id": name, "title": title[:200], "type": "default", "components": fields}, indent=1)


def _question(key: str, label: str, kind: str) -> dict[str, object]:
    return {"type": kind, "key": key, "label": label, "properties": {"dataClass": "D2", "error": f"Enter {label[:80]}"}}


def _fields(task: xml.Element) -> Iterator[dict[str, object]]:
    """Give the questions that a form of Camunda 7 asks."""
    kinds = {"long": "number", "boolean": "checkbox"}
    seen: set[str] = set()
    for each in task.iter(f"{CAMUNDA}formField"):
        key = slug(each.get("id", "")) or "field"
        key = key if key[0].isalpha() else f"field_{key}"
        if key not in seen and key not in {"key", "stamp", "csrf_token"}:
            seen.add(key)
            yield _question(key, each.get("label") or key, kinds.get(each.get("type", ""), "textfield"))


def extend(element: xml.Element, tag: str, attributes: Mapping[str, str], *, first: bool = False) -> None:
    """Give an element an extension of ours, in the place of any other of this name."""
    holder = element.find(f"{{{BPMN}}}extensionElements")
    if holder is None:
        holder = xml.child(element, f"{{{BPMN}}}extensionElements", {})
        element.insert(0, holder)
    for old in list(holder.iterchildren(f"{{{ZEEBE}}}{tag}")):
        holder.remove(old)
    made = xml.child(holder, f"{{{ZEEBE}}}{tag}", attributes)
    if first:
        holder.insert(0, made)


def leave_out(sheet: Sheet) -> None:
    """Take away what other programs wrote for themselves, and attributes that lead to what is not here any more."""
    for attribute in set(sheet.root.attrib) - UNREAD["definitions"]:
        del sheet.root.attrib[attribute]
    for element in list(sheet.root.iter()):
        namespace, _, kind = element.tag[1:].rpartition("}") if isinstance(element.tag, str) else ("", "", "")
        parent = element.getparent()
        if parent is None:
            continue
        if namespace not in {BPMN, ZEEBE, *DRAWING} or kind in {"incoming", "outgoing"}:
            parent.remove(element)
        elif namespace == BPMN:
            _plain(element, kind)
            owner = xml.local_name(parent)
            if kind == "extensionElements" and not _is_ours(element, owner):
                parent.remove(element)


def _is_ours(holder: xml.Element, owner: str) -> bool:
    """Keep of the extensions those that we wrote; tell whether any is left."""
    for each in list(holder):
        kept = (
            str(each.tag).startswith(f"{{{ZEEBE}}}")
            and xml.local_name(each) in EXTENSIONS.get(owner, frozenset()) & KEPT
        )
        if not kept:
            holder.remove(each)
    return len(holder) > 0


def _plain(element: xml.Element, kind: str) -> None:
    """Take away attributes of other programs and those that mean nothing here; one that is meant stays, and is refused."""
    known = ATTRIBUTES.get(kind, frozenset()) | UNREAD.get(kind, frozenset())
    for attribute, value in list(element.attrib.items()):
        foreign = attribute.startswith("{") and not attribute.startswith(f"{{{XSI}}}")
        idle = attribute in IDLE and attribute not in known and MEANT.get(attribute) != value
        if (
            foreign
            or idle
            or (
                kind in {"startEvent", "conditionExpression", "loopCondition"} and attribute not in known | MEANT.keys()
            )
        ):
            del element.attrib[attribute]
