"""A manager changes a procedure in the browser and somebody else approves it, on a demonstration of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import quill
from tests.browser.demo_process import DemoProcess
from tests.browser.guard import look_at, wait_until
from tests.browser.visits import Visitor, reload_until

pytestmark = pytest.mark.browser

HOME = "/procedures/missing_child"
DRAFT = f"{HOME}/draft"
STEPS = (
    ("steps", f"{DRAFT}/steps?open=offer_return_interview"),
    ("step", f"{DRAFT}/steps/offer_and_hold_interview"),
    ("release", f"{HOME}/releases/1"),
    ("questions", f"{DRAFT}/files/found.form/questions"),
    ("question", f"{DRAFT}/files/found.form/questions/one?kind=textfield"),
    ("try", f"{HOME}/try/draft"),
    ("scenarios", f"{HOME}/try/1/scenarios"),
)
DRAWN = f"{DRAFT}/files/return_interview.bpmn"
CHANGED = ("return_interview", "close_police_part")
NO_SCENARIO = "was_it_told_only_in_writing_to_pass_late_disclosure"
"""A flow on which no scenario of the procedure counts."""
FLOW = "may_it_be_written_up_to_write_up_return_interview"

PLACE = """id => {
    const modeler = document.querySelector('.hw-editing').editor.modeler
    const [shape, canvas] = [modeler.get('elementRegistry').get(id), modeler.get('canvas')]
    const [window, view] = [canvas.getContainer().getBoundingClientRect(), canvas.viewbox()]
    const [from, to] = shape.waypoints ? [shape.waypoints[0], shape.waypoints[shape.waypoints.length - 1]]
        : [shape, { x: shape.x + shape.width, y: shape.y + shape.height }]
    const [x, y] = [(from.x + to.x) / 2, (from.y + to.y) / 2]
    return [window.x + (x - view.x) * view.scale, window.y + (y - view.y) * view.scale]
}"""

DROP_A_TASK = """flow => {
    const modeler = document.querySelector('.hw-editing').editor.modeler
    const arrow = modeler.get('elementRegistry').get(flow)
    const [from, to] = [arrow.waypoints[0], arrow.waypoints[arrow.waypoints.length - 1]]
    const shape = modeler.get('elementFactory').createShape({ type: 'bpmn:UserTask' })
    const middle = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 }
    modeler.get('selection').select(modeler.get('modeling').createShape(shape, middle, arrow))
}"""
"""Drops a task on an arrow as the palette does, where a mouse would have to hit a few pixels."""

DELETE = """id => {
    const modeler = document.querySelector('.hw-editing').editor.modeler
    modeler.get('modeling').removeElements([modeler.get('elementRegistry').get(id)])
}"""

Visit = Callable[..., Visitor]


@pytest.fixture(scope="module")
def own_demo(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoProcess]:
    """A demonstration whose procedures may be changed without disturbing other tests."""
    process = DemoProcess(tmp_path_factory.mktemp("studio") / "demo")
    process.start()
    yield process
    status = process.stop()
    assert process.faults() == []
    assert status == 0


@pytest.fixture
def editor(visit: Visit, own_demo: DemoProcess) -> Iterator[Page]:
    """The page of somebody who changes procedures, on a fresh draft of the missing child."""
    page = visit("procedure_editor", url=own_demo.url).page
    page.goto(HOME)
    page.get_by_role("button", name="Begin a draft", exact=True).click()
    yield page
    page.goto(HOME)
    if page.get_by_role("button", name="Go to the draft").count():
        page.goto(DRAFT)
        if page.get_by_role("button", name="Take the proposal back").count():
            page.fill("#reason", "The test is over")
            page.get_by_role("button", name="Take the proposal back").click()
        page.get_by_text("Drop this draft").click()
        page.fill("#drop-reason", "The test is over")
        page.get_by_role("button", name="Drop the draft").click()


def drawn(page: Page, path: str) -> None:
    """Open a file and wait until it is drawn."""
    page.goto(path)
    page.locator(".hw-modeller[data-ready]").wait_for()


def opened(page: Page) -> str:
    """Open a case as a call taker does; give its reference."""
    page.goto("/cases/open")
    page.fill("#child_name", "Alex")
    page.fill("#last_place", "The park")
    page.fill("#why_worried", "Very young")
    page.fill("#call_back", "01632 960 118")
    page.select_option("#responsible_authority", "nottinghamshire_county")
    page.get_by_role("button", name="Open the case").click()
    page.wait_for_url("**/tasks/**")
    return page.url.rpartition("/")[2].partition(".")[0]


def at(page: Page, element: str) -> tuple[float, float]:
    """Give the place of an element in the window, as a hand finds it: the middle of a box or of a straight line."""
    page.locator(".hw-canvas").scroll_into_view_if_needed()
    x, y = page.evaluate(PLACE, element)
    return x, y


def saved(page: Page) -> None:
    """Save a file of the draft in which nothing is wrong."""
    page.get_by_role("button", name="Save and check").click()
    expect(page.get_by_text("Saved. No problem found in it.")).to_be_visible()


def interview_within_48_hours(page: Page) -> None:
    """Change the deadline at the rows to which the clock of the drawing leads, and its warning in the table of the steps."""
    drawn(page, DRAWN)
    page.mouse.click(*at(page, "interview_clock_rang"))
    about = page.locator(".hw-about")
    expect(about).to_contain_text("Due: 72 hours")
    about.get_by_role("link", name="Its rows in the table").click()
    page.locator(".hw-modeller[data-ready]").wait_for()
    page.locator("tr:has([data-row-id=t25_5]) td.output-cell").first.click()
    page.keyboard.press("Control+a")
    page.keyboard.type('clock + duration("PT48H")')
    saved(page)
    page.goto(f"{DRAFT}/steps/offer_and_hold_interview")
    expect(page.locator("[id='when.t25_5']")).to_have_value("48 hours")
    page.locator("[id='when.t25_4']").fill("42 hours")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("tr#offer_and_hold_interview")).to_contain_text("Warning: 42 hours")


def task_with_a_new_form(page: Page) -> None:
    """Take a task from the tools and put it on the arrow between two steps; it is asked by a new form."""
    page.goto(DRAFT)
    page.get_by_text("Add a form or a decision table").click()
    page.fill("#name", "plan_check")
    page.get_by_role("button", name="Add it").click()
    drawn(page, DRAWN)
    for _ in range(3):
        page.get_by_role("button", name="Larger").click()
    page.goto(f"{DRAWN}#{NO_SCENARIO}")
    expect(page.locator(f".djs-element.selected[data-element-id={NO_SCENARIO}]")).to_have_count(1)
    page.locator(".djs-palette .entry.bpmn-icon-user-task").click()
    page.mouse.move(*at(page, NO_SCENARIO), steps=5)
    page.mouse.click(*at(page, NO_SCENARIO))
    settings = page.locator(".hw-settings")
    settings.get_by_text("General", exact=True).click()
    settings.locator("#bio-properties-panel-name").fill("Check the plan")
    page.keyboard.press("Tab")
    settings.locator("#bio-properties-panel-hw-form").select_option("plan_check")
    page.keyboard.press("Tab")
    saved(page)


def rule_for_the_youngest(page: Page) -> None:
    """Add a row to the table of the risk factors."""
    drawn(page, f"{DRAFT}/files/risk_grade.dmn")
    page.get_by_title("Add rule").click()
    row = page.locator(".tjs-table tbody tr").last
    for kind, number, text in (("input", 1, "< 5"), ("output", 0, '"high"'), ("output", 1, '"Under 5 years old"')):
        row.locator(f"td.{kind}-cell").nth(number).click()
        page.keyboard.type(text)
    saved(page)


def step_in_another_lane(page: Page) -> None:
    """Draw a step from the lane of the sergeant into that of the inspector."""
    drawn(page, f"{DRAFT}/files/close_police_part.bpmn")
    (x, y), (_, lower) = at(page, "close_police_enquiry"), at(page, "duty_inspector")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, (y + lower) / 2, steps=3)
    page.mouse.move(x, lower, steps=3)
    page.mouse.up()
    saved(page)


def returned(officer: Visitor, case: str) -> str:
    """Record that the child of a case has been back for 49 hours; give its reference."""
    now = officer.now()
    officer.page.goto("/tasks")
    line = officer.page.get_by_role("listitem").filter(has_text=case)
    line.get_by_role("link", name="Record the child's return", exact=True).click()
    officer.answer(quill.found(now - timedelta(hours=49)))
    officer.page.locator("main form button:not([name=_later])").last.click()
    expect(officer.page.locator(".govuk-notification-banner--success")).to_be_visible()
    return case


def test_four_changes_made_in_the_editors_and_approved_by_others_are_lived_by_new_cases_and_by_no_old_one(
    visit: Visit, own_demo: DemoProcess, editor: Page
) -> None:
    taker, officer = visit("call_taker", url=own_demo.url).page, visit("response_officer", url=own_demo.url)
    old = returned(officer, opened(taker))
    for change in (interview_within_48_hours, task_with_a_new_form, rule_for_the_youngest, step_in_another_lane):
        change(editor)
    editor.goto(DRAFT)
    editor.fill("#reason", "Children are heard sooner, and the youngest are looked for first")
    editor.get_by_role("button", name="Propose the draft").click()
    expect(editor.get_by_text("Somebody else must approve it now")).to_be_visible()
    assert editor.get_by_role("button", name="Approve and publish").count() == 0

    approver = visit("procedure_approver", url=own_demo.url).page
    approver.goto(DRAFT)
    approver.get_by_role("link", name="against the running release").click()
    for row, words in (
        ("T-25", "48 hours after the clock begins"),
        ("T-25", "42 hours after the clock begins"),
        ("Task “Check the plan”", "plan_check"),
        ("Added", "Under 5 years old"),
        ("who does it", "Duty inspector"),
    ):
        expect(approver.get_by_role("row").filter(has_text=row).filter(has_text=words)).not_to_have_count(0)
    provider, authority = (visit(name, url=own_demo.url).page for name in ("rhi_manager", "csc_service_manager"))
    for agency in (provider, authority):
        agency.goto(DRAFT)
        agency.get_by_role("button", name="Agree for your agency").click()
        expect(agency.get_by_text("You have agreed")).to_be_visible()
    approver.get_by_role("button", name="Back to the draft").click()
    approver.get_by_role("button", name="Approve and publish").click()
    expect(approver.get_by_text("New cases start on this release")).to_be_visible()

    new = returned(officer, opened(taker))
    for case, heard, is_new in ((old, "reminder 2, to Return interview worker", False), (new, "due, to ", True)):
        provider.goto(f"/cases/{case}")
        reload_until(provider.get_by_text(f"Return interview clock (T-25): {heard}"))
        interview, closing = (taker.request.get(f"/cases/{case}/diagram/{name}").text() for name in CHANGED)
        assert ("check_the_plan" in interview) is is_new
        assert (closing.index('lane id="duty_inspector') < closing.index(">close_police_enquiry<")) is is_new


OFFERED = """id => {
    const modeler = document.querySelector('.hw-editing').editor.modeler
    const element = modeler.get('elementRegistry').get(id)
    const menu = Object.keys(modeler.get('popupMenu')._getEntries(element, modeler.get('popupMenu')._getProviders('bpmn-replace')))
    return [Object.keys(modeler.get('contextPad').getEntries(element)), menu]
}"""


APPENDED = """id => {
    const modeler = document.querySelector('.hw-editing').editor.modeler
    const element = modeler.get('elementRegistry').get(id)
    modeler.get('contextPad').getEntries(element)['append.append-task'].action.click({}, element)
    return modeler.get('elementRegistry').filter(each => /^Activity_/.test(each.id) && !each.labelTarget).map(each => each.type)
}"""


BEGUN_BY_EVENT = """() => {
    const modeler = document.querySelector('.hw-editing').editor.modeler
    const [registry, factory, modeling] = ['elementRegistry', 'elementFactory', 'modeling'].map(name => modeler.get(name))
    const lane = registry.get('return_interview_pool')
    const held = { type: 'bpmn:SubProcess', triggeredByEvent: true, isExpanded: true }
    const handler = modeling.createShape(factory.createShape(held), { x: lane.x + 500, y: lane.y + 100 }, lane)
    const begins = { type: 'bpmn:StartEvent', eventDefinitionType: 'bpmn:MessageEventDefinition' }
    const start = modeling.createShape(factory.createShape(begins), { x: handler.x + 60, y: handler.y + 60 }, handler)
    const border = { type: 'bpmn:BoundaryEvent', eventDefinitionType: 'bpmn:TimerEventDefinition' }
    const on = host => modeling.createShape(factory.createShape(border), { x: host.x, y: host.y }, host, { attach: true }).id
    return [start.id, on(registry.get('offer_return_interview')), on(registry.get('offer_and_hold_interview'))]
}"""
"""Draws an event sub-process with its start, and an event on a task and one on a sub-process."""


def test_only_what_the_engine_runs_is_offered(editor: Page) -> None:
    """The tools drew a task of no kind, which cannot be published."""
    drawn(editor, DRAWN)
    beside, menu = editor.evaluate(OFFERED, "offer_return_interview")
    assert "append.append-task" in beside
    assert set(menu) == {
        f"replace-with-{name}"
        for name in (
            *("service-task", "rule-task", "script-task", "send-task", "receive-task", "manual-task", "call-activity"),
            "expanded-subprocess",
        )
    }
    expect(editor.locator(".djs-palette .entry.bpmn-icon-user-task")).to_be_visible()
    expect(editor.locator(".djs-palette .entry.bpmn-icon-task")).to_have_count(0)
    expect(editor.locator("#hw-looks .hw-hint")).to_have_count(0)
    added = editor.evaluate(APPENDED, "offer_return_interview")
    assert added == ["bpmn:UserTask"]
    hint = editor.locator("#hw-looks .hw-hint").filter(has_text="Hint of the drawing tool: It has no name")
    expect(hint).to_have_count(1)
    expect(editor.locator("[data-container-id^=Activity_] .hw-hint-badge")).to_have_text("Hint")
    names = editor.locator(".hw-settings [data-group-id=group-Zeebe__ExtensionProperties]")
    names.get_by_title("Create").click()
    offered = names.locator("select[id$=-name] option").all_inner_texts()
    assert "Each visit writes a record of its own" in offered
    assert names.locator("input[id$=-name]").count() == 0, "the name of a property is typed"
    events = editor.evaluate(BEGUN_BY_EVENT)
    begins, on_task, on_group = (set(editor.evaluate(OFFERED, each)[1]) for each in events)
    assert begins >= {"replace-with-error-start", "replace-with-non-interrupting-timer-start"}
    assert "replace-with-none-start" not in begins
    caught = {"replace-with-error-boundary", "replace-with-escalation-boundary"}
    assert caught & on_task == set()
    assert caught <= on_group
    message_is_named(editor, events[0])


MESSAGES = """() => {
    const modeler = document.querySelector('.hw-editing').editor.modeler
    const all = modeler.getDefinitions().rootElements.filter(each => each.$type === 'bpmn:Message')
    return all.map(each => each.id).filter(id => id.startsWith('told'))
}"""


def message_is_named(page: Page, event: str) -> None:
    """Name a message slowly: its id once was that of the first letters, and another one with the same had the same."""
    modeler = "document.querySelector('.hw-editing').editor.modeler"
    page.evaluate(f"id => {modeler}.get('selection').select({modeler}.get('elementRegistry').get(id))", event)
    for name in ("told", "told_late"):
        page.locator("#bio-properties-panel-hw-new-message").fill(name)
        wait_until(page, f"({MESSAGES})().join() === '{name}_message'")


def test_a_step_that_was_drawn_and_taken_out_again_has_changed_nothing(editor: Page) -> None:
    drawn(editor, DRAWN)
    editor.evaluate("""() => {
        const modeler = document.querySelector('.hw-editing').editor.modeler
        const root = modeler.get('canvas').getRootElement()
        const lane = modeler.get('elementRegistry').get('return_interview_pool')
        const shape = modeler.get('elementFactory').createShape({ type: 'bpmn:UserTask' })
        const made = modeler.get('modeling').createShape(shape, { x: lane.x + 400, y: lane.y + 60 }, lane)
        modeler.get('modeling').removeElements([made])
    }""")
    editor.get_by_role("button", name="Save and check").click()
    expect(editor.get_by_text("Saved. No problem found in it.")).to_be_visible()
    editor.goto(DRAFT)
    rows = editor.locator(".govuk-tag", has_text="Changed").count()
    editor.goto(f"{DRAFT}/changes")
    assert bool(rows) == bool(editor.locator(".hw-changes tbody tr").count())


def test_a_wide_table_scrolls_by_keyboard_in_its_own_region(editor: Page) -> None:
    drawn(editor, f"{DRAFT}/files/deadlines.dmn")
    region = editor.get_by_role("region", name="Decision table, scrolls sideways")
    region.focus()
    for _ in range(8):
        editor.keyboard.press("ArrowRight")
    wait_until(editor, "document.querySelector('.tjs-table-container').scrollLeft > 0")
    words = editor.get_by_role("region", name="What this table says")
    words.focus()
    for _ in range(8):
        editor.keyboard.press("ArrowDown")
    wait_until(editor, "document.querySelector('.hw-scroll').scrollTop > 0")
    expect(words.get_by_role("columnheader", name="Deadline")).to_be_in_viewport()


def test_the_offer_of_the_interview_cannot_be_deleted_and_the_drawing_says_where(editor: Page) -> None:
    drawn(editor, DRAWN)
    editor.evaluate(DELETE, "offer_return_interview")
    editor.get_by_role("button", name="Save and check").click()
    problem = editor.locator(".hw-problems li").filter(has_text="offer of a return interview is protected")
    expect(problem.first).to_contain_text("offer_and_hold_interview")
    editor.locator(".hw-modeller[data-ready]").wait_for()
    marked = editor.locator("[data-container-id=offer_and_hold_interview] .hw-problem")
    expect(marked).to_contain_text("problem", ignore_case=True)
    problem.first.get_by_role("link").click()
    expect(editor.locator(".djs-element.selected[data-element-id=offer_and_hold_interview]")).to_have_count(1)
    editor.goto(DRAFT)
    assert editor.get_by_role("button", name="Propose the draft").count() == 0


def test_by_keyboard_alone_a_step_is_found_taken_out_and_put_back(editor: Page) -> None:
    """Enter in the search of the drawing sent the page once, since its field stands in the page's form."""
    drawn(editor, DRAWN)
    editor.locator(".hw-canvas svg[tabindex]").focus()
    for act in ("take out and back", "take out"):
        editor.keyboard.press("Control+f")
        editor.keyboard.type("Offer the interview")
        editor.keyboard.press("Enter")
        expect(editor.locator(".djs-element.selected[data-element-id=offer_return_interview]")).to_have_count(1)
        expect(editor.locator(".hw-canvas svg[tabindex]")).to_be_focused()  # while the search is open it has the keys
        editor.keyboard.press("Delete")
        expect(editor.locator("[data-element-id=offer_return_interview]")).to_have_count(0)
        if "back" in act:
            editor.keyboard.press("Control+z")
            expect(editor.locator("[data-element-id=offer_return_interview]").first).to_be_visible()
    for _ in range(40):
        if editor.evaluate("document.activeElement.textContent.trim() === 'Save and check'"):
            break
        editor.keyboard.press("Tab")
    editor.keyboard.press("Enter")
    expect(editor.locator(".hw-problems")).to_contain_text("The offer of a return interview is protected")


