"""The recommendations of inspections as pages: the list, one of them, and the report to the scrutiny panel."""

from __future__ import annotations

import csv
import io
import re
import sys
import zlib
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from PIL import ImageFile
from werkzeug.test import TestResponse

from engine.model import Actor
from engine.store import ReadTable, reading, writing
from tests.web.overseen import NOW, OUTCOMES, RISK, day, do, link_of, overseen, pack, row, tell_panel, typed, words
from tests.web.scenes import Scenes
from tests.web.site import Site, seal_from
from web import live_measures, pack_words, recommendation_sheets
from web.periods import Span
from workflows import recommendations
from workflows.episodes import EpisodeRow
from workflows.recommendations import MilestoneRow, RecommendationRow

AGREE = "Agree with both councils which outcomes are compared"
AUDIT = "Audit how third episodes are graded"
COORDINATOR = "inspection_coordinator"
RECEIVED = {
    "source_body": "iopc",
    "ref_no": "IOPC-9",
    "report_title": "A report",
    "published_on": day(-30),
    "kind": "recommendation",
    "text": "=Write down why.",
    "text_status": "verbatim",
    "addressee": "Chief constables",
    "owner": "superintendent",
    "owner_name": "Iris Example, superintendent",
}


@pytest.fixture(name="overseen")
def overseen_site(site: Site, scenes: Scenes) -> Site:
    """Two recommendations: one whose milestone was late and is explained, one whose milestone is overdue."""
    scenes.begin(site, overseen)
    return site


def sections(site: Site) -> dict[str, str]:
    """Give what the report says of each recommendation."""
    page = site.browser(COORDINATOR).page("/recommendations/report")
    return {str(each.select("h2")[0].contents[0]).strip(): words(each) for each in page.select("main section")}


def in_a_pack(site: Site) -> None:
    """Let the panel have a pack today, with every recommendation that is open."""
    tell_panel(site.services.cases, site.clock().date(), site.clock())


def test_the_list_says_who_owns_it_how_it_stands_and_what_is_late_the_gravest_first(overseen: Site) -> None:
    page = overseen.browser("chief_inspector_missing").page("/recommendations")
    assert [words(each) for each in page.select("main tbody th")] == [RISK, OUTCOMES]
    assert row(page, RISK) == {
        "Stands": "Red A milestone is overdue",
        "Position and status": "Accepted in part In progress",
        "Owner": "Iris Example, superintendent",
        "Deadline": "None set",
        "Next milestone": f"{AUDIT}, by 19 March 2026 1 overdue 1 escalated, not explained yet",
    }
    late = row(page, OUTCOMES)
    assert (late["Stands"], late["Next milestone"]) == (
        "Amber The deadline is within 90 days",
        f"{AGREE}, by 25 April 2026 1 escalated and explained",
    )
    assert "Milestones overdue: 1." in words(page)
    home = "2 open, {} overdue".format
    assert home("1 milestone") in words(overseen.browser("partnership_board").page("/")), "the home page counts alike"
    with writing(overseen.services.engine) as connection:
        of_the_late = sa.select(MilestoneRow.case_id).where(MilestoneRow.what == AUDIT)
        closed = sa.update(RecommendationRow).where(RecommendationRow.case_id.in_(of_the_late))
        connection.execute(closed.values(closed_at=overseen.clock()))
    assert "1 open, No milestones overdue" in words(overseen.browser("partnership_board").page("/"))


def test_one_recommendation_shows_milestones_proof_escalation_and_history(overseen: Site) -> None:
    browser = overseen.browser("superintendent")
    path = link_of(browser.page("/recommendations"), OUTCOMES)
    page = browser.page(path)
    said = " ".join(page.get_text(" ").split())
    assert "26 February 2026 Done on 21 February 2026 Ethnic group: Not recorded (figure)" in said
    assert "25 April 2026, first 8 March 2026 To be done Escalated Nothing yet" in said
    assert f"{AGREE}: to the chief inspector on 8 March 2026. Why it is late: Both councils had to agree" in said
    told = [words(each) for each in page.select(".moj-timeline__title")]
    assert told[0].startswith("Update: Ethnicity is asked for")
    assert told[1:] == ["In progress", "Accepted", "Assessed", "Received"]
    with reading(overseen.services.engine) as connection:
        looked = sa.select(ReadTable.case_id).where(ReadTable.person == "superintendent")
        seen = connection.execute(looked).scalars().all()
    assert seen.count(path.rpartition("/")[2]) == 2, "the look at the list and the one at the page are written down"


