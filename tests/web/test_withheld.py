"""What a page says where something is held that its reader may not read: that it is, and whom to ask, or nothing at all."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup

from engine.store import reading, writing
from notifications.outbox import OutboxRow
from tests.web.population import play
from tests.web.site import Site
from tests.web.test_search import reported, without_tokens
from web import case_words
from workflows import children, concerns, people, seals, withheld
from workflows.access import Standing, readable
from workflows.agencies import ROLES, title_of
from workflows.concerns import ConcernRow
from workflows.seals import Wanted
from workflows.vocabulary import DATA_CLASS
from workflows.withheld import HELD, UNSAID

ASKS = "More is recorded that your roles may not read"


def test_the_table_is_total_and_whoever_is_to_be_asked_reads_the_class() -> None:
    assert list(HELD) == list(DATA_CLASS)
    for name, held in HELD.items():
        assert held.why
        assert not held.ask or name in readable({held.ask}, standing=Standing.CLOSED), name
    assert sorted(UNSAID) == ["D4"]


def test_the_table_in_the_readme_is_the_one_that_holds(root: Path) -> None:
    assert withheld.written() in (root / "workflows" / "README.md").read_text("utf-8"), "python -m workflows.withheld"


@pytest.mark.parametrize("role", sorted(ROLES))
def test_each_class_says_that_something_is_held_and_whom_to_ask_or_is_like_nothing(role: str) -> None:
    for name, held in HELD.items():
        said = withheld.lines({name}, {role})
        if held.ask:
            asked = "" if role == held.ask else f": ask the {title_of(held.ask).lower()}"
            assert said == (f"{DATA_CLASS[name]}{asked}",)
        else:
            assert said == withheld.lines((), {role}) == ()
    assert withheld.lines({"D99"}, {role}) == (), "a class of which nobody has decided is not spoken of"


def box(page: BeautifulSoup) -> list[str]:
    """Give the lines of what a page says is withheld."""
    found = next((each for each in page.select(".govuk-inset-text") if ASKS in each.text), None)
    return [line.text for line in found.select("li")] if found else []


def test_a_case_says_whom_to_ask_and_leads_to_opening_it_with_a_reason(site: Site) -> None:
    made = play(site.services, cases=0, until=site.clock(), days=1, seed=1)
    case_id, now = site.opened(), site.clock()
    for element in ("acknowledge_handover", "complete_missing_report", "match_child", "assess_risk"):
        made.do(case_id, element, now, **({"child": "new"} if element == "match_child" else {}))
    page = site.browser("call_taker").page(f"/cases/{case_id}")
    assert "Answers of the risk assessment: ask the missing from home co-ordinator" in box(page)
    assert page.select(f'.govuk-inset-text a[href="/break-glass?reference={case_id}"]')
    browser = site.browser("call_taker")
    browser.send("/break-glass", {"reference": case_id, "reason": "The grade is asked for at the scene now."})
    opened = browser.page(f"/cases/{case_id}")
    assert not opened.select(".govuk-inset-text a[href^='/break-glass']")


def test_a_child_s_page_says_what_is_held_and_not_what_might_be(site: Site) -> None:
    case_id = reported(site, "Robin Example", date(2012, 5, 3))
    with reading(site.services.engine) as connection:
        child_id = children.child_of(connection, case_id)
    page = site.browser("csc_mash").page(f"/children/{child_id}")
    assert box(page) == []
    noted(site, str(child_id), "D5")
    asked = ["Trigger plan, police part: ask the missing from home co-ordinator"]
    assert box(site.browser("csc_mash").page(f"/children/{child_id}")) == asked
    assert box(site.browser("mfh_coordinator").page(f"/children/{child_id}")) == []


def noted(site: Site, child_id: str, data_class: str) -> None:
    """Note a person of concern to a child."""
    texts = {"kind": "person", "name": "A Man", "relation": "", "risk": "high", "whereabouts": "", "detail": "Sells."}
    with writing(site.services.engine) as connection:
        kept = {"about": child_id, "data_class": data_class, "since": date(2026, 1, 1), "added_by": "ppu_cse_unit"}
        row = sa.insert(ConcernRow).values(**texts, **kept, added_at=site.clock(), ended_by="", ended_why="")
        connection.execute(row)
        assert concerns.of_child(connection, child_id)


@pytest.mark.parametrize("role", ["csc_mash", "csc_social_worker", "call_taker", "edt"])
def test_a_child_s_page_with_intelligence_is_the_page_of_a_child_without(site: Site, role: str) -> None:
    case_id = reported(site, "Robin Example", date(2012, 5, 3))
    with reading(site.services.engine) as connection:
        child_id = str(children.child_of(connection, case_id))
    address = f"/children/{child_id}"
    if site.browser(role).get(address).status_code == 404:
        pytest.fail(f"{role} has no part, so that nothing is shown by this test")
    before = without_tokens(site.browser(role).get(address).text)
    noted(site, child_id, "D4")
    assert without_tokens(site.browser(role).get(address).text) == before
    assert "A Man" in site.browser("ppu_cse_unit").page(address).text


def test_a_case_with_intelligence_says_nothing_of_it_and_neither_does_what_was_put_right(site: Site) -> None:
    made = play(site.services, cases=0, until=site.clock(), days=1, seed=1)
    case_id, now = site.opened(), site.clock()
    deeds = {"acknowledge_handover": {}, "complete_missing_report": {}, "match_child": {"child": "new"}}
    deeds |= {"assess_risk": {"ra_exploitation": "yes"}, "decide_on_sign": {}}
    for element, answers in deeds.items():
        made.do(case_id, element, now, **answers)
    desk, unit = site.browser("csc_mash"), site.browser("ppu_cse_unit")
    before = desk.get(f"/cases/{case_id}").text
    assert DATA_CLASS["D4"] not in before
    assert case_words.HIDDEN not in before
    shown = unit.page(f"/cases/{case_id}")
    link = next(a["href"] for a in shown.select("a[href*='/correct/protection_decision']"))
    page = unit.page(str(link))
    fields = {str(field["name"]): str(field.get("value", "")) for field in page.select("main input[type=text]")}
    fields |= {str(field["name"]): field.text.strip() for field in page.select("main textarea")}
    fields |= {str(field["name"]): str(field["value"]) for field in page.select("main input[checked]")}
    changed = {"reason": "He was seen with another child too.", "correction_reason": "More is known."}
    assert unit.send(str(link), fields | changed, form=page).status_code == 302
    assert "seen with another child" in unit.page(f"/cases/{case_id}").text
    assert without_tokens(desk.get(f"/cases/{case_id}").text) == without_tokens(before)


def test_the_group_hears_at_once_of_a_report_that_is_matched_to_its_sealed_record(site: Site) -> None:
    """Whoever takes a report may match it to a sealed child without seeing who it is: the child is looked for, and the group told."""
    made = play(site.services, cases=0, until=site.clock(), days=1, seed=1)
    first, now = reported(site, "Robin Example", date(2012, 5, 3)), site.clock()
    with writing(site.services.engine) as connection:
        child_id = str(children.child_of(connection, first))
        chief = people.find(connection, "chief_inspector_missing").actor
        tasks = sa.text("SELECT DISTINCT role FROM tasks WHERE status = 'open'")
        group = tuple(connection.execute(tasks).scalars())
        seals.seal(connection, Wanted(child_id, (first,), group, "The father works here."), by=chief, now=now)
        shut_out = seals.group_of(connection, first)
    assert shut_out
    second = reported(site, "Robin Sample", date(2012, 5, 3), matched=False)
    made.do(second, "complete_missing_report", now, child_full_name="Robin Example", date_of_birth=date(2012, 5, 3))
    made.do(second, "match_child", now, child=child_id)
    with reading(site.services.engine) as connection:
        mails = sa.select(OutboxRow).where(OutboxRow.subject.contains("whose record is sealed"))
        found = connection.execute(mails).all()
    assert {mail.recipient.partition("@")[0] for mail in found} == set(shut_out)
    assert all(mail.urgent and second in mail.subject and "Robin" not in mail.text for mail in found)
    assert all(child_id not in mail.text and first not in mail.text for mail in found)
    assert site.browser("mfh_coordinator").get(f"/cases/{second}").status_code == 200
