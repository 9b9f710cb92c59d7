"""What the invented force brings from the system it had before: one child in care, two episodes, a flag and a live plan.

It comes in by the sheets of the cut-over, as it would for a force that changes over; the next report is the third in 90 days.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from engine.model import Actor
from engine.store import writing
from web.moments import LONDON
from workflows import cutover, populations
from workflows.populations import AREAS, Entry

CHILD, NAME = "DEMO-1", "Emery Example"


def bring_in(engine: sa.Engine, now: datetime) -> None:
    """Take the sheets, as they stand at the instant `now`; the second time nothing changes."""
    sheets = {"children": CHILDREN, "episodes": _episodes(now), "flags": _flags(now), "plans": _plans(now)}
    files = {name: (f"{name}.csv", _write(rows)) for name, rows in sheets.items()}
    report = cutover.bring_in(engine, files, now=now)
    if report.refused:
        message = "the demonstration's own sheets were refused: " + "; ".join(map(str, report.lines))
        raise AssertionError(message)
    with writing(engine) as connection:
        populations.replace(connection, _children_who_live_there(now), by=Actor("inspection_coordinator"), now=now)


def _children_who_live_there(now: datetime) -> Iterator[Entry]:
    """Invent how many children live in each area: round numbers that no census has."""
    for number, area in enumerate(OWN_AREAS, start=2):
        for community, share in SHARES.items():
            for age, years in YEARS.items():
                children = 100 * number * share * years
                yield Entry(
                    now.year - 1, area, community, age, children, "Invented for the demonstration: no census says so"
                )


OWN_AREAS = tuple(AREAS)[:2]
"""The councils of the demonstration's force."""
SHARES = {"white": 15, "mixed": 2, "asian": 3, "black": 2, "other": 1}
YEARS = {"under_10": 10, "10_12": 3, "13_15": 3, "16_17": 2}


CHILDREN = (
    {
        "reference": CHILD,
        "name": NAME,
        "known_as": "Em",
        "born_on": "2011-06-14",
        "sex": "female",
        "looked_after": "s20",
        "responsible_authority": "nottinghamshire_county",
    },
)


def _episodes(now: datetime) -> tuple[dict[str, str], ...]:
    return (
        {
            "reference": "OLD-2041",
            "child": CHILD,
            "reported_at": _at(now - timedelta(days=61, hours=3)),
            "returned_at": _at(now - timedelta(days=60, hours=14)),
            "level": "medium",
            "closed_at": _at(now - timedelta(days=56)),
        },
        {
            "reference": "OLD-2077",
            "child": CHILD,
            "reported_at": _at(now - timedelta(days=19, hours=4)),
            "returned_at": _at(now - timedelta(days=18, hours=2)),
            "level": "high",
            "closed_at": _at(now - timedelta(days=12)),
            "unfinished": "Speak to the shop owner in Example Arcade",
        },
    )


def _flags(now: datetime) -> tuple[dict[str, str], ...]:
    since = (now - timedelta(days=17)).astimezone(LONDON).date()
    return ({"child": CHILD, "flag": "cse", "since": since.isoformat(), "source": "Public protection"},)


def _plans(now: datetime) -> tuple[dict[str, str], ...]:
    return (
        {
            "child": CHILD,
            "version": "1",
            "valid_from": _at(now - timedelta(days=13)),
            "summary": "Meets an older man near Example Arcade. Goes by bus, and answers her aunt first.",
            "immediate_tasks": "Contact by phone: Ring the aunt | CCTV: Ask for the pictures of the bus station",
            "known_people": "A man who calls himself Jay",
            "known_places": "Example Arcade | The bus station",
            "contact_rules": "Do not ring the mother",
            "default_risk": "high",
            "built_from": "OLD-2077",
        },
    )


def _at(moment: datetime) -> str:
    return moment.astimezone(LONDON).isoformat(timespec="minutes")


def _write(rows: tuple[Mapping[str, str], ...]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, fieldnames=list(dict.fromkeys(name for row in rows for name in row)))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
