"""A proposal reaches those who can approve it, and what became of it reaches those who made it: by mail and on their pages."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from engine.store import reading, writing
from notifications.outbox import OutboxRow
from tests.web.site import Browser, Site
from workflows import people
from workflows.people import Membership

HOME = "/procedures/missing_child"
DRAFT = f"{HOME}/draft"
FORM = f"{DRAFT}/files/handover.form"
SECRET = "Robin Canary ran from 7 Sample Street"
EDITOR, APPROVER = "procedure_editor", "procedure_approver"


@pytest.fixture
def editor(site: Site) -> Browser:
    """The browser of somebody who has changed a form in a draft."""
    browser = site.browser(EDITOR)
    assert browser.send(DRAFT, form=browser.page(HOME)).status_code == 303
    changed(browser, "First of all")
    return browser


def changed(browser: Browser, word: str) -> None:
    page = browser.page(FORM)
    area = page.select_one("textarea[name=text]")
    assert area is not None
    text = area.text.removeprefix("\n").replace('"label": "', f'"label": "{word}: ', 1)
    assert browser.send(FORM, {"text": text}, form=page).status_code == 303


def decide(browser: Browser, act: str, reason: str = "") -> int:
    return int(browser.send(f"{DRAFT}/{act}", {"reason": reason}, form=browser.page(DRAFT)).status_code)


def mails(site: Site) -> list[tuple[str, str, str]]:
    """Give the mails about drafts: to whom, subject, text."""
    row = OutboxRow
    asked = sa.select(row.recipient, row.subject, row.text).where(row.key.like("draft/%")).order_by(row.id)
    with reading(site.services.engine) as connection:
        return [(found.recipient.partition("@")[0], found.subject, found.text) for found in connection.execute(asked)]


def test_approvers_are_told_of_a_proposal_once_and_find_it_among_their_tasks(site: Site, editor: Browser) -> None:
    """A proposed draft told nobody: no mail, no task."""
    approver = site.browser(APPROVER)
    assert "Decide on a change" not in approver.page("/tasks").text
    assert decide(editor, "propose", SECRET) == 303
    assert [(to, subject) for to, subject, _ in mails(site)] == [
        (APPROVER, "A change to a procedure waits for approval")
    ]
    page = approver.page("/tasks")
    line = page.find("a", string="Decide on a change to a procedure")
    assert line is not None
    assert line["href"] == DRAFT
    assert "Procedures (1)" in approver.page("/procedures").text
    assert "Decide on a change" not in editor.page("/tasks").text
    assert decide(approver, "approve") == 303
    assert "Decide on a change" not in approver.page("/tasks").text


def test_who_made_a_change_hears_that_it_was_sent_back_and_why_on_its_page(site: Site, editor: Browser) -> None:
    approver = site.browser(APPROVER)
    decide(editor, "propose", "Better")
    decide(approver, "send-back", SECRET)
    assert mails(site)[-1][:2] == (EDITOR, "Your change to a procedure was sent back")
    assert DRAFT in mails(site)[-1][2]
    assert editor.page("/tasks").find("a", string="Put your change to a procedure right") is not None
    banner = editor.page(DRAFT).select_one(".govuk-notification-banner")
    assert banner is not None
    assert SECRET in banner.text
    changed(editor, "Second of all")
    assert "Put your change" not in editor.page("/tasks").text
    decide(editor, "propose", "Better still")
    assert "Sent back" not in str(editor.page(DRAFT).select(".govuk-notification-banner"))


def test_who_made_a_change_hears_that_it_was_published(site: Site, editor: Browser) -> None:
    approver = site.browser(APPROVER)
    decide(editor, "propose", "Better")
    decide(approver, "approve")
    to, subject, text = mails(site)[-1]
    assert (to, subject) == (EDITOR, "Your change to a procedure was published")
    assert f"{HOME}\n" in text


def test_what_somebody_typed_stands_in_no_mail(site: Site, editor: Browser) -> None:
    decide(editor, "propose", SECRET)
    decide(site.browser(APPROVER), "send-back", SECRET)
    assert len(mails(site)) == 2
    assert "Canary" not in str(mails(site))
    assert "Sample Street" not in str(mails(site))


def test_where_nobody_else_can_approve_administrators_hear_of_it(site: Site, editor: Browser) -> None:
    both = [Membership(EDITOR, "example_police"), Membership(APPROVER, "example_partnership")]
    with writing(site.services.engine) as connection:
        people.disable(connection, APPROVER, site.clock())
        people.give_roles(connection, EDITOR, both)
    decide(editor, "propose", "Better")
    assert {(to, subject) for to, subject, _ in mails(site)} == {
        ("administrator", "A change to a procedure has nobody to approve it")
    }
    assert "Decide on a change" not in editor.page("/tasks").text


def test_a_proposal_that_is_refused_tells_nobody(site: Site, editor: Browser) -> None:
    assert decide(editor, "propose", " ") == 422
    assert mails(site) == []
