"""A manager edits and another publishes, as pages: begun, changed, checked, proposed, approved; nothing typed is lost."""

from __future__ import annotations

import io
import re
import zipfile

import pytest
from bs4 import BeautifulSoup

from engine import archives, release
from engine.store import writing
from tests.web.site import Browser, Site
from tests.workflows.test_imports import FOREIGN
from web import procedures
from workflows import catalogue, people
from workflows.people import Membership

HOME = "/procedures/missing_child"
DRAFT = f"{HOME}/draft"
FORM = f"{DRAFT}/files/handover.form"
OLD, NEW = '"label": "', '"label": "First of all: '


@pytest.fixture
def editor(site: Site) -> Browser:
    """The browser of somebody who changes procedures."""
    return site.browser("procedure_editor")


@pytest.fixture
def approver(site: Site) -> Browser:
    """The browser of somebody who approves what others changed."""
    return site.browser("procedure_approver")


@pytest.fixture
def begun(editor: Browser) -> Browser:
    """The editor's browser, with a draft that is the running release."""
    assert editor.send(f"{HOME}/draft", form=editor.page(HOME)).status_code == 303
    return editor


def text_of(page: BeautifulSoup) -> str:
    """Read the text that a page offers for editing, as a browser does: without the line break that opens it."""
    area = page.select_one("textarea[name=text]")
    assert area is not None
    return area.text.removeprefix("\n")


def changed(browser: Browser, old: str = OLD, new: str = NEW, path: str = FORM) -> None:
    """Change a file through its page."""
    page = browser.page(path)
    text = text_of(page)
    assert old in text
    answer = browser.send(path, {"text": text.replace(old, new, 1)}, form=page)
    assert answer.status_code == 303, answer.text


def decide(browser: Browser, act: str, reason: str = "") -> tuple[int, str]:
    """Decide about the draft from its page."""
    answer = browser.send(f"{DRAFT}/{act}", {"reason": reason}, form=browser.page(DRAFT))
    return answer.status_code, answer.text


def test_the_list_says_what_runs_and_what_is_drafted(site: Site, begun: Browser) -> None:
    site.opened()
    changed(begun)
    words = " ".join(begun.page("/procedures").get_text(" ").split())
    assert "Missing child Release 1, 1 March 2026 1 Open : draft of Missing child , no problem, " in words
    assert "Trigger plan Release 1, 1 March 2026 0" in words


def test_one_changes_another_approves_and_a_new_case_has_it_and_an_old_one_has_not(
    site: Site, begun: Browser, approver: Browser
) -> None:
    old = site.opened()
    changed(begun)
    assert decide(begun, "propose", "Asked on the telephone first")[0] == 303
    assert "Asked on the telephone first" in approver.page(DRAFT).text
    assert decide(approver, "approve")[0] == 303
    new = site.opened()
    inspector = site.browser("duty_inspector")
    for case_id, shown in ((old, False), (new, True)):
        line = inspector.page(f"/cases/{case_id}").find("a", string="Acknowledge handover")
        assert line is not None
        assert ("First of all: " in inspector.page(str(line["href"])).text) is shown
    page = approver.page(HOME)
    assert "Release 2" in page.text
    assert "Asked on the telephone first" in page.text
    assert "Begin a draft" in begun.page(HOME).text


def test_a_file_that_is_only_written_in_another_way_has_not_changed(begun: Browser) -> None:
    """A step that was drawn and deleted again left a file marked as changed, and nothing said what had changed."""
    path = f"{DRAFT}/files/locate.bpmn"
    page = begun.page(path)
    text = text_of(page)
    other = text.replace("  ", "    ").replace("\n\n", "\n")
    assert other != text
    assert begun.send(path, {"text": other}, form=page).status_code == 303
    words = begun.page(DRAFT)
    assert "Nothing differs from the running release" in words.text
    assert "Only written or drawn in another way: Locate (written)." in words.text
    assert "Changed" not in [tag.text.strip() for tag in words.select(".govuk-tag")]
    assert "Propose the draft" not in words.text
    moved = re.sub(r'(<dc:Bounds x=")(\d+)', lambda found: f"{found[1]}{int(found[2]) + 1}", text, count=1)
    assert begun.send(path, {"text": moved}, form=begun.page(path)).status_code == 303
    assert "Only written or drawn in another way: Locate (drawn)." in begun.page(DRAFT).text


