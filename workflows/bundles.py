"""What is given out as a whole: everything held about a child for that child, or a case as it was known at a moment.

In a child's own bundle nobody else is named: what others said under their names, who reported, and other children are masked;
police intelligence is left out without a word (domain.md 5.2, rule iv; 13.12). A name that no field holds can stand in any
free text, so each of those is listed, to be read by a person before the bundle goes.
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
                "contact_rules", "information", "decided_by", "with_whom", "people", "legal_detail",
            ),
            OTHERS,
        ),
        **dict.fromkeys(("candidates", "matches", "siblings"), CHILDREN),
    }
)  # fmt: skip
"""Fields that hold somebody else, by name in whatever record, and whom they hold."""

NAMES_FROM = frozenset(
    {"reporter_name", "last_seen_by", "found_by", "known_people", "trigger_people", "information_from"}
)
"""Fields whose names are looked for in every other text."""

MASK = "[masked]"
SHORTEST_NAME = 3
_NAME = re.compile(r"\b[^\W\d_]+(?:['-][^\W\d_]+)*")
_COMMON = frozenset({"The", "She", "His", "Her", "They", "And", "Who", "Not", "With", "From", "Example", "Mrs", "Miss"})


@dataclass
class Masking:
    """What was masked, as (record, field, whom), and which free texts a person must read first, as (record, field)."""

    masked: list[tuple[str, str, str]] = field(default_factory=list)
    to_read: list[tuple[str, str]] = field(default_factory=list)


def may_give(roles: Iterable[str], readable: frozenset[str]) -> frozenset[str]:
    """Name the data classes that these roles may give of a case in which they read `readable`."""
    return COPIED if GOVERNS in set(roles) else readable - NEVER_COPIED


def others_in(every: Iterable[Facts], own: Iterable[str]) -> frozenset[str]:
    """Collect the words of other people's names from the fields that hold them, without those of the child's own names."""
    mine = {word.casefold() for name in own for word in _NAME.findall(name)}
    found = set()
    for _record, name, value in (each for facts in every for each in _fields(facts)):
        for text in _texts(value) if name in NAMES_FROM else ():
            found |= {
                word
                for word in _NAME.findall(text)
                if len(word) >= SHORTEST_NAME
                and word[0].isupper()
                and word not in _COMMON
                and word.casefold() not in mine
            }
    return frozenset(found)


def masked(facts: Facts, release: Compiled, names: frozenset[str], noted: Masking) -> Facts:
    """Give the facts of a case as the child may have them, and note what was masked and what a person must read."""
    pattern = (
        re.compile("|".join(rf"\b{re.escape(name)}\b" for name in sorted(names)), re.IGNORECASE) if names else None
    )
    free = {
        (record, one.key)
        for record, form in release.forms_by_record.items()
        for one in form.fields
        if one.kind in {Kind.TEXT, Kind.TEXTAREA}
    }
    found: Facts = {}
    for record, keys in facts.items():
        for key, fields in keys.items():
            for name, value in fields.items():
                found.setdefault(record, {}).setdefault(key, {})[name] = _field(record, name, value, pattern, noted)
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


def _field(record: str, name: str, value: Value, pattern: re.Pattern[str] | None, noted: Masking) -> Value:
    """Mask a field that holds somebody else, and names of others in any other."""
    if value in (None, "", []):
        return value
    whom = MASKED.get(name) or MASKED.get(record)
    changed: Value = MASK if whom else _deep(value, pattern)
    if changed != value:
        entry = (record, name, whom or OTHERS)
        noted.masked += [] if entry in noted.masked else [entry]
    return changed


def _deep(value: Value, pattern: re.Pattern[str] | None) -> Value:
    """Mask inside lists and contexts too."""
    if isinstance(value, dict):
        return {key: MASK if key in MASKED and each else _deep(each, pattern) for key, each in value.items()}
    if isinstance(value, list):
        return [_deep(each, pattern) for each in value]
    return pattern.sub(MASK, value) if isinstance(value, str) and pattern else value


def _fields(facts: Facts) -> Iterator[tuple[str, str, Value]]:
    for record, keys in facts.items():
        for fields in keys.values():
            yield from ((record, name, value) for name, value in fields.items())


def _texts(value: Value) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value
