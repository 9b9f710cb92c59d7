"""A recommendation as its pages and the report to the scrutiny panel say it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from engine.frozen import frozen
from engine.model import SYSTEM, Value
from web.fact_words import Row, row
from web.live_measures import in_words
from web.moments import LONDON, say_day
from workflows.agencies import title_of
from workflows.recommendations import CLOSED, RAG, STATUS, Milestone, Recommendation, Told

COLOURS: Mapping[str, str] = {"red": "red", "amber": "orange", "green": "green", "closed": "grey"}

SOURCES: Mapping[str, str] = {
    "hmic": "HMIC",
    "hmicfrs": "HMICFRS",
    "iopc": "Independent Office for Police Conduct",
    "pcc": "Police and crime commissioner",
    "internal_audit": "Internal audit",
    "cspr": "Child safeguarding practice review",
}
KINDS: Mapping[str, str] = {
    "recommendation": "Recommendation",
    "afi": "Area for improvement",
    "cause_of_concern": "Cause of concern",
}
WORDS_OF: Mapping[str, str] = {
    "verbatim": "word for word",
    "paraphrase": "in our own words",
    "not_located": "the text has not been found yet",
}
POSITIONS: Mapping[str, str] = {"accept": "Accepted", "partial": "Accepted in part", "reject": "Rejected"}
PROOFS: Mapping[str, str] = {"document": "document", "metric": "figure", "audit": "audit"}

HEADS = (
    "Reference", "Recommended by", "What it asks for", "Kind", "Position", "Status", "Stands", "Because", "Owner",
    "Deadline", "Next milestone", "Milestones overdue", "Escalated and why", "Evidence", "Since the last report",
    "Last reported to the panel",
)  # fmt: skip


UNEXPLAINED, EXPLAINED = "escalated, not explained yet", "escalated and explained"


@frozen
class Step:
    """One milestone as a row of a table."""

    what: str
    who: str
    day: str
    state: str
    overdue: bool
    proof: str
    escalated: str
    waits: str = ""
    done: bool = False
    why_late: str = ""


@frozen
class Line:
    """One recommendation as the list and the report show it; `new` is what has happened since the last report, `taken` the position in a word."""

    case_id: str
    ref_no: str
    source: str
    kind: str
    text: str
    taken: str
    position: str
    standing: str
    status: str
    rag: str
    why: str
    colour: str
    owner: str
    deadline: str
    next_step: str
    overdue: int
    steps: Sequence[Step]
    new: Sequence[str]
    reported: str

    @property
    def escalated(self) -> list[str]:
        """Say what was escalated, and why it is late."""
        return [each.escalated for each in self.steps if each.escalated]

    @property
    def escalations(self) -> list[str]:
        """Say how many escalations still wait, and whether they have been explained; what is done waits for nothing."""
        counted = [(words, sum(each.waits == words for each in self.steps)) for words in (UNEXPLAINED, EXPLAINED)]
        return [f"{count} {words}" for words, count in counted if count]

    @property
    def proofs(self) -> list[str]:
        """Say what proves what was done."""
        return [f"{each.what}: {each.proof}" for each in self.steps if each.proof]

    @property
    def done(self) -> list[str]:
        """Say which milestones are done, and when."""
        return [f"{each.what} ({each.who}). {each.state}" for each in self.steps if each.done]

    @property
    def to_do(self) -> list[str]:
        """Say which milestones are not done, by when, and why they are late."""
        open_ones = [each for each in self.steps if not each.done]
        return [f"{each.what} ({each.who}, {each.day}). {each.state}. {each.why_late}".strip() for each in open_ones]

    @property
    def late(self) -> list[str]:
        """Say which milestones are overdue."""
        return [f"{each.what} ({each.who}, {each.day})" for each in self.steps if each.overdue]


def line(found: Recommendation, stands: Value, now: datetime) -> Line:
    """Say one recommendation; `stands` is what the table `rag` says of it now."""
    today = now.astimezone(LONDON).date()
    rag = str(stands["rag"]) if isinstance(stands, dict) else ""
    over = found.status in CLOSED
    steps = [_step(each, today, over=over) for each in found.milestones]
    taken = POSITIONS.get(found.position, "No position yet")
    following = None if over else found.next_milestone
    return Line(
        case_id=found.case_id,
        ref_no=found.ref_no,
        source=f"{SOURCES.get(found.source_body, found.source_body)}, {found.report_title}",
        kind=KINDS.get(found.kind, found.kind),
        text=found.text,
        taken=taken,
        position=f"{taken}: {found.reason}" if found.reason else taken,
        standing=found.closing or found.standing,
        status=STATUS.get(found.status, found.status),
        rag=RAG.get(rag, "Not known"),
        why=str(stands["why"]) if isinstance(stands, dict) else "",
        colour=COLOURS.get(rag, "grey"),
        owner=found.owner_name or title_of(found.owner),
        deadline=say_day(found.deadline) if found.deadline else "None set",
        next_step=f"{following.what}, by {_day(following)}" if following else "None planned" if not over else "None",
        overdue=sum(each.overdue for each in steps),
        steps=steps,
        new=[said(each) for each in found.since_last_report()],
        reported=say_day(found.reported_on[-1]) if found.reported_on else "Never",
    )


def summary(found: Recommendation, shown: Line) -> list[Row]:
    """Give the rows with which the page of a recommendation begins."""
    rows = [
        ("What it asks for", f"{found.text} ({WORDS_OF[found.text_status]})" if found.text_status else found.text),
        ("Recommended by", shown.source),
        ("Kind", shown.kind),
        ("Owner", shown.owner),
        ("Deadline", shown.deadline),
        ("The force's position", shown.position),
        ("Status", shown.status),
        ("Where it stands", shown.standing or "Nothing said yet"),
        ("Reported to the panel", ", ".join(say_day(each) for each in found.reported_on) or "Never"),
    ]
    return [row(words, value) for words, value in rows]


def history(found: Recommendation, names: Mapping[str, str]) -> list[tuple[str, str, datetime]]:
    """Say what happened, the latest first: what, by whom, when."""
    return [
        (_words(each), "" if each.by == SYSTEM else names.get(each.by, each.by), each.at)
        for each in reversed(found.history)
    ]


def as_rows(lines: Sequence[Line]) -> list[list[str]]:
    """Give the report as the rows of a file."""
    return [list(HEADS)] + [
        [
            each.ref_no, each.source, each.text, each.kind, each.position, each.status, each.rag, each.why, each.owner,
            each.deadline, each.next_step, "\n".join(each.late), "\n".join(each.escalated), "\n".join(each.proofs),
            "\n".join(each.new), each.reported,
        ]
        for each in lines
    ]  # fmt: skip


def by_gravity(lines: Iterable[Line]) -> list[Line]:
    """Put the gravest first, and what stands alike in the order in which it came."""
    places = list(RAG.values())
    return sorted(lines, key=lambda each: places.index(each.rag) if each.rag in places else len(places))


def counted(lines: Sequence[Line]) -> list[tuple[str, int]]:
    """Count the recommendations by how they stand, for those who see figures only."""
    return [(words, sum(each.rag == words for each in lines)) for words in RAG.values()]


def _step(found: Milestone, today: date, *, over: bool) -> Step:
    overdue = found.overdue(today) and not over
    if found.done_on is not None:
        state = f"Done on {say_day(found.done_on)}"
    elif over:
        state = "Not wanted any more"
    else:
        state = "Overdue" if overdue else "To be done"
    escalated = waits = ""
    if found.escalated_at is not None:
        waits = "" if over or found.done_on is not None else EXPLAINED if found.why_late else UNEXPLAINED
        why = f"Why it is late: {found.why_late}" if found.why_late else "Why it is late has not been said yet."
        escalated = f"{found.what}: to the chief inspector on {_when(found.escalated_at)}. {why}"
    proof = f"{in_words(found.evidence_ref)} ({PROOFS.get(found.evidence_kind, 'evidence')})"
    day = _day(found)
    if found.new_due_on and found.due_on:
        day = f"{day}, first {say_day(found.due_on)}"
    shown = proof if found.evidence_ref else ""
    done, why = found.done_on is not None, f"Why it is late: {found.why_late}" if found.why_late else ""
    return Step(found.what, title_of(found.role), day, state, overdue, shown, escalated, waits, done, why)


def _day(found: Milestone) -> str:
    return say_day(found.day) if found.day else "no day"


def _when(moment: datetime) -> str:
    return say_day(moment.astimezone(LONDON).date())


def _words(told: Told) -> str:
    if told.kind == "status":
        return STATUS.get(told.text, told.text)
    if told.kind == "panel":
        return "Reported to the scrutiny panel"
    begins = {"update": "Update", "evidence": "Evidence", "review": "The inspectorate"}
    return f"{begins[told.kind]}: {told.text}"


def said(told: Told) -> str:
    """Say one entry of the history with its day."""
    return f"{_when(told.at)}: {_words(told)}"
