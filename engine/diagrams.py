"""BPMN text into a `Process`: every element and attribute is consumed, known to be harmless, or refused.

`engine.elements` says of each element which attributes and children are understood. The reader notes each element that it
has looked at, and refuses every one that is left over. The result is plain data;
`engine.specs` builds the library's specifications from it, so that no XML and no extension ever reaches its parser, which
drops unreachable nodes, loses ids such as `Start`, and recurses (spiffworkflow.md 3 and 11).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from engine import xml
from engine.elements import (
    ALLOWED_FIELDS,
    ATTRIBUTES,
    BPMN,
    DECLARED,
    DEFAULTS,
    EXTENSIONS,
    FOR_THE_EYE,
    GENERATED,
    IN_EXTENSION,
    IN_SCOPE,
    INSIDE,
    INSTEAD,
    NAME,
    NODES,
    PASSIVE,
    PROPERTIES,
    RESERVED,
    SCHEMA,
    UNREAD,
    XSI,
    ZEEBE,
)
from engine.errors import Problem, did_you_mean
from engine.process import Again, Flow, Loop, Node, Process, Timer, Trigger, expression_in

MOST_DIGITS = 6
"""Of the number of turns that a loop may have."""


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


class _Reader:
    """Walks one file once."""

    def __init__(self, root: xml.Element, file: str) -> None:
        self.root = root
        self.file = file
        self.problems: list[Problem] = []
        self.messages: dict[str, tuple[str, str]] = {}
        self.triggers: dict[str, Trigger] = {}
        self.roles: dict[str, str] = {}
        self.lanes: dict[str, tuple[str, int]] = {}
        self.seen: set[str] = set()
        self.taken: set[xml.Element] = set()
        self.pools: list[xml.Element] = []

    def refuse(self, element: xml.Element | str, rule: str, sentence: str) -> None:
        """Note one problem at an element, once."""
        problem = Problem(element if isinstance(element, str) else self.place(element), rule, sentence)
        if problem not in self.problems:
            self.problems.append(problem)

    def place(self, element: xml.Element) -> str:
        """Name an element by its id, or that of what it belongs to, or else by its line."""
        around = (each.get("id") for each in (element, *element.iterancestors()) if each is not self.root)
        return next(filter(None, around), f"{self.file} line {element.sourceline}")

    def process(self) -> Process | None:
        """Read the definitions and give the one executable process."""
        if self.root.tag != f"{{{BPMN}}}definitions":
            self.refuse(self.file, "not-bpmn", "The file is not a BPMN 2.0 diagram: its root is not <definitions>.")
            return None
        self.take(self.root, "definitions")
        self.speaks_feel(self.root, "expressionLanguage")
        processes: list[xml.Element] = []
        readers = {
            "process": processes.append,
            "collaboration": self.collaboration,
            "message": self.message,
            **dict.fromkeys(DECLARED - {"message"}, self.trigger),
        }
        for child in self.children(self.root, frozenset(readers)):
            readers[xml.local_name(child)](child)
        executable = [each for each in processes if self.is_true(each, "isExecutable", default=False)]
        if len(executable) != 1 or len(processes) != 1:
            sentence = (
                f"A diagram holds exactly one process, and that is executable; this one holds {len(processes)}, of which "
                f"{len(executable)} are. Keep one and set isExecutable to true, or import the file, which divides it."
            )
            self.refuse(self.file, "one-process", sentence)
        chosen = (executable or processes)[:1]
        for other in processes:
            self.taken.update(other.iter() if other not in chosen else ())
        found = self.scope(chosen[0], "") if chosen else None
        if found is not None:
            self.agree(found)
        self.nothing_left()
        return found

    # Looking at an element ------------------------------------------------------------------------------------------

    def take(self, element: xml.Element, tag: str) -> None:
        """Note that an element is read, and refuse what it says that nobody reads."""
        if element in self.taken:
            return
        self.taken.add(element)
        for attribute, value in element.attrib.items():
            namespace, _, name = attribute.rpartition("}")
            known = attribute in ATTRIBUTES.get(tag, ()) or attribute in UNREAD.get(tag, ())
            said = known or DEFAULTS.get(attribute) == value or attribute in {"language", "expressionLanguage"}
            if said or (namespace and namespace not in {f"{{{BPMN}", f"{{{ZEEBE}", f"{{{XSI}"}):
                continue
            if attribute not in SCHEMA and not name.startswith("modelerTemplate"):
                instead = f": draw {INSTEAD[name]}" if name in INSTEAD else ""
                self.refuse(
                    element, "attribute-not-supported", f"The attribute {name} does nothing on a {tag}{instead}."
                )
        if "id" in UNREAD.get(tag, ()) or tag in DECLARED:
            self.once(element.get("id", ""))

    def children(self, parent: xml.Element, allowed: frozenset[str]) -> Iterator[xml.Element]:
        """Give the child elements that are allowed here; refuse the others, pass over what is harmless."""
        for child in parent:
            if not isinstance(child.tag, str):
                continue
            namespace, _, name = child.tag.rpartition("}")
            if namespace == f"{{{BPMN}" and name in allowed:
                self.take(child, name)
                yield child
            elif namespace == f"{{{BPMN}" and name in PASSIVE:
                self.take(child, name)
            elif namespace == f"{{{BPMN}" and name in FOR_THE_EYE:
                self.taken.update(child.iter(f"{{{BPMN}}}*"))
            elif namespace in {f"{{{BPMN}", f"{{{ZEEBE}", ""}:
                self.taken.update(child.iter())
                sentence = f"<{name}> is not something that the engine carries out here: draw {INSTEAD.get(name, 'it in another way')}."
                is_part = name.endswith(("EventDefinition", "LoopCharacteristics"))
                self.refuse(parent if is_part else child, "element-not-supported", sentence)

    def nothing_left(self) -> None:
        """Refuse every element that nothing has read."""
        todo = [self.root]
        while todo:
            for child in todo.pop():
                namespace, _, name = child.tag.rpartition("}") if isinstance(child.tag, str) else ("-", "", "")
                if child in self.taken:
                    todo.append(child)
                elif namespace in {f"{{{BPMN}", f"{{{ZEEBE}"}:
                    sentence = f"<{name}> does nothing at this place: take it out, or draw it where it belongs."
                    self.refuse(child, "element-not-supported", sentence)

    def is_true(self, element: xml.Element, attribute: str, *, default: bool) -> bool:
        """Read an attribute that is true or false."""
        said = element.get(attribute, str(default).lower())
        if said not in {"true", "false", "1", "0"}:
            self.refuse(element, "true-or-false", f"{attribute} is “{said}”: write true or false.")
        return said in {"true", "1"}

    def speaks_feel(self, element: xml.Element, attribute: str = "language") -> None:
        """Refuse another language than FEEL."""
        said = element.get(attribute, "FEEL")
        if "feel" not in said.lower():
            sentence = (
                f"Expressions are FEEL, and this file says {said[:80]}: write them in FEEL and take {attribute} out."
            )
            self.refuse(element, "expression-language", sentence)

    def once(self, name: str) -> None:
        """Refuse an id that stands twice."""
        if name and name in self.seen:
            self.refuse(name, "id-twice", f"The id {name} stands twice in this file: rename one of the two.")
        self.seen.add(name)

    def identify(self, element: xml.Element, *, words: bool = True) -> str:
        """Check an element's id: there, only once, in words, and not one that the library loses."""
        name = element.get("id", "")
        if not name:
            called = f" “{element.get('name')}”" if element.get("name") else ""
            sentence = f"A {xml.local_name(element)}{called} has no id: give it one in words."
            self.refuse(element, "id-missing", sentence)
        elif words and (GENERATED.match(name) or not NAME.match(name) or name in RESERVED):
            sentence = f"The id {name} is not in words: small letters and underscores, such as offer_return_interview."
            self.refuse(name, "id-in-words", sentence)
        self.once(name)
        return name

    # What stands beside the process ---------------------------------------------------------------------------------

    def message(self, element: xml.Element) -> None:
        """Keep a message's name and the FEEL of its correlation key."""
        self.no_children(element)
        key = next((each.get("correlationKey", "") for each in self.extensions(element, "message")), "")
        self.messages[element.get("id", "")] = (element.get("name", ""), expression_in(key))

    def trigger(self, element: xml.Element) -> None:
        """Keep a signal, an error or an escalation by the code under which it is thrown and caught; its name, where it has none."""
        self.no_children(element)
        kind, name = xml.local_name(element), element.get("id", "")
        code = element.get(f"{kind}Code", "") or element.get("name", "")
        if not code:
            self.refuse(
                name or element, "trigger-without-code", f"The {kind} has neither a code nor a name: give it one."
            )
        if code.startswith("="):
            self.refuse(
                name,
                "trigger-code-is-a-word",
                f"The code of the {kind} is an expression: write it out, so that what catches it is known.",
            )
        self.triggers[name] = Trigger(kind, code)

    def collaboration(self, element: xml.Element) -> None:
        """A collaboration only names its pools."""
        for pool in self.children(element, frozenset({"participant"})):
            self.no_children(pool)
            self.pools.append(pool)

    def no_children(self, element: xml.Element) -> None:
        """Refuse whatever an element holds that may only have documentation and extensions."""
        for _child in self.children(element, frozenset()):
            pass

    def agree(self, process: Process) -> None:
        """Refuse pools of other processes, lanes of what is not there, and lists of flows that say otherwise than the flows."""
        inside = {node.id for node in process.everything()}
        for pool in self.pools:
            if pool.get("processRef", process.id) != process.id:
                sentence = (
                    f"The pool belongs to {pool.get('processRef')}, which is not in this file: take the pool out."
                )
                self.refuse(pool, "pool-without-process", sentence)
        for name in sorted(self.lanes.keys() - inside):
            self.refuse(name, "lane-of-nothing", f"A lane names {name or 'nothing'}, which is not in the process.")
        ends = {flow.id: flow for each in process.walk() for flow in each.flows}
        for listed in self.root.iter(f"{{{BPMN}}}incoming", f"{{{BPMN}}}outgoing"):
            owner, side = self.owner(listed).get("id", ""), xml.local_name(listed)
            flow = ends.get((listed.text or "").strip())
            if owner in inside and (flow is None or owner != (flow.target if side == "incoming" else flow.source)):
                sentence = (
                    f"{side} names the flow {(listed.text or '').strip()[:80]}, which does not run so: take it out."
                )
                self.refuse(owner, "flow-listed-wrongly", sentence)

    def lane_set(self, element: xml.Element, depth: int = 0) -> None:
        """Keep which role's lane each node lies in: the lane's id is the role's key, perhaps with __n behind it."""
        for lane in self.children(element, frozenset({"lane"})):
            name = self.identify(lane, words=False)
            role = re.sub(r"__\d+\Z", "", name)
            if not NAME.match(role):
                self.refuse(
                    name, "lane-is-a-role", f"The lane's id {name} is not the key of a role, such as rhi_worker."
                )
            for child in self.children(lane, frozenset({"flowNodeRef", "childLaneSet"})):
                if xml.local_name(child) == "childLaneSet":
                    self.lane_set(child, depth + 1)
                else:
                    self.lie(" ".join((child.text or "").split()), role, depth)

    def lie(self, node: str, role: str, depth: int) -> None:
        """Note in whose lane a node lies; a lane within a lane says it more exactly."""
        there = self.lanes.get(node)
        if there is not None and there[1] == depth:
            self.refuse(node, "in-two-lanes", f"{node} lies in two lanes: leave it in the lane of who does it.")
        if there is None or there[1] <= depth:
            self.lanes[node] = role, depth
            self.roles[node] = role

    # Extensions -----------------------------------------------------------------------------------------------------

    def extensions(self, element: xml.Element, tag: str) -> Iterator[xml.Element]:
        """Give the zeebe elements of an element that are understood there; refuse the others of them."""
        understood = EXTENSIONS.get(tag, frozenset({"properties"} if tag in PROPERTIES else ()))
        found: set[str] = set()
        for child in element.iterfind(f"{{{BPMN}}}extensionElements/{{{ZEEBE}}}*"):
            name = xml.local_name(child)
            self.taken.update(child.iter())
            if name not in understood:
                self.refuse(element, "extension-not-supported", f"The extension <{name}> does nothing on a {tag}.")
            elif name in found:
                self.refuse(element, "extension-twice", f"<{name}> stands here twice: keep one.")
            else:
                found.add(name)
                self.fields(element, child, name)
                yield child

    def fields(self, owner: xml.Element, element: xml.Element, name: str) -> None:
        """Refuse the attributes and children of an extension that we do not consume."""
        allowed = ALLOWED_FIELDS.get(name, frozenset())
        for attribute in element.attrib:
            if attribute not in allowed and not attribute.startswith("{") and element.get(attribute):
                self.refuse(owner, "extension-not-supported", f"{attribute} of <{name}> does nothing here.")
        for child in element.iterchildren(f"{{{ZEEBE}}}*", f"{{{BPMN}}}*"):
            if xml.local_name(child) == IN_EXTENSION.get(name):
                self.fields(owner, child, IN_EXTENSION[name])
            else:
                sentence = f"<{xml.local_name(child)}> in <{name}> does nothing here."
                self.refuse(owner, "extension-not-supported", sentence)

    def properties(self, element: xml.Element, tag: str) -> dict[str, str]:
        """Give an element's extension properties; refuse a name that means nothing there."""
        found: dict[str, str] = {}
        for extension in self.extensions(element, tag):
            if xml.local_name(extension) != "properties":
                continue
            for each in extension.iterchildren(f"{{{ZEEBE}}}property"):
                name = each.get("name", "")
                if name in found:
                    self.refuse(element, "property-twice", f"The property {name} stands here twice: keep one.")
                if name in (known := PROPERTIES.get(tag, frozenset())):
                    found[name] = each.get("value", "")
                else:
                    sentence = f"The property {name or '(without a name)'} means nothing on a {tag}.{did_you_mean(name, known)}"
                    self.refuse(element, "property-not-known", sentence)
        return found

    def documentation(self, element: xml.Element) -> str:
        """Give the text of an element's documentation."""
        texts = [each.text or "" for each in element.findall(f"{{{BPMN}}}documentation")]
        return "\n".join(text.strip() for text in texts)

    # Nodes and flows ------------------------------------------------------------------------------------------------

    def scope(self, element: xml.Element, parent: str) -> Process:
        """Read a process or an embedded sub-process."""
        tag = "subProcess" if parent else "process"
        name = element.get("id", "") if parent else self.identify(element)
        nodes: dict[str, Node] = {}
        flows: list[Flow] = []
        inside: dict[str, Process] = {}
        for lanes in element.findall(f"{{{BPMN}}}laneSet") if not parent else ():
            self.lane_set(lanes)
        for child in self.children(element, IN_SCOPE | (INSIDE["subProcess"] if parent else {"laneSet"})):
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
        documentation = self.documentation(element)
        title = element.get("name", "")
        return Process(name, title, self.file, nodes, tuple(flows), inside, lanes_of, properties, documentation)

    def flow(self, element: xml.Element) -> Flow:
        """Read a sequence flow and its condition."""
        name = self.identify(element, words=False)
        condition = None
        for child in self.children(element, frozenset({"conditionExpression"})):
            if condition is not None:
                self.refuse(element, "one-definition", "The flow has two conditions: join them with “and” or “or”.")
            condition = expression_in(child.text or "")
            self.speaks_feel(child)
            if not (child.text or "").strip().startswith("="):
                self.refuse(element, "condition-is-feel", "A condition is FEEL and begins with an equals sign.")
        ends = element.get("sourceRef", ""), element.get("targetRef", "")
        return Flow(name, element.get("name", ""), *ends, condition)

    def node(self, element: xml.Element, tag: str, process: str) -> Node:
        """Read one flow node."""
        values: dict[str, object] = {}
        for extension in self.extensions(element, tag):
            self.extension(extension, values)
        name = self.identify(element)
        self.definitions(element, tag, values)
        if tag in {"sendTask", "receiveTask"}:
            self.named_message(element, element, values)
        self.roles.setdefault(name, self.roles.get(process, ""))
        is_handler = tag == "subProcess" and self.is_true(element, "triggeredByEvent", default=False)
        return Node(
            id=name,
            kind="handler" if is_handler else NODES[tag],
            name=element.get("name", ""),
            process=process,
            documentation=self.documentation(element),
            role=self.roles[name],
            attached_to=element.get("attachedToRef", ""),
            interrupting=self.is_true(
                element, "isInterrupting" if tag == "startEvent" else "cancelActivity", default=True
            ),
            default=element.get("default", ""),
            properties=self.properties(element, tag) if tag in PROPERTIES else {},
            **values,  # type: ignore[arg-type]
        )

    def definitions(self, element: xml.Element, tag: str, values: dict[str, object]) -> None:
        """Read what an event waits for or does, and whether an activity is done several times."""
        readers: dict[str, Callable[[xml.Element, dict[str, object]], None]] = {
            "timerEventDefinition": self.timer,
            "conditionalEventDefinition": self.conditional,
            "messageEventDefinition": self.message_event,
            **dict.fromkeys(
                ("signalEventDefinition", "errorEventDefinition", "escalationEventDefinition"), self.raised
            ),
            "terminateEventDefinition": self.terminate,
            "multiInstanceLoopCharacteristics": self.loop,
            "standardLoopCharacteristics": self.again,
        }
        found = []
        for child in self.children(
            element, INSIDE.get(tag, frozenset()) | (IN_SCOPE if tag == "subProcess" else set())
        ):
            kind = xml.local_name(child)
            if kind in readers:
                readers[kind](child, values)
                found += [kind] if kind != "terminateEventDefinition" else []
        if len(found) > 1:
            self.refuse(
                element, "one-definition", "The element has several definitions: keep one, or draw one for each."
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
            case "script":
                values["script"] = expression_in(element.get("expression", ""))
                values["result"] = element.get("resultVariable", "")
            case "ioMapping":
                inputs = element.iterchildren(f"{{{ZEEBE}}}input")
                values["payload"] = tuple(
                    (each.get("target", ""), expression_in(each.get("source", ""))) for each in inputs
                )

    def timer(self, element: xml.Element, values: dict[str, object]) -> None:
        """Read a timer definition: exactly one of date, duration and cycle."""
        kinds = {"timeDate": "date", "timeDuration": "duration", "timeCycle": "cycle"}
        found = []
        for each in self.children(element, frozenset(kinds)):
            self.speaks_feel(each)
            found.append(Timer(kinds[xml.local_name(each)], (each.text or "").strip()))
        if len(found) != 1 or not found[0].text:
            self.refuse(self.owner(element), "timer-without-definition", "The timer needs one date, duration or cycle.")
        else:
            values["timer"] = found[0]

    def conditional(self, element: xml.Element, values: dict[str, object]) -> None:
        """Read the condition that an event waits for."""
        for each in self.children(element, frozenset({"condition"})):
            self.speaks_feel(each)
            values["condition"] = expression_in(each.text or "")
        if not values.get("condition"):
            self.refuse(self.owner(element), "condition-missing", "The event waits for a condition, and has none.")

    def message_event(self, element: xml.Element, values: dict[str, object]) -> None:
        """Read which message is thrown or awaited."""
        self.no_children(element)
        self.named_message(element, self.owner(element), values)

    def named_message(self, element: xml.Element, owner: xml.Element, values: dict[str, object]) -> None:
        """Read which message of the file an event or a task names."""
        name, key = self.messages.get(element.get("messageRef", ""), ("", ""))
        if not name:
            sentence = "The element names no message of this file: choose one, and give it a name."
            self.refuse(owner, "message-without-name", sentence)
        values["message"], values["correlation"] = name, key

    def raised(self, element: xml.Element, values: dict[str, object]) -> None:
        """Read which signal, error or escalation is thrown or caught; an error or an escalation is caught without a code too."""
        self.no_children(element)
        kind, owner = xml.local_name(element).removesuffix("EventDefinition"), self.owner(element)
        said = element.get(f"{kind}Ref", "")
        catches_any = not said and kind != "signal" and xml.local_name(owner) in {"boundaryEvent", "startEvent"}
        found = Trigger(kind, "") if catches_any else self.triggers.get(said)
        if found is None or found.kind != kind:
            sentence = f"The event names no {kind} of this file: choose one, and give it a name."
            self.refuse(owner, "trigger-without-name", sentence)
        values["trigger"] = found or Trigger(kind, "")

    def terminate(self, element: xml.Element, values: dict[str, object]) -> None:
        """Note that this end event ends everything in its process."""
        self.no_children(element)
        values["terminate"] = True

    def loop(self, element: xml.Element, values: dict[str, object]) -> None:
        """Read a multi-instance, the collection that it runs over, and the condition that ends it early."""
        until = self.condition_in(element, "completionCondition")
        in_turn = self.is_true(element, "isSequential", default=False)
        for each in self.extensions(element, "multiInstanceLoopCharacteristics"):
            if collection := expression_in(each.get("inputCollection", "")):
                values["loop"] = Loop(collection, each.get("inputElement", ""), in_turn, until)
        if "loop" not in values:
            self.refuse(self.owner(element), "loop-without-collection", "The multi-instance names no input collection.")

    def again(self, element: xml.Element, values: dict[str, object]) -> None:
        """Read a standard loop: its condition, when it is asked, and how many turns there are at most."""
        condition, most = self.condition_in(element, "loopCondition"), element.get("loopMaximum", "")
        if not (condition or most):
            sentence = (
                "The loop would never end: say with a condition how long it goes on, or how many turns there are."
            )
            self.refuse(self.owner(element), "loop-without-end", sentence)
        if most and not (most.isascii() and most.isdigit() and len(most) <= MOST_DIGITS and int(most)):
            sentence = f"loopMaximum is “{most[:20]}”: write a number from 1 to {10**MOST_DIGITS - 1}."
            self.refuse(self.owner(element), "loop-maximum", sentence)
            most = ""
        before = self.is_true(element, "testBefore", default=False)
        values["again"] = Again(condition, before, int(most) if most else None)

    def condition_in(self, element: xml.Element, tag: str) -> str:
        """Read the one condition, in FEEL, that a loop may hold; "" where it holds none."""
        found = ""
        for each in self.children(element, frozenset({tag})):
            self.speaks_feel(each)
            if found:
                self.refuse(self.owner(element), "one-definition", "The loop has two conditions: join them with “or”.")
            found = expression_in(each.text or "")
            if not found or not (each.text or "").strip().startswith("="):
                self.refuse(
                    self.owner(element), "condition-is-feel", "A condition is FEEL and begins with an equals sign."
                )
        return found

    @staticmethod
    def owner(element: xml.Element) -> xml.Element:
        """Give the flow node that a definition belongs to."""
        parent = element.getparent()
        return element if parent is None else parent
