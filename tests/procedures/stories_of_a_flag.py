"""The stories of `exploitation_flag.bpmn`: a flag of exploitation is decided, looked at again in time, and ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from engine.model import SYSTEM, Actor, FactWrite, Open
from tests.procedures.casework import Casework, story_of
from tests.procedures.childwork import PAGES

KEY = "cse CH-7K3QX9PW"
UNIT, CHIEF, SUPERINTENDENT = "ppu_cse_unit", "chief_inspector_missing", "superintendent"


class Flag(Casework):
    """The life of one flag of one child."""

    pages: ClassVar[Mapping[str, Mapping[str, Any]]] = PAGES

    def decided(self, confirmed: str) -> Self:
        """An episode is the first to decide on the flag."""
        said = {"child": "CH-7K3QX9PW", "episode": "MC-7K3QX9PW", "flag": "cse", "confirmed": confirmed}
        start = self.release.start
        writes = tuple(FactWrite(start.record, "", name, value) for name, value in said.items())
        self._take(self.begin(Open(writes, Actor(SYSTEM))))
        self.follow(start.id)
        return self

    def decided_again(self, confirmed: str) -> Self:
        """A later episode decides on the same flag of the child."""
        said = {"child": "CH-7K3QX9PW", "episode": "MC-2B4XKQ9T", "flag": "cse", "confirmed": confirmed}
        return self.tell("flag_decided", KEY, **said)

    def left(self) -> int:
        """Give in how many days the next look is due."""
        due = self.due("review_flag")
        assert due is not None
        return (due - self.now).days


story = story_of("exploitation_flag", Flag)


@story
def a_flag_that_is_confirmed_is_looked_at_after_90_days_until_it_ends(case: Flag) -> None:
    case.decided("yes")
    assert (case.task("review_flag").node.role, case.left()) == (UNIT, 90)
    case.wait(days=111)
    both, above = f"{CHIEF} {UNIT}", f"{CHIEF} {SUPERINTENDENT}"
    assert [(step, tell) for _at, step, tell in case.told("C-66")] == [
        ("reminder", UNIT),
        ("due", UNIT),
        ("first escalation", both),
        ("second escalation", above),
        ("second escalation", above),
    ]
    assert set(case.refusals("review_flag", reason="no")) == {"reason"}
    case.fill("review_flag", confirmed="suspected")
    assert case.left() == 28, "what is only suspected is looked at sooner"
    case.wait(days=50).fill("review_flag")
    assert case.left() == 90
    case.fill("review_flag", confirmed="no", reason="The man is in prison, and the child is settled.")
    assert case.closed
    assert case.words() == ["FlagReviewed", "FlagReviewed", "FlagReviewed", "FlagEnded"]


@story
def what_another_episode_decides_begins_the_time_anew_or_ends_the_flag(case: Flag) -> None:
    case.decided("suspected").wait(days=20).decided_again("yes")
    assert (case.left(), case.open_elements()) == (90, ["review_flag"])
    case.decided_again("no")
    assert case.closed
    assert case.words() == ["FlagEnded"]


@story
def a_sign_that_is_wrong_from_the_first_leaves_nothing_to_look_at(case: Flag) -> None:
    case.decided("no")
    assert case.closed
    assert case.words() == ["FlagEnded"]
