"""A bundle as files: pages that print well and the same for a machine; and what is drawn of a child beside the cases."""

from __future__ import annotations

import io
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

import flask
import sqlalchemy as sa

from engine.frozen import frozen
from engine.model import Facts
from engine.release import Compiled
from web import amendment_words, carer_words
from web.attachment_words import size_in_words
from web.fact_words import Row, row, sections, text_of
from web.moments import say_day, say_key, say_moment
from workflows import (
    absences,
    amendments,
    attachments,
    bundles,
    child_details,
    children,
    comments,
    concerns,
    disclosures,
    kept_things,
    philomena,
    photographs,
    trigger_plans,
)
from workflows.access import COPIED, NEVER_COPIED
from workflows.amendments import Amendment
from workflows.attachments import WHAT
from workflows.bundles import MASK, Masking, Others
from workflows.children import Child
from workflows.concerns import Concern
from workflows.file_kinds import KINDS
from workflows.kept_things import ATTACHMENT, IMPORTED_FLAG, IMPORTED_PLAN, PHOTOGRAPH
from workflows.people import OrganisationRow
from workflows.redacting import EXTENTS, GROUNDS, Bundle, Chapter, Content, Passage, TakenOut
from workflows.vocabulary import DATA_CLASS, DISCLOSURE_BASIS, FLAG, LOOKED_AFTER, RISK_LEVEL, words

OF_THE_CHILD = (
    "summary", "what_works", "child_words", "health", "allergies", "transport_habits", "phone_and_social", "money",
)  # fmt: skip
"""The parts of a trigger plan that are about the child and nobody else."""


CARER, AWAY, CONCERN, PLAN = "What your carer wrote", "Short absences", "People and places of concern", "Trigger plan"
PUT_RIGHT, FILES, COMMENTS = "What was put right or withdrawn", "Files", "Comments"
TYPED = frozenset({CARER, AWAY, CONCERN, PLAN, PUT_RIGHT, FILES, COMMENTS})
"""What is drawn beside the cases and was typed: a name may stand in it that no field holds."""


@frozen
class Part:
    """The facts of one case as they are given, at a moment."""

    case_id: str
    release: Compiled
    facts: Facts
    at: datetime


def content(
    title: str, parts: Sequence[Part], drawn: Iterable[Chapter], noted: Masking, cases: Iterable[str]
) -> Content:
    """Put together what a bundle holds: what is drawn beside the cases, and each case by its records."""
    labels = {place: label for part in parts for place, label in _labels(part.release).items()}
    beside = tuple(drawn)
    typed = [
        f"{chapter.title}: {passage.label}"
        for chapter in beside
        for passage in chapter.passages
        if chapter.title in TYPED and passage.text != MASK
    ]
    return Content(
        title,
        tuple(cases),
        (*beside, *(chapter for part in parts for chapter in _chapters(part))),
        tuple((labels.get((record, name), say_key(name)), whom) for record, name, whom in noted.masked),
        (*typed, *(labels.get(place, say_key(place[1])) for place in noted.to_read)),
    )


def of_the_child(
    connection: sa.Connection, child_id: str, refs: Collection[str], others: Others
) -> tuple[Chapter, ...]:
    """Say what is kept of a child beside the cases, with everybody else masked: who it is, and to whom something was given."""
    child = children.find(connection, child_id)
    own: tuple[tuple[str, list[Row]], ...] = ()
    if child is not None:
        own = (
            ("Who you are", _who(connection, child)),
            ("Flags", _flags(connection, child_id)),
            ("Episodes", _episodes(connection, child_id)),
            (PLAN, _plans(connection, child_id)),
            *_beside_the_cases(connection, child_id, refs, others),
        )
    found = (*own, ("To whom something was given", _given(connection, refs, others)))
    return (
        *_masked(found, others),
        *_photographs(connection, child_id),
        *beside_cases(connection, refs, COPIED, others),
    )


def beside_cases(
    connection: sa.Connection,
    refs: Collection[str],
    classes: Collection[str],
    others: Others,
    until: datetime | None = None,
) -> tuple[Chapter, ...]:
    """Give what stands beside cases in these data classes and was there at a moment: the comments, and the list of the files."""
    said = tuple(
        Passage(f"Comment, {say_moment(each.written_at)}", others.mask(each.text))
        for each in reversed(comments.among(connection, refs))
        if each.data_class in classes and (until is None or each.written_at <= until)
    )
    chapters = (Chapter("", COMMENTS, said),) if said else ()
    return (*chapters, *_files(connection, refs, classes, others, until))


