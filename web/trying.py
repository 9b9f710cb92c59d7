"""Try it out: a draft or a release of a procedure run in the browser, on a clock of its own, as any role, touching no case.

What was done is kept for each person (`workflows.rehearsals`) and played in a guarded child each time; back is one step less.
A run of a draft can be kept with it as a scenario, which every check of the draft plays again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from engine.comparison import of_value
from engine.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from engine.publishing import stamp_of
from engine.scenarios import KIND, LONGEST_NAME, MOST_STEPS, read
from engine.store import reading, writing
from web import draft_words, trial_words
from web.access import actor, roles
from web.answering import Posted, without_source
from web.errors import sentence_of
from web.govuk import error_summary, render_form
from web.moments import say_key
from web.repeating import FOCUS
from web.services import services
from web.trial_words import Source, source_of
from web.typed_days import moment_or_refusal
from workflows import checking, rehearsals
from workflows.agencies import title_of
from workflows.drafts import EDITOR, READERS
from workflows.invented import STAND_INS
from workflows.rehearsals import Kept

page = flask.Blueprint("trying", __name__, url_prefix="/procedures/<procedure>/try/<source>")

Command = Mapping[str, Any]
NINE = time(9)
"""A day without a time is meant from nine o'clock."""
LONGEST_ANSWER, LONGEST_ID = 10_000, 200
SAYS = "says-"
"""How the names of the inputs begin that hold what a message says."""


@page.get("")
@roles(*READERS)
def run(procedure: str, source: str) -> ResponseReturnValue:
    """Show the case that is tried out as it stands."""
    return _run_page(source_of(procedure, source))


@page.post("/begin")
@roles(*READERS)
def begin(procedure: str, source: str) -> ResponseReturnValue:
    """Begin anew, at a moment of the virtual clock."""
    tried = source_of(procedure, source)
    try:
        began = moment_or_refusal(flask.request.form, "began", without_time=NINE)
    except Invalid as refusal:
        return _run_page(tried, refusal.problems)
    _keep(tried, Kept((began or _whole_minute()).astimezone(UTC)))
    return _back_to(tried)


@page.get("/page")
@roles(*READERS)
def task(procedure: str, source: str) -> ResponseReturnValue:
    """Show the page of an open task, or of the opening, as staff will see it."""
    tried = source_of(procedure, source)
    given = flask.request.args
    try:
        told = _play(tried, _kept(tried), look={**_look(), "invent": bool(given.get("invent"))})
    except Invalid as refusal:
        return _not_yet(tried, refusal.problems)
    if told["page"] is None:
        flask.flash("This is not open any more.", "note")
        return _back_to(tried)
    return _task_page(tried, told, told["page"]["raw"])


@page.post("/page")
@roles(*READERS)
def answer(procedure: str, source: str) -> ResponseReturnValue:
    """Do a task with these answers, or open the case; what the form refuses is said on its page."""
    tried, posted, look = source_of(procedure, source), Posted.read(), _look()
    kept, raw = _kept(tried), posted.raw
    try:
        shown = _play(tried, kept, look={**look, "invent": False})
    except Invalid as refusal:
        return _not_yet(tried, refusal.problems)
    if shown["page"] is None:
        flask.flash("This is not open any more.", "note")
        return _back_to(tried)
    turned = posted.turned(trial_words.asked(shown["page"], ()).form)
    if turned is not None:
        return _task_page(tried, shown, turned)
    answers = {name: texts for name, texts in raw.items() if name != FOCUS}
    command: dict[str, Any] = {"do": "complete", **look} if look["task"] else {"do": "open"}
    kept = kept.moved(shown["played"] - kept.place)
    problems = _took(tried, kept, {**command, "answers": answers}, look)
    if problems:
        return _task_page(tried, shown, raw, problems), 422
    return _back_to(tried)


