"""A manager changes a procedure step by step, without the drawing: times, roles, forms, a step more, a step less."""

from __future__ import annotations

import random
from collections.abc import Mapping

from bs4 import BeautifulSoup

from engine import archives
from engine.comparison import compare
from engine.store import writing
from tests.web.population import Population
from tests.web.site import Browser, Site
from workflows import people
from workflows.people import Membership

HOME, SMALL = "/procedures/missing_child", "/procedures/cancellation"
"""The procedure of every report, and one of which a check costs little."""
INTERVIEW = f"{HOME}/draft/steps/offer_and_hold_interview"
WHY = f"{SMALL}/draft/steps/say_why_wrong"


def begun(site: Site, home: str) -> Browser:
    """The browser of somebody who changes procedures, with a draft that is the running release."""
    browser = site.browser("procedure_editor")
    assert browser.send(f"{home}/draft", form=browser.page(home)).status_code == 303
    return browser


def typed(page: BeautifulSoup) -> dict[str, list[str]]:
    """Read what a page would send if nobody changed it."""
    form = page.select_one("main form[novalidate]")
    assert form is not None
    sent: dict[str, list[str]] = {}
    for field in form.select("input[name], textarea[name], select[name]"):
        name, kind = str(field["name"]), field.get("type")
        if field.name == "textarea":
            value = field.text.removeprefix("\n")
        elif field.name == "select":
            value = str((field.select_one("option[selected]") or field.select("option")[0])["value"])
        elif kind in {"checkbox", "radio"} and not field.has_attr("checked"):
            continue
        else:
            value = str(field.get("value", ""))
        sent.setdefault(name, []).append(value)
    return sent


def save(browser: Browser, path: str, changed: Mapping[str, str | list[str]]) -> tuple[int, BeautifulSoup]:
    """Change some fields of a page and send it."""
    answer = browser.post(path, data={**typed(browser.page(path)), **changed})
    return answer.status_code, BeautifulSoup(answer.text, "html.parser")


def files_of(browser: Browser, home: str) -> dict[str, str]:
    return archives.unpack(browser.get(f"{home}/draft.zip").data)


def row_of(browser: Browser, home: str, element: str) -> str:
    row = browser.page(f"{home}/draft/steps").select_one(f"tr#{element}")
    assert row is not None
    return " ".join(row.text.split())


def test_an_interview_within_48_hours_and_a_step_more_are_for_new_cases_and_not_for_old_ones(site: Site) -> None:
    """A manager needs no drawing: the times of the interview and a new step, proposed, approved by another, lived by a new case."""
    editor, approver, inspector = begun(site, HOME), site.browser("procedure_approver"), site.browser("duty_inspector")
    old, before = site.opened(), files_of(editor, HOME)
    rows = [str(row["id"]) for row in editor.page(f"{HOME}/draft/steps").select("tr[id]")]
    wanted = ["child_reported_missing", "acknowledge_handover", "offer_and_hold_interview", "offer_return_interview"]
    wanted += ["hold_return_interview", "write_up_return_interview", "receive_return_interview"]
    assert [row for row in rows if row in wanted] == wanted
    said = row_of(editor, HOME, "offer_and_hold_interview")
    assert "counted from the answer to “When was the child back in a safe place?”" in said
    assert "Due: 72 hours, tells Return interview manager, Children missing officer" in said

    assert save(editor, INTERVIEW, {"when.t25_5": "48 hours"})[0] == 303
    after = files_of(editor, HOME)
    cell = '<outputEntry id="t25_5_out_1"><text>clock + duration("PT{}H")'
    assert after == before | {"deadlines.dmn": before["deadlines.dmn"].replace(cell.format(72), cell.format(48))}
    step = {"name": "Ring the school", "lane": "duty_inspector", "form": "new", "question": "Who was reached?"}
    step |= {"asks": "ring the school", "when.due": "2 hours", "when.first": "1 day", "tell.first": "superintendent"}
    assert save(editor, f"{HOME}/draft/steps/approve_prevention_exception/next", step)[0] == 303
    said = row_of(editor, HOME, "ring_the_school")
    assert "Ring the school Duty inspector Ring the school" in said
    assert "Due: 2 hours, tells Duty inspectorFirst escalation: 1 day, tells Superintendent" in said
    factors = before["risk_grade.dmn"].replace("    </decisionTable>", ELEVEN + "    </decisionTable>")
    path = f"{HOME}/draft/files/risk_grade.dmn"
    assert editor.send(path, {"text": factors}, form=editor.page(path)).status_code == 303
    page = editor.page(f"{HOME}/draft")
    assert page.select(".hw-problems li, #hw-looks li") == []
    assert editor.send(f"{HOME}/draft/propose", {"reason": "Schools know more"}, form=page).status_code == 303

    told = approver.page(f"{HOME}/draft/changes").text
    assert "48 hours after the clock begins" in told
    assert "Due: 2 hours, tells Duty inspector" in told
    for role in ("rhi_manager", "csc_service_manager"):
        agency = site.browser(role)
        assert agency.send(f"{HOME}/draft/agree", form=agency.page(f"{HOME}/draft")).status_code == 303
    assert approver.send(f"{HOME}/draft/approve", form=approver.page(f"{HOME}/draft")).status_code == 303
    new = site.opened()
    shown = [inspector.get(f"/cases/{case_id}/diagram/missing_child").text for case_id in (old, new)]
    assert ["ring_the_school" in text for text in shown] == [False, True]
    assert [floor_of(site, case_id) for case_id in (old, new)] == ["medium", "high"]


