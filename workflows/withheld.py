"""What a page says, by data class, where something is held that its reader may not read (domain.md 13.12).

That something is held can itself endanger, and so can not knowing it. So each class either says that something is held and whom to
ask, or is answered exactly as if nothing were. The table stands in this folder's README too.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType

from engine.frozen import frozen
from workflows.agencies import title_of
from workflows.vocabulary import DATA_CLASS


@frozen
class Held:
    """How a class is answered for: `ask` is the role to be asked, empty where nothing is said; and why."""

    ask: str
    why: str


_ROWS = (
    ("D1", "mfh_coordinator", "nobody asks a family again who the child is because they do not see that it is known"),
    ("D2", "mfh_coordinator", "that the child was missing is why the reader has a part at all"),
    ("D3", "mfh_coordinator", "a grade without its reasons is not a grade without risk"),
    ("D4", "", "to know that there is intelligence can warn those whom it is about, and endanger the child who told"),
    ("D5", "mfh_coordinator", "whoever looks after the child acts with the plan, and not beside it"),
    ("D6", "mfh_coordinator", "the carer knows the child best; who keeps the form would say where the child lives"),
    ("D7", "mfh_coordinator", "that the police spoke with the child is known to all who were told of the return"),
    (
        "D8",
        "rhi_manager",
        "that the child was heard is no secret; what may be shared of it, the interviewer decides (5.4)",
    ),
    ("D9", "rhi_manager", "whoever supports the child has to know that there is something to follow up"),
    ("D10", "csc_team_manager", "what was agreed binds those who were not there"),
    ("D11", "mfh_coordinator", "it is asked of every child, so that something is held says nothing of this one"),
    ("D12", "audit_lead", "whoever acts on a finding has to know that there is one"),
)

HELD: Mapping[str, Held] = MappingProxyType({name: Held(ask, why) for name, ask, why in _ROWS})
"""Total over the data classes."""

UNSAID = frozenset(name for name, held in HELD.items() if not held.ask)
"""The classes of which no page says that anything is held."""

BEGIN, END = "<!-- withheld: begin -->", "<!-- withheld: end -->"


def lines(held: Collection[str], roles: Collection[str]) -> tuple[str, ...]:
    """Say what is held of these classes and whom to ask: ``("Minutes of meetings: ask the social care team manager",)``.

    Who holds the role that is to be asked is not sent to themselves; a class that nobody knows is not spoken of.
    """
    said = [name for name in HELD if name in held and name not in UNSAID]
    return tuple(
        DATA_CLASS[name]
        if HELD[name].ask in roles
        else f"{DATA_CLASS[name]}: ask the {title_of(HELD[name].ask).lower()}"
        for name in said
    )


def written() -> str:
    """Write the table as Markdown."""
    return "\n".join((BEGIN, *_table(), END))


def _table() -> Iterator[str]:
    yield "| class | of what | the page says | since |"
    yield "|---|---|---|---|"
    for name, held in HELD.items():
        says = (
            f"that something is held; ask the {title_of(held.ask).lower()}"
            if held.ask
            else "**nothing, as if there were nothing**"
        )
        yield f"| {name} | {DATA_CLASS[name]} | {says} | {held.why} |"


if __name__ == "__main__":
    sys.stdout.write(f"{written()}\n")
