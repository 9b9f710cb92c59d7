"""Lets the assertions of the stories say what they saw."""

import pytest

STORIES = ("stories_of_a_missing_child", "stories_of_a_return_interview", "milestones", "casework")
pytest.register_assert_rewrite(*(f"tests.procedures.{name}" for name in STORIES))
