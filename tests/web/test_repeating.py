"""A list on a page: items come and go with buttons that send nothing and lose nothing, each item with its name and its problems."""

from __future__ import annotations

import json

from bs4 import BeautifulSoup, Tag

from engine.errors import AnswersInvalid
from engine.forms import Form, Raw
from engine.model import Actor
from tests.engine.test_forms import NOW, form_of
from tests.engine.test_forms_lists import DANGER, NAME, TYPED, WITH, persons
from tests.procedures.casework import posted
from tests.procedures.pages import PAGES
from tests.web.site import Site
from tests.web.test_corrections import typed
from tests.web.test_tasks import task_path
from web.answering import new_key, typed_lines
from web.fact_words import say_answer
from web.govuk import error_summary, render_form
from web.previews import preview
from web.repeating import FOCUS, asked, turned
from workflows.draft_looks import shown_form

WORKER = Actor("call_taker", frozenset({"call_taker"}), "example_police")


def page(raw: Raw, form: Form = WITH) -> BeautifulSoup:
    return BeautifulSoup(str(render_form(form, raw, scope={}, now=NOW)), "html.parser")


def items(drawn: BeautifulSoup) -> list[Tag]:
    return drawn.select("fieldset.hw-list > fieldset")


def step(raw: Raw, name: str, about: str, form: Form = WITH) -> Raw:
    found = turned(form, raw, *asked({name: about}))
    assert found is not None
    return found


def test_each_item_is_a_fieldset_with_its_name_and_the_buttons_say_what_they_do() -> None:
    drawn = page(TYPED)
    assert [each.legend.get_text() for each in items(drawn) if each.legend] == ["Person 1", "Person 2", "Person 3"]
    buttons = [each.get_text() for each in drawn.select("button")]
    assert buttons == ["Send", *(f"Remove person {place}" for place in (1, 2, 3))], "three are the most"
    assert [each["value"] for each in drawn.select("input[name=persons]")] == ["1", "4", "2"]
    ids = [each["id"] for each in drawn.select("[id]")]
    assert len(ids) == len(set(ids))
    labels = {each["for"] for each in drawn.select("label[for]")}
    assert {each["id"] for each in drawn.select("input:not([type=hidden]), textarea, select")} <= labels


def test_another_item_is_empty_and_last_and_the_page_leads_to_it() -> None:
    typed = step({**TYPED, "persons": ["1"]}, "_add", "persons")
    drawn = page(typed)
    assert [each["value"] for each in drawn.select("input[name=persons]")] == ["1", "2"]
    assert drawn.select_one("[autofocus]") == items(drawn)[1]
    assert drawn.select_one("#place")["value"] == "The park"  # type: ignore[index]
    full = {**TYPED, "persons": ["1", "2", "3"]}
    assert step(full, "_add", "persons")["persons"] == ["1", "2", "3"]


def test_what_is_taken_away_is_gone_with_what_was_typed_and_the_next_stays_as_it_is() -> None:
    typed = step(TYPED, "_remove", "persons-1")
    assert (typed["persons"], typed[FOCUS]) == (["4", "2"], "persons-4")
    assert not [name for name in typed if name.startswith("persons-1")]
    drawn = page(typed)
    assert [each["value"] for each in drawn.select("[id$=-name]")] == ["  ", "Jo Example"]
    last = step(step(typed, "_remove", "persons-4"), "_remove", "persons-2")
    assert [each.get("value") for each in page(last).select("[id$=-name]")] == [""]


def test_a_button_for_no_list_and_no_item_changes_nothing() -> None:
    for name, about in (("_add", "place"), ("_add", "nobody"), ("_remove", "persons-9"), ("_remove", "persons")):
        assert step(TYPED, name, about) == TYPED
    assert turned(WITH, TYPED, *asked({})) is None