ELEVEN = """      <rule id="eleven">
        <inputEntry id="eleven_1"><text>-</text></inputEntry>
        <inputEntry id="eleven_2"><text>11</text></inputEntry>
        <inputEntry id="eleven_3"><text>-</text></inputEntry>
        <inputEntry id="eleven_4"><text>-</text></inputEntry>
        <inputEntry id="eleven_5"><text>-</text></inputEntry>
        <outputEntry id="eleven_6"><text>"high"</text></outputEntry>
        <outputEntry id="eleven_7"><text>"11 years old"</text></outputEntry>
        <annotationEntry><text>-</text></annotationEntry>
      </rule>
"""
"""A rule of the table of risk factors, in a case of which nothing else is known."""


def floor_of(site: Site, case_id: str) -> str:
    """Give the lowest grade that may be given to a child of 11 of whom nothing is known."""
    now = site.clock()
    made = Population(site.services, random.Random(1), now)  # noqa: S311 - a story, not a secret
    made.do(case_id, "complete_missing_report", now, date_of_birth=None, approximate_age="11")
    made.do(case_id, "match_child", now, child="new")
    made.do(case_id, "assess_risk", now)
    return str(made.scope(case_id, "decide_risk_grade", now)["risk_floor"]["level"])


def test_what_cannot_be_read_is_said_at_its_field_all_at_once_and_nothing_typed_is_lost(site: Site) -> None:
    editor = begun(site, SMALL)
    wrong: dict[str, str | list[str]] = {
        "name": " ",
        "when.c100_1": "soon",
        "every.c100_2": "sometimes",
        "guidance": "Kept\x0b",
    }
    status, page = save(editor, WHY, wrong | {"tell.c100_1": []})
    assert status == 422
    links = {str(link["href"]) for link in page.select(".govuk-error-summary a")}
    assert links == {"#name", "#when.c100_1", "#every.c100_2", "#tell.c100_1"}
    assert all(page.find(id=link[1:]) is not None for link in links)
    kept = typed(page)
    assert (kept["when.c100_1"], kept["guidance"]) == (["soon"], ["Kept"])
    editor.page(f"{WHY}/next")
    status, page = save(editor, f"{WHY}/next", {"name": "123", "form": "none_of_ours"})
    assert status == 422
    assert {link["href"] for link in page.select(".govuk-error-summary a")} == {"#name", "#form"}


def test_of_two_who_change_the_same_step_the_second_is_told_and_of_two_steps_both_are_kept(site: Site) -> None:
    editor, beside = begun(site, SMALL), f"{SMALL}/draft/steps/decide_cancellation"
    before, mine, next_to_it = files_of(editor, SMALL), typed(editor.page(WHY)), typed(editor.page(beside))
    theirs: dict[str, str | list[str]] = {
        "tell.c100_1": ["duty_inspector"],
        "add.c100_1": "superintendent",
        "lane": "duty_inspector",
    }
    assert save(site.browser("procedure_editor"), WHY, theirs | {"name": "Say why it is wrong"})[0] == 303
    answer = editor.post(WHY, data=mine | {"name": ["Mine"]})
    assert answer.status_code == 409
    shown = BeautifulSoup(answer.text, "html.parser")
    assert typed(shown)["name"] == ["Mine"]
    standing = [row.get_text(" ", strip=True) for row in shown.select(".govuk-summary-list__row")]
    assert "What is done Say why it is wrong" in standing
    assert "Who does it Duty inspector" in standing
    assert editor.post(beside, data=next_to_it | {"name": ["Decide"]}).status_code == 303
    assert "Say why it is wrong Duty inspector" in row_of(editor, SMALL, "say_why_wrong")
    told = [(each.element, each.what, each.after) for each in compare(before, files_of(editor, SMALL))]
    assert ("decide_cancellation", "name", "Decide") in told
    assert ("say_why_wrong", "who does it", "“Duty inspector”") in told
    assert {element for element, _, _ in told} == {"say_why_wrong", "decide_cancellation", "c100_1"}


