"""The tasks of a person's roles: what hurts most first, who has each, and what is new while the list is open."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import datetime, timedelta

import flask
from flask.typing import ResponseReturnValue

from engine.model import Actor
from engine.store import TaskTable, reading
from notifications import outbox
from web import downloads, task_lists, task_words
from web.access import actor, signed_in
from web.draft_words import items_for
from web.figure_words import plain
from web.inbox_filter import DONE, DUE, GIVEN, LED, MINE, ORDER, SENT, WHAT, WHICH, Wanted
from web.moments import read_moment
from web.services import services
from web.task_lists import read_cursor, write_cursor
from web.task_words import Line
from workflows import assigning, copies, handovers, merging, notices, saved_lists, typed, unstaffed
from workflows.agencies import title_of
from workflows.audience import Audience, audience
from workflows.copies import Owed
from workflows.handovers import Handover
from workflows.merging import Merge
from workflows.notice_kinds import KINDS
from workflows.notices import Notice
from workflows.unstaffed import Unstaffed
from workflows.vocabulary import EPISODE_STATUS, FLAG, RESPONSIBLE_AUTHORITY, RISK_LEVEL

page = flask.Blueprint("inbox", __name__)

LEFT_BY = timedelta(minutes=5)
"""An urgent message that has not left by then is a reason to ring people."""
FILE_AT_MOST = 1000
"""Lines of the file for a spreadsheet."""
HEAD = [
    "Case",
    "What the case is",
    "How it stands",
    "Task",
    "Role",
    "Risk grade",
    "Due",
    "Overdue",
    "Who has it",
    "Done",
]


@page.get("/tasks")
@signed_in
def tasks() -> ResponseReturnValue:
    """List the open tasks of this person's roles, what hurts most first, and apart from them those that have no time set."""
    here, who = services(), actor()
    after = read_cursor(flask.request.args.get("after", ""))
    now, (wanted, groups) = here.clock(), task_lists.asked_for()
    with reading(here.engine) as connection:
        bounds = audience(connection, who, now)
        saved = saved_lists.of(connection, who.person, map(int, groups.teams))
    found, everything = task_lists.page(wanted, bounds, after, now), after is None and wanted == Wanted()
    mentions = task_lists.mentions(bounds, now) if everything else []
    lines = task_words.lines(found.rows, who, now)
    return flask.render_template(
        "inbox.html",
        duties=[line for line in lines if line.due or line.done],
        options=[line for line in lines if not (line.due or line.done)],
        next=write_cursor(found.next) if found.next else "",
        first=after is None,
        seen=task_lists.digest(found.rows, now, mentions) if after is None and wanted.which != DONE else "",
        shown_at=now.isoformat(),
        may_open=task_lists.may_open(who.roles),
        roles=len(who.duties),
        wanted=wanted,
        said=wanted.said(groups),
        choices=_choices(wanted, who, groups.teams),
        teams=groups.teams,
        tabs=_tabs(wanted, task_lists.counts(bounds, now)),
        saved=saved,
        drafts=items_for(who.person, who.roles) if everything else [],
        merges=_merges(bounds) if everything else (),
        unread=_unread(bounds, now) if everything else (),
        wrong_copies=_wrong_copies(bounds) if everything else (),
        mentions=mentions,
        nobodys=_nobodys(bounds) if everything else (),
        now=now,
        shifts=_shifts(who.person),
        unsent=_unsent(who.person) if everything else (),
        me=who.person,
        stuck_since=outbox.stuck_since(here.engine, now - LEFT_BY),
    )


@page.get("/tasks.csv")
@signed_in
def file() -> ResponseReturnValue:
    """Give the list as a file for a spreadsheet: references, and nothing of a child."""
    here, who = services(), actor()
    now, (wanted, _groups) = here.clock(), task_lists.asked_for()
    with reading(here.engine) as connection:
        bounds = audience(connection, who, now)
    found = task_lists.page(wanted, bounds, None, now, limit=FILE_AT_MOST)
    rows = [HEAD, *map(_cells, task_words.lines(found.rows, who, now, with_whose=False))]
    if found.next:
        rows.append(
            [f"The list goes on: these are the first {FILE_AT_MOST:,}. Show only some, and take the rest apart."]
        )
    written = io.StringIO()
    csv.writer(written).writerows([[plain(cell) for cell in row] for row in rows])
    return downloads.file(written.getvalue(), "tasks.csv")


def _cells(line: Line) -> list[str]:
    """Give a task as a line of the file, in the order of `HEAD`."""
    risk, overdue = line.risk.words if line.risk else "", "Yes" if line.overdue else ""
    told = [line.task.case_id, line.kind, line.about, line.task.name, title_of(line.task.role)]
    return [*told, risk, line.due, overdue, line.owner, line.done]


