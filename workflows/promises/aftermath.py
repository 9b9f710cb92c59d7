"""Checks from the return to the close: prevention and return interview, disclosure, plan, meetings (domain.md 8)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from engine.calendars import add_working_days
from engine.frozen import frozen
from engine.model import Value
from workflows.episodes import HELD_WITHIN
from workflows.promises.model import Outcome, by, in_the_end, kept_if
from workflows.promises.record import Record, Said
from workflows.promises.search import OFTEN

OFFERED_WITHIN, PROTECTION_ENDS_WITHIN = timedelta(hours=72), timedelta(hours=72)
"""Guidance and statute (T-24, DfE 2014; Children Act 1989, s. 46), as `HELD_WITHIN`: no release gives another time."""
INSPECTORATE_TOLD_WITHIN = timedelta(hours=24)
"""Regulation 40 says without delay; the target counts from the suspicion in the episode, before the home's case has a clock (T-41)."""
PASSED_ON: Mapping[str, tuple[str, ...]] = {
    "harm_passed_on": ("told_to_police_clock_rang",),
    "disclosure_passed": ("disclosure_clock_rang", "late_disclosure_clock_rang"),
}
"""The clocks of passing on what was told, by the record that says it was done (T-28, C-103)."""
ENDED = ("ended_at", "tried_at")
"""Where an attempt says when the child told it, the best first."""
CONFERRED_WITHIN, MET_WITHIN_MISSING = timedelta(hours=24), timedelta(hours=24)
"""T-30, and T-20: whichever of 24 hours and a working day is earlier; as long as the child is missing. From the reason on, before any clock runs."""
INDEPENDENT = frozenset({"independent", "known_preferred"})
NO_HARM = frozenset({"none", "unknown"})
QUORUM = frozenset({"police", "csc", "health"})
PLANNED_WITHIN, MET_WITHIN = 5, 5
"""Working days of the promises themselves (G-07, and G-16 from the third report on); the clocks of T-37 and T-34 begin elsewhere."""
CONFERENCE_WITHIN, ASSESSED_WITHIN = 15, 45
"""Working days of statutory guidance (G-35 (a) [S57], T-32, T-33): no release gives another time."""

ASSESSED = frozenset({"section_47", "section_17"})
"""What a strategy discussion may decide that asks for an assessment."""


def offered(record: Record) -> Iterable[Outcome]:
    """G-01: every child who returns is offered a return interview, or it is ruled out by death, or the like; T-24: in 72 hours."""
    if (back := _owed(record)) is not None:
        done = record.episode.interview_offered_at or record.first("RHINotOfferedReasoned")
        yield by(back + OFFERED_WITHIN, done, record.now, over=record.over)


def held(record: Record) -> Iterable[Outcome]:
    """G-02: it is held within 72 hours; a reason explains and never keeps it (13.1)."""
    if (back := _owed(record)) is not None and record.first("RHINotOfferedReasoned") is None:
        reasons = [str(said.value) for _key, said in record.each("return_interview_attempt", "reason") if said.value]
        declined = record.last("return_interview_offer", "declined_reason")
        reason = reasons[-1] if reasons else "child_declined" if declined else ""
        yield by(back + HELD_WITHIN, record.episode.interview_held_at, record.now, over=record.over, reason=reason)


def arranged_elsewhere(record: Record) -> Iterable[Outcome]:
    """G-27: where a child in care lives in another authority's area, both agree who arranges it before it is tried."""
    if _owed(record) is not None and record.last("missing_report", "out_of_area") == "yes":
        agreed, tried = record.first("OOAAgreed"), record.first("RHIAttempt")
        if tried is None:
            yield in_the_end(agreed, over=record.over)
        else:
            yield kept_if(agreed is not None and agreed <= tried, done_at=agreed)


def seen_by_police(record: Record) -> Iterable[Outcome]:
    """G-03: every child who returns is seen before the police close, unless an inspector has agreed to an exception."""
    back, closed = record.back_at, record.written_at("police_closure", "child_seen")
    if back is not None:
        seen = record.first("PIDone") or record.first("PIExceptionApproved")
        if closed is not None:
            yield kept_if(seen is not None and seen <= closed, done_at=seen)
        else:
            yield in_the_end(seen, over=record.over)


def independent(record: Record) -> Iterable[Outcome]:
    """G-04: who holds the interview is independent, or known to the child and wished for."""
    for key, said in record.each("return_interview_attempt", "outcome"):
        if said.value == "held":
            yield kept_if(record.last("return_interview_attempt", "independence", key) in INDEPENDENT)


def received(record: Record) -> Iterable[Outcome]:
    """G-05: the police have the outcome in a form that they can use in the time of the clock, once it was written up."""
    if record.first("RHISubmitted") is not None:
        usable = [
            said for said in record.history("return_interview_receipt", "usable") if said.value in {"yes", "partly"}
        ]
        done = usable[0].event.at if usable else None
        yield by(record.limit("receipt_clock_rang"), done, record.now, over=record.over)


