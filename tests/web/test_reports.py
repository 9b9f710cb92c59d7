"""The reports of oversight: drawn up, read, signed and issued through the pages, and kept as they were issued."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import sys
import zlib
from datetime import date

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup

from engine import timers
from engine.model import Actor
from engine.store import ReadTable, reading, writing
from tests.procedures.stories_of_a_report import SAID
from tests.web.overseen import OUTCOMES, RISK, day, do, overseen, typed, words
from tests.web.scenes import Scenes
from tests.web.site import Site
from web import report_blocks, report_press, report_preview
from web.demo_oversight import REPORT
from workflows import reports, verification
from workflows.recommendations import everything
from workflows.reports import ReportIssueRow, ReportVersionRow

WRITES, REVIEWS, SIGNS, CHIEF_OFFICER = (
    "inspection_coordinator",
    "chief_inspector_missing",
    "commissioner",
    "assistant_chief_constable",
)
RESPONSE = {"kind": "response", "source_body": "hmic", "report_title": REPORT, "published_on": day(-20)}
PACK = {"kind": "panel", "quarter_from": date(2025, 10, 1)}


@pytest.fixture(name="overseen")
def overseen_site(site: Site, scenes: Scenes) -> Site:
    """Two recommendations of one inspection report."""
    scenes.begin(site, overseen)
    return site


def settle(site: Site) -> None:
    """Let the worker draw up, issue and hand over what waits."""
    timers.run_errands(site.services.cases, now=site.clock())
    timers.sweep(site.services.cases, now=site.clock())


def begin(site: Site, opening: dict[str, object], **said: str) -> str:
    """Let the co-ordinator begin a report and write it; give its case."""
    browser = site.browser(WRITES)
    assert browser.send("/cases/open/report", typed(opening)).status_code == 302
    do(site, WRITES, "Write the report", SAID | said)
    settle(site)
    with reading(site.services.engine) as connection:
        return reports.everything(connection)[0].case_id


def decide(site: Site, role: str, task: str, **answers: str) -> None:
    """Let somebody decide on the version that the page of the task offers."""
    browser = site.browser(role)
    where = next(str(each["href"]) for each in browser.page("/tasks").select("main a") if words(each) == task)
    page = browser.page(where)
    offered = [str(each["value"]) for each in page.select("input[name=version]")]
    assert len(offered) == 1
    answer = browser.send(where, {"version": offered[0], **answers}, form=page)
    assert answer.status_code == 302, answer.text
    settle(site)


def fingerprint_of(site: Site, case_id: str) -> str:
    with reading(site.services.engine) as connection:
        found = reports.version(connection, case_id, 1)
    assert found is not None
    return found.sha256


def document(page: BeautifulSoup) -> str:
    return words(page.select("main article")[0])


def test_a_response_is_signed_as_it_was_read_and_kept_as_it_was_issued(overseen: Site) -> None:
    case_id = begin(overseen, RESPONSE, letter="I have the same concerns.\n\nI will ask my panel.")
    one = f"/reports/{case_id}"
    for role in (SIGNS, CHIEF_OFFICER, "scrutiny_panel", "partnership_board"):
        overseen.browser(role).page(one, 404)
        assert words(overseen.browser(role).page("/reports")).count("No report has been issued yet.") == 1
    decide(overseen, REVIEWS, "Review the report", approved="no", to_change="Say what the councils do.")
    do(overseen, WRITES, "Write the report", SAID | {"letter": "I have concerns.", "changed": "The councils agreed."})
    settle(overseen)
    changed = words(overseen.browser(REVIEWS).page(f"{one}/versions/2").select("main details")[0])
    assert "What has changed Gone: Much.New: The councils agreed." in changed
    decide(overseen, REVIEWS, "Review the report", approved="yes")
    read = overseen.browser(SIGNS).page(f"{one}/versions/2")
    said = document(read)
    assert "response to each recommendation Each recommendation of the report, as it stands on 23 March 2026." in said
    assert f"1. {OUTCOMES} Recommendation Manage information" in said
    assert f"2. {RISK} Recommendation Look again" in said
    assert "Force response Accepted: Without outcomes nobody can tell whether the work helps." in said
    assert "Record the ethnicity of every child (Missing from home co-ordinator). Done on 21 February 2026" in said
    overseen.browser(CHIEF_OFFICER).page(one, 404)
    decide(overseen, SIGNS, "Sign the response", signed="yes")
    overseen.clock.forward(days=1)
    issued = overseen.browser("scrutiny_panel").page(f"{one}/versions/2")
    assert document(issued) == said
    assert "Shown as it was issued on 23 March 2026" in words(issued)
    overseen.browser("scrutiny_panel").page(f"{one}/versions/1", 404)
    by, wrong = Actor("cora", frozenset({WRITES})), {"kind": "partnership"}
    put_right = overseen.services.cases.correct
    put_right(case_id, "report", "", wrong, by=by, now=overseen.clock(), key="kind", reason="A slip.")
    overseen.browser("partnership_board").page(one, 404)
    kept = overseen.browser("scrutiny_panel").get(f"{one}/versions/2.html").data
    assert hashlib.sha256(kept).hexdigest() in words(issued)
    rows = csv.DictReader(io.StringIO(overseen.browser(SIGNS).get(f"{one}/versions/2.csv").data.decode("utf-8-sig")))
    assert [(each[""], each["Evidence"]) for each in rows][1] == (f"2. {RISK}", "None yet.")
    paper = overseen.browser(SIGNS).get(f"{one}/versions/2.pdf").data
    streams = re.findall(rb"stream\r?\n(.*?)\nendstream", paper, re.DOTALL)
    assert b"/StructTreeRoot" in paper + b"".join(zlib.decompress(each) for each in streams if each[:1] == b"x")
    published = {"where": "https://commissioner.example", "published_on": day(1)}
    do(overseen, WRITES, "Record the publication", published | {"home_secretary_on": day(1), "inspectorate_on": day(1)})
    assert "Published 24 March 2026, https://commissioner.example" in words(overseen.browser(SIGNS).page(one))


@pytest.mark.parametrize("opening", [RESPONSE, PACK], ids=["response", "pack"])
def test_who_writes_sees_the_report_before_it_is_drawn_up_and_keeps_what_is_typed(
    overseen: Site, opening: dict[str, object]
) -> None:
    browser = overseen.browser(WRITES)
    browser.send("/cases/open/report", typed(opening))
    where = next(
        str(each["href"]) for each in browser.page("/tasks").select("main a") if words(each) == "Write the report"
    )
    page = browser.page(where)
    (button,) = page.select("button[formaction]")
    address = str(button["formaction"])
    half = {**SAID, "summary": "Half of it.\n\nThe rest comes.", "asked": "", "letter": "I have concerns."}
    assert browser.send(address, half, form=page).location == address
    seen = browser.page(address)
    assert "A preview: this is how the report would look if it were drawn up now." in words(seen)
    assert [words(each) for each in seen.select("article p") if "Half" in each.text or "The rest" in each.text] == [
        "Half of it.",
        "The rest comes.",
    ]
    told = browser.page(where)
    assert told.select("textarea[name=summary]")[0].text.strip() == half["summary"]
    case_id = address.split("/")[2].partition(".")[0]
    with reading(overseen.services.engine) as connection:
        looked = sa.select(ReadTable.case_id).where(ReadTable.purpose == report_preview.PURPOSE)
        assert case_id in connection.execute(looked).scalars().all()
        assert connection.execute(sa.select(ReportVersionRow.number)).all() == []
    for role in (REVIEWS, SIGNS, "call_taker"):
        answers = [overseen.browser(role).get(each).status_code for each in (where, address)]
        assert answers in ([403, 403], [404, 404]), role
    whole = half | {"asked": SAID["asked"]}
    seen = browser.page(str(browser.send(address, whole, form=browser.page(where)).location))
    do(overseen, WRITES, "Write the report", whole)
    settle(overseen)
    assert document(seen) == document(overseen.browser(WRITES).page(f"/reports/{case_id}/versions/1"))
    assert browser.get(address).status_code == 409


def test_a_task_in_which_nothing_is_written_has_no_preview(overseen: Site) -> None:
    case_id = begin(overseen, PACK)
    browser = overseen.browser(REVIEWS)
    where = next(
        str(each["href"]) for each in browser.page("/tasks").select("main a") if words(each) == "Review the report"
    )
    assert browser.page(where).select("button[formaction]") == []
    assert browser.get(f"{where}/preview").status_code == 404
    assert case_id in where


def test_the_database_keeps_what_was_issued_and_a_new_issue_stands_beside_it(
    overseen: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)  # it is issued all the same
    first, engine = begin(overseen, PACK), overseen.services.engine
    decide(overseen, REVIEWS, "Review the report", approved="yes")
    decide(overseen, CHIEF_OFFICER, "Sign the pack", signed="yes")
    with reading(engine) as connection:
        assert all(overseen.clock().date() in each.reported_on for each in everything(connection)), "they were told"
    mails = (
        "SELECT count(*) FROM outbox WHERE text LIKE '%/reports/' || :case || '%' AND recipient LIKE '%scrutiny_panel%'"
    )
    for statement in (sa.update(ReportVersionRow).values(html="Other"), sa.delete(ReportIssueRow)):
        with pytest.raises(sa.exc.IntegrityError, match="kept as it is"), writing(engine) as connection:
            connection.execute(statement)
    with reading(engine) as connection:
        assert connection.execute(sa.text(mails), {"case": first}).scalar() == 1
        assert connection.execute(sa.select(sa.func.count()).select_from(ReportIssueRow)).scalar() == 1
    assert list(verification.check(engine)) == []
    overseen.clock.forward(days=2)
    second = begin(overseen, PACK)
    assert "This takes the place of what was issued on 23 March 2026." in document(
        overseen.browser(WRITES).page(f"/reports/{second}/versions/1")
    )
    decide(overseen, REVIEWS, "Review the report", approved="yes")
    decide(overseen, CHIEF_OFFICER, "Sign the pack", signed="yes")
    panel = overseen.browser("scrutiny_panel")
    assert f"A later issue takes its place: {second}" in words(panel.page(f"/reports/{first}"))
    assert [words(each) for each in panel.page("/reports").select("[data-head=Stands]")] == [
        "Issued",
        "Issued, and superseded",
    ]
    drawn, agreed = {"number": 1, "fingerprint": fingerprint_of(overseen, second)}, {"version": "0" * 64}
    scope = {"case": {"reference": second}, "drawn": [drawn], "report_review": [agreed], "report_sign_off": [agreed]}
    signed, other = {"version": drawn["fingerprint"]}, PACK | {"kind": "partnership"}
    moved = {"report": other, "drawn": [drawn | {"subject": reports.subject_of(PACK)}]}
    moved |= {"report_review": [signed], "report_sign_off": [signed]}
    for wrong, why in ((scope, "Draw it up again"), (scope | moved, "Put it back as it was")):
        with pytest.raises(report_press.ReportNotAsSigned, match=why):
            report_press.Press(engine, lambda _now: {}).issue(wrong, "", overseen.clock())


def test_what_has_changed_and_what_a_spreadsheet_holds_is_read_from_the_document() -> None:
    one = '<h2>Risk</h2><p class="hw-mark">Version 1</p><p>As before.</p><table><caption>Grades</caption><tr><th>High</th><td>5</td></tr></table>'
    other = one.replace("Version 1", "Version 2").replace("<td>5", "<td>7").replace("</table>", "</table><p>New.</p>")
    assert [(each.under, each.before, each.after) for each in report_blocks.changes(one, other)] == [
        ("Risk", ("High, 5",), ("High, 7", "New."))
    ]
    named = "<h3>1. A</h3><dl><dt>Says</dt><dd><ul><li>x</li><li>y</li></ul></dd></dl>"
    assert report_blocks.as_rows(named + one) == [["", "Says"], ["1. A", "x; y"], [], ["Grades"], ["High", "5"]]
