"""What is given out as a whole: everything held about a child for that child, or a case as it was known at a moment.

In a child's own bundle nobody else is named: what others said under their names, who reported, and other children are masked;
police intelligence is left out without a word (domain.md 5.2, rule iv; 13.12). A name that no field holds can stand in any
free text, so each of those is listed, to be read by a person before the bundle goes, who may take out more (`redacting`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from engine.forms.fields import Kind
from engine.model import Facts, Value
from engine.release import Compiled
from workflows.access import COPIED, GOVERNS, NEVER_COPIED
from workflows.concerns import Concern
from workflows.philomena import CarersForm

MAKES = frozenset({GOVERNS, "mfh_coordinator", "chief_inspector_missing", "csc_team_manager"})
"""Who gives a case to a named recipient: the officer of the force, the co-ordinators, and the council's manager."""

REPORTER = "Who reported, or told us in confidence"
OTHERS = "Other people"
CHILDREN = "Other children"

MASKED: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                "call_back", "reporter_name", "reporter_phone", "reporter_relationship", "received_channel",
                "information_from", "source",
            ),
            REPORTER,
        ),
        **dict.fromkeys(
            (
                "last_seen_by", "found_by", "known_people", "trigger_people", "usual_haunts", "where_and_with_whom",
                "associates", "persons_with", "present_persons", "suspect_info", "contact_rules", "information", "decided_by", "with_whom", "people", "legal_detail",
                "seen_by", "who_with", "asked_to_come", "upset_at_home", "who_gave", "afraid_of", "travel_abroad_detail",
            ),
            OTHERS,
        ),
        **dict.fromkeys(("candidates", "matches", "siblings"), CHILDREN),
    }
)  # fmt: skip
"""Fields that hold somebody else, by name in whatever record, and whom they hold."""

NAMES_FROM = frozenset(
    {
        "reporter_name",
        "last_seen_by",
        "found_by",
        "known_people",
        "trigger_people",
        "information_from",
        "associates",
        "persons_with",
        "present_persons",
        "attendees",
    }
)
"""Fields whose names are looked for in every other text; of a list those that stand under `name`."""

NAMES_FROM_CARERS = ("associates", "workers", "prepared_by")
"""Answers of the carer's form whose names are looked for in every other text."""

MASK = "[masked]"
SHORTEST_NAME = 3
_NAME = re.compile(r"\b[^\W\d_]+(?:['-][^\W\d_]+)*")
_TITLED = re.compile(
    r"\b(Mr|Mrs|Ms|Miss|Mx|Dr|Prof|PC|DC|PS|DS|DI|DCI|PCSO|Sgt|Sergeant|Inspector|Constable|Nurse|Uncle|Aunt|Auntie|Aunty)\b"
    r"\.?\s+([A-Z][^\W\d_]*(?:['-][^\W\d_]+)*(?:\s+[A-Z][^\W\d_]+(?:['-][^\W\d_]+)*)?)"
)
"""A title with the name behind it: the title says in which role somebody was there, and stays."""
_COMMON = frozenset(
    "The She His Her They And Who Not With From Example Mrs Miss Our This That There Their When Then Him Also Might Often Friend "  # noqa: SIM905 - read as words
    "Friends Family Mother Mum Father Dad Brother Sister Brothers Sisters Cousin Uncle Aunt Auntie Grandmother Grandfather Nan Gran "
    "Boyfriend Girlfriend Partner Neighbour Carer Carers Worker Workers Social Staff Team Teacher School College Police Officer Nurse "
    "Doctor Older Younger Boy Girl Man Woman People Person Group Home House Road Night None Known Unknown Ring Call Ask Phone Mobile "
    "Online".split()
)
"""Words that begin a sentence or say a role, and are nobody's name."""


class Others:
    """Everybody but the child: the words of people's names, and whole phrases that say where or who somebody is."""

    def __init__(self, names: Iterable[str], phrases: Iterable[str], own: Iterable[str]) -> None:
        """Look for names word by word and for phrases as they stand, and never for the child's own names."""
        self.own = frozenset(word.casefold() for name in own for word in _NAME.findall(name))
        words = {word for name in names for word in _NAME.findall(name) if self._is_name(word)}
        whole = {" ".join(phrase.split()) for phrase in phrases}
        wanted = {*words, *(phrase for phrase in whole if len(phrase) >= SHORTEST_NAME and not self.is_own(phrase))}
        longest_first = sorted(wanted, key=lambda each: (-len(each), each))
        sought = "|".join(rf"(?<!\w){re.escape(each)}(?!\w)" for each in longest_first)
        self._pattern = re.compile(sought, re.IGNORECASE) if sought else None

    def mask(self, text: str) -> str:
        """Mask every name in a text; a title stays, since it says in which role somebody was there."""
        found = self._pattern.sub(MASK, text) if self._pattern else text
        return _TITLED.sub(self._titled, found)

    def is_own(self, phrase: str) -> bool:
        """Whether these are the child's own names and nobody else's."""
        words = _NAME.findall(phrase)
        return bool(words) and all(word.casefold() in self.own for word in words)

    def _titled(self, found: re.Match[str]) -> str:
        kept = found.group(0)
        return kept if self.is_own(found.group(2)) else kept.replace(found.group(2), MASK)

    def _is_name(self, word: str) -> bool:
        capital = len(word) >= SHORTEST_NAME and word[0].isupper()
        return capital and word not in _COMMON and word.casefold() not in self.own


