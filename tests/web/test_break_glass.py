"""Opening a case with a reason: for an hour, what the role may open, written down, and the owners of the data are told."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup

from engine.model import Actor
from engine.store import CaseTable, ReadTable, reading, writing
from tests.web.site import Site
from web.cases import WITH_A_REASON
from workflows import break_glass
from workflows.agencies import ROLES
from workflows.break_glass import OPENS, GlassRow
from workflows.vocabulary import DATA_CLASS

WHY = "Control room says the child is with a cousin; the address is needed before midnight."


def broken(site: Site, role: str, reference: str, why: str = WHY, status: int = 200) -> BeautifulSoup:
    """Open a case with a reason as a role does."""
    answer = site.browser(role).send("/break-glass", {"reference": reference, "reason": why})
    assert answer.status_code == status, answer.text
    return BeautifulSoup(answer.text, "html.parser")


def closed(site: Site) -> str:
    """Give a case that is closed, in which the emergency duty team has no part."""
    case_id = site.opened()
    with writing(site.services.engine) as connection:
        connection.execute(sa.update(CaseTable).where(CaseTable.id == case_id).values(status="completed"))
    return case_id


def rows(site: Site) -> list[sa.Row[tuple[GlassRow]]]:
    with reading(site.services.engine) as connection:
        return list(connection.execute(sa.select(GlassRow.__table__)).all())


def test_a_case_stands_open_for_an_hour_and_each_look_says_so(site: Site) -> None:
    case_id = closed(site)
    browser = site.browser("health")
    assert browser.get(f"/cases/{case_id}").status_code == 404
    page = broken(site, "health", case_id.lower())
    assert page.select_one(f'a[href="/cases/{case_id}"]')
    shown = browser.page(f"/cases/{case_id}")
    assert "You have opened this case with a reason" in shown.text
    assert "Correct" not in {link.text for link in shown.select("main a")}
    with reading(site.services.engine) as connection:
        asked = sa.select(ReadTable.__table__).where(ReadTable.person == "health", ReadTable.purpose == WITH_A_REASON)
        read = connection.execute(asked).one()
    assert read.case_id == case_id
    assert set(read.classes.split(",")) == OPENS["health"]
    site.clock.forward(hours=1)
    assert browser.get(f"/cases/{case_id}").status_code == 404


def test_it_opens_to_the_one_who_gave_the_reason_alone(site: Site) -> None:
    case_id = closed(site)
    broken(site, "health", case_id)
    assert site.browser("placement_provider").get(f"/cases/{case_id}").status_code == 404


def test_what_is_opened_can_be_looked_at_and_not_changed_or_given_away(site: Site) -> None:
    case_id = closed(site)
    broken(site, "health", case_id)
    browser = site.browser("health")
    assert browser.get(f"/cases/{case_id}/correct/case_opening").status_code == 404
    assert browser.get(f"/bundles/case/{case_id}").status_code in {403, 404}


def test_a_reference_that_nobody_has_is_answered_like_one_that_somebody_has(site: Site) -> None:
    case_id = closed(site)
    first, second = (str(broken(site, "health", each)) for each in (case_id, "MC-ZZZZZZZZ"))
    assert without_tokens(first) == without_tokens(second.replace("MC-ZZZZZZZZ", case_id))
    assert [row.about for row in rows(site)] == [case_id, "MC-ZZZZZZZZ"]
    assert site.browser("health").get("/cases/MC-ZZZZZZZZ").status_code == 404


def test_the_same_sending_twice_opens_once(site: Site) -> None:
    browser = site.browser("health")
    page = browser.page("/break-glass")
    answers = [
        browser.send("/break-glass", {"reference": "MC-22222222", "reason": WHY}, form=page).text for _ in range(2)
    ]
    assert without_tokens(answers[0]) == without_tokens(answers[1])
    assert len(rows(site)) == 1


@pytest.mark.parametrize(
    ("reference", "why", "said"),
    [
        ("", WHY, "Enter the reference of the case"),
        ("MC-22222222", "urgent", "Say why you need to see it now"),
        ("", "", "Enter the reference of the case"),
        ("MC-" + "2" * 40, WHY, "Enter the reference of the case"),
        ("MC-22222222", "x" * 1001, "The reason has 1000 characters at most"),
    ],
)
def test_what_is_missing_is_said_at_its_field_and_what_was_typed_stays(
    site: Site, reference: str, why: str, said: str
) -> None:
    page = broken(site, "health", reference, why, 422)
    assert said in page.select_one(".govuk-error-summary").text  # type: ignore[union-attr]
    assert page.select_one("#reference")["value"] == reference  # type: ignore[index]
    assert page.select_one("#reason").text.strip() == why  # type: ignore[union-attr]
    assert rows(site) == []


def test_intelligence_and_audits_are_opened_to_nobody_and_the_full_account_to_social_workers_only() -> None:
    assert set(OPENS) <= set(ROLES)
    opened = frozenset().union(*OPENS.values())
    assert opened < set(DATA_CLASS)
    assert {"D4", "D12"}.isdisjoint(opened)
    agencies = {ROLES[role].kind for role, classes in OPENS.items() if "D8" in classes}
    assert len(agencies) == 1


def test_whoever_loses_the_role_loses_what_it_opened(site: Site) -> None:
    case_id = closed(site)
    broken(site, "health", case_id)
    now = site.clock()
    with reading(site.services.engine) as connection:
        held = Actor("health", frozenset({"health"}))
        assert break_glass.opened_to(connection, held, [case_id], now)
        without = Actor("health", frozenset({"placement_provider"}))
        assert break_glass.opened_to(connection, without, [case_id], now) == {}


def without_tokens(text: str) -> str:
    """Leave out what differs from page to page: the token against forged forms."""
    return re.sub(r'(name="csrf_token"[^>]*value|content)="[^"]*"', "", text)