def test_an_approver_changes_nothing_and_an_editor_approves_nothing(begun: Browser, approver: Browser) -> None:
    page = approver.page(FORM)
    assert page.select_one("textarea[readonly]") is not None
    assert "Save" not in [button.text.strip() for button in page.select("main button")]
    assert approver.send(FORM, {"text": "{}"}, form=page).status_code == 403
    changed(begun)
    decide(begun, "propose", "Better")
    assert decide(begun, "approve")[0] == 403


def test_who_holds_both_roles_does_not_approve_what_they_proposed(site: Site, begun: Browser) -> None:
    both = [Membership("procedure_editor", "example_police"), Membership("procedure_approver", "example_partnership")]
    with writing(site.services.engine) as connection:
        people.give_roles(connection, "procedure_editor", both)
    changed(begun)
    decide(begun, "propose", "Better")
    assert "Approve and publish" not in begun.page(DRAFT).text
    status, text = decide(begun, "approve")
    assert status == 403
    assert "somebody else must approve it" in text


def test_of_two_who_save_the_same_file_the_second_keeps_what_they_typed(site: Site, begun: Browser) -> None:
    page = begun.page(FORM)
    mine = text_of(page).replace(OLD, '"label": "Mine: ', 1)
    changed(site.browser("procedure_editor"))
    answer = begun.send(FORM, {"text": mine}, form=page)
    assert answer.status_code == 409
    shown = BeautifulSoup(answer.text, "html.parser")
    assert "Not saved: somebody else was faster" in shown.text
    assert text_of(shown) == mine
    assert "First of all" in text_of(begun.page(FORM))
    assert begun.send(FORM, {"text": mine}, form=shown).status_code == 303
    assert "Mine: " in text_of(begun.page(FORM))


def test_nobody_drops_what_somebody_else_has_saved_since(site: Site, begun: Browser) -> None:
    page = begun.page(DRAFT)
    changed(site.browser("procedure_editor"))
    answer = begun.send(f"{DRAFT}/drop", {"reason": "Not wanted"}, form=page)
    assert answer.status_code == 409
    assert "First of all" in text_of(begun.page(FORM))


def test_what_was_typed_is_kept_when_the_draft_is_gone(begun: Browser) -> None:
    page = begun.page(FORM)
    assert begun.send(f"{DRAFT}/drop", {"reason": "Mistake"}, form=begun.page(DRAFT)).status_code == 303
    answer = begun.send(FORM, {"text": "what I typed"}, form=page)
    assert answer.status_code == 409
    assert "what I typed" in answer.text


def test_problems_are_listed_with_their_place_and_stop_a_proposal(begun: Browser) -> None:
    changed(begun, "locate_sergeant", "wizard", f"{DRAFT}/files/locate.bpmn")
    changed(begun, '"dataClass": "', '"dataClass": "X', FORM)
    page = begun.page(DRAFT)
    problems = [" ".join(line.text.split()) for line in page.select(".hw-problems li")]
    assert len(problems) >= 2
    assert any("wizard" in line and "locate.bpmn" in line for line in problems)
    assert any("handover.form" in line and "line " in line for line in problems)
    assert "Propose the draft" not in page.text
    digest = release.pack(archives.unpack(begun.get(f"{DRAFT}.zip").data))[1]
    answer = begun.send(f"{DRAFT}/propose", {"reason": "Anyway", "digest": digest}, form=begun.page(DRAFT))
    assert answer.status_code == 422
    assert "The draft has problems" in answer.text
    assert "problems" in begun.page("/procedures").text
    first = page.select_one(".hw-problems a")
    assert first is not None
    assert begun.get(str(first["href"])).status_code == 200


