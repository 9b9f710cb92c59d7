"""Two recommendations and the audit of a month with which the demonstration begins, and what was done about them.

The recommendations are the two of the inspection of 2016 that the specification could find, in our own words (domain.md
4.2, sources [PCC], [S99] and [S100c]); owners, milestones and dates are invented. The audit is opened by the calendar
and draws its sample from two whole cases of the month before.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from engine.calendars import LONDON, is_working_day_of_month, next_local_time
from engine.model import Value
from web.demo_cases import Answers, Deed, Story, by_calendar, whole_case
from workflows import audits, recommendations

DAY = timedelta(days=1)
AUDIT_TAKES = 4 * DAY
"""How long after its beginning the month of the demonstration is audited, its summary read, and a finding settled."""

REPORT = "Missing children: who cares? The police response to missing and absent children"
PUBLISHED = date(2016, 3, 23)


def _day(at: datetime, days: int = 0) -> date:
    """Give the day on the clock of England so many days after a moment."""
    return (at + days * DAY).astimezone(LONDON).date()


def _outcomes(at: datetime) -> Answers:
    return {
        "source_body": "hmic",
        "ref_no": "HMIC-2016-R1",
        "report_title": REPORT,
        "published_on": PUBLISHED,
        "kind": "recommendation",
        "text": "Manage information so that it shows what became of the children who went missing, so that it can be told "
        "whether the police and the agencies together do what helps, for each of the communities they serve.",
        "text_status": "paraphrase",
        "addressee": "Chief constables",
        "deadline": _day(at, 160),
        "owner": "chief_inspector_missing",
        "owner_name": "Hamza Example, chief inspector",
    }


def _risk(_at: datetime) -> Answers:
    return {
        "source_body": "hmic",
        "ref_no": "HMIC-2016-R2",
        "report_title": REPORT,
        "published_on": PUBLISHED,
        "kind": "recommendation",
        "text": "Look again at how the risk to missing children is assessed, above all at who was called absent instead of "
        "missing, and at children who go missing again and again.",
        "text_status": "paraphrase",
        "addressee": "Not seen in what is published",
        "owner": "superintendent",
        "owner_name": "Iris Example, superintendent",
    }


def _accepted(_at: datetime) -> Answers:
    return {
        "position": "accept",
        "reason": "Without outcomes nobody can tell whether the work helps.",
        "aim": "For each child it is known what changed, and the figures show for whom the work does less.",
    }


def _partly(_at: datetime) -> Answers:
    return {
        "position": "partial",
        "reason": "Nobody is called absent any more; how repeat episodes are graded is looked at again.",
        "aim": "A child who goes missing for the third time is not graded as if it were the first.",
    }


def _milestone(what: str, days: int, role: str, proof: str, another: str) -> Deed:
    """Plan a milestone some days after the position was taken."""
    answers = {"what": what, "role": role, "evidence_wanted": proof, "another": another}
    return Deed(timedelta(0), "plan_milestone", lambda at: {**answers, "due_on": _day(at, days)})


def _at(ago: timedelta, deed: Deed) -> Deed:
    return Deed(ago, deed.element, deed.answers)


def _recorded(at: datetime) -> Answers:
    return {
        "done_on": _day(at),
        "what_was_done": "The report form asks for ethnicity, and says so where it is not known.",
        "evidence_kind": "metric",
        "evidence_ref": "/performance/episodes?of=ethnicity&is=not_recorded",
    }


def _late(at: datetime) -> Answers:
    return {
        "why_late": "Both councils had to agree on what counts as a good outcome.",
        "decision": "new_date",
        "new_due_on": _day(at, 45),
    }


def _update(at: datetime) -> Answers:
    return {
        "as_of": _day(at),
        "progress": "Ethnicity is asked for in every report. The outcomes are still being agreed with the councils.",
        "standing": "Half done: diversity is recorded, outcomes are not yet compared.",
        "next": "go_on",
    }


_RECOMMENDATIONS = (
    Story(
        70 * DAY,
        _outcomes,
        (
            Deed(66 * DAY, "assess_as_chief_inspector", _accepted),
            _at(65 * DAY, _milestone("Record the ethnicity of every child", 40, "mfh_coordinator", "A figure", "yes")),
            _at(
                65 * DAY - timedelta(minutes=9),
                _milestone("Agree with both councils which outcomes are compared", 50, "audit_lead", "Minutes", "no"),
            ),
            Deed(30 * DAY, "carry_out_as_mfh", _recorded),
            Deed(12 * DAY, "decide_on_overdue_milestone", _late),
            Deed(10 * DAY, "update_status", _update),
        ),
        recommendations.PROCEDURE,
    ),
    Story(
        20 * DAY,
        _risk,
        (
            Deed(18 * DAY, "assess_as_superintendent", _partly),
            _at(
                17 * DAY,
                _milestone("Audit how third episodes are graded", 13, "audit_lead", "The audit of the month", "no"),
            ),
        ),
        recommendations.PROCEDURE,
    ),
)
"""One whose milestone was late, which the chief inspector has explained; one with a milestone that is overdue now."""


def _audited(**changes: Value) -> Callable[[datetime], Answers]:
    """Score a case: good, but for what is changed."""
    told: Answers = {
        "immediate_risk_found": "no",
        **dict.fromkeys(audits.STANDARDS, "3"),
        "closure_comment": "What was left was handed on by name.",
        "overall": "3",
        "victim_blaming_language": "no",
        "themes": ["good_practice"],
        "feedback_to": "The sergeant of the locate team",
        "action_needed": "yes",
    }
    return lambda _at: told | changes


def _again(**changes: Value) -> Callable[[datetime], Answers]:
    """Score a case a second time, without knowing of the first: good, but for what is changed."""
    told: Answers = {"immediate_risk_found": "no", **dict.fromkeys(audits.STANDARDS, "3"), "overall": "3"}
    return lambda _at: told | changes


def _finding(standard: str, found: str, role: str, to_do: str) -> Callable[[datetime], Answers]:
    return lambda _at: {"standard": standard, "found": found, "role": role, "to_do": to_do, "another": "no"}


def _done(_at: datetime) -> Answers:
    return {"outcome": "done", "what_was_done": "The rota of each night names the inspector who reviews."}


def _settled(_at: datetime) -> Answers:
    return {"settled": "yes", "why_settled": "The rota was seen, and the two reviews since then came in time."}


def _summary(_at: datetime) -> Answers:
    return {
        "good": "Every child was seen by an officer after the return, and each report was complete.",
        "not_good": "Reviews at night come late. What a child says is passed on and then not used.",
        "to_change": "One inspector answers for the reviews of each night.",
        "compared": "same",
    }


def _read(_at: datetime) -> Answers:
    return {"decision": "changes", "what_changes": "The rota names who reviews at night, from the first of next month."}


_AUDIT = (
    (DAY, "audit_case", _audited(supervision="1", supervision_comment="The second review came nine hours late.")),
    (
        DAY,
        "record_finding",
        _finding(
            "supervision", "The second review came nine hours late.", "locate_sergeant", "Agree who reviews at night."
        ),
    ),
    (1.5 * DAY, "act_on_finding_locate", _done),
    (1.5 * DAY, "audit_case_again", _again(supervision="2", rationale="2")),
    (2 * DAY, "audit_case", _audited(child_voice="1", child_voice_comment="Nothing says what the child wishes.")),
    (
        2 * DAY,
        "record_finding",
        _finding("child_voice", "Nothing says what the child wishes.", "mfh_coordinator", "Take it into the plan."),
    ),
    (2.5 * DAY, "check_finding", _settled),
    (2.5 * DAY, "audit_case_again", _again(child_voice="1", pi_quality="2")),
    (3 * DAY, "summarise_month", _summary),
    (3.5 * DAY, "read_summary", _read),
)
"""What was done in the audit, and how long after its beginning: one finding is settled, the other waits for an answer."""


def month_begins(now: datetime) -> datetime:
    """Give when the latest audit began that can have come so far at the instant `now`."""
    day = (now - AUDIT_TAKES).astimezone(LONDON).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    for first in (day, (day - DAY).replace(day=1)):
        begins = next_local_time(first, time(6), lambda each: is_working_day_of_month(each, 1))
        if begins is not None and begins <= now - AUDIT_TAKES:
            return begins
    message = f"no month of audits has begun before {now}"
    raise AssertionError(message)


def stories(now: datetime) -> tuple[Story, ...]:
    """Give the recommendations, the audit of a month and the two cases of its sample, as seen from the instant `now`."""
    begins = month_begins(now)
    ended = datetime.combine(audits.month_before(begins), time(9), LONDON)
    cases = (
        whole_case(now - ended - 4 * DAY, "Frankie Example", 13, "high", "medication", "unfamiliar"),
        whole_case(now - ended - 9 * DAY, "Georgie Example", 15, "medium", "out_of_character"),
    )
    deeds = tuple(Deed(now - begins - after, element, answers) for after, element, answers in _AUDIT)
    return (*_RECOMMENDATIONS, *cases, Story(now - begins, by_calendar, deeds, audits.PROCEDURE))
