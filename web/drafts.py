"""The procedures, and the draft of one on its way to a release: begun, checked, compared, proposed, approved by another."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Collection, Sequence

import flask
from flask.typing import ResponseReturnValue

from engine import archives
from engine.drafted import CHANGES, Draft
from engine.errors import Conflict, Invalid, NotAllowed, NotFound, Problem, Refusal
from engine.release import plain
from engine.store import reading
from engine.texts import decoded
from engine.views import ReleaseRow
from web import draft_words, kept_words, release_words
from web.access import actor, roles
from web.change_words import compared
from web.draft_words import problems_of, remarks_of, running, shelf, shown_problems
from web.errors import kind_of, sentence_of
from web.moments import LONDON
from web.services import services
from workflows import catalogue, checking, unsaved
from workflows.agencies import KINDS
from workflows.checking import Files
from workflows.draft_parties import AGREEING, parties_of
from workflows.drafts import APPROVER, EDITOR, READERS

page = flask.Blueprint("drafts", __name__)

SHOWN_AT_ONCE = 10
OUTCOMES = frozenset({"proposed", "sent_back"})
"""Of these events the latest says whether a draft that is open was sent back."""


class NotYourDraft(NotAllowed):
    """The draft concerns other agencies."""


@page.get("/procedures")
@roles(*READERS)
def procedures() -> ResponseReturnValue:
    """List the procedures, each with its running release and its draft."""
    entries = []
    for procedure in catalogue.procedures():
        try:
            entries.append(_entry(procedure))
        except NotFound:  # shipped, and not published here
            continue
    return flask.render_template("procedures.html", entries=entries)


@page.get("/procedures/<procedure>")
@roles(*READERS)
def procedure(procedure: str) -> ResponseReturnValue:
    """Show the releases of a procedure, and the ways to a draft."""
    return _procedure_page(procedure)


@page.post("/procedures/<procedure>/draft")
@roles(EDITOR)
def begin(procedure: str) -> ResponseReturnValue:
    """Begin a draft from the running release, or go on with the one that is there."""
    running(procedure)
    if shelf().find(procedure) is None:
        try:
            shelf().begin(procedure, by=actor().person, now=services().clock())
        except Conflict as refusal:  # somebody began one at the same moment: go on with that one
            flask.flash(sentence_of(refusal), "note")
    return _to_draft(procedure)


@page.post("/procedures/<procedure>/draft/archive")
@roles(EDITOR)
def begin_from_archive(procedure: str) -> ResponseReturnValue:
    """Begin a draft from an archive that somebody brings."""
    running(procedure)
    return _from(
        procedure,
        "archive",
        lambda: checking.unpacked(_brought("archive", "Choose the archive: a file that ends with .zip")),
    )


@page.post("/procedures/<procedure>/draft/diagram")
@roles(EDITOR)
def begin_from_diagram(procedure: str) -> ResponseReturnValue:
    """Begin a draft from a diagram that another tool wrote; what has to be settled stands at its elements."""
    running(procedure)

    def made() -> Files:
        text = plain(decoded(_brought("diagram", "Choose the diagram: a file that ends with .bpmn or .xml"), "diagram"))
        found = checking.imported(
            f"{procedure}.bpmn", text, procedure, pool=flask.request.form.get("pool", "").strip()[:200]
        )
        found.require_nothing_refused()
        return found.files

    return _from(procedure, "diagram", made)


@page.post("/procedures/<procedure>/draft/brought")
@roles(EDITOR)
def begin_from_brought(procedure: str) -> ResponseReturnValue:
    """Begin a draft from what was brought, as it was decided: with the other files of the running release, or without."""
    base_id, _name = running(procedure)
    form = flask.request.form
    others = {} if form.get("others") == "remove" else services().cases.library.files(base_id)
    return _from(
        procedure,
        "archive",
        lambda: {**others, **checking.unpacked(_shown_again())},
        is_decided=True,
    )


def _from(procedure: str, field: str, read: Callable[[], Files], *, is_decided: bool = False) -> ResponseReturnValue:
    """Begin a draft from files that were brought; where others of the running release are not among them, ask first what becomes of these."""
    base_id, name = running(procedure)
    try:
        files = read()
        before = services().cases.library.files(base_id)
        if not is_decided and shelf().find(procedure) is None and before.keys() - files.keys():
            return _ask_first(procedure, name, before, files)
        shelf().begin(procedure, by=actor().person, now=services().clock(), files=files)
    except Invalid as refusal:
        problems = [{"text": problem.sentence, "href": f"#{field}"} for problem in refusal.problems]
        return _procedure_page(procedure, problems=problems), 422
    except Conflict as refusal:
        return _procedure_page(procedure, problems=[{"text": sentence_of(refusal)}]), 409
    flask.flash("What you brought is a draft now. The running release has not changed.", "done")
    return _to_draft(procedure)


def _ask_first(procedure: str, name: str, before: Files, files: Files) -> str:
    """Say which files of the running release would be replaced, which are new and which are others, and ask what becomes of these."""
    titles = draft_words.titles({**before, **files})

    def listed(names: Collection[str]) -> list[tuple[str, str]]:
        return [(each, titles[each]) for each in sorted(names)]

    return flask.render_template(
        "draft_brought.html",
        procedure=procedure,
        name=name,
        replaced=listed({each for each in before.keys() & files.keys() if before[each] != files[each]}),
        new=listed(files.keys() - before.keys()),
        others=listed(before.keys() - files.keys()),
        brought=b64encode(archives.pack(files)).decode(),
    )


def _shown_again() -> bytes:
    """Give the archive that the page of the question carried; nothing where it is none any more."""
    try:
        return b64decode(flask.request.form.get("brought", "").encode())
    except ValueError:
        return b""


def _brought(field: str, sentence: str) -> bytes:
    """Read the file that was sent; refused with `Invalid` where none was chosen."""
    sent = flask.request.files.get(field)
    data = sent.read() if sent else b""
    if not data:
        raise Invalid([Problem(field, "file-missing", sentence)])
    return data


@page.get("/procedures/<procedure>/draft")
@roles(*READERS)
def draft(procedure: str) -> ResponseReturnValue:
    """Show a draft: how it stands, its problems, its files, its history."""
    return _draft_page(procedure)


@page.get("/procedures/<procedure>/draft/changes")
@roles(*READERS)
def changes(procedure: str) -> ResponseReturnValue:
    """Show in words what a draft changes against the running release."""
    base_id, name = running(procedure)
    library = services().cases.library
    number = library.releases(procedure)[0].number

    def drawn(file: str) -> str:
        return flask.url_for("releases.draft_diagram", procedure=procedure, name=file)

    return flask.render_template(
        "draft_changes.html",
        name=name,
        caption=f"Draft: {name}",
        against=f"release {number}, which is running",
        back=("The draft", flask.url_for("drafts.draft", procedure=procedure)),
        found=compared(procedure, library.files(base_id), shelf().get(procedure).files),
        one="Running",
        other="Draft",
        addresses=(release_words.drawn(procedure, number), drawn),
        kinds=draft_words.KINDS,
        kind_of=draft_words.kind_of,
    )


@page.get("/procedures/<procedure>/draft.zip")
@roles(*READERS)
def draft_archive(procedure: str) -> ResponseReturnValue:
    """Give the files of a draft as an archive."""
    running(procedure)
    return release_words.archive(shelf().get(procedure).files, f"{procedure}-draft")


@page.post("/procedures/<procedure>/draft/files")
@roles(EDITOR)
def add_file(procedure: str) -> ResponseReturnValue:
    """Add a form or a decision table that begins with one question or one row."""
    running(procedure)
    given, kind = flask.request.form.get("name", "").strip(), flask.request.form.get("kind", "")
    if kind not in draft_words.STARTERS:
        flask.abort(400)
    name = f"{given}.{kind}"
    text = draft_words.STARTERS[kind] % {"id": given, "title": draft_words.stem(name)}
    try:
        shelf().save(procedure, name, text, stamp="", by=actor().person, now=services().clock())
    except (Invalid, Conflict) as refusal:
        return _refused(procedure, refusal, "name")
    flask.flash(f"{name} was added. Put it in words, then save it.", "done")
    return flask.redirect(flask.url_for("modeller.file", procedure=procedure, name=name), 303)


@page.post("/procedures/<procedure>/draft/propose")
@roles(EDITOR)
def propose(procedure: str) -> ResponseReturnValue:
    """Propose the draft to those who approve."""

    def act(digest: str, reason: str) -> None:
        shelf().propose(procedure, digest=digest, reason=reason, by=actor().person, now=services().clock())

    return _decided(procedure, act, "The draft is proposed. Somebody else must approve it now.")


@page.post("/procedures/<procedure>/draft/agree")
@roles(*AGREEING)
def agree(procedure: str) -> ResponseReturnValue:
    """Agree to a proposal for the agencies of one's own that it concerns."""
    mine = parties_of(actor().roles)

    def act(digest: str, _reason: str) -> None:
        for party in sorted(mine & (shelf().get(procedure).parties or mine)) or sorted(mine):
            shelf().agree(procedure, party, digest=digest, by=actor().person, now=services().clock())

    return _decided(procedure, act, "You have agreed to the draft as it stands. Any change of it would ask you again.")


