"""A bundle as files: pages that print well, the same for a machine, and what a person reads before it goes."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import flask
import sqlalchemy as sa

from engine.model import Facts
from engine.release import Compiled
from web import amendment_words, carer_words
from web.fact_words import Row, Section, row, sections
from web.moments import say_day, say_key, say_moment
from workflows import absences, amendments, child_details, children, concerns, kept_things, philomena, trigger_plans
from workflows.access import NEVER_COPIED
from workflows.amendments import Amendment
from workflows.bundles import MASK, Masking
from workflows.children import Child
from workflows.kept_things import IMPORTED_FLAG, IMPORTED_PLAN, PHOTOGRAPH
from workflows.vocabulary import DATA_CLASS, FLAG, LOOKED_AFTER, RISK_LEVEL, words

OF_THE_CHILD = (
    "summary", "what_works", "child_words", "health", "allergies", "transport_habits", "phone_and_social", "money",
)  # fmt: skip
"""The parts of a trigger plan that are about the child and nobody else."""


@dataclass(frozen=True, slots=True)
class Part:
    """The facts of one case as they are given."""

    case_id: str
    release: Compiled
    facts: Facts


@dataclass(frozen=True, slots=True)
class Bundle:
    """What is given to whom, on which basis, made when; `drawn` is what is kept beside the cases."""

    title: str
    recipient: str
    basis: str
    made_at: datetime
    parts: tuple[Part, ...]
    drawn: tuple[Section, ...]
    noted: Masking


def of_the_child(connection: sa.Connection, child_id: str) -> tuple[Section, ...]:
    """Say what is kept of a child beside the cases: who it is, flags, past episodes, and to whom something was given."""
    child = children.find(connection, child_id)
    if child is None:
        return ()
    flags = [
        row(
            FLAG.get(each.flag, say_key(each.flag)),
            f"Since {say_day(each.since)}" + (f", until {say_day(each.until)}" if each.until else ""),
        )
        for each in children.flags_of(connection, child_id)
    ]
    past = [
        row(
            each.case_id,
            f"Reported {say_moment(each.reported_at)}. {RISK_LEVEL.get(each.level, '')}\n{each.unfinished}".strip(),
        )
        for each in children.episodes_of(connection, child_id)
    ]
    plans = [
        row(
            f"Version {each.version}, from {say_moment(each.valid_from)}",
            "\n".join(each[part] for part in OF_THE_CHILD if each[part]),
        )
        for each in trigger_plans.of_child(connection, child_id)
    ]
    found = (
        Section("Who you are", _who(connection, child)),
        Section("Flags", flags),
        Section("Episodes", past),
        Section("Trigger plan", plans),
        *_beside_the_cases(connection, child_id),
    )
    return tuple(section for section in found if section.rows)


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


def _beside_the_cases(connection: sa.Connection, child_id: str) -> tuple[Section, ...]:
    """Say what the carer wrote, and that somebody or some place was noted: who that is stays masked."""
    carer = [
        row(words, MASK if name in philomena.OF_OTHERS else form.content[name])
        for form in philomena.of_child(connection, child_id)
        for name, (words, _data_class) in philomena.EVERY_FIELD.items()
        if name in form.content
    ]
    others = [
        row(concerns.KINDS.get(each.kind, each.kind), f"{MASK}, since {say_day(each.since)}. {each.relation}".strip())
        for each in concerns.of_child(connection, child_id)
        if each.data_class not in NEVER_COPIED
    ]
    refs = kept_things.refs_of(connection, child_id)
    amended = [each for each in amendments.among(connection, refs) if each.data_class not in NEVER_COPIED]
    away = [carer_words.absence(each, {each.decided_by: MASK}) for each in absences.of_child(connection, child_id)]
    return (
        Section("What your carer wrote", carer),
        Section("Short absences", away),
        Section("People and places of concern", others),
        Section("What was put right or withdrawn", amendment_words.for_the_child(amended, _is_own)),
    )


def _is_own(each: Amendment) -> bool:
    """Tell whether what was put right is about the child and nobody else: who told of a flag is masked, and so is every other person."""
    own = {
        IMPORTED_FLAG: {"flag", "since", "until"},
        IMPORTED_PLAN: {"version", *OF_THE_CHILD},
        PHOTOGRAPH: {"added_on"},
    }
    return each.question in own.get(each.kind, ())


def masked_rows(drawn: Sequence[Section], names: frozenset[str]) -> tuple[Section, ...]:
    """Mask other people's names in what is kept beside the cases."""
    if not names:
        return tuple(drawn)
    pattern = re.compile("|".join(rf"\b{re.escape(name)}\b" for name in sorted(names)), re.IGNORECASE)
    return tuple(
        Section(
            section.title,
            [
                {
                    "key": each["key"],
                    "value": {"html": type(each["value"]["html"])(pattern.sub(MASK, each["value"]["html"]))},
                }
                for each in section.rows
            ],
        )
        for section in drawn
    )


def archive(bundle: Bundle) -> bytes:
    """Pack the files of a bundle."""
    from zipfile import ZIP_DEFLATED, ZipFile  # rarely wanted

    labels = {part.case_id: _labels(part.release) for part in bundle.parts}
    every = {place: label for found in labels.values() for place, label in found.items()}
    told = {
        "bundle": bundle,
        "made_at": say_moment(bundle.made_at),
        "cases": [(part.case_id, part.release.process.name, _sections(part, bundle.made_at)) for part in bundle.parts],
        "masked": [(every.get((record, name), say_key(name)), whom) for record, name, whom in bundle.noted.masked],
        "to_read": [every.get(place, say_key(place[1])) for place in bundle.noted.to_read],
    }
    buffer = io.BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as packed:
        packed.writestr("bundle.html", flask.render_template("bundle.html", **told))
        packed.writestr("bundle.json", as_json(bundle))
        if bundle.noted.to_read:
            packed.writestr("read_first.html", flask.render_template("bundle_read_first.html", **told))
    return buffer.getvalue()


def as_json(bundle: Bundle) -> str:
    """Write a bundle for a machine: ``{"title": ..., "cases": [{"reference": ..., "records": {...}}], "masked": [...]}``."""
    content = {
        "title": bundle.title,
        "recipient": bundle.recipient,
        "basis": bundle.basis,
        "made_at": bundle.made_at,
        "cases": [{"reference": part.case_id, "records": part.facts} for part in bundle.parts],
        "masked": [{"record": record, "field": name, "whom": whom} for record, name, whom in bundle.noted.masked],
    }
    return json.dumps(content, ensure_ascii=False, indent=1, default=_plain)


def _plain(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else words("data_class", str(value))


def _sections(part: Part, now: datetime) -> list[Section]:
    return [section for section in sections(part.facts, part.release, now) if section.rows]


def _labels(release: Compiled) -> dict[tuple[str, str], str]:
    """Give the words of each question by its record and key."""
    return {
        (record, field.key): f"{form.title}: {field.label}"
        for record, form in release.forms_by_record.items()
        for field in form.fields
    }
