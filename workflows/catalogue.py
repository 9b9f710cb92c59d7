"""Ties the procedures to their meaning: what is shipped, who observes the steps, and whether a release speaks our words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files as resources
from importlib.resources.abc import Traversable

import sqlalchemy as sa

from engine.errors import Invalid, Problem, did_you_mean
from engine.model import Actor, Facts
from engine.release import KINDS
from engine.views import Observer
from engine.xml import Element, local_name, parse
from workflows import (
    about,
    attendance,
    audits,
    child_projection,
    daily,
    disruptions,
    episodes,
    flags,
    recommendations,
    reports,
    seals,
    serious_events,
)
from workflows.agencies import ROLES, role_of_lane
from workflows.alert_table import ALERTS
from workflows.alerts import Alerts
from workflows.copies import Copies
from workflows.correction_mails import CorrectionMails
from workflows.obligations import OBLIGATIONS
from workflows.seal_mails import SealMails
from workflows.verification import PROJECTIONS
from workflows.vocabulary import DATA_CLASS

RESTS_ON: Mapping[str, frozenset[tuple[str, str]]] = {
    episodes.PROCEDURE: episodes.READS | child_projection.READS | attendance.READS[episodes.PROCEDURE],
    audits.PROCEDURE: audits.READS,
    recommendations.PROCEDURE: recommendations.READS,
    reports.PROCEDURE: reports.READS,
    disruptions.PROCEDURE: disruptions.READS,
    serious_events.PROCEDURE: serious_events.READS,
    about.REFERRAL: frozenset({about.PLACES[about.REFERRAL], about.EPISODES[about.REFERRAL]})
    | attendance.READS[about.REFERRAL],
    about.REOPENING: frozenset({("reopening", "episode")}) | attendance.READS[about.REOPENING],
    about.CANCELLATION: frozenset({("cancellation", "episode")}),
    about.FLAG: frozenset({(flags.MESSAGE, "confirmed")}),
}
"""Every (record, field) from which the projections are drawn, by the procedure that writes it."""

_CALLED = re.compile(r'deadline: "([A-Z]+-\d+)"')
_TEXT = re.compile(r'"([^"]*)"')
_CLASS = re.compile(r"\b[A-Z][0-9]+")
OPENS, AWAITED, SENT = "Opens", "Awaited by", "Sent by"
ALMOST = 0.85
"""So alike (of 1) are two names of messages of which one is taken for the other."""


def veil(connection: sa.Connection, case_id: str, facts: Facts, who: Actor) -> Facts:
    """Give the facts of a case as a person may see them: nobody is named who is sealed, and an audit is not told who audits it again."""
    seen = seals.veil(connection, case_id, audits.blind(connection, case_id, facts, who), who)
    return daily.veil(connection, seen, who)


def procedures() -> tuple[str, ...]:
    """Name every procedure that is shipped: a folder of `bpmn` with a root diagram of its own name."""
    folders = (entry for entry in resources("bpmn").iterdir() if entry.is_dir())
    return tuple(sorted(folder.name for folder in folders if (folder / f"{folder.name}.bpmn").is_file()))


def files(procedure: str) -> dict[str, str]:
    """Read what a procedure ships: ``{"missing_child.bpmn": "<?xml ...", "found.form": "{...", ...}``, without folders."""
    return {
        entry.name: entry.read_text(encoding="utf-8")
        for entry in sorted(_walk(resources("bpmn") / procedure), key=lambda entry: entry.name)
        if entry.name.endswith(KINDS)
    }


def observers(base_url: str) -> tuple[Observer, ...]:
    """Give everything that follows each step inside its transaction; links in messages lead to `base_url`."""
    mails = (SealMails(base_url), Alerts(base_url), CorrectionMails(base_url), Copies(base_url))
    return (*(each.project for each in PROJECTIONS), seals.follow, flags.follow, *mails)


def check(release: Mapping[str, str]) -> tuple[Problem, ...]:
    """Say everything in a release's files that our words do not cover, in the order of the files.

    Each lane is a role; each task of people has a form that is there; each role that a table tells is known, and each
    deadline says what it asks for; each field has a known data class; and what the projections and alerts of the
    procedure rest on is there.
    """
    problems: list[Problem] = []
    for name, text in sorted(release.items()):
        try:
            problems.extend(_check_file(name, text, release))
        except Invalid as refusal:
            problems.extend(refusal.problems)
    if not problems:
        for procedure in sorted({alert.procedure for alert in ALERTS} | RESTS_ON.keys()):
            if f"{procedure}.bpmn" in release:
                problems.extend(_check_meaning(procedure, release))
    return tuple(problems)


def _check_file(name: str, text: str, release: Mapping[str, str]) -> Iterator[Problem]:
    """Check one file by its kind."""
    if name.endswith(".bpmn"):
        diagram = parse(text, name)
        yield from _check_diagram(diagram, release)
        yield from _check_classes(diagram)
        yield from _check_messages(diagram)
    elif name.endswith(".dmn"):
        yield from _check_table(parse(text, name), release)
    elif name.endswith(".form"):
        yield from _check_form(name, text)


def _check_diagram(root: Element, release: Mapping[str, str]) -> Iterator[Problem]:
    """Check lanes against the roles, and tasks of people against the forms."""
    for lane in _named(root, "lane"):
        if role_of_lane(lane.get("id", "")) not in ROLES:
            sentence = "This lane is no role: give it the id of a role, or of a role with __2 behind it"
            yield Problem(lane.get("id", ""), "lane-is-a-role", sentence)
    for task in _named(root, "userTask"):
        if not task.get("id"):  # the extension of the same name
            continue
        form = next((found.get("formId", "") for found in _named(task, "formDefinition")), "")
        if f"{form}.form" not in release:
            yield Problem(
                task.get("id", ""), "task-has-a-form", "This task has no form, or one that is not in the release"
            )


def _check_messages(root: Element) -> Iterator[Problem]:
    """Check that no message is called almost as one that the shipped procedures know: nobody would take it."""
    known = messages()
    meant = {each.get("id"): _meant(each.get("name", ""), known) for each in _named(root, "message")}
    for speaking in (each for each in root.iter() if each.get("messageRef") in meant):
        if found := meant[speaking.get("messageRef")]:
            event = speaking.getparent() if local_name(speaking) == "messageEventDefinition" else speaking
            where = (event if event is not None else root).get("id") or ""
            sentence = f"No procedure knows the message {found[0]}.{found[1]} Pick it from the list, or call it by words of its own."
            yield Problem(where, "message-known", sentence)


def _meant(name: str, known: Mapping[str, str]) -> tuple[str, str] | None:
    """Give a name that is almost that of a message that is known, with the question whether that was meant."""
    meant = "" if name in known else did_you_mean(name, known, least=ALMOST)
    return (name, meant) if meant else None


@cache
def messages() -> Mapping[str, str]:
    """Say what each message that the shipped procedures send or await does: ``{"plan_wanted": "Opens Trigger plan", ...}``."""
    told: dict[str, str] = {}
    for procedure in procedures():
        for name, root in _roots({n: text for n, text in files(procedure).items() if "messageRef" in text}, ".bpmn"):
            title = next(_named(root, "process")).get("name") or procedure
            names = {each.get("id"): each.get("name", "") for each in _named(root, "message")}
            for speaking in (each for each in root.iter() if each.get("messageRef") in names):
                message, verb = names[speaking.get("messageRef")], _does(speaking, name == f"{procedure}.bpmn")
                if message not in told or verb == OPENS or (verb == AWAITED and told[message].startswith(SENT)):
                    told[message] = f"{verb} {title}"
    return told


def _does(speaking: Element, is_root: bool) -> str:  # noqa: FBT001 - the one question
    """Say what a message does where it is sent or awaited: it opens a case where the root's own start awaits it."""
    around = [local_name(each) for each in (speaking, *speaking.iterancestors())]
    kind, holder = around[1:3] if around[0] == "messageEventDefinition" else around[:2]
    if kind == "startEvent" and is_root and holder == "process":
        return OPENS
    return SENT if kind in {"endEvent", "intermediateThrowEvent", "sendTask"} else AWAITED


