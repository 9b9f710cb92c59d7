"""The pages that make a bundle: everything about a child for that child, or a case as it was known at a moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue

from engine import history
from engine.errors import CaseNotFound, Invalid, Problem
from engine.model import Facts
from engine.store import ERASED, CaseTable, reading, writing
from web import bundle_words, case_access
from web.access import actor, roles
from web.moments import say_moment
from web.services import services
from web.typed_days import moment_or_refusal
from workflows import bundles, children, disclosures, retention, seals
from workflows.access import COPIED, GOVERNS
from workflows.disclosures import Copy
from workflows.erasing import Subject
from workflows.vocabulary import DATA_CLASS, DISCLOSURE_BASIS

page = flask.Blueprint("bundles", __name__)

PURPOSE = "bundle"
SUBJECT_ACCESS = "subject_access"


@page.get("/bundles/child/<reference>")
@roles(GOVERNS)
def child_form(reference: str) -> ResponseReturnValue:
    """Ask for whom a child's bundle is."""
    with reading(services().engine) as connection:
        found = _subject(connection, reference)
    return _form(found.subject, [])


@page.post("/bundles/child/<reference>")
@roles(GOVERNS)
def child(reference: str) -> ResponseReturnValue:
    """Give everything that is held about a child, with others masked; the disclosure is noted first."""
    here = services()
    now, recipient = here.clock(), flask.request.form.get("recipient", "").strip()
    with reading(here.engine) as connection:
        found = _subject(connection, reference)
        known = children.find(connection, found.subject)
        told = [(case, history.facts_at(connection, case.case_id, now)) for case in found.cases]
        drawn = bundle_words.of_the_child(connection, found.subject)
    names = bundles.others_in((facts for _case, facts in told), _own_names(known, [facts for _case, facts in told]))
    noted = bundles.Masking()
    parts = []
    for case, facts in told:
        release = here.cases.release_of(case.case_id)
        shown = bundles.masked(bundles.readable_part(facts, release, COPIED), release, names, noted)
        parts.append(bundle_words.Part(case.case_id, release, shown))
    bundle = bundle_words.Bundle(
        f"What is held about {known.name if known else found.subject}",
        recipient,
        DISCLOSURE_BASIS[SUBJECT_ACCESS],
        now,
        tuple(parts),
        bundle_words.masked_rows(drawn, names),
        noted,
    )
    try:
        copy = Copy("subject_access", COPIED, role=GOVERNS)
        _note(found.refs, recipient, "Everything held about the child, others masked", SUBJECT_ACCESS, copy)
    except Invalid as refusal:
        return _form(found.subject, refusal.problems), 422
    return _sent(bundle, found.subject)


@page.get("/bundles/case/<case_id>")
@roles(*bundles.MAKES)
def case_form(case_id: str) -> ResponseReturnValue:
    """Ask for whom a case is given, on which basis, what of it, and as it was known when."""
    classes = _classes(case_id)
    return _form(case_id, [], classes=classes)


@page.post("/bundles/case/<case_id>")
@roles(*bundles.MAKES)
def case(case_id: str) -> ResponseReturnValue:
    """Give a case as it was known at a moment to a named recipient; the disclosure is noted first."""
    here, form = services(), flask.request.form
    classes, now = _classes(case_id), here.clock()
    wanted = frozenset(form.getlist("classes")) & classes
    recipient, basis = form.get("recipient", "").strip(), form.get("basis", "")
    problems: list[Problem] = []
    moment = now
    try:
        moment = _moment(form, now)
    except Invalid as refusal:
        problems += refusal.problems
    if not wanted:
        problems.append(Problem("classes", "classes-missing", "Choose what is given."))
    what = ", ".join(DATA_CLASS[name] for name in DATA_CLASS if name in wanted) or "nothing"
    try:
        if problems:
            disclosures.require(recipient, what, basis)
        else:
            copy = Copy("bundle", wanted, moment, role=min(bundles.MAKES & actor().roles))
            _note([case_id], recipient, f"As known on {say_moment(moment)}: {what}", basis, copy)
    except Invalid as refusal:
        problems += refusal.problems
    if problems:
        return _form(case_id, problems, classes=classes), 422
    release = here.cases.release_of(case_id)
    with reading(here.engine) as connection:
        facts = history.facts_at(connection, case_id, moment)
    part = bundle_words.Part(case_id, release, bundles.readable_part(facts, release, wanted))
    title = f"Case {case_id}, as known on {say_moment(moment)}"
    bundle = bundle_words.Bundle(title, recipient, DISCLOSURE_BASIS[basis], now, (part,), (), bundles.Masking())
    return _sent(bundle, case_id)


