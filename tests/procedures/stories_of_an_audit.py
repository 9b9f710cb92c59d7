"""The stories of `audit.bpmn`, `act_on_risk.bpmn` and `follow_up_finding.bpmn`: drawn, audited, followed up, summarised."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.errors import SamePersonTwice
from tests.procedures.oversight import SAMPLE, Oversight, story_in

story = story_in("audit")
CHIEF = "chief_inspector_missing"
ACTING = {
    "control_room_supervisor": "act_on_finding_control_room",
    "duty_inspector": "act_on_finding_inspector",
    "locate_sergeant": "act_on_finding_locate",
    "mfh_coordinator": "act_on_finding_coordinator",
    "rhi_manager": "act_on_finding_provider",
}


@story
def a_month_is_audited_and_its_summary_is_read(case: Oversight) -> None:
    case.begin_month()
    assert case.last is not None
    assert case.last.title == "Audit of February 2026"
    assert case.keys_of("audit_case") == ["1", "2"]
    assert f"{case.due('audit_case'):%d %b %H:%M}" == "13 Mar 17:00", "the tenth working day after the end of February"
    case.fill("audit_case", key="2", closure="na", themes=None)
    assert "risk_now" not in case.facts["audit"]["2"]
    assert "blaming_words" not in case.facts["audit"]["2"]
    assert case.open_elements() == ["audit_case"], "the summary waits for every case of the sample"
    case.fill("audit_case", key="1")
    assert case.open_elements() == ["summarise_month"]
    case.wait(days=3).fill("summarise_month")
    assert case.open_elements() == ["read_summary"]
    case.fill("read_summary")
    assert case.closed
    assert case.words() == ["AuditDone", "AuditDone", "AuditRead"]
    assert case.facts["audit_reading"][""] == {
        "decision": "changes",
        "what_changes": "The rota names who reviews at night, from 1 April.",
    }


@story
def a_case_is_audited_again_by_somebody_else_after_the_first_and_its_findings(case: Oversight) -> None:
    case.sample = tuple({**each, "again": again} for each, again in zip(SAMPLE, ("yes", "no"), strict=True))
    case.begin_month()
    case.fill("audit_case", by="ann", key="1", action_needed="yes").fill("record_finding", by="ann")
    assert case.keys_of("audit_case_again") == ["1"]
    case.fill("audit_case", by="ben", key="2")
    with pytest.raises(SamePersonTwice, match="Audit a case"):
        case.fill("audit_case_again", by="ann")
    assert f"{case.due('audit_case_again'):%d %b %H:%M}" == "13 Mar 17:00"
    assert "summarise_month" not in case.open_elements()
    case.fill("audit_case_again", by="ben", immediate_risk_found="yes", risk_now="Sleeps in the park.")
    assert case.keys_of("act_on_immediate_risk") == ["1"], "a risk is acted on whoever of the two sees it"
    assert case.facts["second_audit"]["1"]["closure"] == "2"
    assert case.facts["audit"]["1"]["closure"] == "3"
    case.fill("summarise_month").fill("read_summary").fill("act_on_immediate_risk").fill("act_on_finding_locate")
    assert case.fill("check_finding").closed


@story
def a_month_without_cases_has_a_summary_too(case: Oversight) -> None:
    case.sample = ()
    case.begin_month()
    assert case.open_elements() == ["summarise_month"]
    case.fill("summarise_month", compared="no_cases")
    assert set(case.refusals("read_summary", decision="no_change", why_not=None)) == {"why_not"}
    case.fill("read_summary", decision="no_change")
    assert case.closed


@story
def a_child_who_may_be_at_risk_is_a_task_of_the_duty_inspector_at_once(case: Oversight) -> None:
    case.begin_month()
    assert set(case.refusals("audit_case", immediate_risk_found="yes", risk_now=None)) == {"risk_now"}
    case.fill("audit_case", key="1", immediate_risk_found="yes", risk_now="Still with the older man.")
    assert case.open_elements() == ["audit_case", "act_on_immediate_risk"]
    assert case.keys_of("act_on_immediate_risk") == ["1"]
    assert case.task("act_on_immediate_risk").node.role == "duty_inspector"
    since = case.now
    assert case.due("act_on_immediate_risk") == since + timedelta(hours=1)
    case.wait(hours=4)
    assert case.told("C-41", since)[:3] == [
        ("1:00", "due", "duty_inspector"),
        ("2:00", "first escalation", f"{CHIEF} duty_inspector"),
        ("3:00", "first escalation", f"{CHIEF} duty_inspector"),
    ]
    case.fill("audit_case", key="2", immediate_risk_found="yes", risk_now="Sleeps in the park.")
    assert case.keys_of("act_on_immediate_risk") == ["1", "2"], "a risk does not wait for another"
    case.fill("summarise_month").fill("read_summary")
    assert not case.closed, "a month is not over while a risk is open"
    case.fill("act_on_immediate_risk", key="2").fill("act_on_immediate_risk", key="1", child_safe="action")
    assert case.closed


@story
def every_finding_goes_to_the_role_that_has_to_act_and_comes_back(case: Oversight) -> None:
    case.begin_month()
    case.fill("audit_case", key="1", action_needed="yes", supervision="1")
    roles = list(ACTING)
    for role in roles:
        assert case.keys_of("record_finding") == [f"1.{roles.index(role) + 1}"]
        case.fill("record_finding", role=role, another="no" if role == roles[-1] else "yes")
        task = case.task(ACTING[role])
        assert (task.node.role, task.key) == (role, f"1.{roles.index(role) + 1}")
        assert task.due_at == case.now + timedelta(days=30)
    assert case.open_elements() == ["audit_case", *ACTING.values()]
    assert set(case.refusals("act_on_finding_locate", outcome="not_done", why_not=None)) == {"why_not"}
    for role in roles:
        case.fill(ACTING[role])
    assert len(case.facts["finding_result"]) == 5
    assert case.facts["finding_result"]["1.3"] == {
        "outcome": "done",
        "what_was_done": "The rota says who reviews at night.",
    }
    assert case.keys_of("check_finding") == ["1.1", "1.2", "1.3", "1.4", "1.5"]
    for number in range(1, 6):
        case.fill("check_finding", key=f"1.{number}")
    assert case.open_elements() == ["audit_case"]
    case.fill("audit_case", key="2", action_needed="yes")
    assert case.keys_of("record_finding") == ["2.6"]
    case.fill("record_finding").fill("summarise_month").fill("read_summary")
    assert case.open_elements() == ["act_on_finding_locate"], "the month stays open for the finding"
    case.fill("act_on_finding_locate", key="2.6", outcome="partly").fill("check_finding", key="2.6")
    assert case.closed


@story
def what_is_not_settled_is_decided_by_the_chief_inspector(case: Oversight) -> None:
    case.begin_month(SAMPLE[0]).fill("audit_case", action_needed="yes").fill("record_finding")
    case.fill("summarise_month").fill("read_summary").fill("act_on_finding_locate", outcome="not_done")
    assert set(case.refusals("check_finding", settled="no", what_remains=None)) == {"what_remains"}
    case.fill("check_finding", settled="no", what_remains="Nobody reviews at night.")
    assert case.open_elements() == ["decide_on_finding"]
    assert case.task("decide_on_finding").node.role == CHIEF
    case.fill("decide_on_finding")
    assert case.closed


@story
def nobody_audits_and_nobody_answers(case: Oversight) -> None:
    case.begin_month(SAMPLE[0]).wait(days=24)
    assert case.told_of("T-44")[:4] == [
        ("reminder", "audit_lead"),
        ("due", "audit_lead"),
        ("first escalation", f"audit_lead {CHIEF}"),
        ("second escalation", f"{CHIEF} partnership_board"),
    ]
    case.fill("audit_case", action_needed="yes").fill("record_finding")
    since = case.now
    case.wait(days=40)
    assert case.told_of("G-39")[:3] == [
        ("reminder", "locate_sergeant"),
        ("due", "locate_sergeant"),
        ("first escalation", f"audit_lead {CHIEF} locate_sergeant"),
    ]
    assert [at for at, _step, _tell in case.told("G-39", since)][:3] == ["480:00", "720:00", "888:00"]
    case.fill("act_on_finding_locate").wait(days=16)
    assert case.told_of("C-42")[:3] == [
        ("reminder", "audit_lead"),
        ("due", "audit_lead"),
        ("first escalation", f"audit_lead {CHIEF}"),
    ]
    case.fill("check_finding", settled="no").wait(days=16)
    late = [("reminder", CHIEF), ("due", CHIEF), ("first escalation", f"{CHIEF} superintendent")]
    assert case.told_of("C-44")[:3] == late
    case.fill("decide_on_finding").fill("summarise_month").wait(days=16)
    assert case.told_of("C-43")[:3] == late


@story
def a_finding_that_nobody_acts_on_reaches_the_chief_inspector_whoever_has_it(case: Oversight) -> None:
    case.begin_month(SAMPLE[0]).fill("audit_case", action_needed="yes")
    for role in ACTING:
        case.fill("record_finding", role=role, another="no" if role == "rhi_manager" else "yes")
    case.fill("summarise_month").fill("read_summary").wait(days=38)
    told = case.told_of("G-39")
    assert {role for step, role in told if step == "due"} == set(ACTING)
    assert {tell for step, tell in told if step == "first escalation"} == {
        " ".join(sorted({role, CHIEF, "audit_lead"})) for role in ACTING
    }
