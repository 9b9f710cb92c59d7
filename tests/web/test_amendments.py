"""What stands beside the cases is put right or withdrawn in one way: old and new stay, those with a part and with copies are told."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from engine.model import Actor
from engine.store import ReadTable, reading, writing
from notifications.outbox import OutboxRow
from tests.web.site import Browser, Site
from tests.web.test_bundles import made, sealed
from tests.web.test_copies import owed
from tests.web.test_philomena import CARER, PERSON, written
from tests.web.test_photographs import file, send
from tests.web.test_search import reported
from tests.web.test_trigger_plans import do
from workflows import (
    amendments,
    concerns,
    cutover,
    disclosures,
    erasing,
    kept_things,
    photographs,
    retention_periods,
    verification,
)
from workflows.amendments import AmendmentRow
from workflows.children import ChildFlagRow, flags_of
from workflows.disclosures import Copy
from workflows.photographs import PhotographRow
from workflows.trigger_plans import of_child

CHILD = next(cutover._ids("A-1"))
WHY = "The neighbour had mixed them up."
FLAGS = "child,flag,since,until,source\nA-1,cse,2025-01-05,,Old force\nA-1,violence,2025-02-05,,Old force\n"
PLANS = "child,version,valid_from,summary,immediate_tasks,known_people,known_places,contact_rules,what_works\nA-1,3,2025-01-07 09:00,Goes to the skate park,Ring the aunt,Uncle Sam,,,\n"
SHEETS = {"children": "reference,name,born_on\nA-1,Robin Example,2012-05-03\n", "flags": FLAGS, "plans": PLANS}


@pytest.fixture
def case_id(site: Site) -> str:
    """A child who came with flags and a plan from before, and whose case of ours is open."""
    assert brought_in(site) == {"taken": 4}
    found = reported(site, "Robin Example", date(2012, 5, 3), matched=False)
    do(site, found, "complete_missing_report", child_full_name="Robin Example", date_of_birth=date(2012, 5, 3))
    do(site, found, "match_child", child=CHILD)
    return found


def brought_in(site: Site, **changed: str) -> dict[str, int]:
    """Bring the files in, and count what became of the rows."""
    files = {name: (f"{name}.csv", text.encode()) for name, text in {**SHEETS, **changed}.items()}
    report = cutover.bring_in(site.services.engine, files, now=site.clock())
    return dict(Counter(line.verdict for line in report.lines))


def noted(site: Site, case_id: str, data_class: str = "D5", **said: str) -> None:
    """Note somebody of concern to the child."""
    by = Actor("ppu_cse_unit", frozenset({"ppu_cse_unit"}))
    typed = {"kind": "person", "risk": "high", "name": "Old name", **said, "data_class": data_class}
    with writing(site.services.engine) as connection:
        concerns.add(connection, CHILD, typed, None, may={data_class}, by=by, now=site.clock())


def things(site: Site, case_id: str, kind: str) -> list[kept_things.Kept]:
    with reading(site.services.engine) as connection:
        refs = kept_things.refs_of(connection, CHILD)
        return [each for each in kept_things.of(connection, refs) if each.kind == kind]


def address(site: Site, case_id: str, kind: str, title: str = "") -> str:
    (found,) = (each for each in things(site, case_id, kind) if title in each.title)
    return f"/children/{CHILD}/amend/{kind}/{found.key}"


def amended(browser: Browser, place: str, **typed: str) -> Any:
    """Put something right as a person does who changes one answer of the page."""
    page = browser.page(place)
    form = page.select("main form")[0]
    shown = {str(each["name"]): str(each.get("value") or "") for each in form.select("input:not([type=radio])")}
    shown |= {str(each["name"]): str(each["value"]) for each in form.select("input[type=radio][checked]")}
    shown |= {str(each["name"]): each.text.strip() for each in form.select("textarea")}
    return browser.post(str(form["action"]), data=shown | {"why": WHY} | typed)


def withdrawn(browser: Browser, place: str, why: str = WHY) -> Any:
    return browser.send(f"{place}/withdraw", {"why": why}, form=browser.page(place))


def given(
    site: Site, case_id: str, to: str, *about: str, classes: frozenset[str] = frozenset({"D1", "D3", "D5"})
) -> None:
    """Note that somebody was given a copy; by itself of the child's page."""
    by = Actor("mfh_coordinator", frozenset({"mfh_coordinator"}), "example_police")
    with writing(site.services.engine) as connection:
        disclosures.note_disclosure(
            connection, about=about or (CHILD,), to=to, what="All", basis="court_order", by=by,
            now=site.clock(), copy=Copy("print", classes, role="mfh_coordinator"),
        )  # fmt: skip


