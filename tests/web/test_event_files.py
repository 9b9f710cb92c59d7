"""The course of cases as event logs: whole, well-formed, the same under one key, and without a word of who it was about."""

from __future__ import annotations

import gzip
import json
import re
from argparse import Namespace
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import sqlalchemy as sa

from engine.errors import Invalid
from engine.store import EventTable, TaskTable, reading
from tests.interop import grammars
from tests.web.nest import Nest
from tests.web.planting import found_in
from web import event_files
from workflows import seals
from workflows.children import ChildRow
from workflows.disclosures import DisclosureRow
from workflows.episodes import EpisodeRow
from workflows.event_logs import WAY
from workflows.people import PersonRow

NS = "{http://www.xes-standard.org/}"
DAY = timedelta(days=1)


def exported(nest: Nest, path: Path, **changed: Any) -> str:
    """Export everything that was ever opened, and give what stands in the file."""
    now = nest.site.clock.now
    said: dict[str, Any] = {
        "file": path,
        "first": (now - 4000 * DAY).date(),
        "last": now.date(),
        "procedure": [],
        "key_file": None,
        "recipient": "The university",
        "basis": "partnership_analysis",
        "by": "superintendent",
    }
    list(event_files.export(nest.site.services, Namespace(**said | changed), now=now))
    return gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text(encoding="utf-8")


def strings(element: ET.Element) -> dict[str, str]:
    return {one.attrib["key"]: one.attrib["value"] for one in element if "key" in one.attrib}


@dataclass(frozen=True)
class Written:
    """Both files under one key, the cases for which that was noted, and how many tasks were done in them."""

    xes: str
    ocel: str
    noted: frozenset[str]
    done: int

    def courses(self) -> list[tuple[dict[str, str], list[dict[str, str]]]]:
        root = ET.fromstring(self.xes)  # noqa: S314 - our own file
        return [(strings(one), [strings(event) for event in one.iter(f"{NS}event")]) for one in root.iter(f"{NS}trace")]


@pytest.fixture
def written(nest: Nest, tmp_path: Path) -> Written:
    key = tmp_path / "key"
    key.write_bytes(b"sixteen bytes and a few")
    xes = exported(nest, tmp_path / "a.xes", key_file=key)
    ocel = exported(nest, tmp_path / "a.jsonocel.gz", key_file=key)
    with reading(nest.site.services.engine) as connection:
        noted = connection.execute(sa.select(DisclosureRow.about).where(DisclosureRow.way == WAY)).scalars().all()
        asked = sa.select(sa.func.count()).select_from(EventTable).where(EventTable.kind == "task_completed")
        done = connection.execute(asked.where(EventTable.case_id.in_(noted))).scalar_one()
    return Written(xes, ocel, frozenset(noted), done)


def test_an_event_log_names_nobody_and_leaves_out_what_is_sealed(nest: Nest, written: Written) -> None:
    with reading(nest.site.services.engine) as connection:
        people = sa.select(PersonRow.sign_in).where(PersonRow.sign_in.not_in(sa.select(TaskTable.role)))
        names = {*connection.execute(people).scalars(), *connection.execute(sa.select(ChildRow.name)).scalars()} - {""}
        shut = {one.case_id for one in nest.flock.held.values() if seals.over(connection, [one.case_id])}
    for text in (written.xes, written.ocel):
        assert not found_in(text)
        assert not re.findall(r"\b[A-Z]{2}-[0-9A-Z]{8}\b", text)
        assert not [name for name in names if re.search(rf"\b{re.escape(name)}\b", text)]
    assert shut
    assert not shut & written.noted


def test_an_xes_log_is_laid_out_as_the_standard_says_and_its_tasks_begin_and_end(written: Written) -> None:
    assert not grammars.xes_faults(written.xes)
    events = [event for _head, course in written.courses() for event in course]
    assert all({"concept:name", "time:timestamp", "lifecycle:transition"} <= set(event) for event in events)
    counted = [event["lifecycle:transition"] for event in events if "concept:instance" in event]
    assert counted.count("complete") == written.done > 0
    assert counted.count("start") >= counted.count("complete") + counted.count("withdraw")
    for _head, course in written.courses():
        begun = {
            one["concept:instance"]: one["concept:name"] for one in course if one["lifecycle:transition"] == "start"
        }
        ends = [one for one in course if one.get("concept:instance") and one["lifecycle:transition"] != "start"]
        assert all(begun[one["concept:instance"]] == one["concept:name"] for one in ends), "a task ends under its name"


