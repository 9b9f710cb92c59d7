"""The releases of a procedure as their pages share them: how many cases run on each, files, drawings, what the program offers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import flask
import sqlalchemy as sa

from engine import archives
from engine.editing import Both, put_together
from engine.errors import NotFound
from engine.library import Library
from engine.release import pack
from engine.store import CaseTable, reading
from engine.views import ReleaseRow
from web import downloads, procedures
from web.services import services
from workflows import catalogue


@dataclass(frozen=True)
class Update:
    """What the program ships anew, of a procedure that was changed here: the files shipped before, and now, and both together."""

    base: Mapping[str, str]
    ours: Mapping[str, str]
    theirs: Mapping[str, str]
    together: Both


def case_counts(procedure: str) -> dict[int, tuple[int, int]]:
    """Count the cases of a procedure by the release on which they run: the open ones, and all."""
    row = CaseTable
    is_open = sa.func.sum(sa.case((row.status == "open", 1), else_=0))
    asked = sa.select(row.release_id, is_open.label("open_count"), sa.func.count().label("all_count"))
    with reading(services().engine) as connection:
        found = connection.execute(asked.where(row.procedure == procedure).group_by(row.release_id))
        return {each.release_id: (int(each.open_count), int(each.all_count)) for each in found}


def numbered(procedure: str, number: int) -> tuple[ReleaseRow, dict[str, str]]:
    """Give a release by its number, with its files; refused with `NotFound`."""
    return numbered_in(services().cases.library, procedure, number)


def numbered_in(library: Library, procedure: str, number: int | None) -> tuple[ReleaseRow, dict[str, str]]:
    """Give a release of a library by its number, the running one for None; refused with `NotFound`."""
    found = next((row for row in library.releases(procedure) if number in {None, row.number}), None)
    if found is None:
        raise NotFound("There is no such release.")
    return found, library.files(found.id)


def drawn(procedure: str, number: int) -> Callable[[str], str]:
    """Give what makes the address of a drawing of a release."""
    return lambda file: flask.url_for("releases.diagram", procedure=procedure, number=number, name=file)


def archive(files: Mapping[str, str], name: str) -> flask.Response:
    """Give files as an archive to be kept."""
    return downloads.file(archives.pack(files), f"{name}.zip", "application/zip")


def update_of(procedure: str) -> Update | None:
    """Give what the program ships anew of a procedure whose running release is one of the managers here; None where nothing is.

    The base is the latest release that was shipped, not approved here. What is there already is not offered again.
    """
    cases = services().cases
    releases = cases.library.releases(procedure)
    theirs = catalogue.files(procedure)
    known = pack(theirs)[1] in {row.digest for row in releases}
    if not releases or known or not procedures.is_of_managers(cases, releases[0]):
        return None
    shipped = next((row for row in releases if not procedures.is_of_managers(cases, row)), releases[-1])
    base, ours = cases.library.files(shipped.id), cases.library.files(releases[0].id)
    together = put_together(base, ours, theirs)
    return None if together.files == ours and not together.torn else Update(base, ours, theirs, together)