def test_a_procedure_leaves_as_an_archive_and_comes_back_as_a_draft(editor: Page, tmp_path: Path) -> None:
    with editor.expect_download() as download:
        editor.goto(DRAFT)
        editor.get_by_role("link", name="Export the draft").click()
    archive = tmp_path / "draft.zip"
    download.value.save_as(archive)
    editor.get_by_text("Drop this draft").click()
    editor.fill("#drop-reason", "It comes back from the archive")
    editor.get_by_role("button", name="Drop the draft").click()
    editor.get_by_text("Begin a draft from an archive").click()
    editor.set_input_files("#archive", archive)
    editor.get_by_role("button", name="Begin a draft from it").click()
    expect(editor.get_by_text("What you brought is a draft now")).to_be_visible()
    expect(editor.get_by_text("Nothing differs from the running release")).to_be_visible()


def test_a_form_shows_its_problem_at_the_question_without_javascript(
    visit: Visit, own_demo: DemoProcess, editor: Page
) -> None:
    page = visit("procedure_editor", url=own_demo.url, javascript=False).page
    page.goto(f"{DRAFT}/files/handover.form")
    text = page.locator("#hw-text").input_value()
    page.fill("#hw-text", text.replace('"label": "What are your directions?"', '"label": "What is to be done first?"'))
    page.get_by_role("button", name="Save and check").click()
    expect(page.locator(".hw-preview")).to_contain_text("What is to be done first?")
    page.fill("#hw-text", text.replace('"key": "first_directions"', '"key": "first_directions", "colour": "red"'))
    page.get_by_role("button", name="Save and check").click()
    expect(page.locator(".hw-problems li")).to_contain_text("line")
    expect(page.locator(".hw-preview")).to_contain_text("“What are your directions?” cannot be shown.")
    expect(page.locator(".hw-preview")).to_contain_text("Have you read the report?")


