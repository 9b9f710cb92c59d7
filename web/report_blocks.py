"""What stands in a report that was drawn up, block by block: for what has changed since another version, and for a spreadsheet.

It is read from the document itself, so that nothing is told of a version that its fingerprint does not cover.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from html.parser import HTMLParser

from engine.frozen import frozen

_HEADINGS = frozenset({"h1", "h2", "h3", "h4"})
_BLOCKS = _HEADINGS | {"p", "li", "dt", "dd", "tr", "caption", "figcaption"}
_CELLS = frozenset({"th", "td"})
MARK = "hw-mark"
"""The class of what is different in each version: which one it is, and when it was drawn up."""


@dataclass(slots=True)
class Block:
    """A piece of text: its kind, the heading under which it stands, and its cells; most have one."""

    kind: str
    under: str
    cells: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What stands there as one line."""
        return ", ".join(each for each in self.cells if each)


@frozen
class Change:
    """Something that one version says and another does not: under which heading, before and after."""

    under: str
    before: tuple[str, ...]
    after: tuple[str, ...]


def blocks(html: str) -> list[Block]:
    """Read a document into its blocks, in their order; an item inside a cell or an entry is part of it."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return [each for each in reader.found if each.text]


def changes(before: str, after: str) -> list[Change]:
    """Say what is different in a document, in the order in which it stands there."""
    old, new = ([(each.under, each.text) for each in blocks(html)] for html in (before, after))
    found = []
    for kind, first, last, begin, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            under = (new[begin:end] or old[first:last])[0][0]
            gone, come = (tuple(text for _under, text in some) for some in (old[first:last], new[begin:end]))
            found.append(Change(under, gone, come))
    return found


def as_rows(html: str) -> list[list[str]]:
    """Give the tables of a document as the rows of a file, each under its caption; entries by name become one table with a row for each heading."""
    read = blocks(html)
    rows: list[list[str]] = []
    for table in (*_entries(read), *_tables(read)):
        rows += [*([[]] if rows else []), *table]
    return rows


def _entries(read: Sequence[Block]) -> Iterator[list[list[str]]]:
    """Give what is said by name under several headings as one table: a row for each heading, a column for each name."""
    said: dict[str, dict[str, str]] = {}
    name = ""
    for each in read:
        if each.kind == "dt":
            name = each.text
        elif each.kind == "dd":
            said.setdefault(each.under, {})[name] = each.text
    if said:
        names = list(dict.fromkeys(name for entries in said.values() for name in entries))
        yield [["", *names], *([under, *(entries.get(name, "") for name in names)] for under, entries in said.items())]


def _tables(read: Sequence[Block]) -> Iterator[list[list[str]]]:
    """Give each table with its caption, or the heading under which it stands."""
    table: list[list[str]] = []
    for each in read:
        if each.kind == "tr":
            table = table or [[each.under]]
            table.append(each.cells)
        elif table and len(table) > 1:
            yield table
            table = []
        if each.kind == "caption":
            table = [[each.text]]
    if len(table) > 1:
        yield table


class _Reader(HTMLParser):
    """Collects the text of each block."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Block] = []
        self._under = ""
        self._open: list[str] = []
        self._skipped = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._skipped or MARK in (dict(attrs).get("class") or "").split() or tag == "svg":
            self._skipped += tag not in _VOID
        elif tag in _BLOCKS and not self._open:
            self._open.append(tag)
            self.found.append(Block(tag, self._under, [] if tag == "tr" else [""]))
        elif self._open:
            if tag in _CELLS and self._open[0] == "tr":
                self.found[-1].cells.append("")
            elif tag == "li" and self.found[-1].cells[-1].strip():
                self.found[-1].cells[-1] += "; "
            self._open += [] if tag in _VOID else [tag]
            self._write(" " if tag in {"br", "p", "li", "dd"} else "")

    def handle_endtag(self, tag: str) -> None:
        if self._skipped:
            self._skipped -= tag not in _VOID
        elif self._open and self._open[-1] == tag:
            self._open.pop()
            if not self._open:
                block = self.found[-1]
                block.cells = [" ".join(each.split()).replace(" ;", ";") for each in block.cells]
                if tag in _HEADINGS:
                    self._under = block.under = block.text

    def handle_data(self, data: str) -> None:
        if self._open and not self._skipped:
            self._write(data)

    def _write(self, text: str) -> None:
        if self.found[-1].cells:
            self.found[-1].cells[-1] += text


_VOID = frozenset({"br", "hr", "img", "wbr", "input", "col"})
