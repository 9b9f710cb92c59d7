"""The pages that make a bundle: everything about a child for that child, or a case as it was known at a moment.

It is made, looked through passage by passage, and sealed; what is noted as a disclosure is noted with the seal, before anything
can be given.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, time

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue

from engine import history
from engine.errors import CaseNotFound, Invalid, Problem
from engine.model import Facts
from engine.store import ERASED, CaseTable, reading, writing
from web import bundle_words, case_access, downloads, govuk, paper_words
from web.access import actor, roles
from web.attachment_words import SEALED_OFF
from web.episode_words import names_of
from web.errors import kind_of
from web.moments import say_moment
from web.numbers import read_number
from web.services import services
from web.typed_days import moment_or_refusal
from workflows import (
    attachments,
    bundles,
    children,
    concerns,
    disclosures,
    philomena,
    photographs,
    redacting,
    retention,
    seals,
)
from workflows.access import COPIED, GOVERNS
from workflows.bundles import Masking
from workflows.disclosures import SUBJECT_ACCESS, Copy
from workflows.erasing import Subject
from workflows.redacting import AS_KNOWN, EXTENTS, GROUNDS, Bundle, BundleNotFound, Content, TakenOut
from workflows.vocabulary import DATA_CLASS, DISCLOSURE_BASIS

page = flask.Blueprint("bundles", __name__)

PURPOSE = "bundle"
NO_WORDS = redacting.Wanted("", "", "", "")


# Making one -------------------------------------------------------------------------------------------------------------


@page.get("/bundles/child/<reference>")
@roles(GOVERNS)
def child_form(reference: str) -> ResponseReturnValue:
    """Ask for whom a child's bundle is, and list those that were made."""
    with reading(services().engine) as connection:
        found = _subject(connection, reference)
    return _form(found.subject, [], found.refs)


@page.post("/bundles/child/<reference>")
@roles(GOVERNS)
def child(reference: str) -> ResponseReturnValue:
    """Put together everything that is held about a child, with others masked, to be looked through."""
    here, who, now = services(), actor(), services().clock()
    recipient = flask.request.form.get("recipient", "").strip()
    with reading(here.engine) as connection:
        found = _subject(connection, reference)
        try:
            disclosures.require(recipient, SUBJECT_ACCESS, SUBJECT_ACCESS)
        except Invalid as refusal:
            return _form(found.subject, refusal.problems, found.refs), 422
        content = _everything(connection, found, now)
    with writing(here.engine) as connection:
        number = redacting.keep(
            connection, content, kind=SUBJECT_ACCESS, about=found.subject, recipient=recipient, basis=SUBJECT_ACCESS,
            classes=COPIED, known_at=None, by=who, now=now,
        )  # fmt: skip
    return flask.redirect(flask.url_for("bundles.bundle", number=number), 303)


@page.get("/bundles/case/<case_id>")
@roles(*bundles.MAKES)
def case_form(case_id: str) -> ResponseReturnValue:
    """Ask for whom a case is given, on which basis, what of it, and as it was known when."""
    classes = _classes(case_id)
    return _form(case_id, [], [case_id], classes=classes)


@page.post("/bundles/case/<case_id>")
@roles(*bundles.MAKES)
def case(case_id: str) -> ResponseReturnValue:
    """Put together a case as it was known at a moment for a named recipient, to be looked through."""
    here, form = services(), flask.request.form
    classes, now = _classes(case_id), here.clock()
    wanted = frozenset(form.getlist("classes")) & classes
    recipient, basis = form.get("recipient", "").strip(), form.get("basis", "")
    problems: list[Problem] = []
    moment: datetime | None = None
    try:
        moment = _moment(form, now)
    except Invalid as refusal:
        problems += refusal.problems
    if not wanted:
        problems.append(Problem("classes", "classes-missing", "Choose what is given."))
    try:
        disclosures.require(recipient, AS_KNOWN, basis)
    except Invalid as refusal:
        problems += refusal.problems
    if problems:
        return _form(case_id, problems, [case_id], classes=classes), 422
    release, known = here.cases.release_of(case_id), moment or now
    with reading(here.engine) as connection:
        facts = history.facts_at(connection, case_id, known)
    with writing(here.engine) as connection:
        part = bundle_words.Part(case_id, release, bundles.readable_part(facts, release, wanted), known)
        title = f"Case {case_id}, as known on {say_moment(known)}"
        nobody = bundles.others_in((), ())
        beside = bundle_words.beside_cases(connection, [case_id], wanted, nobody, known)
        content = bundle_words.content(title, [part], beside, Masking(), [case_id])
        number = redacting.keep(
            connection, content, kind=AS_KNOWN, about=case_id, recipient=recipient, basis=basis, classes=wanted,
            known_at=moment, by=actor(), now=now,
        )  # fmt: skip
    return flask.redirect(flask.url_for("bundles.bundle", number=number), 303)


