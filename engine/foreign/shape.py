"""The ways through a diagram from elsewhere become those that we run: one start, an end to every path, a gateway where ways part.

Conditions in another language, or on what nobody here writes, become a question to a person, whose answer chooses the way.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine import xml
from engine.elements import BPMN, GENERATED, NAME, NODES, RESERVED
from engine.foreign import translate
from engine.foreign.sheet import LONGEST_ID, Sheet, slug

STEPS = (
    "Task",
    "task",
    "Event",
    "Gateway",
    "subProcess",
    "callActivity",
    "transaction",
    "SubProcess",
)
REFERENCES = (
    "sourceRef",
    "targetRef",
    "default",
    "attachedToRef",
    "processRef",
    "messageRef",
    "signalRef",
    "errorRef",
    "escalationRef",
    "bpmnElement",
)
LONGEST_NAME = 200
OPEN_QUESTION = "Open question: "
"""Begins the documentation in which a question of an import stands."""


def names(sheet: Sheet, process: str) -> None:
    """Put ids into words, made of the names of their elements; the process takes the id that it gets."""
    renamed: dict[str, str] = {sheet.process.get("id", ""): process}
    sheet.ids.update({process, "case", "task"})
    ours = [each for each in sheet.process.iter(f"{{{BPMN}}}*") if each is not sheet.process]
    for element in [*ours, *sheet.root.iterchildren(f"{{{BPMN}}}message", f"{{{BPMN}}}collaboration")]:
        kind, old = xml.local_name(element), element.get("id", "")
        is_step = kind.endswith(STEPS)
        if old and (
            NAME.match(old) and not GENERATED.match(old) and old not in RESERVED | sheet.ids and len(old) <= LONGEST_ID
        ):
            sheet.ids.add(old)
        elif is_step or (old and kind not in {"lane", "laneSet"}):
            new = sheet.fresh(element.get("name") or re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind))
            element.set("id", new)
            renamed.setdefault(old, new)
            sheet.named[new] = old or new
    sheet.process.set("id", process)
    named = (sheet.process.get("name") or "").strip() or process.replace("_", " ").capitalize()
    sheet.process.set("name", named)  # pages and lists call a procedure by it
    sheet.named[process] = next(iter(renamed))
    renamed.pop("", None)
    _follow(sheet.root, renamed)
    changed = len(sheet.named) - 1
    if changed:
        sentence = (
            f"{changed} ids were put into words, made of the names of their elements, because the log names them."
        )
        sheet.note(sheet.process, "ids-in-words", sentence)
    for element in ours:
        if element.get("name"):
            element.set("name", " ".join(element.get("name", "").split()))
        if len(element.get("name", "")) > LONGEST_NAME:
            sheet.ask(
                element, "name-too-long", f"The name was cut at {LONGEST_NAME} letters: it was “{element.get('name')}”."
            )
            element.set("name", element.get("name", "")[:LONGEST_NAME])


def _follow(root: xml.Element, renamed: Mapping[str, str]) -> None:
    """Let every reference follow the ids; names with a prefix lose it."""
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        for key in REFERENCES:
            said = element.get(key)
            if said is not None:
                short = said.rpartition(":")[2]
                element.set(
                    key,
                    renamed.get(said)
                    or renamed.get(short)
                    or (said if element.tag.startswith(f"{{{BPMN}}}") is False else short),
                )
        if xml.local_name(element) == "flowNodeRef":
            said = "".join((element.text or "").split())
            element.text = renamed.get(said) or renamed.get(said.rpartition(":")[2]) or said


def lanes(sheet: Sheet, roles: Mapping[str, str], nobody: str) -> None:
    """Make the lanes those of roles, found by key or title; what is in none, or in one of nobody here, is `nobody`'s."""
    titles = {slug(title): key for key, title in roles.items()}
    used: dict[str, int] = {}
    for lane_set in [
        each for scope in sheet.scopes() if scope is not sheet.process for each in sheet.nodes(scope, "laneSet")
    ]:
        Sheet.around(lane_set).remove(lane_set)
    found = list(sheet.process.iter(f"{{{BPMN}}}lane"))
    for lane in found:
        words = (re.sub(r"__\d+\Z", "", lane.get("id", "")), slug(lane.get("name", "")))
        role = next((titles.get(word, word) for word in words if word in roles or word in titles), "")
        if not role:
            sentence = (
                f"The lane “{lane.get('name') or 'without a name'}” is no role here: say who does what lies in it."
            )
            sheet.ask(sheet.process, "role-to-be-said", sentence)
        lane.set("id", _lane_id(used, role or nobody))
    outer = next(sheet.process.iterchildren(f"{{{BPMN}}}laneSet"), None)
    if outer is None:
        outer = xml.child(sheet.process, f"{{{BPMN}}}laneSet", {})
        sheet.process.insert(0, outer)
    _fill_lanes(sheet, outer, used, nobody)