def _files(
    connection: sa.Connection,
    refs: Collection[str],
    classes: Collection[str],
    others: Others,
    until: datetime | None,
) -> tuple[Chapter, ...]:
    """List the files of cases that are of these data classes, and were attached until a moment; each goes as a whole or not at all."""
    found = tuple(
        Passage(
            others.mask(each.title),
            f"{WHAT[each.what]}. {KINDS[each.kind].words}, {size_in_words(each.size)}, attached {say_moment(each.added_at)}, "
            f"SHA-256 {each.sha256}. In the file attachment-{each.id}{KINDS[each.kind].ending}",
            attachment=each.id,
            file=f"attachment-{each.id}{KINDS[each.kind].ending}",
        )
        for each in attachments.among(connection, refs)
        if each.data_class in classes and each.is_given and (until is None or each.added_at <= until)
    )
    return (Chapter("", FILES, found),) if found else ()


def picture_name(number: int) -> str:
    """Name the file of a photograph."""
    return f"photograph-{number}.jpg"


def _masked(found: Iterable[tuple[str, Sequence[Row]]], others: Others) -> tuple[Chapter, ...]:
    """Give rows as passages in which nobody else is named."""
    return tuple(
        Chapter("", title, tuple(Passage(each["key"]["text"], others.mask(text_of(each))) for each in rows))
        for title, rows in found
        if rows
    )


def _who(connection: sa.Connection, child: Child) -> list[Row]:
    """Say who a child is, as its record has it."""
    details = child_details.of_child(connection, child.child_id)
    return [
        row("Name", child.name),
        row("Known as", child.known_as or "Not recorded"),
        row("Born", say_day(child.born_on) if child.born_on else "Not recorded"),
        row("Looked after", LOOKED_AFTER.get(child.looked_after, "Not recorded")),
        *(row(detail.words, value) for detail, _said, value in child_details.readable(details, DATA_CLASS)),
    ]


def _episodes(connection: sa.Connection, child_id: str) -> list[Row]:
    """Give the episodes, those from before the cut-over too."""
    return [
        row(
            each.case_id,
            f"Reported {say_moment(each.reported_at)}. {RISK_LEVEL.get(each.level, '')}\n{each.unfinished}".strip(),
        )
        for each in children.episodes_of(connection, child_id)
    ]


def _plans(connection: sa.Connection, child_id: str) -> list[Row]:
    """Give the trigger plans, as far as they are about the child and nobody else."""
    return [
        row(
            f"Version {each.version}, from {say_moment(each.valid_from)}",
            "\n".join(each[part] for part in OF_THE_CHILD if each[part]),
        )
        for each in trigger_plans.of_child(connection, child_id)
    ]


def _photographs(connection: sa.Connection, child_id: str) -> tuple[Chapter, ...]:
    """Name the file of each photograph."""
    found = tuple(
        Passage(f"Added {say_moment(each.added_at)}", f"In the file {picture_name(each.id)}", each.id)
        for each in photographs.every(connection, child_id)
    )
    return (Chapter("", "Photographs", found),) if found else ()


def _flags(connection: sa.Connection, child_id: str) -> list[Row]:
    """Give the flags; which one it is stands in the answer, so that it can be taken out."""
    return [
        row(
            "Flag",
            f"{FLAG.get(each.flag, say_key(each.flag))}, since {say_day(each.since)}"
            + (f", until {say_day(each.until)}" if each.until else ""),
        )
        for each in children.flags_of(connection, child_id)
    ]


def _beside_the_cases(
    connection: sa.Connection, child_id: str, cases: Collection[str], others: Others
) -> tuple[tuple[str, list[Row]], ...]:
    """Say what the carer wrote, and that somebody or some place was noted: of whom else it is stays masked."""
    carer = [
        row(words, MASK if name in philomena.OF_OTHERS else form.content[name])
        for form in philomena.of_child(connection, child_id)
        for name, (words, _data_class) in philomena.EVERY_FIELD.items()
        if name in form.content
    ]
    noted = [
        row(concerns.KINDS.get(each.kind, each.kind), _concern(each, others))
        for each in concerns.of_child(connection, child_id)
        if each.data_class not in NEVER_COPIED
    ]
    away = [
        carer_words.absence(each, {each.decided_by: f"{MASK}, who cared for you"})
        for each in absences.of_child(connection, child_id)
    ]
    refs = {*kept_things.refs_of(connection, child_id), *cases}
    amended = [each for each in amendments.among(connection, refs) if each.data_class not in NEVER_COPIED]
    put_right = amendment_words.for_the_child(amended, _is_own)
    return ((CARER, carer), (AWAY, away), (CONCERN, noted), (PUT_RIGHT, put_right))


def _is_own(each: Amendment) -> bool:
    """Tell whether what was put right is about the child and nobody else: who told of a flag is masked, and so is every other person."""
    own = {
        IMPORTED_FLAG: {"flag", "since", "until"},
        IMPORTED_PLAN: {"version", *OF_THE_CHILD},
        PHOTOGRAPH: {"added_on"},
        ATTACHMENT: {"what"},
    }
    return each.question in own.get(each.kind, ())


def _concern(each: Concern, others: Others) -> str:
    """Say a person or place of concern: a person by what it has to do with the child, a place by its name unless that says who somebody is."""
    named = each.kind == "place" and not bundles.says_who(each, others)
    ended = f", until {say_day(each.until)}" if each.until else ""
    return f"{each.name if named else MASK}, since {say_day(each.since)}{ended}. {each.relation}".strip()