# Looking through it -----------------------------------------------------------------------------------------------------


@page.get("/bundles/<number>")
@roles(*bundles.MAKES)
def bundle(number: str) -> ResponseReturnValue:
    """Show a bundle passage by passage, with what is taken out of it; who looked is written down first."""
    return _page(number)


@page.get("/bundles/<number>/<int:passage>")
@roles(*bundles.MAKES)
def passage(number: str, passage: int) -> ResponseReturnValue:
    """Show one passage, and ask what is taken out of it and why."""
    return _passage(number, passage)


@page.post("/bundles/<number>/<int:passage>")
@roles(*bundles.MAKES)
def take_out(number: str, passage: int) -> ResponseReturnValue:
    """Take something out of a bundle, with a ground and a reason."""
    form = flask.request.form
    wanted = redacting.Wanted(*(form.get(name, "") for name in ("extent", "words", "ground", "why")))
    try:
        _found(number)
        with writing(services().engine) as connection:
            redacting.take_out(connection, number, passage, wanted, by=actor(), now=services().clock())
    except Invalid as refusal:
        return _passage(number, passage, wanted, refusal.problems), 422
    flask.flash("Taken out. Until the bundle is sealed it can be put back.", "done")
    return flask.redirect(flask.url_for("bundles.bundle", number=number, _anchor=f"passage-{passage}"), 303)


@page.post("/bundles/<number>/<int:passage>/back")
@roles(*bundles.MAKES)
def put_back(number: str, passage: int) -> ResponseReturnValue:
    """Put back what was taken out of a bundle."""
    entry = read_number(flask.request.form.get("entry", ""))
    _found(number)
    with writing(services().engine) as connection:
        redacting.put_back(connection, number, entry, by=actor(), now=services().clock())
    flask.flash("Put back. That it had been taken out stays written.", "done")
    return flask.redirect(flask.url_for("bundles.passage", number=number, passage=passage), 303)


# Giving it --------------------------------------------------------------------------------------------------------------


@page.post("/bundles/<number>/seal")
@roles(*bundles.MAKES)
def seal(number: str) -> ResponseReturnValue:
    """Seal a bundle: the disclosure is noted, and what is given is kept with its digest, in one transaction."""
    here, who, now = services(), actor(), services().clock()
    if flask.request.form.get("read") != "yes":
        problem = Problem("read", "unread", "Say that every passage was read.")
        return _page(number, [problem]), 422
    try:
        refs = _found(number)[1]
        with writing(here.engine) as connection:
            found = redacting.ready(connection, number, refs)
            content, entries = redacting.content_of(connection, number), redacting.taken_out(connection, number)
            leaves = redacting.given(content, entries)
            disclosures.note_disclosure(
                connection, about=refs, to=found.recipient, what=_what(found, entries), basis=found.basis, by=who, now=now,
                copy=Copy(found.kind, found.holds, found.known_at or found.made_at, role=_role(found), number=number),
            )  # fmt: skip
            packed = bundle_words.archive(found, leaves, _enclosed(connection, leaves))
            redacting.seal(connection, number, packed, by=who, now=now)
    except (redacting.PutRightSince, redacting.NotLookedThrough) as refusal:
        return _page(number, [Problem("read", "not-sealed", str(refusal))]), kind_of(refusal).status
    flask.flash("Sealed. It stands in the log, and can be given away.", "done")
    return flask.redirect(flask.url_for("bundles.bundle", number=number), 303)


@page.get("/bundles/<number>/file")
@roles(*bundles.MAKES)
def file(number: str) -> ResponseReturnValue:
    """Give a sealed bundle as an archive, as it was sealed; who took it is written down first."""
    here, now = services(), services().clock()
    found, refs = _found(number)
    with reading(here.engine) as connection:
        packed = redacting.archive_of(connection, number)
    here.cases.note_reading(*refs, by=actor(), purpose=PURPOSE, classes=found.holds, now=now)
    return downloads.file(packed, f"{number}.zip", "application/zip")