@page.get("/tasks/news")
@signed_in
def news() -> ResponseReturnValue:
    """Say what is new since a list was shown, whose digest is `seen`; no content where nothing is, which is most of the time.

    Pages that are open ask every ten seconds. It is no use of the session (`web.identity`), and one statement more than
    the list itself where something is new.
    """
    here, who = services(), actor()
    now, (wanted, _groups) = here.clock(), task_lists.asked_for()
    with reading(here.engine) as connection:
        bounds = audience(connection, who, now)
    mentions = task_lists.mentions(bounds, now) if wanted == Wanted() else []
    rows = task_lists.page(wanted, bounds, None, now).rows
    if task_lists.digest(rows, now, mentions) == flask.request.args.get("seen"):
        return "", 204
    since = read_moment(flask.request.args.get("since", "")) or now
    mentioned = sum(each.at > since for each in mentions)
    more = [*wanted.conditions(now), TaskTable.opened_at > since]
    fresh = task_lists.count(bounds, wanted.roles(who.duties), more) if wanted.which not in {MINE, GIVEN, SENT} else 0
    return flask.render_template("inbox_news.html", fresh=fresh, mentioned=mentioned, since=since, wanted=wanted)


def _unsent(person: str) -> list[tuple[str, str, datetime]]:
    """Give what this person has typed into tasks and not sent."""
    with reading(services().engine) as connection:
        return typed.unsent(connection, person)


def _shifts(person: str) -> tuple[Handover, ...]:
    """Give the hand-overs from and to this person that wait for an answer."""
    with reading(services().engine) as connection:
        return handovers.open_of(connection, person)


def _tabs(wanted: Wanted, counts: dict[str, int]) -> list[dict[str, object]]:
    """Give the lists with how much is in them, the present one marked."""
    said = {
        which: f"{words} ({'99+' if counts[which] >= task_lists.MANY else counts[which]})"
        if counts.get(which)
        else words
        for which, words in WHICH.items()
    }
    tabs: list[dict[str, object]] = [
        {
            "text": said[which],
            "href": flask.url_for("inbox.tasks", which=which or None),
            "current": which == wanted.which and wanted.due != "overdue",
        }
        for which in WHICH
        if which != LED or assigning.led_by(actor())
    ]
    late = counts[task_lists.OVERDUE]
    if late:
        many = "99+" if late >= task_lists.MANY else late
        overdue = {
            "text": f"Overdue ({many})",
            "href": flask.url_for("inbox.tasks", due="overdue"),
            "current": wanted == Wanted(due="overdue"),
        }
        tabs.insert(1, overdue)
    return tabs


def _choices(wanted: Wanted, who: Actor, teams: Mapping[str, str]) -> dict[str, list[dict[str, object]]]:
    """Give the choices of each question of the filter as the page's lists take them; of the roles where there are several."""
    duties, flags = who.duties, task_lists.may_ask_for_flags(who.roles)
    words = {
        "order": ORDER,
        "due": {"": "Everything", **DUE},
        "what": {"": "Everything", **{key: each.words for key, each in WHAT.items()}},
        "grade": {"": "Everything", **RISK_LEVEL},
        "stage": {"": "Everything", **EPISODE_STATUS},
        "authority": {"": "Everything", **RESPONSIBLE_AUTHORITY},
        "flag": {"": "Everything", **FLAG} if flags else {},
        "role": {"": "Everything", **{role: title_of(role) for role in sorted(duties)}} if len(duties) > 1 else {},
        "team": {"": "Everything", **teams} if teams else {},
    }
    return {
        name: [
            {"value": value, "text": text, "selected": value == getattr(wanted, name)} for value, text in said.items()
        ]
        for name, said in words.items()
        if said
    }


def _merges(bounds: Audience) -> list[Merge]:
    """Give the proposals that two records are one child on which this person may decide: not the own ones, none behind a seal."""
    if not bounds.who.roles & merging.MERGES:
        return []
    with reading(services().engine) as connection:
        waiting = merging.waiting(connection, not_by=bounds.who.person)
    return [each for each in waiting if bounds.hidden.isdisjoint({each.goes, each.stays})]


def _unread(bounds: Audience, now: datetime) -> list[tuple[Notice, str]]:
    """Give the notices of this person's roles that were sent twice and that nobody has acknowledged, with their titles."""
    with reading(services().engine) as connection:
        late = notices.overdue(connection, bounds, now)
    return [(each, KINDS[each.kind].title if each.kind in KINDS else "Notice") for each in late]


def _wrong_copies(bounds: Audience) -> tuple[tuple[Owed, ...], ...]:
    """Give what this person's roles gave away and was put right since, by recipient, the earliest due first."""
    with reading(services().engine) as connection:
        return copies.by_recipient(copies.waiting(connection, bounds))


def _nobodys(bounds: Audience) -> tuple[Unstaffed, ...]:
    """Give the tasks that nobody can do, of the roles that this person leads."""
    with reading(services().engine) as connection:
        return unstaffed.led(connection, bounds)
