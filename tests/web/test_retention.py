"""How long the records of a child are kept follows from what its cases say, and who governs records is told why."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from engine.store import reading
from tests.procedures.casework import posted
from tests.procedures.stories_of_a_referral import PAGES
from tests.web.site import Site
from tests.web.test_referrals import DESK, done_at
from workflows import cutover, erasing, retention
from workflows.children import ChildRow
from workflows.retention import Due

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
CHILD = "reference,name,born_on,looked_after\nA-1,Robin Example,2012-05-03,{}\n"
FLAG = "child,flag,since,until,source\nA-1,{},2025-12-01,2025-12-20,Social care\n"


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
