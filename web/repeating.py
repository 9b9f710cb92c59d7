"""The buttons of a list on a page: another item, or one less; whatever else was typed stays as it is, right or wrong."""

from __future__ import annotations

from collections.abc import Mapping

from engine.forms import Field, Form, Raw, item_in, numbers_in

ADD, REMOVE = "_add", "_remove"
"""Names of the buttons: the value of one names the list, ``persons``, that of the other the item, ``persons-3``."""
FOCUS = "_focus"
"""Stands in what was posted for the place to which the page leads after such a button."""
NAMES = frozenset({ADD, REMOVE, FOCUS})


def asked(posted: Mapping[str, str]) -> tuple[str, str]:
    """Give which of the buttons was pressed and for what; two empty texts where none was."""
    return next(((name, posted[name]) for name in (ADD, REMOVE) if name in posted), ("", ""))


def drawn(field: Field, raw: Raw) -> list[str]:
    """Give the numbers of the items that a page shows: those that it was posted with, or the empty ones of a new page."""
    items = field.items
    if items is None:
        return []
    return numbers_in(field, raw)[: items.most] or [str(place + 1) for place in range(items.shown)]


def turned(form: Form, raw: Raw, step: str, about: str) -> Raw | None:
    """Give what was posted with an item more or less; as it was where there is no such list or item, None without a button.

    The page leads to the new item, or to the one that follows what was taken away.
    """
    if not step:
        return None
    key, _, number = about.partition("-")
    field = next((each for each in form.fields if each.key == key and each.items is not None), None)
    if field is None or field.items is None:
        return raw
    numbers = drawn(field, raw)
    if step == ADD:
        more = [str(max(map(int, numbers)) + 1)] if len(numbers) < field.items.most else []
        return {**raw, key: [*numbers, *more], FOCUS: f"{key}-{(more or numbers)[-1]}"}
    return _without(field, raw, numbers, number)


def _without(field: Field, raw: Raw, numbers: list[str], number: str) -> Raw:
    """Take an item away with all that was typed in it; a list is never without an item to type into."""
    key = field.key
    if number not in numbers:
        return raw
    gone = {f"{key}-{number}-{name}" for name in item_in(field, raw, number)}
    kept: dict[str, list[str] | str] = {name: texts for name, texts in raw.items() if name not in gone}
    place = numbers.index(number)
    rest = [each for each in numbers if each != number] or [number]
    return {**kept, key: rest, FOCUS: f"{key}-{rest[min(place, len(rest) - 1)]}"}
