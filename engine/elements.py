"""What of BPMN is understood: for each element its attributes, extensions and properties that are obeyed or known to be harmless.

What is in none of these tables is refused by `engine.diagrams`, because the engine would otherwise ignore it (house.md 1,
sentence 5); `engine.harmless` lists what is passed over in a file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
SCHEMA = frozenset({f"{{{XSI}}}type", f"{{{XSI}}}schemaLocation"})
"""What any XML may say of its own form."""
DRAWING = frozenset(
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
OTHER_ENGINES: Mapping[str, str] = {
    "http://camunda.org/schema/1.0/bpmn": "camunda",
    "http://activiti.org/bpmn": "activiti",
    "http://flowable.org/bpmn": "flowable",
    "http://spiffworkflow.org/bpmn/schema/1.0/core": "spiffworkflow",
}
"""Extensions that tell another engine what to do; an import translates some of them."""

NODES: Mapping[str, str] = {
    "startEvent": "start",
    "endEvent": "end",
    "userTask": "user_task",
    "manualTask": "user_task",
    "scriptTask": "script",
    "sendTask": "send",
    "receiveTask": "receive",
    "businessRuleTask": "decision_task",
    "serviceTask": "operation",
    "exclusiveGateway": "exclusive",
    "parallelGateway": "parallel",
    "inclusiveGateway": "inclusive",
    "eventBasedGateway": "race",
    "callActivity": "call",
    "subProcess": "sub_process",
    "boundaryEvent": "boundary",
    "intermediateCatchEvent": "catch",
    "intermediateThrowEvent": "throw",
}
FOR_THE_EYE = frozenset({"textAnnotation", "association", "group", "category", "messageFlow"})
"""Notes, frames, and the flows between pools, which only show what messages already say."""
PASSIVE = frozenset({"incoming", "outgoing", "extensionElements", "documentation"})
"""May stand in any element; the flows listed must be those that are drawn, extensions are read by what holds them."""
IN_SCOPE = frozenset(NODES) | {"sequenceFlow"}
DECLARED = frozenset({"message", "signal", "error", "escalation"})
"""What stands beside the process, and is named by events."""

ACTIVITIES = frozenset({"user_task", "decision_task", "call", "sub_process", "receive"})
GATEWAYS = frozenset({"exclusive", "parallel", "inclusive", "race"})
WAITING = frozenset({"catch", "receive"})
"""The nodes in the flow at which a token waits by itself."""
SENDING = frozenset({"throw", "send", "end"})
"""The nodes that may send something."""

_RAISED = frozenset({"signalEventDefinition", "escalationEventDefinition"})
_EVENTS = frozenset({"timerEventDefinition", "conditionalEventDefinition", "messageEventDefinition"})
_LOOP = frozenset({"multiInstanceLoopCharacteristics", "standardLoopCharacteristics"})
INSIDE: Mapping[str, frozenset[str]] = {
    "startEvent": _EVENTS | _RAISED | {"errorEventDefinition"},
    "boundaryEvent": _EVENTS | _RAISED | {"errorEventDefinition"},
    "intermediateCatchEvent": _EVENTS | {"signalEventDefinition"},
    "intermediateThrowEvent": _RAISED | {"messageEventDefinition"},
    "endEvent": _RAISED | {"messageEventDefinition", "errorEventDefinition", "terminateEventDefinition"},
    **dict.fromkeys(
        (
            "userTask", "manualTask", "scriptTask", "sendTask", "receiveTask", "businessRuleTask", "serviceTask",
            "callActivity", "subProcess",
        ),
        _LOOP,
    ),
}  # fmt: skip
"""The elements that a node may hold, beside what it shares with every other."""

INSTEAD: Mapping[str, str] = {
    "task": "a user task, or another one that says what does it",
    "complexGateway": "an inclusive or a parallel gateway; where what comes first decides, an event-based one",
    "adHocSubProcess": "a parallel multi-instance that grows, or a loop in which a person chooses what is done next",
    "transaction": "a sub-process with an error event on its border",
    "linkEventDefinition": "a flow from one place to the other",
    "compensateEventDefinition": "the steps that put things right again, behind an error event or a gateway",
    "cancelEventDefinition": "an error end event, and an error event on the border around it",
    "dataObjectReference": "a note: what is known of a case is what forms, tables, scripts and operations write",
    "dataStoreReference": "a note: what is known of a case is what forms, tables, scripts and operations write",
    "timerEventDefinition": "an event that waits, before it",
    "conditionalEventDefinition": "an event that waits, before it",
    "isForCompensation": "the step that puts things right behind an error event or a gateway",
    "instantiate": "a start with the message; a procedure that begins with one of several has one start and a gateway behind it",
    "script": "nothing but a FEEL expression at the script task, with a name for its result",
}
"""What to draw in the place of an element, a definition or an attribute that the engine does not carry out."""

ATTRIBUTES: Mapping[str, frozenset[str]] = {
    "process": frozenset({"id", "name", "isExecutable"}),
    "message": frozenset({"id", "name"}),
    "signal": frozenset({"id", "name"}),
    "error": frozenset({"id", "name", "errorCode"}),
    "escalation": frozenset({"id", "name", "escalationCode"}),
    "lane": frozenset({"id"}),
    "sequenceFlow": frozenset({"id", "name", "sourceRef", "targetRef"}),
    "boundaryEvent": frozenset({"id", "name", "attachedToRef", "cancelActivity"}),
    "exclusiveGateway": frozenset({"id", "name", "default"}),
    "inclusiveGateway": frozenset({"id", "name", "default"}),
    "multiInstanceLoopCharacteristics": frozenset({"isSequential"}),
    "standardLoopCharacteristics": frozenset({"testBefore", "loopMaximum"}),
    "messageEventDefinition": frozenset({"messageRef"}),
    "signalEventDefinition": frozenset({"signalRef"}),
    "errorEventDefinition": frozenset({"errorRef"}),
    "escalationEventDefinition": frozenset({"escalationRef"}),
    "startEvent": frozenset({"id", "name", "isInterrupting"}),
    "subProcess": frozenset({"id", "name", "triggeredByEvent"}),
    "sendTask": frozenset({"id", "name", "messageRef"}),
    "receiveTask": frozenset({"id", "name", "messageRef"}),
    **dict.fromkeys(
        (
            "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "userTask", "manualTask", "scriptTask",
            "businessRuleTask", "serviceTask", "callActivity", "parallelGateway", "eventBasedGateway",
        ),
        frozenset({"id", "name"}),
    ),
}  # fmt: skip
"""The attributes that are obeyed."""

_ID = frozenset({"id"})
UNREAD: Mapping[str, frozenset[str]] = {
    "definitions": frozenset({"id", "name", "targetNamespace", "exporter", "exporterVersion", "typeLanguage"}),
    "process": frozenset({"processType", "isClosed"}),
    "collaboration": frozenset({"id", "name", "isClosed"}),
    "participant": frozenset({"id", "name", "processRef"}),
    "lane": frozenset({"name"}),
    "documentation": frozenset({"id", "textFormat"}),
    "exclusiveGateway": frozenset({"gatewayDirection"}),
    "inclusiveGateway": frozenset({"gatewayDirection"}),
    "parallelGateway": frozenset({"gatewayDirection"}),
    "eventBasedGateway": frozenset({"gatewayDirection"}),
    "laneSet": frozenset({"id", "name"}),
    "childLaneSet": frozenset({"id", "name"}),
    **dict.fromkeys(
        (
            "multiInstanceLoopCharacteristics", "standardLoopCharacteristics", "loopCondition", "completionCondition",
            "timerEventDefinition", "conditionalEventDefinition", "messageEventDefinition", "signalEventDefinition",
            "errorEventDefinition", "escalationEventDefinition", "terminateEventDefinition", "timeDate", "timeDuration",
            "timeCycle", "condition", "conditionExpression", "extensionElements",
        ),
        _ID,
    ),
}  # fmt: skip
"""The attributes that name an element for the drawing, or repeat what the flows say: nobody reads them."""

DEFAULTS: Mapping[str, str] = {
    "startQuantity": "1",
    "completionQuantity": "1",
    "isForCompensation": "false",
    "parallelMultiple": "false",
    "isImmediate": "true",
    "implementation": "##unspecified",
    "instantiate": "false",
    "eventGatewayType": "Exclusive",
    "behavior": "All",
}
"""Attributes that some tools write with the value that the standard gives them anyway; any other value is refused."""

EXTENSIONS: Mapping[str, frozenset[str]] = {
    "userTask": frozenset({"userTask", "formDefinition", "properties", "assignmentDefinition"}),
    "manualTask": frozenset({"formDefinition", "properties"}),
    "scriptTask": frozenset({"script", "properties"}),
    "sendTask": frozenset({"properties", "ioMapping"}),
    "businessRuleTask": frozenset({"calledDecision", "properties"}),
    "serviceTask": frozenset({"taskDefinition", "properties"}),
    "endEvent": frozenset({"properties", "ioMapping"}),
    "intermediateThrowEvent": frozenset({"properties", "ioMapping"}),
    **dict.fromkeys(
        ("startEvent", "receiveTask", "intermediateCatchEvent", "boundaryEvent"),
        frozenset({"properties", "formDefinition"}),
    ),
    "callActivity": frozenset({"calledElement", "properties"}),
    "multiInstanceLoopCharacteristics": frozenset({"loopCharacteristics"}),
    "message": frozenset({"subscription"}),
}
ALLOWED_FIELDS: Mapping[str, frozenset[str]] = {
    "userTask": frozenset(),
    "formDefinition": frozenset({"formId"}),
    "calledDecision": frozenset({"decisionId", "resultVariable"}),
    "calledElement": frozenset({"processId"}),
    "script": frozenset({"expression", "resultVariable"}),
    "loopCharacteristics": frozenset({"inputCollection", "inputElement"}),
    "subscription": frozenset({"correlationKey"}),
    "taskDefinition": frozenset({"type"}),
    "ioMapping": frozenset(),
    "properties": frozenset(),
    "property": frozenset({"name", "value"}),
    "input": frozenset({"source", "target"}),
}
IN_EXTENSION: Mapping[str, str] = {"properties": "property", "ioMapping": "input"}
"""What an extension holds."""
PROPERTIES: Mapping[str, frozenset[str]] = {
    "process": frozenset({"reference", "title", "priority", "data_class"}),
    **dict.fromkeys(
        ("userTask", "manualTask"), frozenset({"repeats", "other_than", "record", "activity", "show", "grows"})
    ),
    "scriptTask": frozenset({"activity", "data_class"}),
    "sendTask": frozenset({"activity", "correlation", "time_to_live", "optional"}),
    "receiveTask": frozenset({"activity", "record", "repeats", "data_class", "given_by"}),
    "endEvent": frozenset({"activity", "correlation", "time_to_live", "optional"}),
    "startEvent": frozenset({"activity", "record", "repeats", "data_class", "given_by"}),
    "callActivity": frozenset({"activity", "grows"}),
    "businessRuleTask": frozenset({"activity", "data_class"}),
    "serviceTask": frozenset({"activity", "after", "record", "repeats", "data_class", "field_classes"}),
    "boundaryEvent": frozenset({"activity", "asks", "source", "repeats", "data_class", "given_by"}),
    "intermediateCatchEvent": frozenset({"activity", "record", "repeats", "data_class", "given_by"}),
    "intermediateThrowEvent": frozenset({"activity", "correlation", "time_to_live", "optional"}),
    "subProcess": frozenset({"activity", "grows"}),
}

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*\Z")
FIELD_CLASS = re.compile(r"([a-z][a-z0-9_]*) ([A-Z][0-9]{1,2})(?: ([A-Z][0-9]{1,2}[A-Z]))?")
"""A field that an operation writes, its data class, and the part of a class that holds it besides: ``flags D3 D9F``."""
GENERATED = re.compile(r"(Activity|Event|Gateway|Flow|Process)_[0-9a-z]{7}\Z")
RESERVED = frozenset({"start", "end", "root"})
