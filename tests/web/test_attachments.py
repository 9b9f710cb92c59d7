"""Files of a case: told by what is in them, held until they are found clean, had by who may read them, gone with the case."""

from __future__ import annotations

import io
import socket
import sys
import threading
from dataclasses import replace

import pytest
import sqlalchemy as sa
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from engine.errors import Invalid
from engine.store import ReadTable, reading, writing
from notifications.outbox import OutboxRow
from tests.web.site import Site
from tests.web.test_bundles import made, number_of, sealed
from tests.web.test_photographs import PLACE
from tests.web.test_photographs import file as photograph
from web import scanning
from web.app import create_app
from web.assembly import make_worker
from web.scanning import Verdict
from workflows import attachments, erasing, file_kinds, photographs
from workflows.attachments import AttachmentRow

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
VIRUS = b"Looks like a letter. EICAR\n"
SCRIPT = (
    "import sys; data = sys.stdin.buffer.read(); sys.exit(1 if b'EICAR' in data else 2 if b'broken' in data else 0)"
)
WHO = "mfh_coordinator"


def refused(sent: bytes, name: str = "a.pdf") -> str:
    with pytest.raises(Invalid) as refusal:
        file_kinds.taken(sent, name)
    return refusal.value.problems[0].sentence


def test_a_file_is_what_is_in_it_and_not_what_it_is_called() -> None:
    kind, kept = file_kinds.taken(photograph(), "letter.pdf")
    assert (kind, PLACE in kept, file_kinds.name_of("../../let\u202eter.exe", kind)) == ("jpeg", False, "letter.jpg")
    assert file_kinds.taken(photograph() + b"\0" * photographs.LARGEST_FILE, "a.jpg")[0] == "jpeg", (
        "how large is said by the settings"
    )
    assert file_kinds.taken(PDF, "a.html") == ("pdf", PDF)
    assert file_kinds.taken("Zoë;12".encode(), "LIST.CSV")[0] == "csv"
    assert file_kinds.taken(b"<script>alert(1)</script>", "a.html")[0] == "text"
    assert file_kinds.name_of("...", "text") == "file.txt"
    for wrong in (b"MZ\x90\x00", b"PK\x03\x04docm", b"\xd0\xcf\x11\xe0", b"GIF89a\x00"):
        assert refused(wrong) == file_kinds.REFUSED
    assert "not whole" in refused(PDF.replace(b"%%EOF", b""))
    assert refused(PDF.replace(b"<<>>", b"<</Encrypt 4 0 R>>")) == file_kinds.LOCKED
    assert "JPEG or a PNG that is whole" in refused(photograph()[:2000])


def test_a_scanner_that_does_not_say_plainly_has_found_nothing_out() -> None:
    asks = {
        b"letter": Verdict.CLEAN,
        b"EICAR": Verdict.INFECTED,
        b"broken": Verdict.UNKNOWN,
    }
    assert {each: scanning.by_command((sys.executable, "-c", SCRIPT), each) for each in asks} == asks
    by_path = (sys.executable, "-c", "import sys; sys.exit(b'EICAR' in open(sys.argv[1], 'rb').read())", "{}")
    assert scanning.by_command(by_path, b"EICAR") is Verdict.INFECTED
    assert scanning.by_command(("/nowhere/scanner",), b"") is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (b"stream: OK\0", Verdict.CLEAN),
        (b"stream: Eicar-Test FOUND\0", Verdict.INFECTED),
        (b"INSTREAM size limit exceeded. ERROR\0", Verdict.UNKNOWN),
        (b"", Verdict.UNKNOWN),
    ],
)
def test_clamd_is_asked_in_pieces_with_their_length(answer: bytes, verdict: Verdict) -> None:
    content, heard = b"x" * 70_000, []

    def clamd(server: socket.socket) -> None:
        line, _ = server.accept()
        with line, line.makefile("rb") as told:
            assert told.read(10) == b"zINSTREAM\0"
            while length := int.from_bytes(told.read(4), "big"):
                heard.append(told.read(length))
            line.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=clamd, args=(server,))
        thread.start()
        assert scanning.by_clamd("127.0.0.1", server.getsockname()[1], content) is verdict
        thread.join()
    assert b"".join(heard) == content


@pytest.fixture
def scanned(site: Site) -> Site:
    """A site with a scanner, which finds one word."""
    settings = replace(site.services.settings, scan_command=(sys.executable, "-c", SCRIPT), file_megabytes=1)
    services = replace(site.services, settings=settings)
    app = create_app(settings, services=services)
    app.test_client_class = site.app.test_client_class
    app.jinja_env.bytecode_cache = site.app.jinja_env.bytecode_cache
    return replace(site, app=app, services=services)


