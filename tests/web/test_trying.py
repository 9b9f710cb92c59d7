"""A procedure is tried out in the browser: as any role, back and forward, kept as a scenario, and nothing else is touched."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup

from engine.store import Base, reading, writing
from tests.web.site import Browser, Site
from workflows import rehearsals

HOME = "/procedures/cancellation"
DRAFT = f"{HOME}/draft"
TRY = f"{HOME}/try/draft"


def rows(site: Site) -> dict[str, list[Any]]:
    """Read every table but the one of what is tried out, and those of who signed in."""
    with reading(site.services.engine) as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(sa.select(table))]
            for table in Base.metadata.sorted_tables
            if table.name not in {"rehearsals", "sessions"}
        }


def typed(page: BeautifulSoup) -> dict[str, Any]:
    """Give what stands in the form of a page, as a browser would send it."""
    form = page.select_one("main form[novalidate]")
    assert form is not None
    found: dict[str, Any] = {}
    for each in form.select("input, textarea, select"):
        kind, name = each.get("type"), str(each.get("name"))
        if kind in {"radio", "checkbox"}:
            if each.has_attr("checked"):
                found.setdefault(name, []).append(each["value"])
        elif each.name == "select":
            chosen = each.select_one("option[selected]")
            found[name] = chosen["value"] if chosen else ""
        else:
            found[name] = each.get("value", "") if each.name == "input" else each.text.removeprefix("\n")
    return found


def do(browser: Browser, task: str = "", **changes: Any) -> int:
    """Do an open task with invented answers and these changes; no task is the opening."""
    path = f"{TRY}/page?task={task}&key="
    page = browser.page(f"{path}&invent=1")
    return browser.post(path, data=typed(page) | changes).status_code


def act(browser: Browser, **given: str) -> BeautifulSoup:
    """Press a button of the page, and give the page that follows."""
    answer = browser.send(f"{TRY}/step", given, form=browser.page(TRY))
    assert answer.status_code == 303, answer.text
    return browser.page(TRY)


@pytest.fixture
def editor(site: Site) -> Browser:
    """An editor's browser, with a draft that is the running release."""
    browser = site.browser("procedure_editor")
    assert browser.send(f"{HOME}/draft", form=browser.page(HOME)).status_code == 303
    return browser


def words(page: BeautifulSoup) -> str:
    main = page.select_one("main")
    assert main is not None
    return " ".join(main.get_text(" ").split())


def test_a_draft_is_tried_out_forward_and_back_and_kept_as_a_scenario_that_each_check_plays(
    site: Site, editor: Browser
) -> None:
    before = rows(site)
    page = editor.page(TRY)
    assert "The case is not open yet" in words(page)
    assert editor.send(f"{TRY}/keep", {"name": "Nothing"}, form=page).status_code == 422
    assert do(editor) == 303
    shown = words(act(editor, do="ring"))
    assert "It is 2 March 2026 at 10:00am" in shown
    assert "Told: Locate team sergeant, to" in shown
    shown = words(act(editor, do="back"))
    assert "It is 2 March 2026 at 9:00am" in shown
    assert "Forward one step" in shown
    assert do(editor, "say_why_wrong", checked="") == 422
    assert do(editor, "say_why_wrong") == 303
    assert "Decide on the report" in words(editor.page(f"{TRY}?role=duty_inspector"))
    assert do(editor, "decide_cancellation") == 303
    assert "The case has ended" in words(editor.page(TRY))
    assert rows(site) == before

    page = editor.page(TRY)
    assert editor.send(f"{TRY}/keep", {"name": "Rung once, then agreed"}, form=page).status_code == 303
    shown = words(editor.page(f"{TRY}/scenarios"))
    assert "Rung once, then agreed Plays 3 of 3 steps, to the end of the case" in shown
    assert "3 of 3 steps are covered by scenarios" in shown
    assert "Scenarios (3)" in words(editor.page(DRAFT))

    path = f"{DRAFT}/files/cancellation_decision.form"
    page = editor.page(path)
    area = page.select_one("textarea[name=text]")
    assert area is not None
    form = json.loads(area.text)
    more = {"dataClass": "D2", "error": "Enter who else knows"}
    asked = {"type": "textfield", "key": "knows", "label": "Who else knows?", "validate": {"required": True}}
    form["components"].append({**asked, "properties": more})
    assert editor.send(path, {"text": json.dumps(form)}, form=page).status_code == 303
    said = "does not answer “Decide on the report” as it is asked now: Enter who else knows"
    assert said in words(editor.page(DRAFT))


def test_somebody_without_a_draft_tries_a_release_out_and_keeps_no_scenario_with_it(site: Site) -> None:
    approver = site.browser("procedure_approver")
    assert "Try it out : release 1" in words(approver.page(HOME))
    page = approver.page(f"{HOME}/try/1")
    assert "Keep these steps" not in words(page)
    assert approver.send(f"{HOME}/try/1/keep", {"name": "Mine"}, form=page).status_code == 403
    approver.page(f"{HOME}/try/2", status=404)


