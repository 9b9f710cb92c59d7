"""Lets the assertions of the stories say what they saw."""

import pytest

STORIES = (
    "stories_of_a_missing_child",
    "stories_of_a_return_interview",
    "stories_of_a_search",
    "stories_of_a_strategy_meeting",
    "stories_of_a_repeat_pattern",
    "stories_of_a_trigger_plan",
    "stories_of_a_prevention_plan",
    "milestones",
    "casework",
    "childwork",
)
pytest.register_assert_rewrite(*(f"tests.procedures.{name}" for name in STORIES))