def _fill_lanes(sheet: Sheet, outer: xml.Element, used: dict[str, int], nobody: str) -> None:
    """Let each lane hold what is there, once, and put what lies in none into one of its own."""
    there = {
        each.get("id") for each in sheet.process.iterchildren(f"{{{BPMN}}}*") if xml.local_name(each).endswith(STEPS)
    }
    taken: set[str] = set()
    for reference in reversed(list(sheet.process.iter(f"{{{BPMN}}}flowNodeRef"))):
        name = reference.text or ""
        if name in taken or name not in there:
            Sheet.around(reference).remove(reference)
        taken.add(name)
    left = sorted(str(name) for name in there - taken)
    if left:
        lane = xml.child(outer, f"{{{BPMN}}}lane", {"id": _lane_id(used, nobody), "name": "Nobody named"})
        for name in left:
            xml.child(lane, f"{{{BPMN}}}flowNodeRef", {}).text = name
        sentence = "The file does not say who does each step: put the tasks into the lanes of roles."
        sheet.ask(sheet.process, "role-to-be-said", sentence)


def _lane_id(used: dict[str, int], role: str) -> str:
    used[role] = used.get(role, 0) + 1
    return role if used[role] == 1 else f"{role}__{used[role]}"


def beginnings_and_ends(sheet: Sheet) -> None:
    """Draw the start and the ends that the standard lets a drawing leave out, and lead nothing into a start."""
    for scope in list(sheet.scopes()):
        drawn = [each for each in sheet.nodes(scope, *STEPS) if each.get("triggeredByEvent") not in {"true", "1"}]
        steps = [each for each in drawn if xml.local_name(each) != "boundaryEvent"]
        first = [each for each in steps if not sheet.incoming(each)]
        if steps and first and not sheet.nodes(scope, "startEvent"):
            start = _start(sheet, scope, first)
            sheet.ask(
                start,
                "start-added",
                f"No start was drawn in “{scope.get('name') or scope.get('id')}”: it is before {_listed(first)}.",
            )
        last = [each for each in drawn if not sheet.outgoing(each) and xml.local_name(each) != "endEvent"]
        last = [each for each in last if xml.local_name(each) in NODES]
        if last:
            for each in last:
                end = sheet.add(each, "endEvent", "End", f"{each.get('id')}_ended")
                sheet.draw(end.get("id", ""), sheet.beside(each.get("id", ""), 1), "event")
                sheet.connect(each, end)
            sheet.note(scope, "end-added", f"Where nothing followed, an end was drawn: after {_listed(last)}.")


def settle_flows(sheet: Sheet) -> None:
    """Put each flow into the scope of what it connects: some tools draw those of a sub-process outside of it."""
    homes = {each.get("id"): scope for scope in sheet.scopes() for each in sheet.nodes(scope, *STEPS)}
    for flow in list(sheet.process.iter(f"{{{BPMN}}}sequenceFlow")):
        home = homes.get(flow.get("sourceRef"))
        if home is not None and home is homes.get(flow.get("targetRef")) and home is not Sheet.around(flow):
            home.append(flow)


def _step(sheet: Sheet, scope: xml.Element, name: str | None) -> xml.Element | None:
    """Give the step of a scope with an id; None where it has none."""
    return next((each for each in sheet.nodes(scope, *STEPS) if each.get("id") == name), None)


