"""`homeward check` on whatever lies there: it says what it is, ends with 0, 1 or 2, and its JSON has the same five words."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from web import cli

DMN = '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="x">{}</definitions>'
CIRCLE = DMN.format(
    "".join(
        f'<decision id="{mine}" name="{mine}"><informationRequirement><requiredDecision href="#{other}"/>'
        f"</informationRequirement><literalExpression><text>{other}</text></literalExpression></decision>"
        for mine, other in (("circle", "back"), ("back", "circle"))
    )
)
CONTENTS = {
    "empty.bpmn": b"",
    "empty.form": b"",
    "binary.bpmn": bytes(range(256)) * 9,
    "huge.bpmn": b"<a>" + b" " * 6_000_000,
    "list.form": b"[1]",
    "null.form": b"null",
    "deep.form": b"[" * 50_000,
    "circle.dmn": CIRCLE.encode(),
    "outside.bpmn": b'<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/hostname">]><a>&a;</a>',
    "page.bpmn": b"<html><body>Sign in</body></html>",
    "two\nlines.bpmn": b"<a/>",
    "notes.txt": b"x",
}


def test_whatever_lies_there_is_said_and_never_a_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file whose name is no text stopped the report on everything that lay beside it."""
    for name, content in CONTENTS.items():
        (tmp_path / name).write_bytes(content)
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/odd\xff.bpmn")).write_bytes(b"<a/>")
    for link, to in (("itself.bpmn", "itself.bpmn"), ("gone.bpmn", "nowhere"), ("around", ".")):
        (tmp_path / link).symlink_to(to)
    (tmp_path / "folder.bpmn").mkdir()
    os.mkfifo(tmp_path / "pipe.bpmn")
    asked = [
        *tmp_path.iterdir(),
        tmp_path,
        tmp_path / "around" / "page.bpmn",
        *map(Path, ("-", "x" * 5000, "/dev/null")),
    ]
    ended = {}
    for path in asked:
        ended[path.name] = cli.main(["check", "--json", str(path)])
        rows = json.loads(capsys.readouterr().out)
        assert rows, path
        for row in rows:
            assert row.keys() == {"file", "element", "rule", "severity", "sentence"}
            assert row["severity"] in {"refused", "question", "ignored"}
            assert all(row.values()), row
    unread = {name for name, status in ended.items() if status == 2}
    assert set(ended.values()) == {1, 2}
    assert unread.isdisjoint({"empty.bpmn", "huge.bpmn", "list.form", "circle.dmn", "page.bpmn", "outside.bpmn"})
    assert unread >= {"binary.bpmn", "notes.txt", "itself.bpmn", "gone.bpmn", "folder.bpmn", "pipe.bpmn", "-", "null"}