def test_a_problem_of_an_item_leads_to_its_input() -> None:
    try:
        WITH.load({**TYPED, "persons-2-name": "", "persons-1-seen_on-month": "13"}, scope={}, now=NOW)
        problems = []
    except AnswersInvalid as refusal:
        problems = list(refusal.problems)
    summary = BeautifulSoup(str(error_summary(problems, WITH)), "html.parser")
    links = [each["href"] for each in summary.select("a")]
    drawn = BeautifulSoup(str(render_form(WITH, TYPED, problems, scope={}, now=NOW)), "html.parser")
    assert len(links) == 2
    assert all(drawn.select_one(str(each)) for each in links)
    assert "Person 3: enter a name" in str(drawn.select_one("#persons-2-name-error"))


def test_a_list_is_said_as_a_numbered_list_and_never_as_the_program_keeps_it() -> None:
    (_, field) = WITH.fields
    kept = WITH.load(TYPED, scope={}, now=NOW)["persons"]
    assert say_answer(kept, field) == (
        "1. What is their name? Sam Example; How dangerous are they? High; Why? Has a knife; Last seen: 1 March 2026\n"
        "2. What is their name? Jo Example"
    )
    assert say_answer([{"name": "Jo", "old": True}], field) == "What is their name? Jo; Old: Yes"
    assert say_answer("Sam, from before", field) == "What is their name? Sam, from before"
    lines = dict(typed_lines(TYPED, WITH))
    assert lines["Who was the child with? Person 3"].startswith("What is their name? Jo Example")


def test_a_manager_sees_a_list_as_staff_will_and_a_note_where_a_question_of_it_is_wrong() -> None:
    def drawn(*components: dict[str, object]) -> str:
        text = json.dumps(
            {
                "id": "found",
                "type": "default",
                "components": [DANGER | {"properties": {"dataClass": "D2"}}, *components],
            }
        )
        shown = preview("found.form", shown_form("found.form", text), ())
        return str(shown[1]) if shown else ""

    assert "Add another person" in drawn(persons())
    assert "cannot be shown" in drawn(persons(NAME | {"label": ""}))
    assert form_of(persons()).fields


def test_a_list_is_typed_item_by_item_kept_corrected_and_read(site: Site) -> None:
    """Each button keeps what was typed and saves nothing; a correction of one item leaves the others as they are."""
    case_id, browser = site.opened(), site.browser("call_taker")
    path = task_path(browser, "missing report")
    form = browser.page(path)
    first = {"associates": ["1"], "associates-1-name": "Jay", "associates-1-danger": "high"}
    answer = browser.send(path, {**first, "clothing": "A green coat", "_add": "associates"}, form=form)
    drawn = BeautifulSoup(answer.text, "html.parser")
    assert answer.status_code == 200
    assert [each["value"] for each in drawn.select("[name$=-name][name^=associates]")] == ["Jay", ""]
    assert "A green coat" in drawn.select("#clothing")[0].text
    assert not drawn.select(".govuk-error-summary")
    assert "A green coat" in browser.page(path).select("#clothing")[0].text, "it is kept for its author"
    both: dict[str, list[str] | str] = {
        "associates": ["1", "2"],
        "associates-1-name": "Jay",
        "associates-1-danger": "high",
        "associates-2-name": "Kim",
    }
    view = site.services.cases.task(path.rpartition("/")[2], by=WORKER, now=site.clock())
    raw: dict[str, list[str] | str] = {**posted(view.form, PAGES["complete_missing_report"], site.clock()), **both}
    answers = view.form.load(raw, scope=view.scope, now=site.clock())
    site.services.cases.complete(view.row.id, answers, by=WORKER, now=site.clock(), key=new_key())
    address = f"/cases/{case_id}/correct/missing_report"
    sergeant = site.browser("control_room_supervisor")
    sheet = sergeant.page(address)
    wanted = typed(sheet) | {
        "associates": ["1", "2"],
        "associates-2-name": "Kim Example",
        "correction_reason": "Misheard",
    }
    assert sergeant.post(address, data=wanted).status_code == 302
    said = sergeant.page(f"/cases/{case_id}").text
    assert (
        "1. What are they called? Jay; How dangerous are they to the child? High 2. What are they called? Kim Example"
        in " ".join(said.split())
    )
    assert "{'" not in said
