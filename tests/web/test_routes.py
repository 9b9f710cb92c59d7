"""A census of the routes: each says who may call it, each keeps to it, and looking changes nothing."""

from __future__ import annotations

import re

import flask
import pytest
import sqlalchemy as sa

from engine.store import Base, reading
from tests.web.site import Site
from web import access
from web.briefing_words import BRIEFS
from web.concerns import WRITERS
from workflows import drafts
from workflows.access import (
    FIGURES,
    FIGURES_WITH_EPISODES,
    GOVERNS,
    KEEPS_POPULATIONS,
    MAKES_RETURNS,
    OVERSIGHT,
    OVERSIGHT_FIGURES,
    READS_REPORTS,
    REPORTS_TO_PANEL,
    SEARCHES,
    SEES_EVERY_EPISODE,
)
from workflows.administration import ADMINISTRATOR
from workflows.agencies import ROLES
from workflows.break_glass import OPENS
from workflows.bundles import MAKES
from workflows.commissioning import SERVICE
from workflows.merging import MERGES
from workflows.on_call import KEEPERS, READERS
from workflows.philomena import OWNS
from workflows.read_log import READS_THE_LOG
from workflows.retention import DECIDES
from workflows.seals import SEALS

PUBLIC = {
    "/accessibility",
    "/invitation/<token>",
    "/notice/<token>",
    "/notice/<token>/read",
    "/sign-in",
    "/healthz",
    "/readyz",
    "/static/<path:filename>",
}
FOR_SOME: dict[str, frozenset[str]] = {
    "/operations": frozenset({"administrator"}),
    "/daily": SEES_EVERY_EPISODE,
    **{f"/daily/{rest}": SEES_EVERY_EPISODE for rest in ("<case_id>", "board", "wall")},
    "/operations/resume": frozenset({"administrator"}),
    "/operations/incidents/<int:number>": frozenset({"administrator"}),
    "/cases/<case_id>/briefing": BRIEFS,
    "/performance": FIGURES,
    "/performance/tables/<name>.csv": FIGURES,
    **{f"/performance/population{rest}": FIGURES for rest in ("", ".csv")},
    **{f"/returns{rest}": MAKES_RETURNS for rest in ("", "/file")},
    "/performance/population/sheet": KEEPS_POPULATIONS,
    "/performance/print": FIGURES_WITH_EPISODES,
    "/performance/episodes": FIGURES_WITH_EPISODES,
    **{f"/performance/steps{rest}": FIGURES_WITH_EPISODES for rest in ("", ".csv", "/diagrams/<process>")},
    **{f"/performance/reconciled{rest}": FIGURES_WITH_EPISODES for rest in ("", ".csv")},
    "/promises": FIGURES_WITH_EPISODES,
    "/promises/<promise>": FIGURES_WITH_EPISODES,
    "/search": SEARCHES,
    "/break-glass": frozenset(OPENS),
    **{f"/people{rest}": frozenset({ADMINISTRATOR}) for rest in ("", "/add", "/<sign_in>")},
    **{
        f"/people/<sign_in>/{act}": frozenset({ADMINISTRATOR})
        for act in ("roles", "disable", "enable", "link", "vetting", "vetting/end")
    },
    **{f"/teams{rest}": frozenset({ADMINISTRATOR}) for rest in ("", "/<int:number>")},
    **{f"/teams/<int:number>/{act}": frozenset({ADMINISTRATOR}) for act in ("put-in", "take-out", "rename", "close")},
    **{f"/agencies{rest}": frozenset({SERVICE}) for rest in ("", "/<key>")},
    **{f"/agencies/<key>/{act}": frozenset({SERVICE}) for act in ("rename", "close", "reopen", "administrator")},
    **{f"/commissions{rest}": frozenset({ADMINISTRATOR, SERVICE}) for rest in ("", "/<int:number>/end")},
    "/reads": frozenset(READS_THE_LOG),
    **{f"/seals{rest}": SEALS for rest in ("", "/new/<about>", "/<int:number>")},
    **{f"/seals/<int:number>/{act}": SEALS for act in ("group", "cases", "lift")},
    "/on-call": frozenset(READERS),
    "/on-call/<int:number>/end": frozenset(KEEPERS),
    "/audits": OVERSIGHT_FIGURES,
    "/audits/<case_id>": OVERSIGHT,
    "/recommendations": OVERSIGHT_FIGURES,
    "/recommendations/<case_id>": OVERSIGHT,
    "/recommendations/report": OVERSIGHT,
    "/recommendations/report.csv": OVERSIGHT,
    "/recommendations/report.pdf": OVERSIGHT,
    **{f"/recommendations/import{rest}": frozenset({REPORTS_TO_PANEL}) for rest in ("", "/empty.csv")},
    **{f"/reports{rest}": READS_REPORTS for rest in ("", "/<case_id>", "/<case_id>/versions/<int:number>")},
    **{f"/reports/<case_id>/versions/<int:number>.{kind}": READS_REPORTS for kind in ("csv", "html", "pdf")},
    "/bundles/child/<reference>": frozenset({GOVERNS}),
    "/bundles/case/<case_id>": MAKES,
    **{
        f"/bundles/<number>{rest}": MAKES
        for rest in ("", "/<int:passage>", "/<int:passage>/back", "/<int:passage>/file", "/seal", "/file", "/drop")
    },
    **dict.fromkeys(("/children/<child_id>/same", "/children/<child_id>/same/<other_id>"), MERGES),
    **{f"/merges/<int:number>{act}": MERGES for act in ("", "/decide", "/undo")},
    **{f"/children/<child_id>/concerns{act}": WRITERS for act in ("", "/<int:number>/end")},
    **{
        f"/philomena{rest}": frozenset({OWNS})
        for rest in (
            "",
            "/new",
            "/<profile>",
            "/<profile>/change",
            "/<profile>/missing",
            "/<profile>/hand-over",
            "/<profile>/event",
            "/<profile>/concerns",
            "/<profile>/concerns/<int:number>/end",
            "/<profile>/amend/<key>",
            "/<profile>/amend/<key>/withdraw",
            "/<profile>/absences",
            "/<profile>/absences/<int:number>",
        )
    },
    **dict.fromkeys(("/retention", "/retention/<reference>"), DECIDES),
    **{f"/retention/<reference>/{act}": DECIDES for act in ("hold", "end-hold", "decide", "approve")},
}
"""Who may call the routes that are for some roles only."""
PUBLISHERS = set(drafts.READERS)
FOR_PUBLISHERS = "/procedures"
"""How the addresses begin that are for those who change procedures, approve the changes, or agree to them for an agency."""
LOOKING_WRITES = {"reads"}
"""The only table that a look may write: who read what."""