def _check_classes(root: Element) -> Iterator[Problem]:
    """Check that each data class that a diagram gives to what is found or told is one of ours."""
    for given in (each for each in _named(root, "property") if each.get("name") in {"data_class", "field_classes"}):
        for data_class in sorted(set(_CLASS.findall(given.get("value", ""))) - DATA_CLASS.keys()):
            where = next(filter(None, (around.get("id") for around in given.iterancestors())))
            sentence = f"There is no data class {data_class}: they go from D1 to D{len(DATA_CLASS)}"
            yield Problem(where, "data-class-known", sentence)


def _check_table(root: Element, release: Mapping[str, str]) -> Iterator[Problem]:
    """Check whom a table of deadlines tells, and that somebody wrote down what each of its deadlines asks for."""
    wordless: list[tuple[str, str]] = []
    for rule, cells in _rules(root):
        for role in _TEXT.findall(cells.get("tell", "")):
            if role not in ROLES:
                yield Problem(rule, "told-role-known", f"This rule tells '{role}', which is no role")
        wordless += [(rule, each) for each in _TEXT.findall(cells.get("deadline", "")) if each not in OBLIGATIONS]
    own = words_of(release) if wordless else {}
    for rule, deadline in wordless:
        if deadline not in own:
            yield Problem(rule, "deadline-has-words", f"Nobody wrote down what the deadline '{deadline}' asks for")


def _check_form(name: str, text: str) -> Iterator[Problem]:
    """Check the data class of each field."""
    for key, properties in _fields(_json(name, text)):
        if properties.get("dataClass") not in DATA_CLASS:
            where = f"{name.removesuffix('.form')}.{key}"
            yield Problem(where, "data-class-known", f"The field has no data class from D1 to D{len(DATA_CLASS)}")


