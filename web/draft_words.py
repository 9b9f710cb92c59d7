"""What the pages of the procedures share: the drafts and the library of this site, names of people, words for files."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

import flask
import sqlalchemy as sa

from engine.comparison import Change, of_value
from engine.drafted import Draft, DraftEvent
from engine.errors import NotFound
from engine.frozen import frozen
from engine.guard import TooMuchToRead
from engine.publishing import Drafts
from engine.store import reading
from web.services import services
from workflows import catalogue, checking, people
from workflows.agencies import KINDS as AGENCIES
from workflows.agencies import ROLES
from workflows.draft_mails import DraftMails
from workflows.draft_parties import AGREES, Concern, parties_of
from workflows.drafts import APPROVER, EDITOR, Located
from workflows.table_words import in_words

KINDS: Mapping[str, tuple[str, str]] = {
    "bpmn": ("Diagram", "Diagrams"),
    "dmn": ("Decision table", "Decision tables"),
    "form": ("Form", "Forms"),
    "scenario": ("Scenario", "Scenarios"),
}
EVENTS: Mapping[str, str] = {
    "begun": "Draft begun from the running release",
    "imported": "Draft begun from files that were brought",
    "restored": "Draft begun from an earlier release",
    "shipped": "Draft begun from the update that came with the program",
    "saved": "Saved",
    "added": "Added",
    "removed": "Removed",
    "proposed": "Proposed",
    "withdrawn": "Proposal withdrawn",
    "agreed": "Agreed to",
    "sent_back": "Sent back",
    "approved": "Approved and published",
    "dropped": "Draft dropped",
}

STARTERS: Mapping[str, str] = {
    "form": '{\n  "id": "%(id)s",\n  "title": "%(title)s",\n  "type": "default",\n  "components": [\n    {\n'
    '      "type": "textarea",\n      "key": "notes",\n      "label": "What happened?",\n'
    '      "validate": {"required": true},\n'
    '      "properties": {"dataClass": "D2", "error": "Enter what happened"}\n    }\n  ]\n}\n',
    "dmn": '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="%(id)s_definitions" name="%(title)s"'
    ' namespace="https://homeward.example/dmn">\n  <decision id="%(id)s" name="%(title)s">\n'
    '    <decisionTable id="%(id)s_table" hitPolicy="FIRST">\n'
    '      <input id="%(id)s_input_1" label="Risk grade">\n'
    '        <inputExpression id="%(id)s_expression_1" typeRef="string"><text>risk.level</text></inputExpression>\n'
    '      </input>\n      <output id="%(id)s_output_1" label="Answer" name="answer" typeRef="string" />\n'
    '      <rule id="%(id)s_1">\n        <inputEntry id="%(id)s_1_in_1"><text>-</text></inputEntry>\n'
    '        <outputEntry id="%(id)s_1_out_1"><text>"to be decided"</text></outputEntry>\n      </rule>\n'
    "    </decisionTable>\n  </decision>\n</definitions>\n",
}
"""What a new form or table begins with; a new diagram comes with an archive."""


@frozen
class FileLine:
    """A file of a draft as a line of a list: what changed about it, and how many problems it has."""

    name: str
    kind: str
    title: str
    standing: str
    problem_count: int


def shelf() -> Drafts:
    """Give the drafts of this site."""
    here = services()
    tell = DraftMails(here.settings.base_url)
    return Drafts(
        here.cases.library,
        checking.problems,
        roles=tuple(ROLES),
        operations=here.cases.operations,
        tell=tell,
        parties=checking.parties,
        doubts=checking.doubts,
    )


@frozen
class DraftItem:
    """A draft that asks something of a person: to be decided on, or to be put right."""

    procedure: str
    name: str
    to_decide: bool
    at: datetime


def items_for(person: str, held: Collection[str]) -> list[DraftItem]:
    """List the drafts that ask something of somebody: proposals to decide on or agree to, and their own that were sent back."""
    parties = parties_of(held)
    waiting = shelf().waiting_for(person) if parties or APPROVER in held else ()
    if APPROVER not in held:
        waiting = tuple(each for each in waiting if owed(each, parties))
    returned = shelf().sent_back_to(person) if EDITOR in held else ()
    found = [(draft, True, draft.proposed_at or draft.changed_at) for draft in waiting]
    found += [(draft, False, draft.changed_at) for draft in returned]
    return [DraftItem(draft.procedure, running(draft.procedure)[1], to_decide, at) for draft, to_decide, at in found]


def owed(draft: Draft, parties: Collection[str]) -> frozenset[str]:
    """Name those of these parties whose agreement a proposal still waits for."""
    asked = (draft.parties or frozenset()).intersection(parties)
    return asked - shelf().agreed(draft).keys() if asked else frozenset()


@frozen
class Approval:
    """An agreement that a draft needs beside the second person: whose, who gave it or can give it, and what concerns them."""

    agency: str
    given: DraftEvent | None
    by: str
    able: tuple[str, ...]
    concerns: tuple[Concern, ...]


def approvals(draft: Draft, before: Mapping[str, str]) -> list[Approval]:
    """List the agreements that a draft needs: of a proposal those that it was proposed with, of an open draft those that it would need."""
    try:
        concerned = checking.concerns(before, draft.files)
    except TooMuchToRead:  # said among the problems; what was proposed could be read
        concerned = ()
    parties = sorted(draft.parties or {each.agency for each in concerned})
    agreed = shelf().agreed(draft)
    by = names({event.by for event in agreed.values()})
    with reading(services().engine) as connection:
        able = {party: people.holders(connection, AGREES[party]) for party in parties}
    return [
        Approval(
            AGENCIES[party],
            agreed.get(party),
            by[agreed[party].by] if party in agreed else "",
            tuple(person.name for person in able[party]),
            tuple(each for each in concerned if each.agency == party),
        )
        for party in parties
    ]


def running(procedure: str) -> tuple[int, str]:
    """Give the running release's id and the procedure's name in words; refused with `NotFound`."""
    if procedure not in catalogue.procedures():
        raise NotFound("There is no such procedure.")
    release_id, compiled = services().cases.library.newest(procedure)
    return release_id, compiled.process.name


def names(sign_ins: Iterable[str]) -> dict[str, str]:
    """Give the names of people by their sign-in names; who is gone stands for themselves."""
    wanted = set(sign_ins)
    person = people.PersonRow
    asked = sa.select(person.sign_in, person.name).where(person.sign_in.in_(wanted))
    with reading(services().engine) as connection:
        found = {row.sign_in: row.name for row in connection.execute(asked)}
    return {sign_in: found.get(sign_in, sign_in) for sign_in in wanted}


def problems_of(draft: Draft) -> tuple[Located, ...]:
    """Say everything that is wrong with a draft, each with its file and element."""
    try:
        return checking.of_draft(draft.procedure, draft.files)[0]
    except TooMuchToRead as refusal:
        return tuple(Located(problem, "", "") for problem in refusal.problems)


def remarks_of(draft: Draft) -> tuple[Located, ...]:
    """Say what is worth a look in a draft, each with its file and element, and keeps it from nothing."""
    try:
        return checking.of_draft(draft.procedure, draft.files)[1]
    except TooMuchToRead:  # said among the problems
        return ()


def shown_problems(problems: Sequence[Located], procedure: str, *, on_page: str = "") -> list[dict[str, str]]:
    """Give problems as the entries of an error summary, each leading to its element on the page of its file."""
    entries = []
    for each in problems:
        sentence = each.problem.sentence
        entry = {"text": in_words(sentence) if kind_of(each.file) == "dmn" else of_value(sentence)}
        if each.file:
            entry["href"] = f"#{each.element or 'hw-text'}" if each.file == on_page else file_address(procedure, each)
        if each.file:
            entry["place"] = each.file + (f", {each.element}" if each.element else "")
            entry["place"] += f", line {each.line}" if each.line else ""
            entry["place"] += f", column {each.column}" if each.column else ""
            entry["line"], entry["column"] = str(each.line or ""), str(each.column or 1)
        entries.append(entry)
    return entries


def marks(problems: Iterable[Located]) -> list[dict[str, str]]:
    """Give what is marked in a drawing: each problem at its element."""
    return [
        {"element": each.element, "text": each.problem.sentence, "rule": each.problem.rule}
        for each in problems
        if each.element
    ]


def file_address(procedure: str, place: Located) -> str:
    """Give the address of an element on the page of its file."""
    address = flask.url_for("modeller.file", procedure=procedure, name=place.file)
    return f"{address}#{place.element}" if place.element else address


def stem(name: str) -> str:
    """Give what stands before a file's kind, as words: ``Missing child`` for ``missing_child.bpmn``."""
    return name.rpartition(".")[0].replace("_", " ").capitalize()