def mails(site: Site, part: str) -> list[str]:
    with reading(site.services.engine) as connection:
        asked = sa.select(OutboxRow.recipient).where(OutboxRow.key.contains(part)).order_by(OutboxRow.recipient)
        return list(connection.execute(asked).scalars())


# People and places of concern -------------------------------------------------------------------------------------------


def test_a_person_of_concern_is_put_right_and_old_and_new_stay_with_who_when_and_why(site: Site, case_id: str) -> None:
    noted(site, case_id, whereabouts="12 Example Street")
    given(site, case_id, "A court")
    site.clock.forward(hours=1)
    sergeant = site.browser("locate_sergeant")
    place = address(site, case_id, "concern")
    assert amended(sergeant, place, whereabouts="21 Example Street").status_code == 303
    text = sergeant.page(f"/children/{CHILD}").text
    assert "Where?: it said “12 Example Street” and says “21 Example Street” now" in text
    assert f"Why: {WHY}" in text
    assert things(site, case_id, "concern")[0].said["whereabouts"] == "21 Example Street"
    assert [each.recipient for each in owed(site)] == ["A court"]
    assert "Tell somebody that a copy is no longer right" in site.browser("mfh_coordinator").page("/tasks").text
    assert "locate_sergeant" in repr(mails(site, "/amended/"))
    with reading(site.services.engine) as connection:
        looks = sa.select(ReadTable.purpose).where(ReadTable.person == "locate_sergeant", ReadTable.case_id == CHILD)
        assert "casework, put right" in connection.execute(looks).scalars().all()


def test_what_was_put_right_is_read_by_the_class_of_what_it_is_about(site: Site, case_id: str) -> None:
    noted(site, case_id, "D4")
    unit = site.browser("ppu_cse_unit")
    assert amended(unit, address(site, case_id, "concern"), name="Right name").status_code == 303
    page = f"/children/{CHILD}"
    for role, sees in (("ppu_cse_unit", True), ("locate_sergeant", True), ("call_taker", False), ("csc_mash", False)):
        text = site.browser(role).page(page).text
        assert ("Right name" in text, WHY in text, "Old name" in text) == (sees,) * 3, role
    assert site.browser("locate_sergeant").get(address(site, case_id, "concern")).status_code == 404, (
        "reads, writes not"
    )
    told = " ".join(mails(site, "/amended/"))
    assert "csc" not in told
    assert "call_taker" not in told


def test_all_that_is_wrong_is_said_at_once_and_nothing_typed_is_lost(site: Site, case_id: str) -> None:
    noted(site, case_id)
    browser, place = site.browser("mfh_coordinator"), address(site, case_id, "concern")
    answer = amended(browser, place, name="", since="31/2/2026", detail="A red car", why=" ")
    assert answer.status_code == 422
    for said in ("Name, or a description: enter what is right", "write a real date", "Say why", "A red car"):
        assert said in answer.text
    assert "Nothing on this page is different" in amended(browser, place).text
    assert "must not be in the future" in amended(browser, place, since="1/1/2030").text
    assert things(site, case_id, "concern")[0].said["name"] == "Old name"


def test_nothing_is_overwritten_unseen_and_the_same_page_twice_is_one_change(site: Site, case_id: str) -> None:
    noted(site, case_id)
    place = address(site, case_id, "concern")
    first, second = site.browser("mfh_coordinator"), site.browser("locate_sergeant")
    page = second.page(place)
    hidden = {
        str(each["name"]): str(each["value"]) for each in page.select("main form")[0].select("input[type=hidden]")
    }
    assert amended(first, place, name="Right name").status_code == 303
    typed = {"kind": "person", "risk": "high", "name": "Another name", "since": "2/3/2026", "why": WHY}
    answer = second.post(place, data=hidden | typed)
    assert answer.status_code == 409
    assert "Somebody else has put it right meanwhile" in answer.text
    assert "It says: Right name" in answer.text
    assert "Another name" in answer.text
    page = second.page(place)
    hidden = {
        str(each["name"]): str(each["value"]) for each in page.select("main form")[0].select("input[type=hidden]")
    }
    for _ in range(2):
        assert second.post(place, data=hidden | typed).status_code == 303
    with reading(site.services.engine) as connection:
        names = sa.select(AmendmentRow.after).where(AmendmentRow.question == "name").order_by(AmendmentRow.id)
        assert connection.execute(names).scalars().all() == ["Right name", "Another name"]


