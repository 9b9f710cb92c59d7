"""Structural rules: each is one function, gives its problems at their elements, and says how to put them right.

They hold when something is published. A release that is loaded is never checked again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from engine import event_rules, feel, naming, schedules
from engine.decisions import analysis
from engine.elements import ACTIVITIES, FIELD_CLASS, GATEWAYS, NAME, WAITING
from engine.errors import Invalid, Problem, did_you_mean
from engine.model import AFTER, PARTNERS
from engine.process import Node, Process

if TYPE_CHECKING:
    from engine.release import Compiled

Rule = Callable[["Compiled"], Iterator[Problem]]
_CALLED, _ASKED, _WORD = re.compile(r"(\w+)\("), re.compile(r"(\w+): \"([^\"]*)\""), re.compile(r"\"[^\"]*\"")


def check(release: Compiled, roles: frozenset[str] | None, operations: frozenset[str]) -> list[Problem]:
    """Apply every rule to a release."""
    problems = [problem for rule in RULES for problem in rule(release)]
    return [*problems, *lanes_are_roles(release, roles), *operations_are_known(release, operations)]


def ids_stand_once(release: Compiled) -> Iterator[Problem]:
    """An element's id stands once in the whole procedure, because the log names elements by it."""
    seen: dict[str, str] = {}
    for process in release.processes.values():
        for node in process.everything():
            if node.id in seen and seen[node.id] != process.file:
                yield Problem(
                    node.id, "id-twice", f"The id {node.id} stands in {seen[node.id]} too: rename one of them."
                )
            seen[node.id] = process.file


def flows_have_ends(release: Compiled) -> Iterator[Problem]:
    """Each sequence flow leads from a node to a node of the same process, and no two lead the same way."""
    for process in release.scopes():
        pairs = set()
        for flow in process.flows:
            for end in (flow.source, flow.target):
                if end not in process.nodes:
                    yield Problem(
                        flow.id,
                        "flow-without-end",
                        f"The flow leads to {end or 'nothing'}, which is not in {process.id}.",
                    )
            if (flow.source, flow.target) in pairs:
                sentence = (
                    f"Two flows lead from {flow.source} to {flow.target}: keep one, and join the conditions with “or”."
                )
                yield Problem(flow.id, "flow-twice", sentence)
            pairs.add((flow.source, flow.target))


def one_start(release: Compiled) -> Iterator[Problem]:
    """Each process has one start event; only that of the procedure, and of an event sub-process, may wait for something."""
    handlers = {node.id for node in release.nodes.values() if node.kind == "handler"}
    for process in release.scopes():
        if len(process.starts) != 1:
            sentence = f"{process.id} has {len(process.starts)} start events: give it exactly one."
            yield Problem(process.id, "one-start", sentence)
        for node in process.starts if process.id not in handlers else ():
            waits = node.condition or node.trigger or ((node.timer or node.message) and process.id != release.root)
            if waits or not node.interrupting:
                sentence = (
                    "Only the procedure's own start may wait for a message or a time, and none for anything else, unless it "
                    "begins an event sub-process: use a plain one."
                )
                yield Problem(node.id, "plain-start", sentence)


def paths_go_on(release: Compiled) -> Iterator[Problem]:
    """Every path leads on to an end event; only a gateway has several ways out."""
    for process in release.scopes():
        for node in process.nodes.values():
            leaves = len(process.outgoing(node.id))
            if node.kind == "end" and leaves:
                yield Problem(node.id, "end-goes-on", "A flow leaves this end event: remove it.")
            if node.kind not in {"end", "handler"} and not leaves:
                yield Problem(
                    node.id, "path-without-end", f"Nothing follows “{node.name or node.id}”: lead it to an end event."
                )
            if leaves > 1 and node.kind not in GATEWAYS:
                sentence = (
                    "Several flows leave this element: put a gateway behind it that says whether one or all are taken."
                )
                yield Problem(node.id, "several-ways-out", sentence)
            if node.kind in {"start", "boundary"} and process.incoming(node.id):
                yield Problem(node.id, "no-way-in", "No flow may lead into this event.")


