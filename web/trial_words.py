"""A procedure that is tried out, in words: what is open with whom, which clocks run, what happened, who would be told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from engine import values
from engine.errors import NotFound
from engine.forms import Block, Field, Form
from engine.forms.plain import from_plain
from engine.frozen import frozen
from engine.rehearsal import SECOND
from web import draft_words
from web.case_words import SAID
from web.fact_words import FOR_AUDITORS, Row, row, say_answer
from web.moments import say_key, say_moment, say_until
from web.services import services
from workflows.agencies import ROLES, title_of
from workflows.invented import STAND_INS

DRAFT = "draft"
MACHINE = frozenset({"system"})
WORDS: Mapping[str, str] = {
    **SAID,
    "operation_done": "Looked up by the service: {name}",
    "message_sent": "Would be sent to another case: {name}",
    "condition_met": "Came true: {name}",
    "element_passed": "Reached: {name}",
    "case_stranded": "Stuck: nobody can do anything any more, and nothing is awaited",
    "task_opened": "Opened: {name}",
}
"""What is said of an event; one that has no name and no words is left out."""


@frozen
class Source:
    """What is tried out: the draft of a procedure, or one of its releases; `kept_as` is the name under which a rehearsal is kept."""

    procedure: str
    name: str
    words: str
    files: Mapping[str, str]
    kept_as: str
    address: str
    is_draft: bool


def source_of(procedure: str, source: str) -> Source:
    """Find what is to be tried out: ``draft``, or the number of a release; refused with `NotFound`."""
    _, name = draft_words.running(procedure)
    if source == DRAFT:
        draft = draft_words.shelf().get(procedure)
        return Source(procedure, name, "the draft", draft.files, f"draft {draft.id}", DRAFT, is_draft=True)
    library = services().cases.library
    found = next((each for each in library.releases(procedure) if str(each.number) == source), None)
    if found is None:
        raise NotFound("There is no such release.")
    words = f"release {found.number}"
    return Source(procedure, name, words, library.files(found.id), f"release {found.number}", source, is_draft=False)


@frozen
class Asked:
    """A page as staff will see it: its form, as far as it applies, and what stands beside it."""

    form: Form
    told: Mapping[str, Any]
    beside: Sequence[tuple[str, Sequence[Row]]]

    @property
    def who(self) -> str:
        """Whose page it is, by the title of the role."""
        return title_of(self.told["role"]) if self.told["role"] else ""


def asked(told: Mapping[str, Any], facts: Iterable[Any]) -> Asked:
    """Give the page that a guarded child has told."""
    blocks: tuple[Block, ...] = from_plain(told["blocks"])
    beside = [(title, rows) for record, title, rows in sections(facts) if record in told["beside"]]
    return Asked(Form(id="tried", title=told["name"], blocks=blocks), told, beside)


def sections(facts: Iterable[Any]) -> list[tuple[str, str, list[Row]]]:
    """Give what is known, record by record: its name, its heading, and its rows."""
    found = []
    for record, key, title, rows in facts:
        heading = f"{title or say_key(record)}{f' {key}' if key else ''}"
        said = [
            row(_label(words), _answer(question, value)) for words, question, value in rows if words not in FOR_AUDITORS
        ]
        if said:
            found.append((record, heading, said))
    return found


def _label(words: str) -> str:
    return say_key(words) if words.islower() and " " not in words else words


def _answer(question: Sequence[Any], value: Any) -> str:
    block = next(iter(from_plain(question)), None)
    return say_answer(values.loads(orjson.dumps(value)), block if isinstance(block, Field) else None)


def tasks_by_role(told: Mapping[str, Any], now: datetime) -> list[tuple[str, str, list[dict[str, str]]]]:
    """Give the open tasks by role: its key, its title, and its tasks with what is due when."""
    found: dict[str, list[dict[str, str]]] = {}
    for each in told["tasks"]:
        due = datetime.fromisoformat(each["due"]) if each["due"] else None
        said = f"Due {say_moment(due)} ({say_until(due, now)})" if due else "No time set"
        found.setdefault(each["role"], []).append({**each, "said": said})
    return [(role, title_of(role), tasks) for role, tasks in sorted(found.items(), key=lambda one: title_of(one[0]))]


def clocks(told: Mapping[str, Any], now: datetime) -> list[dict[str, Any]]:
    """Give the clocks: the name, when it rings next, and whom it tells then and after that."""
    found = []
    for each in told["clocks"]:
        at = datetime.fromisoformat(each["at"]) if each["at"] else None
        rungs = [
            f"{say_moment(datetime.fromisoformat(moment))}: {step or 'tells'}, {people(roles)}"
            for moment, step, roles in each["rungs"]
        ]
        until = "now" if at is not None and at <= now else say_until(at, now) if at else ""
        when = f"{say_moment(at)} ({until})" if at else "Not known yet"
        found.append({"name": each["name"] or each["element"], "when": when, "rungs": rungs, "tells": each["tells"]})
    return found


def people(roles: Iterable[str]) -> str:
    """Name those who hold roles."""
    return ", ".join(title_of(role) for role in roles) or "nobody"


def history(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give what happened, the last first: the words, by whom, when, and who would be told."""
    found = []
    for each in told["log"]:
        data, name = each["data"], each["name"] or each["element"]
        rings = f", tells {people(data['tell'])}" if data.get("tell") else ""
        to = {"name": name, "step": str(data.get("step") or "rings"), "told": rings, "to": ""}
        words = WORDS.get(each["kind"], "").format(**to)
        if words and (each["name"] or each["kind"] != "element_passed"):
            lines = [
                f"{'Urgently told' if one['urgent'] else 'Told'}: {people(one['roles'])}, to {one['what']}"
                for one in each["told"]
            ]
            found.append({
                "words": words, "by": by(each["by"]), "at": datetime.fromisoformat(each["at"]), "lines": lines, "step": each["step"],
                "is_passed": each["kind"] == "element_passed" and not lines,
            })  # fmt: skip
    return found[::-1]


