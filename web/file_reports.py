"""`homeward check`: reports on files and folders, without a database or settings, for people and for other programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine.errors import Invalid, Problem
from engine.release import KINDS, plain
from engine.texts import decoded
from engine.xml import BYTES_AT_MOST
from workflows import checking
from workflows.checking import IGNORED, QUESTION, REFUSED, Finding

FINE, HAS_REFUSALS, NOT_READ = 0, 1, 2


@dataclass
class Report:
    """What was found, in the order of the files; `unread` tells of files that could not be opened or are no text."""

    files: list[Path] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    unread: bool = False

    @property
    def status(self) -> int:
        """0 when nothing is refused, 1 when something is, 2 when something could not be read."""
        refused = any(each.severity == REFUSED for each in self.findings)
        return NOT_READ if self.unread else HAS_REFUSALS if refused else FINE

    def refuse(self, path: Path, rule: str, sentence: str, *, unread: bool = False) -> None:
        """Note that a file is refused as a whole."""
        file, element = (each.encode(errors="backslashreplace").decode() for each in (str(path), path.name or "."))
        self.findings.append(Finding(file, element, rule, REFUSED, sentence))
        self.unread = self.unread or unread


def of_paths(paths: Sequence[Path], *, imports: bool = False) -> Report:
    """Report on files, folders and archives (.zip, as an export gives them); `imports` reports what an import would make of each diagram instead.

    A diagram is read with the files around it (those of its folder, forms in a folder of their own), of which it may be a
    part. Never more than the limits of `engine.guard` for each group of files and then for each file.
    """
    report = Report()
    archives = [path for path in paths if path.suffix == ".zip"]
    paths = [path for path in paths if path.suffix != ".zip"]
    wanted = list(dict.fromkeys(each for path in paths for each in _wanted(path, report)))
    report.files = wanted
    if imports:
        for path in [*wanted, *archives]:
            _import(path, report)
        return report
    groups: dict[Path, list[Path]] = {}
    for path in wanted:
        groups.setdefault(_home(path), []).append(path)
    for home, members in groups.items():
        _check(home, members, report)
    for path in archives:
        _archive(path, report)
    return report


def lines(report: Report) -> Iterator[str]:
    """Give a report as lines for people: file by file, what is refused first."""
    found: dict[str, list[Finding]] = {str(path): [] for path in report.files}
    for each in report.findings:
        found.setdefault(each.file, []).append(each)
    order = {REFUSED: 0, QUESTION: 1, IGNORED: 2}
    for file, findings in found.items():
        yield f"{file}: {_counted(findings)}"
        for each in sorted(findings, key=lambda one: order[one.severity]):
            yield f"  {each.severity:8}  {each.element}: {each.sentence} [{each.rule}]"
    yield f"{len(found)} {'file' if len(found) == 1 else 'files'}: {_counted(report.findings)}"


def as_json(report: Report) -> str:
    """Give a report as JSON: ``[{"file", "element", "rule", "severity", "sentence"}, ...]``; lines are for SARIF and JUnit."""
    rows = [{name: said for name, said in row.items() if name != "line"} for row in checking.as_rows(report.findings)]
    return json.dumps(rows, ensure_ascii=False, indent=1)


def _counted(findings: Sequence[Finding]) -> str:
    refused, questions = (sum(each.severity == one for each in findings) for one in (REFUSED, QUESTION))
    words = "question" if questions == 1 else "questions"
    return f"{refused} refused, {questions} {words}" if findings and (refused or questions) else "nothing refused"


def files_at(path: Path) -> dict[str, str]:
    """Read the files of one procedure from an archive or a folder; refused with `Invalid`, everything at once."""
    report = Report()
    if path.suffix == ".zip":
        return _unpacked(path)
    found = {each.name: _text(each, report) for each in _wanted(path, report)}
    if report.findings:
        raise Invalid(Problem(each.element, each.rule, each.sentence) for each in report.findings)
    return {name: text for name, text in found.items() if text is not None}


# Finding and reading ------------------------------------------------------------------------------------------------


def _wanted(path: Path, report: Report) -> list[Path]:
    """Give the files that a path names."""
    try:
        return [each for each in _named(path, report) if _is_written_in_utf8(each, report)]
    except OSError as fault:
        report.refuse(path, "file-cannot-be-read", f"It cannot be looked at: {fault.strerror}.", unread=True)
        return []


def _is_written_in_utf8(path: Path, report: Report) -> bool:
    """Whether the name of a file is text: the report, and whoever reads it, could not name it otherwise."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        report.refuse(path, "file-name", "The name of the file is no text in UTF-8: give it another.", unread=True)
        return False
    return True


