"""What of a protected step stays as it is shipped: the question on its page, the message that ends it, who writes its facts."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from engine import release as releases
from engine.forms.fields import Field
from engine.release import Compiled
from workflows import catalogue
from workflows.protected.findings import Check, Finding, name_of

PROCEDURE = "missing_child"


@cache
def shipped(procedure: str) -> Compiled:
    """Give a procedure as it is shipped, which the rows of `steps` were written for."""
    return releases.load(releases.pack(catalogue.files(procedure))[0])


_SETTINGS = {
    "kind": "must stay what it is in the drawing",
    "attached_to": "must stay at the step that it sits on",
    "interrupting": "must end the step that it sits on",
    "correlation": "must find the other case by the same key",
    "payload": "must send the same values",
    "terminate": "must end the whole case",
    "loop": "must be done for the same entries",
    "message": "must keep its message",
}


def kept(element: str, *settings: str) -> Check:
    """An element keeps some of its settings as they are shipped; `settings` are those of `Node`."""

    def checked(release: Compiled) -> Iterator[Finding]:
        here, model = release.nodes[element], shipped(release.root).nodes[element]
        for name in settings:
            said = [(getattr(node, name), node.properties.get(name)) for node in (here, model)]
            if said[0] != said[1]:
                yield element, f"“{name_of(release, element)}” {_SETTINGS[name]}"

    return checked


def ended_only_by(step: str, event: str) -> Check:
    """Nothing ends a step but its being done, and one event that sits on it."""

    def checked(release: Compiled) -> Iterator[Finding]:
        for node in release.nodes.values():
            if node.attached_to == step and node.interrupting and node.id != event:
                yield node.id, f"Only “{name_of(release, event)}” may end “{name_of(release, step)}”"

    return checked


def chooses_as(choice: str) -> Check:
    """A choice keeps its ways, with their conditions."""

    def checked(release: Compiled) -> Iterator[Finding]:
        here, model = _choice(release, choice), _choice(shipped(release.root), choice)
        if here != model:
            yield choice, f"“{name_of(release, choice)}” must choose as in the drawing"

    return checked


def _choice(release: Compiled, choice: str) -> tuple[str, set[tuple[str, str | None]]]:
    """Give where a choice leads to by which conditions, and where without one."""
    node = release.nodes[choice]
    ways = next(each for each in release.scopes() if each.id == node.process).outgoing(choice)
    plain = next((flow.target for flow in ways if flow.id == node.default), "")
    return plain, {(flow.target, flow.condition) for flow in ways}


def written_only_by(record: str, *elements: str) -> Check:
    """The facts on which a step rests are written by these elements in their own way, and by nothing beside them."""

    def checked(release: Compiled) -> Iterator[Finding]:
        named = ", ".join(f"“{name_of(release, each)}”" for each in elements)
        for node in release.nodes.values():
            if record in {node.record, node.result} and node.id not in elements:
                yield node.id, f"“{node.name or node.id}” writes “{record}”, which only {named} may write"
            if node.loop is not None and node.loop.element == record:
                yield (
                    node.id,
                    f"“{node.name or node.id}” may not call its entries “{record}”, which only {named} may write",
                )
        for each in (name for name in elements if name in release.nodes):
            here, model = release.nodes[each], shipped(release.root).nodes[each]
            if (here.kind, here.operation) != (model.kind, model.operation):
                yield each, f"“{name_of(release, each)}” writes “{record}” and must stay what it is in the drawing"

    return checked


def asked_as(task: str, key: str) -> Check:
    """A question on which a step rests keeps its words and answers, is asked of everybody, and nobody answers it beforehand.

    Answers may be added. Words that say something else than what is stored would turn a no into a yes.
    """

    def checked(release: Compiled) -> Iterator[Finding]:
        here, model = _field(release, task, key), _field(shipped(release.root), task, key)
        if model is None:
            return
        told = f"the question “{model.label}”"
        if here is None or here.kind is not model.kind or here.label != model.label:
            yield task, f"“{name_of(release, task)}” must ask {told} in these words"
            return
        wrong = next(_differences(here, model), "")
        if wrong:
            yield task, f"{told[0].upper()}{told[1:]} {wrong}"

    return checked


def _differences(here: Field, model: Field) -> Iterator[str]:
    """Say in what a question differs from the one that is shipped; answers with a value of their own are no difference."""
    values = {each.value for each in model.choices}
    same = [each for each in here.choices if each.value in values]
    if sorted(map(str, same)) != sorted(map(str, model.choices)) or here.choices_from != model.choices_from:
        named = ", ".join(f"“{each.label}”" for each in model.choices)
        yield f"must offer {named}, each with the same meaning"
    if [each.hides for each in here.conditions] != [each.hides for each in model.conditions]:
        yield "must be asked as often as before"
    if here.required < model.required:
        yield "must be answered"
    if here.check != model.check:
        yield "must keep the check of its answer"
    if here.prefill != model.prefill:
        yield "may not be filled in beforehand in another way"


def _field(release: Compiled, task: str, key: str) -> Field | None:
    form = release.forms.get(release.nodes[task].form)
    return None if form is None else next((each for each in form.fields if each.key == key), None)