@page.post("/step")
@roles(*READERS)
def step(procedure: str, source: str) -> ResponseReturnValue:
    """Let time go on or a message come, say what the service is to find, or go back and forward."""
    tried, given = source_of(procedure, source), flask.request.form
    kept, do = _kept(tried), given.get("do", "")
    moves = {"back": -1, "forward": 1}
    if do in moves:
        _keep(tried, _as_far_as_it_goes(tried, kept).moved(moves[do]))
        return _back_to(tried)
    if do == "to":
        wanted = given.get("place", "")
        _keep(tried, kept.moved(int(wanted) - kept.place if re.fullmatch(r"[0-9]{1,3}", wanted) else 0))
        return _back_to(tried)
    try:
        command = _command(do, given)
    except Invalid as refusal:
        return _run_page(tried, refusal.problems)
    problems = _took(tried, _as_far_as_it_goes(tried, kept), command, None)
    if problems:
        return _run_page(tried, problems)
    return _back_to(tried)


@page.post("/keep")
@roles(EDITOR)
def keep(procedure: str, source: str) -> ResponseReturnValue:
    """Keep the run with the draft as a scenario, which every check plays again; one of the same name is replaced."""
    tried, given = source_of(procedure, source), flask.request.form
    if not tried.is_draft:
        raise NotAllowed("A release is never changed: begin a draft to keep a scenario with it.")
    kept, name = _kept(tried), given.get("name", "").strip()
    if not _stem(name) or len(name) > LONGEST_NAME:
        sentence = f"Enter what this scenario is called, in {LONGEST_NAME} characters or fewer"
        return _run_page(tried, [Problem("name", "name-missing", sentence)])
    if not kept.commands:
        return _run_page(tried, [Problem("name", "no-steps", "Open the case first: there are no steps to keep yet")])
    file = f"{_stem(name)}.{KIND}"
    try:
        question = {**_question(tried, kept), "name": name}
        text = checking.scenario_of(question)
        before = tried.files.get(file)
        stamp = stamp_of(before) if before is not None else ""
        draft_words.shelf().save(procedure, file, text, stamp=stamp, by=actor().person, now=services().clock())
    except Invalid as refusal:
        wrong = [Problem("name", each.rule, each.sentence) for each in refusal.problems]
        return _run_page(tried, wrong)
    except Conflict as refusal:
        return _run_page(tried, [Problem("name", "stale", sentence_of(refusal))])
    flask.flash(f"“{name}” is kept with the draft. Each check of the draft plays it again.", "done")
    return flask.redirect(flask.url_for("trying.scenarios", procedure=procedure, source=source), 303)


@page.get("/scenarios")
@roles(*READERS)
def scenarios(procedure: str, source: str) -> ResponseReturnValue:
    """Show the scenarios of a draft or release, what became of each, and which steps they cover."""
    tried = source_of(procedure, source)
    try:
        covered = checking.coverage(tried.files)
    except Invalid as refusal:
        return _not_yet(tried, refusal.problems)
    parts = covered["parts"]
    shown = next((each for each in parts if each["id"] == flask.request.args.get("part")), parts[0])
    every = [each for part in parts for each in part["steps"]]
    return flask.render_template(
        "try_scenarios.html",
        tried=tried,
        scenarios=[
            {**each, "sentence": of_value(each["problem"][2]) if each["problem"] else ""}
            for each in covered["scenarios"]
        ],
        parts=parts,
        shown=shown,
        covered_count=sum(each[3] for each in every),
        step_count=len(every),
        title_of=title_of,
        may_edit=EDITOR in actor().roles,
    )


@page.post("/scenarios/<name>")
@roles(*READERS)
def replay(procedure: str, source: str, name: str) -> ResponseReturnValue:
    """Take a scenario's steps as the run, as far as they go, so that it can be looked at and played on."""
    tried = source_of(procedure, source)
    if not name.endswith(f".{KIND}") or name not in tried.files:
        raise NotFound("There is no such scenario.")
    try:
        found = read(tried.files[name], name)
    except Invalid as refusal:
        return _not_yet(tried, refusal.problems)
    commands = tuple({key: value for key, value in each.items() if key != "then"} for each in found.steps)
    try:
        told = _play(tried, Kept(found.began, commands, len(commands)))
    except Invalid as refusal:
        return _not_yet(tried, refusal.problems)
    _keep(tried, Kept(found.began, commands, told["played"]))
    return _back_to(tried)