@pytest.mark.parametrize("text", ["", "{", "[]", '{"components": []}', "\0"])
def test_a_form_that_cannot_be_read_is_saved_with_its_problems(begun: Browser, text: str) -> None:
    answer = begun.send(FORM, {"text": text}, form=begun.page(FORM))
    assert answer.status_code == 303
    assert "problem" in begun.page(FORM).text
    begun.page(DRAFT)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            '"id": "handover",',
            '"id": "handover"',
            'Line 3, column 3, at "type": "default",: a comma is missing before it',
        ),
        ('"id": "handover",', '"id" "handover",', 'Line 2, column 8, at "handover",: a colon is missing'),
        ('"id": "handover",', '"id": "handover,', "text"),
        ('"id": "handover",', '"id": "handover", "id": "handover",', "has the setting id twice"),
    ],
)
def test_text_that_is_no_form_says_where_and_why_once_and_keeps_what_was_typed(
    begun: Browser, old: str, new: str, said: str
) -> None:
    text = text_of(begun.page(FORM)).replace(old, new, 1)
    assert begun.send(FORM, {"text": text}, form=begun.page(FORM)).status_code == 303
    page = begun.page(FORM)
    assert text_of(page) == text
    problems = [" ".join(line.text.split()) for line in page.select(".hw-problems li")]
    assert sum(said in line for line in problems) == 1, problems
    assert not any("is not JSON" in line for line in problems)
    link = page.select_one(".hw-problems a[data-line]")
    assert "twice" in said or link is not None


def test_what_is_saved_with_problems_is_no_success(begun: Browser) -> None:
    """A green banner said "Saved. 1 problem in it."."""
    changed(begun, '"dataClass": "', '"dataClass": "X', FORM)
    page = begun.page(FORM)
    banner = page.select_one(".govuk-notification-banner")
    assert banner is not None
    assert "govuk-notification-banner--success" not in banner["class"]
    link = banner.select_one("a[href='#problems']")
    assert link is not None
    assert page.select_one("#problems") is not None
    changed(begun, '"dataClass": "X', '"dataClass": "', FORM)
    assert begun.page(FORM).select_one(".govuk-notification-banner--success") is not None


@pytest.mark.parametrize("text", ["", "<", "<a/>", "<!DOCTYPE a><a/>", "<a>" * 3000 + "</a>" * 3000])
def test_a_diagram_that_cannot_be_read_is_saved_with_its_problems(begun: Browser, text: str) -> None:
    path = f"{DRAFT}/files/locate.bpmn"
    assert begun.send(path, {"text": text}, form=begun.page(path)).status_code == 303
    assert "problem" in begun.page(path).text
    begun.page(DRAFT)


def test_a_form_is_shown_as_staff_will_see_it(begun: Browser) -> None:
    changed(begun)
    preview = begun.page(FORM).select_one(".hw-preview")
    assert preview is not None
    assert "First of all" in preview.text


def test_what_is_wrong_with_a_question_stands_at_it_in_the_preview(begun: Browser) -> None:
    text = begun.page(FORM).find("textarea", id="hw-text").text  # type: ignore[union-attr]
    for old, new, said in (
        ('"dataClass": "D2"', '"dataClass": "D99"', "data class"),
        ('"key": "read"', '"key": "read", "colour": "red"', "cannot be shown"),
    ):
        assert old in text
        begun.send(FORM, {"text": text.replace(old, new, 1)}, form=begun.page(FORM))
        preview = begun.page(FORM).select_one(".hw-preview")
        assert preview is not None
        assert said in preview.text
        assert "What are your directions?" in preview.text


def test_a_proposal_without_a_reason_is_refused_at_the_reason(begun: Browser) -> None:
    changed(begun)
    answer = begun.send(f"{DRAFT}/propose", {"reason": " "}, form=begun.page(DRAFT))
    assert answer.status_code == 422
    page = BeautifulSoup(answer.text, "html.parser")
    assert page.select_one(".govuk-error-summary a[href='#reason']") is not None
    assert page.select_one("#reason-error") is not None


