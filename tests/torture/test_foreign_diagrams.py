"""Diagrams that modelling tools have exported: each is loaded, or refused for something that it really has."""

from __future__ import annotations

import time
from pathlib import Path

from engine import release
from engine.texts import decoded
from tests.torture.measure import say
from workflows import checking
from workflows.checking import REFUSED

LOADED_AT_LEAST = 0.6
SECONDS = 10
"""Of the processor, for one file; the slowest takes a third of one."""


def test_each_foreign_diagram_is_loaded_or_refused_for_what_it_has(corpora: Path) -> None:
    files = sorted((corpora / "miwg").rglob("*.bpmn")) + sorted((corpora / "soundness").rglob("*.bpmn"))
    loaded = []
    for path in files:
        began = time.process_time()
        text = release.plain(decoded(path.read_bytes(), path.name))
        made = checking.answer({"do": "import", "name": path.name, "text": text, "process": "imported"})["found"]
        refused = [finding for finding in made["findings"] if finding[3] == REFUSED]
        assert not [element for _, element, *_ in refused if f'id="{element}"' not in text], path
        assert made["findings"], path
        if not refused:
            assert release.check(made["files"]).specs, path
        assert time.process_time() - began < SECONDS, path
        loaded.append(not refused)
    say(f"{sum(loaded)} of {len(loaded)} foreign diagrams were loaded")
    assert sum(loaded) >= LOADED_AT_LEAST * len(loaded)
