"""Public protection's part as pages and mails: what it decides on, whom it tells, and what happens without its view."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from engine import timers
from engine.model import Actor
from engine.store import CaseTable, TaskTable, reading
from notifications.outbox import OutboxRow
from tests.web.population import Population, play
from tests.web.site import Site
from workflows.about import FLAG
from workflows.children import ChildFlagRow


def mails(site: Site) -> list[tuple[str, str, str]]:
    """Give recipient, subject and text of everything in the outbox, in the order in which it was written."""
    with reading(site.services.engine) as connection:
        rows = connection.execute(sa.select(OutboxRow.recipient, OutboxRow.subject, OutboxRow.text, OutboxRow.key))
        return [
            (row.recipient.partition(" in ")[0], row.subject, row.text)
            for row in sorted(rows, key=lambda row: int(row.key.split("/")[1]))
        ]


def open_task(site: Site, case_id: str, element: str) -> str:
    """Give the address of an open task."""
    task = TaskTable
    asked = sa.select(task.number).where(task.case_id == case_id, task.element == element, task.status == "open")
    with reading(site.services.engine) as connection:
        return f"/tasks/{case_id}.{connection.execute(asked).scalar_one()}"


@pytest.fixture
def child(site: Site) -> tuple[Population, str]:
    """A child of whom the risk questions say that sexual exploitation is suspected, graded high."""
    made = play(site.services, cases=0, until=site.clock(), days=1, seed=1)
    case_id, now = site.opened(), site.clock()
    for element, answers in (
        ("acknowledge_handover", {}),
        ("complete_missing_report", {}),
        ("match_child", {}),
        ("assess_risk", {"ra_exploitation": "yes"}),
        ("decide_risk_grade", {"level": "high"}),
    ):
        made.do(case_id, element, now, **answers)
    return made, case_id


def test_the_page_says_which_exploitation_and_which_sign_was_seen_when_and_by_whom(
    site: Site, child: tuple[Population, str]
) -> None:
    _made, case_id = child
    page = site.browser("ppu_cse_unit").page(open_task(site, case_id, "decide_on_sign"))
    rows = page.select("details.hw-fold[open]")[0].select(".govuk-summary-list__row")
    said = {row.dt.text.strip(): row.dd.text.strip() for row in rows if row.dt and row.dd}
    assert said["Kind"] == "Child sexual exploitation"
    assert said["Seen"].startswith("The risk questions: 2 March 2026 at ")
    assert ", by " in said["Seen"]
    assert page.select("form [name=flag]") == [], "it is told, not asked"


def test_what_it_tells_the_search_reaches_those_who_lead_it_at_once_and_no_subject_tells_of_exploitation(
    site: Site, child: tuple[Population, str]
) -> None:
    made, case_id = child
    before = len(mails(site))
    made.do(case_id, "decide_on_sign", site.clock(), for_the_search="Look at the car park by the river.")
    told = [mail for mail in mails(site)[before:] if "something new for the search" in mail[1]]
    assert [recipient for recipient, _subject, _text in told] == ["holders of duty_inspector,locate_sergeant"]
    assert told[0][1] == f"URGENT {case_id}: something new for the search"
    assert "car park" not in told[0][2]
    timers.sweep(site.services.cases, now=site.clock() + timedelta(hours=3))
    assert not [subject for _to, subject, _text in mails(site) if "exploitation" in subject.lower()]
    heading = site.browser("locate_sergeant").page(f"/cases/{case_id}").text
    assert "number cse" not in heading


def test_a_flag_that_has_ended_and_is_put_right_has_a_life_again(site: Site, child: tuple[Population, str]) -> None:
    """A no that was put right raised the flag at the next report, and nobody ever looked at it again."""
    made, case_id = child
    cases, unit = site.services.cases, Actor("ppu_cse_unit", frozenset({"ppu_cse_unit"}), "police")

    def lives() -> list[str]:
        timers.sweep(cases, now=site.clock())
        flag = (
            sa.select(CaseTable.status).where(CaseTable.procedure == FLAG).order_by(CaseTable.opened_at, CaseTable.id)
        )
        with reading(site.services.engine) as connection:
            return sorted(connection.execute(flag).scalars())

    def put_right(about: str, record: str, key: str, **said: str) -> None:
        cases.correct(about, record, key, said, by=unit, now=site.clock(), key=f"{about} {said}", reason="Misread.")

    made.do(case_id, "decide_on_sign", site.clock(), confirmed="no")
    assert lives() == ["closed"]
    put_right(case_id, "protection_decision", "cse", confirmed="yes")
    assert lives() == ["closed", "open"]
    (flag,) = made._open("review_flag")
    put_right(case_id, "protection_decision", "cse", reason="The friend of the child has told us of it.")
    assert lives() == ["closed", "open"], "other words decide nothing"
    for word in ("yes", "no"):
        made.do(flag, "review_flag", site.clock(), confirmed=word)
    assert lives() == ["closed", "closed"]
    put_right(flag, "flag_decided", "1", confirmed="suspected")
    assert lives() == ["closed", "closed"], "what was put right is not what stands"
    put_right(flag, "flag_decided", "2", confirmed="yes")
    assert lives() == ["closed", "closed", "open"]
    put_right(case_id, "protection_decision", "cse", confirmed="no")
    assert lives() == ["closed"] * 3, "a flag that was wrong is not looked at any more"
    with reading(site.services.engine) as connection:
        stands = sa.select(ChildFlagRow.flag).where(ChildFlagRow.until.is_(None), ChildFlagRow.flag == "cse")
        assert not connection.execute(stands).all()


def test_nobody_is_told_where_there_is_nothing_for_the_search(site: Site, child: tuple[Population, str]) -> None:
    made, case_id = child
    made.do(case_id, "decide_on_sign", site.clock(), for_the_search="")
    assert not [subject for _to, subject, _text in mails(site) if "for the search" in subject]


def test_a_view_that_was_not_given_in_time_is_told_to_both_and_the_copy_says_whose_task_it_is(
    site: Site, child: tuple[Population, str]
) -> None:
    made, case_id = child
    made.do(case_id, "propose_regrade", site.clock(), by="locate_sergeant", level="medium")
    for minutes in (31, 61, 125):
        timers.sweep(site.services.cases, now=site.clock() + timedelta(minutes=minutes))
    late = [mail for mail in mails(site) if "the time for a view is over" in mail[1]]
    assert [recipient for recipient, _subject, _text in late] == ["holders of duty_inspector,ppu_cse_unit"]
    copies = [
        text for to, _subject, text in mails(site) if "chief_inspector_missing" in to and "public protection" in text
    ]
    assert copies
    assert all(
        "Whose task it is: Public protection and exploitation unit, since 2 March 2026" in text for text in copies
    )


def test_the_inspector_gets_one_mail_about_the_hand_over_at_once(site: Site) -> None:
    case_id = site.opened()
    site.sweep()
    told = [subject for to, subject, _text in mails(site) if to == "holders of duty_inspector" and case_id in subject]
    assert len([subject for subject in told if "hand-over" in subject]) == 1


def rows_of(site: Site, case_id: str, role: str) -> dict[str, str]:
    """Give the summary of a case as a role reads it."""
    page = site.browser(role).page(f"/cases/{case_id}")
    rows = page.select(".govuk-summary-list__row")
    return {row.dt.text.strip(): row.dd.text.strip() for row in rows if row.dt and row.dd}


def test_the_case_says_that_the_hour_for_a_view_ran_out_and_who_decided_without_it(
    site: Site, child: tuple[Population, str]
) -> None:
    made, case_id = child
    made.do(case_id, "endorse_as_inspector", site.clock())
    made.do(case_id, "propose_regrade", site.clock(), by="locate_sergeant", level="medium")
    assert "Exploitation view" not in rows_of(site, case_id, "duty_inspector")
    later = site.clock() + timedelta(minutes=61)
    timers.sweep(site.services.cases, now=later)
    words = rows_of(site, case_id, "duty_inspector")["Exploitation view"]
    assert words.startswith("Not given: the hour for it ran out on 2 March 2026 at ")
    assert words.endswith("The inspector decides without it")
    made.do(case_id, "approve_downgrade", later, by="duty_inspector", without_view="The unit is at an arrest.")
    words = rows_of(site, case_id, "duty_inspector")["Exploitation view"]
    assert "Decided without it on 2 March 2026 at " in words
    assert "Exploitation view" not in rows_of(site, case_id, "csc_mash")


def test_a_lower_grade_that_waits_stands_on_each_task_of_its_case(site: Site, child: tuple[Population, str]) -> None:
    made, case_id = child
    inspector = site.browser("duty_inspector")
    assert "Lower grade waits" not in inspector.page("/tasks").text
    made.do(case_id, "propose_regrade", site.clock(), by="locate_sergeant", level="medium")
    lines = [line.text for line in inspector.page("/tasks").select(".govuk-task-list__item")]
    assert lines
    assert all("Lower grade waits" in line for line in lines)


def test_the_search_is_not_told_once_the_child_is_back(site: Site, child: tuple[Population, str]) -> None:
    made, case_id = child
    made.do(case_id, "record_return", site.clock())
    page = site.browser("ppu_cse_unit").page(open_task(site, case_id, "decide_on_sign"))
    assert page.select("[name=for_the_search]") == []
    made.do(case_id, "decide_on_sign", site.clock(), for_the_search="Look at the car park by the river.")
    assert not [subject for _to, subject, _text in mails(site) if "for the search" in subject]