def everything_is_reached(release: Compiled) -> Iterator[Problem]:
    """Every node can be reached from the start; what cannot would never be offered to anyone."""
    for process in release.scopes():
        todo = [node.id for node in process.nodes.values() if node.kind in {"start", "handler"}]
        todo += [flow.target for flow in process.flows if flow.source not in process.nodes]  # said at that flow
        todo = [each for each in todo if each in process.nodes]
        seen = set(todo)
        while todo:
            name = todo.pop()
            following = [flow.target for flow in process.outgoing(name)] + [each.id for each in process.attached(name)]
            for each in following:
                if each in process.nodes and each not in seen:
                    seen.add(each)
                    todo.append(each)
        for node in process.nodes.values():
            if node.id not in seen:
                yield Problem(node.id, "unreachable", f"No path leads from the start to “{node.name or node.id}”.")


def choices_are_complete(release: Compiled) -> Iterator[Problem]:
    """A gateway that chooses has a condition on each flow but one, and that one is its default."""
    for process in release.scopes():
        for node in process.nodes.values():
            flows = process.outgoing(node.id)
            chooses = node.kind in {"exclusive", "inclusive"} and len(flows) > 1
            if chooses and node.default not in {flow.id for flow in flows}:
                sentence = "The gateway has no default flow: mark the flow that is taken when no condition holds."
                yield Problem(node.id, "default-flow", sentence)
            for flow in flows:
                if chooses and flow.id != node.default and flow.condition is None:
                    yield Problem(flow.id, "condition-missing", f"The flow “{flow.name or flow.id}” has no condition.")
                if flow.condition is not None and (not chooses or flow.id == node.default):
                    yield Problem(
                        flow.id, "condition-ignored", "A condition stands on a flow that is always or otherwise taken."
                    )


def boundaries_belong(release: Compiled) -> Iterator[Problem]:
    """A boundary event sits on an activity of its process and waits for a time or a message; a deadline only tells."""
    for process in release.scopes():
        for node in process.nodes.values():
            if node.kind != "boundary":
                continue
            host = process.nodes.get(node.attached_to)
            if host is not None and host.kind == "operation" and not host.is_errand:
                sentence = (
                    "The operation below this event is over in a moment, so nothing can happen meanwhile. Give the operation "
                    "the property after with the value true, or take the event away."
                )
                yield Problem(node.id, "boundary-without-host", sentence)
            elif host is None or not (host.kind in ACTIVITIES or host.is_errand):
                yield Problem(
                    node.id, "boundary-without-host", "The boundary event sits on no activity of its process."
                )
            yield from _waits(node)
            if node.timer is not None and node.timer.kind == "cycle":
                yield from _deadline(process, node)
            elif "asks" in node.properties:
                sentence = "Only a clock that tells people asks for something: take the property asks out, or let the timer repeat."
                yield Problem(node.id, "asks-without-clock", sentence)


def _deadline(process: Process, node: Node) -> Iterator[Problem]:
    """A repeating timer on an activity is a deadline: non-interrupting, from an expression, straight to an end event."""
    if node.interrupting:
        yield Problem(node.id, "deadline-interrupts", "A repeating timer cannot interrupt: draw it non-interrupting.")
    if node.timer is not None and not node.timer.text.startswith("="):
        sentence = "A repeating timer takes its moments from a list: write =deadlines(deadline: ..., clock: ...)."
        yield Problem(node.id, "deadline-from-list", sentence)
    targets = [process.nodes.get(flow.target) for flow in process.outgoing(node.id)]
    if any(target is None or target.kind != "end" or target.terminate or target.message for target in targets):
        sentence = "A deadline tells people and moves no token: lead it to a plain end event, or draw an own timer."
        yield Problem(node.id, "deadline-leads-to-end", sentence)


def deadlines_have_rows(release: Compiled) -> Iterator[Problem]:
    """A table that a deadline asks has a row for each word that it is asked with: without one the clock would never go off."""
    for node in release.nodes.values():
        text = node.timer_text if node.is_deadline else ""
        for table in (release.decisions[name] for name in _CALLED.findall(text) if name in release.decisions):
            for column, word in _ASKED.findall(text):
                at = next((at for at, each in enumerate(table.inputs) if each.expression.strip() == column), None)
                tests = [] if at is None else [rule.tests[at].strip() for rule in table.rules]
                words = {each[1:-1] for each in tests if _WORD.fullmatch(each)}
                if tests and len(words) == len(set(tests)) and word not in words:
                    sentence = f"No row of the table {table.id} is for {column} {word}: this clock would never go off."
                    yield Problem(node.id, "deadline-without-row", sentence + did_you_mean(word, words))


