"""Access is a total table, and what it does not allow is denied (domain.md 5.2)."""

import itertools

import pytest

from workflows import access
from workflows.access import MATRIX, Access, has_a_part, readable, writable
from workflows.agencies import ROLES
from workflows.vocabulary import DATA_CLASS

EVERYTHING = frozenset(DATA_CLASS)


def test_the_table_is_total_over_data_classes_and_roles() -> None:
    assert set(MATRIX) == set(itertools.product(DATA_CLASS, ROLES))


def test_every_column_speaks_for_a_role_and_every_role_for_whom_another_answers_exists() -> None:
    assert set(access.COLUMN_OF.values()) == set(access._COLUMNS)
    assert set(access.COLUMN_OF) == set(ROLES)
    assert set(access.ANSWERS_FOR) | set().union(*access.ANSWERS_FOR.values()) <= set(ROLES)


def test_the_full_account_of_a_return_interview_is_read_by_its_provider_the_allocated_workers_and_the_reviewing_officer_only() -> (
    None
):
    readers = {role for role in ROLES if "D8" in readable({role}, episode_open=True)}

    assert readers == {"rhi_worker", "rhi_manager", "csc_social_worker", "csc_team_manager", "iro"}


def test_police_intelligence_is_read_inside_the_police_only() -> None:
    readers = {role for role in ROLES if "D4" in readable({role}, episode_open=True)}

    assert readers
    assert {ROLES[role].kind for role in readers} == {"police"}


def test_what_may_be_read_while_the_episode_is_open_may_not_be_read_afterwards() -> None:
    assert readable({"rhi_worker"}, episode_open=True) == {"D1", "D2", "D8", "D9", "D11"}
    assert readable({"rhi_worker"}, episode_open=False) == {"D8", "D9", "D11"}


@pytest.mark.parametrize("role", sorted(ROLES))
def test_nobody_reads_more_when_the_episode_is_over(role: str) -> None:
    assert readable({role}, episode_open=False) <= readable({role}, episode_open=True) <= EVERYTHING


@pytest.mark.parametrize(
    "role", ["reporter", "ofsted", "ceop", "lado", "ukmpu", "nrm_sca", "partnership_board", "wizard"]
)
def test_those_outside_and_those_unknown_read_and_write_nothing(role: str) -> None:
    assert readable({role}, episode_open=True) == writable({role}) == frozenset()


def test_a_summary_a_flag_and_a_condition_that_nobody_records_are_not_a_reading() -> None:
    reading = {Access.READ, Access.READ_AND_CREATE, Access.READ_WHILE_OPEN}

    for (data_class, role), mark in MATRIX.items():
        assert (data_class in readable({role}, episode_open=True)) is (mark in reading)


def test_several_roles_read_what_each_of_them_reads() -> None:
    both = readable({"call_taker", "rhi_worker"}, episode_open=True)

    assert both == readable({"call_taker"}, episode_open=True) | readable({"rhi_worker"}, episode_open=True)


def test_a_call_taker_writes_risk_answers_and_does_not_read_them_back_and_the_supervisor_does() -> None:
    assert "D3" in writable({"call_taker"})
    assert "D3" not in readable({"call_taker"}, episode_open=True)
    assert "D3" in readable({"control_room_supervisor"}, episode_open=True)


@pytest.mark.parametrize("role", ["call_taker", "duty_inspector", "mfh_coordinator", "superintendent"])
def test_the_force_knows_of_each_of_its_episodes(role: str) -> None:
    assert has_a_part({role}, set())


@pytest.mark.parametrize(
    "role",
    ["rhi_worker", "csc_social_worker", "placement_provider", "health", "inspection_coordinator", "ofsted", "wizard"],
)
def test_others_know_of_a_case_only_by_a_task_of_their_role(role: str) -> None:
    assert not has_a_part({role}, {"call_taker"})
    assert has_a_part({role}, {"call_taker", role}) is (role in ROLES)


def test_a_local_authority_that_is_told_of_every_missing_child_may_look_at_what_it_was_told_of() -> None:
    assert has_a_part({"csc_mash"}, {"call_taker"})


@pytest.mark.parametrize("role", ["rhi_manager", "cmo", "csc_team_manager", "csc_service_manager", "rhi_commissioner"])
def test_those_who_are_told_of_a_late_interview_have_a_part_where_it_is_a_task(role: str) -> None:
    assert has_a_part({role}, {"rhi_worker"})
    assert not has_a_part({role}, {"locate_sergeant"})


def test_somebody_without_a_role_has_no_part() -> None:
    assert not has_a_part(set(), {"call_taker"})
    assert not has_a_part(set(), set())


def test_an_auditor_sees_the_cases_of_a_sample_and_no_others() -> None:
    assert not has_a_part({"audit_lead"}, {"call_taker"})
    assert has_a_part({"audit_lead"}, {"call_taker"}, sampled=True)
    assert has_a_part({"audit_lead"}, {"audit_lead"})
    assert not has_a_part({"inspection_coordinator"}, {"call_taker"}, sampled=True)


def test_the_account_of_an_interview_is_read_by_an_auditor_in_a_sampled_case_only() -> None:
    assert "D8" not in readable({"audit_lead"}, episode_open=True)
    assert "D8" in readable({"audit_lead"}, episode_open=False, sampled=True)
    assert {"D4", "D11"}.isdisjoint(readable({"audit_lead"}, episode_open=True, sampled=True))
    assert "D8" not in readable({"mfh_coordinator"}, episode_open=True, sampled=True)
