"""What earlier reports said of a child: carried into the next report, shown by class with where it was said, and put right there."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import flask_migrate
import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup

from engine.store import ReadTable, reading
from tests.web.site import OPENING, Site
from tests.web.test_trigger_plans import do, task_of
from web import migrating, schema
from web.app import create_app
from workflows import children, verification
from workflows.operations import OPERATIONS

CARE: dict[str, Any] = {
    "child_full_name": "Robin Example",
    "date_of_birth": date(2012, 5, 1),
    "first_language": "Polish",
    "interpreter_needed": "yes",
    "home_address": "1 Example Street",
    "looked_after": "yes",
    "legal_status": "fco",
    "placement_name": "Oak House",
    "placement_type": "childrens_home",
    "ethnicity": "white_roma",
    "gender_identity": "Non-binary",
    "disability": "yes",
    "disability_detail": "Hears on one side",
}


def reported(site: Site, **said: Any) -> str:
    """Report a child in care who is new to us; give the case."""
    case_id = site.opened()
    do(site, case_id, "complete_missing_report", **CARE, **said)
    do(site, case_id, "match_child", child="new")
    return case_id


def child_of(site: Site, case_id: str) -> str:
    with reading(site.services.engine) as connection:
        return str(children.child_of(connection, case_id))


def filled(page: BeautifulSoup) -> dict[str, str]:
    """Give what stands on a page before anybody has typed."""
    texts = {
        str(each["name"]): str(each.get("value") or "")
        for each in page.select("main input:not([type=radio],[type=checkbox])")
    }
    texts |= {str(each["name"]): each.text.strip() for each in page.select("main textarea")}
    texts |= {str(each["name"]): str(each["value"]) for each in page.select("main input[type=radio][checked]")}
    chosen = {str(each["name"]): each.select_one("option[selected]") for each in page.select("main select")}
    return texts | {name: str(option["value"]) for name, option in chosen.items() if option}


def test_the_next_report_of_a_child_is_filled_in_from_the_record(site: Site) -> None:
    child_id = child_of(site, reported(site))
    caller = site.browser("call_taker")
    page = caller.page(f"/children/{child_id}")
    (link,) = (each for each in page.select("main a") if each.text == "Report this child missing")
    opening = caller.page(str(link["href"]))
    told = filled(opening)
    assert (told["child"], told["child_name"]) == (child_id, "Robin Example")
    assert told["responsible_authority"] == "nottinghamshire_county"
    known = {name: value for name, value in told.items() if value}
    answer = caller.send(str(link["href"]), {**OPENING, **known}, form=opening)
    assert answer.status_code == 302, answer.text
    case_id = answer.location.removeprefix("/tasks/").partition(".")[0]
    report = filled(caller.page(f"/tasks/{task_of(site, case_id, 'complete_missing_report')}"))
    kept = {
        name: value for name, value in CARE.items() if name not in {"date_of_birth", "ethnicity", "gender_identity"}
    }
    assert {name: report[name] for name in kept if not name.startswith("disability")} == {
        name: value for name, value in kept.items() if not name.startswith("disability")
    }
    assert (report.get("ethnicity"), report["gender_identity"], report.get("disability")) == (None, "", None)
    do(site, case_id, "complete_missing_report", **CARE)
    assert filled(caller.page(f"/tasks/{task_of(site, case_id, 'match_child')}"))["child"] == child_id


@pytest.mark.parametrize(
    ("role", "shown", "hidden"),
    [
        ("mfh_coordinator", {"Polish", "Oak House", "Full care order", "White: Roma", "Non-binary", "Hears on one side"}, set()),
        ("call_taker", {"Polish", "Oak House", "Full care order"}, {"White: Roma", "Non-binary", "Hears on one side"}),
        ("csc_mash", {"Polish", "Oak House", "White: Roma"}, set()),
    ],
)  # fmt: skip
def test_each_reads_of_the_record_what_their_roles_may(
    site: Site, role: str, shown: set[str], hidden: set[str]
) -> None:
    """The legal status stood under the class of the name, and nobody read ethnic group, language or placement at all."""
    case_id = reported(site)
    page = site.browser(role).page(f"/children/{child_of(site, case_id)}")
    assert {each for each in shown if each not in page.text} == set()
    assert {each for each in hidden if each in page.text} == set()
    assert case_id in {link.text for link in page.select("main dl a")}


def test_a_search_reads_what_an_earlier_report_said_and_this_one_does_not(site: Site) -> None:
    first = reported(site)
    site.clock.forward(hours=3)
    case_id = site.opened()
    silent = {
        "ethnicity": "not_recorded",
        "disability": "not_known",
        "gender_identity": None,
        "looked_after": "not_known",
    }
    do(site, case_id, "complete_missing_report", **{**CARE, **silent})
    do(site, case_id, "match_child", child=child_of(site, first))
    text = site.browser("locate_sergeant").page(f"/tasks/{task_of(site, case_id, 'raise_action')}").text
    assert "From earlier reports" in text
    assert "Hears on one side" in text
    assert "White: Roma" in text
    assert text.count("Polish") == 1, "what this report says too stands there alone"


def test_what_was_wrong_is_put_right_in_the_report_and_the_record_follows(site: Site) -> None:
    case_id = reported(site)
    browser = site.browser("mfh_coordinator")
    address = f"/cases/{case_id}/correct/missing_report"
    sent = filled(browser.page(address)) | {"first_language": "Czech", "correction_reason": "The interpreter said so."}
    answer = browser.send(address, sent)
    assert answer.status_code == 302, answer.text
    assert "Czech" in browser.page(f"/children/{child_of(site, case_id)}").text


def test_who_is_filled_in_is_written_down_and_nobody_is_for_a_reference_that_is_not_known(site: Site) -> None:
    child_id = child_of(site, reported(site))
    caller = site.browser("call_taker")
    assert filled(caller.page("/cases/open?child=CH-99999999"))["child_name"] == ""
    caller.page(f"/cases/open?child={child_id}")
    asked = sa.select(ReadTable.classes).where(ReadTable.case_id == child_id, ReadTable.person == "call_taker")
    with reading(site.services.engine) as connection:
        assert [row.classes for row in connection.execute(asked)] == ["D1,D2"]
    answer = caller.send("/cases/open", {**OPENING, "child": "CH-99999999"})
    assert answer.status_code == 422
    assert "No child of whom you may know has this reference" in answer.text


def test_an_upgrade_fills_the_records_from_the_reports_that_are_there(site: Site, now: datetime) -> None:
    del now
    case_id = reported(site)
    app, folder = create_app(site.services.settings, services=site.services, migrated=False), str(schema.DIRECTORY)
    migrating.prepare(app, schema.DIRECTORY)
    (this,) = schema.DIRECTORY.glob("versions/*_keep_what_reports_say_of_a_child.py")
    with app.app_context():
        flask_migrate.downgrade(directory=folder, revision=f"{int(this.name[:4]) - 1:04}")
        flask_migrate.upgrade(directory=folder)
    assert list(verification.check(site.services.engine)) == []
    assert "Hears on one side" in site.browser("mfh_coordinator").page(f"/children/{child_of(site, case_id)}").text


def test_a_wrong_nhs_number_is_refused_with_what_to_do_and_a_right_one_is_kept_and_filled_in_again(site: Site) -> None:
    case_id = site.opened()
    task = task_of(site, case_id, "complete_missing_report")
    answer = site.browser("call_taker").send(f"/tasks/{task}", {"nhs_number": "943 476 5918"})
    assert answer.status_code == 422
    assert "the last must fit the others" in answer.text
    do(site, case_id, "complete_missing_report", **CARE, nhs_number="943 476 5919")
    do(site, case_id, "match_child", child="new")
    page = site.browser("duty_inspector").page(f"/children/{child_of(site, case_id)}")
    assert "943 476 5919" in page.text
    with reading(site.services.engine) as connection:
        named = {"case_opening": {"child": child_of(site, case_id)}, "case": {"reference": case_id}}
        recalled = OPERATIONS["recall_record"](connection, named, site.clock())
    assert isinstance(recalled, dict)
    assert recalled["nhs_number"] == "943 476 5919"
