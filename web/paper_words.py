"""A case, why a task is there, a child and who is missing as sections of a sheet that is printed or saved: what the page says, without its links."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from web.case_words import Happening, OpenTask
from web.fact_words import Row, Section, row
from web.missing_words import MissingNow
from web.moments import say_key, say_moment
from web.why_reading import Why


def of_case(told: Mapping[str, Any], given: Sequence[Row]) -> list[Section]:
    """Give what the page of a case says: how it stands, what is open, what is known, what was given away, and what happened."""
    open_tasks: list[OpenTask] = [*told["duties"], *told["options"]]
    return _with_rows(
        Section("How it stands", told["summary"]),
        Section("What is open, and with whom", [row(each.row.name, _task(each)) for each in open_tasks]),
        Section("The return interview", told["interview"]),
        *(Section(_known(each), each.rows) for each in told["sections"]),
        Section("Recorded, and not shown to the roles of whoever made this copy", _list(told["withheld"])),
        Section("What was given to others", given),
        Section("What happened", [_happened(each) for each in told["timeline"]]),
    )


def of_child(told: Mapping[str, Any]) -> list[Section]:
    """Give what the page of a child says, part by part, as far as it says it."""
    episodes = [
        row(each.reference, f"Reported {each.reported}\nReturned: {each.returned}\n{each.grade}\n{each.state}")
        for each in told["episodes"] or ()
    ]
    plan = told["plan"]
    return _with_rows(
        Section("Who it is", told["child"] or ()),
        Section("Flags", told["flags"] or ()),
        Section("Short absences that the carer decided on", told["absences"]),
        Section("People and places of concern", [each.words for each in told["concerns"] if each.holds]),
        Section("Put right or withdrawn", told["amendments"]),
        *([Section(f"Trigger plan: {plan.title}", plan.rows)] if plan else []),
        Section("Episodes", episodes),
        *(Section(f"Return interview: {each.title}", each.rows) for each in told["interviews"] or ()),
        Section(
            "Disruption actions", [row(reference, f"{kind}: {how}") for reference, kind, how in told["disruptions"]]
        ),
        Section("Cases about the child", [row(each.case_id, say_key(each.procedure)) for each in told["cases"]]),
        Section("Not shown to the roles of whoever made this copy", _list(told["withheld"])),
    )


def of_why(told: Why) -> list[Section]:
    """Give why a task is there: the five sentences, the way, and the rows behind them."""
    ways = [row(each.name, ", then ".join(words for _name, words in each.steps)) for each in told.drawings]
    return _with_rows(
        Section("Why, by when, and what if nothing is done", [row(each.heading, each.text) for each in told.sentences]),
        Section("The way in words", ways),
        Section("The rows behind it", [row(f"{each.what}, {each.when}", each.record) for each in told.lines]),
        Section("Recorded, and not shown to the roles of whoever made this copy", _list(told.withheld)),
    )


def of_missing(missing: MissingNow) -> list[Section]:
    """Give who is missing: a row for each whom the reader may know, and how many there are besides."""
    rows = [
        row(
            each.case_id,
            f"{each.who}, {each.grade.lower()}\nMissing for {each.missing_for}\nLast review: {each.last_review}\n"
            f"Next review: {each.next_review}",
        )
        for each in missing.lines
    ]
    besides = [f"{missing.withheld} more, of which the roles of whoever made this copy do not see the case."]
    return _with_rows(
        Section("In short", _list([*missing.sentences, *(besides if missing.withheld else [])])),
        Section("Missing now, the longest first", rows),
    )


def picture(jpeg: bytes) -> str:
    """Give a photograph as an address that holds it, so that it is in the sheet when the sheet is saved."""
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"


def _with_rows(*found: Section) -> list[Section]:
    return [section for section in found if section.rows]


def _list(entries: Sequence[str]) -> list[Row]:
    """Give one row with a line for each entry."""
    return [row("", "\n".join(entries))] if entries else []


def _known(section: Section) -> str:
    return f"{section.title} ({section.written})" if section.written else section.title


def _task(task: OpenTask) -> str:
    """Say whose it is and by when; of what is overdue the time says by how much."""
    return f"{task.who}\nDue {task.due}" if task.due else task.who


def _happened(entry: Happening) -> Row:
    return row(say_moment(entry.at), "\n".join([entry.title + (f", by {entry.by}" if entry.by else ""), *entry.lines]))