@page.get("/bundles/<number>/<int:passage>/file")
@roles(*bundles.MAKES)
def enclosed(number: str, passage: int) -> ResponseReturnValue:
    """Give a file of a bundle to who looks it through; who took it is written down first."""
    here, now = services(), services().clock()
    found, refs = _found(number)
    with reading(here.engine) as connection:
        place = redacting.content_of(connection, number).passage(passage)
        shown = place[1] if place else None
        given = attachments.contents(connection, [shown.attachment]) if shown else {}
    if shown is None or not given:
        raise BundleNotFound("There is no such file any more.")
    here.cases.note_reading(*refs, by=actor(), purpose=PURPOSE, classes=found.holds, now=now)
    headers = {"Content-Disposition": f'attachment; filename="{shown.file}"', "Content-Security-Policy": SEALED_OFF}
    return flask.Response(given[shown.attachment], mimetype="application/octet-stream", headers=headers)


@page.post("/bundles/<number>/drop")
@roles(*bundles.MAKES)
def drop(number: str) -> ResponseReturnValue:
    """Throw away a bundle that was given to nobody."""
    found, _refs = _found(number)
    with writing(services().engine) as connection:
        redacting.drop(connection, number)
    flask.flash("Thrown away. It was given to nobody.", "done")
    return flask.redirect(_back(found), 303)


# What it is made of -----------------------------------------------------------------------------------------------------


def _everything(connection: sa.Connection, found: Subject, now: datetime) -> Content:
    """Put together everything that is held about a child, with everybody else masked."""
    here, known = services(), children.find(connection, found.subject)
    told = [(case.case_id, history.facts_at(connection, case.case_id, now)) for case in found.cases]
    forms = philomena.of_child(connection, found.subject)
    own = [*_own_names([facts for _case, facts in told]), *([known.name, known.known_as] if known else [])]
    own += [name for form in forms for name in (form.name, form.content.get("known_as", ""))]
    noted = concerns.of_child(connection, found.subject)
    others = bundles.others_in((facts for _case, facts in told), own, noted, forms)
    masking, parts = Masking(), []
    for case_id, facts in told:
        release = here.cases.release_of(case_id)
        shown = bundles.masked(bundles.readable_part(facts, release, COPIED), release, others, masking)
        parts.append(bundle_words.Part(case_id, release, shown, now))
    title = f"What is held about {known.name if known else found.subject}"
    drawn = bundle_words.of_the_child(connection, found.subject, found.refs, others)
    return bundle_words.content(title, parts, drawn, masking, [case_id for case_id, _facts in told])


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


def _found(number: str) -> tuple[Bundle, Collection[str]]:
    """Give a bundle that this person could make too, and the references that it is about; refused with `BundleNotFound`."""
    with reading(services().engine) as connection:
        found = redacting.find(connection, number)
        if found.kind == SUBJECT_ACCESS and GOVERNS in actor().roles:
            return found, _subject(connection, found.about).refs
    if found.kind == AS_KNOWN and found.holds <= _classes(found.about):
        return found, [found.about]
    raise BundleNotFound("There is no such bundle.")


def _own_names(every: list[Facts]) -> list[str]:
    """Give the names of the child in its cases, which are not masked."""
    asked = {("missing_report", "child_full_name"), ("missing_report", "known_as"), ("case_opening", "child_name")}
    return [str(facts.get(record, {}).get("", {}).get(name) or "") for facts in every for record, name in sorted(asked)]


def _moment(form: Mapping[str, str], now: datetime) -> datetime | None:
    """Read the day and time as it was known; None is now. Refused with `Invalid` where it is none, or ahead."""
    moment = moment_or_refusal(form, "at", without_time=time(23, 59))
    if moment is not None and moment > now:
        raise Invalid(
            [Problem("at-day", "moment-ahead", "The day as of which the bundle is made must not be in the future")]
        )
    return moment


def _role(found: Bundle) -> str:
    """Name the role in which a bundle is given: whoever holds it tells the recipient of what is put right later."""
    return GOVERNS if found.kind == SUBJECT_ACCESS else min(bundles.MAKES & actor().roles)


def _what(found: Bundle, entries: Sequence[TakenOut]) -> str:
    """Say for the log what is given, and how often something was taken out."""
    kinds = ", ".join(DATA_CLASS[name] for name in DATA_CLASS if name in found.holds)
    what = f"As known on {say_moment(found.known_at or found.made_at)}: {kinds}"
    if found.kind == SUBJECT_ACCESS:
        what = "Everything held about the child, others masked"
    count = sum(each.stands for each in entries)
    return f"{what}; taken out: {count}" if count else what


