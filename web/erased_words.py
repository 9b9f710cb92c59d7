"""What a tombstone says, in words."""

from __future__ import annotations

from collections.abc import Mapping

from engine.erasing import Tombstone
from web.fact_words import Row, row
from web.moments import say_moment


def lines(stone: Tombstone, names: Mapping[str, str]) -> list[Row]:
    """Say who had it erased, when and on which basis, and how much it was; `names` is by sign-in name."""
    return [
        row("Erased", say_moment(stone.erased_at)),
        row("Proposed by", names.get(stone.proposed_by, stone.proposed_by)),
        row("Approved by", names.get(stone.approved_by, stone.approved_by)),
        row("On which basis", stone.basis),
        row("What it was", counted(stone.held)),
        row("References", ", ".join(stone.refs)),
    ]


def counted(counts: Mapping[str, int]) -> str:
    """Say how much of what went."""
    return (
        ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in sorted(counts.items()) if count) or "Nothing"
    )