def test_an_ocel_log_declares_what_it_holds_and_ties_the_cases_of_a_child_together(written: Written) -> None:
    log = json.loads(written.ocel)
    assert not grammars.ocel_faults(log)
    objects = {one["id"]: one for one in log["objects"]}
    assert len(objects) == len(log["objects"])
    for one in [*log["events"], *log["objects"]]:
        assert all(each["objectId"] in objects for each in one["relationships"])
    assert {one["type"] for one in log["events"]} == {one["name"] for one in log["eventTypes"]}
    kinds = {one["name"] for one in log["objectTypes"]}
    assert {one["type"] for one in log["objects"]} == kinds > {"child", "missing_child"}
    assert len(log["events"]) == sum(len(course) for _head, course in written.courses())
    assert {head["concept:name"] for head, _course in written.courses()} <= set(objects), "one key, one pseudonym"
    assert any(one["relationships"] for one in log["objects"] if one["type"] == "trigger_plan")


def test_the_grammars_refuse_what_the_standards_do_not_know() -> None:
    head, foot = event_files.XES_HEAD, "</log>"
    event = '<event><date key="time:timestamp" value="2026-03-02T09:00:00+00:00"/></event>'
    assert not grammars.xes_faults(f"{head}<trace>{event}</trace>{foot}")
    for wrong in (
        event,
        f"<trace>{event.replace('T09', ' 09')}</trace>",
        f"<trace>{event.replace('+00:00', ' London')}</trace>",
        f"<trace>{event}<string key='concept:name' value='a'/></trace>",
        "<trace><string value='a'/></trace>",
        "<trace><string key='two words' value='a'/></trace>",
        "<trace><event>said</event></trace>",
    ):
        assert grammars.xes_faults(f"{head}{wrong}{foot}"), wrong
    attribute = {"name": "level", "time": "2026-03-02T09:00:00+00:00", "value": "high"}
    one = {"id": "a", "type": "child", "attributes": [attribute], "relationships": []}
    for changed, faults in (({}, 0), ({"time": "2026"}, 1), ({"attributes": [{"name": "level"}]}, 2), ({"id": ""}, 1)):
        log = {"events": [], "objects": [{**one, **changed}], "eventTypes": [], "objectTypes": []}
        assert len(grammars.ocel_faults(log)) == faults, changed
    assert len(grammars.ocel_faults({"events": {}, "objects": []})) == 3


def test_an_export_is_written_down_for_each_case_and_asks_nothing_of_those_who_put_something_right(
    nest: Nest, tmp_path: Path
) -> None:
    exported(nest, tmp_path / "some.xes", procedure=["missing_child"])
    with reading(nest.site.services.engine) as connection:
        rows = connection.execute(sa.select(DisclosureRow).where(DisclosureRow.way == WAY)).all()
        episodes = set(connection.execute(sa.select(EpisodeRow.case_id)).scalars())
    assert rows
    assert {row.about for row in rows} <= episodes
    assert {(row.given_to, row.given_by, row.basis) for row in rows} == {
        ("The university", "superintendent", "partnership_analysis")
    }


@pytest.mark.parametrize(
    ("changed", "places"),
    [
        ({"key_file": Path("missing")}, {"file", "key-file"}),
        ({"recipient": " ", "basis": "curiosity"}, {"recipient", "basis"}),
        (
            {"procedure": ["elephants"], "last": date(1, 1, 1), "file": Path("not there/log.xes")},
            {"procedure", "to", "file"},
        ),
    ],
)
def test_a_wrong_export_says_all_that_is_wrong_and_writes_no_file(
    nest: Nest, tmp_path: Path, changed: dict[str, Any], places: set[str]
) -> None:
    path = tmp_path / ("log.csv" if "file" in places else "log.xes")
    with pytest.raises(Invalid) as refused:
        exported(nest, path, **changed)
    assert {problem.where for problem in refused.value.problems} == places
    assert not path.exists()
    with reading(nest.site.services.engine) as connection:
        assert not connection.execute(sa.select(DisclosureRow.id).where(DisclosureRow.way == WAY)).first()
