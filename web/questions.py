"""The questions of a form as a list: added, reworded, moved, asked only after an answer, and taken out, without its text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import flask
from flask.typing import ResponseReturnValue

from engine.drafted import Draft
from engine.errors import Conflict, Invalid, NotFound, Problem
from engine.forms import editing, filled
from engine.publishing import stamp_of
from web import draft_words, kept_words, question_words
from web.access import actor, roles
from web.draft_words import problems_of, running, shelf
from web.errors import sentence_of
from web.govuk import told
from web.previews import preview
from web.question_words import FIELDS
from web.services import services
from workflows import checking
from workflows.drafts import EDITOR, READERS
from workflows.vocabulary import DATA_CLASS

page = flask.Blueprint("questions", __name__, url_prefix="/procedures/<procedure>/draft/files/<name>/questions")

NAMES = ("kind", "after", *FIELDS)
"""What the page of a question sends."""
LONGEST = 4_000
GONE = "Somebody else has taken this question out, or put another in its place. Below is what you typed."
CHANGED = "Somebody else has changed this question after you opened the page. Below is what you typed: compare it with what stands now, and save it again."


@page.get("")
@roles(*READERS)
def listed(procedure: str, name: str) -> ResponseReturnValue:
    """List the questions of a form."""
    draft = _draft(procedure, name)
    try:
        root = editing.root_of(draft.files[name])
    except Invalid as refusal:
        flask.flash(refusal.problems[0].sentence, "problems")
        return flask.redirect(flask.url_for("modeller.file", procedure=procedure, name=name), 303)
    problems = [each.problem for each in problems_of(draft) if each.file == name]
    return flask.render_template(
        "questions.html",
        procedure=procedure,
        name=name,
        title=draft_words.titles({name: draft.files[name]})[name],
        lines=list(editing.lines(root["components"])),
        stamp=stamp_of(draft.files[name]),
        present=kept_words.beside(procedure, f"{name}/{kept_words.QUESTIONS}"),
        may_edit=EDITOR in actor().roles,
        problems=[each.sentence for each in problems],
        shown=preview(name, checking.look(draft.files, name, draft.files[name]).form, problems),
    )


@page.get("/one")
@roles(*READERS)
def one(procedure: str, name: str) -> ResponseReturnValue:
    """Show one question to be reworded, or ask for the kind of a new one, then for the rest."""
    draft, asked = _draft(procedure, name), flask.request.args
    root = editing.root_of(draft.files[name])
    key = asked.get("key", "")
    place = editing.place_of(root, key) if key not in {"", kept_words.NEW} else asked.get("place", "")
    own = editing.found(root, place) if place else {}
    kept = kept_words.typed(procedure, _kept_at(name, own))
    if kept is not None and asked.get("kept"):
        given = kept.first()
        return _page(draft, name, place, given, resumed=kept, sign=given.get("seen", ""))
    given = filled.given_of(own) if place else {"required": "yes", "kind": asked.get("kind", "")}
    return _page(draft, name, place, given, kept=kept)


@page.post("/one")
@roles(EDITOR)
def put(procedure: str, name: str) -> ResponseReturnValue:
    """Add a question, or change one; what is missing is said on its page, and what was typed is kept."""
    draft, place = _draft(procedure, name), flask.request.args.get("place", "")
    sent = flask.request.form
    given = {each: sent.get(each, "").replace("\r\n", "\n").strip()[:LONGEST] for each in NAMES}
    root = editing.root_of(draft.files[name])
    here = _kept_at(name, _standing(root, place))
    try:
        place = _fresh(draft, name, root, place, moves=bool(given["after"]))
        here = _kept_at(name, _standing(root, place))
        editing.put(root, place, given)
        _save(draft, name, editing.text_of(root), stamp_of(draft.files[name]))
    except Invalid as refusal:
        return _page(draft, name, place, given, refusal.problems), 422
    except Conflict as refusal:
        kept_words.keep(procedure, here, sent)
        return _page(draft, name, place, given, [Problem("label", "stale", sentence_of(refusal))], is_stale=True), 409
    kept_words.forget(procedure, here)
    flask.flash("Saved. The form is checked again.", "done")
    return _back(procedure, name)


def _fresh(draft: Draft, name: str, root: filled.Component, place: str, *, moves: bool) -> str:
    """Find where the question stands that somebody had before them; refused with `Conflict` where it is another now.

    A new one, and one that goes elsewhere, name their place by others: for these nothing of the form may have changed.
    """
    sent = flask.request.form
    is_same = stamp_of(draft.files[name]) == sent.get("stamp", "")
    if is_same:
        return place
    if not place or moves:
        raise Conflict(
            "Somebody else has changed this form after you opened the page. Look at it again, and save once more."
        )
    wanted = sent.get("seen", "")
    if question_words.sign_of(_standing(root, place)) == wanted:
        return place
    placed = editing.placed(root["components"])
    found = next((each for each, one in placed if question_words.sign_of(one) == wanted), None)
    if found is None:
        raise Conflict(CHANGED if _standing(root, place) else GONE)
    return found


def _standing(root: filled.Component, place: str) -> filled.Component:
    """Give what stands at a place now; nothing where there is none any more."""
    try:
        return editing.found(root, place) if place else {}
    except NotFound:
        return {}


def _kept_at(name: str, own: filled.Component) -> str:
    """Name the place under which what is typed of a question is kept."""
    key = filled.key_of(own) if own else kept_words.NEW
    return f"{name}/{kept_words.QUESTIONS}/{key or 'text'}"[: kept_words.LONGEST_PLACE]


@page.post("/act")
@roles(EDITOR)
def act(procedure: str, name: str) -> ResponseReturnValue:
    """Move a question up or down, or take it out."""
    draft, sent = _draft(procedure, name), flask.request.form
    root, place = editing.root_of(draft.files[name]), sent.get("place", "")
    match sent.get("do"):
        case "up":
            editing.moved(root, place, -1)
        case "down":
            editing.moved(root, place, 1)
        case "out":
            editing.removed(root, place)
        case _:
            flask.abort(400)
    try:
        _save(draft, name, editing.text_of(root), sent.get("stamp", ""))
    except Invalid as refusal:
        flask.flash(refusal.problems[0].sentence, "problems")
    except Conflict as refusal:
        flask.flash(sentence_of(refusal), "problems")
    return _back(procedure, name)


def _draft(procedure: str, name: str) -> Draft:
    running(procedure)
    draft = shelf().get(procedure)
    if name not in draft.files or not name.endswith(".form"):
        raise NotFound("There is no such form in the draft.")
    return draft


def _save(draft: Draft, name: str, text: str, stamp: str) -> None:
    """Save the form, where nobody else changed it since it had this stamp."""
    shelf().save(draft.procedure, name, text, stamp=stamp, by=actor().person, now=services().clock())


def _back(procedure: str, name: str) -> ResponseReturnValue:
    return flask.redirect(flask.url_for("questions.listed", procedure=procedure, name=name), 303)


def _page(
    draft: Draft,
    name: str,
    place: str,
    given: Mapping[str, str],
    problems: Sequence[Problem] = (),
    *,
    is_stale: bool = False,
    kept: kept_words.Typed | None = None,
    resumed: kept_words.Typed | None = None,
    sign: str = "",
) -> str:
    """Draw the page of one question; `sign` is that of the question from which what is resumed was made."""
    root = editing.root_of(draft.files[name])
    own = _standing(root, place)
    kind = filled.kind_of(own) if own else given.get("kind", "")
    now = question_words.sign_of(own)
    is_other = is_stale or (resumed is not None and sign != now)
    return flask.render_template(
        "question.html",
        procedure=draft.procedure,
        name=name,
        place=place if own else "",
        given=given,
        kind=kind if kind in filled.KINDS else "",
        kinds=[{"value": key, "text": words} for key, words in filled.KINDS.items()],
        from_case=str(own.get("valuesExpression") or ""),
        in_list=bool(own) and editing.is_in_list(root, place),
        **_offered(draft, root, place if own else "", kind, given),
        standing=question_words.standing_beside(own, given) if own and is_other else [],
        stamp=stamp_of(draft.files[name]) if resumed is None else given.get("stamp", ""),
        seen=sign or now,
        at=_kept_at(name, own),
        present=kept_words.beside(draft.procedure, _kept_at(name, own)),
        kept=kept,
        resumed=resumed,
        may_edit=EDITOR in actor().roles,
        **told(problems),
    )


def _offered(
    draft: Draft, root: filled.Component, place: str, kind: str, given: Mapping[str, str]
) -> dict[str, list[dict[str, str]]]:
    """Give what is picked on the page of a question: who may read it, when it is asked, where, its rule, what fills it in."""
    stays = "Where it stands now" if place else "At the end of the page"
    known = question_words.known(draft.procedure, draft.files, kind)
    fills = given.get("prefill", "")
    if fills and fills not in dict(known):
        known.insert(0, (fills, f"As it is written in the form: {fills}"))
    rules = [(key, words) for key, (words, kinds) in filled.RULES.items() if kind in kinds]
    answers = editing.answers(root, place)
    when = given.get("when", "")
    if when not in {"", filled.OWN, *dict(answers)}:
        answers.append((when, f"As it is written in the form: {when}"))
    return {
        "classes": _items([("", "Choose one"), *((key, f"{words} ({key})") for key, words in DATA_CLASS.items())]),
        "places": _items([("", stays), *editing.places(root, place)]),
        "conditions": _items([("", "Always"), *answers, (filled.OWN, "By a condition of its own, written in FEEL")]),
        "rules": _items([("", "None"), *rules]),
        "shapes": _items(question_words.SHAPES.items()),
        "known": _items([("", "Nothing: it begins empty"), *known]),
    }


def _items(told: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"value": key, "text": words} for key, words in told]