@page.post("/procedures/<procedure>/draft/send-back")
@roles(*READERS)
def send_back(procedure: str) -> ResponseReturnValue:
    """Send a proposal back with a reason, or take one's own back."""

    def act(digest: str, reason: str) -> None:
        found = shelf().get(procedure)
        if not actor().roles & {EDITOR, APPROVER} and not parties_of(actor().roles) & (found.parties or frozenset()):
            raise NotYourDraft("This change does not concern your agency: only those whom it concerns send it back.")
        shelf().send_back(procedure, digest=digest, reason=reason, by=actor().person, now=services().clock())

    return _decided(procedure, act, "The draft is open for changes again.")


@page.post("/procedures/<procedure>/draft/drop")
@roles(EDITOR)
def drop(procedure: str) -> ResponseReturnValue:
    """Give the draft up."""

    def act(digest: str, reason: str) -> None:
        shelf().drop(procedure, digest=digest, reason=reason, by=actor().person, now=services().clock())

    said = "The draft was dropped. The running release has not changed."
    return _decided(procedure, act, said, gone=True, field="drop-reason")


@page.post("/procedures/<procedure>/draft/approve")
@roles(APPROVER)
def approve(procedure: str) -> ResponseReturnValue:
    """Approve what was proposed: it is the running release from now on."""

    def act(digest: str, reason: str) -> None:
        shelf().approve(procedure, digest=digest, by=actor().person, now=services().clock(), reason=reason)

    said = "Published. New cases start on this release; cases that are open stay on theirs."
    return _decided(procedure, act, said, gone=True, field="approve-reason")