def test_a_proposal_is_sent_back_and_its_history_says_why(begun: Browser, approver: Browser) -> None:
    changed(begun)
    decide(begun, "propose", "Better")
    assert decide(approver, "send-back", "")[0] == 422
    assert decide(approver, "send-back", "The hint is unclear")[0] == 303
    words = begun.page(DRAFT).text
    assert "Sent back" in words
    assert "The hint is unclear" in words
    assert "Propose the draft" in words


def test_a_page_that_was_opened_before_a_change_approves_nothing(begun: Browser, approver: Browser) -> None:
    changed(begun)
    decide(begun, "propose", "Better")
    page = approver.page(DRAFT)
    changed(begun, "First of all", "Above all")
    decide(begun, "propose", "Even better")
    answer = approver.send(f"{DRAFT}/approve", form=page)
    assert answer.status_code == 409
    assert "was changed after you opened the page" in answer.text


def test_a_form_is_added_named_and_taken_out(begun: Browser) -> None:
    answer = begun.send(f"{DRAFT}/files", {"kind": "form", "name": "Safety Check"}, form=begun.page(DRAFT))
    assert answer.status_code == 422
    assert "Safety Check" in answer.text
    answer = begun.send(f"{DRAFT}/files", {"kind": "form", "name": "safety_check"}, form=begun.page(DRAFT))
    assert answer.status_code == 303
    assert begun.send(f"{DRAFT}/files", {"kind": "dmn", "name": "safety"}, form=begun.page(DRAFT)).status_code == 303
    assert begun.page(DRAFT).select(".hw-problems li, #hw-looks li") == []
    page = begun.page(f"{DRAFT}/files/safety_check.form")
    assert begun.send(f"{DRAFT}/files/safety_check.form/remove", form=page).status_code == 303
    begun.page(f"{DRAFT}/files/safety_check.form", 404)


def test_what_could_stop_the_site_is_not_kept_and_what_was_typed_comes_back(site: Site, begun: Browser) -> None:
    before = begun.get(f"{DRAFT}.zip").data
    deep = "[" * 5000 + "]" * 5000
    answer = begun.send(FORM, {"text": deep}, form=begun.page(FORM))
    assert answer.status_code == 422
    assert "nested too deeply" in answer.text
    assert deep in answer.text
    assert begun.get(f"{DRAFT}.zip").data == before
    assert begun.get(DRAFT).status_code == 200


def drawn(browser: Browser, page: BeautifulSoup, text: str) -> tuple[int, str]:
    """Begin a draft from a diagram of another tool, from the page of the procedure."""
    token = page.select_one("main input[name=csrf_token]")
    assert token is not None
    sent = {"csrf_token": token["value"], "diagram": (io.BytesIO(text.encode()), "bicycles.bpmn")}
    answer = browser.post(f"{DRAFT}/diagram", data=sent, content_type="multipart/form-data")
    return answer.status_code, answer.text


def begun_from(browser: Browser, asked: str, others: str) -> set[str]:
    """Answer what becomes of the other files; give the names of the files of the draft."""
    page = BeautifulSoup(asked, "html.parser")
    assert browser.get(DRAFT).status_code == 404, "nothing is done before it is answered"
    assert browser.send(f"{DRAFT}/brought", {"others": others}, form=page).status_code == 303
    with zipfile.ZipFile(io.BytesIO(browser.get(f"{DRAFT}.zip").data)) as archive:
        return set(archive.namelist())


def test_a_diagram_of_another_tool_is_a_draft_with_questions_or_is_refused_at_its_elements(editor: Browser) -> None:
    home = editor.page(HOME)
    status, words = drawn(editor, home, FOREIGN.replace('<task id="T5"', '<complexGateway id="G9"/><task id="T5"'))
    assert status == 422
    assert "G9: &lt;complexGateway&gt; is not something that the engine carries out here" in words
    assert drawn(editor, home, "<!DOCTYPE a><a/>")[0] == 422
    assert "Choose the diagram" in drawn(editor, home, "")[1]
    status, asked = drawn(editor, home, FOREIGN)
    assert (status, "missing_child.bpmn" in asked, "review_interval.dmn" in asked) == (200, True, True)
    assert "missing_child.bpmn" in begun_from(editor, asked, "remove")
    page = editor.page(DRAFT)
    assert not page.select("#remarks")
    refused = editor.send(f"{DRAFT}/propose", {"reason": "Brought"}, form=page)
    assert refused.status_code == 422, "a question that nobody has settled keeps it from being proposed"
    assert "A person says which way is taken at “Whose is it?”" in refused.text
    assert drawn(editor, home, FOREIGN)[0] == 409


