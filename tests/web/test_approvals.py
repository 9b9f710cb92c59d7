"""A change of what an agency's people do is published once that agency has agreed to it, as it stands."""

from __future__ import annotations

import pytest

from tests.web.site import Browser, Site

HOME = "/procedures/missing_child"
DRAFT = f"{HOME}/draft"
CARE, SECOND = "csc_service_manager", "procedure_approver"


@pytest.fixture
def editor(site: Site) -> Browser:
    """The browser of an editor whose draft gives the write-up of an interview another name for a question."""
    browser = site.browser("procedure_editor")
    assert browser.send(DRAFT, form=browser.page(HOME)).status_code == 303
    changed(browser, "return_interview", "First of all")
    return browser


def changed(browser: Browser, form: str, word: str) -> None:
    path = f"{DRAFT}/files/{form}.form"
    page = browser.page(path)
    area = page.select_one("textarea[name=text]")
    assert area is not None
    text = area.text.removeprefix("\n").replace('"label": "', f'"label": "{word}: ', 1)
    assert browser.send(path, {"text": text}, form=page).status_code == 303


def decide(browser: Browser, act: str, reason: str = "") -> tuple[int, str]:
    answer = browser.send(f"{DRAFT}/{act}", {"reason": reason}, form=browser.page(DRAFT))
    return answer.status_code, answer.text


def standing(browser: Browser) -> str:
    """Read what the page says of the agencies that have to agree."""
    found = browser.page(DRAFT).select_one(".govuk-summary-list")
    return " ".join(found.get_text(" ").split()) if found else ""


def test_an_agency_agrees_to_what_its_people_do_and_again_after_every_change(site: Site, editor: Browser) -> None:
    second, provider, care = (site.browser(role) for role in (SECOND, "rhi_manager", CARE))
    before = standing(editor)
    assert "Return interview provider" in before
    assert "another form, or other questions" in before
    assert decide(editor, "propose", "Asked on the telephone")[0] == 303
    assert "Missing" in standing(second)
    assert provider.page("/tasks").find("a", string="Decide on a change to a procedure") is not None
    assert care.page("/tasks").find("a", string="Decide on a change to a procedure") is None

    assert "Not everybody whom the change concerns" in decide(second, "approve")[1]
    assert "Agree for your agency" not in care.page(DRAFT).text
    assert decide(editor, "agree")[0] == 403
    assert decide(provider, "agree")[0] == 303
    assert "Agreed" in standing(second)

    changed(editor, "return_interview", "Second of all")
    assert decide(editor, "propose", "Asked on the telephone")[0] == 303
    assert "Missing" in standing(second), "what was agreed to is another draft"
    assert decide(second, "approve")[0] == 409
    assert decide(provider, "agree")[0] == 303
    assert decide(second, "approve")[0] == 303
