"""Copies that are no longer right, in words: who holds what, what was put right since, and how they came to know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from web.fact_words import Row, row
from web.moments import say_moment, say_until
from workflows.copies import HOW, Owed
from workflows.vocabulary import DATA_CLASS


def held(owed: Sequence[Owed], now: datetime) -> list[Row]:
    """Say what one recipient holds, what was put right since, and by when they are to be told; `owed` is in order."""
    last = owed[-1]
    right = [f"{say_moment(each.made_at)}: {classes(each)}" for each in owed]
    due = min(each.due_at for each in owed)
    return [
        row("Who", last.recipient),
        row("What they hold", f"{last.what}\nGiven on {say_moment(last.given_at)}"),
        row("Put right since", "\n".join(right)),
        row("To be told", f"by {say_moment(due)} ({say_until(due, now)})"),
    ]


def classes(owed: Owed) -> str:
    """Name the data classes in which something was put right."""
    return ", ".join(DATA_CLASS.get(name, name) for name in owed.classes.split())


def became(owed: Iterable[Owed], names: Mapping[str, str]) -> list[str]:
    """Say of each entry of one recipient what became of it, a line for each; `names` is by sign-in name."""
    return [_became(each, names) for each in owed]


def _became(each: Owed, names: Mapping[str, str]) -> str:
    right = f"Put right since, on {say_moment(each.made_at)}"
    if each.settled_at is None or each.told_at is None:
        return f"{right}: not told yet, due {say_moment(each.due_at)}"
    told = f"{HOW.get(each.how, each.how).partition(':')[0]}, {say_moment(each.told_at)}, by {each.told_by}"
    wrote = names.get(each.settled_by, each.settled_by)
    noted = "" if wrote == each.told_by else f" (written down by {wrote})"
    return f"{right}: {told}{noted}" + (f". {each.note}" if each.note else "")
