"""The page of a case says where the case is: with its diagrams, in a table and in words."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import sqlalchemy as sa

from engine.store import CaseTable, ReleaseTable, writing
from tests.drawn import form, procedure
from tests.web.site import Site


def test_the_page_names_its_diagram_and_what_is_marked_in_it(site: Site) -> None:
    case_id = site.opened()
    page = site.browser("call_taker").page(f"/cases/{case_id}")
    (holder,) = page.select("[data-diagram]")
    assert holder["data-diagram"] == f"/cases/{case_id}/diagram/missing_child"
    assert "complete_missing_report" in str(holder["data-current"]).split()
    (drawn,) = holder.select("[role=group]")
    assert "The table below says the same" in str(drawn["aria-label"])


def test_without_javascript_the_table_and_the_outline_say_the_same(site: Site) -> None:
    case_id = site.opened()
    page = site.browser("call_taker").page(f"/cases/{case_id}")
    (holder,) = page.select("[data-diagram]")
    assert holder.has_attr("hidden")
    table = page.select("table")[0].text
    assert "Complete missing report" in table
    assert "Call taker" in table
    (course,) = page.select(".hw-course ul[data-tree]")
    assert [line.select_one(".hw-line").text for line in course.find_all("li", recursive=False)] == [  # type: ignore[union-attr]
        "Where the case is", "Clocks that run, and when each tells people next", "What has happened",
    ]  # fmt: skip
    (report,) = course.select("li[data-element=complete_missing_report]")
    assert next(line.text for line in report.select(":scope > ul > li > .hw-line")) == "What comes next"
    assert not course.select("[role], [tabindex]"), "a tree without its keys"


def test_a_called_diagram_can_be_chosen_by_a_link(site: Site) -> None:
    case_id = site.opened()
    browser = site.browser("call_taker")
    links = browser.page(f"/cases/{case_id}").select(".moj-sub-navigation a")
    assert [link["aria-current"] for link in links if link.has_attr("aria-current")] == ["page"]
    (wanted,) = [str(link["href"]) for link in links if "part=return_interview" in str(link["href"])]
    (holder,) = browser.page(wanted).select("[data-diagram]")
    assert holder["data-diagram"] == f"/cases/{case_id}/diagram/return_interview"


def test_a_diagram_is_for_those_who_may_see_the_case(site: Site) -> None:
    case_id = site.opened()
    answer = site.browser("call_taker").get(f"/cases/{case_id}/diagram/missing_child")
    assert answer.mimetype == "application/xml"
    assert ET.fromstring(answer.data).tag.endswith("}definitions")  # noqa: S314 - our own file
    assert site.browser("call_taker").get(f"/cases/{case_id}/diagram/nothing").status_code == 404
    for path in (f"/cases/{case_id}/diagram/missing_child", "/cases/MC-22222222/diagram/missing_child"):
        assert site.browser("school_dsl").get(path).status_code == 404


def test_only_the_page_of_a_case_loads_the_viewer(site: Site) -> None:
    case_id = site.opened()
    browser = site.browser("call_taker")
    assert "viewer.js" in browser.get(f"/cases/{case_id}").text
    for path in ("/tasks", "/cases", f"/tasks/{case_id}.1"):
        assert "viewer.js" not in browser.get(path).text


def test_the_list_of_tasks_names_the_procedure_where_there_are_several(site: Site) -> None:
    case_id = site.opened()
    browser = site.browser("call_taker")
    with writing(site.services.engine) as connection:
        connection.execute(sa.delete(ReleaseTable).where(ReleaseTable.procedure != "missing_child"))
        connection.execute(sa.update(CaseTable).values(title="Not graded yet"))
    assert f"{case_id}, Not graded yet" in browser.page("/tasks").select(".govuk-task-list__hint")[0].text
    files = procedure("second", "begun: start form=opening\nask: user form=answer\ndone: end\nbegun > ask\nask > done",
                      form("opening", "name"), form("answer", "text"))  # fmt: skip
    site.services.cases.publish(files, by="ann", now=site.clock())
    named = f"{case_id}, Missing child, Not graded yet"
    assert named in browser.page("/tasks").select(".govuk-task-list__hint")[0].text