def test_a_diagram_that_is_brought_keeps_the_other_files_unless_somebody_chooses_otherwise(editor: Browser) -> None:
    """It took away every table and form of the procedure, and nobody had been asked."""
    asked = drawn(editor, editor.page(HOME), FOREIGN)[1]
    kept = begun_from(editor, asked, "keep")
    assert kept > catalogue.files("missing_child").keys()


def brought(browser: Browser, data: bytes) -> tuple[int, str]:
    """Begin a draft from an archive."""
    page = browser.page(HOME)
    token = page.select_one("main input[name=csrf_token]")
    assert token is not None
    sent = {"csrf_token": token["value"], "archive": (io.BytesIO(data), "procedure.zip")}
    answer = browser.post(f"{DRAFT}/archive", data=sent, content_type="multipart/form-data")
    return answer.status_code, answer.text


def test_a_release_is_exported_and_comes_back_as_a_draft(editor: Browser) -> None:
    data = editor.get(f"{HOME}/releases/1.zip").data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert {name: archive.read(name).decode() for name in archive.namelist()} == catalogue.files("missing_child")
    assert brought(editor, data)[0] == 303
    assert editor.get(f"{DRAFT}.zip").data == data
    assert "Draft begun from files that were brought" in editor.page(DRAFT).text
    assert editor.get(f"{HOME}/releases/7.zip").status_code == 404


def test_an_archive_of_another_procedure_is_a_draft_with_a_problem(editor: Browser) -> None:
    other = editor.get("/procedures/prevention/releases/1.zip").data
    begun_from(editor, brought(editor, other)[1], "remove")
    assert "this is a draft of missing_child" in editor.page(DRAFT).text


def test_what_is_no_archive_is_refused_on_the_page(editor: Browser) -> None:
    status, text = brought(editor, b"no archive")
    assert status == 422
    assert "no zip archive" in text
    assert brought(editor, b"")[0] == 422
    assert editor.get(DRAFT).status_code == 404


def test_what_managers_published_is_not_undone_by_the_next_start(site: Site, begun: Browser, approver: Browser) -> None:
    changed(begun)
    decide(begun, "propose", "Better")
    decide(approver, "approve")
    numbers = procedures.publish_all(site.services.cases, by="administrator", now=site.clock())
    assert numbers["missing_child"] == 2
    assert procedures.kept(site.services.cases) == ("missing_child",)
    assert len(site.services.cases.library.releases("missing_child")) == 2


def test_an_unknown_procedure_or_file_is_no_page(begun: Browser) -> None:
    for path in ("/procedures/nothing", "/procedures/nothing/draft", f"{DRAFT}/files/nothing.form", f"{DRAFT}/files/x"):
        begun.page(path, 404)
    answer = begun.send("/procedures/nothing/draft", form=begun.page(HOME) and begun.page(DRAFT))
    assert answer.status_code == 404


def test_what_a_table_leaves_open_is_worth_a_look_and_what_it_says_twice_is_a_problem(begun: Browser) -> None:
    path = f"{DRAFT}/files/review_interval.dmn"
    look = begun.page(path).select("#remarks ~ ul")[0].text
    assert "No rule applies where “Reviewer” is any other value" in look
    assert not begun.page(DRAFT).select("#remarks"), "the file has not changed"
    text = text_of(begun.page(path))
    first = text[text.index("<rule") : text.index("</rule>") + len("</rule>")]
    twice = first.replace('id="', 'id="again_')
    changed(begun, first, first + twice, path)
    page = begun.page(DRAFT)
    assert "can never apply: rule 1 before it takes all that it asks for" in page.select("#problems ~ ul")[0].text
    assert "No rule applies where “Reviewer” is any other value" in page.select("#remarks ~ ul")[0].text
