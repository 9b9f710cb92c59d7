"""Telling partners: what was sent in a case and what became of it, a preview of exactly what a partner will see, and the sending."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue

from engine.errors import CaseNotFound, Conflict, Invalid, Problem
from engine.model import Actor, Facts
from engine.release import Compiled
from engine.store import ERASED, reading, writing
from web import case_access, govuk, notice_words
from web.access import RoleMissing, actor, signed_in
from web.answering import Posted, new_key
from web.episode_words import names_of
from web.numbers import read_number
from web.services import services
from workflows import copies, notice_kinds, notices, people
from workflows.audience import audience
from workflows.copies import Said
from workflows.notice_kinds import KINDS, SENDERS, WHEN, Kind
from workflows.notices import NoticeNotFound, Sent, Wanted
from workflows.vocabulary import DISCLOSURE_BASIS

page = flask.Blueprint("notices", __name__)

PURPOSE = "notice to a partner"
MOST = 500
TYPED = ("person", "works_for", "mail", "ring", "basis", "mobile", "decided_by")


@page.get("/cases/<case_id>/notices")
@signed_in
def listed(case_id: str) -> ResponseReturnValue:
    """List what was sent in a case, the latest first, and what may be sent now."""
    who, classes = _sender(case_id)
    facts, release = _known(case_id, who, classes)
    with reading(services().engine) as connection:
        sent = notices.seen_by(connection, case_id, who)
        names = names_of(connection, {each.sent_by for each in sent} | {each.withdrawn_by for each in sent})
    now_possible = notice_kinds.offered(facts, release, who.roles, classes)
    later = [kind for kind in KINDS.values() if kind.senders & who.roles and not WHEN[kind.when][0](facts)]
    return flask.render_template(
        "notices.html",
        case_id=case_id,
        sent=[
            (each, KINDS.get(each.kind), *notice_words.state(each), notice_words.became(each, names)) for each in sent
        ],
        again={kind.key for kind in now_possible},
        kinds=now_possible,
        later=[(kind, WHEN[kind.when][1]) for kind in later],
    )


@page.get("/cases/<case_id>/notices/new")
@signed_in
def new(case_id: str) -> ResponseReturnValue:
    """Show exactly what the partner will see, and ask who it is."""
    who, classes = _sender(case_id)
    kind, facts, release = _kind(case_id, who, classes)
    typed = {"basis": kind.basis}
    with reading(services().engine) as connection:
        sent = notices.seen_by(connection, case_id, who)
        again = flask.request.args.get("again", "")
        typed["ring"] = next((each.ring for each in sent if each.sent_by == who.person), "")
        for each in sent:
            if str(each.id) == again and each.kind == kind.key:
                typed |= {name: getattr(each, name) for name in ("person", "works_for", "mail", "mobile", "basis")}
                typed |= {"again": again, "settles": flask.request.args.get("settles", "")}
    return _form(case_id, kind, facts, release, typed, key=new_key())


@page.post("/cases/<case_id>/notices/new")
@signed_in
def send(case_id: str) -> ResponseReturnValue:
    """Send it, and show the code once."""
    who, classes = _sender(case_id)
    kind, facts, release = _kind(case_id, who, classes)
    posted, form = Posted.read(), flask.request.form
    typed = {name: form.get(name, "") for name in (*TYPED, "safe", "text_code", "again", "settles")}
    wanted = Wanted(
        **{name: typed[name] for name in TYPED},
        safe=bool(typed["safe"]),
        text_code=_texts() and bool(typed["text_code"]),
    )
    try:
        shown = kind.classes(release)
        sent = _send(case_id, kind, wanted, typed, by=who, key=posted.key, classes=shown)
    except Invalid as refusal:
        return _form(case_id, kind, facts, release, typed, key=posted.key, problems=refusal.problems), 422
    except Conflict as refusal:
        flask.flash(str(refusal), "important")
        return _back(case_id)
    if not sent.code:
        flask.flash(f"{wanted.person.strip()} has an account here and has a mail with the link to the page.", "done")
        return _back(case_id)
    return flask.render_template("notice_sent.html", case_id=case_id, wanted=wanted, code=sent.code)


def _send(
    case_id: str, kind: Kind, wanted: Wanted, typed: Mapping[str, str], *, by: Actor, key: str, classes: frozenset[str]
) -> Sent:
    """Send a notice; close the link of the one in whose place it is sent again, and settle what its reader was to be told."""
    here = services()
    now, base_url = here.clock(), here.settings.base_url
    account = _account(case_id, wanted.mail)
    with writing(here.engine) as connection:
        sent = notices.send(
            connection,
            kind,
            case_id,
            wanted,
            by=by,
            account=account,
            base_url=base_url,
            now=now,
            key=key,
            classes=classes,
        )
        if number := read_number(typed["again"]):
            earlier = _seen(connection, case_id, number, by)
            if earlier.acknowledged_at is None:
                notices.withdraw(connection, earlier, notices.SENT_AGAIN, by=by, now=now)
        _settle(connection, case_id, read_number(typed["settles"]), by)
    return sent


def _settle(connection: sa.Connection, case_id: str, newest: int, by: Actor) -> None:
    """Write down that whoever holds a wrong copy is told by the new notice, as far as the sender saw what was put right."""
    now = services().clock()
    waiting = copies.waiting(connection, audience(connection, by, now), case_id, limit=MOST)
    if owed := copies.up_to(waiting, {newest}):
        said = Said(copies.NEW_NOTICE, now, people.find(connection, by.person).name)
        copies.settle(connection, owed, said, by=by, now=now)


@page.post("/cases/<case_id>/notices/<int:number>/withdraw")
@signed_in
def withdraw(case_id: str, number: int) -> ResponseReturnValue:
    """Close the link of a notice, with a reason."""
    here, (who, _classes) = services(), _sender(case_id)
    with writing(here.engine) as connection:
        notice = _seen(connection, case_id, number, who)
        notices.withdraw(connection, notice, flask.request.form.get("why", ""), by=who, now=here.clock())
    flask.flash("Withdrawn. The link opens nothing any more.", "done")
    return _back(case_id)


@page.get("/cases/<case_id>/notices/<int:number>")
@signed_in
def notice(case_id: str, number: int) -> ResponseReturnValue:
    """Show a notice to the person with an account to whom it was sent, and to nobody else."""
    found = _own(case_id, number)
    kind = KINDS[found.kind]
    classes = kind.classes(services().cases.release_of(case_id))
    services().cases.note_reading(case_id, by=actor(), purpose=PURPOSE, classes=classes, now=services().clock())
    return flask.render_template("notice_read.html", **notice_words.drawn(found), notice=found)


@page.post("/cases/<case_id>/notices/<int:number>")
@signed_in
def read(case_id: str, number: int) -> ResponseReturnValue:
    """Note that the person has read it."""
    here, found = services(), _own(case_id, number)
    with writing(here.engine) as connection:
        name = people.find(connection, actor().person).name
        notices.read_signed_in(connection, found, name, now=here.clock())
    flask.flash("Thank you. Whoever sent it sees that you have read it.", "done")
    return flask.redirect(flask.url_for("inbox.tasks"))


def _seen(connection: sa.Connection, case_id: str, number: int, who: Actor) -> notices.Notice:
    """Give a notice of which this person may know; refused with `NoticeNotFound`."""
    found = next((each for each in notices.seen_by(connection, case_id, who) if each.id == number), None)
    if found is None:
        raise NoticeNotFound("There is no such notice.")
    return found


def _sender(case_id: str) -> tuple[Actor, frozenset[str]]:
    """Give this person with the roles that count in the case, and the data classes that they read; without a part there is no such case."""
    here, who = services(), actor()
    classes = case_access.readable(here.engine, who, case_id, now=here.clock(), with_reason=False)
    who = case_access.within(here.engine, who, case_id, now=here.clock())
    if not SENDERS & who.roles or "D2" not in classes:
        raise RoleMissing("Your roles do not include telling partners. Ask the missing from home co-ordinator.")
    return who, classes


def _known(case_id: str, who: Actor, classes: frozenset[str]) -> tuple[Facts, Compiled]:
    """Give what the sender may read of the case; that it was read is written down first."""
    here = services()
    view = here.cases.case(case_id, classes=classes, by=who, purpose=PURPOSE, now=here.clock())
    if view.status == ERASED:
        raise CaseNotFound("There is no such case.")
    return view.facts, here.cases.release_of(case_id)


def _kind(case_id: str, who: Actor, classes: frozenset[str]) -> tuple[Kind, Facts, Compiled]:
    """Give the kind of notice that the address names, where this person may send it now."""
    facts, release = _known(case_id, who, classes)
    wanted = flask.request.args.get("kind", "")
    kind = next((each for each in notice_kinds.offered(facts, release, who.roles, classes) if each.key == wanted), None)
    if kind is None:
        raise NoticeNotFound("There is no such notice that you may send now.")
    return kind, facts, release


def _own(case_id: str, number: int) -> notices.Notice:
    with reading(services().engine) as connection:
        found = notices.find(connection, case_id, number)
    if found.account != actor().person or found.withdrawn_at or found.kind not in KINDS:
        raise NoticeNotFound("There is no such notice.")
    case_access.readable(services().engine, actor(), case_id, now=services().clock())
    return found


def _account(case_id: str, mail: str) -> str:
    """Name who has this mail address and a part in the case, and so reads the notice signed in."""
    here = services()
    with reading(here.engine) as connection:
        name = notices.account_of(connection, mail)
        person = people.find(connection, name) if name else None
    if person is None:
        return ""
    part = case_access.readable_each(here.engine, person.actor, [case_id], now=here.clock(), with_reason=False)
    return name if part else ""


def _texts() -> bool:
    settings = services().settings
    return bool(settings.notify_key) or settings.demo


def _form(
    case_id: str,
    kind: Kind,
    facts: Facts,
    release: Compiled,
    typed: dict[str, str],
    *,
    key: str,
    problems: Sequence[Problem] = (),
) -> str:
    """Draw preview and form; what was typed stays."""
    with reading(services().engine) as connection:
        sender = people.find(connection, actor().person).name
    return flask.render_template(
        "notice_new.html",
        case_id=case_id,
        kind=kind,
        rows=notice_words.lines(kind, case_id, facts, sender=sender, ring=typed.get("ring", "")),
        dangers=notice_kinds.dangers(facts, release) if kind.decided else (),
        typed=typed,
        texts=_texts(),
        bases=[{"value": name, "text": words} for name, words in DISCLOSURE_BASIS.items()],
        key=key,
        **govuk.told(problems),
    )


def _back(case_id: str) -> ResponseReturnValue:
    return flask.redirect(flask.url_for("notices.listed", case_id=case_id))
