"""A decision table as rows whose cells can be changed one by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from xml.sax.saxutils import escape, quoteattr

from engine import xml
from engine.editing.source import Piece, Source
from engine.frozen import frozen

_CELLS = ("inputEntry", "outputEntry")


@frozen
class Row:
    """A row by its id: its cells as they stand, by what a column asks (``deadline``) or is called (``at``)."""

    id: str
    cells: Mapping[str, str]


class Sheet:
    """A file with one decision table, read to be changed."""

    def __init__(self, text: str, name: str) -> None:
        """Read a table; refused with `Invalid` where it is no XML."""
        xml.parse(text, name)
        self.source = Source(text)
        self._held: dict[tuple[str, str], Piece] = {}
        self.columns: dict[str, str] = {}
        """The headings of the columns, by what they ask or are called."""
        self.rows: tuple[Row, ...] = ()
        self._keys: tuple[list[str], list[str]] = ([], [])
        table = next((each for each in self.source.root.walk() if each.name == "decisionTable"), None)
        if table is not None:
            self._read(table)

    def set(self, row: str, column: str, text: str) -> None:
        """Give a cell another text; one that is not there raises `KeyError`."""
        self.source.set_content(self._held[row, column], text)

    def add(self, rows: Iterable[Row], note: str) -> None:
        """Put rows behind the last one; a column that a row does not name holds always, or answers nothing."""
        table = next(each for each in self.source.root.walk() if each.name == "decisionTable")
        b = table.prefix
        tags = [(b + kind, "-" if kind == _CELLS[0] else "null") for kind in _CELLS]
        said = []
        for row in rows:
            said.append(f"<{b}rule id={quoteattr(row.id)}>")
            for (tag, none), keys, kind in zip(tags, self._keys, ("in", "out"), strict=True):
                for number, key in enumerate(keys, 1):
                    text = escape(row.cells.get(key, none))
                    said.append(f'  <{tag} id="{row.id}_{kind}_{number}"><{b}text>{text}</{b}text></{tag}>')
            said += (
                [f"  <{b}annotationEntry><{b}text>{escape(note)}</{b}text></{b}annotationEntry>"]
                if table.all("annotation")
                else []
            )
            said.append(f"</{b}rule>")
        self.source.add_behind(table.children[-1], "\n".join(said))

    def remove(self, row: str) -> None:
        """Take a row out."""
        self.source.take_out(self.source.by_id[row])

    @property
    def text(self) -> str:
        """The file with its changes."""
        return self.source.edited()

    def _read(self, table: Piece) -> None:
        asked = [(self._asks(each), each) for each in table.all("input")]
        answered = [(each.get("name") or each.get("id"), each) for each in table.all("output")]
        self.columns = {key: each.get("label") or key for key, each in (*asked, *answered)}
        self._keys = keys = [key for key, _ in asked], [key for key, _ in answered]
        self.rows = tuple(self._row(each, keys) for each in table.all("rule") if each.get("id"))

    def _asks(self, column: Piece) -> str:
        text = column.first("inputExpression", "text")
        return "" if text is None else self.source.content(text).strip()

    def _row(self, rule: Piece, keys: tuple[list[str], list[str]]) -> Row:
        cells: dict[str, str] = {}
        for kind, named in zip(_CELLS, keys, strict=True):
            for key, cell in zip(named, rule.all(kind), strict=False):
                text = cell.first("text")
                if text is not None:
                    self._held[rule.get("id"), key] = text
                    cells[key] = self.source.content(text).strip()
        return Row(rule.get("id"), cells)