def events_wait_for_something(release: Compiled) -> Iterator[Problem]:
    """An intermediate event that waits has a timer or a message, and never a cycle."""
    for process in release.scopes():
        for node in process.nodes.values():
            if node.kind == "catch":
                yield from _waits(node)
            if node.kind in WAITING and node.timer is not None and node.timer.kind == "cycle":
                yield Problem(
                    node.id, "cycle-without-activity", "A repeating timer belongs on the border of an activity."
                )


def awaited_messages_have_keys(release: Compiled) -> Iterator[Problem]:
    """A message that a case awaits names its case by a key; without one, any case that waits would take it."""
    for node in release.nodes.values():
        begins_a_case = node is release.process.nodes.get(node.id) and node.kind == "start"
        awaits = node.kind in WAITING | {"boundary", "start"} and node.message and not begins_a_case
        if awaits and not node.correlation:
            sentence = (
                f"The message “{node.message}” has no correlation key, so nobody could tell which case it is for: "
                "write one, such as =case.reference."
            )
            yield Problem(node.id, "message-without-key", sentence)


def messages_say_who_gives_them_and_how_long_they_wait(release: Compiled) -> Iterator[Problem]:
    """A time to live is a length of time, `optional` is true or not there, and only what awaits a message says who may give it."""
    for node in release.nodes.values():
        lives, optional = node.properties.get("time_to_live", ""), node.properties.get("optional", "true")
        if lives and node.lives is None:
            sentence = (
                f"“{lives[:40]}” is no time for which a message may wait: write it as in P3D or PT12H, a year at most."
            )
            yield Problem(node.id, "message-life", sentence)
        if optional != "true":
            yield Problem(node.id, "message-optional", "The property optional is true, or it is not there.")
        if {"time_to_live", "optional"} & node.properties.keys() and not node.message:
            yield Problem(node.id, "message-life", "The event sends no message: take time_to_live and optional out.")
        if node.givers and not node.message:
            yield Problem(
                node.id, "message-givers", "The event awaits no message, so nobody can give it: take given_by out."
            )
        if node.kind == "start" and node.givers - {PARTNERS}:
            sentence = "People open a case by its form, in the lane of the start: given_by names only partners here."
            yield Problem(node.id, "message-givers", sentence)
        if node.kind in {"catch", "boundary", "receive"} and node.form and not node.message:
            yield Problem(node.id, "form-not-asked", "Only an event that awaits a message has a form: take it out.")


def _waits(node: Node) -> Iterator[Problem]:
    """An event that waits does so for exactly one thing."""
    if sum(1 for each in (node.timer, node.message, node.condition, node.trigger) if each) != 1:
        sentence = (
            "The event waits for nothing, or for several things: give it a timer, a message, a signal or a condition."
        )
        yield Problem(node.id, "event-without-definition", sentence)


def names_are_known(release: Compiled) -> Iterator[Problem]:
    """Forms, decision tables, called processes and other tasks that a diagram names are part of the procedure."""
    for node in release.nodes.values():
        if node.kind == "user_task" and not node.form:
            yield Problem(node.id, "form-missing", f"The task “{node.name}” has no form: give it one.")
        if node.form and node.form not in release.forms:
            hint = did_you_mean(node.form, release.forms)
            yield Problem(node.id, "form-not-known", f"There is no form {node.form}.form in this procedure.{hint}")
        if node.kind == "decision_task" and (node.decision not in release.decisions or not node.result):
            hint = did_you_mean(node.decision, release.decisions) if node.decision not in release.decisions else ""
            sentence = (
                f"There is no table {node.decision or '(none)'}.dmn in this procedure, or no name for its result."
            )
            yield Problem(node.id, "decision-not-known", sentence + hint)
        if node.kind == "script" and not (node.script and node.result):
            sentence = "The script has no expression in FEEL, or no name for its result; a script in another language is not run."
            yield Problem(node.id, "script-missing", sentence)
        if node.kind == "call" and node.called not in release.processes:
            hint = did_you_mean(node.called, release.processes)
            sentence = (
                f"There is no process “{node.called}” in this procedure.{hint}"
                if node.called
                else "The call names no process: choose one."
            )
            yield Problem(node.id, "call-not-known", sentence)
    for start in _root_starts(release):
        yield from _opened_by(start)


