"""The protected steps, and every way in which a release takes one out or weakens it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta

from engine.elements import SENDING
from engine.errors import Problem
from engine.frozen import frozen
from engine.release import Compiled
from workflows.about import FLAG
from workflows.protected.closing import asks_for_inspector, closes_with
from workflows.protected.findings import Check, Finding
from workflows.protected.grades import graded_once, keeps_high
from workflows.protected.hands import by_another_than, done_by, heard_as, stays_inside, told_as, words_are_plain
from workflows.protected.kept import PROCEDURE, asked_as, chooses_as, ended_only_by, kept, written_only_by
from workflows.protected.pages import by_hand, must_be_said, never_later, offers_only, says_yes
from workflows.protected.times import within
from workflows.protected.ways import CANCELLED, at_once, never_before, never_left_without, never_while, never_without


@frozen
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
        yield from _elsewhere(release)
    for step in BY_PROCEDURE.get(release.root, ()):
        gone = [name for name in step.elements if name not in release.nodes]
        found: list[Finding] = [(_left(release, step.elements[name]), f"“{name}” was taken out") for name in gone]
        if not gone:
            found = [finding for each in step.checks for finding in each(release)]
        for where, wrong in dict.fromkeys(found):
            yield Problem(where, f"protected-{step.id.lower()}", f"{wrong}. {step.what}: {step.why} ({step.source}).")


def _elsewhere(release: Compiled) -> Iterator[Problem]:
    """Give what another procedure would send to a protected step, or say in its place."""
    for node in release.nodes.values():
        sent = _SENT_BY.get(node.message)
        hears = sent is not None and sent.heard_by == release.root and node.kind not in SENDING
        if sent is not None and sent.procedure != release.root and not hears:
            sentence = f"Only “{sent.element}” of {sent.of} may send the message {node.message}: {sent.why}."
            yield Problem(node.id, f"protected-{sent.step.lower()}", sentence)
        said = node.properties.get("activity", "")
        if said in _WORDS or any(f'"{word}"' in said for word in _WORDS):
            sentence = (
                "This word proves a protected step: only the procedure of the missing child may leave it (domain 8)."
            )
            yield Problem(node.id, "protected-word", sentence)
    for where, wrong in words_are_plain(release):
        yield Problem(where, "protected-word", f"{wrong} (domain 8).")


def _left(release: Compiled, around: Iterable[str]) -> str:
    """Give the first of some elements or diagrams that is still there."""
    there = {*release.nodes, *release.processes}
    return next((name for name in around if name in there), release.root)


_WORDS = frozenset({"RHIOffered", "RHIHeld", "HandoverAcknowledged", "LANotified"})
_CLOSED = ("close_police_enquiry", "close_case")
_AGREES = "agree_to_police_closure"
_SEARCH = ("lower_grade", "locate", "locate_child")
NOT_OFFERED = frozenset({"deceased", "untraced", "transferred_overseas"})
"""The only reasons for which no interview is offered (G-01)."""
_INTERVIEWERS = ("rhi_worker", "rhi_manager", "cmo")
_INTERVIEW = ("offer_and_hold_interview", "return_interview", "arrange_return_interview")

_COVERED = "covered_by_another_interview"
"""The event that a later interview with the same child has covered this return too (domain 7 [S129])."""
_TELLS, _MESSAGE = "covered_return_told", "interview_covered"
"""The only element that may say so, and the message in which it does."""
_HELD = {("return_interview_attempt", "outcome"): "held"}

_STANDS, _REVIEW = "does_the_flag_stand", "review_flag"

CANCELLING, _DECIDED, _CANCELS = "cancellation", "cancellation_told", "report_cancelled"
"""The procedure by which a report made in error ends, the only element that ends the case of it, and the message in which it does."""
_FLAG = (
    "G-53",
    "The life of a flag of exploitation is protected",
    "what public protection decided on goes on with the child, and is looked at until somebody ends it; left in its episode it is forgotten",
    "G-53, domain 13.8",
)
_PASSED_ON, _DECIDES = "flag_passed_on", "flag_decided"
"""The only element that opens, or ends, the life of a flag from elsewhere, and the message in which it does."""


@frozen
class _Sent:
    """By which element, of which procedure, a message of a protected step is sent, what it does, and which other procedure hears it."""

    step: str
    procedure: str
    of: str
    element: str
    why: str
    heard_by: str = ""


_SENT_BY: Mapping[str, _Sent] = {
    _MESSAGE: _Sent("T-25", PROCEDURE, "the missing child", _TELLS, "it stops the clock of an interview (T-25, domain 7)"),
    _CANCELS: _Sent("C-101", CANCELLING, "a report made in error", _DECIDED, "it ends a case (domain 9)"),
    _DECIDES: _Sent("G-53", PROCEDURE, "the missing child", _PASSED_ON, "it may end a flag (domain 13.8)", FLAG),
}  # fmt: skip
_ERROR = (
    "C-101",
    "The decision on a report made in error is protected",
    "a case ends without its protected steps only where two people, one of them an inspector, say that no child is missing",
    "domain 9",
)

STEPS: tuple[Step, ...] = (
    Step(
        *_ERROR,
        {CANCELLED: (PROCEDURE,), "episode_cancelled": (PROCEDURE,)},
        (
            heard_as(CANCELLED, _CANCELS, _DECIDED),
            kept(CANCELLED, "kind", "correlation"),
            at_once("episode_cancelled", CANCELLED),
            kept("episode_cancelled", "kind", "terminate"),
            told_as("EpisodeCancelled", "episode_cancelled"),
            written_only_by(_CANCELS, CANCELLED),
        ),
    ),
    Step(
        "G-01",
        "The offer of a return interview is protected",
        "every child who returns is offered one by somebody independent, before the case is closed",
        "G-01, statutory guidance [S47]",
        {
            "offer_return_interview": _INTERVIEW,
            "interview_offered": _INTERVIEW,
            "complete_missing_report": (PROCEDURE,),
            "match_child": (PROCEDURE,),
            "record_return": (PROCEDURE,),
            "close_case": (),
        },
        (
            words_are_plain,
            never_without("offer_return_interview", goals=("close_case",), but_for=(_COVERED,)),
            never_before("offer_return_interview", ("interview_offered",)),
            at_once("record_return"),
            at_once("offer_return_interview", "record_return"),
            never_while(
                "interview_offered",
                {("return_interview_offer", "outcome"): "not_offered"},
                ("close_case",),
                without=("interview_offered", _COVERED),
            ),
            done_by("offer_return_interview", "rhi_worker"),
            told_as("RHIOffered", "interview_offered"),
            written_only_by("return_interview_offer", "offer_return_interview"),
            written_only_by("known", "recall_child"),
            written_only_by("child_match", "match_child"),
            written_only_by("missing_report", "complete_missing_report"),
            by_hand("complete_missing_report", "date_of_birth"),
            written_only_by("case_closure", "close_case"),
            asked_as("offer_return_interview", "outcome"),
            asked_as("offer_return_interview", "not_offered_reason"),
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
            **dict.fromkeys(("offer_return_interview", "hold_return_interview", "interview_held"), _INTERVIEW),
            **dict.fromkeys((_COVERED, "interview_is_covered", _TELLS, "tell_covered_returns"), _INTERVIEW),
            "record_return": (PROCEDURE,),
            "close_case": (),
        },
        (
            heard_as(_COVERED, _MESSAGE, _TELLS),
            kept(_COVERED, "kind", "attached_to", "interrupting", "correlation"),
            kept(_TELLS, "kind", "correlation", "payload"),
            kept("tell_covered_returns", "kind", "loop"),
            stays_inside(_TELLS, "tell_covered_returns"),
            never_before("hold_return_interview", ("interview_held",), _HELD),
            told_as("RHIHeld", "interview_held", "interview_is_covered"),
            at_once("offer_and_hold_interview", "record_return"),
            done_by("hold_return_interview", "rhi_worker"),
            done_by("record_return", "response_officer"),
            asked_as("hold_return_interview", "outcome"),
            asked_as("hold_return_interview", "covers"),
            asked_as("record_return", "returned_at"),
            written_only_by("interview_covered", _COVERED, _TELLS),
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
            "set_raised_grade": _SEARCH,
            **dict.fromkeys(("decide_risk_grade", "note_grade", "grade_endorsed"), (PROCEDURE,)),
        },
        (
            keeps_high,
            graded_once,
            done_by("approve_downgrade", "duty_inspector"),
            asked_as("approve_downgrade", "approved"),
            asked_as("propose_regrade", "level"),
            asked_as("decide_risk_grade", "level"),
            by_another_than("approve_downgrade", "propose_regrade"),
            written_only_by("risk", "decide_risk_grade", "note_grade", "set_new_grade", "set_raised_grade"),
            written_only_by("grade_raise", "raise_grade"),
            written_only_by("regrade", "propose_regrade"),
            written_only_by("authority", "find_authority"),
            written_only_by("downgrade_approval", "approve_downgrade"),
            must_be_said("approve_downgrade", "approved"),
            says_yes("approve_downgrade", "approved"),
        ),
    ),
    Step(
        *_FLAG,
        dict.fromkeys(("decide_on_sign", _PASSED_ON), ("decide_on_signs", PROCEDURE)),
        (
            done_by("decide_on_sign", "ppu_cse_unit"),
            asked_as("decide_on_sign", "confirmed"),
            must_be_said("decide_on_sign", "confirmed"),
            says_yes("decide_on_sign", "confirmed"),
            at_once(_PASSED_ON, "decide_on_sign"),
            never_left_without(_PASSED_ON),
            kept(_PASSED_ON, "kind", "message", "correlation", "payload"),
            heard_as("", _DECIDES, _PASSED_ON),
            written_only_by("protection_decision", "decide_on_sign"),
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
            at_once("acknowledge_handover"),
            done_by("acknowledge_handover", "duty_inspector"),
            told_as("HandoverAcknowledged", "acknowledge_handover"),
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
            at_once("acknowledge_missing_notice"),
            done_by("acknowledge_missing_notice", "csc_mash"),
            told_as("LANotified", "acknowledge_missing_notice"),
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
            "record_return": (PROCEDURE,),
            "close_police_enquiry": (),
            "close_case": (),
        },
        (
            never_without("hold_prevention_interview", goals=_CLOSED),
            at_once("hold_prevention_interview", "record_return"),
            asked_as("hold_prevention_interview", "outcome"),
            asked_as("approve_prevention_exception", "approved"),
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
    Step(
        "C-105",
        "The inspector's agreement to a close is protected",
        "a case in which the grade was high or the child came to harm is closed by a sergeant and an inspector, two people",
        "domain 1.6",
        {
            **dict.fromkeys(("find_who_closes", "close_police_enquiry", _AGREES), ("close_police_part", PROCEDURE)),
            **dict.fromkeys(("police_part_is_closed", "inspector_agreed_to_close"), ("close_police_part", PROCEDURE)),
            **dict.fromkeys(
                ("find_who_closes_the_case", "was_more_told_since", "agree_to_close", "case_closed"), (PROCEDURE,)
            ),
        },
        (
            asks_for_inspector("find_who_closes"),
            asks_for_inspector("find_who_closes_the_case"),
            closes_with(_AGREES, "find_who_closes", "police_part_is_closed"),
            closes_with("agree_to_close", "find_who_closes_the_case", "case_closed"),
            chooses_as("was_more_told_since"),
            done_by("close_police_enquiry", "locate_sergeant"),
            done_by(_AGREES, "duty_inspector"),
            done_by("agree_to_close", "duty_inspector"),
            by_another_than(_AGREES, "close_police_enquiry"),
            by_another_than("agree_to_close", "close_case"),
            asked_as(_AGREES, "agreed"),
            must_be_said(_AGREES, "agreed"),
            says_yes(_AGREES, "agreed"),
            told_as("ClosureAgreed", "inspector_agreed_to_close"),
            written_only_by("closing", "find_who_closes"),
            written_only_by("case_closing", "find_who_closes_the_case"),
            written_only_by("police_closure_agreement", _AGREES),
            written_only_by("case_closure_agreement", "agree_to_close"),
        ),
    ),
)
"""Every protected step of the missing child, with its source."""

BY_PROCEDURE: Mapping[str, tuple[Step, ...]] = {
    PROCEDURE: STEPS,
    CANCELLING: (
        Step(
            *_ERROR,
            dict.fromkeys(("say_why_wrong", "decide_cancellation", _DECIDED), (CANCELLING,)),
            (
                done_by("say_why_wrong", "locate_sergeant"),
                done_by("decide_cancellation", "duty_inspector"),
                by_another_than("decide_cancellation", "say_why_wrong"),
                asked_as("say_why_wrong", "certain"),
                asked_as("decide_cancellation", "agreed"),
                must_be_said("say_why_wrong", "certain"),
                must_be_said("decide_cancellation", "agreed"),
                says_yes("decide_cancellation", "agreed"),
                written_only_by("cancellation_decision", "decide_cancellation"),
                kept(_DECIDED, "kind", "correlation", "payload"),
                heard_as("", _CANCELS, _DECIDED),
                never_before("say_why_wrong", (_DECIDED,)),
                never_before("decide_cancellation", (_DECIDED,), {("cancellation_decision", "agreed"): "yes"}),
            ),
        ),
    ),
    FLAG: (
        Step(
            *_FLAG,
            dict.fromkeys(
                ("flag_is_decided", _STANDS, _REVIEW, "flag_decided_again", "flag_clock_rang", "flag_ended"), (FLAG,)
            ),
            (
                kept("flag_is_decided", "kind", "message"),
                done_by(_REVIEW, "ppu_cse_unit"),
                asked_as(_REVIEW, "confirmed"),
                must_be_said(_REVIEW, "confirmed"),
                says_yes(_REVIEW, "confirmed"),
                written_only_by("flag_decided", _REVIEW, "flag_decided_again"),
                chooses_as(_STANDS),
                never_without(_STANDS, goals=("flag_ended",)),
                at_once(_STANDS, _REVIEW),
                at_once(_STANDS, "flag_decided_again"),
                ended_only_by(_REVIEW, "flag_decided_again"),
                kept("flag_clock_rang", "kind", "attached_to", "interrupting"),
            ),
        ),
    ),
}
"""The protected steps by the procedure that has them."""