def by(name: str) -> str:
    """Name who did something: a role, a second person of it, or nobody where it was the service itself."""
    role = name.removesuffix(SECOND)
    if role in MACHINE or not role:
        return ""
    title = title_of(role) if role in ROLES else role
    return f"{title}, a second person" if name.endswith(SECOND) else title


def steps(commands: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> list[str]:
    """Say the commands of a rehearsal."""
    return [_step(each, names) for each in commands]


def _step(command: Mapping[str, Any], names: Mapping[str, str]) -> str:
    element = str(command.get("task") or command.get("event") or "")
    name = names.get(element, element)
    match command.get("do"):
        case "open":
            return "The case was opened"
        case "complete":
            return f"Done: {name}"
        case "receive":
            return f"The message came: {name}"
        case "ring":
            return "Time went on to the next clock"
        case "wait":
            hours = command.get("hours")
            return (
                f"Time went on by {hours:g} {'hour' if hours == 1 else 'hours'}"
                if isinstance(hours, int | float)
                else "Time went on"
            )
        case "until":
            return f"Time went on to {say_moment(datetime.fromisoformat(str(command.get('at'))))}"
        case "say":
            variants = STAND_INS.get(str(command.get("operation")), {})
            chosen = variants.get(str(command.get("variant")))
            return f"The service is to find: {chosen.words}" if chosen else "The service is to find something else"
    return "A step that is not known"


def look_ups(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give what the service would look up in this procedure, with what may be found and what is."""
    found = []
    for name in told["operations"]:
        variants = STAND_INS.get(name, {})
        chosen = told["says"].get(name) or next(iter(variants), "")
        items = [{"value": key, "text": one.words} for key, one in variants.items()]
        words = say_key(name)
        found.append({"operation": name, "words": words, "items": items, "chosen": chosen})
    return found