def test_what_is_no_recommendation_has_no_page(overseen: Site) -> None:
    browser = overseen.browser("superintendent")
    assert "There is no such recommendation" in browser.page("/recommendations/MC-22222222", 404).text


def test_the_board_sees_how_many_and_nothing_else(overseen: Site) -> None:
    browser = overseen.browser("partnership_board")
    page = browser.page("/recommendations")
    assert "Red: 1, Amber: 1, Green: 0, Closed: 0. Milestones overdue: 1." in words(page)
    assert page.select("main table, main a") == []
    assert browser.get("/recommendations/report").status_code == 403


def test_the_report_says_what_is_overdue_what_was_escalated_and_what_proves_it(overseen: Site) -> None:
    said = sections(overseen)
    assert f"Milestones overdue {AUDIT} (Audit lead, 19 March 2026)" in said[RISK]
    assert f"{AUDIT}: to the chief inspector on 20 March 2026. Why it is late has not been said yet." in said[RISK]
    assert "Evidence Record the ethnicity of every child: Ethnic group" in said[OUTCOMES]
    assert "Last reported to the panel: Never" in said[OUTCOMES]


def test_after_a_report_the_next_one_tells_what_is_new(overseen: Site) -> None:
    in_a_pack(overseen)
    said = sections(overseen)
    assert all("Last reported to the panel: 23 March 2026" in each for each in said.values())
    assert all("Since the last report Nothing new." in each for each in said.values())
    overseen.clock.forward(days=1)
    overseen.wall_clock.forward(days=1)
    late = {"why_late": "Nobody had the time.", "decision": "new_date", "new_due_on": day(30)}
    do(overseen, "chief_inspector_missing", "Say why it is late", late)
    said = sections(overseen)
    assert "Why it is late: Nobody had the time." in said[RISK]
    assert "Milestones overdue None." in said[RISK]


def test_a_pack_tells_how_recommendations_stand_what_was_escalated_and_what_is_new_to_its_readers(
    overseen: Site,
) -> None:
    """Its audits are so few that a mean would be the score of one or two cases."""
    in_a_pack(overseen)
    quarter, now = Span(date(2026, 1, 1), date(2026, 3, 31)), NOW + timedelta(days=30)
    told = {}
    with overseen.app.app_context():
        for kind in pack_words.SINCE:
            told[kind] = BeautifulSoup(pack_words.fragment(pack(overseen, kind, quarter, now)), "html.parser")
    page = told["panel"]
    rows = {words(each.select("th")[0]): words(each) for each in page.select("#pack-recommendations tbody tr")}
    assert list(rows) == [RISK, OUTCOMES]
    assert "Red: " in rows[RISK]
    assert "Example" not in page.text, "roles own recommendations in a pack, and no names stand there"
    listed = {kind: [words(each) for each in found.select("h3 ~ ul li")] for kind, found in told.items()}
    assert any(each.startswith(f"{OUTCOMES}: {AGREE}: to the chief inspector") for each in listed["panel"])
    since = {kind: [each for each in found if "Update: " in each] for kind, found in listed.items()}
    assert since["panel"] == []
    assert since["partnership"]
    assert [cell.text for cell in page.select("#pack-audits tbody tr")[0].select("td")][:2] == ["2 of 2", "Not shown"]


def test_a_recommendation_is_taken_in_by_its_form_and_leaves_the_report_when_the_panel_knows_that_it_is_closed(
    overseen: Site,
) -> None:
    browser = overseen.browser(COORDINATOR)
    where = str(browser.page("/recommendations").select("main a.govuk-button")[0]["href"])
    assert browser.send(where, typed(RECEIVED)).status_code == 302
    assert "No position yet Received" in row(browser.page("/recommendations"), "IOPC-9")["Position and status"]
    do(overseen, "superintendent", "Take a position", {"position": "reject", "reason": "It is done already."})
    assert "Position: Rejected: It is done already." in sections(overseen)["IOPC-9"]
    closing = {"how": "closed_locally", "reason": "It is done already.", "open_milestones": "None"}
    do(overseen, COORDINATOR, "Close it here", closing)
    assert "Stands: Closed. It is closed" in sections(overseen)["IOPC-9"]
    in_a_pack(overseen)
    assert set(sections(overseen)) == {OUTCOMES, RISK}