def test_of_two_managers_who_save_the_same_diagram_the_second_loses_nothing(
    visit: Visit, own_demo: DemoProcess, editor: Page
) -> None:
    other = visit("procedure_editor", url=own_demo.url, fresh=True).page
    for page in (editor, other):
        drawn(page, DRAWN)
        page.evaluate(DROP_A_TASK, FLOW)
    other.get_by_role("button", name="Save and check").click()
    expect(other.locator(".govuk-notification-banner__heading")).to_contain_text("Saved")
    editor.get_by_role("button", name="Save and check").click()
    expect(editor.get_by_text("Not saved: somebody else was faster")).to_be_visible()
    editor.locator(".hw-modeller[data-ready]").wait_for()
    assert 'bpmn:userTask id="Activity_' in editor.locator("#hw-text").input_value()
    editor.get_by_role("button", name="Save mine in its place").click()
    expect(editor.locator(".govuk-notification-banner__heading")).to_contain_text("Saved")


def test_a_drawing_that_nobody_touched_is_saved_as_it_was(editor: Page) -> None:
    for file in ("return_interview.bpmn", "deadlines.dmn"):
        drawn(editor, f"{DRAFT}/files/{file}")
        editor.get_by_role("button", name="Save and check").click()
        expect(editor.get_by_text("Saved. No problem found in it.")).to_be_visible()
    editor.goto(f"{DRAFT}/changes")
    expect(editor.get_by_text("Nothing differs")).to_be_visible()