def send(site: Site, case_id: str, content: bytes, role: str = WHO, **said: str) -> TestResponse:
    browser = site.browser(role)
    path = f"/cases/{case_id}/attachments"
    shown = browser.page(f"{path}?task=1")
    hidden = {str(each["name"]): str(each["value"]) for each in shown.select("main form input[type=hidden]")}
    typed = {"title": "What she wrote", "what": "letter", "data_class": "D2"} | said
    file = FileStorage(io.BytesIO(content), "../letter.pdf", "file", "text/html")
    boundary, body = encode_multipart({**hidden, **typed, "file": file})
    return browser.post(path, data=body, content_type=f"multipart/form-data; boundary={boundary}")


def rows(site: Site) -> list[attachments.Attachment]:
    with reading(site.services.engine) as connection:
        every = connection.execute(sa.select(AttachmentRow.case_id).distinct()).scalars().all()
        return list(attachments.among(connection, every))


def test_nobody_has_a_file_before_the_scanner_has_looked_and_an_infected_one_is_destroyed(scanned: Site) -> None:
    case_id = scanned.opened()
    worker = make_worker(scanned.services)
    for content in (PDF, VIRUS, b"broken"):
        assert send(scanned, case_id, content).status_code == 303
    browser, numbers = scanned.browser(WHO), {each.kind + str(each.size): each.id for each in rows(scanned)}
    listed = browser.page(f"/cases/{case_id}/attachments")
    assert len(listed.select(".hw-files li strong")) == 6, "three titles and three tags: each is being checked"
    assert {browser.get(f"/cases/{case_id}/attachments/{each}").status_code for each in numbers.values()} == {404}
    worker.scan()
    states = {each.kind + str(each.size): each.state for each in rows(scanned)}
    assert sorted(states.values()) == ["clean", "held", "infected"]
    answer = browser.get(f"/cases/{case_id}/attachments/{numbers[f'pdf{len(PDF)}']}")
    assert (answer.data, answer.mimetype, answer.headers["X-Content-Type-Options"]) == (
        PDF,
        "application/pdf",
        "nosniff",
    )
    assert answer.headers["Content-Disposition"] == "attachment; filename=letter.pdf"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    for number in numbers.values():
        status = 200 if number == numbers[f"pdf{len(PDF)}"] else 404
        assert browser.get(f"/cases/{case_id}/attachments/{number}").status_code == status
    with reading(scanned.services.engine) as connection:
        kept = connection.execute(
            sa.select(AttachmentRow.content).where(AttachmentRow.state == "infected")
        ).scalar_one()
        mails = connection.execute(sa.select(OutboxRow.key).where(OutboxRow.key.contains("attachment"))).scalars().all()
        asked = sa.select(ReadTable.classes).where(ReadTable.purpose == "casework, a file")
        assert connection.execute(asked).scalars().all() == ["D2"] * 2, "a file that nobody could have is no look"
    assert kept == b""
    assert sorted(each.rpartition("/")[2] for each in mails) == ["administrator", "attachment_infected"]
    page = scanned.browser("administrator").page("/operations").text
    assert "The scanner could not look at some files" in page


def test_what_could_not_be_scanned_is_tried_again_later_and_not_at_once(scanned: Site) -> None:
    case_id, worker = scanned.opened(), make_worker(scanned.services)
    send(scanned, case_id, b"broken")
    worker.scan()
    worker.scan()
    with reading(scanned.services.engine) as connection:
        assert connection.execute(sa.select(AttachmentRow.scan_count)).scalar_one() == 1
    scanned.clock.forward(minutes=2)
    with writing(scanned.services.engine) as connection:
        connection.execute(sa.update(AttachmentRow).where(AttachmentRow.state == "held").values(content=b"letter"))
    worker.scan()
    assert [each.state for each in rows(scanned)] == ["clean"]


def test_a_site_without_a_scanner_takes_no_file_unless_the_settings_say_so(site: Site) -> None:
    case_id = site.opened()
    browser = site.browser(WHO)
    page = browser.page(f"/cases/{case_id}/attachments")
    assert "Files cannot be attached here" in page.text
    assert not page.select("input[type=file]")
    token = browser.page("/tasks").select_one("input[name=csrf_token]")
    assert token is not None
    assert browser.post(f"/cases/{case_id}/attachments", data={"csrf_token": token["value"]}).status_code == 403
    assert "no file can be attached" in site.browser("administrator").page("/operations").text
    site.app.extensions["homeward"] = replace(
        site.services, settings=replace(site.services.settings, takes_unscanned=True)
    )
    assert send(site, case_id, PDF).status_code == 303
    assert "Not checked for viruses" in site.browser(WHO).page(f"/cases/{case_id}").text
    assert [each.state for each in rows(site)] == ["unscanned"]