def _root_starts(release: Compiled) -> Sequence[Node]:
    """Give the start of the procedure; another rule says that there is none, or that there are several."""
    return release.process.starts[:1]


def _opened_by(start: Node) -> Iterator[Problem]:
    """A procedure is opened by people, by other cases, or by a calendar."""
    if bool(start.form or start.message) == bool(start.timer):
        sentence = (
            "A procedure is opened by people, by other cases, or by a calendar: "
            "give its start a form that people fill in, a message, or both of them; or a timer alone."
        )
        yield Problem(start.id, "form-missing", sentence)


def tasks_refer_to_what_is_there(release: Compiled) -> Iterator[Problem]:
    """The tasks and records that a task's properties name are part of the procedure."""
    known = _known_names(release)
    for node in release.nodes.values():
        for record in sorted(set(node.beside) - known):
            sentence = f"show names {record}, which nothing in this procedure writes.{did_you_mean(record, known)}"
            yield Problem(node.id, "name-not-known", sentence)
        for other in node.other_than or (("",) if "other_than" in node.properties else ()):
            if other not in release.nodes or release.nodes[other].kind != "user_task":
                sentence = f"other_than names “{other}”, which is no task of a person."
                yield Problem(node.id, "other-than-not-known", sentence)


def growing_is_parallel(release: Compiled) -> Iterator[Problem]:
    """Only a parallel multi-instance can grow while it runs."""
    for node in release.nodes.values():
        grows = node.properties.get("grows")
        if grows and (grows not in {"true", "open"} or node.loop is None or node.loop.sequential):
            sentence = (
                "Only a parallel multi-instance grows: grows is true (until all is done) or open (until interrupted)."
            )
            yield Problem(node.id, "grows-in-parallel", sentence)


def calls_do_not_circle(release: Compiled) -> Iterator[Problem]:
    """No process calls itself, directly or through others."""
    calls = {
        process.id: {node.called for node in process.everything() if node.called}
        for process in release.processes.values()
    }
    for name, first in calls.items():
        todo: list[str] = list(first)
        seen: set[str] = set()
        while todo:
            each = todo.pop()
            if each not in seen:
                seen.add(each)
                todo.extend(calls.get(each, ()))
        if name in seen:
            yield Problem(name, "call-circle", f"The process {name} calls itself in the end.")


def loops_wait(release: Compiled) -> Iterator[Problem]:
    """A loop passes a person, a clock or a message; a loop of automatic steps alone would never end."""
    waits = {"user_task", "call", "sub_process", *WAITING}
    for process in release.scopes():
        for node in process.nodes.values():
            if node.again is not None and node.again.most is None and node.kind not in waits:
                sentence = (
                    "A loop of automatic steps has no person and no clock in it: say how many turns there are at most."
                )
                yield Problem(node.id, "loop-without-wait", sentence)
        automatic = {node.id for node in process.nodes.values() if node.kind not in waits}
        after = {name: {flow.target for flow in process.outgoing(name)} & automatic for name in automatic}
        while True:
            leaves = {name for name, following in after.items() if not following}
            if not leaves:
                break
            after = {name: following - leaves for name, following in after.items() if name not in leaves}
        for name in sorted(after):
            if name in set().union(*after.values()):
                yield Problem(name, "loop-without-wait", "A loop of automatic steps has no person and no clock in it.")


def expressions_can_be_read(release: Compiled) -> Iterator[Problem]:
    """Every expression of the diagrams is FEEL, can give something, and names only what is written somewhere."""
    known = _known_names(release)
    for where, text in _expressions(release):
        try:
            expression = feel.compile(text)
        except Invalid as refusal:
            yield from (Problem(where, problem.rule, problem.sentence) for problem in refusal.problems)
            continue
        for doubt in expression.doubts:
            yield Problem(where, "expression-gives-nothing", doubt.sentence)
        for name in sorted(expression.names - known):
            sentence = f"Nothing in this procedure writes {name}.{did_you_mean(name, known)}"
            yield Problem(where, "name-not-known", sentence)


