"""The stories of `prevention.bpmn` and `see_action_through.bpmn`: owner, actions that grow, reviews, what changed."""

from __future__ import annotations

from datetime import timedelta

from tests.procedures.childwork import CHILD, Childwork, story_for

story = story_for("prevention")
BOTH = "chief_inspector_missing mfh_coordinator"
LADDER = [("reminder", "mfh_coordinator"), ("due", "mfh_coordinator"), ("second escalation", BOTH)]


def wanted(case: Childwork, episode: str = "MC-3") -> Childwork:
    """The third report in 90 days asks for a prevention plan."""
    return case.hear("prevention_wanted", "RP-1", child=CHILD, episode=episode, reported_at=case.now, count_90d=3)


def running(case: Childwork) -> Childwork:
    """The plan has an owner and one action."""
    return wanted(case).fill("name_prevention_owner").fill("add_prevention_action")


def told_of(case: Childwork, deadline: str) -> list[tuple[str, str]]:
    """Give the steps of a deadline and whom each told."""
    return [(step, tell) for _at, step, tell in case.told(deadline)]


@story
def a_plan_gets_an_owner_and_actions_and_ends_with_what_changed(case: Childwork) -> None:
    wanted(case).fill("name_prevention_owner")
    assert case.facts["prevention_owner"][""]["child_wants"] == "A room of her own"
    assert case.open_elements() == ["add_prevention_action"]
    case.fill("add_prevention_action", another="yes").fill("add_prevention_action", what="Keep the man away")
    assert case.keys_of("record_action_outcome") == ["1", "2"]
    assert case.last is not None
    assert case.last.title == "Prevention plan, 2 actions"
    case.wait(days=10).fill("record_action_outcome", key="2", outcome="partly")
    case.fill("review_prevention_plan").fill("record_action_outcome", key="1")
    assert case.open_elements() == ["review_prevention_plan"], "it waits for more actions, and for the co-ordinator"
    assert set(case.facts["prevention_action_result"]) == {"1", "2"}
    assert "why_not" in case.facts["prevention_action_result"]["2"]
    assert "why_not" not in case.facts["prevention_action_result"]["1"]
    case.fill("review_prevention_plan", outcome="end", why_end="She has slept at home for three months.")
    assert case.open_elements() == ["record_prevention_result"]
    assert set(case.refusals("record_prevention_result", child_says="not_asked", why_not_asked=None)) == {
        "why_not_asked"
    }
    case.fill("record_prevention_result")
    assert case.closed
    assert case.facts["prevention_result"][""]["changed"] == ["placement", "support"]


@story
def a_review_adds_an_action_and_the_end_leaves_none_without_a_word(case: Childwork) -> None:
    running(case).wait(days=20)
    case.fill("review_prevention_plan", outcome="add").fill("add_prevention_action", what="A youth worker")
    assert case.keys_of("record_action_outcome") == ["1", "2"]
    case.fill("record_action_outcome", key="1", outcome="not_done")
    assert "came_of_it" not in case.facts["prevention_action_result"]["1"]
    case.fill("review_prevention_plan", outcome="end")
    assert case.keys_of("record_action_outcome") == ["2"], "open until the result says who has it"
    assert set(case.refusals("record_prevention_result", goes_on=None)) == {"goes_on"}
    case.fill("record_prevention_result", goes_on="The youth worker: C. Example, by 1 May")
    assert case.closed


@story
def nobody_does_anything_for_the_plan(case: Childwork) -> None:
    wanted(case).wait(days=15)
    assert told_of(case, "C-22") == LADDER
    case.fill("name_prevention_owner").wait(days=15)
    assert told_of(case, "C-23") == LADDER
    case.fill("add_prevention_action")
    since = case.now
    assert f"{case.due('record_action_outcome'):%d %b %H:%M}" == "12 Apr 16:00", "five o'clock in London"
    case.wait(days=43)
    assert told_of(case, "C-25")[:3] == LADDER
    assert told_of(case, "C-24") == LADDER
    assert [at for at, _step, _tell in case.told("C-24", since)] == ["504:00", "672:00", "1008:00"]
    case.fill("review_prevention_plan", outcome="end").wait(days=15)
    assert told_of(case, "C-26") == LADDER


@story
def a_pattern_that_goes_on_brings_the_review_of_prevention_forward(case: Childwork) -> None:
    running(case).wait(days=2)
    wanted(case, "MC-4")
    assert case.due("review_prevention_plan") == case.now + timedelta(days=7)
    assert set(case.facts["prevention_wanted"]) == {"1", "2"}
    case.wait(days=8)
    assert told_of(case, "C-24") == [("due after report", "mfh_coordinator")]
    case.fill("review_prevention_plan")
    assert case.due("review_prevention_plan") == case.now + timedelta(days=28)
