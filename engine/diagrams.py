"""BPMN text into a `Process`: every element and attribute is consumed, known to be harmless, or refused.

The walker is a table: for each element its attributes and children that we understand. What is not in the table is
refused with a sentence, because the engine would otherwise ignore it (house.md 1, sentence 5). The result is plain data;
`engine.specs` builds the library's specifications from it, so that no XML and no extension ever reaches its parser, which
drops unreachable nodes, loses ids such as `Start`, and recurses (spiffworkflow.md 3 and 11).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from engine import xml
from engine.errors import Problem

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
HARMLESS_NAMESPACES = frozenset(
    {
        "http://www.omg.org/spec/BPMN/20100524/DI",
        "http://www.omg.org/spec/DD/20100524/DI",
        "http://www.omg.org/spec/DD/20100524/DC",
        "http://camunda.org/schema/modeler/1.0",
        "http://bpmn.io/schema/bpmn/biocolor/1.0",
        "http://www.omg.org/spec/BPMN/non-normative/color/1.0",
    }
)
"""Drawing, colours and the modeller's own notes: they change nothing that the engine does."""

NODES: Mapping[str, str] = {
    "startEvent": "start",
    "endEvent": "end",
    "userTask": "user_task",
    "businessRuleTask": "decision_task",
    "serviceTask": "operation",
    "exclusiveGateway": "exclusive",
    "parallelGateway": "parallel",
    "inclusiveGateway": "inclusive",
    "callActivity": "call",
    "subProcess": "sub_process",
    "boundaryEvent": "boundary",
    "intermediateCatchEvent": "catch",
    "intermediateThrowEvent": "throw",
}
BESIDE_NODES = frozenset({"sequenceFlow", "laneSet", "textAnnotation", "association", "group"}) | {
    "multiInstanceLoopCharacteristics"
}
"""What else may stand in a process; notes and groups are for the eye, the others are read in their own place."""

ACTIVITIES = frozenset({"user_task", "decision_task", "call", "sub_process"})
GATEWAYS = frozenset({"exclusive", "parallel", "inclusive"})

ATTRIBUTES: Mapping[str, frozenset[str]] = {
    "boundaryEvent": frozenset({"id", "name", "attachedToRef", "cancelActivity"}),
    "exclusiveGateway": frozenset({"id", "name", "default", "gatewayDirection"}),
    "inclusiveGateway": frozenset({"id", "name", "default", "gatewayDirection"}),
    "parallelGateway": frozenset({"id", "name", "gatewayDirection"}),
    "process": frozenset({"id", "name", "isExecutable", "processType", "isClosed"}),
    "sequenceFlow": frozenset({"id", "name", "sourceRef", "targetRef"}),
    "multiInstanceLoopCharacteristics": frozenset({"id", "isSequential"}),
    "startEvent": frozenset({"id", "name"}),
    "endEvent": frozenset({"id", "name"}),
    "intermediateCatchEvent": frozenset({"id", "name"}),
    "intermediateThrowEvent": frozenset({"id", "name"}),
    "userTask": frozenset({"id", "name"}),
    "businessRuleTask": frozenset({"id", "name"}),
    "serviceTask": frozenset({"id", "name"}),
    "callActivity": frozenset({"id", "name"}),
    "subProcess": frozenset({"id", "name"}),
}
"""The attributes that are consumed. `gatewayDirection`, `processType` and `isClosed` only repeat what the flows say."""

