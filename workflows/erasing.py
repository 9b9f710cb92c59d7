"""Erases what is kept of a child: every case, and what was drawn from them; counts stay, and who it was does not.

The unit is a child with all cases, episodes from before the cut-over too, or a case of which nobody has said which child it is
about. An episode stays as a row of what the figures count by, under a name of chance that its child's others share, so that no
total of the past changes; name, id and free texts go.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

import sqlalchemy as sa

from engine import erasing
from engine.cases import LETTERS
from engine.erasing import Mention, Tombstone
from engine.frozen import frozen
from engine.store import ERASED, CaseTable, TaskTable, row_lock
from notifications.outbox import OutboxRow
from workflows import (
    amendments,
    attachments,
    attendance,
    audits,
    break_glass,
    children,
    comments,
    concerns,
    copies,
    disclosures,
    handovers,
    joining,
    notices,
    philomena,
    read_log,
    redacting,
    saved_lists,
    seals,
    typed,
)
from workflows.about import AboutRow
from workflows.child_details import ChildDetailsRow
from workflows.children import ChildFlagRow, ChildRow, PastEpisodeRow
from workflows.disruptions import DisruptionRow
from workflows.episodes import PROCEDURE, EpisodeRow
from workflows.matching import MATCH
from workflows.photographs import PhotographRow
from workflows.serious_events import SeriousEventRow
from workflows.trigger_plans import ChildPlanRow

KEPT_OF_AUDITS = audits.READS | {
    ("sample", "case_id"),
    ("sample", "sampled_by"),
    ("sample", "again"),
    ("audit", "themes"),
    ("audit", "action_needed"),
    ("finding", "another"),
    ("immediate_risk", "child_safe"),
}
"""What stays of the audit of a case that is erased: scores and what was chosen. What was typed may say whom it is about."""

MENTIONS: Mapping[str, Mention] = MappingProxyType(
    {
        "daily_management": Mention(),
        "audit": Mention(keeps=KEPT_OF_AUDITS),
        PROCEDURE: Mention(records=frozenset({"candidates"})),
    }
)
"""What goes of cases that are about others too (engine.erasing.erase_mentions): agendas, audits, and who else a child might be."""

SAID: Mapping[str, str] = MappingProxyType(
    {
        # of the engine
        "cases": "emptied: the row keeps reference, procedure, when it was opened and closed",
        "fact_values": "deleted, and in cases about others what they say of it (`MENTIONS`)",
        "event_reasons": "deleted, and in cases about others why a record about it was put right",
        "messages": "deleted; of a partner's message its number stays, so that it does not come back when it is sent again",
        "incidents": "texts taken out",
        # of the workflows
        "episodes": "kept without who it was: child_id is a name of chance, name and texts are empty",
        "past_episodes": "kept without who it was, as the episodes are",
        "children": "deleted",
        "child_details": "deleted",
        "child_flags": "deleted",
        "child_plans": "deleted",
        "child_merges": "kept: who joined which ids and took it back; typed reasons taken out",
        "disruptions": "deleted",
        "serious_events": "deleted",
        "photographs": "deleted",
        "philomena": "deleted, with what a carer has written about the child",
        "philomena_versions": "deleted",
        "carer_absences": "deleted",
        "concerns": "deleted, those of the carer's form too",
        "comments": "deleted",
        "attachments": "deleted, with their bytes",
        "amendments": "deleted: what was put right or withdrawn beside the cases, with old, new and reasons",
        "notices": "deleted",
        "bundles": "deleted, what was given as it was given too; that and to whom it was given stays in disclosures",
        "bundle_redactions": "deleted",
        "copies_to_correct": "deleted: what was typed about a recipient; to whom something was given stays in disclosures",
        "disclosures": "kept for a year: to whom something was given; who asked for their own is taken out",
        "handovers": "kept: who handed over to whom and when; typed words taken out",
        "typed": "deleted",
        "break_glass": "kept for a year: who opened it with a reason; the typed reason is taken out",
        "seals": "kept for a year: who sealed it; the typed reason is taken out",
        "legal_holds": "kept for a year: typed reasons taken out",
        "retention_decisions": "kept for a year: typed reasons taken out",
        "read_reviews": "kept: what a reviewer found about a day on which somebody looked at it; the typed text is taken out",
    }
)
"""Tables in which something is said of a child, in words or as a picture, and what erasing does to each."""

NAMED: Mapping[str, str] = MappingProxyType(
    {
        "events": "kept: the log holds salted digests; the digests of what commands asked are taken out",
        "tasks": "kept: who had which task and when; without the keys of items",
        "awaited": "deleted",
        "unstaffed_tasks": "gone by itself, since its tasks are over: reference and role",
        "reads": "kept for a year: who read what (`workflows.log_ends`)",
        "tombstones": "written",
        "outbox": "deleted: no mail says anything of a child",
        "cases_about_children": "deleted",
        "philomena_moves": "deleted",
        "comment_mentions": "deleted",
        "seal_cases": "kept for a year: reference",
        "seal_members": "kept for a year: who saw it",
        "handover_tasks": "kept: reference and when it was taken over",
        "meeting_attendance": "deleted",
        "saved_lists": "deleted where it asks for one of the references; its name is to name no child",
        "retention_days": "deleted: the end of a period tells a birthday",
        "log_ends": "kept: reference and counts",
        "audit_samples": "kept: reference and scores",
        "audit_findings": "kept: standard, role and times",
    }
)
"""Tables that name a record, who worked with it and when, and say nothing of whom it is about."""

NOTHING: Mapping[str, str] = MappingProxyType(
    {
        "anchors": "digests",
        "releases": "the procedures",
        "schedules": "what the calendar opens",
        "drafts": "the procedures",
        "draft_events": "the procedures",
        "unsaved": "the procedures",
        "rehearsals": "the procedures, tried out with invented answers",
        "outbox_holds": "why mails wait",
        "audits": "a month",
        "populations": "how many children live in an area",
        "recommendations": "an inspection",
        "recommendation_milestones": "an inspection",
        "recommendation_steps": "an inspection",
        "reports": "an inspection or a quarter",
        "report_versions": "an inspection or a quarter; what is written in it is to name no child",
        "report_issues": "an inspection or a quarter; what is written in it is to name no child",
        "report_hidden": "a quarter",
        "organisations": "an agency",
        "people": "a person of an agency",
        "memberships": "a person of an agency",
        "on_call": "a person of an agency",
        "deputies": "people of an agency",
        "invitations": "a person of an agency",
        "administration_log": "a person of an agency, until its account has gone (`workflows.log_ends`)",
        "teams": "an agency",
        "team_members": "a person of an agency",
        "commissions": "agencies",
        "vettings": "a person of an agency",
        # of the site
        "web_sessions": "a person of an agency",
        "sign_in_failures": "a digest",
        "heartbeats": "a worker",
        "schema_reach": "the schema",
        "verifications": "findings, which say no value",
    }
)
"""Tables that hold nothing personal of a child, and what they are about: erasing leaves them alone."""

TABLES: Mapping[str, str] = MappingProxyType({**SAID, **NAMED, **NOTHING})
"""What erasing does to each table: total, so that a new table is thought of."""


@frozen
class OwnCase:
    """One case of a subject."""

    case_id: str
    procedure: str
    status: str
    opened_at: datetime
    closed_at: datetime | None


@frozen
class Subject:
    """Whom records are about: `subject` is a child's id, or the reference of a case that nobody has matched; `ids` all ids.

    `forms` are the carer's forms about the child.
    """

    subject: str
    ids: tuple[str, ...]
    cases: tuple[OwnCase, ...]
    forms: tuple[str, ...] = ()

    @property
    def refs(self) -> tuple[str, ...]:
        """Every reference under which it is known."""
        return tuple(dict.fromkeys((*self.ids, *(case.case_id for case in self.cases), *self.forms)))


def _of_episodes(episodes: sa.Select[tuple[str]]) -> sa.Select[tuple[str]]:
    """Select what episodes of a child whom nobody had matched have called for: it names the episode alone."""
    return sa.select(AboutRow.case_id).where(AboutRow.child_id == "", AboutRow.episode.in_(episodes))


def _of_forms(forms: Sequence[str]) -> sa.Select[tuple[str]]:
    """Select what homes have reported from these carer's forms when nobody here knew the child: it names the form alone, by its key."""
    case = CaseTable
    by_form = [case.correlation.startswith(f"{form} ", autoescape=True) for form in forms]
    reported = sa.select(AboutRow.case_id).join(case, case.id == AboutRow.case_id)
    return reported.where(AboutRow.child_id == "", sa.or_(sa.false(), *by_form))