def _subject(connection: sa.Connection, reference: str) -> Subject:
    """Give a child, or a case, of which nothing is sealed from this person: who of the group has this role gives it to the child."""
    return retention.seen_by(connection, reference, actor())


def _classes(case_id: str) -> frozenset[str]:
    """Name the data classes that this person may give of a case; refused with `CaseNotFound` without a part in it."""
    here, who = services(), actor()
    if GOVERNS not in who.roles:
        known = case_access.readable(here.engine, who, case_id, now=here.clock(), with_reason=False)
        return bundles.may_give(who.roles, known)
    with reading(here.engine) as connection:
        there = sa.select(CaseTable.id).where(CaseTable.id == case_id, CaseTable.status != ERASED)
        hidden = seals.hidden(connection, who)
        if connection.execute(there).first() is None or case_id in hidden:
            raise CaseNotFound("There is no such case.")
    return COPIED


def _own_names(known: children.Child | None, every: list[Facts]) -> list[str]:
    """Give the names of the child, which are not masked."""
    asked = {("missing_report", "child_full_name"), ("missing_report", "known_as"), ("case_opening", "child_name")}
    said = [str(facts.get(record, {}).get("", {}).get(name) or "") for facts in every for record, name in sorted(asked)]
    return [*said, *([known.name, known.known_as] if known else [])]


def _moment(form: Mapping[str, str], now: datetime) -> datetime:
    """Read the day and time as it was known; nothing typed is now. Refused with `Invalid` where it is none, or ahead."""
    moment = moment_or_refusal(form, "at", without_time=time(23, 59)) or now
    if moment > now:
        raise Invalid([Problem("at-day", "moment-ahead", "The day must not be in the future.")])
    return moment


def _note(refs: Sequence[str], to: str, what: str, basis: str, copy: Copy) -> None:
    """Note the disclosure and the reading, before anything is given (G-33)."""
    here, who, now = services(), actor(), services().clock()
    with writing(here.engine) as connection:
        disclosures.note_disclosure(connection, about=refs, to=to, what=what, basis=basis, by=who, now=now, copy=copy)
    here.cases.note_reading(*refs, by=who, purpose=PURPOSE, classes=copy.classes or frozenset(), now=now)


def _sent(bundle: bundle_words.Bundle, reference: str) -> ResponseReturnValue:
    """Send a bundle as an archive: the pages to give, the same for a machine, and what to read first."""
    headers = {"Content-Disposition": f'attachment; filename="{reference}.zip"'}
    return flask.Response(bundle_words.archive(bundle), mimetype="application/zip", headers=headers)


def _form(reference: str, problems: list[Problem] | tuple[Problem, ...], classes: frozenset[str] | None = None) -> str:
    """Draw the form; what was typed stays."""
    typed = flask.request.form
    return flask.render_template(
        "bundle_form.html",
        reference=reference,
        of_case=classes is not None,
        governs=GOVERNS in actor().roles,
        classes=[{"value": name, "text": words} for name, words in DATA_CLASS.items() if name in (classes or ())],
        chosen=typed.getlist("classes") if typed else [],
        bases=[{"value": "", "text": "Choose one"}]
        + [{"value": key, "text": words} for key, words in DISCLOSURE_BASIS.items()],
        typed=typed,
        problems=[{"text": each.sentence, "href": f"#{each.where}"} for each in problems],
        wrong={each.where: each.sentence for each in problems},
    )