def test_what_nobody_went_on_with_is_forgotten(site: Site, editor: Browser) -> None:
    act(editor, do="say", operation="recall_open_episode", variant="none")
    assert "No such case" in words(editor.page(TRY))
    with writing(site.services.engine) as connection:
        assert rehearsals.tidy(connection, site.clock()) == 0
        assert rehearsals.tidy(connection, site.clock() + rehearsals.KEPT_FOR * 2) == 1


def test_a_table_says_which_row_applies_to_what_is_entered_and_what_is_to_be_said_of_it(site: Site) -> None:
    browser = site.browser("procedure_approver")
    address = "/procedures/missing_child/try/1/tables/review_interval.dmn"
    assert "Row 1 applies. 4 hours" in words(browser.page(f"{address}?asked=1&c0=sergeant&c1=high"))
    shown = words(browser.page(f"{address}?asked=1&c0=inspector&c1=medium&c2=0"))
    assert "Row 6 applies. 12 hours" in shown
    assert "Nothing applies: No rule applies where “Reviewer” is any other value" in shown
    grade = "/procedures/missing_child/try/1/tables/risk_grade.dmn"
    assert "Lowest grade: high" in words(browser.page(f"{grade}?asked=1&m0=&m0=ra_suicide"))
    assert "Enter a value of the kind number" in words(browser.page(f"{address}?asked=1&c2=many"))


MADE = {
    "type": "radio",
    "key": "who_was_rung",
    "label": "Who was rung?",
    "validate": {"required": True},
    "values": [{"label": "An aunt", "value": "aunt"}, {"label": "Nobody", "value": "nobody"}],
    "properties": {"error": "Select who was rung", "dataClass": "D2"},
    "conditional": {"hide": '=certain = null or certain != "yes"'},
}


def test_questions_are_added_moved_reworded_and_taken_out_without_the_text_of_the_form(site: Site) -> None:
    browser = site.browser("procedure_editor")
    browser.send(f"{HOME}/draft", form=browser.page(HOME))
    file = f"{DRAFT}/files/cancellation_reason.form"
    assert "What kind of question is it?" in words(browser.page(f"{file}/questions/one"))
    page = browser.page(f"{file}/questions/one?kind=radio")
    assert browser.send(f"{file}/questions/one", {"kind": "radio"}, form=page).status_code == 422
    asked = {"kind": "radio", "label": "Who was rung?", "options": "aunt: An aunt\nNobody", "class": "D2"}
    more = {"required": "yes", "error": "Select who was rung", "when": "certain=yes", "after": "0"}
    assert browser.send(f"{file}/questions/one", asked | more, form=page).status_code == 303
    assert browser.send(f"{file}/questions/one", asked, form=page).status_code == 409
    page = browser.page(f"{file}/questions")
    assert browser.send(f"{file}/questions/act", {"place": "1", "do": "down"}, form=page).status_code == 303
    made = json.loads(site_files(browser, file))["components"][2]
    assert made == MADE
    place = "2"
    page = browser.page(f"{file}/questions/one?place={place}")
    beside = typed(browser.page(f"{file}/questions/one?place=0"))
    assert browser.post(f"{file}/questions/one?place=0", data=beside | {"hint": "Since you asked"}).status_code == 303
    assert (
        browser.post(
            f"{file}/questions/one?place={place}", data=typed(page) | {"label": "Whom did you ring?"}
        ).status_code
        == 303
    )
    stale = browser.post(f"{file}/questions/one?place=2", data=typed(page) | {"label": "Mine"})
    assert stale.status_code == 409
    assert "Whom did you ring?" in stale.text
    assert "You typed here until" in browser.page(f"{file}/questions/one?key=who_was_rung").text
    again = json.loads(site_files(browser, file))["components"][2]
    assert again == made | {"label": "Whom did you ring?"}
    page = browser.page(f"{file}/questions")
    assert browser.send(f"{file}/questions/act", {"place": place, "do": "out"}, form=page).status_code == 303
    assert "Whom did you ring?" not in words(browser.page(f"{file}/questions"))
    form = json.loads(site_files(browser, file))
    form["components"] = [{"type": "group", "label": "Why", "components": form["components"]}]
    assert browser.send(file, {"text": json.dumps(form)}, form=browser.page(file)).status_code == 303
    assert typed(browser.page(f"{file}/questions/one?place=0.0"))["class"] == "D2"


def site_files(browser: Browser, file: str) -> str:
    """Read the text of a file of the draft from its page."""
    area = browser.page(file).select_one("textarea[name=text]")
    assert area is not None
    return area.text
