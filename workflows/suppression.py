"""Hides small numbers from people who see figures only, and as many others as it takes to keep them hidden (5.2, rule vi).

A number from 1 to 4 is hidden. So is every other one from which it would follow by taking away: the smallest of the
others in a table that adds up to a known total, and the smaller of two numbers of which one is contained in the other
where they differ by 1 to 4. Nothing is rounded or made up: what is shown is right.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

from engine.frozen import frozen

SMALLEST_SHOWN = 5
"""Domain.md 5.2: small numbers, below 5, are suppressed in dashboards."""

FEWEST_HIDDEN = 2

Key = TypeVar("Key")


def is_small(count: int) -> bool:
    """Tell whether a number is so small that it may point to somebody; nobody is no small number."""
    return 0 < count < SMALLEST_SHOWN


def hide_parts(parts: Mapping[Key, int], also: Collection[Key] = ()) -> dict[Key, int | None]:
    """Hide small parts of a whole whose size is shown beside them, and those that are to be hidden `also`; a hidden one is None.

    With the small ones go the next larger, equal ones together, until nobody who knows this rule can tell any of them
    from the total; empty parts go last. Of a whole that is small itself nothing is shown, not even what is empty.
    """
    if is_small(sum(parts.values())):
        return dict.fromkeys(parts)
    gone = {key for key, count in parts.items() if is_small(count) or key in also}
    hidden = [parts[key] for key in gone]
    rest = {count for key, count in parts.items() if key not in gone}
    others = sorted(rest, key=lambda count: (count == 0, count))
    companions = set()
    for count in others:
        if not hidden or _is_enough(hidden):
            break
        hidden += [each for key, each in parts.items() if each == count and key not in gone]
        companions.add(count)
    return {key: None if key in gone or count in companions else count for key, count in parts.items()}


def hide_nested(
    numbers: Mapping[Key, int], known: Iterable[int] = (), also: Collection[Key] = ()
) -> dict[Key, int | None]:
    """Hide, of numbers each of which is contained in one before it, those from which a small one follows, and those that are to be hidden `also`.

    `known` are numbers that are shown elsewhere and contain these. A number is shown where it is not small, and differs
    from each that is shown before it by nothing or by 5 or more.
    """
    shown = list(known)
    found: dict[Key, int | None] = {}
    for key, count in numbers.items():
        fits = key not in also and not is_small(count) and not any(is_small(abs(count - other)) for other in shown)
        found[key] = count if fits else None
        if fits:
            shown.append(count)
    return found


@frozen
class Sum(Generic[Key]):
    """Numbers of which some, the `whole`, are together as many as others, the `parts`, or contain them and more."""

    whole: tuple[Key, ...]
    parts: tuple[Key, ...]


def protect(
    counts: Mapping[Key, int],
    shown: Mapping[Key, int | None],
    sums: Iterable[Sum[Key]],
    may: Collection[Key] | None = None,
) -> frozenset[Key]:
    """Name the numbers that are hidden so that none of the hidden and none of what is left over in a sum follows from the others.

    To those of which `shown` has none come, of each sum in which one can be worked out, the smallest that may be hidden, equal ones
    together, and those without anything last; until it is so in every sum. What is left over in a sum is shown nowhere, and
    must not be worked out where it is small. Hidden are numbers in `may` alone, or any.
    """
    hidden = {key for key in counts if shown[key] is None}
    checked = [(each, sum(counts[key] for key in each.whole) - sum(counts[key] for key in each.parts)) for each in sums]
    while True:
        before = len(hidden)
        for each, rest in checked:
            if rest < 0 or _is_safe(each, rest, counts, hidden):
                continue
            others = [key for key in (*each.parts, *each.whole) if key not in hidden and (may is None or key in may)]
            if others:
                least = min((not counts[key], counts[key]) for key in others)[1]
                hidden |= {key for key in others if counts[key] == least}
        if len(hidden) == before:
            return frozenset(hidden)


def _is_safe(one: Sum[Key], rest: int, counts: Mapping[Key, int], hidden: Collection[Key]) -> bool:
    """Tell whether nothing that is hidden in a sum, and no small rest of it, can be worked out from what it shows."""
    above = [counts[key] for key in one.whole if key in hidden]
    below = [counts[key] for key in one.parts if key in hidden]
    if not above and not below:
        return not is_small(rest)
    if above:
        return len(above) + len(below) + bool(rest) >= FEWEST_HIDDEN
    return _is_enough([*below, rest] if rest else below)


def _is_enough(hidden: Sequence[int]) -> bool:
    """Tell whether these numbers hide each other: their sum must not be one that few small numbers can have."""
    count, together = len(hidden), sum(hidden)
    if count < FEWEST_HIDDEN or together < SMALLEST_SHOWN:
        return False
    largest = (SMALLEST_SHOWN - 1) * count
    return not all(is_small(each) for each in hidden) or count + 1 < together < largest - 1
