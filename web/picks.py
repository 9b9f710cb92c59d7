"""What the editor of a diagram picks from lists instead of having it typed: by its id or its name, with its words."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from engine.elements import PROPERTIES
from web import draft_words
from workflows import catalogue
from workflows.agencies import KINDS, ROLES
from workflows.vocabulary import DATA_CLASS

PROPERTY: Mapping[str, str] = {
    "activity": "What has happened, as the domain calls it",
    "after": "Carried out after the step",
    "asks": "What its clock asks for",
    "correlation": "Key of the message",
    "data_class": "Who may read what it writes",
    "field_classes": "Who may read single fields",
    "given_by": "Who may give the message",
    "grows": "More may come",
    "optional": "Nobody need take the message",
    "other_than": "Another person than at",
    "priority": "Place of its tasks in lists",
    "record": "Record that it writes",
    "reference": "First letters of references",
    "repeats": "Each visit writes a record of its own",
    "show": "Records beside the form",
    "source": "Source",
    "time_to_live": "How long the message waits",
    "title": "Title of a case",
}
"""What each property says that the engine reads (`engine.elements.PROPERTIES`)."""

_YES: Mapping[str, str] = {"true": "Yes"}
VALUES: Mapping[str, Mapping[str, str]] = {
    "after": _YES,
    "data_class": {key: f"{words} ({key})" for key, words in DATA_CLASS.items()},
    "grows": {"true": "While it runs", "open": "Until it is interrupted"},
    "optional": _YES,
    "repeats": _YES,
}
"""The values of a property that has no others."""


def picks(files: Mapping[str, str], operations: Collection[str]) -> dict[str, Mapping[str, object]]:
    """Give the lists for a draft: roles with their agencies; its forms, tables and diagrams; messages; operations; properties by element."""
    titles = draft_words.titles(files)

    def of(kind: str) -> dict[str, object]:
        return {name.rpartition(".")[0]: title for name, title in titles.items() if draft_words.kind_of(name) == kind}

    return {
        "roles": {
            key: {"title": role.title, "kind": role.kind, "agency": KINDS.get(role.kind, "")}
            for key, role in ROLES.items()
        },
        "forms": of("form"),
        "decisions": of("dmn"),
        "processes": of("bpmn"),
        "messages": catalogue.messages(),
        "operations": {name: name.replace("_", " ").capitalize() for name in sorted(operations)},
        "properties": {tag: {name: PROPERTY[name] for name in sorted(names)} for tag, names in PROPERTIES.items()},
        "values": VALUES,
    }
