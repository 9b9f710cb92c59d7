"""An answer is put right with a reason: who may, what is changed otherwise, what moves, who is told, two people at once."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup

from engine.store import reading
from notifications.outbox import OutboxRow
from tests.web.scenes import Scenes, demonstration
from tests.web.site import Site

REASON = {"correction_reason": "Misheard on the phone"}


@pytest.fixture
def told(site: Site, scenes: Scenes) -> dict[str, str]:
    """The invented cases of the demonstration, by the first name of the child."""
    return scenes.begin(site, demonstration)


def typed(page: BeautifulSoup) -> dict[str, object]:
    """Read what a form of a page holds."""
    found: dict[str, object] = {}
    for field in page.select("main form input, main form textarea, main form select"):
        kind, name = field.get("type", ""), str(field.get("name", ""))
        if field.name == "textarea":
            found[name] = field.text.strip("\n")
        elif field.name == "select":
            chosen = field.select_one("option[selected]")
            found[name] = chosen["value"] if chosen else ""
        elif kind not in {"radio", "checkbox"}:
            found[name] = field.get("value", "")
        elif field.has_attr("checked"):
            found[name] = [*found.get(name, []), field["value"]] if kind == "checkbox" else field["value"]  # type: ignore[misc]
    return found


def token(page: BeautifulSoup) -> dict[str, object]:
    """Read the token with which the page's person sends any form."""
    return {"csrf_token": page.select("input[name=csrf_token]")[0]["value"]}


def timeline(site: Site, role: str, case_id: str) -> str:
    return "\n".join(each.text for each in site.browser(role).page(f"/cases/{case_id}").select(".moj-timeline__item"))


def test_an_answer_is_put_right_and_the_timeline_says_what_it_said_and_why(site: Site, told: dict[str, str]) -> None:
    case_id, browser = told["Alex"], site.browser("control_room_supervisor")
    assert "Put something right" in browser.page(f"/cases/{case_id}").text
    address = f"/cases/{case_id}/correct/case_opening"
    page = browser.page(address)
    before = typed(page)
    answer = browser.post(address, data=before | {"last_place": "The canal bridge"} | REASON)
    assert answer.status_code == 302
    said = timeline(site, "control_room_supervisor", case_id)
    assert f"it said “{before['last_place']}” and says “The canal bridge” now" in said
    assert "Why: Misheard on the phone" in said
    again = browser.post(address, data=before | {"last_place": "The canal bridge"} | REASON)
    assert again.status_code == 302
    assert timeline(site, "control_room_supervisor", case_id).count("Corrected") == 1


def test_those_with_open_work_are_told_once_and_of_nothing_but_the_reference(site: Site, told: dict[str, str]) -> None:
    case_id, browser = told["Alex"], site.browser("control_room_supervisor")
    address = f"/cases/{case_id}/correct/case_opening"
    browser.post(address, data=typed(browser.page(address)) | {"last_place": "The canal bridge"} | REASON)
    with reading(site.services.engine) as connection:
        mails = connection.execute(sa.select(OutboxRow).where(OutboxRow.key.contains("/correction/"))).all()
        roles = sa.text("SELECT DISTINCT role FROM tasks WHERE case_id = :id AND status = 'open'")
        working = set(connection.execute(roles, {"id": case_id}).scalars())
    assert {mail.key.rpartition("/")[2] for mail in mails} <= working
    assert mails
    for mail in mails:
        assert case_id in mail.subject
        assert "canal" not in mail.text
        assert "Misheard" not in mail.text


def test_a_page_without_change_and_reason_is_refused_with_both_and_keeps_what_was_typed(
    site: Site, told: dict[str, str]
) -> None:
    browser, address = site.browser("control_room_supervisor"), f"/cases/{told['Alex']}/correct/case_opening"
    answer = browser.post(address, data=typed(browser.page(address)))
    assert answer.status_code == 422
    assert "Nothing on this page is different" in answer.text
    assert "Say why this is put right." in answer.text
    changed = typed(browser.page(address)) | {"last_place": "A bus stop"}
    assert ">A bus stop</textarea>" in browser.post(address, data=changed).text


def test_a_corrected_return_moves_the_times_that_rest_on_it_and_the_page_says_which(
    site: Site, told: dict[str, str]
) -> None:
    case_id, browser = told["Casey"], site.browser("mfh_coordinator")
    address = f"/cases/{case_id}/correct/found"
    before = typed(browser.page(address))
    earlier = {name: str(int(str(before[name])) - 1) for name in ("found_at-day", "returned_at-day")}
    answer = browser.post(address, data=before | earlier | REASON)
    assert answer.status_code == 302
    banner = browser.page(f"/cases/{case_id}").select(".govuk-notification-banner")[0].text
    assert "These times have moved with it." in banner


def test_two_people_at_once_see_both_values_and_neither_is_lost(site: Site, told: dict[str, str]) -> None:
    case_id = told["Alex"]
    address = f"/cases/{case_id}/correct/case_opening"
    one, other = site.browser("control_room_supervisor"), site.browser("mfh_coordinator")
    first, second = typed(one.page(address)), typed(other.page(address))
    assert one.post(address, data=first | {"last_place": "The canal"} | REASON).status_code == 302
    answer = other.post(address, data=second | {"last_place": "The bridge"} | REASON)
    assert answer.status_code == 409
    page = BeautifulSoup(answer.text, "html.parser")
    assert [cell.text for cell in page.select("main td")] == ["The canal", "The bridge"]
    assert typed(page)["last_place"] == "The bridge"
    assert other.post(address, data=typed(page)).status_code == 302
    assert "says “The bridge” now" in timeline(site, "mfh_coordinator", case_id)


def test_what_two_people_decided_is_not_put_right_and_the_page_says_what_to_do(
    site: Site, told: dict[str, str]
) -> None:
    address = f"/cases/{told['Casey']}/correct/risk"
    browser = site.browser("duty_inspector")
    page = browser.page(address)
    assert "propose a lower one" in page.text
    assert not page.select("main form textarea")
    assert browser.post(address, data=token(page) | {"level": "low"} | REASON).status_code == 422


def test_of_a_protected_record_only_the_deciding_answer_stays(site: Site, told: dict[str, str]) -> None:
    page = site.browser("rhi_worker").page(f"/cases/{told['Casey']}/correct/return_interview_offer")
    assert "outcome" not in typed(page)
    assert "offered_at-day" in typed(page)
    assert "each one is kept" in page.text


@pytest.mark.parametrize(
    ("role", "status"), [("school_dsl", 404), ("partnership_board", 404), ("audit_lead", 404), ("administrator", 404)]
)
def test_who_has_no_part_in_a_case_does_not_learn_of_it(
    site: Site, told: dict[str, str], role: str, status: int
) -> None:
    for address in (f"/cases/{told['Alex']}/correct/case_opening", "/cases/MC-22222222/correct/case_opening"):
        assert site.browser(role).get(address).status_code == status


def test_who_may_read_and_not_write_is_offered_nothing(site: Site, told: dict[str, str]) -> None:
    browser = site.browser("ppu_cse_unit")
    assert "Put something right in" not in browser.page(f"/cases/{told['Alex']}").text
    address = f"/cases/{told['Alex']}/correct/case_opening"
    page = browser.page(address)
    assert "nothing here that your roles put right" in page.text
    assert browser.post(address, data=token(page) | REASON).status_code == 422