EXTENSIONS: Mapping[str, frozenset[str]] = {
    "userTask": frozenset({"userTask", "formDefinition", "properties", "assignmentDefinition"}),
    "businessRuleTask": frozenset({"calledDecision", "properties"}),
    "serviceTask": frozenset({"taskDefinition", "properties"}),
    "endEvent": frozenset({"properties", "ioMapping"}),
    "intermediateThrowEvent": frozenset({"properties", "ioMapping"}),
    "startEvent": frozenset({"properties", "formDefinition"}),
    "callActivity": frozenset({"calledElement", "properties"}),
    "multiInstanceLoopCharacteristics": frozenset({"loopCharacteristics"}),
    "message": frozenset({"subscription"}),
}
ALLOWED_FIELDS: Mapping[str, frozenset[str]] = {
    "userTask": frozenset(),
    "formDefinition": frozenset({"formId"}),
    "calledDecision": frozenset({"decisionId", "resultVariable"}),
    "calledElement": frozenset({"processId"}),
    "loopCharacteristics": frozenset({"inputCollection", "inputElement"}),
    "subscription": frozenset({"correlationKey"}),
    "taskDefinition": frozenset({"type"}),
    "ioMapping": frozenset(),
    "properties": frozenset(),
    "property": frozenset({"name", "value"}),
}
PROPERTIES: Mapping[str, frozenset[str]] = {
    "process": frozenset({"reference", "title", "priority", "data_class"}),
    "userTask": frozenset({"repeats", "other_than", "record", "activity", "show", "grows"}),
    "endEvent": frozenset({"activity", "correlation"}),
    "startEvent": frozenset({"activity", "record", "repeats", "data_class"}),
    "callActivity": frozenset({"activity", "grows"}),
    "businessRuleTask": frozenset({"activity", "data_class"}),
    "serviceTask": frozenset({"activity", "after", "record", "repeats", "data_class", "field_classes"}),
    "boundaryEvent": frozenset({"activity", "source", "repeats", "data_class"}),
    "intermediateCatchEvent": frozenset({"activity", "record", "repeats", "data_class"}),
    "intermediateThrowEvent": frozenset({"activity", "correlation"}),
    "subProcess": frozenset({"activity", "grows"}),
}

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*\Z")
FIELD_CLASS = re.compile(r"([a-z][a-z0-9_]*) ([A-Z][0-9]{1,2})(?: ([A-Z][0-9]{1,2}[A-Z]))?")
"""A field that an operation writes, its data class, and the part of a class that holds it besides: ``flags D3 D9F``."""
GENERATED = re.compile(r"(Activity|Event|Gateway|Flow|Process)_[0-9a-z]{7}\Z")
RESERVED = frozenset({"start", "end", "root"})


@dataclass(frozen=True, slots=True)
class Timer:
    """A timer's definition: `kind` is ``date``, ``duration`` or ``cycle``; `text` an ISO 8601 literal or ``=FEEL``."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Loop:
    """A multi-instance: the FEEL of its collection, the name of the item, and whether one comes after the other."""

    collection: str
    element: str
    sequential: bool


@dataclass(frozen=True, slots=True)
class Flow:
    """A sequence flow; `condition` is FEEL without the leading equals sign, or None."""

    id: str
    name: str
    source: str
    target: str
    condition: str | None


@dataclass(frozen=True, slots=True)
class Node:
    """One flow node with everything that the engine needs to know of it."""

    id: str
    kind: str
    name: str
    process: str
    documentation: str = ""
    role: str = ""
    form: str = ""
    decision: str = ""
    result: str = ""
    called: str = ""
    attached_to: str = ""
    interrupting: bool = True
    terminate: bool = False
    default: str = ""
    timer: Timer | None = None
    condition: str = ""
    message: str = ""
    correlation: str = ""
    payload: tuple[tuple[str, str], ...] = ()
    operation: str = ""
    loop: Loop | None = None
    properties: Mapping[str, str] = field(default_factory=dict)

    @property
    def record(self) -> str:
        """The record that is written here: that of the form, the operation or the message, or as `record` says.

        A start with a timer writes one too: when it was to begin.
        """
        scheduled = self.id if self.kind == "start" and self.timer is not None else ""
        return self.properties.get("record") or self.form or self.operation or self.message or scheduled

    @property
    def beside(self) -> tuple[str, ...]:
        """The records whose facts a task's page shows beside its form: the property `show`, names with commas."""
        return tuple(name.strip() for name in self.properties.get("show", "").split(",") if name.strip())

    @property
    def field_classes(self) -> tuple[str, ...]:
        """The fields of which the property `field_classes` gives the data class: each as `FIELD_CLASS` reads it."""
        return tuple(each.strip() for each in self.properties.get("field_classes", "").split(",") if each.strip())

    @property
    def timer_text(self) -> str:
        """The timer as FEEL; an ISO 8601 literal becomes the value that it writes."""
        if self.timer is None:
            return "null"
        if self.timer.text.startswith("="):
            return feel(self.timer.text)
        return f'date and time("{self.timer.text}")' if self.timer.kind == "date" else f'duration("{self.timer.text}")'

    @property
    def is_errand(self) -> bool:
        """Whether this operation is carried out after the step, outside the case; the token waits for what it finds."""
        return self.kind == "operation" and self.properties.get("after") == "true"

    @property
    def is_deadline(self) -> bool:
        """Whether this is a deadline: a timer that tells people again and again and moves no token."""
        return (
            self.kind == "boundary" and not self.interrupting and self.timer is not None and self.timer.kind == "cycle"
        )