def test_a_cell_of_a_table_is_changed_and_a_protected_time_marks_its_clock(editor: Page) -> None:
    drawn(editor, f"{DRAFT}/files/deadlines.dmn")
    editor.locator("tr:has([data-row-id=t25_5]) td.output-cell").first.click()
    editor.keyboard.press("Control+a")
    editor.keyboard.type('clock + duration("PT96H")')
    editor.get_by_role("button", name="Save and check").click()
    expect(editor.locator(".govuk-notification-banner__heading")).to_contain_text("Saved")
    drawn(editor, DRAWN)
    expect(editor.locator("[data-container-id=interview_clock_rang] .hw-problem")).to_be_visible()
    editor.goto(f"{DRAFT}/changes")
    expect(editor.get_by_role("row").filter(has_text="T-25").last).to_contain_text("96 hours after the clock begins")


def test_a_diagram_is_changed_as_text_without_javascript_and_with_it(
    visit: Visit, own_demo: DemoProcess, editor: Page
) -> None:
    plain = visit("procedure_editor", url=own_demo.url, javascript=False).page
    plain.goto(DRAWN)
    text = plain.locator("#hw-text").input_value()
    plain.fill("#hw-text", text.replace("</bpmn:process>", "", 1))
    plain.get_by_role("button", name="Save and check").click()
    expect(plain.locator(".hw-problems")).to_contain_text("not well-formed")
    drawn(editor, DRAWN)
    expect(editor.get_by_text("It cannot be drawn")).to_be_visible()
    editor.fill("#hw-text", text)
    editor.get_by_role("button", name="Show it as a drawing").click()
    expect(editor.locator("[data-element-id=offer_return_interview]").first).to_be_visible()
    editor.get_by_role("button", name="Show it as text").click()
    expect(editor.locator("#hw-text")).to_have_value(text)
    editor.get_by_role("button", name="Save and check").click()
    expect(editor.get_by_text("No problem found in it.")).to_be_visible()