def _decided(
    procedure: str, act: Callable[[str, str], None], said: str, *, gone: bool = False, field: str = "reason"
) -> ResponseReturnValue:
    """Carry a decision about a draft out; a refusal is said on the draft's page, and what was typed stays there."""
    running(procedure)
    form = flask.request.form
    try:
        act(form.get("digest", ""), form.get("reason", ""))
    except NotFound:
        raise
    except Refusal as refusal:
        return _refused(procedure, refusal, field)
    flask.flash(said, "done")
    return flask.redirect(flask.url_for("drafts.procedure", procedure=procedure), 303) if gone else _to_draft(procedure)


def _refused(procedure: str, refusal: Refusal, field: str) -> ResponseReturnValue:
    """Show the draft with what was refused, and what was typed."""
    status = kind_of(refusal).status
    if isinstance(refusal, Invalid):
        own = [problem for problem in refusal.problems if problem.where == field.rpartition("-")[2]]
        refused = [{"text": problem.sentence, "href": f"#{field}"} for problem in own]
        if not own:
            refused = [{"text": "The draft has problems. Put them right first."}]
            refused += [{"text": problem.sentence} for problem in refusal.problems[:SHOWN_AT_ONCE]]
        return _draft_page(procedure, refused=refused), status
    return _draft_page(procedure, refused=[{"text": sentence_of(refusal)}]), status


