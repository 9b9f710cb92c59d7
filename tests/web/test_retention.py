"""How long the records of a child are kept follows from what its cases say, and who governs records is told why."""

from __future__ import annotations

import gc
from datetime import UTC, date, datetime, time, timedelta

import pytest
import sqlalchemy as sa

from engine.model import Actor
from engine.store import Base, CaseTable, ReadTable, reading, writing
from engine.warm import Warm
from tests.procedures.casework import posted
from tests.procedures.stories_of_a_referral import PAGES
from tests.web.site import Site, statements
from tests.web.test_referrals import DESK, done_at
from web.assembly import assemble, make_worker
from web.verification import verify
from workflows import administration, break_glass, cutover, disclosures, erasing, people, retention
from workflows.administration import Change
from workflows.break_glass import GlassMails
from workflows.children import ChildRow
from workflows.read_log import looks_at
from workflows.retention import Due

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
CHILD = "reference,name,born_on,looked_after\nA-1,Robin Example,2012-05-03,{}\n"
FLAG = "child,flag,since,until,source\nA-1,{},2025-12-01,2025-12-20,Social care\n"


GOVERNS, ABOVE = "information_governance", "chief_inspector_missing"
DAY = timedelta(days=1)
WHY = "The mother asks what was kept of her."


def brought_in(site: Site, looked_after: str = "none", flag: str = "") -> str:
    """Bring in a child of before the cut-over, of whom nothing is open."""
    files = {"children": CHILD.format(looked_after)} | ({"flags": FLAG.format(flag)} if flag else {})
    engine = site.services.engine
    cutover.bring_in(engine, {name: (name, text.encode()) for name, text in files.items()}, now=MONDAY)
    with reading(engine) as connection:
        found: str = connection.execute(sa.select(ChildRow.child_id)).scalar_one()
    return found


def referred(site: Site, child_id: str, *deeds: tuple[str, str], suspected: str = "other") -> str:
    """Take a referral about a child, and do what it calls for on the next days, until it is closed."""
    cases = site.services.cases
    form = cases.opening("referral").form
    typed = {**PAGES["referral_received"], "child": child_id, "episode": "", "suspected": [suspected]}
    answers = form.load(posted(form, typed, MONDAY), scope={}, now=MONDAY)
    case_id = cases.open("referral", answers, by=DESK, now=MONDAY, key="open").case_id
    for number, (element, outcome) in enumerate(deeds, 1):
        done_at(site, case_id, element, MONDAY + timedelta(days=number), **({"outcome": outcome} if outcome else {}))
    return case_id


def due(site: Site, child_id: str) -> Due:
    with reading(site.services.engine) as connection:
        subject = erasing.find(connection, child_id)
        assert subject
        return retention.due(connection, subject)


ASSESSED, NOTHING = ("finish_assessment", ""), ("decide_on_referral", "no_further_action")
ENQUIRED = (("decide_on_referral", "strategy_discussion"), ("hold_strategy_discussion", "section_47"))
TOLD = "contact_allegations_officer"


@pytest.mark.parametrize(
    ("deeds", "suspected", "kind", "on"),
    [
        ((NOTHING,), "other", "episode", date(2032, 3, 3)),
        ((NOTHING, ("decide_on_national_referral", "referred")), "trafficking", "serious", date(2036, 3, 4)),
        ((("decide_on_referral", "assessment"), ASSESSED), "other", "in_need", date(2033, 5, 3)),
        ((*ENQUIRED, ("hold_conference", "held"), ASSESSED), "harm", "protection", date(2061, 3, 6)),
        ((*ENQUIRED, ("hold_conference", "not_borne_out"), ASSESSED), "harm", "protection", date(2061, 3, 6)),
        ((NOTHING, (TOLD, "not_known")), "allegation", "allegation_stands", date(2126, 3, 4)),
        ((NOTHING, (TOLD, "unsubstantiated")), "allegation", "allegation_stands", date(2126, 3, 4)),
        ((NOTHING, (TOLD, "malicious")), "allegation", "allegation_wrong", date(2036, 3, 4)),
    ],
)
def test_what_social_care_did_for_a_child_decides_how_long_its_records_are_kept(
    site: Site, deeds: tuple[tuple[str, str], ...], suspected: str, kind: str, on: date
) -> None:
    """A conference, an assessment and an allegation changed nothing: each child was deleted after six or ten years."""
    child_id = brought_in(site)
    referred(site, child_id, *deeds, suspected=suspected)
    found = due(site, child_id)
    assert (found.rule.kind, found.on) == (kind, on)
    page = site.browser("information_governance").page(f"/retention/{child_id}").text
    assert found.rule.what in page
    assert found.why in page