def played(page: Page) -> list[str]:
    """Play a drawing by keyboard, which sends nothing and changes nothing; give what is wrong meanwhile."""
    address, text = page.url, page.locator("#hw-text").input_value()
    page.get_by_role("button", name="Play through the drawing").click()
    expect(page.get_by_role("button", name="Go on from here: Child returned").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("Recall earlier interviews")
    wrong = look_at(page, "studio-played")
    page.get_by_title("Begin again").click()
    page.get_by_role("button", name="Stop playing").click()
    assert (page.url, page.locator("#hw-text").input_value()) == (address, text)
    return wrong


def test_the_pages_of_the_procedures_please_axe_and_fit_a_narrow_window(
    visit: Visit, own_demo: DemoProcess, editor: Page, build: Path
) -> None:
    wrong = []
    editor.goto(f"{DRAFT}/files/found.form")
    text = editor.locator("#hw-text").input_value()
    editor.fill("#hw-text", text.replace('"dataClass": "D2"', '"dataClass": "D99"', 1))
    with editor.expect_navigation():
        editor.get_by_role("button", name="Save and check").click()
    wrong += look_at(editor, "studio-form")
    for name, path in (
        ("list", "/procedures"),
        ("procedure", HOME),
        ("draft", DRAFT),
        ("changes", f"{DRAFT}/changes"),
        *STEPS,
    ):
        editor.goto(path)
        wrong += look_at(editor, f"studio-{name}")
    for name, file in (("diagram", "return_interview.bpmn"), ("table", "new_grade.dmn")):
        drawn(editor, f"{DRAFT}/files/{file}")
        wrong += look_at(editor, f"studio-{name}")
        wrong += played(editor) if name == "diagram" else []
    editor.goto(f"{DRAFT}/files/found.form")
    editor.fill("#hw-text", text.replace('"required": true', '"required": false', 1))
    with editor.expect_navigation():
        editor.get_by_role("button", name="Save and check").click()
    editor.goto(DRAFT)
    editor.fill("#reason", "Better")
    with editor.expect_navigation():
        editor.get_by_role("button", name="Propose the draft").click()
    approver = visit("procedure_approver", url=own_demo.url).page
    approver.goto(DRAFT)
    wrong += look_at(approver, "studio-approve")
    drawn(approver, DRAWN)
    wrong += look_at(approver, "studio-read")
    assert wrong == []
