"""Plain words for the settings of a procedure's files; what has none is told by its path."""

from __future__ import annotations

import re
from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    # diagrams
    "@name": "name",
    "kind": "kind of step",
    "lane": "who does it",
    "inside": "where it stands",
    "documentation/text()": "explanation",
    "conditionExpression/text()": "condition",
    "@default": "way that is taken when no condition holds",
    "@sourceRef": "where it comes from",
    "@targetRef": "where it leads",
    "@attachedToRef": "the step that it sits on",
    "@cancelActivity": "whether it ends the step that it sits on",
    "@isExecutable": "whether it can run",
    "timerEventDefinition/timeCycle/text()": "when its clock goes off",
    "timerEventDefinition/timeDuration/text()": "how long it waits",
    "timerEventDefinition/timeDate/text()": "the moment for which it waits",
    "conditionalEventDefinition/condition/text()": "the condition for which it waits",
    "messageEventDefinition/@messageRef": "message",
    "@messageRef": "message",
    "signalEventDefinition/@signalRef": "signal",
    "errorEventDefinition/@errorRef": "error",
    "escalationEventDefinition/@escalationRef": "escalation",
    "@errorCode": "code",
    "@escalationCode": "code",
    "@isInterrupting": "whether it ends what runs beside it",
    "@triggeredByEvent": "whether an event begins it",
    "terminateEventDefinition": "whether it ends everything",
    "multiInstanceLoopCharacteristics/completionCondition/text()": "condition that ends it early",
    "standardLoopCharacteristics/loopCondition/text()": "done again while",
    "standardLoopCharacteristics/@loopMaximum": "most times that it is done",
    "standardLoopCharacteristics/@testBefore": "whether the condition is asked first",
    "multiInstanceLoopCharacteristics/@isSequential": "one after the other, or all at once",
    "multiInstanceLoopCharacteristics/extensionElements/zeebe:loopCharacteristics/@inputCollection": "done once for each of",
    "multiInstanceLoopCharacteristics/extensionElements/zeebe:loopCharacteristics/@inputElement": "name of each of them",
    "extensionElements/zeebe:formDefinition/@formId": "form",
    "extensionElements/zeebe:calledDecision/@decisionId": "decision table",
    "extensionElements/zeebe:calledDecision/@resultVariable": "record for the result",
    "extensionElements/zeebe:calledElement/@processId": "the diagram that it runs",
    "extensionElements/zeebe:taskDefinition/@type": "operation",
    "extensionElements/zeebe:script/@expression": "calculation",
    "extensionElements/zeebe:script/@resultVariable": "record for the result",
    "extensionElements/zeebe:subscription/@correlationKey": "how its case is found",
    "extensionElements/zeebe:userTask": "mark of a person's task",
    "arrows that it lists": "list of its arrows",
    # decision tables
    "decisionTable/@hitPolicy": "how many rows may apply",
    "@label": "heading",
    "@typeRef": "kind of value",
    "inputExpression/text/text()": "what is asked",
    "inputExpression/@typeRef": "kind of value",
    "description/text()": "explanation",
    # forms
    "id": "id",
    "title": "title",
    "priority": "priority",
    "key": "key",
    "type": "kind of question",
    "subtype": "kind of date",
    "label": "question",
    "dateLabel": "question",
    "timeLabel": "words for the time",
    "text": "text",
    "description": "hint",
    "validate.required": "whether it must be answered",
    "validate.minLength": "shortest answer",
    "validate.maxLength": "longest answer",
    "validate.min": "smallest answer",
    "validate.max": "largest answer",
    "validate.validationType": "shape of the answer",
    "conditional.hide": "hidden when",
    "valuesExpression": "choices from the case",
    "properties.dataClass": "who may read the answer (data class)",
    "properties.summaryClass": "who may read the answer in the summary of its data class",
    "properties.error": "what is said when it is wrong",
    "properties.errorFormat": "what is said when it cannot be read",
    "properties.check": "check",
    "properties.checkError": "what is said when the check fails",
    "properties.onlyIf": "words for when it applies",
    "properties.prefill": "what it is filled in with",
    "properties.source": "source",
}

PROPERTIES: Mapping[str, str] = {
    "show": "records that are shown beside the form",
    "repeats": "whether each time keeps its own answers",
    "other_than": "must be done by another person than",
    "record": "record that is written",
    "asks": "what it asks for",
    "activity": "word in the log",
    "grows": "whether more may come while it runs",
    "data_class": "who may read what it writes (data class)",
    "field_classes": "who may read single fields of it (data classes)",
    "correlation": "how the receiver is found",
    "time_to_live": "how long the message waits",
    "optional": "whether nobody need take the message",
    "given_by": "who may give the message",
    "reference": "how case references begin",
    "title": "what a case is called",
    "priority": "where a case stands in lists",
}

_PROPERTY = re.compile(r"extensionElements/zeebe:properties/zeebe:property\[(\w+)\]/@value\Z")
_PAYLOAD = re.compile(r"extensionElements/zeebe:ioMapping/zeebe:(?:input|output)\[(\w+)\]/@source\Z")
_CHOICE = re.compile(r"values\[(.+)\]\.(label|value)\Z")
_DURATION = re.compile(
    r'(\+ )?duration\("(-)?P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?"\)'
)
_UNITS = ("year", "month", "week", "day", "hour", "minute", "second")


def of_setting(path: str) -> str:
    """Give the words for a setting."""
    if path in WORDS:
        return WORDS[path]
    if found := _PROPERTY.match(path):
        return PROPERTIES.get(found[1], f"property {found[1]}")
    if found := _PAYLOAD.match(path):
        return f"what the message says as {found[1]}"
    if found := _CHOICE.match(path):
        return f"choice {found[1]}" if found[2] == "label" else f"value of the choice {found[1]}"
    return f"setting {path}"


def of_value(text: str) -> str:
    """Give a value with its durations in words: ``clock + 72 hours`` for ``clock + duration("PT72H")``."""
    return _DURATION.sub(_duration, text.removeprefix("="))


def _duration(found: re.Match[str]) -> str:
    """Say one duration as it is written, one that is taken away with a minus; a text that is none stays."""
    plus, minus, *parts = found.groups()
    said = [f"{part} {unit if part == '1' else unit + 's'}" for part, unit in zip(parts, _UNITS, strict=True) if part]
    return f"{'- ' if minus else plus or ''}{' '.join(said)}" if said else found[0]
