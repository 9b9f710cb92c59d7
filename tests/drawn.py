"""Draws small procedures for tests: a few lines of text become the files of a procedure.

Each line of the text is a node or a flow::

    begun: start form=opening
    ask: user form=answer repeats=true
    is_it_enough: exclusive
    enough: end
    begun > ask
    ask > is_it_enough
    is_it_enough > enough : =count(answer) >= 2
    is_it_enough > ask default

Attributes: `on=host` for a boundary event (`quiet` makes it non-interrupting), `duration=`, `date=`, `cycle=` for timers,
`when=` for a condition, `message=name` with `key=` or `correlation=` and `gives={name: source; ...}`, `each=collection` with
`as=item` (`one_by_one`, `until=`), `again=condition` (`before`, `most=`) for a loop, `signal=`, `error=` and `escalation=` with a code
(`any` catches any), `says=FEEL` with `into=record`, `calls=process`, `asks=table` with `into=record`, `does=operation`.
A ``handler`` is an event sub-process, whose start may be `quiet`.
Values with blanks stand in ``{braces}``. A node is indented below the embedded sub-process that holds it.
"""

from __future__ import annotations

import json
import re
from xml.sax.saxutils import escape, quoteattr

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="tests">'
)
TAGS = {
    "start": "startEvent", "end": "endEvent", "stop": "endEvent", "user": "userTask", "rule": "businessRuleTask",
    "service": "serviceTask", "manual": "manualTask", "script": "scriptTask", "send": "sendTask", "receive": "receiveTask",
    "race": "eventBasedGateway", "handler": "subProcess",
    "exclusive": "exclusiveGateway", "parallel": "parallelGateway", "inclusive": "inclusiveGateway", "call": "callActivity",
    "inside": "subProcess", "boundary": "boundaryEvent", "catch": "intermediateCatchEvent", "throw": "intermediateThrowEvent",
}  # fmt: skip
TIMERS = {"duration": "timeDuration", "date": "timeDate", "cycle": "timeCycle"}
PART = re.compile(r"(\w+)=(\{.*?\}(?=\s|$)|\S+)|(\S+)")


def diagram(name: str, text: str, *, role: str = "worker") -> str:
    """Draw one process with every node in the lane of one role; `role` may be overruled by ``role=`` at a node."""
    lines = [line for line in text.strip("\n").splitlines() if line.strip()]
    indents = {len(line) - len(line.lstrip()) for line in lines}
    base = min(indents)
    messages: dict[str, str] = {}
    thrown = re.findall(r"\b(signal|error|escalation)=(\w+)", text)
    lanes: dict[str, list[str]] = {}
    body = _scope(lines, base, messages, lanes, role)
    declared = "".join(
        f'<message id="m_{each}" name="{each}"><extensionElements><zeebe:subscription correlationKey={quoteattr(key)}/>'
        "</extensionElements></message>"
        for each, key in messages.items()
    )
    declared += "".join(
        f'<{kind} id="{kind}_{code}" name="{code}"/>' for kind, code in dict.fromkeys(thrown) if code != "any"
    )
    drawn = "".join(
        f'<lane id="{lane}" name="{lane}">{"".join(f"<flowNodeRef>{node}</flowNodeRef>" for node in nodes)}</lane>'
        for lane, nodes in lanes.items()
    )
    lane_set = f"<laneSet>{drawn}</laneSet>"
    return f'{HEAD}{declared}<process id="{name}" name="{name}" isExecutable="true">{lane_set}{body}</process></definitions>'


def _scope(lines: list[str], indent: int, messages: dict[str, str], lanes: dict[str, list[str]], role: str) -> str:
    found, place = [], 0
    while place < len(lines):
        line, place = lines[place], place + 1
        inner = []
        while place < len(lines) and len(lines[place]) - len(lines[place].lstrip()) > indent:
            inner.append(lines[place])
            place += 1
        if re.match(r"\s*\w+:", line):
            content = _scope(inner, len(inner[0]) - len(inner[0].lstrip()), messages, lanes, role) if inner else ""
            found.append(_node(line, content, messages, lanes, role))
        else:
            found.append(_flow(line, lines))
    return "".join(found)


def _node(line: str, content: str, messages: dict[str, str], lanes: dict[str, list[str]], role: str) -> str:
    name, _, rest = line.strip().partition(":")
    kind, *_ = rest.split()
    given = {key: value[1:-1] if value.startswith("{") else value for key, value, _flag in PART.findall(rest) if key}
    flags = {flag for _key, _value, flag in PART.findall(rest) if flag}
    lanes.setdefault(given.pop("role", role), []).append(name)
    attributes = f' id="{name}" name="{name.replace("_", " ")}"'
    if "on" in given:
        attributes += f' attachedToRef="{given.pop("on")}" cancelActivity="{str("quiet" not in flags).lower()}"'
    if kind == "handler":
        attributes += ' triggeredByEvent="true"'
    if kind == "start" and "quiet" in flags:
        attributes += ' isInterrupting="false"'
    if kind in {"send", "receive"}:
        messages.setdefault(given["message"], given.get("key", ""))
        attributes += f' messageRef="m_{given.pop("message")}"'
    if "default" in given:
        attributes += f' default="{given.pop("default")}"'
    extensions, inner = _extensions(given), content + _definitions(kind, given, flags, messages)
    return f"<{TAGS[kind]}{attributes}>{extensions}{inner}</{TAGS[kind]}>"


