"""Releases as pages: shown, compared in words and numbers, undone by another one; and an update that is offered, never imposed."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from engine import archives
from engine.errors import Conflict, Invalid
from engine.release import pack
from engine.store import ReleaseTable, writing
from tests.web.site import Browser, Site
from tests.web.test_steps import SMALL, WHY, begun, files_of, save
from web import file_reports, procedure_files, procedures
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


def test_a_shipped_update_is_offered_as_a_draft_with_what_was_changed_here(site: Site) -> None:
    """The database is that of an older program, whose procedure was published with other times and changed here since."""
    shipped = catalogue.files("cancellation")
    older = shipped | {"deadlines.dmn": shipped["deadlines.dmn"].replace("PT4H", "PT5H")}
    packed, digest = pack(older)
    row = ReleaseTable
    with writing(site.services.engine) as connection:
        connection.execute(sa.update(row).where(row.procedure == "cancellation").values(files=packed, digest=digest))
    editor = begun(site, SMALL)
    assert save(editor, WHY, {"name": "Say why", "when.c100_1": "30 minutes"})[0] == 303
    published(site, "Sooner")
    now = site.services.clock()
    assert procedures.publish(site.services.cases, "cancellation", by="mfh_coordinator", now=now) == 2
    assert "Update of the program" in words_of(editor, SMALL)
    said = words_of(editor, f"{SMALL}/update")
    assert "1 change comes with the update 2 changes were made here" in said
    assert "No file was changed by both at the same lines" in said
    page = editor.page(f"{SMALL}/update")
    assert editor.send(f"{SMALL}/update", {"what": "together"}, form=page).status_code == 303
    files = files_of(editor, SMALL)
    assert files["deadlines.dmn"] == shipped["deadlines.dmn"].replace("PT1H", "PT30M", 1)
    assert 'name="Say why"' in files["cancellation.bpmn"]
    assert "Draft begun from the update" in words_of(editor, f"{SMALL}/draft")
    published(site, "The update")
    assert "Update of the program" not in words_of(editor, SMALL)


def test_a_procedure_leaves_as_a_folder_and_comes_back_as_a_draft_only_where_nothing_is_refused(
    site: Site, tmp_path: Path
) -> None:
    folder, services, now = tmp_path / "out", site.services, site.services.clock()
    assert "release 1" in "".join(procedure_files.export(services, "cancellation", None, folder))
    with pytest.raises(Conflict):
        list(procedure_files.export(services, "cancellation", None, folder))
    assert list(procedure_files.export(services, "cancellation", 1, tmp_path / "out.zip"))
    files = file_reports.files_at(folder)
    assert files == file_reports.files_at(tmp_path / "out.zip") == catalogue.files("cancellation")
    wrong = {**files, "cancellation.bpmn": files["cancellation.bpmn"].replace('id="locate_sergeant"', 'id="nobody"')}
    with pytest.raises(Invalid) as refused:
        list(procedure_files.bring_in(services, "cancellation", wrong, by="procedure_editor", now=now))
    assert any("cancellation.bpmn:" in problem.where for problem in refused.value.problems)
    other = {**files, "deadlines.dmn": files["deadlines.dmn"].replace("PT4H", "PT3H")}
    assert list(procedure_files.bring_in(services, "cancellation", other, by="procedure_editor", now=now))
    assert files_of(site.browser("procedure_editor"), SMALL) == other
    with pytest.raises(Conflict):
        list(procedure_files.bring_in(services, "cancellation", files, by="procedure_editor", now=now))
    with pytest.raises(Invalid):
        file_reports.files_at(tmp_path / "nowhere")
