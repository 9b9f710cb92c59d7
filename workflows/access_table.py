"""The table of `access` in words: who reads what, by role, data class and how the case stands; it stands in this folder's README."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from workflows.access import IN_PART, MATRIX, Access, Standing, readable
from workflows.agencies import ROLES
from workflows.vocabulary import DATA_CLASS

BEGIN, END = "<!-- access: begin -->", "<!-- access: end -->"
_MARKS = {
    frozenset(Standing): "A",
    frozenset({Standing.OPEN, Standing.CLOSED}): "18",
    frozenset({Standing.OPEN}): "E",
}


def written() -> str:
    """Write the table as Markdown: a row for each role, a column for each data class, a mark for when it is read."""
    return "\n".join((BEGIN, *_lines(), END))


def _lines() -> Iterator[str]:
    yield f"| role | {' | '.join(DATA_CLASS)} |"
    yield "|---|" + "---|" * len(DATA_CLASS)
    for role in ROLES:
        yield f"| `{role}` | {' | '.join(mark(role, name) for name in DATA_CLASS)} |"


def mark(role: str, data_class: str) -> str:
    """Say when a role reads a data class in a case in which it has a part."""
    for extent in ("", *sorted(set(IN_PART.values()), reverse=True)):
        read = frozenset(each for each in Standing if f"{data_class}{extent}" in readable({role}, standing=each))
        if read:
            return f"{extent}{_MARKS[read]}".removesuffix("A") or "A"
    sat = frozenset(each for each in Standing if data_class in readable({role}, standing=each, attended={role}))
    if sat:
        return f"m{_MARKS[sat]}".removesuffix("A")
    if any(data_class in readable({role}, standing=each, sampled=True) for each in Standing):
        return "s"
    if any(data_class in readable({role}, standing=each, vetted={role}) for each in Standing):
        return "v"
    return {Access.CREATE: "w", Access.AGGREGATE: "n"}.get(MATRIX[data_class, role], "")


if __name__ == "__main__":
    sys.stdout.write(f"{written()}\n")
