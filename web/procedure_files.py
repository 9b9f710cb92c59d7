"""`homeward procedure`: the files of a procedure leave this site and come back as a draft; a folder or a zip archive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from engine import archives
from engine.errors import Conflict, Invalid, NotFound, Problem
from engine.publishing import Drafts
from web.release_words import numbered_in
from web.services import Services
from workflows import catalogue, checking
from workflows.agencies import ROLES


def export(services: Services, procedure: str, number: int | None, path: Path) -> Iterator[str]:
    """Write a release, by default the running one, to a new zip archive or a new folder; nothing is overwritten."""
    if path.exists():
        raise Conflict(f"{path} is there already: nothing was written.")
    row, files = numbered_in(services.cases.library, procedure, number)
    if path.suffix == ".zip":
        path.write_bytes(archives.pack(files))
    else:
        for name, text in files.items():
            place = path / "forms" / name if name.endswith(".form") else path / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, "utf-8")
    yield f"{procedure}, release {row.number}: {len(files)} files in {path}."


def bring_in(services: Services, procedure: str, files: Mapping[str, str], *, by: str, now: datetime) -> Iterator[str]:
    """Make a draft of files that were read (`file_reports.files_at`); it is proposed and approved in the browser, by two people.

    Refused with `Invalid`, everything at once, where anything in them would keep it from being published.
    """
    if procedure not in catalogue.procedures():
        raise NotFound("There is no such procedure.")
    wrong, _ = checking.of_draft(procedure, files)
    if wrong:
        raise Invalid(
            Problem(
                f"{each.file or procedure}{f':{each.line}' if each.line else ''}",
                each.problem.rule,
                each.problem.sentence,
            )
            for each in wrong
        )
    drafts = Drafts(services.cases.library, checking.problems, roles=tuple(ROLES), operations=services.cases.operations)
    drafts.begin(procedure, by=by, now=now, files=files)
    yield f"{len(files)} files are a draft of {procedure} now. The running release has not changed."