def _expressions(release: Compiled) -> Iterator[tuple[str, str]]:
    """Give every expression of the diagrams with the element that it stands at."""
    for process in release.scopes():
        yield from ((flow.id, flow.condition) for flow in process.flows if flow.condition is not None)
        for node in process.nodes.values():
            texts = [node.correlation, node.properties.get("correlation", ""), node.condition]
            texts.extend(source for _target, source in node.payload)
            texts.append(node.timer_text if node.timer is not None and node.kind != "start" else "")
            texts += [node.loop.collection, node.loop.until] if node.loop else []
            texts += [node.script, node.again.condition if node.again else ""]
            activity = node.properties.get("activity", "")
            texts.append(activity if activity.startswith("=") else "")
            yield from ((node.id, text.removeprefix("=")) for text in texts if text)
        for text in (process.properties.get("title", ""), process.properties.get("priority", "")):
            if text:
                yield process.id, text.removeprefix("=")


def names_are_free(release: Compiled) -> Iterator[Problem]:
    """What is written, and the items of multi-instances, do not hide a table or the engine's own names; a message has a word."""
    asked: set[str] = set()
    for _, text in _expressions(release):
        try:
            asked |= feel.compile(text).names
        except Invalid:  # said by another rule
            continue
    for node in release.nodes.values():
        own = {node.decision} - asked  # a table that no expression asks may give its name to its own result
        taken = ({"case", "task"} | set(release.decisions)) - own
        for name in sorted({node.record, node.result, node.loop.element if node.loop else ""} & taken):
            what = "a decision table" if name in release.decisions else "what the engine itself knows of a case"
            yield Problem(
                node.id, "name-taken", f"{name} is the name of {what}: call what is written here something else."
            )
        if node.message and not NAME.match(node.message):
            sentence = f"The message “{node.message}” must be a word of small letters, digits and underscores."
            yield Problem(node.id, "message-is-a-word", sentence)


def _known_names(release: Compiled) -> frozenset[str]:
    """Give the names that an expression may take: records, tables, items of multi-instances, and the engine's own."""
    begins = _root_starts(release)
    nodes = [node for node in release.nodes.values() if node.kind != "start" or node.message or node in begins]
    records = {node.record for node in nodes} | {node.result for node in nodes}
    items = {node.loop.element for node in nodes if node.loop}
    return frozenset({"case", "task"} | records | items | set(release.decisions)) - {""}


def operations_are_known(release: Compiled, operations: frozenset[str]) -> Iterator[Problem]:
    """Every service task calls an operation that there is: one inside the step, or (property `after`) one after it."""
    for node in release.nodes.values():
        known = {name.removeprefix(AFTER) for name in operations if name.startswith(AFTER) == node.is_errand}
        if node.kind == "operation" and node.operation not in known:
            hint = did_you_mean(node.operation, known)
            sentence = (
                f"There is no operation “{node.operation}”.{hint}"
                if node.operation
                else "The task calls no operation: choose one."
            )
            yield Problem(node.id, "operation-not-known", sentence)


def lanes_are_roles(release: Compiled, roles: frozenset[str] | None) -> Iterator[Problem]:
    """Every task of a person, and the start, lies in a lane whose id is the key of a role."""
    starts = _root_starts(release)
    for process in release.processes.values():
        for node in process.everything():
            needs = node.kind == "user_task" or (node in starts and node.form)
            if needs and not node.role:
                yield Problem(
                    node.id,
                    "task-in-lane",
                    f"“{node.name or node.id}” lies in no lane: put it into the lane of who does it.",
                )
            elif needs and roles is not None and node.role not in roles:
                hint = did_you_mean(node.role, roles)
                yield Problem(node.id, "role-not-known", f"“{node.role}” is not the key of a role.{hint}")
            for giver in sorted(node.givers - {PARTNERS} - (node.givers if roles is None else roles)):
                yield Problem(node.id, "role-not-known", f"“{giver}” is not the key of a role, nor “{PARTNERS}”.")