def carer_asked(record: Record) -> Iterable[Outcome]:
    """G-06: where the child says no, the carer still has the chance to tell."""
    outcomes = [said.value for _key, said in record.each("return_interview_attempt", "outcome")]
    declined = record.last("return_interview_offer", "outcome") == "declined" or "declined_by_child" in outcomes
    if declined and record.episode.interview_held_at is None:
        yield in_the_end(record.written_at("carer_information", "outcome"), over=record.over)


def planned(record: Record) -> Iterable[Outcome]:
    """G-07: what the interview gave for the trigger plan stands in it within five working days."""
    taken = record.first("RHIReceivedByPolice")
    if taken is not None and record.last("return_interview_receipt", "for_the_plan") == "yes":
        yield by(add_working_days(taken, PLANNED_WITHIN), record.episode.trigger_plan_updated_at, record.now)


def passed_on(record: Record) -> Iterable[Outcome]:
    """G-08: harm or an offence that the child tells of reaches social care and police in the time of the clock from when it was told on.

    Both moments are those that people say (13.15): an answer that is typed a day late was told a day before.
    """
    for told in _disclosures(record):
        allowed, done = record.allowed(*PASSED_ON[told.passed]), _moment(record.last(told.passed, "passed_at"))
        yield by(None if allowed is None else told.at + allowed, done, record.now, over=record.over)


def inspectorate_told(record: Record) -> Iterable[Outcome]:
    """G-37: Ofsted is told within 24 hours when sexual exploitation of a child in a home is suspected; a case of the home says it."""
    if (suspected := record.first("SeriousEventSuspected")) is not None:
        events = record.beside.events
        if events and not any(each.in_a_home for each in events):
            return
        told = min((each.told_at for each in events if each.told_at is not None), default=None)
        reason = next((each.why_late for each in events if each.why_late), "")
        yield by(suspected + INSPECTORATE_TOLD_WITHIN, told, record.now, reason=reason)


def enquired_in_time(record: Record) -> Iterable[Outcome]:
    """G-35: the conference is held 15 working days after the strategy discussion, the assessment finished 45 after the referral."""
    for said in record.beside.referrals:
        discussed, enquiry = said.get("strategy_discussion.held_at"), said.get("strategy_discussion.outcome")
        if enquiry == "section_47" and said.get("conference.outcome") != "not_borne_out":
            yield _in_working_days(
                record, discussed, CONFERENCE_WITHIN, said.get("conference.held_at"), said.get("conference.late_reason")
            )
        if enquiry in ASSESSED or (enquiry is None and said.get("referral_decision.outcome") == "assessment"):
            received, reason = said.get("referral.received_at"), said.get("assessment.late_reason")
            yield _in_working_days(record, received, ASSESSED_WITHIN, said.get("assessment.finished_at"), reason)


def _in_working_days(record: Record, since: Value, days: int, done: Value, reason: Value) -> Outcome:
    """Give what became of something that had to be done so many working days after a moment that somebody wrote down."""
    began = since if isinstance(since, datetime) else record.opened_at
    done_at = done if isinstance(done, datetime) else None
    return by(add_working_days(began, days), done_at, record.now, reason=str(reason or ""))


def protection_ended(record: Record) -> Iterable[Outcome]:
    """G-36: police protection ends, or an emergency protection order is made, 72 hours after it was taken; each time it was."""
    for taken_at, ended_at in record.beside.protections:
        yield by(taken_at + PROTECTION_ENDS_WITHIN, ended_at, record.now)


def spoken_to_soon(record: Record) -> Iterable[Outcome]:
    """G-26: the prevention interview is held in the time of its clock, or a reason says why not (T-21: sooner after a high grade or harm)."""
    if record.back_at is None or (limit := record.limit("prevention_interview_clock_rang")) is None:
        return
    tried = [said.value for _key, said in record.each("prevention_interview", "tried_at")]
    settled = min((at for at in tried if isinstance(at, datetime)), default=None)
    reasons = [str(said.value) for _key, said in record.each("prevention_interview", "reason") if said.value]
    yield by(limit, settled, record.now, over=record.over, reason=reasons[-1] if reasons else "")


def police_came(record: Record) -> Iterable[Outcome]:
    """G-15: the police co-ordinator attends the meeting, or says why not."""
    for key, there in _meetings(record):
        reason = str(record.last("meeting", "police_reason", key) or "")
        yield kept_if("police" in there or bool(reason.strip()), reason=reason)


def quorate(record: Record) -> Iterable[Outcome]:
    """G-18: police, social care and health are there, or it is said why the meeting went on without."""
    for key, there in _meetings(record):
        reason = str(record.last("meeting", "quorum_reason", key) or "")
        yield kept_if(there >= QUORUM or bool(reason.strip()), reason=reason)


