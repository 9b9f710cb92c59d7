"""What a decision table gives that is asked as a function, and asked again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from engine import release
from engine.model import FactWrite
from engine.scope import Scope
from tests.drawn import form, procedure
from tests.engine.test_decisions import table

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DRAWN = procedure(
    "sample", "begun: start form=opening\nask: user form=answer\ndone: end\nbegun > ask\nask > done",
    form("opening", "word"), form("answer", "more"),
)  # fmt: skip
SAYING = table(
    "FIRST",
    ["At=at"],
    ["said"],
    [["-", '[answer.more, string(at), string(at - date and time("2026-10-25T00:00:00Z"))]']],
)


def asked(scope: Scope, **given: Any) -> Any:
    """Ask the table of the procedure."""
    [name] = scope.release.decisions
    return scope.values[name].callable(**given)


def begun(saying: str = SAYING) -> Scope:
    compiled = release.load(release.pack({**DRAWN, "grade.dmn": saying})[0])
    return Scope(compiled, {"answer": {"": {"more": "a"}}}, NOW, "T-1", NOW)


def test_a_table_that_is_asked_again_after_a_fact_has_changed_is_decided_anew() -> None:
    scope = begun()
    assert asked(scope, at=NOW)[0] == asked(scope, at=NOW)[0] == "a"
    scope.write(FactWrite("answer", "", "more", "b"))
    assert asked(scope, at=NOW)[0] == "b"
    assert [each.table for each in scope.called] == [each.table for each in scope.called[:1]] * 3, "each call is kept"


def test_equal_moments_in_two_zones_are_two_questions() -> None:
    """Each hour of the night in which the clocks go back is there twice, too."""
    scope, london = begun(), ZoneInfo("Europe/London")
    summer = datetime(2026, 10, 25, 1, 30, tzinfo=london)
    given = [summer, summer.replace(fold=1), summer.astimezone(UTC), summer.astimezone(ZoneInfo("Europe/Paris"))]
    assert len({tuple(asked(scope, at=each)) for each in given}) == len(given)


def test_what_a_table_gave_lasts_until_a_record_has_changed_on_which_it_rests() -> None:
    scope = begun()
    asked(scope, at=NOW)
    scope.write(FactWrite("opening", "", "word", "x"))
    assert [(each.result[0], sorted(each.rests_on or ())) for each in scope.lasting().values()] == [
        ("a", ["answer", "at", "d"])
    ]
    scope.write(FactWrite("answer", "", "more", "b"))
    assert scope.lasting() == scope.known == {}
    scope = begun()
    asked(scope, at=NOW)
    later = begun()
    later.known |= scope.lasting()
    asked(later, at=NOW.replace(year=2027))
    assert len(later.known) == 2
    assert len(later.lasting()) == 1, "what only an earlier step asked does not grow with the turns of a loop"
    by_the_clock = begun(SAYING.replace("string(at)", "string(now())"))
    asked(by_the_clock, at=NOW)
    assert by_the_clock.known
    assert by_the_clock.lasting() == {}, "at another moment it may give something else"