def test_what_is_typed_at_a_step_and_not_saved_comes_back_to_its_author_and_who_is_there_is_told(site: Site) -> None:
    editor = begun(site, SMALL)
    with writing(site.services.engine) as connection:
        held = [Membership("procedure_editor", "example_police")]
        people.add(
            connection,
            "ben",
            name="Ben Sample",
            mail="ben@example.org",
            password=None,
            memberships=held,
            now=site.clock(),
        )
    ben, keeping = site.browser("ben"), f"{SMALL}/draft/at-work/typed"
    page = editor.page(f"{WHY}/next")
    answer = editor.send(f"{keeping}?place=steps/say_why_wrong/next&typing=yes", {"name": "Half a th"}, form=page)
    assert "for you alone" in answer.text
    there = editor.page(f"{SMALL}/draft").select_one(f"a[href='{WHY}/next']")
    assert there is not None
    assert there.text == "a new step after “Say why wrong”"
    assert "and did not save it" in editor.page(f"{WHY}/next").text
    assert typed(editor.page(f"{WHY}/next?kept=yes"))["name"] == ["Half a th"]
    assert "and did not save it" not in ben.page(f"{WHY}/next").text
    assert "a new step after “Say why wrong”, in this draft, open since" in ben.page(f"{SMALL}/draft/steps").text

    others, mine = ben.page(WHY), editor.page(WHY)
    look = f"{keeping}?place=steps/say_why_wrong"
    assert "has this page open since" in ben.send(look, {}, form=others).text + editor.send(look, {}, form=mine).text
    assert save(ben, WHY, {"name": "Say why it is wrong"})[0] == 303
    assert "Somebody else has changed this step" in editor.send(look, {}, form=mine).text
    answer = editor.post(WHY, data=typed(mine) | {"name": ["Mine"]})
    assert answer.status_code == 409
    assert typed(editor.page(f"{WHY}?kept=yes"))["name"] == ["Mine"], "what was refused is kept"
    assert editor.send(f"{keeping}/drop?place=steps/say_why_wrong", form=editor.page(WHY)).status_code == 303
    assert "and did not save it" not in editor.page(WHY).text
    assert editor.send(f"{keeping}?place=no_such", {}, form=editor.page(WHY)).status_code == 404


def test_a_step_is_taken_out_where_nothing_rests_on_it_and_refused_where_something_does(site: Site) -> None:
    editor = begun(site, SMALL)
    before = files_of(editor, SMALL)
    assert save(editor, f"{WHY}/next", {"name": "Ring the school"})[0] == 303
    path = f"{SMALL}/draft/steps/ring_the_school"
    clock = {"when.due": "2 days", "tell.due": "duty_inspector"}
    assert save(editor, f"{path}/clock", clock | {"every": "often"})[0] == 422
    assert save(editor, f"{path}/clock", clock)[0] == 303
    assert save(editor, path, {"asks.ring_the_school_clock_rang": "ring every school"})[0] == 303
    assert "ring every school" in str(editor.page(path))
    assert editor.send(f"{path}/clocks/ring_the_school_clock_rang/remove", form=editor.page(path)).status_code == 303
    assert editor.send(f"{path}/remove", form=editor.page(path)).status_code == 303
    assert compare(before, files_of(editor, SMALL)) == ()
    assert editor.send(f"{path}/clocks/none/remove", form=editor.page(WHY)).status_code == 404
    answer = editor.send(f"{WHY}/remove", form=editor.page(WHY))
    assert answer.status_code == 422
    assert "The step cannot be taken out, because others rest on it" in answer.text
    approver = site.browser("procedure_approver")
    assert approver.page(f"{SMALL}/draft/steps").select(f"a[href^='{SMALL}/draft/steps/']") == []
    assert approver.page(WHY).select("main button") == []
    assert approver.send(WHY, {"name": "Mine"}, form=approver.page(WHY)).status_code == 403
    assert editor.get(f"{SMALL}/draft/steps/no_such_step").status_code == 404