def test_an_allegation_that_turns_out_to_be_wrong_is_put_right_and_kept_for_ten_years(site: Site) -> None:
    child_id = brought_in(site)
    case_id = referred(site, child_id, NOTHING, (TOLD, "not_known"), suspected="allegation")
    site.services.cases.correct(
        case_id, "allegation_contact", "", {"outcome": "false"}, key="c", reason="He says so", by=DESK, now=MONDAY
    )
    assert due(site, child_id).rule.kind == "allegation_wrong"


@pytest.mark.parametrize(
    ("looked_after", "flag", "kind"),
    [("s20", "", "looked_after"), ("care_leaver", "", "looked_after"), ("none", "lac", "looked_after"), ("none", "cp_plan", "protection"), ("none", "cin", "in_need"), ("none", "cse", "serious"), ("none", "", "episode")],
)  # fmt: skip
def test_what_the_system_before_knew_of_a_child_counts_too(site: Site, looked_after: str, flag: str, kind: str) -> None:
    """A flag that has ended still says what the records hold; and of whom nothing was done here counts from the cut-over."""
    assert due(site, brought_in(site, looked_after, flag)).rule.kind == kind


def night(site: Site) -> None:
    """Let a worker do the work of the night that has just begun; each is another night."""
    site.clock.now = datetime.combine((site.clock() + DAY).date(), time(3), UTC)
    make_worker(site.services).work_at_night()


def sent(site: Site, role: str, address: str, page: str = "", **data: str) -> int:
    """Send a form of a page of retention, which has one for this person."""
    browser = site.browser(role)
    return browser.send(address, data, form=browser.page(page or address.rpartition("/")[0])).status_code


def rows(site: Site, table: str) -> int:
    with reading(site.services.engine) as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(Base.metadata.tables[table])).scalar_one()


@pytest.fixture
def old(site: Site) -> str:
    """A child of whom nothing has happened for six years, with one referral that is closed; the clock says so."""
    child_id = brought_in(site)
    referred(site, child_id, NOTHING)
    site.clock.now = MONDAY + timedelta(days=6 * 366)
    return child_id


def erased(site: Site, child_id: str) -> None:
    """Have what is kept of a child erased by two people."""
    address = f"/retention/{child_id}"
    assert sent(site, GOVERNS, f"{address}/decide", decision="delete", reason="Over") == 303
    assert sent(site, ABOVE, f"{address}/approve") == 303


def in_memory(site: Site) -> list[Warm]:
    """Give the positions of the site's cases, with their facts, that anything in this process still holds."""
    gc.collect()
    with reading(site.services.engine) as connection:
        ours = set(connection.execute(sa.select(CaseTable.id)).scalars())
    return [each for each in gc.get_objects() if isinstance(each, Warm) and each.position.reference in ours]


def test_what_is_erased_is_in_the_memory_of_no_site_and_no_worker(site: Site, old: str) -> None:
    worker_side = assemble(site.services.settings, clock=site.clock, wall_clock=site.clock)
    worker = make_worker(worker_side)
    worker.keep()
    (held,) = in_memory(site)
    worker_side.cases.warm.keep(held.position.reference, held.release_id, held.written, held.position, held.awaited)
    del held
    assert len(in_memory(site)) == 2
    erased(site, old)
    assert len(in_memory(site)) == 1
    worker.keep()
    assert in_memory(site) == []
    worker_side.engine.dispose()


def test_the_list_is_what_the_night_has_found_and_costs_the_same_however_much_is_kept(site: Site, old: str) -> None:
    """Every closed record was looked at one by one whenever somebody opened the page, for six queries each."""
    assert old not in site.browser(GOVERNS).page("/retention").text
    night(site)
    assert old in site.browser(GOVERNS).page("/retention").text
    with statements(site) as few:
        site.browser(GOVERNS).page("/retention")
    files = {
        "children": CHILD.format("s20").replace("A-1", "B-1")
        + "".join(f"B-{n},Kim {n},2013-01-01,s20\n" for n in range(2, 40))
    }
    cutover.bring_in(site.services.engine, {name: (name, text.encode()) for name, text in files.items()}, now=MONDAY)
    night(site)
    with statements(site) as many:
        site.browser(GOVERNS).page("/retention")
    assert len(many) == len(few)


def test_what_is_kept_for_longer_leaves_the_list_until_its_day(site: Site, old: str) -> None:
    night(site)
    assert sent(site, GOVERNS, f"/retention/{old}/decide", decision="keep", reason="A claim may come") == 303
    assert old not in site.browser(GOVERNS).page("/retention").text
    site.clock.forward(days=5 * 366)
    assert old in site.browser(GOVERNS).page("/retention").text


