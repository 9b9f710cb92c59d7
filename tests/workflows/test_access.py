"""Access is a total table, and what it does not allow is denied (domain.md 5.2)."""

import itertools
from pathlib import Path

import pytest

from engine import release
from workflows import access, access_table, catalogue
from workflows.access import MATRIX, Access, Standing, has_a_part, readable, writable
from workflows.agencies import ROLES
from workflows.vocabulary import DATA_CLASS

EVERYTHING = frozenset(f"{name}{extent}" for name in DATA_CLASS for extent in ("", "S", "F"))


def test_the_table_is_total_over_data_classes_and_roles() -> None:
    assert set(MATRIX) == set(itertools.product(DATA_CLASS, ROLES))


def test_every_column_speaks_for_a_role_and_every_role_for_whom_another_answers_exists() -> None:
    assert set(access.COLUMN_OF.values()) == set(access._COLUMNS)
    assert set(access.COLUMN_OF) == set(ROLES)
    assert set(access.ANSWERS_FOR) | set().union(*access.ANSWERS_FOR.values()) <= set(ROLES)


def test_the_full_account_of_a_return_interview_is_read_by_its_provider_the_allocated_workers_and_the_reviewing_officer_only() -> (
    None
):
    readers = {role for role in ROLES if "D8" in readable({role}, standing=Standing.OPEN)}

    assert readers == {"rhi_worker", "rhi_manager", "csc_social_worker", "csc_team_manager", "iro"}


def test_police_intelligence_is_read_inside_the_police_only() -> None:
    readers = {role for role in ROLES if "D4" in readable({role}, standing=Standing.OPEN)}

    assert readers
    assert {ROLES[role].kind for role in readers} == {"police"}


def test_what_may_be_read_while_the_episode_is_open_may_not_be_read_afterwards() -> None:
    assert readable({"rhi_worker"}, standing=Standing.OPEN) == {"D1", "D2", "D3S", "D6S", "D7S", "D8", "D9", "D11"}
    assert readable({"rhi_worker"}, standing=Standing.CLOSED) == {"D6S", "D7S", "D8", "D9", "D11"}


@pytest.mark.parametrize("role", sorted(ROLES))
def test_nobody_reads_more_when_the_episode_is_over(role: str) -> None:
    assert readable({role}, standing=Standing.CLOSED) <= readable({role}, standing=Standing.OPEN) <= EVERYTHING


@pytest.mark.parametrize(
    "role", ["reporter", "ofsted", "ceop", "lado", "ukmpu", "nrm_sca", "partnership_board", "wizard"]
)
def test_those_outside_and_those_unknown_read_and_write_nothing(role: str) -> None:
    assert readable({role}, standing=Standing.OPEN) == writable({role}) == frozenset()


def test_a_summary_a_flag_and_a_condition_that_nobody_records_are_not_a_reading_of_the_class() -> None:
    reading = {Access.READ, Access.READ_AND_CREATE, Access.READ_WHILE_OPEN}
    in_part = {Access.SUMMARY: "S", Access.SUMMARY_WHILE_OPEN: "S", Access.FLAGS: "F"}

    for (data_class, role), mark in MATRIX.items():
        found = readable({role}, standing=Standing.OPEN)
        assert (data_class in found) is (mark in reading)
        assert {extent for extent in "SF" if f"{data_class}{extent}" in found} == set(in_part.get(mark, ""))


def test_a_summary_that_lasts_while_the_case_is_open_ends_with_it() -> None:
    assert {"D1S", "D2S"} <= readable({"school_dsl"}, standing=Standing.OPEN)
    assert readable({"school_dsl"}, standing=Standing.CLOSED) == {"D9S", "D10S"}


def test_every_summary_that_a_form_names_is_read_by_somebody_and_every_summary_has_its_answers() -> None:
    named = {
        field.summary_class
        for procedure in catalogue.procedures()
        for form in release.load(release.pack(catalogue.files(procedure))[0]).forms.values()
        for field in form.fields
    } - {""}
    read = {name for role in ROLES for name in readable({role}, standing=Standing.OPEN) if name[-1] in "SF"}
    assert named | {"D6S"} == read


def test_several_roles_read_what_each_of_them_reads() -> None:
    both = readable({"call_taker", "rhi_worker"}, standing=Standing.OPEN)

    assert both == readable({"call_taker"}, standing=Standing.OPEN) | readable({"rhi_worker"}, standing=Standing.OPEN)


def test_a_call_taker_writes_risk_answers_and_does_not_read_them_back_and_the_supervisor_does() -> None:
    assert "D3" in writable({"call_taker"})
    assert "D3" not in readable({"call_taker"}, standing=Standing.OPEN)
    assert "D3" in readable({"control_room_supervisor"}, standing=Standing.OPEN)


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
    assert "D8" not in readable({"audit_lead"}, standing=Standing.OPEN)
    assert "D8" in readable({"audit_lead"}, standing=Standing.CLOSED, sampled=True)
    assert {"D4", "D11"}.isdisjoint(readable({"audit_lead"}, standing=Standing.OPEN, sampled=True))
    assert "D8" not in readable({"mfh_coordinator"}, standing=Standing.OPEN, sampled=True)


@pytest.mark.parametrize("role", sorted(ROLES))
def test_nobody_reads_more_when_the_child_has_grown_up(role: str) -> None:
    grown_up, closed = (readable({role}, standing=each) for each in (Standing.GROWN_UP, Standing.CLOSED))
    assert grown_up == (frozenset() if role in access.ENDS_AT_18 else closed)


@pytest.mark.parametrize(
    "role", ["rhi_worker", "rhi_manager", "placement_provider", "responsible_individual", "health", "yjs"]
)
def test_the_minutes_are_read_by_the_agencies_that_sat_in_the_meeting_and_give_them_a_part(role: str) -> None:
    assert role in access.ATTENDS
    for standing in (Standing.OPEN, Standing.CLOSED):
        assert "D10" not in readable({role}, standing=standing, attended=set())
        assert "D10" in readable({role}, standing=standing, attended={role})
        assert "D10" not in readable({role}, standing=standing, attended={"somebody_else"})
    assert has_a_part({role}, set(), attended={role})
    assert not has_a_part({role}, set(), attended={"somebody_else"})
    assert readable({role}, standing=Standing.GROWN_UP, attended={role}) == frozenset()


def test_whoever_reads_minutes_anyhow_or_never_gains_nothing_by_an_attendance() -> None:
    assert {
        "rhi_worker",
        "rhi_manager",
        "placement_provider",
        "responsible_individual",
        "health",
        "yjs",
    } == access.ATTENDS
    for role in ROLES.keys() - access.ATTENDS:
        assert readable({role}, standing=Standing.OPEN, attended={role}) == readable({role}, standing=Standing.OPEN)
        assert has_a_part({role}, set(), attended={role}) is has_a_part({role}, set())


def test_the_table_in_the_readme_is_the_one_that_holds(root: Path) -> None:
    written = access_table.written()
    assert written in (root / "workflows" / "README.md").read_text("utf-8"), "python -m workflows.access_table"
    marks = [access_table.mark(role, data_class) for role in ROLES for data_class in DATA_CLASS]
    assert set(marks) == {"A", "18", "E", "S", "S18", "SE", "F", "m18", "s", "v", "w", "n", ""}
