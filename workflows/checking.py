"""What becomes of files that somebody brings: each thing in them is refused, a question, or passed over and listed.

Everything here that takes files reads them in a guarded child (`engine.guard`), so that no file can stop or slow the site or
the command line. `answer` is what the child does.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, astuple
from functools import lru_cache
from typing import Any

import orjson

from engine import archives, diagrams, foreign, harmless
from engine.comparison import Change, compare, redrawn
from engine.elements import BPMN, NAME, RESERVED, ZEEBE
from engine.errors import Invalid, Problem
from engine.foreign.sheet import slug
from engine.frozen import frozen
from engine.guard import Guard, Limits, TooMuchToRead
from workflows import draft_looks, draft_parties, drafts, table_trials, trials
from workflows.agencies import ROLES
from workflows.draft_looks import Look, Place
from workflows.draft_parties import Concern
from workflows.drafts import Located
from workflows.operations import OPERATIONS
from workflows.table_words import TableWords

GUARD = Guard("workflows.checking:answer")
PAGE = Limits(processor=3, wall=10.0)
"""What a page may take that only shows something: somebody waits for it."""

REFUSED, QUESTION, IGNORED = "refused", "question", "ignored"
"""Cannot be published as it is; somebody must look at it; changes nothing."""

Files = Mapping[str, str]
MOST = 500
"""So many problems of a draft are told at once; a page with more of them would be a burden itself."""


@frozen
class Finding:
    """One line of a report: the file and the element, the rule, how grave it is, and a sentence that says what to do.

    `line` is that of the file at which the element begins, 0 where it has none.
    """

    file: str
    element: str
    rule: str
    severity: str
    sentence: str
    line: int = 0


@frozen
class Imported:
    """What a diagram from another tool has become: the files of a procedure, and everything that is to be said of it."""

    files: Files
    findings: tuple[Finding, ...]

    def require_nothing_refused(self) -> None:
        """Refuse with `Invalid`, at the ids of the file, what keeps it from being a draft."""
        refused = [each for each in self.findings if each.severity == REFUSED]
        if refused:
            raise Invalid(Problem(each.element, each.rule, f"{each.element}: {each.sentence}") for each in refused)


# Asked of the guard -------------------------------------------------------------------------------------------------


def of_draft(procedure: str, files: Files) -> tuple[tuple[Located, ...], tuple[Located, ...]]:
    """Give what keeps a draft from being published, and what is worth a look in it; the same files are read once.

    Where they cannot be read it is not tried again until they are others: each try would take all the time that it may.

    Raises:
        TooMuchToRead: the files cannot be read within the limits.
    """
    found = _of_draft(procedure, _Packed(files))
    if isinstance(found, TooMuchToRead):
        raise TooMuchToRead(found.problems)
    return found


def reads(procedure: str, files: Files) -> bool:
    """Whether the files of a draft can be read in time at all; where they cannot, nobody reads them outside the guarded child."""
    return not isinstance(_of_draft(procedure, _Packed(files)), TooMuchToRead)


def problems(procedure: str, files: Files) -> tuple[Problem, ...]:
    """Give what keeps a draft from being published; refused like `of_draft`."""
    return tuple(each.problem for each in of_draft(procedure, files)[0])


def of_files(files: Files) -> tuple[Finding, ...]:
    """Report on the files of a folder: those of one procedure together, others on their own; refused like `of_draft`."""
    return tuple(Finding(*row) for row in _ask({"do": "files", "files": dict(files)}, next(iter(files), "files")))


def imported(name: str, text: str, process: str = "", *, pool: str = "") -> Imported:
    """Make a procedure of a diagram that another tool wrote; `process` is its id, else it is made of the file's name.

    `pool` names the one that is taken where the file has several, else the largest that can be carried out is.

    Raises:
        TooMuchToRead: the file cannot be read within the limits.
        Invalid: it is not XML that we read.
    """
    found = _ask({"do": "import", "name": name, "text": text, "process": process, "pool": pool}, name)
    return Imported(found["files"], tuple(Finding(*row) for row in found["findings"]))


def tried(question: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give a procedure that is tried out as it stands (`workflows.trials.told` says what is asked); refused like `of_draft`."""
    return _tried("trial", question)


