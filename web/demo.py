"""Pages of the demonstration only: a clock that can be moved and the mails that were sent.

The blueprint is registered only where the settings say demo, and only the command `homeward demo` makes such settings.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue

from engine.errors import Invalid, NotFound, Problem
from engine.store import reading
from web.access import signed_in
from web.clock import DEMO_MAILS, DemoClock
from web.moments import LONDON, say_moment
from web.services import services

page = flask.Blueprint("demo", __name__, url_prefix="/demo")

STEPS = {"1": "1 hour", "12": "12 hours", "24": "24 hours", "72": "72 hours"}
MAILS_SHOWN = 100
MORE_THAN_ANY = 1 << 40


class MailNotFound(NotFound):
    """There is no such mail in the demo's mailbox."""


class ClockNotMovable(NotFound):
    """The clock of this site is not the demo's."""


@page.get("/clock")
@signed_in
def clock() -> ResponseReturnValue:
    """Show the demo's time and the ways to move it."""
    return _clock_page()


@page.post("/clock")
@signed_in
def move_clock() -> ResponseReturnValue:
    """Move the demo's time forward by some hours or to a given moment, and let the worker do what is due by then."""
    here = services()
    moved = _demo_clock()
    hours = flask.request.form.get("hours", "")
    try:
        now = moved.move_by(timedelta(hours=int(hours))) if hours in STEPS else moved.move_to(_wanted())
    except Invalid as refusal:
        return _clock_page(refusal.problems), 422
    if here.tick is not None:
        here.tick()
    flask.flash(f"It is now {say_moment(now)}. All that is due by then has been done.", "done")
    return flask.redirect(flask.url_for("demo.clock"))


@page.get("/mailbox")
@signed_in
def mailbox() -> ResponseReturnValue:
    """List the mails that were sent, the latest first; `before` is the number of a mail whose elders are wanted."""
    before = min(flask.request.args.get("before", MORE_THAN_ANY, type=int), MORE_THAN_ANY)
    latest = sa.select(DEMO_MAILS).where(DEMO_MAILS.c.id < before).order_by(DEMO_MAILS.c.id.desc()).limit(MAILS_SHOWN)
    with reading(services().engine) as connection:
        mails = [(row.id, *_parse(row)) for row in connection.execute(latest)]
    older_than = mails[-1][0] if len(mails) == MAILS_SHOWN else None
    return flask.render_template("demo_mailbox.html", mails=mails, older_than=older_than)


@page.get("/mailbox/<int:number>")
@signed_in
def mail(number: int) -> ResponseReturnValue:
    """Show one mail as its receiver would read it."""
    wanted = sa.select(DEMO_MAILS).where(DEMO_MAILS.c.id == min(number, MORE_THAN_ANY))
    with reading(services().engine) as connection:
        row = connection.execute(wanted).one_or_none()
    if row is None:
        raise MailNotFound("There is no such mail.")
    parsed, sent_at = _parse(row)
    return flask.render_template("demo_mail.html", mail=parsed, sent_at=sent_at)


def _parse(row: sa.Row[tuple[int, datetime, bytes]]) -> tuple[EmailMessage, datetime]:
    """Read a mail, and when it was written; the time of its arrival stands in where it says nothing."""
    mail = message_from_bytes(row.content, policy=default)
    written = getattr(mail["date"], "datetime", None)
    return mail, written if isinstance(written, datetime) and written.tzinfo else row.received_at


def _demo_clock() -> DemoClock:
    found = services().demo_clock
    if found is None:
        raise ClockNotMovable("There is no clock to move here.")
    return found


def _wanted() -> datetime:
    try:
        local = datetime.fromisoformat(flask.request.form.get("moment", "").strip())
    except ValueError:
        sentence = "Enter a moment like 2026-03-02 16:30."
        raise Invalid([Problem("moment", "moment-format", sentence)]) from None
    return local.replace(tzinfo=LONDON) if local.tzinfo is None else local


def _clock_page(problems: tuple[Problem, ...] = ()) -> str:
    now = services().clock()
    typed = flask.request.form.get("moment", f"{now.astimezone(LONDON):%Y-%m-%d %H:%M}")
    return flask.render_template("demo_clock.html", now=now, steps=STEPS, typed=typed, problems=problems)
