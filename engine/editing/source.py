"""XML as text whose elements know where they stand in it, and the edits that are made to that text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from xml.sax.saxutils import escape, quoteattr

_MARKUP = re.compile(
    r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>"
    r"""|<(?P<close>/)?(?P<tag>[^\s/>!?]+)(?P<told>(?:\s+[^\s=/>]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(?P<empty>/)?>""",
    re.DOTALL,
)
_AS_IT_IS = re.compile(r"<!--.*?-->|<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_ATTRIBUTE = re.compile(r"""([^\s=]+)\s*=\s*(["'])(.*?)\2""", re.DOTALL)


@dataclass(slots=True, eq=False)
class Piece:
    """An element of the text: from `start` to `end`, its content from `inner` to `close`; an empty one ends with ``/>``."""

    tag: str
    start: int
    inner: int
    close: int = 0
    end: int = 0
    values: dict[str, str] = field(default_factory=dict)
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)
    children: list[Piece] = field(default_factory=list)
    parent: Piece | None = None
    name: str = ""
    """The name without the prefix."""

    def __post_init__(self) -> None:
        self.name = self.tag.rpartition(":")[2]

    @property
    def prefix(self) -> str:
        """The prefix with its colon, "" where there is none."""
        return self.tag.removesuffix(self.name)

    def get(self, name: str, default: str = "") -> str:
        """Give the value of an attribute."""
        return self.values.get(name, default)

    def walk(self) -> Iterator[Piece]:
        """Give this element and everything inside it, in the order of the text."""
        todo = [self]
        while todo:
            piece = todo.pop()
            yield piece
            todo += reversed(piece.children)

    def first(self, *names: str) -> Piece | None:
        """Follow names inwards, each the first child that is called so."""
        found: Piece | None = self
        for name in names:
            found = next((each for each in found.children if each.name == name), None) if found else None
        return found

    def all(self, name: str) -> list[Piece]:
        """Give the children that are called so."""
        return [each for each in self.children if each.name == name]


class Source:
    """A text and its elements. Edits are noted at places of this text, and made all at once by `edited`."""

    def __init__(self, text: str) -> None:
        """Read a text that `engine.xml` reads as well: what is not well-formed has no elements here."""
        self.text = text
        self.root = _scan(text)
        self.by_id = {each.get("id"): each for each in self.root.walk() if "id" in each.values}
        self._edits: dict[tuple[int, int], list[str]] = {}

    def content(self, piece: Piece) -> str:
        """Give the text inside an element, without what stands in elements."""
        if piece.close == piece.inner:
            return ""
        said, at = [], piece.inner
        for child in piece.children:
            said.append(self.text[at : child.start])
            at = child.end
        said.append(self.text[at : piece.close])
        return "".join(
            each[1] or ("" if each[0].startswith("<!--") else unescape(each[0])) for each in _parts("".join(said))
        )

    def indent(self, piece: Piece) -> str:
        """Give the spaces before an element on its line."""
        line = self.text[: piece.start].rpartition("\n")[2]
        return line if not line.strip() else ""

    # Edits ------------------------------------------------------------------------------------------------------------

    def replace(self, start: int, end: int, text: str) -> None:
        """Put a text in the place of another."""
        self._edits.setdefault((start, end), []).append(text)

    def set_attribute(self, piece: Piece, name: str, value: str) -> None:
        """Give an attribute its value; nothing is done where it has it."""
        if piece.values.get(name) == value:
            return
        if name in piece.spans:
            quoted = quoteattr(value) if "'" in value and '"' in value else f'"{escape(value, {chr(34): "&quot;"})}"'
            start, end = piece.spans[name]
            self.replace(start, end, quoted)
        else:
            self.replace(
                piece.start + 1 + len(piece.tag), piece.start + 1 + len(piece.tag), f" {name}={quoteattr(value)}"
            )

    def set_content(self, piece: Piece, text: str) -> None:
        """Give an element without elements its text."""
        if self.content(piece) == text:
            return
        if piece.close == piece.end:  # written as one empty tag
            self.replace(self._opened(piece), piece.end, f">{escape(text)}</{piece.tag}>")
        else:
            self.replace(piece.inner, piece.close, escape(text))

    def add_behind(self, piece: Piece, text: str) -> None:
        """Put lines behind an element, as far to the right as it stands."""
        indent = self.indent(piece)
        self.replace(piece.end, piece.end, "".join(f"\n{indent}{line}" for line in text.splitlines()))

    def add_inside(self, piece: Piece, text: str, *, first: bool = False) -> None:
        """Put lines into an element, as its last or its first."""
        indent = self.indent(piece) + "  "
        lines = "".join(f"\n{indent}{line}" for line in text.splitlines())
        if piece.close == piece.end:
            self.replace(self._opened(piece), piece.end, f">{lines}\n{self.indent(piece)}</{piece.tag}>")
        elif first or not piece.children:
            tail = "" if piece.children else f"\n{self.indent(piece)}"
            self.replace(piece.inner, piece.inner if piece.children else piece.close, lines + tail)
        else:
            self.replace(piece.children[-1].end, piece.children[-1].end, lines)

    def _opened(self, piece: Piece) -> int:
        """Where the one tag of an empty element would have ended if something were in it."""
        return piece.start + len(self.text[piece.start : piece.end].removesuffix(">").removesuffix("/").rstrip())

    def take_out(self, piece: Piece) -> None:
        """Take an element out, with its line where it stands there alone."""
        start, end = piece.start, piece.end
        indent = self.indent(piece)
        if (indent or self.text[:start].endswith("\n")) and self.text[end : end + 1] == "\n":
            start, end = start - len(indent), end + 1
        self.replace(start, end, "")

    def edited(self) -> str:
        """Give the text with all edits made."""
        said, at = [], 0
        for (start, end), texts in sorted(self._edits.items()):
            if start < at:  # inside something that was taken out
                continue
            said += [self.text[at:start], *texts]
            at = end
        return "".join([*said, self.text[at:]])


def _parts(raw: str) -> Iterator[tuple[str, str]]:
    """Divide a content: what has to be decoded, and the text of sections that stand as they are."""
    at = 0
    for found in _AS_IT_IS.finditer(raw):
        yield raw[at : found.start()], ""
        yield found[0], found[1] or ""
        at = found.end()
    yield raw[at:], ""


def _scan(text: str) -> Piece:
    """Find the elements of a well-formed text."""
    top = Piece("", 0, 0)
    around = top
    for found in _MARKUP.finditer(text):
        tag = found["tag"]
        if not tag:
            continue
        if found["close"]:
            around.close, around.end = found.start(), found.end()
            around = around.parent or top
            continue
        piece = Piece(tag, found.start(), found.end(), found.end(), found.end(), parent=around)
        for each in _ATTRIBUTE.finditer(text, found.start("told"), found.end("told")):
            piece.values[each[1]] = unescape(each[3])
            piece.spans[each[1]] = (each.start(2), each.end())
        around.children.append(piece)
        if not found["empty"]:
            around = piece
    root = top.children[0]
    root.parent = None
    return root