def fill(rule: str, case_id: str) -> str:
    """Put values into a route: those of an open case."""
    values = {
        "task_id": f"{case_id}.1",
        "about": case_id,
        "case_id": case_id,
        "number": "1",
        "passage": "1",
        "filename": "homeward.css",
        "promise": "G-02",
    }
    values |= {
        "process": "missing_child",
        "child_id": "CH-22222222",
        "other_id": "CH-33333333",
        "profile": "PH-22222222",
    }
    values |= {
        "procedure": "missing_child",
        "name": "found.form",
        "element": "record_return",
        "event": "record_clock_rang",
        "source": "1",
        "table": "risk_grade.dmn",
        "record": "case_opening",
        "key": "1",
    }
    values |= {
        "reference": case_id,
        "sign_in": "call_taker",
        "token": "none",
        "kind": "concern",
        "act": "take",
        "person": "call_taker",
    }
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values[found.group(1)], rule)


def rules(app: flask.Flask, method: str) -> list[str]:
    """List the routes that take a method."""
    return sorted(rule.rule for rule in app.url_map.iter_rules() if method in (rule.methods or set()))


def contents(engine: sa.Engine) -> dict[str, list[tuple[object, ...]]]:
    """Read all tables but those that a look may write."""
    with reading(engine) as connection:
        return {
            name: sorted((tuple(row) for row in connection.execute(sa.select(table))), key=repr)
            for name, table in Base.metadata.tables.items()
            if name not in LOOKING_WRITES
        }


