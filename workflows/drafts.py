"""What is wrong with a procedure's files before they are published, and in which file and at which element it stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from engine import decisions, release, xml
from engine.decisions import analysis
from engine.errors import Invalid, Problem
from engine.foreign import OPEN_QUESTION
from engine.frozen import frozen
from workflows import catalogue, protected, trials
from workflows.agencies import ROLES
from workflows.draft_parties import AGREEING
from workflows.operations import NAMES

EDITOR, APPROVER = "procedure_editor", "procedure_approver"
"""The roles of those who change a procedure, and of those who approve what others changed."""
READERS = (EDITOR, APPROVER, *AGREEING)
"""The roles of those who read a draft: those two, and who agrees to it for an agency."""


_LINE = re.compile(r"(?:^| )[Ll]ine (\d+)(?:, column (\d+))?")
ABOUT_FORMS = frozenset({"form-missing", "form-not-known"})
"""Rules about a form that stand at a task, and not in the form."""


@frozen
class Located:
    """A problem with the file, the element, the line and column of text at which it is put right; "" and 0 where there is none."""

    problem: Problem
    file: str
    element: str
    line: int = 0
    column: int = 0


_SAME: Mapping[str, frozenset[str]] = {
    "not-json": frozenset({"form-not-json"}),
    "task-has-a-form": frozenset({"form-missing", "form-not-known"}),
}
"""What the engine says by these rules is not said by ours once more."""


def check(procedure: str, files: Mapping[str, str]) -> tuple[Problem, ...]:
    """Say everything that keeps files from being published as a procedure, all at once.

    What the engine would ignore, what our words do not cover, and what takes out or weakens a protected step. It runs in a
    guarded child (`workflows.checking`), which answers for files that are too deep or too large to be read.
    """
    compiled, problems = release.examine(files, tuple(ROLES), NAMES, root=procedure)
    known = {problem.rule for problem in problems}
    said = (each for each in catalogue.check(files) if not known & _SAME.get(each.rule, frozenset()))
    found = [*problems, *said]
    if compiled is not None and "one-start" not in known:  # what nobody can begin protects nobody
        found += protected.check(compiled)
    if compiled is not None and not problems:  # what is wrong by itself goes before what became of a scenario
        found += trials.check(files, compiled)
    if compiled is not None and compiled.root != procedure:
        sentence = f"These files are the procedure {compiled.root}, and this is a draft of {procedure}."
        found.insert(0, Problem(compiled.root, "other-procedure", sentence))
    return tuple(dict.fromkeys(found))


def remarks(files: Mapping[str, str]) -> tuple[Problem, ...]:
    """Say what is worth a look and keeps nobody from publishing: gaps in decision tables, and what of them nobody can decide."""
    found: list[Problem] = []
    for name in sorted(files):
        if name.endswith(".dmn"):
            try:
                findings = analysis.examine(decisions.read(files[name], name))
            except Invalid:  # said among the problems
                continue
            found += [finding.problem for finding in findings if not finding.blocks]
    return tuple(found)


def open_questions(files: Mapping[str, str]) -> tuple[Problem, ...]:
    """Give the questions of an import that nobody has settled: who does a step, say. They keep a draft from being proposed,
    since what was not said would be done by somebody else, or by nobody.
    """
    return tuple(each for name in sorted(files) if name.endswith(".bpmn") for each in _asked(name, files[name]))


def _asked(name: str, text: str) -> Iterator[Problem]:
    """Give the questions that an import wrote into the documentation of elements of a file."""
    try:
        root = xml.parse(text, name)
    except Invalid:  # said among the problems
        return
    for note in root.iter("{*}documentation"):
        said, around = (note.text or "").strip(), note.getparent()
        if said.startswith(OPEN_QUESTION) and around is not None:
            sentence = (
                f"{said.removeprefix(OPEN_QUESTION)} Take the question out of its documentation once it is settled."
            )
            yield Problem(around.get("id") or name, "open-question", sentence)


def locate(files: Mapping[str, str], problems: Iterable[Problem]) -> tuple[Located, ...]:
    """Find the file and the element of each problem, in the order of the problems."""
    holders: dict[str, str] = {}
    for name in sorted(files):
        for element in _ids(name, files[name]):
            holders.setdefault(element, name)
    return tuple(_at_its_line(_located(problem, files, holders)) for problem in problems)


def _at_its_line(found: Located) -> Located:
    """Take over the line that a problem names itself, as one of a text that cannot be read does."""
    named = _LINE.search(found.problem.where) or _LINE.match(found.problem.sentence)
    if not found.file or found.line or named is None:
        return found
    return replace(found, element="", line=int(named[1]), column=int(named[2] or 0))


def _located(problem: Problem, files: Mapping[str, str], holders: Mapping[str, str]) -> Located:
    """Find one place: an element's id, a file, ``file.bpmn line 7``, or ``form.key``."""
    where = problem.where
    first, _, key = where.partition(".")
    in_a_form = problem.rule.startswith("form-") and problem.rule not in ABOUT_FORMS
    if where in holders and not (in_a_form and f"{first}.form" in files):
        return _in_file(problem, files, holders[where], where)
    file = next((name for name in files if where == name or where.startswith(f"{name} ")), "")
    if not file and f"{first}.form" in files:
        return _in_file(problem, files, f"{first}.form", key)
    return Located(problem, file, "") if file else _by_its_words(problem, files)


def _by_its_words(problem: Problem, files: Mapping[str, str]) -> Located:
    """Find the line at which something is named that is no element: what a lane lists and nobody drew, a column without an id."""
    named = (f'"{problem.where}"', f">{problem.where}<")
    for name in sorted(files):
        for number, line in enumerate(files[name].splitlines() if name.endswith((".bpmn", ".dmn")) else (), 1):
            if problem.where and any(each in line for each in named):
                return Located(problem, name, "", number)
    return Located(problem, "", "")


def _in_file(problem: Problem, files: Mapping[str, str], file: str, element: str) -> Located:
    """Find the line at which an element of a file begins."""
    return Located(problem, file, element, line_of(files[file], element))


def line_of(text: str, element: str) -> int:
    """Give the line of a file at which an element (its id, or the key of a question) stands first; 0 where it is not there."""
    name = re.escape(element)
    wanted = re.compile(f'"{name}"' if text.lstrip().startswith("{") else rf"""\bid=["']{name}["']""")
    return next((number for number, line in enumerate(text.splitlines(), 1) if element and wanted.search(line)), 0)


def _ids(name: str, text: str) -> Iterator[str]:
    """Give the ids of the elements of a file; those of a form are the keys of its questions."""
    if name.endswith(".form"):
        yield name.removesuffix(".form")
        return
    try:
        root = xml.parse(text, name)
    except Invalid:
        return
    yield from (found for element in root.iter() if isinstance(element.tag, str) and (found := element.get("id")))
