"""What a plan says stands beside the search, each part for those who may read it; who writes the next one sees how it did."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import flask_migrate
import pytest
import sqlalchemy as sa

from engine import timers, values
from engine.model import Actor
from engine.store import CaseTable, MessageTable, ReadTable, TaskTable, reading, writing
from tests.procedures.casework import posted
from tests.procedures.childwork import PAGES as OF_A_CHILD
from tests.procedures.pages import PAGES
from tests.web.site import Site
from web import migrating, plan_words, schema
from web.app import create_app
from workflows import concerns, seals, trigger_plans, verification
from workflows.agencies import ROLES
from workflows.children import ChildRow
from workflows.seals import Wanted
from workflows.trigger_plans import PARTS, POLICE_ONLY, ChildPlanRow

ROBIN = "CH-22222222"
EVERYBODY = frozenset(ROLES)
SAID = {name: f"Plan says {name.replace('_', ' ')}" for name in PARTS} | {
    "immediate_tasks": "Contact by phone, 15 minutes: Ring the aunt",
    "warning_markers": "violence",
    "legal_levers": "bail\ncawn",
    "distribution": "nobody",
    "sensitivity": "usual",
    "default_risk": "high",
    "medicine_within_hours": "7",
}


def known(site: Site, now: datetime, **changed: str) -> str:
    """Report a child whom we know, with a plan in force, and match it; give the case."""
    child = {"child_id": ROBIN, "imported_at": now, "imported_row": ""}
    who = {"name": "Robin Example", "known_as": "", "sounds": " RPN EKSMPL", "born_on": date(2012, 5, 1), "sex": ""}
    row = {"looked_after": "", "responsible_authority": "", "joined_to": "", "source_reference": ""} | who | child
    plan = {"case_id": "", "version": 3, "valid_from": now - timedelta(days=30)} | SAID | changed | child
    with writing(site.services.engine) as connection:
        connection.execute(sa.insert(ChildRow).values(**row))
        connection.execute(sa.insert(ChildPlanRow).values(**plan))
        for data_class in ("D4", "D5", "D6"):
            typed = {"kind": "person", "risk": "high", "data_class": data_class, "name": f"Somebody of {data_class}"}
            by = Actor("p.unit", EVERYBODY)
            concerns.add(connection, ROBIN, typed, None, may={data_class}, by=by, now=now)
    case_id = site.opened()
    do(site, case_id, "complete_missing_report", child_full_name="Robin Example", date_of_birth=date(2012, 5, 1))
    do(site, case_id, "match_child", child=ROBIN)
    return case_id


def task_of(site: Site, case_id: str, element: str) -> str:
    task = TaskTable
    asked = sa.select(task.number).where(task.case_id == case_id, task.element == element, task.status == "open")
    with reading(site.services.engine) as connection:
        return f"{case_id}.{connection.execute(asked).scalars().first()}"


def do(site: Site, case_id: str, element: str, **changes: Any) -> None:
    """Do an open task with what people usually type there."""
    now, who, task_id = site.clock(), Actor("somebody", EVERYBODY, "example_police"), task_of(site, case_id, element)
    view = site.services.cases.task(task_id, by=who, now=now)
    typed = {**{**PAGES, **OF_A_CHILD}[element], **changes}
    filled = view.form.prefilled({}, scope=view.scope, now=now)
    shown = view.form.as_raw({key: value for key, value in filled.items() if key not in typed})
    answers = view.form.load({**shown, **posted(view.form, typed, now)}, scope=view.scope, now=now)
    site.services.cases.complete(task_id, answers, by=who, now=now, key=task_id)


def shown(site: Site, role: str, case_id: str, element: str) -> str:
    return site.browser(role).page(f"/tasks/{task_of(site, case_id, element)}").text


def test_whoever_carries_out_a_task_of_the_plan_reads_all_that_helps(site: Site, now: datetime) -> None:
    """The page of an action showed neither the rules of contact nor anything else of the plan."""
    case_id = known(site, now)
    do(site, case_id, "acknowledge_trigger_plan", tasks=["plan_1"])
    text = shown(site, "response_officer", case_id, "carry_out_action")
    assert "Trigger plan, version 3, in full" in text
    words = {name: said for name, said in SAID.items() if said.startswith("Plan says") and name != "summary"}
    assert [name for name, said in words.items() if said not in text] == []
    assert "Bail conditions" in text
    assert "Violence" in text
    assert "Ring the aunt" in text
    assert "Somebody of D5" in text
    assert site.services.cases.task(
        task_of(site, case_id, "carry_out_action"), by=Actor("o", EVERYBODY), now=now
    ).row.due_at == (now + timedelta(minutes=15))


def test_who_takes_the_report_reads_by_when_a_medicine_is_needed_and_not_the_illness(site: Site, now: datetime) -> None:
    text = shown(site, "call_taker", known(site, now), "assess_risk")
    assert "Dangerous without a medicine after, in hours" in text
    assert SAID["health"] not in text
    assert SAID["allergies"] not in text
    assert "Somebody of D4" not in text
    assert "Somebody of D5" in text


@pytest.mark.parametrize("sensitivity", ["usual", POLICE_ONLY])
def test_partners_read_the_summary_and_nothing_else_or_nothing(site: Site, now: datetime, sensitivity: str) -> None:
    case_id = known(site, now, sensitivity=sensitivity)
    text = site.browser("csc_mash").page(f"/cases/{case_id}").text
    assert (SAID["summary"] in text) == (sensitivity == "usual")
    assert "Violence" in text
    assert [
        name for name, said in SAID.items() if said.startswith("Plan says") and said in text and name != "summary"
    ] == []
    assert SAID["summary"] in site.browser("locate_sergeant").page(f"/cases/{case_id}").text


def test_it_is_written_down_who_read_the_plan(site: Site, now: datetime) -> None:
    case_id = known(site, now)
    shown(site, "locate_sergeant", case_id, "acknowledge_trigger_plan")
    asked = sa.select(ReadTable.person, ReadTable.classes).where(ReadTable.purpose == plan_words.PURPOSE)
    with reading(site.services.engine) as connection:
        rows = connection.execute(asked).all()
    assert [row.person for row in rows] == ["locate_sergeant"]
    assert "D5" in rows[0].classes.split(",")


def test_nothing_stands_beside_where_the_record_is_sealed_from_the_reader(site: Site, now: datetime) -> None:
    case_id = known(site, now)
    keeper = Actor("superintendent", frozenset({"superintendent"}), "example_police")
    proposal = {"child": ROBIN, "kind": "cawn", "person": "The man of the station", "reason": "He waits every Friday."}
    unit = Actor("ppu_cse_unit", frozenset({"ppu_cse_unit"}), "example_police")
    action = site.services.cases.open("disruption", proposal, by=unit, now=now, key="k-1").case_id
    wanted = Wanted(ROBIN, (action,), ("superintendent", "ppu_cse_unit"), "An officer is related to the child.")
    with writing(site.services.engine) as connection:
        seals.seal(connection, wanted, by=keeper, now=now)
    assert site.browser("locate_sergeant").get(f"/children/{ROBIN}").status_code == 404
    answer = site.browser("locate_sergeant").get(f"/tasks/{task_of(site, case_id, 'acknowledge_trigger_plan')}")
    assert "in full" not in answer.text
    assert "Somebody of D5" not in answer.text


def test_the_page_of_a_child_says_how_each_version_did(site: Site, now: datetime) -> None:
    case_id = known(site, now)
    page = site.browser("mfh_coordinator").page(f"/children/{ROBIN}").text
    assert f"In force at {case_id} (not back yet)" in page
    site.clock.forward(hours=5)
    do(site, case_id, "record_return")
    page = site.browser("mfh_coordinator").page(f"/children/{ROBIN}").text
    assert f"In force at {case_id} (back after 5 hours)" in page
    assert SAID["health"] in page


def tell(site: Site, name: str, **said: Any) -> None:
    """Let a case of the child hear a message, and take it at once."""
    now = site.clock()
    row = {"id": f"{name} {now}", "name": name, "correlation": ROBIN, "payload": values.dumps({"child": ROBIN, **said})}
    with writing(site.services.engine) as connection:
        connection.execute(sa.insert(MessageTable).values(**row, sent_at=now, expires_at=now + timedelta(days=30)))
    timers.sweep(site.services.cases, now=now)


def test_an_upgrade_fills_in_what_cases_have_said_of_their_plans(site: Site, now: datetime) -> None:
    """Versions of before have a reason for their grade and an interview in their case, which the list of plans did not hold."""
    case_id = known(site, now)
    tell(site, "plan_wanted", sender="RP-1", episode=case_id, wanted_at=now)
    with reading(site.services.engine) as connection:
        plan = connection.execute(sa.select(CaseTable.id).where(CaseTable.procedure == "trigger_plan")).scalar_one()
    do(site, plan, "write_trigger_plan")
    tell(site, "interview_received", sender=case_id, outcome="held", received_at=now)
    do(site, plan, "update_trigger_plan", default_risk_rationale="He waits at the lock.", built_from=case_id)
    app, folder = create_app(site.services.settings, services=site.services, migrated=False), str(schema.DIRECTORY)
    migrating.prepare(app, schema.DIRECTORY)
    with app.app_context():
        (this,) = schema.DIRECTORY.glob("versions/*_keep_the_whole_plan.py")
        flask_migrate.downgrade(directory=folder, revision=f"{int(this.name[:4]) - 1:04}")
        flask_migrate.upgrade(directory=folder)
    with reading(site.services.engine) as connection:
        newest, first, *_ = trigger_plans.of_child(connection, ROBIN)
    assert (newest["default_risk_rationale"], newest["last_interview"]) == ("He waits at the lock.", case_id)
    assert (first["default_risk_rationale"], first["last_interview"]) == ("Was hurt there before.", "")
    (found,) = {each.sentence.partition(":")[0] for each in verification.check(site.services.engine)}
    assert "default_risk_rationale" not in found, "only what the older schema could not hold is drawn anew"
