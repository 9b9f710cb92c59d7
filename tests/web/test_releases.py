"""Releases as pages: shown, compared in words and numbers, undone by another one; and an update that is offered, never imposed."""

from __future__ import annotations

import pytest

from engine import archives
from tests.web.site import Browser, Site
from tests.web.test_steps import SMALL, WHY, begun, files_of, save
from web import procedures
from workflows import catalogue


def published(site: Site, reason: str) -> None:
    """Let the editor's draft be proposed and approved."""
    editor, approver = site.browser("procedure_editor"), site.browser("procedure_approver")
    draft = f"{SMALL}/draft"
    assert editor.send(f"{draft}/propose", {"reason": reason}, form=editor.page(draft)).status_code == 303
    assert approver.send(f"{draft}/approve", form=approver.page(draft)).status_code == 303


def words_of(browser: Browser, path: str) -> str:
    return " ".join(browser.page(path).get_text(" ").split())


def test_a_release_is_compared_in_numbers_shown_whole_and_undone_by_the_one_before_it(site: Site) -> None:
    editor = begun(site, SMALL)
    before = files_of(editor, SMALL)
    changed: dict[str, str | list[str]] = {"name": "Say why", "lane": "duty_inspector", "when.c100_1": "30 minutes"}
    assert save(editor, WHY, changed)[0] == 303
    published(site, "Sooner")
    said = words_of(editor, f"{SMALL}/releases/2/changes")
    assert "Duty inspector 1 task 2 tasks" in said
    assert "Locate team sergeant 1 task 0 tasks" in said
    assert "Due: 1 hour, tells Locate team sergeant Due: 30 minutes, tells Locate team sergeant" in said
    assert "closed cases: there are none yet" in said
    drawn = editor.page(f"{SMALL}/releases/2/changes").select("[data-diagram]")
    assert [each["data-changed"].split()[0] for each in drawn] == ["say_why_wrong"] * 2  # type: ignore[union-attr]
    for each in drawn:
        assert editor.get(str(each["data-diagram"])).mimetype == "application/xml"
    page = words_of(editor, f"{SMALL}/releases/2")
    assert "Proposed By Procedure editor Example: Sooner" in page or "Sooner" in page
    assert "0 open, 0 in all" in page
    for link in editor.page(f"{SMALL}/releases/2").select("a[href*='/releases/2/files/']"):
        assert editor.get(str(link["href"])).status_code == 200

    assert editor.send(f"{SMALL}/releases/1/restore", form=editor.page(SMALL)).status_code == 303
    assert files_of(editor, SMALL) == before
    reason = editor.page(f"{SMALL}/draft").find("textarea", id="reason")
    assert reason is not None
    assert reason.text.strip() == "Undo release 2: release 1 again."
    published(site, reason.text.strip())
    assert "Release 3" in words_of(editor, SMALL)
    assert archives.unpack(editor.get(f"{SMALL}/releases/3.zip").data) == before
    assert editor.get(f"{SMALL}/releases/9").status_code == 404


def test_a_shipped_update_is_offered_as_a_draft_with_what_was_changed_here(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = begun(site, SMALL)
    assert save(editor, WHY, {"name": "Say why", "when.c100_1": "30 minutes"})[0] == 303
    published(site, "Sooner")
    assert "Update of the program" not in words_of(editor, SMALL)
    shipped = catalogue.files("cancellation")
    newer = {
        name: text.replace('clock + duration("PT4H")', 'clock + duration("PT3H")') for name, text in shipped.items()
    }
    newer = {
        name: text.replace('name="Say why the report is wrong"', 'name="Say what is wrong with it"')
        for name, text in newer.items()
    }
    assert newer != shipped
    monkeypatch.setattr(catalogue, "files", lambda _procedure: newer)
    now = site.services.clock()
    assert procedures.publish(site.services.cases, "cancellation", by="mfh_coordinator", now=now) == 2
    assert "Update of the program" in words_of(editor, SMALL)
    said = words_of(editor, f"{SMALL}/update")
    assert "made here since the version before it" in said
    assert editor.send(f"{SMALL}/update", {"what": "together"}, form=editor.page(f"{SMALL}/update")).status_code == 303
    together = files_of(editor, SMALL)["deadlines.dmn"]
    assert 'clock + duration("PT30M")' in together
    assert 'clock + duration("PT3H")' in together
    assert "Say why" in files_of(editor, SMALL)["cancellation.bpmn"]
    assert "Draft begun from the update" in words_of(editor, f"{SMALL}/draft")