def test_a_carer_puts_right_what_the_carer_has_noted_and_nobody_else_does(site: Site, case_id: str) -> None:
    reference = written(site)
    carer = site.browser(CARER)
    page = f"/philomena/{reference}"
    assert carer.send(f"{page}/concerns", PERSON, form=carer.page(page)).status_code == 303
    (link,) = (each for each in carer.page(page).select("main a") if "/amend/" in str(each["href"]))
    assert amended(carer, str(link["href"]), relation="Younger friend").status_code == 303
    assert withdrawn(carer, str(link["href"])).status_code == 303
    assert carer.get(str(link["href"])).status_code == 404
    assert "says “Younger friend” now" in carer.page(page).text
    assert "Withdrawn: Person" in carer.page(page).text
    for role in ("mfh_coordinator", "csc_mash"):
        assert site.browser(role).get(str(link["href"])).status_code == 403


# Imported flags and plans -----------------------------------------------------------------------------------------------


def test_an_imported_flag_is_put_right_by_those_who_write_its_class_and_one_of_exploitation_by_public_protection(
    site: Site, case_id: str
) -> None:
    violence, exploitation = (address(site, case_id, "flag", title) for title in ("iolence", "exploitation"))
    assert amended(site.browser("mfh_coordinator"), violence, until="1/2/2026").status_code == 303
    for role, place in (("mfh_coordinator", exploitation), ("ppu_cse_unit", violence), ("call_taker", violence)):
        assert site.browser(role).get(place).status_code == 404, role
    assert withdrawn(site.browser("ppu_cse_unit"), exploitation).status_code == 303
    with reading(site.services.engine) as connection:
        assert [(each.flag, each.until) for each in flags_of(connection, CHILD)] == [("violence", date(2026, 2, 1))]
    text = site.browser("duty_inspector").page(f"/children/{CHILD}").text
    assert "Withdrawn: Flag: Child sexual exploitation" in text
    assert list(verification.check(site.services.engine)) == []
    verification.rebuild(site.services.engine)
    assert {each.said["flag"] for each in things(site, case_id, "flag")} == {"violence"}


def test_what_was_put_right_or_withdrawn_is_not_brought_back_by_the_old_files(site: Site, case_id: str) -> None:
    assert withdrawn(site.browser("ppu_cse_unit"), address(site, case_id, "flag", "exploitation")).status_code == 303
    violence = address(site, case_id, "flag", "iolence")
    assert amended(site.browser("mfh_coordinator"), violence, since="5/3/2025").status_code == 303
    assert withdrawn(site.browser("mfh_coordinator"), address(site, case_id, "plan")).status_code == 303
    assert brought_in(site) == {"unchanged": 4}
    changed = {"flags": FLAGS.replace("Old force", "Another"), "plans": PLANS.replace("skate park", "tram stop")}
    assert brought_in(site, flags=changed["flags"].replace("2025-02-05", "2025-03-05"), plans=changed["plans"]) == {
        "unchanged": 1,
        "refused": 3,
    }
    assert {each.said["since"] for each in things(site, case_id, "flag")} == {"2025-03-05"}


def test_a_flag_with_which_a_case_has_gone_on_is_decided_on_there(site: Site, case_id: str) -> None:
    with writing(site.services.engine) as connection:
        row = ChildFlagRow
        connection.execute(sa.update(row).where(row.flag == "violence").values(raised_on=date(2026, 3, 1)))
    violence = address(site, case_id, "flag", "iolence")
    assert site.browser("mfh_coordinator").get(violence).status_code == 404
    assert violence not in str(site.browser("mfh_coordinator").page(f"/children/{CHILD}"))


