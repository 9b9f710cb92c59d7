"""How like each other two children are, by the sound of their names and the date of birth.

A caller spells by ear and is often a digit off. What is found here is only offered to a person, who decides; so it is
better to offer one child too many than to leave out the one who is meant.

difflib of the standard library compares the letters, and the table below folds spellings that sound alike: the well-known
phonetic codes keep the first letter and were made for English surnames, so Catherine and Katherine, or Zhang and Chang,
never meet, and a compiled package for a few dozen names a day is one more thing to keep up to date.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import date
from difflib import SequenceMatcher
from functools import reduce

ALIKE = 0.62
"""From here on a pair is worth offering: the same birthday and half of the letters, or nearly the same name."""

BEGINNING = 3
"""So many sounds make a short form: Alex (``alks``) may be Alexander."""

_NAME_COUNTS = 0.7
"""What the name counts for; the date of birth counts for the rest."""

_NOTHING_KNOWN = 0.55
"""What a date of birth counts for that one side does not have: neither for nor against."""

_SOUNDS = (
    ("ph", "f"), ("ck", "k"), ("ch", "s"), ("sh", "s"), ("zh", "s"), ("th", "t"), ("gh", "g"), ("kn", "n"), ("wr", "r"),
    ("ce", "se"), ("ci", "si"), ("cy", "si"), ("ge", "je"), ("gi", "ji"), ("x", "ks"), ("q", "k"), ("c", "k"),
    ("z", "s"), ("v", "f"), ("w", "f"), ("d", "t"), ("b", "p"), ("g", "k"), ("j", "k"),
)  # fmt: skip
"""Spellings that the ear does not tell apart, in this order."""

_VOWELS = frozenset("aeiouyh")


def words_of(name: str) -> tuple[str, ...]:
    """Give the words of a name in small Latin letters without accents: ``("zoe", "o", "neil")`` for ``Zoë O'Neil``."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter))
    return tuple("".join(letter if letter.isalnum() else " " for letter in plain.casefold()).split())


def sounds_of(*names: str) -> frozenset[str]:
    """Give what the words of some names sound like: ``frozenset({"rpn", "aksmpl"})`` for ``Robyn Example``."""
    return frozenset(_sound(word) for name in names for word in words_of(name))


def likeness(
    names: Iterable[str], born_on: date | None, other_names: Iterable[str], other_born_on: date | None
) -> float:
    """Give how like each other two children are, from 0 to 1; the most alike of their names count, and the birthday."""
    others = [name for name in other_names if name]
    name = max((_alike(one, other) for one in names if one for other in others), default=0.0)
    return _NAME_COUNTS * name + (1 - _NAME_COUNTS) * _birthdays(born_on, other_born_on)


def birthdays_near(born_on: date) -> tuple[date, ...]:
    """Give the dates that a date of birth may have been meant as: itself, day and month in each other's place."""
    if born_on.day > 12:  # noqa: PLR2004 - there are twelve months
        return (born_on,)
    return tuple(dict.fromkeys((born_on, born_on.replace(month=born_on.day, day=born_on.month))))


def _sound(word: str) -> str:
    """Fold a word: spellings that sound alike become one, vowels and doubled letters go; a first vowel is marked."""
    folded = reduce(lambda text, pair: text.replace(*pair), _SOUNDS, word)
    kept = ["a" if folded[0] in _VOWELS else folded[0]]
    for letter in folded[1:]:
        if letter not in _VOWELS and letter != kept[-1]:
            kept.append(letter)
    return "".join(kept)


def _alike(one: str, other: str) -> float:
    """Compare two names, whatever the order of their words; the same sounds count like nearly the same letters."""
    first, second = words_of(one), words_of(other)
    if not first or not second:
        return 0.0
    letters = SequenceMatcher(None, " ".join(sorted(first)), " ".join(sorted(second)), autojunk=False).ratio()
    fewer, more = sorted((sounds_of(one), sounds_of(other)), key=len)
    heard = sum(any(_same_sound(sound, also) for also in more) for sound in fewer)
    return max(letters, 0.9 * heard / len(fewer))


def _same_sound(one: str, other: str) -> bool:
    """Tell whether two words sound the same, or one is the beginning of the other as Alex is of Alexander."""
    shorter, longer = sorted((one, other), key=len)
    return one == other or (len(shorter) >= BEGINNING and longer.startswith(shorter))


def _birthdays(one: date | None, other: date | None) -> float:
    """Compare two dates of birth: the same, two parts of it the same, or day and month in each other's place."""
    if one is None or other is None:
        return _NOTHING_KNOWN
    if one == other:
        return 1.0
    same = sum((one.day == other.day, one.month == other.month, one.year == other.year))
    return 0.7 if same == 2 or other in birthdays_near(one) else 0.0  # noqa: PLR2004 - two of the three parts