@dataclass(frozen=True, slots=True)
class Process:
    """A process or an embedded sub-process: its nodes in the order of the file, and the flows between them."""

    id: str
    name: str
    file: str
    nodes: Mapping[str, Node]
    flows: tuple[Flow, ...]
    children: Mapping[str, Process]
    lanes: Mapping[str, str]
    properties: Mapping[str, str]
    documentation: str = ""

    def outgoing(self, node: str) -> list[Flow]:
        """Give the flows that leave a node, in the order of the file."""
        return [flow for flow in self.flows if flow.source == node]

    def incoming(self, node: str) -> list[Flow]:
        """Give the flows that reach a node, in the order of the file."""
        return [flow for flow in self.flows if flow.target == node]

    def attached(self, node: str) -> list[Node]:
        """Give the boundary events of an activity, in the order of the file."""
        return [each for each in self.nodes.values() if each.attached_to == node]

    def walk(self) -> Iterator[Process]:
        """Give this process and every sub-process inside it."""
        yield self
        for child in self.children.values():
            yield from child.walk()

    def everything(self) -> Iterator[Node]:
        """Give the nodes of this process and of every sub-process inside it."""
        for process in self.walk():
            yield from process.nodes.values()


def read(text: str, file: str) -> tuple[Process | None, tuple[Problem, ...]]:
    """Read one diagram.

    Gives the executable process and everything that is wrong with the file, all at once. The process is None only where
    nothing can be read at all.

    Raises:
        Invalid: the text is not XML that we read (see `engine.xml.parse`).
    """
    reader = _Reader(xml.parse(text, file), file)
    process = reader.process()
    return process, tuple(reader.problems)


def feel(text: str) -> str:
    """Give the expression behind the equals sign that marks FEEL in an attribute or a timer."""
    return text.strip().removeprefix("=").strip()