def find(connection: sa.Connection, reference: str) -> Subject | None:
    """Give the subject to whom a case or a child's id belongs; None where there is none, or it was erased."""
    child = children.find(connection, reference)
    child_id = child.child_id if child else children.child_of(connection, reference)
    forms = tuple(sorted(form.id for form in philomena.of_child(connection, child_id))) if child_id else ()
    ids: tuple[str, ...] = ()
    if child_id is not None:
        ids = tuple(sorted(connection.execute(children.ids_of(child_id)).scalars()))
        known = sa.or_(
            CaseTable.id.in_(sa.select(EpisodeRow.case_id).where(EpisodeRow.child_id.in_(ids))),
            CaseTable.id.in_(sa.select(AboutRow.case_id).where(AboutRow.child_id.in_(ids))),
            CaseTable.id.in_(_of_episodes(sa.select(EpisodeRow.case_id).where(EpisodeRow.child_id.in_(ids)))),
            CaseTable.id.in_(_of_forms(forms)),
            CaseTable.correlation.in_(ids),
        )
    else:
        of_it = CaseTable.id.in_(_of_episodes(sa.select(sa.literal(reference))))
        of_form = CaseTable.id.in_(_of_forms([reference]))
        known = sa.or_(CaseTable.id == reference, CaseTable.correlation == reference, of_form, of_it)
    columns = (CaseTable.id, CaseTable.procedure, CaseTable.status, CaseTable.opened_at, CaseTable.closed_at)
    asked = sa.select(*columns).where(known, CaseTable.status != ERASED).order_by(CaseTable.opened_at, CaseTable.id)
    cases = tuple(OwnCase(*row) for row in connection.execute(asked))
    if child is None and not cases:
        return None
    return Subject(child_id or reference, ids, cases, forms)