def titles(files: Mapping[str, str]) -> dict[str, str]:
    """Give what files call themselves, such as the title of a form; their names as words where they say nothing."""
    return {name: said or stem(name) for name, said in checking.titles(files).items()}


def changes_of(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Change, ...]:
    """Give what differs between two versions of a procedure's files; where it cannot be compared in time, which files are others."""
    try:
        return checking.changes(before, after)
    except TooMuchToRead:
        names = sorted({*before, *after})
        found = [name for name in names if before.get(name) != after.get(name)]
        return tuple(Change(name, "", f"File {name}", "it cannot be compared", "", "") for name in found)


def quiet_in(before: Mapping[str, str], after: Mapping[str, str], changes: Iterable[Change]) -> list[str]:
    """Say which files are written or drawn in another way and mean the same: ``["Locate (drawn)", "Form (written)"]``."""
    told = {each.file for each in changes}
    names = [name for name in sorted(before.keys() & after.keys()) if before[name] != after[name] and name not in told]
    called = titles({**before, **after}) if names else {}
    try:
        moved = checking.moved(before, after) if names else frozenset()
    except TooMuchToRead:
        moved = frozenset()
    return [f"{called[name]} ({'drawn' if name in moved else 'written'})" for name in names]


def kind_of(name: str) -> str:
    """Give the kind of a file: ``bpmn``, ``dmn`` or ``form``."""
    return name.rpartition(".")[2]


def lines(
    draft: Draft, before: Mapping[str, str], changes: Iterable[Change], problems: Sequence[Located]
) -> dict[str, list[FileLine]]:
    """List the files of a draft by their kind; those that were taken out stand there too.

    A file counts as changed where the comparison has something to say of it: one that is only written in another way, as
    after a step that was drawn and deleted again, has not changed.
    """
    found: dict[str, list[FileLine]] = {kind: [] for kind in KINDS}
    told, called = {change.file for change in changes}, titles({**before, **draft.files})
    for name in sorted({*draft.files, *before}):
        old, new = before.get(name), draft.files.get(name)
        standing = "Removed" if new is None else "New" if old is None else "Changed" if name in told else ""
        count = sum(each.file == name for each in problems)
        kind = kind_of(name)
        if kind in found:
            found[kind].append(FileLine(name, kind, called[name], standing, count))
    for each in found.values():
        each.sort(key=lambda line: line.title.casefold())
    return found