@dataclass
class Masking:
    """What was masked, as (record, field, whom), and which free texts a person must read first, as (record, field)."""

    masked: list[tuple[str, str, str]] = field(default_factory=list)
    to_read: list[tuple[str, str]] = field(default_factory=list)


def may_give(roles: Iterable[str], readable: frozenset[str]) -> frozenset[str]:
    """Name the data classes that these roles may give of a case in which they read `readable`."""
    return COPIED if GOVERNS in set(roles) else readable - NEVER_COPIED


def others_in(
    every: Iterable[Facts], own: Iterable[str], known: Iterable[Concern] = (), forms: Iterable[CarersForm] = ()
) -> Others:
    """Collect who else is named: in the fields that hold other people, among people and places of concern, by the carer.

    Police intelligence counts too: whom it names is masked wherever else the name stands.
    """
    concerns = tuple(known)
    names = [
        text
        for facts in every
        for _record, name, value in _fields(facts)
        if name in NAMES_FROM
        for text in _texts(value)
    ]
    names += [each.name for each in concerns if each.kind == "person"]
    names += [form.content.get(name, "") for form in forms for name in NAMES_FROM_CARERS]
    people = Others(names, (), own)
    phrases = [each.name for each in concerns if each.kind == "place" and says_who(each, people)]
    phrases += [each.whereabouts for each in concerns if _is_address(each.whereabouts, people)]
    return Others(names, phrases, people.own)


def says_who(place: Concern, others: Others) -> bool:
    """Whether a place says who somebody is: it is somebody's, it has an address, or it has a name of somebody in it."""
    return bool(place.relation) or any(_is_address(said, others) for said in (place.name, place.whereabouts))


def recipient(given_to: str, others: Others) -> str:
    """Name to whom something was given by where they work: ``Rosa Example, Example Academy`` is ``[masked], Example Academy``."""
    name, comma, place = given_to.partition(",")
    if comma and not others.is_own(name):
        return f"{MASK}, {others.mask(place.strip())}"
    return others.mask(given_to)


def _is_address(said: str, others: Others) -> bool:
    return any(one.isdigit() for one in said) or others.mask(said) != said


def masked(facts: Facts, release: Compiled, others: Others, noted: Masking) -> Facts:
    """Give the facts of a case as the child may have them, and note what was masked and what a person must read."""
    free = {
        (record, one.key)
        for record, form in release.forms_by_record.items()
        for one in form.fields
        if any(each.kind in {Kind.TEXT, Kind.TEXTAREA} for each in one.asked)
    }
    found: Facts = {}
    for record, keys in facts.items():
        for key, fields in keys.items():
            for name, value in fields.items():
                found.setdefault(record, {}).setdefault(key, {})[name] = _field(record, name, value, others, noted)
                if (record, name) in free and value and name not in MASKED and (record, name) not in noted.to_read:
                    noted.to_read.append((record, name))
    return found


def readable_part(facts: Facts, release: Compiled, classes: frozenset[str]) -> Facts:
    """Keep the fields of these data classes; what tables note about their rules stays out, since it tells of other facts."""
    return {
        record: kept
        for record, keys in facts.items()
        if (
            kept := {
                key: shown
                for key, fields in keys.items()
                if (
                    shown := {
                        name: value
                        for name, value in fields.items()
                        if name not in {"rules", "saw", "case_id"} and release.data_class(record, name) in classes
                    }
                )
            }
        )
    }


def _field(record: str, name: str, value: Value, others: Others, noted: Masking) -> Value:
    """Mask a field that holds somebody else, and names of others in any other."""
    if value in (None, "", []):
        return value
    whom = MASKED.get(name) or MASKED.get(record)
    changed: Value = MASK if whom else _deep(value, others)
    if changed != value:
        entry = (record, name, whom or OTHERS)
        noted.masked += [] if entry in noted.masked else [entry]
    return changed


def _deep(value: Value, others: Others) -> Value:
    """Mask inside lists and contexts too."""
    if isinstance(value, dict):
        return {key: MASK if key in MASKED and each else _deep(each, others) for key, each in value.items()}
    if isinstance(value, list):
        return [_deep(each, others) for each in value]
    return others.mask(value) if isinstance(value, str) else value


def _fields(facts: Facts) -> Iterator[tuple[str, str, Value]]:
    for record, keys in facts.items():
        for fields in keys.values():
            yield from ((record, name, value) for name, value in fields.items())


def _texts(value: Value) -> Iterator[str]:
    """Give the texts that may be somebody's name: of an item of a list what stands under its name."""
    if isinstance(value, list):
        for each in value:
            yield from _texts(each.get("name") if isinstance(each, dict) else each)
    elif isinstance(value, str):
        yield value