def test_all_that_is_wrong_is_said_at_once_and_only_classes_that_are_added_to_are_offered(scanned: Site) -> None:
    case_id = scanned.opened()
    answer = send(scanned, case_id, b"MZ\x90\x00", title=" ", what="", data_class="D8")
    assert answer.status_code == 422
    for sentence in ("Enter a title", "Select what the file is", "Select what it is about", "must be a PDF"):
        assert sentence in answer.text
    offered = scanned.browser(WHO).page(f"/cases/{case_id}/attachments").select("input[name=data_class]")
    assert {each["value"] for each in offered} == {"D1", "D2", "D3", "D5", "D7", "D9", "D11"}
    for much in (10, 1024 * 1024 * 3):
        large = send(scanned, case_id, b"x" * (1024 * 1024 + much), title="Her diary")
        assert (large.status_code, "MB or smaller" in large.text) == (422, True)
        assert 'value="Her diary"' in large.text, "what was typed beside a file that is too large is kept"
    assert send(scanned, case_id, b"x" * (1024 * 1024 * 10 + 70_000)).status_code == 413, "there is an end to it"
    for content in (b"first", b"again"):
        assert send(scanned, case_id, content, key="the same page").status_code == 303
    assert [each.size for each in rows(scanned)] == [5]
    small = replace(scanned.services.settings, case_megabytes=0)
    scanned.app.extensions["homeward"] = replace(scanned.services, settings=small)
    assert "larger than 0 MB together" in send(scanned, case_id, b"more").text


def test_who_may_not_read_its_class_has_neither_file_nor_title(scanned: Site) -> None:
    case_id = scanned.opened()
    send(scanned, case_id, PDF, title="Heron at the quay", data_class="D5")
    make_worker(scanned.services).scan()
    (found,) = rows(scanned)
    place = f"/cases/{case_id}/attachments/{found.id}"
    assert scanned.browser("call_taker").get(place).status_code == 200
    mash = scanned.browser("csc_mash")
    page = mash.page(f"/cases/{case_id}")
    assert "Heron at the quay" not in page.text
    assert "Trigger plan, police part: ask" in page.text, "that something is held is said"
    assert mash.get(place).status_code == 404
    assert mash.get(f"/cases/{case_id}/attachments/999").status_code == 404
    for stranger in ("school_dsl", "administrator"):
        assert scanned.browser(stranger).get(place).status_code == 404
        assert scanned.browser(stranger).get(f"/cases/{case_id}/attachments").status_code == 404


def test_it_is_put_right_and_withdrawn_with_its_bytes_and_goes_with_the_case(scanned: Site) -> None:
    case_id = scanned.opened()
    for title in ("One", "Two"):
        send(scanned, case_id, PDF, title=title)
    two, one = rows(scanned)
    browser, place = scanned.browser(WHO), f"/cases/{case_id}/amend/attachment"
    why = {"why": "It was another one"}
    right = browser.send(
        f"{place}/{two.id}", {"title": "Too", "what": "map", **why}, form=browser.page(f"{place}/{two.id}")
    )
    assert right.status_code == 303
    gone = browser.send(f"{place}/{one.id}/withdraw", why, form=browser.page(f"{place}/{one.id}"))
    assert gone.status_code == 303
    assert [(each.title, each.what) for each in rows(scanned)] == [("Too", "map")]
    assert "it said “Two” and says “Too” now" in browser.page(f"/cases/{case_id}/attachments").text
    assert scanned.browser("csc_mash").get(f"{place}/{two.id}").status_code == 404, "who does not write it"
    with reading(scanned.services.engine) as connection:
        keys = sa.select(OutboxRow.key).where(OutboxRow.key.contains("amended"))
        assert connection.execute(keys).scalars().first(), "those with a part are told"
    with writing(scanned.services.engine) as connection:
        found = erasing.find(connection, case_id)
        assert found is not None
        erasing.erase(connection, found, proposed_by="a", approved_by="b", basis="due", now=scanned.clock())
    assert rows(scanned) == []


def test_a_file_goes_with_a_bundle_once_somebody_has_looked_it_through(scanned: Site) -> None:
    case_id = scanned.opened()
    send(scanned, case_id, PDF, title="For the court")
    make_worker(scanned.services).scan()
    browser = scanned.browser(WHO)
    typed = {"recipient": "Rosa Example, Example Court", "basis": "court_order", "classes": ["D2"]}
    place = made(browser, f"/bundles/case/{case_id}", typed)
    assert "Nobody has looked through this file yet" in browser.page(place).text
    at = number_of(browser, place, "For the court")
    refused = browser.send(f"{place}/seal", {"read": "yes"}, form=browser.page(place))
    assert (refused.status_code, "A file in it was not looked through" in refused.text) == (409, True)
    assert browser.get(f"{place}/{at}/file").data == PDF
    assert browser.send(f"{place}/{at}/back", form=browser.page(f"{place}/{at}")).status_code == 303
    assert sealed(browser, place)[f"attachment-{rows(scanned)[0].id}.pdf"].encode() == PDF
