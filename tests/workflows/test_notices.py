"""Notices to partners: a link is opened once, by a named person with the code, and nothing else opens it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from engine import release as engine_release
from engine.errors import Invalid
from engine.model import Actor, Facts
from engine.store import reading, writing
from notifications.outbox import OutboxRow
from workflows import catalogue, disclosures, notice_kinds, notices, people
from workflows.agencies import ROLES
from workflows.audience import audience
from workflows.disclosures import DisclosureRow
from workflows.notice_kinds import KINDS, WHEN
from workflows.notices import ATTEMPTS, Notice, NoticeRow, Sent, Wanted
from workflows.operations import OPERATIONS
from workflows.seals import SealRow
from workflows.vocabulary import DATA_CLASS, DISCLOSURE_BASIS

CASE = "MC-7K3QX9PW"
BY = Actor("anna.lee", frozenset({"mfh_coordinator"}), "example_police")
WANTED = Wanted("Rosa Example", "Example Academy", "rosa@academy.example", "01632 960 118", "school_or_health")
SCHOOL = KINDS["school_notice"]


def send(
    engine: sa.Engine, now: datetime, wanted: Wanted = WANTED, kind: str = "school_notice", key: str = "1"
) -> Sent:
    with writing(engine) as connection:
        where = {"account": "", "base_url": "https://h.example", "classes": {"D1", "D2"}}
        return notices.send(connection, KINDS[kind], CASE, wanted, by=BY, now=now, key=key, **where)  # type: ignore[arg-type]


def token_of(engine: sa.Engine) -> str:
    """Read the newest link out of its mail, as the partner does."""
    with reading(engine) as connection:
        asked = sa.select(OutboxRow.text).where(OutboxRow.key.endswith("/notice")).order_by(OutboxRow.id.desc())
        text = connection.execute(asked).scalars().first()
    return next(line for line in str(text).splitlines() if line.startswith("https://")).rpartition("/")[2]


def redeem(engine: sa.Engine, token: str, code: str, now: datetime) -> notices.Opened | None:
    with writing(engine) as connection:
        return notices.redeem(connection, token, code, "Rosa Example", now=now)


def the_one(engine: sa.Engine) -> Notice:
    with reading(engine) as connection:
        return notices.of_case(connection, CASE)[0]


def at_once(*works: Callable[[], object]) -> list[object]:
    """Run in threads that begin at the same moment, and give what each gave."""
    together, found = threading.Barrier(len(works)), list[object]()

    def run(work: Callable[[], object]) -> None:
        together.wait()
        found.append(work())

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_a_link_opens_once_with_its_code_and_both_are_disclosures(engine: sa.Engine, now: datetime) -> None:
    sent = send(engine, now)
    token = token_of(engine)
    spoken = f" {sent.code[:3].lower()}-{sent.code[3:].lower()} "
    opened = redeem(engine, token, spoken, now)
    assert opened is not None
    assert redeem(engine, token, sent.code, now) is None
    assert the_one(engine).opened_by == "Rosa Example"
    with reading(engine) as connection:
        given = disclosures.of(connection, [CASE], roles=["mfh_coordinator"])
    assert [each.what.rpartition(": ")[2] for each in given] == ["opened", "sent"]
    assert {each.given_by for each in given} == {"anna.lee"}


def test_after_five_wrong_codes_the_right_one_opens_nothing(engine: sa.Engine, now: datetime) -> None:
    sent = send(engine, now)
    token = token_of(engine)
    assert [redeem(engine, token, "000000", now) for _ in range(ATTEMPTS)] == [None] * ATTEMPTS
    assert redeem(engine, token, sent.code, now) is None


@pytest.mark.parametrize("late", [timedelta(0), timedelta(days=1)])
def test_a_link_that_has_run_out_opens_nothing(engine: sa.Engine, now: datetime, late: timedelta) -> None:
    sent = send(engine, now)
    assert redeem(engine, token_of(engine), sent.code, now + notices.LASTS + late) is None


def test_a_withdrawn_link_opens_nothing_and_its_mail_does_not_leave(engine: sa.Engine, now: datetime) -> None:
    sent = send(engine, now)
    token, notice = token_of(engine), the_one(engine)
    with writing(engine) as connection:
        with pytest.raises(Invalid):
            notices.withdraw(connection, notice, " ", by=BY, now=now)
        notices.withdraw(connection, notice, "Wrong school", by=BY, now=now)
    assert redeem(engine, token, sent.code, now) is None
    with reading(engine) as connection:
        assert connection.execute(sa.select(OutboxRow.key)).all() == []
    assert the_one(engine).withdrawn_why == "Wrong school"


def test_of_two_who_open_at_once_one_does(engine: sa.Engine, now: datetime) -> None:
    sent = send(engine, now)
    token = token_of(engine)
    opened = at_once(*[lambda: redeem(engine, token, sent.code, now)] * 4)
    assert sum(one is not None for one in opened) == 1
    with reading(engine) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(DisclosureRow)).scalar_one() == 2


def test_guesses_at_the_same_moment_are_all_counted(engine: sa.Engine, now: datetime) -> None:
    send(engine, now)
    token = token_of(engine)
    at_once(*[lambda: redeem(engine, token, "000000", now)] * 8)
    assert the_one(engine).attempts == ATTEMPTS


def test_it_is_acknowledged_by_who_opened_it_and_the_second_time_changes_nothing(
    engine: sa.Engine, now: datetime
) -> None:
    sent = send(engine, now)
    token = token_of(engine)
    opened = redeem(engine, token, sent.code, now)
    assert opened is not None
    for receipt, at, known in (
        ("", now, False),
        ("guessed", now, False),
        (opened.receipt, now, True),
        (opened.receipt, now + timedelta(hours=1), True),
    ):
        with writing(engine) as connection:
            assert notices.acknowledge(connection, token, receipt, now=at) is known
    assert the_one(engine).acknowledged_at == now


def test_what_nobody_acknowledges_is_sent_again_once_by_whichever_worker(engine: sa.Engine, now: datetime) -> None:
    sent = send(engine, now)
    assert SCHOOL.within is not None
    assert notices.chase(engine, now + SCHOOL.within - timedelta(seconds=1)) == 0
    late = now + SCHOOL.within
    assert sorted(map(str, at_once(*[lambda: notices.chase(engine, late)] * 2))) == ["0", "1"]
    with reading(engine) as connection:
        texts = connection.execute(sa.select(OutboxRow.text)).scalars().all()
    assert len(texts) == 2
    assert len(set(texts)) == 1
    assert redeem(engine, token_of(engine), sent.code, late) is not None


def test_what_was_acknowledged_is_not_chased(engine: sa.Engine, now: datetime) -> None:
    sent = send(engine, now)
    token = token_of(engine)
    opened = redeem(engine, token, sent.code, now)
    assert opened is not None
    with writing(engine) as connection:
        notices.acknowledge(connection, token, opened.receipt, now=now)
    assert notices.chase(engine, now + timedelta(days=2)) == 0


def test_the_same_page_sent_twice_is_one_notice(engine: sa.Engine, now: datetime) -> None:
    send(engine, now)
    with pytest.raises(notices.AlreadySent):
        send(engine, now)
    send(engine, now, key="2")


def test_neither_link_nor_code_is_kept_and_mail_and_text_never_hold_both(engine: sa.Engine, now: datetime) -> None:
    sent = send(engine, now, replace(WANTED, mobile="07700 900 123", text_code=True))
    token = token_of(engine)
    with reading(engine) as connection:
        kept = repr(connection.execute(sa.select(NoticeRow.__table__)).all())
        messages = connection.execute(sa.select(OutboxRow.recipient, OutboxRow.subject, OutboxRow.text)).all()
    assert token not in kept
    assert sent.code not in kept
    assert {each.recipient for each in messages} == {WANTED.mail, "sms:+447700900123"}
    for each in messages:
        said = each.subject + each.text
        assert (token in said) != (sent.code in said)
        assert CASE in said
        assert not {"Rosa", "Academy", "missing", "school"} & set(said.split())


def test_all_problems_are_said_at_once_and_a_parent_is_told_by_a_decision_alone(
    engine: sa.Engine, now: datetime
) -> None:
    with pytest.raises(Invalid) as refused:
        send(engine, now, Wanted("", "", "nobody", "no", "no", mobile="x"), kind="carer_update")
    assert {each.where for each in refused.value.problems} == {
        "person", "works_for", "mail", "ring", "mobile", "basis", "decided_by", "safe"
    }  # fmt: skip
    send(engine, now, replace(WANTED, decided_by="Inspector Example", safe=True), kind="carer_update")
    assert the_one(engine).decided_by == "Inspector Example"


def test_a_link_is_shut_once_a_seal_shuts_its_sender_out(engine: sa.Engine, now: datetime) -> None:
    sent = send(engine, now)
    with writing(engine) as connection:
        values = {"about": CASE, "reason": "x", "sealed_by": "x", "sealed_at": now, "lifted_by": "", "lifted_why": ""}
        connection.execute(sa.insert(SealRow).values(values))
    assert redeem(engine, token_of(engine), sent.code, now) is None
    assert the_one(engine).opened_at is None


def test_a_link_dies_with_the_account_of_its_reader_and_what_it_said_is_due_at_once(
    engine: sa.Engine, now: datetime
) -> None:
    sent, inspector = send(engine, now), Actor("duty", frozenset({"duty_inspector"}), "example_police")
    with writing(engine) as connection:
        people.add(connection, "rosa", name="Rosa Example", mail="Rosa@academy.example", password=None, now=now)
        assert notices.overdue(connection, audience(connection, BY, now), now) == ()
        people.disable(connection, "rosa", now)
        notices.let_go(connection)
        assert [each.left for each in notices.overdue(connection, audience(connection, BY, now), now)] == [True]
        assert notices.overdue(connection, audience(connection, inspector, now), now), "nobody active holds the role"
    assert redeem(engine, token_of(engine), sent.code, now) is None
    assert notices.chase(engine, now + timedelta(days=2)) == 0
    with writing(engine) as connection:
        people.enable(connection, "rosa")
    assert redeem(engine, token_of(engine), sent.code, now) is not None


def test_an_erased_case_has_no_notices_and_their_links_end(engine: sa.Engine, now: datetime) -> None:
    sent = send(engine, now)
    token = token_of(engine)
    with writing(engine) as connection:
        assert notices.forget(connection, [CASE]) == 1
    assert redeem(engine, token, sent.code, now) is None


def test_every_kind_speaks_our_words_and_shows_no_class_that_it_never_includes() -> None:
    release = engine_release.check(catalogue.files("missing_child"), tuple(ROLES), OPERATIONS)
    asked = {(record, each.key) for record, form in release.forms_by_record.items() for each in form.fields}
    made = {("known", "age"), ("known", "flags")}
    assert {kind.id for kind in KINDS.values()} == {"N2", "N3", "N4", "N6", "N7", "N9", "N10", "N11"}
    for kind in KINDS.values():
        assert kind.senders <= set(ROLES)
        assert kind.never <= set(DATA_CLASS)
        assert kind.basis in DISCLOSURE_BASIS
        assert kind.when in WHEN
        assert {place for line in kind.shows for place in line.places} <= asked | made
        assert kind.classes(release).isdisjoint(kind.never)
    assert set(ROLES) >= notice_kinds.SENDERS


def test_what_is_not_known_of_a_carer_counts_as_a_danger() -> None:
    release = engine_release.check(catalogue.files("missing_child"), tuple(ROLES), OPERATIONS)
    safe: Facts = {
        "risk_assessment": {"": dict.fromkeys(notice_kinds.DANGER, "no")},
        "missing_notice": {"": {"carer_may_be_told": "yes"}},
    }
    assert notice_kinds.dangers(safe, release) == ()
    assert len(notice_kinds.dangers({}, release)) == 4
    flagged: Facts = {**safe, "known": {"": {"flags": ["carer_known_risk"]}}}
    assert notice_kinds.dangers(flagged, release) == ("There is a flag: known risk from a carer.",)