def _given(connection: sa.Connection, refs: Collection[str], others: Others) -> list[Row]:
    """Say to whom something of the child was given, the latest first: what went in one is said once."""
    agency = OrganisationRow
    names = dict(connection.execute(sa.select(agency.key, agency.name)).tuples().all())
    intelligence = {DATA_CLASS[name] for name in NEVER_COPIED}
    found: dict[tuple[object, ...], Row] = {}
    for each in disclosures.every(connection, refs):
        what = disclosures.WAYS[each.way] if each.way in disclosures.OWN_USE else each.what
        for kind in intelligence:
            what = what.replace(f", {kind}", "").replace(kind, "")
        giver = names.get(each.organisation, each.organisation) or "whoever worked on it"
        said = [
            bundles.recipient(each.given_to, others),
            f"By {giver}: {what}",
            words("disclosure_basis", each.basis),
        ]
        found.setdefault((each.at, each.given_to, each.what), row(say_moment(each.at).capitalize(), "\n".join(said)))
    return list(found.values())


def head(bundle: Bundle, title: str, names: Mapping[str, str]) -> list[Row]:
    """Say what a bundle is, for whom, who made it, and once it is sealed under which digest; `names` is by sign-in name."""
    rows = [
        row("What it is", title),
        row("To whom", bundle.recipient),
        row("On which basis", DISCLOSURE_BASIS[bundle.basis]),
        row("Made", f"{say_moment(bundle.made_at)}, by {names.get(bundle.made_by, bundle.made_by)}"),
    ]
    if bundle.sealed_at is not None:
        rows.append(
            row("Sealed", f"{say_moment(bundle.sealed_at)}, by {names.get(bundle.sealed_by, bundle.sealed_by)}")
        )
        rows.append(row("Digest (SHA-256)", bundle.digest))
    return rows


def taken_out(entry: TakenOut, names: Mapping[str, str]) -> list[Row]:
    """Say what was taken out, on which ground and why, by whom and when, and who put it back."""
    ground, back_at = GROUNDS[entry.ground], entry.back_at
    rows = [
        row("Taken out of passage", f"{entry.passage}"),
        row("What", entry.words or EXTENTS[entry.extent]),
        row("Ground", f"{ground.words} ({ground.source})"),
        row("Why", entry.why),
        row("By whom", f"{names.get(entry.taken_by, entry.taken_by)}, {say_moment(entry.taken_at)}"),
    ]
    if back_at is not None:
        rows.append(row("Put back", f"{names.get(entry.back_by, entry.back_by)}, {say_moment(back_at)}"))
    return rows


def archive(bundle: Bundle, content: Content, enclosed: Mapping[str, bytes]) -> bytes:
    """Pack a bundle as it is given, with what is `enclosed` by its name: what was taken out is neither there nor in `content`."""
    from zipfile import ZIP_DEFLATED, ZipFile  # rarely wanted

    told = {
        "bundle": bundle,
        "content": content,
        "basis": DISCLOSURE_BASIS[bundle.basis],
        "made_at": say_moment(bundle.made_at),
        "picture_name": picture_name,
    }
    buffer = io.BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as packed:
        packed.writestr("bundle.html", flask.render_template("bundle.html", **told))
        packed.writestr("bundle.json", as_json(bundle, content))
        for name, each in enclosed.items():
            packed.writestr(name, each)
    return buffer.getvalue()


def as_json(bundle: Bundle, content: Content) -> str:
    """Write a bundle for a machine: ``{"number": "B-...", "cases": ["MC-..."], "chapters": [{"part", "title", "passages"}], ...}``."""
    told = asdict(content)
    for passage in (each for chapter in told["chapters"] for each in chapter["passages"]):
        number, name = passage.pop("photograph"), passage.pop("file")
        if passage.pop("attachment") or number:
            passage["file"] = name or picture_name(number)
    del told["to_read"]
    told["masked"] = [{"question": label, "whom": whom} for label, whom in content.masked]
    head = {
        "number": bundle.number,
        "recipient": bundle.recipient,
        "basis": DISCLOSURE_BASIS[bundle.basis],
        "made_at": bundle.made_at.isoformat(),
    }
    return json.dumps(head | told, ensure_ascii=False, indent=1)


def _chapters(part: Part) -> Iterable[Chapter]:
    """Give the records of a case."""
    heading = f"{part.release.process.name}, {part.case_id}"
    for section in sections(part.facts, part.release, part.at):
        if section.rows:
            passages = tuple(Passage(each["key"]["text"], text_of(each)) for each in section.rows)
            yield Chapter(heading, section.title, passages)


def _labels(release: Compiled) -> dict[tuple[str, str], str]:
    """Give the words of each question by its record and key."""
    return {
        (record, field.key): f"{form.title}: {field.label}"
        for record, form in release.forms_by_record.items()
        for field in form.fields
    }
