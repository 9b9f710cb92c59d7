"""Takes a decision table apart: the table, its columns, its rows with a setting for each cell."""

from __future__ import annotations

from engine import xml
from engine.comparison import markup
from engine.comparison.parts import Anatomy, Part, fill, put
from engine.xml import Element

_COLUMNS = {"input": "Column that is asked", "output": "Column that is answered", "annotation": "Column of notes"}
_CELLS = {"inputEntry": "input", "outputEntry": "output", "annotationEntry": "annotation"}
_NOTHING = frozenset({"", "-"})


def take_apart(text: str, name: str) -> Anatomy:
    """Take a decision table apart; refused with `Invalid` where it is no XML."""
    return _Reader(xml.parse(text, name)).anatomy()


class _Reader:
    """Walks a decision table once."""

    def __init__(self, root: Element) -> None:
        self.root = root
        self.home, self.name = markup.split(root)
        self.found = Anatomy()
        self.columns: dict[str, list[str]] = {kind: [] for kind in _COLUMNS}
        self.labels: dict[str, str] = {}
        self.rows: list[str] = []

    def anatomy(self) -> Anatomy:
        """Take the whole file apart."""
        file = self.found.add("", "The file", "")
        if self.name != "definitions":
            file.settings["root"] = self.name
        file.settings |= self._settings(self.root)
        self.found.orders = {"rows": self.rows, "columns": [one for each in self.columns.values() for one in each]}
        return self.found

    def _settings(self, element: Element) -> dict[str, str]:
        """Give the settings of a part; columns and rows become parts of their own."""

        def turn(child: Element, _path: str) -> bool:
            _, name = markup.split(child)
            if name == "decision":
                part = self.found.add(child.get("id", ""), "Table", child.get("name", ""))
                part.settings |= {"@name": child.get("name", "")} | self._settings(child)
            elif name in _COLUMNS:
                self._column(child, name)
            elif name == "rule":
                self._row(child)
            elif name == "DMNDI":
                self._drawing(child)
            else:
                return False
            return True

        skip = frozenset() if element is self.root else frozenset({"id", "name"})
        return markup.settings(element, self.home, skip=skip, turn=turn)

    def _column(self, element: Element, kind: str) -> None:
        """Make a part of a column; a column of notes has no id."""
        key = element.get("id") or f"{kind} {len(self.columns[kind]) + 1}"
        label = element.get("label") or element.get("name") or key
        part = self.found.add(key, _COLUMNS[kind], label)
        part.settings |= markup.settings(element, self.home, skip=frozenset({"id"}))
        self.columns[kind].append(key)
        self.labels[key] = label

    def _row(self, element: Element) -> None:
        """Make a part of a row: a setting for each cell, under the name of its column."""
        key = element.get("id") or f"row {len(self.rows) + 1}"
        part = self.found.add(key, "Row", "")
        seen = dict.fromkeys(_COLUMNS, 0)
        first = ""

        def turn(child: Element, _path: str) -> bool:
            nonlocal first
            kind = _CELLS.get(markup.split(child)[1])
            if kind is None:
                return False
            columns = self.columns[kind]
            column = columns[seen[kind]] if seen[kind] < len(columns) else f"{kind} {seen[kind] + 1}"
            seen[kind] += 1
            text = self._cell(part, child, column)
            if kind == "input" and not first and text not in _NOTHING:
                first = text
            return True

        fill(part.settings, markup.settings(element, self.home, skip=frozenset({"id"}), turn=turn).items())
        self.rows.append(key)
        part.name = " ".join(filter(None, [str(len(self.rows)), first.replace('"', "")]))

    def _cell(self, part: Part, element: Element, column: str) -> str:
        """Keep the text of a cell under its column, and whatever else it says."""
        text = ""
        for path, value in markup.settings(element, self.home).items():
            if path == "text/text()":
                text = value
            elif path != "text":
                put(part.settings, f"cell {column} {path}", value)
        put(part.settings, f"cell {column}", text)
        return text

    def _drawing(self, diagram: Element) -> None:
        """Keep what is only drawn."""
        self.found.drawing[""] = f"{self.found.drawing.get('', '')}drawn\n{markup.flattened(diagram, self.home)}"