def doubled(sheet: Sheet) -> None:
    """Let the second of two flows between the same steps pass an event, because each way here has ends of its own."""
    for scope in list(sheet.scopes()):
        seen: set[tuple[str | None, str | None]] = set()
        for flow in sheet.flows(scope):
            ends = flow.get("sourceRef"), flow.get("targetRef")
            target = _step(sheet, scope, ends[1]) if ends in seen else None
            if target is not None:
                event = sheet.add(target, "intermediateThrowEvent", "", f"{flow.get('id')}_passed")
                sheet.draw(event.get("id", ""), sheet.beside(target.get("id", ""), -1), "event")
                flow.set("targetRef", event.get("id", ""))
                sheet.connect(event, target)
                sheet.note(
                    flow, "flow-twice", f"Two flows led from {ends[0]} to {ends[1]}: one of them passes an event now."
                )
            seen.add(ends)


def _start(sheet: Sheet, scope: xml.Element, first: list[xml.Element]) -> xml.Element:
    """Draw a start before the first steps of a scope, with a fork where they are several."""
    start = sheet.add(first[0], "startEvent", "Start", f"{scope.get('id')}_begun")
    sheet.draw(start.get("id", ""), sheet.beside(first[0].get("id", ""), -1), "event")
    source = start
    if len(first) > 1:
        source = sheet.add(first[0], "parallelGateway", "", f"{scope.get('id')}_at_once")
        sheet.draw(source.get("id", ""), sheet.middle(start.get("id", "")), "gateway")
        sheet.connect(start, source)
    for each in first:
        sheet.connect(source, each)
    return start


def _listed(elements: list[xml.Element]) -> str:
    shown = [f"“{each.get('name') or each.get('id')}”" for each in elements[:5]]
    return ", ".join(shown) + (f" and {len(elements) - 5} more" if len(elements) > 5 else "")  # noqa: PLR2004 - said above


def repeats(sheet: Sheet) -> None:
    """Draw the loop of an activity that is repeated: a way back, which a person chooses."""
    for mark in list(sheet.process.iter(f"{{{BPMN}}}standardLoopCharacteristics")):
        activity = Sheet.around(mark)
        activity.remove(mark)
        gateway = _gateway(
            sheet,
            activity,
            "exclusiveGateway",
            f"{activity.get('id')}_again",
            f"{activity.get('name') or 'Do it'} again?",
        )
        if not sheet.outgoing(gateway):
            end = sheet.add(activity, "endEvent", "End", f"{activity.get('id')}_ended")
            sheet.connect(gateway, end)
        sheet.connect(gateway, activity, "Again")
        sheet.ask(
            activity,
            "loop-drawn",
            f"“{activity.get('name')}” was marked as repeated: a person says whether it is done again.",
        )


def _gateway(sheet: Sheet, before: xml.Element, tag: str, wish: str, name: str) -> xml.Element:
    """Put a gateway behind an element: the flows that left it leave the gateway."""
    leaving = sheet.outgoing(before)
    gateway = sheet.add(before, tag, name, wish)
    spot = sheet.beside(before.get("id", ""), 1)
    sheet.draw(gateway.get("id", ""), spot, "gateway")
    for flow in leaving:
        flow.set("sourceRef", gateway.get("id", ""))
        sheet.bend(flow, 0, spot)
    if before.get("default"):
        gateway.set("default", before.attrib.pop("default"))
    sheet.connect(before, gateway)
    return gateway


def partings(sheet: Sheet) -> None:
    """Put a gateway where several flows leave a step: all of them, or those whose conditions hold (BPMN 2.0, 13.2.1)."""
    for scope in list(sheet.scopes()):
        for step in sheet.nodes(scope, *STEPS):
            flows = sheet.outgoing(step)
            if len(flows) < 2 or xml.local_name(step).endswith("Gateway"):  # noqa: PLR2004 - one way out is no choice
                continue
            chooses = any(_condition(flow) for flow in flows) or step.get("default")
            tag = "inclusiveGateway" if chooses else "parallelGateway"
            how = "those whose conditions hold are taken" if chooses else "all are taken at once"
            _gateway(sheet, step, tag, f"{step.get('id')}_parts", "")
            sheet.ask(step, "gateway-added", f"{len(flows)} flows left “{step.get('name') or step.get('id')}”: {how}.")


