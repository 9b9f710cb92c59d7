"""The audit of a month as its page says it: summary, findings with what came of them, and the cases of the sample."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from engine.frozen import frozen
from engine.model import Actor, Value
from engine.release import Compiled
from engine.store import reading
from engine.views import CaseView, TaskRow
from web.fact_words import Row, row, say_answer
from web.moments import say_moment, say_until
from web.services import Services
from workflows import audits
from workflows.agencies import title_of
from workflows.audits import STANDARDS, Month, Sampled

SAMPLED_BY: Mapping[str, str] = {
    "death": "Somebody died",
    "complaint": "Somebody complained",
    "high_risk": "Graded high",
    "repeat": "Three in 90 days",
    "random": "By chance",
}

PURPOSE = "oversight, audits"
SHOWN = 6
"""Months of the trend."""

STANDING: Mapping[str, str] = {"open": "Open", "overdue": "Overdue", "settled": "Settled"}
COLOURS: Mapping[str, str] = {"open": "blue", "overdue": "red", "settled": "green"}

_FOLLOW_UP = (
    ("finding", "found", "What was found"),
    ("finding", "to_do", "What to do"),
    ("finding_result", "outcome", "What came of it"),
    ("finding_result", "what_was_done", "What was done"),
    ("finding_result", "why_not", "Why not all of it"),
    ("finding_check", "settled", "Settled"),
    ("finding_check", "why_settled", "How we know"),
    ("finding_check", "what_remains", "What remains"),
    ("finding_decision", "decision", "Decision"),
    ("finding_decision", "reason", "Why"),
)
_SUMMARY = (
    ("audit_summary", "good", "What is good"),
    ("audit_summary", "not_good", "What is not good enough"),
    ("audit_summary", "to_change", "What should change"),
    ("audit_summary", "compared", "Compared with the month before"),
    ("audit_reading", "decision", "What the chief inspector decided"),
    ("audit_reading", "what_changes", "What changes"),
    ("audit_reading", "why_not", "Why nothing changes"),
)
"""Record, field and the words of a row, in the order in which they come about."""


@frozen
class Finding:
    """One finding: about which case (where the reader may know of it), how it stands, and what came of it."""

    key: str
    standard: str
    case_id: str
    standing: str
    waits_for: str
    rows: list[Row]

    @property
    def tag(self) -> dict[str, str]:
        """Give the tag that says how it stands."""
        return {"text": STANDING[self.standing], "classes": f"govuk-tag--{COLOURS[self.standing]}"}


@frozen
class Drawn:
    """One case of the sample; `at_risk` says what came of a risk that the audit saw, empty where it saw none."""

    case_id: str
    why: str
    audited: str
    overall: str
    at_risk: str


def trend(here: Services, who: Actor, now: datetime, limit: int = SHOWN) -> tuple[Month, ...]:
    """Read the audits of the latest months as figures; that somebody looks at them is written down first."""
    with reading(here.engine) as connection:
        found = audits.months(connection, now, limit)
    looked_at = (each.case_id for each in found)
    here.cases.note_reading(*looked_at, by=who, purpose=PURPOSE, classes=frozenset({"D12"}), now=now)
    return found


def describe(
    view: CaseView, release: Compiled, month: Month, known: Collection[str], now: datetime
) -> dict[str, object]:
    """Give everything that the template needs; `known` are the cases of the sample of which the reader may know."""
    keys = view.facts.get("finding", {})
    named = {number: each.case_id for number, each in enumerate(month.sample, start=1) if each.case_id in known}
    return {
        "case": view,
        "month": month,
        "summary": _rows(view, release, _SUMMARY, ""),
        "findings": [_finding(view, release, key, named, now) for key in sorted(keys, key=_in_order)],
        "drawn": [_drawn(view, release, str(number), month.sample[number - 1]) for number in named],
    }


def why_once(view: CaseView, month: Month, *, alone: bool) -> str:
    """Say why cases are not scored twice, and the way out; empty where they are, or the table asks for none. `alone` where one person audits."""
    waiting = sum(each.audited_at is not None and each.again and each.second_at is None for each in month.sample)
    wanted = any(int(each.get("again") or 0) for each in view.facts.get("quota", {}).values())
    if alone and waiting:
        cases = "1 case waits" if waiting == 1 else f"{waiting} cases wait"
        return (
            f"{cases} for a second auditor, and only one person is audit lead now. Whoever scored a case first cannot score it "
            "again: let an administrator give the role to a second person."
        )
    if wanted and month.sample and not any(each.again for each in month.sample):
        return (
            "No case of this month is scored twice: only one person was audit lead when the sample was drawn. Where an "
            "administrator gives the role to a second person, some cases of the next month are."
        )
    return ""


def _finding(view: CaseView, release: Compiled, key: str, named: Mapping[int, str], now: datetime) -> Finding:
    """Say one finding; it is settled when the audit lead says so, or the chief inspector has decided."""
    fields = view.facts["finding"][key]
    settled = _said(view, "finding_check", key).get("settled") == "yes" or bool(_said(view, "finding_decision", key))
    waiting = next((task for task in view.tasks if _is_about(task, key)), None)
    late = waiting is not None and waiting.due_at is not None and waiting.due_at <= now
    return Finding(
        key=key,
        standard=STANDARDS.get(str(fields.get("standard")), ""),
        case_id=named.get(int(key.partition(".")[0]), ""),
        standing="settled" if settled else "overdue" if late else "open",
        waits_for=_waits_for(waiting, now) if waiting is not None and not settled else "",
        rows=_rows(view, release, _FOLLOW_UP, key),
    )


def _is_about(task: TaskRow, key: str) -> bool:
    """Whether a task is open and follows up this finding."""
    return task.status == "open" and task.record_key == key and task.record.startswith("finding_")


def _waits_for(task: TaskRow, now: datetime) -> str:
    due = f", due {say_moment(task.due_at)} ({say_until(task.due_at, now)})" if task.due_at else ""
    return f"Waits for {title_of(task.role).lower()}: {task.name.lower()}{due}."


def _drawn(view: CaseView, release: Compiled, key: str, sampled: Sampled) -> Drawn:
    records = ("audit", "second_audit", "immediate_risk")
    audit, second, risk = (_said(view, record, key) for record in records)
    seen = "yes" in {audit.get("immediate_risk_found"), second.get("immediate_risk_found")}
    overall = [
        _words(release, record, "overall", said) for record, said in (("audit", audit), ("second_audit", second))
    ]
    done = _words(release, "immediate_risk", "child_safe", risk) if risk else "Seen, nobody has acted yet"
    return Drawn(
        case_id=sampled.case_id,
        why=SAMPLED_BY.get(sampled.sampled_by, sampled.sampled_by),
        audited=_audited(sampled),
        overall=" and ".join(each for each in overall if each),
        at_risk=done if seen else "",
    )


def _audited(sampled: Sampled) -> str:
    """Say how far the audit of a case is."""
    if sampled.audited_at is None:
        return "Not yet"
    if not sampled.again:
        return "Yes"
    return "Twice" if sampled.second_at is not None else "Once, a second auditor is to score it too"


def _rows(view: CaseView, release: Compiled, wanted: tuple[tuple[str, str, str], ...], key: str) -> list[Row]:
    """Give the rows of what has been said; what has not, or is not for this reader, is left out."""
    told = [(words, _words(release, record, field, _said(view, record, key))) for record, field, words in wanted]
    return [row(words, value) for words, value in told if value]


def _said(view: CaseView, record: str, key: str) -> Mapping[str, Value]:
    return view.facts.get(record, {}).get(key, {})


def _words(release: Compiled, record: str, key: str, fields: Mapping[str, Value]) -> str:
    """Say one answer by the words of its form."""
    asked = release.forms_by_record.get(record)
    question = next((each for each in asked.fields if each.key == key), None) if asked else None
    value = fields.get(key)
    return say_answer(value, question) if value not in (None, "", []) else ""


def _in_order(key: str) -> list[int]:
    return [int(part) for part in key.split(".")]