def _check_meaning(procedure: str, release: Mapping[str, str]) -> Iterator[Problem]:
    """Check that the projections find the facts, and the alerts the elements, on which they rest."""
    there = set(written(release))
    for record, field in sorted(RESTS_ON.get(procedure, frozenset()) - there):
        sentence = f"No form or table writes '{field}', from which what we show of the case is drawn"
        yield Problem(record, "projection-field", sentence)
    elements = {element.get("id") for _, root in _roots(release, ".bpmn") for element in root.iter()}
    for alert in (each for each in ALERTS if each.procedure == procedure):
        if alert.element and alert.element not in elements:
            sentence = f"The alert '{alert.id}' waits for an element that is not drawn"
            yield Problem(alert.element, "alert-has-its-element", sentence)


def words_of(release: Mapping[str, str]) -> dict[str, str]:
    """Give what deadlines ask for by the release's own drawings: ``{"L-01": "check the plan"}``."""
    found: dict[str, str] = {}
    for name, text in sorted(release.items()):
        if name.endswith(".bpmn") and 'name="asks"' in text:
            found |= _asked_in(name, text)
    return found


def _asked_in(name: str, text: str) -> dict[str, str]:
    """Give what the deadlines of one diagram ask for; nothing where it cannot be read, which is said elsewhere."""
    try:
        events = [*_named(parse(text, name), "boundaryEvent")]
    except Invalid:
        return {}
    found: dict[str, str] = {}
    for event in events:
        said = next((each.get("value", "") for each in _named(event, "property") if each.get("name") == "asks"), "")
        called = _CALLED.search("".join(each.text or "" for each in _named(event, "timeCycle")))
        if said and called:
            found[called[1]] = said
    return found


def deadlines(release: Mapping[str, str]) -> frozenset[str]:
    """Name every deadline for which a table of the release has rules: ``frozenset({"T-03", ...})``."""
    tables = (root for _, root in _roots(release, ".dmn"))
    cells = (cells.get("deadline", "") for root in tables for _, cells in _rules(root))
    return frozenset(deadline for cell in cells for deadline in _TEXT.findall(cell))


def written(release: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Give every (record, field) that a form, or the result of a decision table, of a release writes."""
    forms = (_json(name, text) for name, text in release.items() if name.endswith(".form"))
    asked = {str(form.get("id")): [key for key, _ in _fields(form)] for form in forms}
    yield from ((record, key) for record, keys in asked.items() for key in keys)
    tables = {name.removesuffix(".dmn"): root for name, root in _roots(release, ".dmn")}
    for _, diagram in _roots(release, ".bpmn"):
        for called in _named(diagram, "calledDecision"):
            table = tables.get(called.get("decisionId", ""))
            outputs = _named(table, "output") if table is not None else ()
            yield from ((called.get("resultVariable", ""), output.get("name", "")) for output in outputs)
        for task in _named(diagram, "userTask"):
            keys = [key for form in _named(task, "formDefinition") for key in asked.get(form.get("formId", ""), ())]
            named = (each.get("value", "") for each in _named(task, "property") if each.get("name") == "record")
            yield from ((record, key) for record in named for key in keys)


def _rules(root: Element) -> Iterator[tuple[str, dict[str, str]]]:
    """Give each rule of a decision table: its id and its cells by input expression and output name."""
    columns = [_text_in(column) for column in _named(root, "input")]
    columns += [column.get("name", "") for column in _named(root, "output")]
    for rule in _named(root, "rule"):
        cells = [_text_in(cell) for cell in rule if local_name(cell) in {"inputEntry", "outputEntry"}]
        yield rule.get("id", ""), dict(zip(columns, cells, strict=False))


def _text_in(element: Element) -> str:
    """Give the first text inside an element."""
    return next(((found.text or "").strip() for found in _named(element, "text")), "")


def _named(root: Element, name: str) -> Iterator[Element]:
    """Give every element of a name, whatever its namespace."""
    return (element for element in root.iter() if local_name(element) == name)


def _roots(release: Mapping[str, str], kind: str) -> Iterator[tuple[str, Element]]:
    """Read every XML file of a kind."""
    return ((name, parse(text, name)) for name, text in sorted(release.items()) if name.endswith(kind))


def _json(name: str, text: str) -> Mapping[str, object]:
    """Read a form."""
    try:
        found = json.loads(text)
    except json.JSONDecodeError as fault:
        raise Invalid([Problem(name, "not-json", f"The form is not JSON at line {fault.lineno}")]) from fault
    if not isinstance(found, dict):
        raise Invalid([Problem(name, "not-a-form", "The file is JSON and no form")])
    return found


def _fields(form: Mapping[str, object]) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Give the key and the properties of each field, inside groups too; the questions of a list are one field."""
    components = form.get("components")
    held = components if isinstance(components, list) else []
    for component in (
        each for each in held if isinstance(each, dict)
    ):  # what else stands there is refused by its reader
        key = component.get("path" if (is_list := component.get("type") == "dynamiclist") else "key")
        if key is not None:
            properties = component.get("properties")
            yield str(key), properties if isinstance(properties, dict) else {}
        yield from () if is_list else _fields(component)


def _walk(folder: Traversable) -> Iterator[Traversable]:
    """Give every file below a folder."""
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _walk(entry)
        else:
            yield entry