def choices(sheet: Sheet) -> None:
    """Let a person choose the way where a gateway chooses, because its conditions are not ours."""
    for scope in list(sheet.scopes()):
        for gateway in sheet.nodes(scope, "exclusiveGateway", "inclusiveGateway"):
            flows = sheet.outgoing(gateway)
            if len(flows) > 1:
                _choice(sheet, gateway, flows)
            else:
                gateway.attrib.pop("default", None)
                _unconditional(flows)
        for flow in sheet.flows(scope):
            if not flow.get("sourceRef", "").strip() or _condition(flow) is None:
                continue
            source = _step(sheet, scope, flow.get("sourceRef"))
            if source is None or xml.local_name(source) not in {"exclusiveGateway", "inclusiveGateway"}:
                sheet.ask(
                    flow, "condition-left-out", f"The condition “{_condition(flow)}” stood where nothing is chosen."
                )
                _unconditional([flow])


def _choice(sheet: Sheet, gateway: xml.Element, flows: list[xml.Element]) -> None:
    """Put a task before a gateway in which a person says which way is taken."""
    several = xml.local_name(gateway) == "inclusiveGateway"
    title = gateway.get("name") or "Which way"
    task = sheet.add(gateway, "userTask", title, f"choose {gateway.get('name') or gateway.get('id')}")
    spot = sheet.above(gateway.get("id", ""))
    sheet.draw(task.get("id", ""), spot, "task")
    for flow in sheet.incoming(gateway):
        flow.set("targetRef", task.get("id", ""))
        sheet.bend(flow, -1, spot)
    sheet.connect(task, gateway)
    record = sheet.fresh(f"{task.get('id')}_form")
    ways = {flow.get("id", ""): _words(sheet, flow) for flow in flows}
    sheet.files[f"{record}.form"] = _way_form(record, title, ways, several=several)
    translate.extend(task, "formDefinition", {"formId": record})
    sheet.choosing.add(task.get("id", ""))
    said = [f"“{text}”" for flow in flows if (text := _condition(flow))]
    default = gateway.get("default", "")
    default = default if default in ways else list(ways)[-1]
    gateway.set("default", default)
    _unconditional(flows)
    for way in ways.keys() - {default}:
        flow = next(each for each in flows if each.get("id") == way)
        test = f'=list contains({record}.way, "{way}")' if several else f'={record}.way = "{way}"'
        xml.child(flow, f"{{{BPMN}}}conditionExpression", {}).text = test
    more = f" Its conditions were {', '.join(said)}." if said else ""
    sheet.ask(
        gateway, "way-chosen-by-a-person", f"A person says which way is taken at “{title}”, until conditions do.{more}"
    )


def _words(sheet: Sheet, flow: xml.Element) -> str:
    """Name a way: by its label, or by where it leads."""
    target = _step(sheet, sheet.around(flow), flow.get("targetRef"))
    leads = "" if target is None else target.get("name") or target.get("id", "")
    return " ".join((flow.get("name") or f"On to {leads}").split())[:150]


def _way_form(name: str, title: str, ways: Mapping[str, str], *, several: bool) -> str:
    values = [{"value": way, "label": label} for way, label in _apart(ways).items()]
    kind = {"type": "checklist" if several else "radio", "key": "way", "label": title[:150], "values": values}
    check = {"validate": {"required": True}, "properties": {"dataClass": "D2", "error": "Select which way is taken"}}
    return translate.form(name, title, [{**kind, **check}])


def _apart(ways: Mapping[str, str]) -> dict[str, str]:
    """Give each way words of its own."""
    seen: dict[str, int] = {}
    found = {}
    for way, label in ways.items():
        seen[label] = seen.get(label, 0) + 1
        found[way] = label if seen[label] == 1 else f"{label} ({seen[label]})"
    return found


def _condition(flow: xml.Element) -> str | None:
    """Give the condition of a flow; an empty one is none."""
    found = flow.find(f"{{{BPMN}}}conditionExpression")
    return None if found is None else " ".join("".join(found.itertext()).split()) or None


def _unconditional(flows: list[xml.Element]) -> None:
    for flow in flows:
        for each in list(flow.iterchildren(f"{{{BPMN}}}conditionExpression")):
            flow.remove(each)


def write_questions(sheet: Sheet) -> None:
    """Write each question into the documentation of its element, so that it stays until somebody takes it out."""
    by_id = {each.get("id"): each for each in sheet.process.iter(f"{{{BPMN}}}*")}
    for each in sheet.questions:
        element = by_id.get(each.where, sheet.process)
        documentation = xml.child(element, f"{{{BPMN}}}documentation", {})
        documentation.text = f"{OPEN_QUESTION}{each.sentence}"
        element.insert(0, documentation)