def test_every_route_says_who_may_call_it(demo_site: Site) -> None:
    marks = {rule.rule: access.mark_of(demo_site.app, rule.endpoint) for rule in demo_site.app.url_map.iter_rules()}
    assert None not in marks.values()
    assert {rule for rule, mark in marks.items() if mark and mark.public} == PUBLIC
    restricted = {rule: mark.roles for rule, mark in marks.items() if mark and mark.roles}
    assert {rule: held for rule, held in restricted.items() if not rule.startswith(FOR_PUBLISHERS)} == FOR_SOME
    for_publishers = {rule: mark for rule, mark in marks.items() if rule.startswith(FOR_PUBLISHERS)}
    assert all(mark and mark.roles and mark.roles <= PUBLISHERS for mark in for_publishers.values())


def test_a_route_that_does_not_say_so_stops_the_start(site: Site) -> None:
    app = flask.Flask("planted")
    app.add_url_rule("/forgotten", view_func=lambda: "")
    with pytest.raises(access.RouteUnmarked, match="/forgotten"):
        access.require_marks(app)


def test_a_stranger_gets_public_pages_only(demo_site: Site) -> None:
    case_id = demo_site.opened()
    browser = demo_site.browser()
    for rule in rules(demo_site.app, "GET"):
        answer = browser.get(fill(rule, case_id))
        if rule in PUBLIC:
            assert answer.status_code in {200, 404, 503}, rule
        else:
            assert answer.status_code == 302, rule
            assert answer.location.startswith("/sign-in"), rule
        assert case_id not in answer.text.replace(fill(rule, case_id), ""), rule


def test_a_stranger_cannot_send_anything(demo_site: Site) -> None:
    before = contents(demo_site.services.engine)
    for rule in rules(demo_site.app, "POST"):
        answer = demo_site.browser().post(fill(rule, "MC-22222222"), data={"a": "b"})
        assert answer.status_code in ({422} if rule.startswith("/notice/") else {302, 400}), rule
    assert contents(demo_site.services.engine) == before


@pytest.mark.parametrize("role", sorted(ROLES))
def test_each_role_gets_an_answer_at_each_route_that_keeps_to_its_mark(site: Site, role: str) -> None:
    case_id = site.opened()
    browser = site.browser(role)
    for rule in rules(site.app, "GET"):
        if rule.startswith("/static"):
            continue
        status = browser.get(fill(rule, case_id)).status_code
        if rule in FOR_SOME:
            assert status in ({200, 404} if role in FOR_SOME[rule] else {403}), rule
        elif rule.startswith(FOR_PUBLISHERS):
            assert status == ((404 if "/draft" in rule else 200) if role in PUBLISHERS else 403), rule
        elif rule in {"/tasks", "/cases", "/healthz"}:
            assert status == 200, rule
        else:
            assert status in {200, 302, 403, 404, 503}, rule


def test_looking_changes_nothing_but_the_log_of_who_looked(site: Site) -> None:
    case_id = site.opened()
    browser = site.browser("call_taker")
    before = contents(site.services.engine)
    for rule in rules(site.app, "GET"):
        browser.get(fill(rule, case_id))
    assert contents(site.services.engine) == before


def test_no_route_takes_both_a_look_and_a_change(demo_site: Site) -> None:
    for rule in demo_site.app.url_map.iter_rules():
        assert not {"GET", "POST"} <= (rule.methods or set()), rule.rule
        assert not {"PUT", "DELETE", "PATCH"} & (rule.methods or set()), rule.rule


def test_pages_are_never_kept_by_the_browser(site: Site) -> None:
    site.opened()
    answer = site.browser("call_taker").get("/tasks")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"


def test_an_unknown_address_and_a_wrong_method_have_pages_of_their_own(site: Site) -> None:
    browser = site.browser("call_taker")
    assert "Page not found" in browser.page("/nowhere", 404).text
    assert browser.get("/sign-out").status_code == 405


def test_too_much_at_once_is_refused(site: Site) -> None:
    browser = site.browser("call_taker")
    answer = browser.post("/cases/open", data={"why_worried": "x" * 1_100_000})
    assert answer.status_code == 413
    assert "Too much was sent at once" in answer.text


def test_a_fault_is_logged_by_its_place_and_shows_nothing(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> str:
        raise KeyError("Alex Example, 13, Example Street")

    site.app.view_functions["health.healthz"] = access.everyone(broken)
    answer = site.browser().get("/healthz")
    assert answer.status_code == 500
    assert "Alex" not in answer.text
    assert "KeyError" in caplog.text
    assert "Alex" not in caplog.text