LONGEST = {"id": 80, "name": 200, "role": 60, "record": 80, "form": 80, "message": 80}
LONGEST_DEADLINE, LONGEST_ACTIVITY, LONGEST_KEY = 40, 60, 80


def words_fit(release: Compiled) -> Iterator[Problem]:
    """What the log and the lists keep of an element fits into their columns: PostgreSQL refuses a longer word."""
    for node in release.nodes.values():
        words = [(what, getattr(node, what), longest) for what, longest in LONGEST.items()]
        if node.is_deadline:
            words.append(("id of a deadline", node.id, LONGEST_DEADLINE))
        activity = node.properties.get("activity", "")
        words.append(("activity", "" if activity.startswith("=") else activity, LONGEST_ACTIVITY))
        for what, word, longest in words:
            if len(word) > longest:
                sentence = f"The {what} has {len(word)} letters: shorten it to {longest}."
                yield Problem(node.id, "word-too-long", sentence)
    for form in release.forms.values():
        for field in form.fields:
            if len(field.key) > LONGEST_KEY:
                yield Problem(field.key, "word-too-long", f"The key in {form.id} is longer than {LONGEST_KEY} letters.")


def scripts_say_who_may_read(release: Compiled) -> Iterator[Problem]:
    """A script that reads facts of another data class than it writes says in its property who may read what it gives."""
    for node in release.nodes.values():
        if node.kind != "script" or node.properties.get("data_class"):
            continue
        try:
            read = release.provenance.classes_of(node.script)
        except Invalid:  # said by another rule
            continue
        own = release.data_class(node.result, "")
        if read - {own}:
            sentence = (
                f"The script reads facts of {', '.join(sorted(read - {own}))}, and whoever may read {own} would read what it writes: "
                "give it the property data_class."
            )
            yield Problem(node.id, "script-data-class", sentence)


def field_classes_can_be_read(release: Compiled) -> Iterator[Problem]:
    """What an operation says of the data classes of its fields can be read: a field that was misspelt would be shown to others."""
    for node in release.nodes.values():
        for each in node.field_classes:
            if FIELD_CLASS.fullmatch(each) is None:
                sentence = f"“{each}” is no field with its data class: write it as in “flags D3” or “flags D3 D9F”."
                yield Problem(node.id, "field-class", sentence)


def tables_name_what_is_written(release: Compiled) -> Iterator[Problem]:
    """Tables and diagrams rest on names and fields that a form, a table, an operation or a message writes."""
    places = list(_expressions(release))
    asked = [each.text for form in release.forms.values() for field in form.fields for each in field.expressions]
    yield from naming.table_names(release, _known_names(release), [*(text for _, text in places), *asked])
    yield from naming.fields(release, places)


def tables_are_sound(release: Compiled) -> Iterator[Problem]:
    """No two rules of a table meet where only one may, and each can apply to something."""
    for table in release.decisions.values():
        yield from (finding.problem for finding in analysis.examine(table) if finding.blocks)


def calendars_go_on(release: Compiled) -> Iterator[Problem]:
    """A calendar that opens a procedure gives a later moment each time."""
    if _root_starts(release):
        yield from schedules.goes_on(release)


RULES: tuple[Rule, ...] = (
    words_fit,
    ids_stand_once,
    flows_have_ends,
    one_start,
    paths_go_on,
    everything_is_reached,
    choices_are_complete,
    boundaries_belong,
    deadlines_have_rows,
    events_wait_for_something,
    awaited_messages_have_keys,
    messages_say_who_gives_them_and_how_long_they_wait,
    names_are_known,
    names_are_free,
    tasks_refer_to_what_is_there,
    growing_is_parallel,
    calls_do_not_circle,
    loops_wait,
    event_rules.handlers_stand_alone,
    event_rules.borders_can_catch,
    event_rules.races_wait,
    event_rules.what_is_thrown_is_caught,
    event_rules.signals_come_to_rest,
    expressions_can_be_read,
    scripts_say_who_may_read,
    field_classes_can_be_read,
    tables_name_what_is_written,
    tables_are_sound,
    calendars_go_on,
)
