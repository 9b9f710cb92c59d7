"""Takes a diagram apart: steps, arrows, lanes, messages, each with its settings."""

from __future__ import annotations

from collections.abc import Mapping

from engine import xml
from engine.comparison import markup
from engine.comparison.parts import Anatomy, Part, fill, put
from engine.elements import BPMN
from engine.xml import Element

KINDS: Mapping[str, str] = {
    "process": "Diagram",
    "participant": "Pool",
    "lane": "Lane",
    "message": "Message",
    "signal": "Signal",
    "error": "Error",
    "escalation": "Escalation",
    "sequenceFlow": "Arrow",
    "userTask": "Task",
    "manualTask": "Task outside the system",
    "scriptTask": "Calculation",
    "sendTask": "Message that is sent",
    "receiveTask": "Wait for a message",
    "serviceTask": "Automatic step",
    "businessRuleTask": "Decision",
    "callActivity": "Part with a diagram of its own",
    "subProcess": "Group of steps",
    "startEvent": "Start",
    "endEvent": "End",
    "boundaryEvent": "Event on a step",
    "intermediateCatchEvent": "Wait",
    "intermediateThrowEvent": "Milestone",
    "exclusiveGateway": "Choice of one way",
    "inclusiveGateway": "Choice of several ways",
    "parallelGateway": "All ways at once",
    "eventBasedGateway": "Way of what happens first",
    "textAnnotation": "Note",
    "association": "Line to a note",
    "group": "Frame",
}
"""The elements that are parts of a diagram, and what they are called."""

USUAL: Mapping[tuple[str, str], str] = {
    ("boundaryEvent", "cancelActivity"): "true",
    ("multiInstanceLoopCharacteristics", "isSequential"): "false",
    ("standardLoopCharacteristics", "testBefore"): "false",
    ("eventBasedGateway", "eventGatewayType"): "Exclusive",
    ("process", "isClosed"): "false",
    ("process", "processType"): "None",
    ("startEvent", "isInterrupting"): "true",
    ("subProcess", "triggeredByEvent"): "false",
    ("association", "associationDirection"): "None",
} | {
    (f"{kind}Gateway", "gatewayDirection"): "Unspecified"
    for kind in ("exclusive", "inclusive", "parallel", "eventBased")
}
"""What the standard takes for said where an attribute is left out, and what modellers therefore leave out."""


def take_apart(text: str, name: str) -> Anatomy:
    """Take a diagram apart; refused with `Invalid` where it is no XML."""
    return _Reader(xml.parse(text, name)).anatomy()


class _Reader:
    """Walks a diagram once."""

    def __init__(self, root: Element) -> None:
        self.root = root
        self.found = Anatomy()
        self.lanes: dict[str, list[str]] = {}
        self.declared: dict[str, list[str]] = {}
        self.flows: list[tuple[str, str, str]] = []

    def anatomy(self) -> Anatomy:
        """Take the whole file apart."""
        file = self.found.add("", "The file", "")
        namespace, name = markup.split(self.root)
        if (namespace, name) != (BPMN, "definitions"):
            file.settings["root"] = f"{{{namespace}}}{name}"
        file.settings |= self._inside(self.root, "")
        self._place_in_lanes()
        self._name_arrows()
        self._hold_to_arrows()
        return self.found

    def _inside(self, element: Element, owner: str) -> dict[str, str]:
        """Give the settings of a part; the parts inside it become parts of their own."""

        def turn(child: Element, _path: str) -> bool:
            namespace, name = markup.split(child)
            if name in {"incoming", "outgoing", "flowNodeRef"} and (child.attrib or len(child)):
                return False  # what does not belong there is told like any other setting
            if namespace == BPMN and name in KINDS:
                self._part(child, name, owner)
            elif namespace == BPMN and name in {"incoming", "outgoing"}:
                self.declared.setdefault(owner, []).append(f"{name} {(child.text or '').strip()}")
            elif namespace == BPMN and name == "flowNodeRef":
                self.lanes.setdefault((child.text or "").strip(), []).append(owner)
            elif name == "BPMNDiagram":
                self._drawing(child)
            else:
                return False
            return True

        skip = frozenset({"id", "name"} if owner else ())
        return markup.settings(element, BPMN, skip=skip, usual=USUAL, turn=turn)

    def _part(self, element: Element, tag: str, owner: str) -> None:
        """Make a part of an element."""
        name = element.get("id", "")
        kind = KINDS[tag]
        if tag == "boundaryEvent" and element.find(f"{{{BPMN}}}timerEventDefinition") is not None:
            kind = "Clock"
        part = self.found.add(name, kind, element.get("name", ""))
        part.settings["kind"] = tag
        if element.get("name") is not None:
            part.settings["@name"] = element.get("name", "")
        if tag not in {"participant", "lane", "message", "process"}:
            part.settings["inside"] = owner
        if tag == "sequenceFlow":
            self.flows.append((name, element.get("sourceRef", ""), element.get("targetRef", "")))
        fill(part.settings, self._inside(element, name or kind).items())

    def _place_in_lanes(self) -> None:
        """Say of each step in which lane it lies; a lane that lists what is not there says so itself."""
        for node, lanes in self.lanes.items():
            part = self.found.parts.get(node)
            if part is not None:
                part.settings["lane"] = ", ".join(lanes)
            else:
                for lane in lanes:
                    put(self.found.parts[lane].settings, "lists what is not there", node or "(nothing)")

    def _name_arrows(self) -> None:
        """Name each arrow by its ends; keep the order of the ways out, which decides where several conditions hold."""
        for flow, source, target in self.flows:
            part = self.found.parts[flow] if flow in self.found.parts else Part("", "", "")
            said = f"{part.name}, from " if part.name else "from "
            part.name = f"{said}{self._said(source)} to {self._said(target)}"
            gateway = self.found.parts.get(source)
            if gateway is not None and gateway.kind.startswith("Choice"):
                self.found.orders.setdefault(f"ways out of {self._said(source)}", []).append(flow)

    def _said(self, node: str) -> str:
        part = self.found.parts.get(node)
        return part.name if part is not None and part.name else node or "nothing"

    def _hold_to_arrows(self) -> None:
        """Most modellers list the arrows of each step once more; a list that differs from the arrows is a setting."""
        if not self.declared:
            return
        drawn: dict[str, list[str]] = {}
        for flow, source, target in self.flows:
            drawn.setdefault(source, []).append(f"outgoing {flow}")
            drawn.setdefault(target, []).append(f"incoming {flow}")
        for owner in {*self.declared, *drawn}:
            part = self.found.parts.get(owner, self.found.parts["The file"])
            listed = sorted(self.declared.get(owner, []))
            if listed != sorted(drawn.get(owner, [])):
                put(part.settings, "arrows that it lists", ", ".join(listed) or "none")

    def _drawing(self, diagram: Element) -> None:
        """Keep what is only drawn, by the element that it draws."""
        planes = [each for each in (diagram, *diagram) if isinstance(each.tag, str)]
        frame = [(markup.split(each)[1], sorted(each.attrib.items()), (each.text or "").strip()) for each in planes]
        for each in (each for plane in planes[1:] for each in plane if isinstance(each.tag, str)):
            drawn = each.get("bpmnElement", "")
            self.found.drawing[drawn] = (
                self.found.drawing.get(drawn, "") + markup.split(each)[1] + markup.flattened(each, BPMN)
            )
        self.found.drawing[""] = f"{self.found.drawing.get('', '')}{frame}"
