"""The protected steps, and every way in which a release takes one out or weakens it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from engine.errors import Problem
from engine.release import Compiled
from workflows.protected.findings import Check, Finding
from workflows.protected.grades import graded_once, keeps_high
from workflows.protected.hands import by_another_than, done_by, heard_as, stays_inside, told_as, written_only_by
from workflows.protected.pages import by_hand, must_be_said, never_later, offers_only, says_yes
from workflows.protected.times import within
from workflows.protected.ways import never_while, never_without

PROCEDURE = "missing_child"


@dataclass(frozen=True, slots=True)
class Step:
    """A protected step; `elements` are named with where to look for them, should they be gone."""

    id: str
    what: str
    why: str
    source: str
    elements: Mapping[str, Sequence[str]]
    checks: tuple[Check, ...]


def check(release: Compiled) -> Iterator[Problem]:
    """Give every way in which a release takes out or weakens a protected step."""
    if release.root != PROCEDURE:
        return
    for step in STEPS:
        gone = [name for name in step.elements if name not in release.nodes]
        found: list[Finding] = [(_left(release, step.elements[name]), f"“{name}” was taken out") for name in gone]
        if not gone:
            found = [finding for each in step.checks for finding in each(release)]
        for where, wrong in dict.fromkeys(found):
            yield Problem(where, f"protected-{step.id.lower()}", f"{wrong}. {step.what}: {step.why} ({step.source}).")


def _left(release: Compiled, around: Iterable[str]) -> str:
    """Give the first of some elements or diagrams that is still there."""
    there = {*release.nodes, *release.processes}
    return next((name for name in around if name in there), release.root)


_CLOSED = ("close_police_enquiry", "close_case")
_SEARCH = ("locate", "locate_child")
NOT_OFFERED = frozenset({"deceased", "untraced", "transferred_overseas"})
"""The only reasons for which no interview is offered (G-01)."""
_INTERVIEWERS = ("rhi_worker", "rhi_manager", "cmo")
_INTERVIEW = ("offer_and_hold_interview", "return_interview", "arrange_return_interview")

_COVERED = "covered_by_another_interview"
"""The event that a later interview with the same child has covered this return too (domain 7 [S129])."""

STEPS: tuple[Step, ...] = (
    Step(
        "G-01",
        "The offer of a return interview is protected",
        "every child who returns is offered one by somebody independent, before the case is closed",
        "G-01, statutory guidance [S47]",
        {
            "offer_return_interview": _INTERVIEW,
            "interview_offered": _INTERVIEW,
            "complete_missing_report": (PROCEDURE,),
            "close_case": (),
        },
        (
            never_without("offer_return_interview", goals=("close_case",), but_for=(_COVERED,)),
            heard_as(_COVERED, "interview_covered", "covered_return_told"),
            never_while(
                "interview_offered",
                {("return_interview_offer", "outcome"): "not_offered"},
                ("close_case",),
                without=("interview_offered", _COVERED),
            ),
            done_by("offer_return_interview", "rhi_worker"),
            told_as("interview_offered", "RHIOffered"),
            written_only_by("return_interview_offer", "offer_return_interview"),
            written_only_by("known", "recall_child"),
            written_only_by("missing_report", "complete_missing_report"),
            by_hand("complete_missing_report", "date_of_birth"),
            written_only_by("case_closure", "close_case"),
            must_be_said("offer_return_interview", "not_offered_reason", {"outcome": "not_offered"}),
            offers_only("offer_return_interview", "not_offered_reason", NOT_OFFERED),
        ),
    ),
    Step(
        "T-24",
        "The time to offer a return interview is protected",
        "the offer is made while the 72 hours for the interview run",
        "T-24, statutory guidance [S47]",
        {"offer_return_interview": _INTERVIEW},
        (within("offer_return_interview", "found.returned_at", timedelta(hours=72), tells=_INTERVIEWERS),),
    ),
    Step(
        "T-25",
        "The 72 hours of the return interview are protected",
        "they may be made shorter and never longer",
        "T-25, G-02, statutory guidance [S46][S47]",
        {
            "offer_and_hold_interview": ("return_interview", "arrange_return_interview"),
            **dict.fromkeys(("offer_return_interview", "hold_return_interview"), _INTERVIEW),
            "record_return": (PROCEDURE,),
            "close_case": (),
        },
        (
            within("offer_and_hold_interview", "found.returned_at", timedelta(hours=72), tells=_INTERVIEWERS),
            stays_inside("offer_return_interview", "offer_and_hold_interview"),
            stays_inside("hold_return_interview", "offer_and_hold_interview"),
            never_while(
                "hold_return_interview",
                {("return_interview_offer", "outcome"): ("not_offered", "declined")},
                ("close_case",),
                without=("hold_return_interview", _COVERED),
            ),
            written_only_by("return_interview_attempt", "hold_return_interview"),
            written_only_by("found", "record_return"),
            must_be_said("record_return", "returned_at"),
            never_later("record_return", "returned_at", ["found_at"]),
        ),
    ),
    Step(
        "G-12",
        "The inspector's decision on leaving high is protected",
        "a high grade is left only where a second person of at least an inspector's rank agrees",
        "G-12, domain 1.6",
        {
            **dict.fromkeys(("approve_downgrade", "propose_regrade", "find_authority", "set_new_grade"), _SEARCH),
            **dict.fromkeys(("decide_risk_grade", "grade_endorsed"), (PROCEDURE,)),
        },
        (
            keeps_high,
            graded_once,
            done_by("approve_downgrade", "duty_inspector"),
            by_another_than("approve_downgrade", "propose_regrade"),
            written_only_by("risk", "decide_risk_grade", "set_new_grade"),
            written_only_by("regrade", "propose_regrade"),
            written_only_by("authority", "find_authority"),
            written_only_by("downgrade_approval", "approve_downgrade"),
            must_be_said("approve_downgrade", "approved"),
            says_yes("approve_downgrade", "approved"),
        ),
    ),
    Step(
        "G-14",
        "The acknowledged handover is protected",
        "a new case has an inspector who says by name that it is theirs; a list that nobody reads is no handover",
        "G-14, T-03 [S23]",
        {"acknowledge_handover": (PROCEDURE,), "close_police_enquiry": (), "close_case": ()},
        (
            never_without("acknowledge_handover", goals=_CLOSED),
            done_by("acknowledge_handover", "duty_inspector"),
            told_as("acknowledge_handover", "HandoverAcknowledged"),
            written_only_by("handover", "acknowledge_handover"),
            within(
                "acknowledge_handover",
                "case.opened_at",
                timedelta(minutes=15),
                tells=("duty_inspector",),
                if_high=timedelta(minutes=5),
            ),
        ),
    ),
    Step(
        "G-24",
        "The notice to the local authority is protected",
        "the local authority is told of every missing child",
        "G-24, T-06",
        {"acknowledge_missing_notice": (PROCEDURE,), "close_case": ()},
        (
            never_without("acknowledge_missing_notice", goals=("close_case",)),
            done_by("acknowledge_missing_notice", "csc_mash"),
            told_as("acknowledge_missing_notice", "LANotified"),
            written_only_by("missing_notice", "acknowledge_missing_notice"),
            within(
                "acknowledge_missing_notice",
                "case.opened_at",
                timedelta(minutes=30),
                tells=("csc_mash", "csc_social_worker"),
                if_high=timedelta(minutes=5),
            ),
        ),
    ),
    Step(
        "G-03",
        "The prevention interview is protected",
        "the police see every child who returns before they close, unless an inspector who is somebody else excuses it",
        "G-03 [S55][S102]",
        {
            "hold_prevention_interview": (PROCEDURE,),
            "approve_prevention_exception": (PROCEDURE,),
            "close_police_enquiry": (),
            "close_case": (),
        },
        (
            never_without("hold_prevention_interview", goals=_CLOSED),
            never_while(
                "approve_prevention_exception",
                {("prevention_interview", "outcome"): "held", ("prevention_exception", "approved"): "yes"},
                _CLOSED,
            ),
            never_while(
                "approve_prevention_exception",
                {("prevention_interview", "outcome"): "held"},
                _CLOSED,
                without=("approve_prevention_exception",),
            ),
            done_by("hold_prevention_interview", "response_officer"),
            done_by("approve_prevention_exception", "duty_inspector"),
            by_another_than("approve_prevention_exception", "hold_prevention_interview"),
            written_only_by("police_closure", "close_police_enquiry"),
            written_only_by("prevention_interview", "hold_prevention_interview"),
            written_only_by("prevention_exception", "approve_prevention_exception"),
            must_be_said("hold_prevention_interview", "outcome"),
            must_be_said("approve_prevention_exception", "approved"),
            says_yes("approve_prevention_exception", "approved"),
        ),
    ),
)
"""Every protected step, with its source."""
