"""Brings a case to a milestone of the missing child procedure, by the shortest way that its pages allow."""

from __future__ import annotations

from typing import Any

from tests.procedures.casework import Casework

TOLD_OF_RETURN = {"tell_authority_of_return", "tell_partners_of_return", "tell_school_of_return", "clear_circulation"}
"""The tasks of those who tell others that the child is found."""


def handed_over(case: Casework, **report: Any) -> Casework:
    """A child was reported missing; the duty inspector has the case, and the local authority knows."""
    return case.report(**report).fill("acknowledge_handover").fill("acknowledge_missing_notice")


def assessed(case: Casework, **answers: Any) -> Casework:
    """The report was taken, and the risk questions were asked with these answers (without their ``ra_``)."""
    case.fill("complete_missing_report").fill("match_child")
    return case.fill("assess_risk", **{f"ra_{name}": answer for name, answer in answers.items()})


def decided(case: Casework, level: str, **answers: Any) -> Casework:
    """The call taker has decided this grade; a grade below the floor gets its own reason."""
    own = "The child is with a known friend and her parents, and we spoke with both of them."
    return case.fill("decide_risk_grade", level=level, below_floor_reason=own, **answers)


def endorsed(case: Casework, **answers: Any) -> Casework:
    """Whoever has to has endorsed the grade: an inspector where it is high, the supervisor elsewhere."""
    inspector = "endorse_as_inspector" in case.open_elements()
    return case.fill("endorse_as_inspector" if inspector else "endorse_risk_grade", **answers)


def graded(case: Casework, level: str = "medium") -> Casework:
    """The grade was decided and endorsed."""
    return endorsed(decided(assessed(case), level))


def returned(case: Casework, **answers: Any) -> Casework:
    """A graded child is back after five hours."""
    return graded(handed_over(case)).wait(hours=5).fill("record_return", **answers)


def seen_by_police(case: Casework) -> Casework:
    """The child is back, and the police have held their interview."""
    return returned(case).fill("hold_prevention_interview")


def told_of_return(case: Casework) -> Casework:
    """Whoever has to know is told of the return, as far as that is open, and circulation is cleared."""
    for element in sorted(TOLD_OF_RETURN & set(case.open_elements())):
        case.fill(element)
    return case


def police_closed(case: Casework, **answers: Any) -> Casework:
    """Everybody knows of the return, and the police enquiry is closed; an inspector has agreed where one must."""
    told_of_return(case).fill("close_police_enquiry", **answers)
    return case.fill("agree_to_police_closure") if "agree_to_police_closure" in case.open_elements() else case


def closed(case: Casework, **answers: Any) -> Casework:
    """The case is put forward to be closed, and an inspector has agreed where one must."""
    case.fill("close_case", **answers)
    return case.fill("agree_to_close") if "agree_to_close" in case.open_elements() else case


def heard(case: Casework) -> Casework:
    """The child accepts the offer, and the return interview is held."""
    return case.fill("offer_return_interview").fill("hold_return_interview")


def received(case: Casework, **answers: Any) -> Casework:
    """The write-up has reached the police."""
    return case.fill("write_up_return_interview", **answers).fill("receive_return_interview")