def test_who_holds_a_copy_of_a_case_that_recalled_a_flag_is_told_too(site: Site, case_id: str) -> None:
    noted(site, case_id)
    given(site, case_id, "A school", case_id)
    given(site, case_id, "Of another class", CHILD, classes=frozenset({"D2"}))
    site.clock.forward(hours=1)
    assert amended(site.browser("mfh_coordinator"), address(site, case_id, "concern"), name="Right").status_code == 303
    assert owed(site) == [], "no case recalls who is of concern"
    site.clock.forward(hours=1)
    assert withdrawn(site.browser("mfh_coordinator"), address(site, case_id, "flag", "iolence")).status_code == 303
    assert [each.recipient for each in owed(site)] == ["A school"]


def test_an_imported_plan_is_put_right_part_by_part(site: Site, case_id: str) -> None:
    place, browser = address(site, case_id, "plan"), site.browser("mfh_coordinator")
    assert "write one of" in amended(browser, place, default_risk="terrible").text
    assert amended(browser, place, summary="Goes to the tram stop", warning_markers="Violence").status_code == 303
    with reading(site.services.engine) as connection:
        (plan,) = of_child(connection, CHILD)
    assert (plan["summary"], plan.warnings) == ("Goes to the tram stop", ("violence",))
    assert list(verification.check(site.services.engine)) == []
    assert withdrawn(browser, place).status_code == 303
    page = browser.page(f"/children/{CHILD}").text
    assert "There is no live plan" in page
    assert "Goes to the tram stop" in page


def test_a_withdrawn_flag_is_a_sign_by_which_records_are_kept(site: Site, case_id: str) -> None:
    assert withdrawn(site.browser("ppu_cse_unit"), address(site, case_id, "flag", "exploitation")).status_code == 303
    with reading(site.services.engine) as connection:
        subject = erasing.find(connection, case_id)
        assert subject
        known = retention_periods.known_of(connection, subject)
    assert known
    assert "serious" in known.signs


# A photograph -----------------------------------------------------------------------------------------------------------


def test_a_withdrawn_photograph_is_nowhere_and_its_withdrawal_is_kept(site: Site, case_id: str) -> None:
    assert send(site, CHILD, file()) == 302
    given(site, case_id, "A newspaper")
    site.clock.forward(minutes=5)
    place = address(site, case_id, "photograph")
    assert site.browser("ppu_cse_unit").get(place).status_code == 404
    assert withdrawn(site.browser("call_taker"), place, why="").status_code == 422
    assert withdrawn(site.browser("call_taker"), place).status_code == 303
    for role in ("call_taker", "duty_inspector"):
        browser = site.browser(role)
        assert browser.get(f"/children/{CHILD}/photograph").status_code == 404
        assert browser.page(f"/children/{CHILD}").select("img") == []
        printed = browser.send(f"/children/{CHILD}/print", {"whom": "own", "basis": "law_enforcement"})
        assert "<img" not in printed.text
        assert "Withdrawn: Photograph added on 2 March 2026" in browser.page(f"/children/{CHILD}").text
    with reading(site.services.engine) as connection:
        assert connection.execute(sa.select(PhotographRow.id)).all() == []
        (kept,) = amendments.among(connection, [CHILD])
        assert (kept.withdrawn, kept.why, kept.by) == (True, WHY, "call_taker")
    assert [each.recipient for each in owed(site)] == ["A newspaper"]


def test_the_pixels_of_a_withdrawn_photograph_are_not_in_the_database(site: Site, case_id: str) -> None:
    assert send(site, CHILD, file()) == 302
    with reading(site.services.engine) as connection:
        found = photographs.latest(connection, CHILD)
        assert found
        pixels = photographs.picture(connection, found.id)
    assert withdrawn(site.browser("call_taker"), address(site, case_id, "photograph")).status_code == 303
    with reading(site.services.engine) as connection:
        tables = list(sa.inspect(connection).get_table_names())
        for table in tables:
            for row in connection.exec_driver_sql(f'SELECT * FROM "{table}"'):
                assert pixels not in [each for each in row if isinstance(each, bytes)], table


def test_an_earlier_photograph_is_shown_again_and_can_be_withdrawn_too(site: Site, case_id: str) -> None:
    for _ in range(2):
        assert send(site, CHILD, file()) == 302
        site.clock.forward(days=1)
    newest = max(things(site, case_id, "photograph"), key=lambda each: int(each.key))
    browser = site.browser("call_taker")
    assert withdrawn(browser, f"/children/{CHILD}/amend/photograph/{newest.key}").status_code == 303
    assert browser.get(f"/children/{CHILD}/photograph").status_code == 200
    assert withdrawn(browser, address(site, case_id, "photograph")).status_code == 303
    assert browser.get(f"/children/{CHILD}/photograph").status_code == 404