@page.get("/diagrams/<process>")
@roles(*READERS)
def diagram(procedure: str, source: str, process: str) -> ResponseReturnValue:
    """Give a diagram of what is tried out."""
    text = source_of(procedure, source).files.get(f"{process}.bpmn")
    if text is None:
        raise NotFound("There is no such diagram.")
    return flask.Response(text, mimetype="application/xml")


# Playing ----------------------------------------------------------------------------------------------------------------


def _question(tried: Source, kept: Kept) -> dict[str, Any]:
    return {
        "procedure": tried.procedure,
        "files": dict(tried.files),
        "began": kept.began.isoformat(),
        "commands": list(kept.commands),
    }


def _play(tried: Source, kept: Kept, look: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
    """Play what is kept; refused with `Invalid` where nothing can be tried out."""
    return checking.tried({**_question(tried, kept), "look": look})


def _took(tried: Source, kept: Kept, command: Command, look: Mapping[str, Any] | None) -> list[Problem]:
    """Take one more command and keep it, or say why it cannot be taken."""
    place = "do" if look is None else "task"
    following = kept.with_step(command)
    if len(following.all) > MOST_STEPS or rehearsals.is_too_large(following.all):
        return [Problem(place, "too-long", f"A run has {MOST_STEPS} steps at most: go back, or begin anew")]
    try:
        told = _play(tried, following)
    except Invalid as refusal:
        return list(refusal.problems)
    if told["problems"]:
        return [Problem(*each) for each in told["problems"]]
    if told["stopped"]:
        return [Problem(place, "stopped", told["stopped"]["sentence"])]
    _keep(tried, following)
    return []


def _as_far_as_it_goes(tried: Source, kept: Kept) -> Kept:
    """Give a run without the steps that a draft which has changed since takes no more; all of it where nothing can be played."""
    try:
        return kept.moved(_play(tried, kept)["played"] - kept.place)
    except Invalid:
        return kept


def _kept(tried: Source) -> Kept:
    """Give what this person has tried out here; a run that begins now where there is none."""
    with reading(services().engine) as connection:
        found = rehearsals.find(connection, actor().person, tried.procedure, tried.kept_as)
    return found or Kept(_whole_minute())


def _keep(tried: Source, kept: Kept) -> None:
    key = {"person": actor().person, "procedure": tried.procedure, "source": tried.kept_as}
    with writing(services().engine) as connection:
        rehearsals.keep(connection, kept, **key, now=services().clock())


def _whole_minute() -> datetime:
    return services().clock().replace(second=0, microsecond=0)


def _look() -> dict[str, Any]:
    """Read from the address which page is meant; no task is the opening."""
    return {name: flask.request.args.get(name, "")[:LONGEST_ID] for name in ("task", "key")}


def _command(do: str, given: Mapping[str, str]) -> Command:
    """Read a command that a button of the page stands for; refused with `Invalid`."""
    if do not in _COMMANDS:
        flask.abort(400)
    return {"do": do, **_COMMANDS[do](given)}


def _hours(given: Mapping[str, str]) -> Command:
    try:
        return {"hours": float(given.get("hours", "").strip())}
    except ValueError:
        raise Invalid([Problem("hours", "number", "Enter a number of hours, like 4 or 0.5")]) from None


def _moment(given: Mapping[str, str]) -> Command:
    moment = moment_or_refusal(given, "until", without_time=NINE)
    if moment is None:
        sentence = "Enter the day, and the time, to which the clock is to go on"
        raise Invalid([Problem("until-day", "required", sentence)])
    return {"at": moment.astimezone(UTC).isoformat()}


def _message(given: Mapping[str, str]) -> Command:
    named = [name for name in given if name.startswith(SAYS)]
    answers = {name.removeprefix(SAYS): given[name][:LONGEST_ANSWER] for name in named}
    return {"event": given.get("event", "")[:LONGEST_ID], "answers": answers}


def _finding(given: Mapping[str, str]) -> Command:
    operation, variant = given.get("operation", ""), given.get("variant", "")
    if variant not in STAND_INS.get(operation, {}):
        flask.abort(400)
    return {"operation": operation, "variant": variant}


_COMMANDS: Mapping[str, Callable[[Mapping[str, str]], Command]] = {
    "ring": lambda _given: {},
    "wait": _hours,
    "until": _moment,
    "receive": _message,
    "say": _finding,
}
"""What the buttons of the page stand for, each with what it reads beside it."""


def _stem(name: str) -> str:
    """Make a file's name of words: small letters, digits and underscores."""
    stem = re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")[:60].strip("_")
    return f"scenario_{stem}" if stem and not stem[0].isalpha() else stem


# Pages ------------------------------------------------------------------------------------------------------------------


def _back_to(tried: Source) -> ResponseReturnValue:
    return flask.redirect(flask.url_for("trying.run", procedure=tried.procedure, source=tried.address), 303)


def _not_yet(tried: Source, problems: Sequence[Problem]) -> tuple[str, int]:
    """Say why nothing can be tried out."""
    return flask.render_template("try_not_yet.html", tried=tried, problems=[each.sentence for each in problems]), 422


def _run_page(tried: Source, problems: Sequence[Problem] = ()) -> tuple[str, int]:
    """Draw the case as it stands, with what is wrong with what was sent."""
    kept = _kept(tried)
    try:
        told = _play(tried, kept)
    except Invalid as refusal:
        return _not_yet(tried, refusal.problems)
    now = datetime.fromisoformat(told["now"])
    names = {each["element"]: each["name"] for each in told["log"] if each["name"]}
    shown = next((each for each in told["diagrams"] if each[0] == flask.request.args.get("part")), None)
    marks = told["marks"]
    busiest = max(told["diagrams"], key=lambda each: len(marks[each[0]]["current"])) if told["diagrams"] else None
    shown = shown or busiest
    page = flask.render_template(
        "try.html",
        tried=tried,
        told=told,
        kept=kept,
        now=now,
        roles=trial_words.tasks_by_role(told, now),
        role=flask.request.args.get("role", ""),
        clocks=trial_words.clocks(told, now),
        history=trial_words.history(told),
        sections=trial_words.sections(told["facts"]),
        steps=trial_words.steps(kept.commands, names),
        look_ups=trial_words.look_ups(told),
        sent=[
            {**each, "words": say_key(each["name"]), "at": datetime.fromisoformat(each["at"])} for each in told["sent"]
        ],
        shown=shown,
        marks=marks.get(shown[0], {}) if shown else {},
        say_key=say_key,
        problems=[{"text": each.sentence, "href": f"#{_place(each)}"} for each in problems],
        wrong={each.where: each.sentence for each in problems},
        typed=flask.request.form,
        may_keep=tried.is_draft and EDITOR in actor().roles,
    )
    return page, 422 if problems else 200


def _place(problem: Problem) -> str:
    return problem.where if problem.where in {"hours", "until-day", "began-day", "name"} else "now"


def _task_page(tried: Source, told: Mapping[str, Any], raw: Mapping[str, Any], problems: Sequence[Problem] = ()) -> str:
    """Draw a page as staff will see it."""
    asked = trial_words.asked(told["page"], told["facts"])
    return flask.render_template(
        "try_task.html",
        tried=tried,
        asked=asked,
        told=told["page"],
        case_title=told["title"],
        now=datetime.fromisoformat(told["now"]),
        documentation=without_source(told["page"]["documentation"]),
        summary=error_summary(problems, asked.form),
        questions=render_form(asked.form, raw, problems, scope={}),
        fields=told["page"]["fields"],
        say_key=say_key,
        raw=raw,
    )
