"""Somebody leaves: what they have open ends at the next request, on every link, and no child waits for who has gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from flask_login.utils import encode_cookie

from engine.store import reading, writing
from notifications import outbox
from notifications.message import Message
from notifications.outbox import OutboxRow
from tests.contracts.test_smtp import Postbox
from tests.web.site import Site
from tests.web.test_administration import act, add
from tests.web.test_administration import link as link_to_password
from tests.web.test_notices import sent, tell
from web import sessions
from web.assembly import make_worker
from web.mail_sink import free_port
from workflows import alerts, on_call, people
from workflows.administration import ADMINISTRATOR, Desk
from workflows.people import Membership

SCHOOL, READER, READERS_MAIL = "example_academy", "school_dsl", "school_dsl@example-academy.example"
SENDER, FORCE = "mfh_coordinator", "example_police"
TELL_ELSE = "Tell somebody else: the reader of a notice has left"
TYPED = {"name": "Rosa Example"}


def change(site: Site, by: str, deed: Callable[[Desk], None]) -> None:
    """Do something as an administrator does, whose name is `by`."""
    with writing(site.services.engine) as connection:
        deed(Desk(connection, people.find(connection, by).actor, "https://h.example", site.wall_clock()))


@pytest.fixture
def office(site: Site) -> Site:
    """A site whose school has an administrator, and whose force has a second co-ordinator."""
    told = {"head": (ADMINISTRATOR, SCHOOL), "other_coordinator": (SENDER, FORCE)}
    with writing(site.services.engine) as connection:
        for sign_in, (role, where) in told.items():
            held, mail = [Membership(role, where)], f"{sign_in}@example.org"
            people.add(
                connection, sign_in, name="A Sample", mail=mail, password=None, memberships=held, now=site.clock()
            )
    return site


def leaves(site: Site, sign_in: str, by: str = ADMINISTRATOR) -> None:
    change(site, by, lambda desk: desk.disable(sign_in, "Has left."))


def comes_back(site: Site, sign_in: str, by: str = ADMINISTRATOR) -> None:
    change(site, by, lambda desk: desk.enable(sign_in, "Came back."))


def mails_about(site: Site, case_id: str) -> int:
    with reading(site.services.engine) as connection:
        mails = sa.select(sa.func.count()).where(OutboxRow.key.startswith(f"{case_id}/1/notice"))
        return int(connection.execute(mails).scalar_one())


def test_disabling_takes_effect_at_the_next_request_and_on_every_link(office: Site) -> None:
    add(office, roles=["procedure_editor"])
    newcomer, invitation = "nadia.newcomer", link_to_password(office)
    case_id, engine = office.opened(), office.services.engine
    path, code = sent(office, case_id, mail="nadia@example-police.example", works_for="Example Police")
    browser = office.browser(newcomer)
    page = browser.get("/tasks")
    assert page.status_code == 200
    kept = {cookie.partition("=")[0] for cookie in page.headers.getlist("Set-Cookie")}
    assert kept == {office.app.config["SESSION_COOKIE_NAME"]}, "no cookie outlives the session"
    assert office.browser().get(invitation).status_code == 200
    act(office, newcomer, "disable")
    assert browser.get("/tasks").status_code == 302
    assert office.browser().get(invitation).status_code == 404
    assert office.browser().post(path, data=TYPED | {"code": code}).status_code == 422
    token = sessions.begin(engine, newcomer, "", check=lambda *_: True, now=office.wall_clock())
    forged = office.browser()
    with office.app.app_context():
        forged.set_cookie("remember_token", encode_cookie(token))
    assert forged.get("/tasks").status_code == 302
    act(office, newcomer, "enable")
    assert browser.get("/tasks").status_code == 302
    assert office.browser().get(invitation).status_code == 404


def test_a_notice_whose_reader_has_left_opens_nothing_and_is_at_once_a_task_of_the_senders_role(office: Site) -> None:
    """A link that was sent to a teacher went on to open for 72 hours after the school had closed the account."""
    case_id = office.opened()
    path, code = sent(office, case_id, mail=READERS_MAIL.upper())
    assert TELL_ELSE not in office.browser("other_coordinator").page("/tasks").text
    leaves(office, READER, by="head")
    shut = office.browser().post(path, data=TYPED | {"code": code})
    never = office.browser().post("/notice/" + "x" * 43, data=TYPED | {"code": code})
    assert (shut.status_code, shut.text.replace(path, "")) == (422, never.text.replace("/notice/" + "x" * 43, ""))
    tasks = office.browser("other_coordinator").page("/tasks").text
    assert TELL_ELSE in tasks
    assert "Nobody reads it" in tasks
    assert TELL_ELSE not in office.browser("call_taker").page("/tasks").text
    listed = office.browser(SENDER).page(f"/cases/{case_id}/notices").text
    assert "Reader has left" in listed
    assert "Tell somebody else there" in listed
    make_worker(office.services).chase()
    assert mails_about(office, case_id) == 1, "nothing more goes to who has left"
    again = tell(office, case_id, mail=READERS_MAIL)
    assert again.status_code == 422
    assert "Find out who does their work now" in again.text
    comes_back(office, READER, by="head")
    assert office.browser().post(path, data=TYPED | {"code": code}).status_code == 200


def test_who_has_left_after_opening_a_notice_says_no_more_that_it_was_read(office: Site) -> None:
    case_id = office.opened()
    path, code = sent(office, case_id, mail=READERS_MAIL)
    opened = office.browser().post(path, data=TYPED | {"code": code})
    receipt = opened.text.partition('name="receipt" value="')[2].partition('"')[0]
    assert receipt
    leaves(office, READER, by="head")
    assert office.browser().post(f"{path}/read", data={"receipt": receipt}).status_code == 422
    assert TELL_ELSE in office.browser(SENDER).page("/tasks").text


@pytest.fixture
def sending(office: Site) -> Iterator[tuple[Site, Postbox]]:
    """The office with a real mail server, to which its worker sends."""
    postbox, port = Postbox(), free_port()
    server = Controller(postbox, hostname="127.0.0.1", port=port)
    server.start()
    settings = replace(office.services.settings, smtp_host="127.0.0.1", smtp_port=port)
    yield replace(office, services=replace(office.services, settings=settings)), postbox
    server.stop()


def dropped(site: Site) -> list[str]:
    with reading(site.services.engine) as connection:
        asked = sa.select(OutboxRow.recipient).where(OutboxRow.status == "dropped")
        return list(connection.execute(asked.where(OutboxRow.last_error == outbox.HAS_LEFT)).scalars())


def test_a_mail_that_waits_for_who_has_left_never_leaves_and_the_others_of_the_role_are_told(
    sending: tuple[Site, Postbox],
) -> None:
    """The mail server was down when the mails were written to each of the role; one of them left before it came back."""
    site, postbox = sending
    worker, mine, own = make_worker(site.services), f"{SENDER}@example.org", "own@example.org"
    with writing(site.services.engine) as connection:
        connection.execute(sa.update(people.PersonRow).where(people.PersonRow.sign_in == SENDER).values(mail=mine))
        told = Message("MC-22222222/1/x", alerts.group((SENDER,), FORCE), "MC-22222222: to do", "Text")
        alone = Message("MC-22222222/2/x", mine, "MC-22222222: for one", "Text")
        stranger = Message("MC-22222222/3/x", own, "MC-22222222: to nobody of ours", "Text")
        outbox.record(connection, [told, alone, stranger], site.clock())
    postbox.answers["RCPT"] = "451 later"
    worker.send()
    assert postbox.taken == []
    leaves(site, SENDER, by=ADMINISTRATOR)
    with writing(site.services.engine) as connection:
        held = [Membership(SENDER, FORCE)]
        people.add(
            connection, "new", name="New", mail="new@example.org", password=None, memberships=held, now=site.clock()
        )
    postbox.answers.clear()
    site.clock.forward(minutes=10)
    for _ in range(2):
        worker.send()
    assert sorted(str(mail["To"]) for mail in postbox.taken) == [
        "new@example.org",
        "other_coordinator@example.org",
        own,
    ]
    assert dropped(site) == [mine, mine]
    assert (
        "Not sent, the account of the recipient is disabled" in site.browser("administrator").page("/operations").text
    )


def test_a_text_to_the_telephone_of_who_has_left_does_not_leave(office: Site) -> None:
    now = office.clock()
    entry = {"begins_at": now, "ends_at": now + timedelta(hours=8), "mobile": "+447700900123", "pager": "4711"}
    with writing(office.services.engine) as connection:
        row = {
            "organisation": FORCE,
            "role": SENDER,
            "person": SENDER,
            "entered_by": "x",
            "entered_at": now,
            "key": "1",
        }
        connection.execute(sa.insert(on_call.OnCallRow).values(**row, **entry))
        for address in ("sms:+447700900123", "pager:4711"):
            assert not alerts.has_left(connection, address)
    leaves(office, SENDER)
    with reading(office.services.engine) as connection:
        assert alerts.has_left(connection, "sms:+447700900123")
        assert alerts.has_left(connection, "pager:4711")
        assert not alerts.has_left(connection, "sms:+447700900999")


def test_a_mailbox_that_two_share_has_not_left_with_one_of_them(office: Site) -> None:
    with writing(office.services.engine) as connection:
        held = [Membership(READER, SCHOOL)]
        name, now = "second_lead", office.clock()
        people.add(connection, name, name="A", mail=READERS_MAIL, password=None, memberships=held, now=now)
    path, code = sent(office, office.opened(), mail=READERS_MAIL)
    leaves(office, READER, by="head")
    assert office.browser().post(path, data=TYPED | {"code": code}).status_code == 200


def test_a_notice_outlives_the_account_of_its_sender_and_says_whom_to_ask(office: Site) -> None:
    """A child is not less in danger when an officer moves on: the school opens the link, and the role hears what becomes of it."""
    case_id = office.opened()
    path, code = sent(office, case_id)
    leaves(office, SENDER)
    opened = office.browser().post(path, data=TYPED | {"code": code})
    assert opened.status_code == 200
    assert "who has left: ask for a missing from home co-ordinator" in opened.text
    assert "Opened" in office.browser("other_coordinator").page(f"/cases/{case_id}/notices").text


@pytest.mark.parametrize("alone", [False, True])
def test_what_nobody_read_goes_to_the_role_of_a_sender_who_left_and_to_those_on_duty_without_one(
    office: Site, *, alone: bool
) -> None:
    case_id = office.opened()
    sent(office, case_id)
    leaves(office, SENDER)
    if alone:
        leaves(office, "other_coordinator")
    worker, words = make_worker(office.services), "Ring a partner who has not read a notice"
    for _ in range(2):
        office.clock.forward(hours=80)
        worker.chase()
    told = [who for who in ("other_coordinator", "duty_inspector", "call_taker") if _reads(office, who, words)]
    assert told == (["duty_inspector"] if alone else ["other_coordinator"])


def _reads(site: Site, who: str, words: str) -> bool:
    answer = site.browser(who).get("/tasks")
    return answer.status_code == 200 and words in answer.text