# What they share --------------------------------------------------------------------------------------------------------


def test_a_withdrawal_that_is_sent_twice_is_one(site: Site, case_id: str) -> None:
    noted(site, case_id)
    browser, place = site.browser("mfh_coordinator"), address(site, case_id, "concern")
    page = browser.page(place)
    for _ in range(2):
        assert browser.send(f"{place}/withdraw", {"why": WHY}, form=page).status_code == 303
    with reading(site.services.engine) as connection:
        assert len({each.key for each in amendments.among(connection, [CHILD])}) == 1


def test_it_goes_with_the_records_of_the_child(site: Site, case_id: str) -> None:
    noted(site, case_id)
    assert amended(site.browser("mfh_coordinator"), address(site, case_id, "concern"), name="Right").status_code == 303
    assert withdrawn(site.browser("mfh_coordinator"), address(site, case_id, "plan")).status_code == 303
    with writing(site.services.engine) as connection:
        subject = erasing.find(connection, case_id)
        assert subject
        erasing.erase(connection, subject, proposed_by="a", approved_by="b", basis="over", now=site.clock())
        assert connection.execute(sa.select(AmendmentRow.id)).all() == []


def test_the_childs_own_bundle_says_what_was_put_right_without_other_people(site: Site, case_id: str) -> None:
    noted(site, case_id)
    noted(site, case_id, "D4", name="Secret name")
    assert (
        amended(site.browser("mfh_coordinator"), address(site, case_id, "concern", "Old"), name="Right").status_code
        == 303
    )
    assert withdrawn(site.browser("ppu_cse_unit"), address(site, case_id, "concern", "Secret")).status_code == 303
    assert (
        amended(site.browser("mfh_coordinator"), address(site, case_id, "plan"), summary="Tram stop").status_code == 303
    )
    browser = site.browser("information_governance")
    place = made(browser, f"/bundles/child/{CHILD}", {"recipient": "Alex"})
    text = sealed(browser, place)["bundle.html"]
    assert "What was put right or withdrawn" in text
    assert "Goes to the skate park" in text
    assert "Person or place of concern: Name" in text
    assert not {"Old name", "Right", "Secret", WHY, "Uncle"} & {
        each for each in ("Old name", "Secret", WHY, "Uncle") if each in text
    }


def test_what_was_withdrawn_and_is_there_again_is_found_at_night(site: Site, case_id: str) -> None:
    noted(site, case_id)
    with writing(site.services.engine) as connection:
        row = dict(connection.execute(sa.select(concerns.ConcernRow.__table__)).mappings().one())
    assert withdrawn(site.browser("mfh_coordinator"), address(site, case_id, "concern")).status_code == 303
    assert list(verification.check(site.services.engine)) == []
    with writing(site.services.engine) as connection:
        connection.execute(sa.insert(concerns.ConcernRow).values(**row))
    (finding,) = verification.check(site.services.engine)
    assert (finding.check, finding.case_id) == ("withdrawn-is-there", CHILD)


def test_nobody_without_a_part_learns_that_there_is_something(site: Site, case_id: str) -> None:
    noted(site, case_id)
    place = address(site, case_id, "concern")
    for role in ("school_dsl", "information_governance", "administrator"):
        assert site.browser(role).get(place).status_code == 404
        token = site.browser(role).page("/tasks").select_one("input[name=csrf_token]")
        assert token is not None
    browser = site.browser("mfh_coordinator")
    for kind, key in (("concern", "99"), ("nothing", "1"), ("flag", "1"), ("photograph", "x")):
        assert browser.get(f"/children/{CHILD}/amend/{kind}/{key}").status_code == 404


def test_two_who_change_the_same_thing_at_once_are_told_apart(site: Site, case_id: str) -> None:
    """Both have read the same: the one who writes last is refused by the row itself."""
    noted(site, case_id)
    (kept,) = things(site, case_id, "concern")
    with writing(site.services.engine) as connection:
        kept_things.KINDS["concern"].write(connection, kept, {"name": "First"})
    with pytest.raises(kept_things.KeptChanged), writing(site.services.engine) as connection:
        kept_things.KINDS["concern"].take_out(connection, kept)