def met_for_repeats(record: Record) -> Iterable[Outcome]:
    """G-16: the third report in 90 days is followed by a meeting within five working days."""
    count, counted = record.last("known", "episodes_90d"), record.written_at("known", "episodes_90d")
    if isinstance(count, int) and count >= OFTEN and counted is not None and record.is_child:
        yield _met(record, counted, add_working_days(counted, MET_WITHIN))


def met_after_harm(record: Record) -> Iterable[Outcome]:
    """G-17: where significant harm is suspected the agencies confer within 24 hours or a working day, whichever is earlier (T-30)."""
    suspected = [said.event.at for said in record.history("found", "harm") if not NO_HARM.issuperset(_each(said))]
    suspected += [told.at for told in _disclosures(record) if told.of_harm]
    suspected += [said.event.at for said in record.history("found", "safe_to_return") if said.value == "no"]
    unsafe = (said for _key, said in record.each("prevention_interview", "safe_to_return") if said.value == "no")
    suspected += [said.event.at for said in unsafe]
    if suspected and record.is_child:
        since = min(suspected)
        yield _met(record, since, min(since + CONFERRED_WITHIN, add_working_days(since, 1)))


def met_when_called(record: Record) -> Iterable[Outcome]:
    """G-51: a meeting that any rule asks for is held within five working days, within 24 hours while the child is missing (2.6, 13.6).

    Whoever is back within these 24 hours has the five days; a meeting of which the reason fell away is owed no more.
    """
    dropped = [event.at for event in record.every("MeetingNotNeeded")]
    for called in (event.at for event in record.every("MeetingTriggered")):
        if not any(at >= called for at in dropped):
            urgent = called + MET_WITHIN_MISSING
            limit = urgent if record.missing_until >= urgent else add_working_days(called, MET_WITHIN)
            yield _met(record, called, limit)


def _met(record: Record, since: datetime, limit: datetime) -> Outcome:
    meetings = [said.value for _key, said in record.each("meeting", "held_at")]
    done = min((at for at in meetings if isinstance(at, datetime) and at >= since), default=None)
    reasons = [str(said.value) for _key, said in record.each("meeting", "not_held_reason") if said.value]
    return by(limit, done, record.now, over=record.over, reason=reasons[-1] if reasons else "")


def _owed(record: Record) -> datetime | None:
    """Give the return after which an interview is owed; none to adults, and none where nobody came back alive."""
    return record.back_at if record.is_child else None


@frozen
class _Told:
    """What a child told of harm or of an offence: when, in which record it is said to be passed on, and whether it was harm."""

    at: datetime
    passed: str
    of_harm: bool = True


def _disclosures(record: Record) -> list[_Told]:
    """Give what the child told, in the prevention interview and in the return interview; one told again is none of its own."""
    found = [_Told(at, "harm_passed_on", harm) for at, harm in _told_to_the_police(record) if record.is_child]
    held = [key for key, said in record.each("return_interview_attempt", "outcome") if said.value == "held"]
    asked = [said for _key, said in record.each("return_interview_attempt", "disclosure")]
    answers = [said for said in (*asked, *record.history("return_interview", "disclosure")) if said.value == "yes"]
    if answers:
        said_at = [_moment(record.last("return_interview_attempt", name, held[-1])) for name in ENDED] if held else []
        found.append(_Told(next((at for at in said_at if at), answers[0].event.at), "disclosure_passed"))
    return found


def _told_to_the_police(record: Record) -> Iterator[tuple[datetime, bool]]:
    """Give when the police heard of harm, of a crime or of a concern about a carer, and whether it was more than a concern."""
    for key, said in record.each("prevention_interview", "outcome"):
        harm = not NO_HARM.issuperset(_texts(record, "prevention_interview", "harm", key))
        harm = harm or record.last("prevention_interview", "crime_disclosed", key) == "yes"
        if harm or record.last("prevention_interview", "concerns_about_carer", key) == "yes":
            yield _moment(record.last("prevention_interview", "tried_at", key)) or said.event.at, harm


def _moment(value: Value) -> datetime | None:
    return value if isinstance(value, datetime) else None


def _meetings(record: Record) -> list[tuple[str, frozenset[str]]]:
    """Give the meetings that were held, with who was there."""
    outcomes = record.each("meeting", "outcome")
    return [
        (key, frozenset(_texts(record, "meeting", "attended", key))) for key, said in outcomes if said.value == "held"
    ]


def _texts(record: Record, name: str, field: str, key: str = "") -> list[str]:
    found = record.last(name, field, key)
    return [str(each) for each in found] if isinstance(found, list) else []


def _each(said: Said) -> list[str]:
    return [str(each) for each in said.value] if isinstance(said.value, list) else []