def _named(path: Path, report: Report) -> list[Path]:
    """Give the files that a path names, whatever they are called."""
    if path.is_dir():
        found = sorted(each for each in path.rglob("*") if each.suffix in KINDS and each.is_file())
        if not found:
            report.refuse(path, "folder-empty", "The folder holds no .bpmn, .dmn or .form file.", unread=True)
        return found
    if path.is_file() and path.suffix in KINDS:
        return [path]
    sentence = "This is no .bpmn, .dmn or .form file, and no folder." if path.exists() else "There is no such file."
    report.refuse(path, "file-not-known", sentence, unread=True)
    return []


def _home(path: Path) -> Path:
    """Give the folder of the procedure that a file could belong to: its own, or the one above where that has the diagrams."""
    own = path.absolute().parent
    has_diagrams = next(own.glob("*.bpmn"), None) is not None
    return own if has_diagrams or next(own.parent.glob("*.bpmn"), None) is None else own.parent


def _around(home: Path) -> list[Path]:
    """Give the files that could belong together with those of a folder, as far as they can be looked at."""
    try:
        below = [each for each in home.iterdir() if each.is_dir() and next(each.glob("*.bpmn"), None) is None]
        found = [
            each for folder in (home, *below) for each in folder.iterdir() if each.suffix in KINDS and each.is_file()
        ]
    except OSError:
        return []
    return sorted(each for each in found if _is_written_in_utf8(each, Report()))


def _text(path: Path, report: Report) -> str | None:
    """Read a file as text; nothing, and a line of the report, where it cannot be."""
    try:
        if path.stat().st_size > BYTES_AT_MOST:
            report.refuse(path, "file-too-large", f"The file is larger than {BYTES_AT_MOST // 1048576} MB: divide it.")
            return None
        return plain(decoded(path.read_bytes(), path.name))
    except Invalid as refusal:
        report.refuse(path, refusal.problems[0].rule, refusal.problems[0].sentence, unread=True)
    except OSError as fault:
        report.refuse(path, "file-cannot-be-read", f"The file cannot be read: {fault.strerror}.", unread=True)
    return None


def _check(home: Path, members: Sequence[Path], report: Report) -> None:
    """Check the files of one folder, those that were asked for and those around them; one by one where this is too much."""
    own = {path.name: path for path in members}
    texts = {path.name: text for path in members if (text := _text(path, report)) is not None}
    if not texts:
        return
    around = {path.name: path for path in _around(home) if path.name not in own}
    silent = Report()
    more = {name: text for name, path in around.items() if (text := _text(path, silent)) is not None}
    try:
        found = checking.of_files({**texts, **more})
    except Invalid:
        for name, text in texts.items():
            _add(lambda name=name, text=text: checking.of_files({name: text}), {name: own[name]}, report)  # type: ignore[misc]
        return
    _add(lambda: found, own, report)


def _add(ask: Callable[[], Sequence[Finding]], own: Mapping[str, Path], report: Report) -> None:
    """Add what is found to a report, under the paths that were asked for."""
    try:
        report.findings += [replace(each, file=str(own[each.file])) for each in ask() if each.file in own]
    except Invalid as refusal:
        for path in own.values():
            report.findings += [_refused(path, problem) for problem in refusal.problems]


def _refused(path: Path, problem: Problem) -> Finding:
    return Finding(str(path), problem.where, problem.rule, REFUSED, problem.sentence)


def _import(path: Path, report: Report) -> None:
    """Report what an import would make of a diagram."""
    text = _text(path, report)
    if text is None:
        return
    if path.suffix == ".bpmn":
        _add(lambda: checking.imported(path.name, text).findings, {path.name: path}, report)
    else:
        _add(lambda: checking.of_files({path.name: text}), {path.name: path}, report)


def _unpacked(path: Path) -> dict[str, str]:
    """Read an archive in the guarded child."""
    try:
        if path.stat().st_size > BYTES_AT_MOST:
            sentence = f"The archive is larger than {BYTES_AT_MOST // 1048576} MB."
            raise Invalid([Problem(path.name, "archive-too-large", sentence)])
        data = path.read_bytes()
    except OSError as fault:
        sentence = f"The archive cannot be read: {fault.strerror}."
        raise Invalid([Problem(path.name, "file-cannot-be-read", sentence)]) from None
    return checking.unpacked(data)


def _archive(path: Path, report: Report) -> None:
    """Check the files of an archive; each stands in the report under the archive's name."""
    try:
        files = _unpacked(path)
    except Invalid as refusal:
        report.findings += [_refused(path, problem) for problem in refusal.problems]
        report.unread = True
        return
    own = {name: path / name for name in files}
    report.files += own.values()
    _add(lambda: checking.of_files(files), own, report)
