"""Hides small numbers from people who see figures only, and as many others as it takes to keep them hidden (5.2, rule vi).

A number from 1 to 4 is hidden. So is every other one from which it would follow by taking away: the smallest of the
others in a table that adds up to a known total, and the smaller of two numbers of which one is contained in the other
where they differ by 1 to 4. Nothing is rounded or made up: what is shown is right.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

SMALLEST_SHOWN = 5
"""Domain.md 5.2: small numbers, below 5, are suppressed in dashboards."""

FEWEST_HIDDEN = 2

Key = TypeVar("Key")


def is_small(count: int) -> bool:
    """Tell whether a number is so small that it may point to somebody; nobody is no small number."""
    return 0 < count < SMALLEST_SHOWN


def hide_parts(parts: Mapping[Key, int]) -> dict[Key, int | None]:
    """Hide small parts of a whole whose size is shown beside them; a hidden one is None.

    With the small ones go the next larger, equal ones together, until nobody who knows this rule can tell any of them
    from the total; empty parts go last. Of a whole that is small itself nothing is shown, not even what is empty.
    """
    if is_small(sum(parts.values())):
        return dict.fromkeys(parts)
    hidden = [count for count in parts.values() if is_small(count)]
    others = sorted({count for count in parts.values() if not is_small(count)}, key=lambda count: (count == 0, count))
    companions = set()
    for count in others:
        if not hidden or _is_enough(hidden):
            break
        hidden += [count for each in parts.values() if each == count]
        companions.add(count)
    return {key: None if is_small(count) or count in companions else count for key, count in parts.items()}


def hide_nested(numbers: Mapping[Key, int], known: Iterable[int] = ()) -> dict[Key, int | None]:
    """Hide, of numbers each of which is contained in one before it, those from which a small one follows.

    `known` are numbers that are shown elsewhere and contain these. A number is shown where it is not small, and differs
    from each that is shown before it by nothing or by 5 or more.
    """
    shown = list(known)
    found: dict[Key, int | None] = {}
    for key, count in numbers.items():
        fits = not is_small(count) and not any(is_small(abs(count - other)) for other in shown)
        found[key] = count if fits else None
        if fits:
            shown.append(count)
    return found


def _is_enough(hidden: Sequence[int]) -> bool:
    """Tell whether these numbers hide each other: their sum must not be one that few small numbers can have."""
    count, together = len(hidden), sum(hidden)
    if count < FEWEST_HIDDEN or together < SMALLEST_SHOWN:
        return False
    largest = (SMALLEST_SHOWN - 1) * count
    return not all(is_small(each) for each in hidden) or count + 1 < together < largest - 1