def asked_about(connection: sa.Connection, subject: Subject) -> tuple[str, ...]:
    """Name the open cases in which somebody still has to say whether they are about this subject."""
    named = [row.id for row in erasing.naming(connection, PROCEDURE, subject.refs) if row.status == "open"]
    task = TaskTable
    waits = sa.select(task.case_id).where(
        task.case_id.in_(named), task.record == MATCH, task.status == "open", task.case_id.not_in(subject.refs)
    )
    return tuple(connection.execute(waits.distinct().order_by(task.case_id)).scalars())


def erase(
    connection: sa.Connection, subject: Subject, *, proposed_by: str, approved_by: str, basis: str, now: datetime
) -> Tombstone:
    """Erase a subject in the caller's transaction, and leave the tombstone; the same again changes nothing.

    Who may, and whether it is time, is `workflows.retention`'s; this is also what replays a tombstone after a restore.
    """
    stone = Tombstone(subject.subject, subject.refs, now, proposed_by, approved_by, basis, {})
    return _carry_out(connection, stone)


def replay(connection: sa.Connection, stones: Iterable[Tombstone]) -> int:
    """Erase again what a backup of before has brought back; count the tombstones that this database did not have."""
    count = 0
    for stone in stones:
        if erasing.tombstone_of(connection, stone.subject) is None:
            _carry_out(connection, stone)
            count += 1
    return count


def _carry_out(connection: sa.Connection, stone: Tombstone) -> Tombstone:
    """Erase everything under the references of a tombstone."""
    refs = list(stone.refs)
    # What a step of one of the cases draws is there before it is deleted: who holds a case is waited for first.
    of_it = sa.select(CaseTable.id).where(CaseTable.id.in_(refs)).order_by(CaseTable.id)
    connection.execute(row_lock(connection.engine, of_it))
    drawn = _projections(connection, refs)
    held = erasing.erase(connection, refs, stone)
    held["records_elsewhere"] = erasing.erase_mentions(connection, MENTIONS, refs, stone)
    return erasing.bury(connection, replace(stone, held={**held, **drawn, **stone.held}))


def _projections(connection: sa.Connection, refs: list[str]) -> dict[str, int]:
    """Take out of what was drawn from the cases who it was."""
    name = f"X-{''.join(secrets.choice(LETTERS) for _ in range(8))}"
    nobody = {"child_id": name, "unfinished": ""}
    episode = sa.update(EpisodeRow).where(EpisodeRow.case_id.in_(refs))
    gone = {"episodes": connection.execute(episode.values(**nobody, child_name="", missing_with="")).rowcount}
    past = sa.select(PastEpisodeRow.reference).where(PastEpisodeRow.child_id.in_(refs))
    references = sorted(connection.execute(past).scalars())
    for number, reference in enumerate(references, 1):
        row = sa.update(PastEpisodeRow).where(PastEpisodeRow.reference == reference)
        connection.execute(row.values(**nobody, reference=f"{name}-{number}", imported_row=""))
    gone["past_episodes"] = len(references)
    forms = philomena.erase(connection, refs)
    gone |= {"philomena": len(forms), "concerns": concerns.erase(connection, [*refs, *forms])}
    gone["amendments"] = amendments.erase(connection, [*refs, *forms])
    gone["comments"] = comments.erase(connection, refs)
    gone["attachments"] = attachments.erase(connection, refs)
    for table in (
        AboutRow,
        ChildDetailsRow,
        ChildFlagRow,
        ChildPlanRow,
        DisruptionRow,
        SeriousEventRow,
        PhotographRow,
        ChildRow,
    ):
        gone[table.__tablename__] = connection.execute(sa.delete(table).where(table.child_id.in_(refs))).rowcount
    gone |= {"notices": notices.forget(connection, refs), "copies_to_correct": copies.forget(connection, refs)}
    gone["bundles"] = redacting.erase(connection, refs)
    gone["handovers"] = handovers.forget(connection, refs)
    gone["typed"] = typed.forget(connection, refs)
    gone["meeting_attendance"] = attendance.forget(connection, refs)
    gone["saved_lists"] = saved_lists.forget(connection, refs)
    _logs(connection, refs)
    mail = OutboxRow
    own = [mail.key.startswith(f"{ref}/", autoescape=True) for ref in refs]
    naming = [text.contains(ref, autoescape=True) for ref in refs for text in (mail.subject, mail.text)]
    gone["outbox"] = connection.execute(sa.delete(mail).where(sa.or_(*own, *naming))).rowcount
    return gone


def _logs(connection: sa.Connection, refs: list[str]) -> None:
    """Take what was typed out of logs that are kept for a year."""
    disclosures.forget_subject(connection, refs)
    break_glass.forget_reasons(connection, refs)
    seals.forget_reasons(connection, refs)
    joining.forget_reasons(connection, refs)
    read_log.forget_texts(connection, refs)