class _Reader:
    """Walks one file once."""

    def __init__(self, root: xml.Element, file: str) -> None:
        self.root = root
        self.file = file
        self.problems: list[Problem] = []
        self.messages: dict[str, tuple[str, str]] = {}
        self.roles: dict[str, str] = {}
        self.seen: set[str] = set()

    def refuse(self, element: xml.Element | str, rule: str, sentence: str) -> None:
        """Note one problem at an element."""
        where = element if isinstance(element, str) else (element.get("id") or f"{self.file} line {element.sourceline}")
        self.problems.append(Problem(where, rule, sentence))

    def process(self) -> Process | None:
        """Read the definitions and give the one executable process."""
        if self.root.tag != f"{{{BPMN}}}definitions":
            self.refuse(self.file, "not-bpmn", "The file is not a BPMN 2.0 diagram: its root is not <definitions>.")
            return None
        processes = []
        for child in self.children(self.root, {"process", "collaboration", "message"}):
            name = xml.local_name(child)
            if name == "message":
                self.message(child)
            elif name == "process":
                processes.append(child)
            else:
                self.collaboration(child)
        executable = [each for each in processes if each.get("isExecutable") == "true"]
        if len(executable) != 1 or len(processes) != 1:
            sentence = f"A diagram holds exactly one process, and that is executable; this one holds {len(processes)}."
            self.refuse(self.file, "one-process", sentence)
        chosen = (executable or processes)[:1]
        return self.scope(chosen[0], "") if chosen else None

    def children(self, parent: xml.Element, allowed: set[str]) -> Iterator[xml.Element]:
        """Give the child elements that are allowed here; refuse the others, pass over what is harmless."""
        for child in parent:
            if not isinstance(child.tag, str):
                continue
            namespace, _, name = child.tag[1:].partition("}")
            if namespace in HARMLESS_NAMESPACES or name in {
                "incoming",
                "outgoing",
                "extensionElements",
                "documentation",
            }:
                continue
            if namespace == BPMN and name in allowed:
                yield child
            else:
                self.refuse(
                    child, "element-not-supported", f"<{name}> is not something that the engine carries out here."
                )

    def message(self, element: xml.Element) -> None:
        """Keep a message's name and the FEEL of its correlation key."""
        key = next((each.get("correlationKey", "") for each in self.extensions(element, "message")), "")
        self.messages[element.get("id", "")] = (element.get("name", ""), feel(key))

    def collaboration(self, element: xml.Element) -> None:
        """A collaboration only names its pools; message flows between pools show what messages already say."""
        for _child in self.children(element, {"participant", "messageFlow"}):
            pass

    def extensions(self, element: xml.Element, tag: str) -> Iterator[xml.Element]:
        """Give the zeebe elements of an element that are understood there; refuse the others."""
        for holder in element.findall(f"{{{BPMN}}}extensionElements"):
            for child in holder:
                if not isinstance(child.tag, str):
                    continue
                namespace, _, name = child.tag[1:].partition("}")
                if namespace in HARMLESS_NAMESPACES:
                    continue
                understood = EXTENSIONS.get(tag, frozenset({"properties"} if tag in PROPERTIES else ()))
                if namespace != ZEEBE or name not in understood:
                    self.refuse(element, "extension-not-supported", f"The extension <{name}> does nothing on a {tag}.")
                    continue
                self.fields(element, child, name)
                yield child

    def fields(self, owner: xml.Element, element: xml.Element, name: str) -> None:
        """Refuse the attributes of an extension that we do not consume."""
        allowed = ALLOWED_FIELDS.get(name, frozenset())
        for attribute in element.attrib:
            if attribute not in allowed and element.get(attribute):
                self.refuse(owner, "extension-not-supported", f"{attribute} of <{name}> does nothing here.")

    def attributes(self, element: xml.Element, tag: str) -> None:
        """Refuse the attributes of an element that we do not consume."""
        for attribute in element.attrib:
            if attribute.startswith("{"):
                continue
            if attribute not in ATTRIBUTES[tag]:
                self.refuse(element, "attribute-not-supported", f"The attribute {attribute} does nothing on a {tag}.")

    def identify(self, element: xml.Element, *, words: bool = True) -> str:
        """Check an element's id: there, only once, in words, and not one that the library loses."""
        name = element.get("id", "")
        if not name:
            self.refuse(element, "id-missing", "The element has no id.")
        elif name in self.seen:
            self.refuse(name, "id-twice", f"The id {name} stands twice in this file.")
        elif words and (GENERATED.match(name) or not NAME.match(name) or name in RESERVED):
            sentence = f"The id {name} is not in words: small letters and underscores, such as offer_return_interview."
            self.refuse(name, "id-in-words", sentence)
        self.seen.add(name)
        return name

    def scope(self, element: xml.Element, parent: str) -> Process:
        """Read a process or an embedded sub-process."""
        tag = "subProcess" if parent else "process"
        self.attributes(element, tag)
        name = element.get("id", "") if parent else self.identify(element)
        if not parent:
            for lanes in element.findall(f"{{{BPMN}}}laneSet"):
                self.lane_set(lanes)
        nodes: dict[str, Node] = {}
        flows: list[Flow] = []
        inside: dict[str, Process] = {}
        for child in self.children(element, {*NODES, *BESIDE_NODES}):
            kind = xml.local_name(child)
            if kind == "sequenceFlow":
                flows.append(self.flow(child))
            elif kind in NODES:
                node = self.node(child, kind, name)
                nodes[node.id] = node
                if kind == "subProcess":
                    inside[node.id] = self.scope(child, name)
        properties = self.properties(element, tag) if not parent else {}
        lanes_of = {lane: role for lane, role in self.roles.items() if lane in nodes}
        return Process(
            name,
            element.get("name", ""),
            self.file,
            nodes,
            tuple(flows),
            inside,
            lanes_of,
            properties,
            self.documentation(element),
        )

    def lane_set(self, element: xml.Element) -> None:
        """Keep which role's lane each node lies in: the lane's id is the role's key, perhaps with __n behind it."""
        for lane in self.children(element, {"lane"}):
            name = self.identify(lane, words=False)
            role = re.sub(r"__\d+\Z", "", name)
            if not NAME.match(role):
                self.refuse(
                    name, "lane-is-a-role", f"The lane's id {name} is not the key of a role, such as rhi_worker."
                )
            for child in lane:
                kind = xml.local_name(child)
                if kind == "flowNodeRef":
                    self.roles[(child.text or "").strip()] = role
                elif kind == "childLaneSet":
                    self.lane_set(child)

    def documentation(self, element: xml.Element) -> str:
        """Give the text of an element's documentation."""
        texts = [each.text or "" for each in element.findall(f"{{{BPMN}}}documentation")]
        return "\n".join(text.strip() for text in texts)

    def properties(self, element: xml.Element, tag: str) -> dict[str, str]:
        """Give an element's extension properties; refuse a name that means nothing there."""
        found: dict[str, str] = {}
        for extension in self.extensions(element, tag):
            if xml.local_name(extension) != "properties":
                continue
            for each in extension:
                name = each.get("name", "")
                if name in PROPERTIES.get(tag, ()):
                    found[name] = each.get("value", "")
                else:
                    self.refuse(element, "property-not-known", f"The property {name} means nothing on a {tag}.")
        return found

    def flow(self, element: xml.Element) -> Flow:
        """Read a sequence flow and its condition."""
        self.attributes(element, "sequenceFlow")
        name = self.identify(element, words=False)
        condition = None
        for child in self.children(element, {"conditionExpression"}):
            condition = feel(child.text or "")
            if not (child.text or "").strip().startswith("="):
                self.refuse(element, "condition-is-feel", "A condition is FEEL and begins with an equals sign.")
        return Flow(
            name, element.get("name", ""), element.get("sourceRef", ""), element.get("targetRef", ""), condition
        )

    def node(self, element: xml.Element, tag: str, process: str) -> Node:
        """Read one flow node."""
        self.attributes(element, tag)
        values: dict[str, object] = {}
        for extension in self.extensions(element, tag):
            self.extension(extension, values)
        readers: dict[str, Callable[[xml.Element, dict[str, object]], None]] = {
            "timerEventDefinition": self.timer,
            "conditionalEventDefinition": self.conditional,
            "messageEventDefinition": self.message_event,
            "terminateEventDefinition": self.terminate,
            "multiInstanceLoopCharacteristics": self.loop,
        }
        allowed = set(readers) | (set(NODES) | {"sequenceFlow"} if tag == "subProcess" else set())
        if tag != "subProcess":
            for child in self.children(element, allowed):
                readers[xml.local_name(child)](child, values)
        else:
            for child in element.findall(f"{{{BPMN}}}multiInstanceLoopCharacteristics"):
                self.loop(child, values)
        name = self.identify(element)
        self.roles.setdefault(name, self.roles.get(process, ""))
        return Node(
            id=name,
            kind=NODES[tag],
            name=element.get("name", ""),
            process=process,
            documentation=self.documentation(element),
            role=self.roles[name],
            attached_to=element.get("attachedToRef", ""),
            interrupting=element.get("cancelActivity", "true") == "true",
            default=element.get("default", ""),
            properties=self.properties(element, tag) if tag in PROPERTIES else {},
            **values,  # type: ignore[arg-type]
        )

    @staticmethod
    def extension(element: xml.Element, values: dict[str, object]) -> None:
        """Keep what a zeebe element says."""
        match xml.local_name(element):
            case "formDefinition":
                values["form"] = element.get("formId", "")
            case "calledDecision":
                values["decision"] = element.get("decisionId", "")
                values["result"] = element.get("resultVariable", "")
            case "calledElement":
                values["called"] = element.get("processId", "")
            case "taskDefinition":
                values["operation"] = element.get("type", "")
            case "ioMapping":
                values["payload"] = tuple((each.get("target", ""), feel(each.get("source", ""))) for each in element)

    def timer(self, element: xml.Element, values: dict[str, object]) -> None:
        """Read a timer definition: exactly one of date, duration and cycle."""
        kinds = {"timeDate": "date", "timeDuration": "duration", "timeCycle": "cycle"}
        found = [
            Timer(kinds[xml.local_name(each)], (each.text or "").strip()) for each in self.children(element, set(kinds))
        ]
        if len(found) != 1 or not found[0].text:
            self.refuse(self.owner(element), "timer-without-definition", "The timer needs one date, duration or cycle.")
        else:
            values["timer"] = found[0]

    def conditional(self, element: xml.Element, values: dict[str, object]) -> None:
        """Read the condition that an event waits for."""
        for each in self.children(element, {"condition"}):
            values["condition"] = feel(each.text or "")
        if not values.get("condition"):
            self.refuse(self.owner(element), "condition-missing", "The event waits for a condition, and has none.")

    def message_event(self, element: xml.Element, values: dict[str, object]) -> None:
        """Read which message is thrown or awaited."""
        name, key = self.messages.get(element.get("messageRef", ""), ("", ""))
        if not name:
            self.refuse(self.owner(element), "message-without-name", "The event names no message of this file.")
        values["message"], values["correlation"] = name, key

    @staticmethod
    def terminate(_element: xml.Element, values: dict[str, object]) -> None:
        """Note that this end event ends everything in its process."""
        values["terminate"] = True

    def loop(self, element: xml.Element, values: dict[str, object]) -> None:
        """Read a multi-instance and the collection that it runs over."""
        self.attributes(element, "multiInstanceLoopCharacteristics")
        for _child in self.children(element, set()):
            pass
        for each in self.extensions(element, "multiInstanceLoopCharacteristics"):
            collection = feel(each.get("inputCollection", ""))
            values["loop"] = Loop(collection, each.get("inputElement", ""), element.get("isSequential") == "true")
        if "loop" not in values:
            self.refuse(self.owner(element), "loop-without-collection", "The multi-instance names no input collection.")

    @staticmethod
    def owner(element: xml.Element) -> xml.Element:
        """Give the flow node that a definition belongs to."""
        parent = element.getparent()
        return element if parent is None else parent