def test_the_file_says_what_the_report_says_and_holds_no_formula(overseen: Site) -> None:
    browser = overseen.browser(COORDINATOR)
    browser.send("/cases/open/recommendation", typed(RECEIVED))
    answer = browser.get("/recommendations/report.csv")
    assert answer.mimetype == "text/csv"
    assert 'filename="recommendations-2026-03-23.csv"' in answer.headers["Content-Disposition"]
    rows = {each["Reference"]: each for each in csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")))}
    assert set(rows) == {OUTCOMES, RISK, "IOPC-9"}
    assert rows[RISK]["Escalated and why"].startswith(f"{AUDIT}: to the chief inspector on 20 March 2026.")
    assert not rows["IOPC-9"]["What it asks for"].startswith("=")


def test_the_report_is_a_tagged_pdf_that_fetches_nothing_or_says_what_is_missing(
    overseen: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = overseen.browser(COORDINATOR)
    answer = browser.get("/recommendations/report.pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert 'filename="recommendations-2026-03-23.pdf"' in answer.headers["Content-Disposition"]
    assert answer.data.startswith(b"%PDF-")
    streams = re.findall(rb"stream\r?\n(.*?)\nendstream", answer.data, re.DOTALL)
    whole = b"".join(zlib.decompress(each) for each in streams if each[:1] == b"x")
    for tagged in (b"/StructTreeRoot", b"/Lang (en", b"pdfuaid:part", b"Recommendations in full"):
        assert tagged in whole + answer.data
    assert not ImageFile.LOAD_TRUNCATED_IMAGES, "a photograph that is cut off would be taken from then on"
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    answer = browser.get("/recommendations/report.pdf")
    assert answer.status_code == 503
    assert "print it from your browser" in answer.get_data(as_text=True)


def test_before_the_first_recommendation_the_pages_say_so(site: Site) -> None:
    browser = site.browser(COORDINATOR)
    assert "There is no recommendation yet." in browser.page("/recommendations").text
    assert "There is no recommendation to report." in browser.page("/recommendations/report").text


def test_a_sheet_is_taken_in_whole_or_each_wrong_line_is_said_and_nothing_taken_in(site: Site) -> None:
    browser = site.browser(COORDINATOR)
    headings = next(csv.reader(io.StringIO(browser.get("/recommendations/import/empty.csv").text.lstrip("\ufeff"))))
    fields = site.services.cases.opening("recommendation").form.fields
    row = {**RECEIVED, "published_on": "31/1/2026", "source_body": "Internal audit", "text": "'=Write down why."}
    good = [str(row.get(field.key, "")) for field in fields]
    assert headings == [field.label for field in fields]

    def sent(*rows: list[str]) -> TestResponse:
        out = io.StringIO()
        csv.writer(out).writerows([headings, *rows])
        page = browser.page("/recommendations/import")
        return browser.send(
            "/recommendations/import", {"sheet": (io.BytesIO(out.getvalue().encode()), "r.csv")}, form=page
        )

    def kept() -> list[tuple[str, str, str]]:
        own = RecommendationRow
        with reading(site.services.engine) as connection:
            return [tuple(each) for each in connection.execute(sa.select(own.source_body, own.ref_no, own.text))]

    wrong = [
        cell if field.key not in {"published_on", "kind"} else "elephant"
        for field, cell in zip(fields, good, strict=True)
    ]
    answer = sent(good, [], wrong, good)
    assert answer.status_code == 422
    said = [each.text.strip() for each in BeautifulSoup(answer.text, "html.parser").select(".govuk-error-summary li")]
    assert [each[:7] for each in said] == ["Line 4:", "Line 4:", "Line 5:"]
    assert "stands in the file twice" in said[-1]
    assert kept() == []
    for _again in range(2):
        assert sent(good).status_code == 302
        assert kept() == [("internal_audit", "IOPC-9", "=Write down why.")], "sent again it is left as it is"
    assert sent().status_code == 422


def test_a_careless_sheet_loses_no_cell_takes_nothing_twice_and_floods_no_page(site: Site) -> None:
    form, now = site.services.cases.opening("recommendation").form, site.clock()
    row = {**RECEIVED, "published_on": "31/1/2026", "source_body": "Internal audit", "text": "Write down, why."}
    good = [str(row.get(field.key, "")) for field in form.fields]
    lower = [cell.lower() if field.key == "ref_no" else cell for field, cell in zip(form.fields, good, strict=True)]

    def read(
        *rows: list[str], known: Collection[tuple[str, str]] = (), between: str = ","
    ) -> recommendation_sheets.Sheet:
        out = io.StringIO()
        csv.writer(out, delimiter=between).writerows([[field.label for field in form.fields], *rows])
        return recommendation_sheets.read(out.getvalue().encode(), form, known, now)

    assert read([*good, "lost", "words"]).problems[0].startswith("Line 2: There are more cells than headings")
    assert "stands in the file twice" in read(good, lower).problems[0]
    assert read(lower, known=[("internal_audit", "IOPC-9")]).known == 1
    assert len(read([*good, "", ""], between=";").answers) == 1
    careless = {"published_on": "end of January", "kind": "elephant", "owner": ""}
    said = read([careless.get(field.key, cell) for field, cell in zip(form.fields, good, strict=True)]).problems
    assert said[0] == "Line 2: “end of January” is no day for “When was the report published?”. Write it like 27/3/2026"
    assert said[1].startswith("Line 2: “elephant” is no answer to “What is it?”. Write one of “")
    assert said[2:] == ("Line 2: Select the senior owner",)
    flood = read(*[["x"] * len(form.fields)] * 2_000).problems
    assert len(flood) == recommendation_sheets.SAID + 1
    assert flood[-1].endswith("more. Put these right first")
    assert "larger than 500 kB" in read(["x" * 600_000]).problems[0]


def test_a_number_of_the_dashboard_that_proves_something_has_its_value_then_and_now(overseen: Site) -> None:
    case_id, row = overseen.opened(), EpisodeRow
    with writing(overseen.services.engine) as connection:
        later = {"reported_at": datetime(2026, 5, 5, tzinfo=UTC)}
        connection.execute(sa.update(row).where(row.case_id == case_id).values(**later))
    overseen.clock.now = overseen.wall_clock.now = datetime(2026, 7, 20, 9, tzinfo=UTC)
    path = link_of(overseen.browser("superintendent").page("/recommendations"), OUTCOMES)
    for role, value in {"superintendent": "1 (100%)", COORDINATOR: "Not shown", "audit_lead": ""}.items():
        found = overseen.browser(role).page(path).find("caption", string="What the figures say, then and now")
        assert bool(found) == bool(value), role
        if found is not None and found.parent is not None:
            heads = [each.text for each in found.parent.select("thead th")]
            lately = "22 April 2026 to 20 July 2026" if role == "superintendent" else "1 April 2026 to 30 June 2026"
            assert heads[2] == f"Now: {lately}"
            assert heads[1] != heads[2].replace("Now", "When it was taken in")
            cells = [each.text for each in found.parent.select("tbody th, tbody td")]
            assert cells == ["Ethnic group: Not recorded", "0", value]
    of_a_city = "/performance/episodes?authority=nottingham_city&of=ethnicity&is=not_recorded"
    with writing(overseen.services.engine) as connection:
        connection.execute(sa.update(MilestoneRow).values(evidence_ref=of_a_city))
    for role, values in {"superintendent": ["0", "0"], COORDINATOR: ["Not shown", "Not shown"]}.items():
        found = overseen.browser(role).page(path).find("caption", string="What the figures say, then and now")
        assert found is not None
        assert found.parent is not None
        cells = [each.text for each in found.parent.select("tbody th, tbody td")]
        assert cells == ["Ethnic group: Not recorded, Nottingham City", *values], role


def test_a_number_that_proves_something_is_told_as_the_dashboard_tells_it_to_the_same_person(overseen: Site) -> None:
    """Of every day it does not count what is sealed; who leads in a council besides is not told the force's small numbers for it."""
    case_id, row = overseen.opened(), EpisodeRow
    now = datetime(2026, 7, 20, 9, tzinfo=UTC)
    with writing(overseen.services.engine) as connection:
        later = {"reported_at": datetime(2026, 5, 5, tzinfo=UTC)}
        connection.execute(sa.update(row).where(row.case_id == case_id).values(**later))
    told: dict[str, list[list[str]]] = {}
    readers = ("chief_inspector_missing", COORDINATOR, f"{COORDINATOR} csc_service_manager", "audit_lead csc_director")
    for _ in range(2):
        with reading(overseen.services.engine) as connection:
            (one,) = [each for each in recommendations.everything(connection) if each.ref_no == OUTCOMES]
            for held in readers:
                who = Actor(held.split(" ", maxsplit=1)[0], frozenset(held.split(" ")), "police")
                live = live_measures.of(connection, one, who, now)
                told.setdefault(held, []).append([each.now for each in live])
        if len(told[COORDINATOR]) == 1:
            seal_from(overseen, [case_id], "chief_inspector_missing")
    assert list(told.values()) == [[["1 (100%)"], ["0"]], [["Not shown"]] * 2, [["Not shown"]] * 2, [[], []]]
