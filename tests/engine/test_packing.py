"""The written form of the token state: short, exact to the microsecond, and read in every version that there was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import packing

MOMENTS = st.datetimes(datetime(1985, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC)).map(datetime.timestamp)  # noqa: DTZ001 - the zone comes from `timezones`
MAYBE = st.none() | MOMENTS
WORDS = st.text(st.characters(codec="utf-8"), max_size=8)
KEPT = st.fixed_dictionaries(
    {},
    optional={
        "since": MOMENTS,
        "due": MOMENTS,
        "key": WORDS,
        "key_or_index": st.integers(0, 99),
        "item": WORDS,
        "items": st.lists(WORDS | st.integers(0, 9) | st.dictionaries(WORDS, WORDS, max_size=2), max_size=3),
        "given": st.integers(0, 9),
        "merged": st.just([]),
        "from": WORDS,
        "errand": WORDS,
        "event_fired": st.just(True),
    },
)
ROWS = st.lists(
    st.tuples(st.integers(1, 999), WORDS, st.sampled_from([8, 16, 32, 64]), st.none() | st.integers(1, 99), KEPT).map(
        list
    ),
    min_size=1,
    max_size=4,
)
CLOCKS = st.tuples(st.integers(1, 99), WORDS, MOMENTS, MAYBE, MAYBE, st.lists(WORDS, max_size=3), MAYBE).map(list)
PLAIN = st.fixed_dictionaries(
    {
        "r": WORDS,
        "o": MOMENTS,
        "n": st.integers(0, 999),
        "d": st.booleans(),
        "w": st.builds(
            lambda top, inside: [[None, *top], *([key, name, *rows] for key, name, rows in inside)],
            ROWS,
            st.lists(st.tuples(st.integers(1, 99), WORDS, ROWS), max_size=3),
        ),
        "c": st.lists(CLOCKS, max_size=3),
        "k": st.dictionaries(WORDS, st.integers(1, 9), max_size=3),
        "b": st.dictionaries(WORDS, WORDS, max_size=3),
    },
    optional={"s": st.dictionaries(WORDS, WORDS, min_size=1, max_size=2)},
)


@given(PLAIN)
def test_what_is_written_is_read_as_it_was(plain: dict[str, Any]) -> None:
    read = packing.unpack(packing.pack(plain))
    assert {name: read[name] for name in plain} == plain


def test_an_instant_costs_what_it_is_later_than_the_opening() -> None:
    opened = datetime(2026, 3, 2, 9, 0, 0, 123457, tzinfo=UTC)
    later = [opened + timedelta(hours=1), opened + timedelta(hours=1, microseconds=1)]
    rows = [[number, "look", 16, None, {"since": at.timestamp()}] for number, at in enumerate(later)]
    plain = {"r": "T-1", "o": opened.timestamp(), "n": 2, "d": False, "w": [[None, *rows]], "c": [], "k": {}, "b": {}}
    assert [row[4] for row in orjson.loads(packing.readable(packing.pack(plain)))["w"][0][1:]] == [
        {"s": 3600},
        {"s": 3600.000001},
    ]


def test_a_clock_says_nothing_twice() -> None:
    begun, due = 100.5, 3700.25
    plain = {
        "r": "T-1", "o": 1.5, "n": 2, "d": False, "k": {}, "b": {},
        "w": [[None, [1, "Start", 64, None, {}], [2, "look", 16, 1, {"since": begun, "due": due}]]],
        "c": [[2, "look_clock", begun, 9000.0, due, ["due"], due], [1, "other", begun, due, None, [], None]],
    }  # fmt: skip
    written = orjson.loads(packing.readable(packing.pack(plain)))
    assert written["w"][0][1] == 1
    assert written["c"][0] == [2, 1, "=", 8998.5, "=", [2], "="]
    assert {name: packing.unpack(packing.pack(plain))[name] for name in plain} == plain


def test_what_is_written_is_deflated_and_version_3_which_was_not_is_read() -> None:
    rows: list[list[Any]] = [[number, "look", 16, None, {}] for number in range(99)]
    plain = {"r": "T-1", "o": 1.5, "n": 99, "d": False, "w": [[None, *rows]], "c": [], "k": {}, "b": {}}
    written = packing.readable(packing.pack(plain))
    assert 2 * len(packing.pack(plain)) < len(written)
    third = orjson.dumps({**orjson.loads(written), "v": 3})
    assert packing.readable(third) == third
    assert packing.unpack(third)["w"] == packing.unpack(packing.pack(plain))["w"] == plain["w"]


def test_version_2_is_read() -> None:
    written = {
        "v": 2, "r": "T-1", "o": 1.5, "n": 2, "d": False, "k": {}, "b": {}, "t": ["Start", "look", "look_clock", "due"],
        "w": [[None, [1, 0, 64], [2, 1, 16, 1, {"s": 99, "d": 3698.75}]]], "c": [[2, 2, 99, 8998.5, 3698.75, [3], 3698.75]],
    }  # fmt: skip
    read = packing.unpack(orjson.dumps(written))
    assert read["w"] == [[None, [1, "Start", 64, None, {}], [2, "look", 16, 1, {"since": 100.5, "due": 3700.25}]]]
    assert read["c"] == [[2, "look_clock", 100.5, 9000.0, 3700.25, ["due"], 3700.25]]


def test_version_1_is_read_with_the_operations_that_are_to_be_left_out() -> None:
    plain = {
        "v": 1,
        "r": "T-1",
        "o": 1.5,
        "n": 1,
        "d": False,
        "w": [[None, [1, "Start", 64, None]]],
        "c": [],
        "k": {},
        "b": {},
    }
    assert packing.unpack(orjson.dumps(plain)) == plain
    assert packing.unpack(orjson.dumps({**plain, "s": {"ask": "no answer"}}))["s"] == {"ask": "no answer"}


@pytest.mark.parametrize("version", [0, 5, "2", None, 2.5])
def test_another_version_is_refused(version: object) -> None:
    with pytest.raises(packing.UnknownStateVersion, match="not one of 1, 2, 3, 4"):
        packing.unpack(orjson.dumps({"v": version}))
