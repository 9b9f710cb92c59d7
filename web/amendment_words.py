"""What was put right or withdrawn beside the cases, in words; and the way to put something right, for those who may."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import groupby

from web.fact_words import Row, row
from web.moments import say_moment
from workflows import amendments
from workflows.amendments import Amendment
from workflows.bundles import MASK
from workflows.kept_things import KINDS, Kept

NOTHING = "nothing"


def rows(found: Iterable[Amendment], classes: Collection[str], names: Mapping[str, str]) -> list[Row]:
    """Give each decision as a row, as far as these data classes go; why it was taken is told to those who see any of it."""
    shown = (each for each in found if each.data_class in classes)
    return [_row(list(each), names) for _key, each in groupby(shown, lambda each: (each.by, each.key))]


def for_the_child(found: Iterable[Amendment], is_own: Callable[[Amendment], bool]) -> list[Row]:
    """Give the same to the child: what is not the child's own is masked, and so is who decided, and why."""
    return [
        row(
            f"{KINDS[each.kind].words}: {each.asked.words}",
            f"{_line(each) if is_own(each) else MASK}\n{_did(each)}, {say_moment(each.at)}",
        )
        for each in found
    ]


def things(kept: Iterable[Kept], roles: Collection[str], classes: Collection[str]) -> list[Kept]:
    """Give the things that somebody with these roles may put right or withdraw."""
    return [each for each in kept if amendments.writable(each, roles, classes)]


def _row(decision: Sequence[Amendment], names: Mapping[str, str]) -> Row:
    first = decision[-1]
    lines = [_line(each) for each in reversed(decision)]
    by = names.get(first.by, first.by)
    return row(
        f"{_did(first)}: {first.title}", "\n".join([*lines, f"Why: {first.why}", f"{by}, {say_moment(first.at)}"])
    )


def _did(each: Amendment) -> str:
    return "Withdrawn" if each.withdrawn else "Put right"


def _line(each: Amendment) -> str:
    before, after = (each.asked.say(said) or NOTHING for said in (each.before, each.after))
    if each.withdrawn:
        return f"{each.asked.words}: {before}"
    return f"{each.asked.words}: it said “{before}” and says “{after}” now"
