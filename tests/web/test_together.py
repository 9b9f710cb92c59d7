"""Two children of one family who are missing together: each has a case, and each case leads to the other."""

from __future__ import annotations

from bs4 import BeautifulSoup

from tests.web.site import OPENING, Site

ADD = "Report another child who is missing with this one"
LEADS = "Missing together with this child:"


def added(site: Site, case_id: str, name: str) -> str:
    """Report another child from the page of a case; give the reference of the new one."""
    browser = site.browser("call_taker")
    link = browser.page(f"/cases/{case_id}").find("a", string=ADD)
    assert link
    page = browser.page(str(link["href"]))
    assert said(page) == {
        **{key: OPENING[key] for key in ("last_place", "why_worried")},
        "child_name": "",
        "call_back": "",
    }
    chosen = page.select_one("select[name=responsible_authority] option[selected]")
    assert chosen
    assert chosen["value"] == OPENING["responsible_authority"]
    link_to = page.find("input", attrs={"name": "missing_with"})
    assert link_to
    typed = {**OPENING, "child_name": name, "missing_with": str(link_to["value"]).lower()}
    answer = browser.send("/cases/open", typed, form=page)
    assert answer.status_code == 302, answer.text
    return answer.location.removeprefix("/tasks/").partition(".")[0]


def said(page: BeautifulSoup) -> dict[str, str]:
    """What stands in the fields of the page that opens a case."""
    found = {}
    for name in ("child_name", "last_place", "why_worried", "call_back"):
        field = page.select_one(f"[name={name}]")
        assert field
        found[name] = str(field.get("value") or "") or field.get_text(strip=True)
    return found


def others(site: Site, case_id: str, role: str = "locate_sergeant") -> list[str]:
    page = site.browser(role).page(f"/cases/{case_id}")
    return [line.get_text(strip=True) for line in page.select(".govuk-inset-text li")] if LEADS in page.text else []


def test_siblings_have_a_case_each_and_each_leads_to_the_others(site: Site) -> None:
    first, alone = site.opened(), site.opened()
    second = added(site, first, "Robin")
    assert others(site, first) == [f"{second}, Reported missing"]
    third = added(site, second, "Sascha")
    group = {first, second, third}
    for each in group:
        assert set(others(site, each)) == {f"{other}, Reported missing" for other in group - {each}}
    assert others(site, alone) == []


def test_who_has_no_part_in_the_other_case_is_not_told_of_it(site: Site) -> None:
    first = site.opened()
    second = added(site, first, "Robin")
    members = ("call_taker", "response_officer", "locate_sergeant", "duty_inspector", "csc_mash")
    data = {"cases": second, "members": "\n".join(members), "reason": "The father works in this control room."}
    chief = site.browser("chief_inspector_missing")
    about = chief.page(f"/cases/{second}").find("a", string="Seal this case for a group")
    assert about
    assert chief.send(str(about["href"]), data).status_code == 302
    assert others(site, first, "mfh_coordinator") == []
    assert others(site, first, "duty_inspector") == [f"{second}, Reported missing"]


def test_a_case_that_nobody_knows_copies_nothing_and_is_told_as_what_it_is(site: Site) -> None:
    browser = site.browser("call_taker")
    page = browser.page("/cases/open?missing_with=MC-22222222")
    assert set(said(page).values()) == {""}
    answer = browser.send("/cases/open", {**OPENING, "missing_with": "the sister"}, form=page)
    assert answer.status_code == 422
    assert "Enter the reference of the case of the other child, such as MC-7K3QX9PW, or leave this empty" in answer.text


def test_an_officer_who_opens_no_cases_is_offered_no_other_child(site: Site) -> None:
    page = site.browser("locate_sergeant").page(f"/cases/{site.opened()}")
    assert page.find("a", string=ADD) is None
