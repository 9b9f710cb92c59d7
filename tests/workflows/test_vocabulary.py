"""Every stored value has words, and every role a title."""

import re

import pytest

from workflows.agencies import KINDS, ROLES, role_of_lane, title_of
from workflows.vocabulary import AUDITED_REASONS, BREACH_REASON, VOCABULARIES, words


@pytest.mark.parametrize("name", sorted(VOCABULARIES))
def test_each_value_has_words_of_its_own(name: str) -> None:
    vocabulary = VOCABULARIES[name]

    assert len(set(vocabulary.values())) == len(vocabulary)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*|D\d+", value) for value in vocabulary)
    assert all(text and text[0].isupper() and "_" not in text for text in vocabulary.values())


def test_a_value_from_before_a_change_of_the_vocabulary_stands_for_itself() -> None:
    assert words("risk_level", "high") == "High"
    assert words("risk_level", "purple") == "purple"


def test_the_reasons_that_raise_an_audit_flag_are_reasons() -> None:
    assert set(BREACH_REASON) > AUDITED_REASONS


@pytest.mark.parametrize("key", sorted(ROLES))
def test_each_role_has_a_key_that_can_be_a_lane_a_title_a_kind_and_a_source(key: str) -> None:
    role = ROLES[key]

    assert role.key == key
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", key)
    assert role.kind in KINDS or key == "agency_administrator"
    assert role.source
    assert role_of_lane(key) == role_of_lane(f"{key}__2") == key


def test_titles_are_different_and_an_unknown_role_stands_for_itself() -> None:
    assert len({role.title for role in ROLES.values()}) == len(ROLES)
    assert title_of("rhi_worker") == "Return interview worker"
    assert title_of("wizard") == "wizard"
