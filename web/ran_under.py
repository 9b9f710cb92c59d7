"""By which values a case runs: its release, its area, and for each of its clocks the times and the rows of the table that gave them.

As the log has it: a clock says what it was set by when it was set, whatever the tables say today (domain.md 0.1, 7; G-45).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from engine.grounds import looked_at
from engine.release import Compiled
from engine.scope import Scope
from engine.views import CaseView, EventRow
from web.fact_words import Row, row
from web.moments import HOURS_UNTIL, UNITS, say_key
from workflows.withheld import UNSAID

AREA, USUAL = "locality", "notts_default"
"""The table that names the area of a case, and its answer where no other area has rows of its own."""

NOT_SHOWN = "By which rows is not shown to your roles"


def rows(view: CaseView, release: Compiled, classes: frozenset[str], now: datetime) -> list[Row]:
    """Give the rows of the part: release, area, and every clock that was set in the case, each as it was set last."""
    clocks = sorted((release.nodes[each.element].name, _said(each, release, classes)) for each in _set(view, release))
    told = (("Release", str(view.release_number)), ("Area", _area(view, release, classes, now)), *clocks)
    return [row(key, value) for key, value in told if value]


def _set(view: CaseView, release: Compiled) -> Iterable[EventRow]:
    """Give the event that set each deadline last."""
    kinds = {"timer_armed", "timer_moved"}
    events = (each for each in view.timeline if each.kind in kinds and each.data.get("rungs"))
    return {each.element: each for each in events if each.element in release.nodes}.values()


def _said(event: EventRow, release: Compiled, classes: frozenset[str]) -> str:
    """Say the times of a clock from its beginning on, a rung in a line, and its rows; nothing of one that may not be known of."""
    held = looked_at(release, event) - classes
    if held & UNSAID:
        return ""
    table = release.decisions.get(str(event.data.get("table", "")))
    names = ", ".join(str(each) for each in event.data.get("rules", ()))
    by = NOT_SHOWN if held else f"Rows of the table “{table.name}”: {names}" if table is not None else ""
    return "\n".join([*_rungs(event), *([by] if by else [])])


def _rungs(event: EventRow) -> Iterator[str]:
    """Say after how long each rung is; how long that was for this case, where working days count."""
    began = str(event.data.get("clock") or "")
    for step, at, _tell in event.data["rungs"]:
        after = datetime.fromisoformat(at) - datetime.fromisoformat(began) if began else None
        yield str(step).capitalize() if after is None else f"{str(step).capitalize()}: {_exactly(after)}"


def _exactly(span: timedelta) -> str:
    """Say a span in all its units, in hours as far as the protocol does: ``after 1 hour 30 minutes``, ``after 72 hours``, ``at once``."""
    left, parts = abs(span), []
    for unit, word in UNITS if left >= HOURS_UNTIL else UNITS[1:]:
        count, left = divmod(left, unit)
        parts += [f"{count} {word}{'' if count == 1 else 's'}"] if count else []
    said = " ".join(parts)
    return "at once" if not said else f"{said} before" if span < timedelta() else f"after {said}"


def _area(view: CaseView, release: Compiled, classes: frozenset[str], now: datetime) -> str:
    """Name the area whose rows hold, by the table of the case's own release; nothing where a reader may not see what it looked at."""
    table = release.decisions.get(AREA)
    if table is None or not frozenset().union(*release.provenance.classes_in(table).values()) <= classes:
        return ""
    found = Scope(release, view.facts, now, view.case_id, view.opened_at).invoke(table)()
    return "Nottinghamshire, the usual values" if found == USUAL else say_key(str(found or ""))
