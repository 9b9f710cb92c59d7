"""What is typed on the page of a step, as changed files of the draft: each change the smallest edit, all problems at once."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.editing import Diagram, NewTask, Sheet, read_span, read_time
from engine.elements import NAME, RESERVED
from engine.errors import Invalid, Problem
from engine.foreign.sheet import slug
from web.draft_words import STARTERS
from web.step_words import Clock, Part, Rung, Step, forms_of
from workflows.agencies import ROLES
from workflows.obligations import LONGEST_WORDS

NEW_FORM = "new"
LONGEST_NAME, LONGEST_GUIDANCE = 60, 2000
TIME = "Enter a time such as 48 hours, 2 days or 3 working days"


@dataclass
class Typed:
    """What somebody typed on a page: single values (`engine.release.plain`), and those of which there are several."""

    values: Mapping[str, str]
    several: Mapping[str, Sequence[str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line(self, name: str) -> str:
        """Give a text of one line."""
        return " ".join(self.values.get(name, "").split())

    def text(self, name: str) -> str:
        """Give a text of several lines."""
        return self.values.get(name, "").strip()

    def refuse(self, where: str, rule: str, sentence: str) -> None:
        """Note what is wrong at a field."""
        self.problems.append(Problem(where, rule, sentence))

    def require_no_problems(self) -> None:
        """Refuse with `Invalid`, everything at once."""
        if self.problems:
            raise Invalid(self.problems)


def changed(files: Mapping[str, str], step: Step, part: Part, typed: Typed) -> dict[str, str | None]:
    """Give the files that differ once a step is as it was typed; refused with `Invalid`, a problem for each field."""
    name, guidance = _name(typed), _guidance(typed)
    diagram = Diagram(files[step.file], step.file)
    if name != step.name:
        diagram.reword(step.id, name)
    if guidance != step.guidance.strip():
        diagram.guide(step.id, guidance + step.source)
    if step.kind == "user_task":
        lane, form = typed.line("lane") or step.lane, typed.line("form") or step.form
        require(typed, "lane", lane in {*part.lanes, step.lane}, "Choose whose step this is")
        require(typed, "form", form in {*forms_of(files), step.form}, "Choose a form of this procedure")
        if form != step.form and not typed.problems:
            diagram.ask(step.id, form)
        if lane != step.lane and not typed.problems:
            diagram.give_to(step.id, lane)
    tables = {clock.table: Sheet(files[clock.table], clock.table) for clock in step.clocks if clock.rungs}
    for clock in step.clocks:
        _change_clock(diagram, tables, clock, typed)
    typed.require_no_problems()
    texts = {step.file: diagram.text, **{table: sheet.text for table, sheet in tables.items()}}
    return {file: text for file, text in texts.items() if text != files[file]}


def added(
    procedure: str, files: Mapping[str, str], step: Step, part: Part, typed: Typed
) -> tuple[str, dict[str, str | None]]:
    """Give the id of a new task behind a step, and the files that differ with it; refused with `Invalid`."""
    name, guidance = _name(typed), _guidance(typed)
    flow = typed.line("flow") or (step.ways[0][0] if len(step.ways) == 1 else "")
    lane, form = typed.line("lane") or step.lane, typed.line("form")
    task = _new_id(procedure, files, name)
    require(typed, "flow", flow in dict(step.ways), "Choose on which way the new step stands")
    require(typed, "lane", lane in part.lanes or not part.lanes, "Choose who does the new step")
    require(typed, "form", form == NEW_FORM or form in forms_of(files), "Choose a form, or a new one")
    question = typed.line("question") or "What happened?"
    require(typed, "name", bool(task) or not name, "Enter a name with letters of the alphabet")
    typed.require_no_problems()
    diagram = Diagram(files[step.file], step.file)
    asked = task if form == NEW_FORM else form
    diagram.insert(flow, NewTask(task, name, lane, asked, guidance))
    texts: dict[str, str | None] = {step.file: diagram.text}
    if form == NEW_FORM:
        texts[f"{task}.form"] = new_form(task, name, question)
    return task, texts


def standing_beside(step: Step, part: Part, files: Mapping[str, str], typed: Typed) -> list[tuple[str, str]]:
    """Give what stands in the draft where something else was typed: the words of the field, and what stands there."""
    forms = forms_of(files)
    fields = [
        ("name", "What is done", step.name, step.name),
        ("lane", "Who does it", step.lane, part.lanes.get(step.lane, step.lane)),
        ("form", "Form", step.form, forms.get(step.form, step.form)),
        ("guidance", "Guidance", step.guidance.strip(), step.guidance.strip()),
    ]
    for clock in step.clocks:
        fields.append((f"asks.{clock.element}", f"{clock.name}: what it asks for", clock.asks, clock.asks))
        for rung in clock.rungs:
            place = f"{clock.name}, {rung.step}"
            fields.append((f"when.{rung.row}", f"{place}: when", rung.when or "", rung.moment))
            fields.append(
                (f"every.{rung.row}", f"{place}: then again every", rung.every or "", rung.every or "Nothing")
            )
    told = [
        (f"{clock.name}, {rung.step}: it tells", rung.tell)
        for clock in step.clocks
        for rung in clock.rungs
        if rung.roles is not None and f"told.{rung.row}" in typed.values
        and [*rung.roles] != [each for each in typed.several.get(f"tell.{rung.row}", ()) if each]
    ]  # fmt: skip
    return [(words, said) for name, words, value, said in fields if typed.values.get(name, value) != value] + told


def new_form(key: str, title: str, question: str) -> str:
    """Give a form with one question."""
    form = json.loads(STARTERS["form"] % {"id": key, "title": ""})
    form["title"] = title
    form["components"][0]["label"] = question
    form["components"][0]["properties"]["error"] = f"Answer the question “{question}”"
    return json.dumps(form, ensure_ascii=False, indent=2) + "\n"


def _change_clock(diagram: Diagram, tables: Mapping[str, Sheet], clock: Clock, typed: Typed) -> None:
    """Change what a clock asks for, and its moments."""
    asks = typed.line(f"asks.{clock.element}") if clock.deadline else ""
    if asks and asks != clock.asks:
        require(
            typed,
            f"asks.{clock.element}",
            len(asks) <= LONGEST_WORDS,
            f"Its words must be {LONGEST_WORDS} characters or fewer",
        )
        diagram.say_what(clock.element, asks)
    for rung in clock.rungs:
        _change_rung(tables[clock.table], clock, rung, typed)


def _change_rung(sheet: Sheet, clock: Clock, rung: Rung, typed: Typed) -> None:
    """Change one row of deadlines: its moment, how often again, and whom it tells."""
    if f"when.{rung.row}" not in typed.values and f"told.{rung.row}" not in typed.values:
        return
    place = f"{rung.step}, {clock.name}"
    if rung.when is not None:
        at = read_time(typed.line(f"when.{rung.row}"), rung.at)
        require(typed, f"when.{rung.row}", at is not None, f"{TIME} ({place})")
        sheet.set(rung.row, "at", at or rung.at)
    if rung.every is not None:
        said = typed.line(f"every.{rung.row}")
        every = rung.again if said == rung.every else read_span(said) if said else "null"
        require(typed, f"every.{rung.row}", every is not None, f"{TIME}, or nothing ({place})")
        sheet.set(rung.row, "every", every or rung.again)
    if rung.roles is not None:
        new = typed.line(f"add.{rung.row}")
        chosen = [each for each in rung.roles if each in typed.several.get(f"tell.{rung.row}", ())]
        chosen += [new] if new in ROLES and new not in chosen else []
        require(typed, f"tell.{rung.row}", bool(chosen) or not rung.roles, f"Choose whom it tells ({place})")
        if tuple(chosen) != rung.roles:
            sheet.set(rung.row, "tell", "[" + ", ".join(f'"{each}"' for each in chosen) + "]")


def _name(typed: Typed) -> str:
    name = typed.line("name")
    require(typed, "name", bool(name), "Enter what is done, for example: Check the plan")
    require(typed, "name", len(name) <= LONGEST_NAME, f"The name must be {LONGEST_NAME} characters or fewer")
    return name


def _guidance(typed: Typed) -> str:
    said = typed.text("guidance")
    require(typed, "guidance", len(said) <= LONGEST_GUIDANCE, f"It must be {LONGEST_GUIDANCE} characters or fewer")
    return said


def require(typed: Typed, where: str, holds: bool, sentence: str) -> None:  # noqa: FBT001 - what must hold
    """Note a sentence at a field where something does not hold."""
    if not holds:
        typed.refuse(where, "answer-missing", sentence)


def _new_id(procedure: str, files: Mapping[str, str], name: str) -> str:
    """Make the id of a new task of its name, one that nothing in the procedure has; "" where no letter is in it."""
    taken = {found for text in files.values() for found in re.findall(r'\bid="(\w+)"', text)}
    taken |= {file.rpartition(".")[0] for file in files} | {procedure}
    wish = re.sub(r"\A[^a-z]+", "", slug(name))
    number, found = 2, wish
    while found in taken or found in RESERVED:
        number, found = number + 1, f"{wish}_{number}"
    return found if wish and NAME.match(found) else ""