def test_the_logs_about_what_was_erased_end_after_a_year_and_not_under_a_hold(site: Site, old: str) -> None:
    """Nothing ended them: who had looked at a child stood there for ever, by name, when nothing of the child did."""
    engine, ann = site.services.engine, Actor("ann", frozenset(), "force")
    assert site.browser(GOVERNS).get(f"/bundles/child/{old}").status_code == 200
    with writing(engine) as connection:
        both = [old, "CH-22222222"]
        disclosures.note_disclosure(
            connection, about=both, to="The court", what="Facts", basis="court_order", by=ann, now=site.clock()
        )
        break_glass.break_glass(connection, old, WHY, GlassMails(""), by=ann, now=site.clock(), key="1")
        break_glass.break_glass(connection, "MC-22222222", WHY, GlassMails(""), by=ann, now=site.clock(), key="2")
    erased(site, old)
    events = rows(site, "events")

    def logs() -> tuple[int, ...]:
        return tuple(rows(site, name) for name in ("reads", "disclosures", "break_glass"))

    before = logs()
    site.clock.forward(days=360)
    night(site)
    assert logs() == before, "the year is not over"
    assert sent(site, ABOVE, f"/retention/{old}/hold", **{"hold-reason": "An inquiry asks who looked"}) == 303
    site.clock.forward(days=10)
    night(site)
    assert logs() == (before[0], 1, 1), "the hold keeps them; what names nothing has had its year"
    hold = str(site.browser(GOVERNS).page(f"/retention/{old}").select("input[name=hold]")[0]["value"])
    assert sent(site, GOVERNS, f"/retention/{old}/end-hold", **{"hold": hold, "end-reason": "Over"}) == 303
    night(site)
    assert logs() == (0, 0, 0)
    page = site.browser(GOVERNS).page("/retention").text
    assert f"{before[0]} reads" in page
    assert "1 disclosures" in page
    assert rows(site, "events") == events
    assert not [each for each in verify(site.services.cases, site.clock()) if each.check.startswith(("log", "erased"))]
    night(site)
    assert rows(site, "log_ends") == 2, "again nothing more has ended"


def test_a_hold_on_everything_stops_every_deletion_and_every_end_until_another_person_ends_it(
    site: Site, old: str
) -> None:
    """An inquiry may order that nothing at all is destroyed, and a hold could be placed on one child at a time only."""
    assert sent(site, ABOVE, "/retention/everything/hold", **{"hold-reason": ""}) == 422
    assert sent(site, ABOVE, "/retention/everything/hold", **{"hold-reason": "The inquiry"}) == 303
    assert sent(site, GOVERNS, f"/retention/{old}/decide", decision="delete", reason="Over") == 409
    assert "Everything is held" in site.browser(GOVERNS).page(f"/retention/{old}").text
    look = {"case_id": "SEARCH", "at": MONDAY, "person": "ann", "organisation": "", "purpose": "search", "classes": ""}
    with writing(site.services.engine) as connection:
        connection.execute(sa.insert(ReadTable).values(look))
    night(site)
    with reading(site.services.engine) as connection:
        assert looks_at(connection, "SEARCH", limit=9, reader=Actor(ABOVE))
    hold = str(site.browser(GOVERNS).page("/retention/everything").select("input[name=hold]")[0]["value"])
    ending = {"address": "/retention/everything/end-hold", "hold": hold, "end-reason": "Over"}
    assert sent(site, ABOVE, page=f"/retention/{old}", **ending) == 403
    assert sent(site, GOVERNS, **ending) == 303
    assert sent(site, GOVERNS, f"/retention/{old}/decide", decision="delete", reason="Over") == 303
    night(site)
    with reading(site.services.engine) as connection:
        assert not looks_at(connection, "SEARCH", limit=9, reader=Actor(ABOVE))


def test_what_was_done_to_an_account_ends_when_it_is_closed_for_a_year_and_no_log_names_its_person(site: Site) -> None:
    """Until then it says what somebody who looked at a record might see."""
    child_id = brought_in(site)
    look = {"case_id": child_id, "at": MONDAY, "person": "health", "organisation": "", "purpose": "x", "classes": ""}
    with writing(site.services.engine) as connection:
        for name in ("health", "school_dsl"):
            administration.note(connection, Change(MONDAY, "ann", "added", "", "Nurse", "New", name))
            people.disable(connection, name, MONDAY)
        connection.execute(sa.insert(ReadTable).values(look))
    site.clock.now = MONDAY + timedelta(days=300)
    night(site)
    assert rows(site, "administration_log") == 2
    site.clock.forward(days=70)
    night(site)
    with reading(site.services.engine) as connection:
        left = connection.execute(sa.select(administration.AdministrationRow.person)).scalars().all()
    assert left == ["health"]
