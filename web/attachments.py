"""The files of a case: attached with what they are and whom they are for, listed, and given to who may read them, each look written down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from engine.errors import Invalid, NotAllowed, Problem
from engine.store import reading, writing
from web import amendment_words, attachment_words, beside_case, case_access, govuk, sent_files
from web.access import actor, signed_in
from web.answering import new_key
from web.attachment_words import SEALED_OFF
from web.case_access import Beside
from web.episode_words import names_of
from web.services import services
from workflows import amendments, attachments, readership
from workflows.attachments import MEGABYTE, WHAT, Limits, Sent
from workflows.file_kinds import KINDS
from workflows.kept_things import ATTACHMENT
from workflows.vocabulary import DATA_CLASS

page = flask.Blueprint("attachments", __name__)

PURPOSE, TAKEN = "casework, files", "casework, a file"


class NoFilesHere(NotAllowed):
    """This installation takes no files, since none would be scanned."""


@page.url_value_preprocessor
def _let_a_file_in(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Take more at this address than elsewhere; it stands before whatever reads the form."""
    if endpoint == "attachments.add":
        sent_files.let_in(services().settings.file_megabytes * MEGABYTE)


@page.get("/cases/<case_id>/attachments")
@signed_in
def listed(case_id: str) -> ResponseReturnValue:
    """List the files that this person may read, and ask for another; who looked is written down first."""
    return _page(case_id, [])


@page.post("/cases/<case_id>/attachments")
@signed_in
def add(case_id: str) -> ResponseReturnValue:
    """Keep a file that was sent, or say all that is wrong."""
    here, who, form = services(), actor(), flask.request.form
    settings = here.settings
    may = beside_case.addable(case_id)
    if not settings.takes_files:
        raise NoFilesHere("Files cannot be attached here, because nothing would check them for viruses.")
    content, name = sent_files.read(settings.file_megabytes * MEGABYTE)
    task = beside_case.task_of(case_id)
    said = {each: form.get(each, "") for each in ("title", "what", "data_class")}
    sent = Sent(content, name, **said, task=task.number if task else None, key=form.get("key", "")[:40])
    limits = Limits(settings.file_megabytes * MEGABYTE, settings.case_megabytes * MEGABYTE)
    try:
        with writing(here.engine) as connection:
            attachments.add(
                connection, case_id, sent, may=may, limits=limits, is_scanned=settings.has_scanner, by=who, now=here.clock()
            )  # fmt: skip
    except Invalid as refusal:
        return _page(case_id, refusal.problems), 422
    waits = " It is being checked, and can be downloaded once it is found clean." if settings.has_scanner else ""
    flask.flash(f"The file is attached.{waits}", "done")
    return flask.redirect(flask.url_for("attachments.listed", case_id=case_id), 303)


@page.get("/cases/<case_id>/attachments/<int:number>")
@signed_in
def file(case_id: str, number: int) -> ResponseReturnValue:
    """Give a file to be kept, and never to be shown in the page; who took it is written down first."""
    here, who, now = services(), actor(), services().clock()
    classes = case_access.readable(here.engine, who, case_id, now=now)
    with reading(here.engine) as connection:
        found = attachments.find(connection, case_id, number, classes)
        content = attachments.contents(connection, [number]).get(number, b"")
    here.cases.note_reading(case_id, by=who, purpose=TAKEN, classes=frozenset({found.data_class}), now=now)
    answer = flask.Response(content, mimetype=KINDS[found.kind].media_type)
    answer.headers.set("Content-Disposition", "attachment", filename=found.name)
    answer.headers["Content-Security-Policy"] = SEALED_OFF
    return answer


def _page(case_id: str, problems: Sequence[Problem]) -> str:
    here, who, now = services(), actor(), services().clock()
    classes = case_access.readable(here.engine, who, case_id, now=now)
    glass = case_access.opened_until(here.engine, who, case_id, now=now)
    beside = Beside() if glass else case_access.beside(here.engine, who, case_id, classes, now=now)
    may = beside.adds
    task = beside_case.task_of(case_id)
    with reading(here.engine) as connection:
        lines, _others = attachment_words.lines(connection, case_id, classes)
        before = [each for each in amendments.among(connection, [case_id]) if each.kind == ATTACHMENT]
        names = names_of(connection, {each.by for each in before})
        readers = readership.of(connection, case_id, now) if may else None
    here.cases.note_reading(case_id, by=who, purpose=PURPOSE, classes=classes & DATA_CLASS.keys(), now=now)
    typed = flask.request.form if problems else {}
    return flask.render_template(
        "attachments.html",
        case_id=case_id,
        lines=lines,
        history=amendment_words.rows(before, classes, names),
        may=may,
        may_amend={
            each.id
            for each in lines
            if each.data_class in (beside.own if each.added_by == who.person else beside.others)
        },
        takes_files=here.settings.takes_files,
        is_scanned=here.settings.has_scanner,
        most=here.settings.file_megabytes,
        what=WHAT,
        classes=beside_case.choices(readers, may),
        task=task,
        typed={"data_class": beside_case.class_of(case_id, task) if task else ""} | dict(typed),
        key=new_key(),
        **govuk.told(problems),
    )