def scenario_of(question: Mapping[str, Any]) -> str:
    """Give the text of the scenario that a procedure that was tried out becomes; refused like `of_draft`."""
    return str(_ask({"do": "scenario", **question}, str(question["procedure"])))


def coverage(files: Files) -> Mapping[str, Any]:
    """Play the scenarios of a procedure, and say what they cover (`workflows.trials.covered`); refused like `of_draft`."""
    return _tried("coverage", {"files": dict(files)})


def tried_table(question: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give what a decision table answers to some values (`workflows.table_trials`); refused like `of_draft`."""
    return _tried("table", question)


def unpacked(data: bytes) -> dict[str, str]:
    """Read an archive; refused like `of_draft`, and with every problem of the archive."""
    files: dict[str, str] = _ask({"do": "archive", "data": base64.b64encode(data).decode()}, "archive")
    return files


def changes(before: Files, after: Files) -> tuple[Change, ...]:
    """Give in words what differs between two versions of a procedure; refused like `of_draft`, and sooner."""
    return _changes(_Packed(before), _Packed(after))[0]


def moved(before: Files, after: Files) -> frozenset[str]:
    """Name the files in which something lies elsewhere on the drawing; refused like `changes`, with which it is found."""
    return _changes(_Packed(before), _Packed(after))[1]


def concerns(before: Files, after: Files) -> tuple[Concern, ...]:
    """Say whom a change concerns, and how (`workflows.draft_parties`); refused like `of_draft`."""
    return _concerns(_Packed(before), _Packed(after))


def parties(before: Files, after: Files) -> frozenset[str]:
    """Name the kinds of agency that a change concerns; refused like `of_draft`."""
    return frozenset(each.agency for each in concerns(before, after))


def doubts(procedure: str, before: Files, after: Files) -> bool:
    """Tell whether something is worth a look in what a change touches; refused like `of_draft`."""
    return any(after.get(each.file) != before.get(each.file) for each in of_draft(procedure, after)[1])


def titles(files: Files) -> Mapping[str, str]:
    """Give what each file calls itself, "" where it says nothing or cannot be read in time."""
    return _titles(_Packed(files))


def look(files: Files, name: str, text: str) -> Look:
    """Look at one file of a draft, with `text` in it; there is nothing to see where it cannot be read in time."""
    return _look(_Packed(files), name, text)


class _Packed:
    """Files, or a question with them, known again by their digest; they are given once.

    Whoever remembers an answer keeps this beside it, and a worker has no room for all files of a procedure with each answer.
    """

    def __init__(self, asked: Mapping[str, Any]) -> None:
        self._data = orjson.dumps(dict(asked), option=orjson.OPT_SORT_KEYS)
        self._digest = hashlib.sha256(self._data).digest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Packed) and self._digest == other._digest

    def __hash__(self) -> int:
        return hash(self._digest)

    def taken(self) -> Any:
        """Give what was packed, and let go of it."""
        data, self._data = self._data, b""
        return orjson.loads(data)


@lru_cache(maxsize=4)
def _changes(before: _Packed, after: _Packed) -> tuple[tuple[Change, ...], frozenset[str]]:
    asked = {"do": "changes", "before": before.taken(), "after": after.taken()}
    found = _ask(asked, "draft", PAGE)
    return tuple(Change(*row) for row in found["changes"]), frozenset(found["moved"])


@lru_cache(maxsize=4)
def _concerns(before: _Packed, after: _Packed) -> tuple[Concern, ...]:
    asked = {"do": "concerns", "before": before.taken(), "after": after.taken()}
    return tuple(Concern(*row) for row in _ask(asked, "draft"))


@lru_cache(maxsize=4)
def _titles(packed: _Packed) -> Mapping[str, str]:
    files = packed.taken()
    try:
        found: dict[str, str] = _ask({"do": "titles", "files": files}, "draft", PAGE)
    except TooMuchToRead:
        return dict.fromkeys(files, "")
    return found


@lru_cache(maxsize=4)
def _look(packed: _Packed, name: str, text: str) -> Look:
    try:
        told = _ask({"do": "look", "files": packed.taken(), "name": name, "text": text}, name, PAGE)
    except TooMuchToRead:
        return Look()
    return Look(TableWords.of(told["table"]) if told["table"] else None, told["form"], _places(told["places"]))


def _places(told: Iterable[Mapping[str, str]]) -> tuple[Place, ...]:
    return tuple(Place(**each) for each in told)


@lru_cache(maxsize=16)
def _of_draft(procedure: str, packed: _Packed) -> tuple[tuple[Located, ...], tuple[Located, ...]] | TooMuchToRead:
    try:
        told = _ask({"do": "draft", "procedure": procedure, "files": packed.taken()}, procedure)
    except TooMuchToRead as refusal:
        return refusal
    wrong, remarked = ([Located(Problem(*problem), *place) for problem, place in rows] for rows in told)
    return tuple(wrong), tuple(remarked)


def _tried(do: str, question: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give an answer that only rests on its question; the same question is asked once, one that takes too long too."""
    found = _tried_once(do, _Packed(question))
    if isinstance(found, TooMuchToRead):
        raise TooMuchToRead(found.problems)
    return found


@lru_cache(maxsize=32)
def _tried_once(do: str, packed: _Packed) -> Mapping[str, Any] | TooMuchToRead:
    try:
        found: Mapping[str, Any] = _ask({"do": do, **packed.taken()}, do)
    except TooMuchToRead as refusal:
        return refusal
    return found


def _ask(question: Mapping[str, object], where: str, limits: Limits | None = None) -> Any:
    """Ask the guarded child; what it refuses is refused here."""
    told = GUARD.ask(question, where, limits)
    if "refused" in told:
        raise Invalid(Problem(*row) for row in told["refused"])
    return told["found"]


# In the child -------------------------------------------------------------------------------------------------------


def answer(question: Mapping[str, Any]) -> dict[str, Any]:
    """Do what is asked, as plain data: ``{"found": ...}``, or ``{"refused": [[where, rule, sentence], ...]}``."""
    works: dict[str, Callable[[Mapping[str, Any]], Any]] = {
        "draft": lambda asked: _draft(asked["procedure"], asked["files"]),
        "files": lambda asked: [astuple(each) for each in report(asked["files"])],
        "import": lambda asked: _import(asked["name"], asked["text"], asked["process"], asked.get("pool", "")),
        "changes": lambda asked: _compared(asked["before"], asked["after"]),
        "concerns": lambda asked: [astuple(each) for each in draft_parties.concerns(asked["before"], asked["after"])],
        "titles": lambda asked: draft_looks.titles(asked["files"]),
        "look": lambda asked: asdict(draft_looks.look(asked["files"], asked["name"], asked["text"])),
        "trial": trials.told,
        "scenario": trials.written,
        "table": table_trials.told,
        "coverage": lambda asked: trials.covered(asked["files"]),
        "archive": lambda asked: archives.unpack(base64.b64decode(asked["data"])),
    }
    try:
        return {"found": works[question["do"]](question)}
    except Invalid as refusal:
        return {"refused": [astuple(each) for each in refusal.problems]}


def _compared(before: Files, after: Files) -> dict[str, Any]:
    return {"changes": [astuple(each) for each in compare(before, after)], "moved": redrawn(before, after)}


def _draft(procedure: str, files: Files) -> list[list[tuple[Any, ...]]]:
    """Give the problems and the remarks of a draft with their places."""
    wrong = [*drafts.check(procedure, files), *drafts.open_questions(files)]
    found = (_few(procedure, wrong), drafts.remarks(files)[:MOST])
    located = (drafts.locate(files, each) for each in found)
    return [
        [(astuple(each.problem), (each.file, each.element, each.line, each.column)) for each in row] for row in located
    ]


def _few(where: str, wrong: Sequence[Problem]) -> Sequence[Problem]:
    """Give so many problems as somebody can read, and say how many there are beside."""
    if len(wrong) <= MOST:
        return wrong
    more = f"There are {len(wrong) - MOST} more problems: put these right first."
    return [*wrong[:MOST], Problem(where, "more-problems", more)]


def _import(name: str, text: str, process: str, pool: str) -> dict[str, Any]:
    """Make a procedure of a diagram that another tool wrote."""
    wish = process or slug(name.rpartition(".")[0])
    wish = wish if NAME.match(wish) and wish not in RESERVED else f"process_{wish}".rstrip("_")
    titles = {key: role.title for key, role in ROLES.items()}
    brought = foreign.bring_in(text, name, wish, roles=titles, operations=OPERATIONS, nobody=drafts.EDITOR, pool=pool)
    said = ((REFUSED, brought.refused), (QUESTION, brought.questions), (IGNORED, brought.passed_over))
    rows = [_at(name, text, each, severity) for severity, found in said for each in found]
    return {"files": brought.files, "findings": [astuple(each) for each in [*rows, *passed_over(name, text)]]}


def report(files: Files) -> tuple[Finding, ...]:
    """Say everything about files, each once: what is refused, what is a question, and what is passed over."""
    found: dict[Finding, None] = {}
    for root, together in _procedures(files):
        wrong = drafts.check(root, together)
        if not root:
            wrong = tuple(each for each in wrong if each.rule != "one-root")
        found |= dict.fromkeys(_findings(together, wrong, REFUSED))
        found |= dict.fromkeys(
            _findings(together, (*drafts.open_questions(together), *drafts.remarks(together)), QUESTION)
        )
    refused = {each.file for each in found if each.severity == REFUSED}
    for name in files:
        found |= dict.fromkeys(passed_over(name, files[name]))
        if name in refused and name.endswith(".bpmn") and BPMN in files[name] and ZEEBE not in files[name]:
            sentence = "The diagram seems to come from another tool: an import says what a draft made of it would ask."
            found[Finding(name, name, "from-another-tool", QUESTION, sentence)] = None
    return tuple(found)


def passed_over(name: str, text: str) -> Iterator[Finding]:
    """List what of a diagram changes nothing, and what it tells another engine."""
    if not name.endswith(".bpmn"):
        return
    try:
        listed = harmless.listed(text, name)
    except Invalid:  # said among what is refused
        return
    for each in listed:
        severity = QUESTION if each.rule == harmless.FOR_ANOTHER_ENGINE else IGNORED
        yield _at(name, text, each, severity)


def _at(name: str, text: str, problem: Problem, severity: str) -> Finding:
    line = drafts.line_of(text, problem.where)
    return Finding(name, problem.where, problem.rule, severity, problem.sentence, line)


def _findings(files: Files, wrong: Iterable[Problem], severity: str) -> Iterator[Finding]:
    """Give problems with the files in which they stand; what belongs to no single file stands at the first."""
    for each in drafts.locate(files, wrong):
        file = each.file or next(iter(files), "")
        yield Finding(
            file, each.element or each.problem.where, each.problem.rule, severity, each.problem.sentence, each.line
        )


def _procedures(files: Files) -> Iterator[tuple[str, dict[str, str]]]:
    """Divide files into procedures: each process that no other calls, with what it calls, the tables and the forms.

    Files without a diagram, and a diagram that cannot be read, stand on their own; their root is "".
    """
    drawn = {name: _calls(name, text) for name, text in files.items() if name.endswith(".bpmn")}
    others = {name: text for name, text in files.items() if name not in drawn}
    by_process = {process: name for name, (process, _) in drawn.items() if process}
    called = {each for process, calls in drawn.values() for each in calls if each != process}
    roots = [name for name, (process, _) in drawn.items() if process not in called] or [*drawn][:1]
    if not drawn:
        yield "", others
    taken: set[str] = set()
    for root in roots:
        todo, together = [root], dict[str, str]()
        while todo:
            name = todo.pop()
            if name not in together:
                together[name] = files[name]
                todo += [by_process[each] for each in drawn[name][1] if each in by_process]
        taken |= together.keys()
        yield drawn[root][0], {name: text for name, text in files.items() if name in together or name in others}
    left = {name: text for name, text in files.items() if name in drawn and name not in taken}
    if left:
        yield "", left


def _calls(name: str, text: str) -> tuple[str, frozenset[str]]:
    """Give the process of a diagram and those that it calls; nothing where it cannot be read."""
    try:
        process, _ = diagrams.read(text, name)
    except Invalid:
        return "", frozenset()
    if process is None:
        return "", frozenset()
    return process.id, frozenset(node.called for node in process.everything() if node.called)


def as_rows(found: Iterable[Finding]) -> list[dict[str, str | int]]:
    """Give findings as the rows of a JSON report: ``{"file", "element", "rule", "severity", "sentence", "line"}``."""
    return [asdict(each) for each in found]
