"""Two reports of oversight with which the demonstration begins: a pack that the panel has, and a response that waits for the commissioner.

The response answers the inspection of the demonstration's recommendations as if it had been published three weeks ago, so that its clock runs.
The pack is drawn up last of all, so that its figures are those of the county that was played.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from engine.model import Value
from web import periods
from web.demo_cases import Answers, Deed, Story
from web.demo_oversight import DAY, REPORT
from workflows import reports
from workflows.days import day_of


def _response(at: datetime) -> Answers:
    told = {"kind": "response", "source_body": "hmic", "report_title": REPORT}
    return {**told, "published_on": day_of(at) - 12 * DAY}


def _pack(at: datetime) -> Answers:
    """Say of which quarter: the last one that was over."""
    this = periods.quarter_of(day_of(at)).first
    return {"kind": "panel", "quarter_from": periods.quarter_of(this - DAY).first}


def _said(**said: Value) -> Callable[[datetime], Answers]:
    return lambda _at: dict(said)


_NARRATIVE: Answers = {
    "summary": "Every child who comes back is seen. What became of them can be told for more of them than a year ago.",
    "changed": "Ethnicity is asked for in every report.\n\nThe two councils and the force compare outcomes by one list.",
    "concerns": "Reviews at night come late, and what a child says is passed on and then not used.",
    "asked": "Support for one list of outcomes in both councils.",
}
_LETTER = (
    "I have the same concerns as the inspectorate. A child who goes missing needs somebody who asks why.\n\n"
    "The force answers each recommendation in Annex 1, and I will ask my panel to follow what is promised there."
)


def _looked(ago: timedelta, element: str, **decided: Value) -> Deed:
    """Let somebody decide on the version that was drawn up last."""
    return Deed(ago, element, _said(**decided), lambda scope: {"version": scope["drawn"][-1]["fingerprint"]})


MINUTE = timedelta(minutes=1)

PACK = Story(
    25 * MINUTE,
    _pack,
    (
        Deed(20 * MINUTE, "write_report", _said(**_NARRATIVE)),
        _looked(15 * MINUTE, "review_report", approved="yes"),
        _looked(10 * MINUTE, "sign_as_chief_officer", signed="yes"),
    ),
    reports.PROCEDURE,
)
"""A pack that was issued to the panel just now."""

RESPONSE = Story(
    9 * DAY,
    _response,
    (
        Deed(6 * DAY, "write_report", _said(**_NARRATIVE, letter=_LETTER)),
        _looked(5 * DAY, "review_report", approved="no", to_change="Say when the outcomes are first compared."),
        Deed(
            4 * DAY,
            "write_report",
            _said(**{**_NARRATIVE, "asked": "One list of outcomes, first compared in May."}, letter=_LETTER),
        ),
        _looked(3 * DAY, "review_report", approved="yes"),
    ),
    reports.PROCEDURE,
)
"""A response that was sent back once and waits for the commissioner."""
