"""The stories of `report.bpmn`, `bring_report_out.bpmn` and `quarterly_packs.bpmn`: written, reviewed, signed, issued, and late."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar, Self

import pytest

from engine.errors import SamePersonTwice
from engine.model import FOUND, SYSTEM, Actor, FactWrite, Open
from engine.runner import Conductor
from engine.schedules import following
from tests.procedures.casework import Casework, story_of
from workflows import invented

WRITES, REVIEWS, SIGNS, CHIEF_OFFICER = (
    "inspection_coordinator",
    "chief_inspector_missing",
    "commissioner",
    "assistant_chief_constable",
)
SAID = {"summary": "In short.", "changed": "Much.", "concerns": "Reviews at night.", "asked": "Support."}
PAGES: Mapping[str, Mapping[str, Any]] = {
    "report_is_wanted": {
        "kind": "response",
        "source_body": "hmic",
        "report_title": "Missing children: who cares?",
        "published_on": date(2026, 2, 20),
    },
    "write_report": {**SAID, "letter": "I have the same concerns."},
    "review_report": {"approved": "yes", "to_change": "Typed before the answer was changed to yes"},
    **{
        f"sign_as_{who}": {"signed": "yes", "to_change": "Typed before the answer was changed to yes"}
        for who in ("commissioner", "chief_officer")
    },
    "record_publication": {
        "published_on": timedelta(0),
        "where": "https://commissioner.example/responses",
        "home_secretary_on": timedelta(0),
        "inspectorate_on": timedelta(0),
    },
}
"""What people usually type, task by task; whoever reviews or signs chooses the version that is offered."""

PACK = {
    "kind": "panel",
    "source_body": None,
    "report_title": None,
    "published_on": None,
    "quarter_from": date(2025, 10, 1),
}


class Reported(Casework):
    """One report; what is drawn up and issued after the step is as it is where a procedure is tried out."""

    pages: ClassVar[Mapping[str, Mapping[str, Any]]] = PAGES

    def fill(self, element: str, by: str = "", *, key: str | None = None, **changes: Any) -> Self:
        """Do an open task, with the version that was drawn up last where one is asked for, and let what comes after the step be done."""
        if element.startswith(("review", "sign")):
            changes = {"version": self.facts["drawn"][max(self.facts["drawn"])]["fingerprint"], **changes}
        super().fill(element, by, key=key, **changes)
        return self.errand()

    def errand(self) -> Self:
        """Let what is to be done after the step be done, and the case have what was found."""
        assert self.position is not None
        conductor = Conductor(self.release, self.facts, self.now, "T-1", self.began, self.operations)
        conductor.take(self.position)
        for node, name, key in [each[1:] for each in conductor.awaiting() if each[1].is_errand]:
            found = invented.find(node.operation, "", self.scope().values, self.now)
            assert name == f"{FOUND}{node.operation}"
            assert isinstance(found, dict)
            self.tell(name, key, **found)
            self.follow(node.id)
        return self

    def whom(self, deadline: str) -> list[tuple[str, str]]:
        """Give the steps of a deadline and whom each told."""
        return [(step, tell) for _at, step, tell in self.told(deadline)]


response, quarter = story_of("report", Reported), story_of("quarterly_packs", Reported)
in_january = story_of("report", Reported, datetime(2026, 1, 5, 9, tzinfo=UTC))


@response
def a_response_is_sent_back_twice_signed_by_a_third_person_and_published(case: Reported) -> None:
    case.report()
    assert f"{case.due('write_report'):%d %b %H:%M}" == "17 Apr 16:00", "56 days after 20 February, at five in London"
    case.fill("write_report", by="ann")
    with pytest.raises(SamePersonTwice, match="Write the report"):
        case.fill("review_report", by="ann")
    assert set(case.refusals("review_report", version="f" * 64)) == {"version"}, "only what was drawn up is approved"
    assert set(case.refusals("review_report", approved="no", to_change=None)) == {"version", "to_change"}
    case.fill("review_report", by="ben", approved="no", to_change="Say what the councils do.")
    assert case.task("write_report").node.role == WRITES
    case.fill("write_report", by="ann", changed="The councils agreed.").fill("review_report", by="ben")
    assert case.task("sign_as_commissioner").node.role == SIGNS
    for who, task in (("ann", "Write the report"), ("ben", "Review the report")):
        with pytest.raises(SamePersonTwice, match=task):
            case.fill("sign_as_commissioner", by=who)
    case.fill("sign_as_commissioner", by="cat", signed="no", to_change="The letter is too long.")
    assert case.fill("write_report", by="ann").fill("review_report", by="ben").facts["drawn"]["3"]["number"] == 3
    case.fill("sign_as_commissioner", by="cat").fill("record_publication", by="ann")
    assert case.closed
    assert case.facts["issue"][""]["fingerprint"] == case.facts["drawn"]["3"]["fingerprint"]
    assert case.words() == [
        "ReportWanted", *["ReportDrawnUp"] * 3, "ReportIssued", "ResponsePublished", "ReportOut",
    ]  # fmt: skip


@response
def a_response_that_is_late_reaches_the_chief_inspector_and_then_a_chief_officer(case: Reported) -> None:
    case.report(published_on=date(2026, 3, 2)).wait(days=64)
    everyone = f"{CHIEF_OFFICER} {REVIEWS} {SIGNS} {WRITES}"
    assert case.whom("C-108") == [
        ("reminder 28 days before", WRITES),
        ("reminder 7 days before", WRITES),
        ("reminder 1 day before", f"{SIGNS} {WRITES}"),
        ("due and escalated", f"{REVIEWS} {SIGNS} {WRITES}"),
        ("second escalation", everyone),
    ]
    assert case.whom("C-109") == []
    case.fill("write_report").wait(days=12).fill("review_report").wait(days=12)
    assert case.whom("C-110") == [
        ("reminder", REVIEWS),
        ("due", REVIEWS),
        ("first escalation", f"{REVIEWS} {WRITES} superintendent"),
    ]
    late = [("reminder", SIGNS), ("due", SIGNS), ("first escalation", f"{SIGNS} {WRITES}")]
    assert case.whom("C-111") == late
    assert not case.closed


@response
def a_pack_for_the_panel_is_told_to_each_recommendation_in_it(case: Reported) -> None:
    case.report(**PACK)
    assert case.last is not None
    assert case.last.title == "Pack for the scrutiny panel"
    assert "letter" not in case.fill("write_report").facts["narrative"]["1"]
    case.fill("review_report")
    assert case.task("sign_as_chief_officer").node.role == CHIEF_OFFICER
    case.fill("sign_as_chief_officer")
    assert case.closed
    told = [each for each in case.sent if each.name == "panel_reported"]
    assert [(each.correlation, each.payload["reported_on"]) for each in told] == [
        (invented.RECOMMENDATION, case.now.date())
    ]
    assert case.words() == ["ReportWanted", "ReportDrawnUp", "ReportIssued", "ReportOut"]


@in_january
def a_pack_for_the_partnership_that_is_late_is_issued_all_the_same(case: Reported) -> None:
    case.report(**PACK | {"kind": "partnership"}).wait(days=46)
    assert case.whom("C-108") == []
    both = f"{REVIEWS} {WRITES}"
    assert case.whom("C-109")[:4] == [
        ("reminder", WRITES), ("due", WRITES), ("first escalation", both), ("second escalation", f"{CHIEF_OFFICER} {both}"),
    ]  # fmt: skip
    case.fill("write_report").fill("review_report").wait(days=12)
    late = [("reminder", CHIEF_OFFICER), ("due", CHIEF_OFFICER), ("first escalation", f"{CHIEF_OFFICER} {WRITES}")]
    assert case.whom("C-111") == late
    case.fill("sign_as_chief_officer")
    assert case.closed


@quarter
def when_a_quarter_is_over_both_packs_are_wanted_with_its_period(case: Reported) -> None:
    case.now = datetime(2026, 4, 1, 5, tzinfo=UTC)
    assert following(case.release, datetime(2026, 1, 2, 7, tzinfo=UTC)) == case.now, "not before the quarter is over"
    assert following(case.release, case.now) == datetime(2026, 7, 1, 5, tzinfo=UTC)
    writes = tuple(FactWrite("quarter", "", name, value) for name, value in (("at", case.now), ("missed", 0)))
    case._take(case.begin(Open(writes, Actor(SYSTEM))))
    case.follow(case.release.start.id)
    assert case.closed
    assert [(each.payload["kind"], each.payload["quarter_from"]) for each in case.sent] == [
        ("panel", date(2026, 1, 1)),
        ("partnership", date(2026, 1, 1)),
    ]