def _definitions(kind: str, given: dict[str, str], flags: set[str], messages: dict[str, str]) -> str:
    inner = ""
    for key, tag in TIMERS.items():
        if key in given:
            inner += f"<timerEventDefinition><{tag}>{escape(given[key])}</{tag}></timerEventDefinition>"
    if "message" in given:
        messages.setdefault(given["message"], given.get("key", ""))
        inner += f'<messageEventDefinition messageRef="m_{given["message"]}"/>'
    if "when" in given:
        inner += (
            f"<conditionalEventDefinition><condition>{escape(given['when'])}</condition></conditionalEventDefinition>"
        )
    inner += _thrown(given)
    if kind == "stop":
        inner += "<terminateEventDefinition/>"
    return inner + _repeated(given, flags)


def _thrown(given: dict[str, str]) -> str:
    """Draw what is thrown or caught inside a case."""
    inner = ""
    for what in ("signal", "error", "escalation"):
        if what in given:
            named = "" if given[what] == "any" else f' {what}Ref="{what}_{given[what]}"'
            inner += f"<{what}EventDefinition{named}/>"
    return inner


def _repeated(given: dict[str, str], flags: set[str]) -> str:
    """Draw a multi-instance or a loop."""
    inner = ""
    if "each" in given:
        loop = f'<zeebe:loopCharacteristics inputCollection={quoteattr("=" + given["each"])} inputElement="{given.get("as", "item")}"/>'
        inner += (f'<multiInstanceLoopCharacteristics isSequential="{str("one_by_one" in flags).lower()}">'
                  f"<extensionElements>{loop}</extensionElements>{_condition('completionCondition', given.get('until'))}"
                  "</multiInstanceLoopCharacteristics>")  # fmt: skip
    if "again" in given or "most" in given:
        most = f' loopMaximum="{given["most"]}"' if "most" in given else ""
        inner += (f'<standardLoopCharacteristics testBefore="{str("before" in flags).lower()}"{most}>'
                  f"{_condition('loopCondition', given.get('again'))}</standardLoopCharacteristics>")  # fmt: skip
    return inner


def _condition(tag: str, text: str | None) -> str:
    return f"<{tag}>{escape('=' + text)}</{tag}>" if text else ""


PROPERTIES = frozenset(
    (
        "after",
        "repeats",
        "other_than",
        "record",
        "activity",
        "correlation",
        "reference",
        "title",
        "grows",
        "show",
        "data_class",
        "field_classes",
        "given_by",
        "time_to_live",
        "optional",
    )
)
"""The properties that stand in the text as attributes of a node."""


def _extensions(given: dict[str, str]) -> str:
    parts = []
    if "form" in given:
        parts.append(f'<zeebe:formDefinition formId="{given["form"]}"/>')
    if "does" in given:
        parts.append(f'<zeebe:taskDefinition type="{given["does"]}"/>')
    if "gives" in given:
        pairs = (each.partition(":") for each in given["gives"].split(";"))
        inputs = "".join(
            f'<zeebe:input source={quoteattr("=" + text.strip())} target="{name.strip()}"/>' for name, _, text in pairs
        )
        parts.append(f"<zeebe:ioMapping>{inputs}</zeebe:ioMapping>")
    if "calls" in given:
        parts.append(f'<zeebe:calledElement processId="{given["calls"]}"/>')
    if "says" in given:
        parts.append(f'<zeebe:script expression={quoteattr("=" + given["says"])} resultVariable="{given["into"]}"/>')
    if "asks" in given:
        parts.append(f'<zeebe:calledDecision decisionId="{given["asks"]}" resultVariable="{given["into"]}"/>')
    properties = "".join(
        f"<zeebe:property name={quoteattr(key)} value={quoteattr(given[key])}/>" for key in given if key in PROPERTIES
    )
    if properties:
        parts.append(f"<zeebe:properties>{properties}</zeebe:properties>")
    return f"<extensionElements>{''.join(parts)}</extensionElements>" if parts else ""


def _flow(line: str, lines: list[str]) -> str:
    way, _, condition = line.strip().partition(" : ")
    source, _, target = (part.strip() for part in way.removesuffix(" default").partition(">"))
    name = f"{source}_to_{target}"
    inner = f"<conditionExpression>{escape(condition)}</conditionExpression>" if condition else ""
    return f'<sequenceFlow id="{name}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'


def form(name: str, *fields: str) -> str:
    """Write a form of text fields, none of them required; `fields` are keys, ``key:kind`` for another kind."""
    components = []
    for each in fields:
        key, _, kind = each.partition(":")
        components.append({"type": kind or "textfield", "key": key, "label": key.replace("_", " "), "id": key,
                           **({"subtype": "datetime", "dateLabel": key} if kind == "datetime" else {}),
                           "properties": {"dataClass": "D2", "error": f"Enter {key}"}})  # fmt: skip
    title = {"type": "text", "text": f"# {name}", "id": "title"}
    return json.dumps({"id": name, "type": "default", "schemaVersion": 18, "components": [title, *components]})


def with_defaults(text: str) -> str:
    """Note at each gateway which of its flows is the default one."""
    lines = text.strip("\n").splitlines()
    chosen = {}
    for line in lines:
        found = re.match(r"\s*(\w+) > (\w+) default", line)
        if found:
            chosen[found[1]] = f"{found[1]}_to_{found[2]}"
    return "\n".join(
        f"{line} default={chosen[found[1]]}" if (found := re.match(r"\s*(\w+):", line)) and found[1] in chosen else line
        for line in lines
    )


def procedure(name: str, text: str, *forms: str, **others: str) -> dict[str, str]:
    """Draw a procedure: the root process, its forms, and `others` as file stems with BPMN texts or DMN."""
    files = {f"{name}.bpmn": diagram(name, with_defaults(text))}
    for each in forms:
        files[f"{json.loads(each)['id']}.form"] = each
    for stem, content in others.items():
        files[f"{stem}.bpmn"] = diagram(stem, with_defaults(content))
    return files