def _enclosed(connection: sa.Connection, content: Content) -> dict[str, bytes]:
    """Give the photographs and files that are in a bundle, by their name in it; refused where one was withdrawn meanwhile."""
    every = [passage for chapter in content.chapters for passage in chapter.passages]
    names = {each.attachment: each.file for each in every if each.attachment}
    files = attachments.contents(connection, names)
    if files.keys() != names.keys():
        raise redacting.PutRightSince("A file in it was withdrawn since it was made. Throw it away and make it again.")
    pictures = [each.photograph for each in every if each.photograph]
    return {bundle_words.picture_name(number): photographs.picture(connection, number) for number in pictures} | {
        names[number]: content for number, content in files.items()
    }


# The pages --------------------------------------------------------------------------------------------------------------


def _page(number: str, problems: Sequence[Problem] = ()) -> str:
    """Draw a bundle: as its maker sees it, and once it is sealed as it was given."""
    here = services()
    found, refs = _found(number)
    with reading(here.engine) as connection:
        content, entries = redacting.content_of(connection, number), redacting.taken_out(connection, number)
        names = names_of(connection, {found.made_by, found.sealed_by, *_people(entries)} - {""})
    here.cases.note_reading(*refs, by=actor(), purpose=PURPOSE, classes=found.holds, now=here.clock())
    standing = [each for each in entries if each.stands]
    return flask.render_template(
        "bundle_page.html",
        found=found,
        content=content,
        chapters=[
            (chapter, passages, redacting.section_out(passages, standing)) for chapter, passages in content.numbered()
        ],
        of={number: [each for each in standing if each.passage == number] for number in {e.passage for e in standing}},
        head=bundle_words.head(found, content.title, names),
        taken_out=[bundle_words.taken_out(each, names) for each in entries],
        grounds=GROUNDS,
        extents=EXTENTS,
        back=_back(found),
        **govuk.told(problems),
    )


def _passage(number: str, at: int, typed: redacting.Wanted = NO_WORDS, problems: Sequence[Problem] = ()) -> str:
    """Draw one passage with the form that takes something out of it."""
    here = services()
    found, refs = _found(number)
    with reading(here.engine) as connection:
        place = redacting.content_of(connection, number).passage(at)
        if place is None or found.sealed_at is not None:
            raise BundleNotFound("There is no such passage, or the bundle is sealed.")
        chapter, shown = place
        entries = [each for each in redacting.taken_out(connection, number) if each.passage == at]
        names = names_of(connection, _people(entries))
        picture = paper_words.picture(photographs.picture(connection, shown.photograph)) if shown.photograph else ""
    here.cases.note_reading(*refs, by=actor(), purpose=PURPOSE, classes=found.holds, now=here.clock())
    return flask.render_template(
        "bundle_passage.html",
        found=found,
        at=at,
        chapter=chapter,
        passage=shown,
        picture=picture,
        taken_out=[(each, bundle_words.taken_out(each, names)) for each in entries],
        grounds=found.grounds,
        extents={name: words for name, words in EXTENTS.items() if name != redacting.WORDS or not shown.is_whole},
        typed=typed,
        **govuk.told(problems),
    )


def _people(entries: Sequence[TakenOut]) -> set[str]:
    return {name for each in entries for name in (each.taken_by, each.back_by) if name}


def _back(found: Bundle) -> str:
    """Give the address of the page on which a bundle is made."""
    if found.kind == SUBJECT_ACCESS:
        return flask.url_for("bundles.child_form", reference=found.about)
    return flask.url_for("bundles.case_form", case_id=found.about)


def _form(
    reference: str, problems: Sequence[Problem], refs: Collection[str], classes: frozenset[str] | None = None
) -> str:
    """Draw the form, and the bundles that were made; what was typed stays. Whom they name is written down as a look."""
    here, typed = services(), flask.request.form
    with reading(here.engine) as connection:
        every = redacting.about(connection, refs, SUBJECT_ACCESS if classes is None else AS_KNOWN)
    made = [each for each in every if classes is None or each.holds <= classes]
    if made:
        held = frozenset[str]().union(*(each.holds for each in made))
        here.cases.note_reading(*refs, by=actor(), purpose=PURPOSE, classes=held, now=here.clock())
    return flask.render_template(
        "bundle_form.html",
        reference=reference,
        of_case=classes is not None,
        governs=GOVERNS in actor().roles,
        made=made,
        classes=[{"value": name, "text": words} for name, words in DATA_CLASS.items() if name in (classes or ())],
        chosen=typed.getlist("classes") if typed else [],
        bases=[{"value": "", "text": "Choose one"}]
        + [{"value": key, "text": words} for key, words in DISCLOSURE_BASIS.items()],
        typed=typed,
        **govuk.told(problems),
    )