def _draft_page(procedure: str, refused: Sequence[dict[str, str]] = ()) -> str:
    """Draw the page of a draft."""
    base_id, name = running(procedure)
    found = shelf().get(procedure)
    history = shelf().history(found.id)
    before = services().cases.library.files(base_id)
    problems = problems_of(found)
    hands = {event.by for event in history if event.kind in CHANGES}
    changes = draft_words.changes_of(before, found.files)
    lines = draft_words.lines(found, before, changes, problems)
    doubted = [each for each in remarks_of(found) if found.files.get(each.file) != before.get(each.file)]
    held, who = actor().roles, actor().person
    involved = who in hands or who == found.proposed_by
    return flask.render_template(
        "draft.html",
        procedure=procedure,
        name=name,
        draft=found,
        names=draft_words.names({event.by for event in history} | {found.changed_by}),
        history=history,
        **_at_work(found),
        outcome=next((each for each in history if each.kind in OUTCOMES), None),
        events=draft_words.EVENTS,
        problems=shown_problems(problems, procedure),
        remarks=shown_problems(doubted, procedure),
        **_agreements(found, before, problems=bool(problems)),
        lines=lines,
        touched=[line for kind in lines.values() for line in kind if line.standing or line.problem_count],
        kinds=draft_words.KINDS,
        changes=changes,
        quiet=draft_words.quiet_in(before, found.files, changes),
        may_edit=EDITOR in held,
        may_approve=APPROVER in held,
        involved=involved,
        refused=refused,
        typed=flask.request.form,
    )


def _agreements(found: Draft, before: Files, *, problems: bool) -> dict[str, object]:
    """Give what a draft's page says of the agencies that have to agree; `own` are those for which this person still does."""
    parties = parties_of(actor().roles)
    return {
        "approvals": [] if problems else draft_words.approvals(found, before),
        "agencies": KINDS,
        "concerned": bool(parties & (found.parties or frozenset())),
        "own": draft_words.owed(found, parties),
    }


def _at_work(found: Draft) -> dict[str, object]:
    """Give who else has a draft open, and what this person has changed in it and not saved."""
    with reading(services().engine) as connection:
        mine = unsaved.of_person(connection, actor().person, found.procedure)
    kept = [each for each in mine if each.text != found.files.get(each.file)]
    return {
        "present": kept_words.beside(found.procedure),
        "unsaved": kept_words.waiting(found.procedure, kept),
    }


def _procedure_page(procedure: str, problems: Sequence[dict[str, str]] = ()) -> str:
    """Draw the page of a procedure."""
    entry = _entry(procedure)
    releases = services().cases.library.releases(procedure)
    behind = shelf().behind(procedure)
    signed = {row.published_by for row in releases} | {draft.proposed_by for draft in behind.values()}
    return flask.render_template(
        "procedure.html",
        **entry,
        releases=releases,
        update=release_words.update_of(procedure) is not None,
        behind=behind,
        names=draft_words.names(signed),
        may_edit=EDITOR in actor().roles,
        problems=problems,
    )


def _entry(procedure: str) -> dict[str, object]:
    """Give what the list says of one procedure."""
    _, name = running(procedure)
    release: ReleaseRow = services().cases.library.releases(procedure)[0]
    found: Draft | None = shelf().find(procedure)
    counts = release_words.case_counts(procedure)
    signed = draft_words.names({release.published_by, *([found.changed_by] if found else [])})
    return {
        "procedure": procedure,
        "name": name,
        "release": release,
        "since": release.published_at.astimezone(LONDON).date(),
        "published_by": signed[release.published_by],
        "cases": counts,
        "open_count": counts.get(release.id, (0, 0))[0],
        "draft": found,
        "changed_by": signed[found.changed_by] if found else "",
        "problem_count": len(problems_of(found)) if found else 0,
    }


def _to_draft(procedure: str) -> ResponseReturnValue:
    return flask.redirect(flask.url_for("drafts.draft", procedure=procedure), 303)
