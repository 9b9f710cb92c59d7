"""The page of how many children live where: what the rates of the dashboard are worked out from, and how it comes in."""

from __future__ import annotations

from collections.abc import Sequence

import flask
from flask.typing import ResponseReturnValue

from engine.store import reading, writing
from web import downloads, population_sheets, sent_files
from web.access import actor, roles
from web.population_sheets import LARGEST
from web.services import services
from workflows import populations
from workflows.access import FIGURES, KEEPS_POPULATIONS
from workflows.populations import AGES, AREAS, GROUPS

page = flask.Blueprint("populations", __name__)


@page.get("/performance/population")
@roles(*FIGURES)
def listed() -> ResponseReturnValue:
    """Show how many children live where, and who says so; to those who keep it, how to change it."""
    return _page(())


@page.get("/performance/population.csv")
@roles(*FIGURES)
def sheet() -> ResponseReturnValue:
    """Give it as the sheet that can be sent back; an empty one where nothing is known."""
    with reading(services().engine) as connection:
        found = populations.everything(connection)
    return downloads.file(population_sheets.as_sheet(found), "population.csv")


@page.post("/performance/population/sheet")
@roles(*KEEPS_POPULATIONS)
def bring() -> ResponseReturnValue:
    """Take in a sheet, whole or not at all; what it says of an area and a year takes the place of what was known."""
    here = services()
    data, _name = sent_files.read(LARGEST)
    if not data:
        return _page(("Choose the file with the number of children",)), 422
    if len(data) > LARGEST:
        return _page((f"The file is larger than {LARGEST:,} bytes. Send the areas apart",)), 422
    found = population_sheets.read(data)
    if found.problems:
        return _page(found.problems), 422
    with writing(here.engine) as connection:
        populations.replace(connection, found.entries, by=actor(), now=here.clock())
    flask.flash(f"{len(found.entries)} numbers are taken in.", "done")
    return flask.redirect(flask.url_for("populations.listed"))


def _page(problems: Sequence[str]) -> str:
    with reading(services().engine) as connection:
        found = populations.everything(connection)
    tables: dict[tuple[int, str], dict[tuple[str, str], int]] = {}
    sources: dict[tuple[int, str], list[str]] = {}
    for each in found:
        tables.setdefault((each.year, each.area), {})[each.community, each.age] = each.children
        said = sources.setdefault((each.year, each.area), [])
        said += [each.source] if each.source not in said else []
    return flask.render_template(
        "population.html",
        tables=[(AREAS.get(area, area), year, sources[year, area], cells) for (year, area), cells in tables.items()],
        groups=GROUPS,
        ages=AGES,
        keeps=bool(actor().roles & KEEPS_POPULATIONS),
        problems=problems,
    )
