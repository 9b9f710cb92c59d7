"""How a high grade is left: only by the decision of an inspector (G-12)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from engine import feel
from engine.errors import Invalid
from engine.model import Facts
from engine.release import Compiled
from engine.worlds import World
from workflows.protected.findings import ANCHOR, Finding, cells, column, facts_of, others, rests_on, scope_of
from workflows.vocabulary import RISK_LEVEL

_KNOWN = frozenset({"risk", "level", "regrade", "grade_raise", "downgrade_approval", "approved"})
_EARLIER = re.compile(r"\b(?:regrade|grade_raise|downgrade_approval)\b(?!\[-1\]\.)")
"""Answers that are not the latest ones."""


def keeps_high(release: Compiled) -> Iterator[Finding]:
    """No table and no way lets a high grade be left without the decision of an inspector.

    Whatever else a table asks may be answered in any way.
    """
    for lower in (level for level in RISK_LEVEL if level != "high"):
        proposed = {("risk", "level"): "high", ("regrade", "level"): lower}
        wrong = _authority(release, facts_of(release, proposed), lower) or _raise(release, lower)
        for answer in others(release, "downgrade_approval", "approved", "yes"):
            refused = facts_of(release, {**proposed, ("downgrade_approval", "approved"): answer})
            wrong = wrong or _grade(release, "set_new_grade", refused, lower) or _way(release, refused)
        if wrong is not None:
            yield wrong
            return


def graded_once(release: Compiled) -> Iterator[Finding]:
    """The first grade is given once: after its endorsement no way leads back to it."""
    around = release.around(release.nodes["grade_endorsed"])
    todo, seen = ["grade_endorsed"], {"grade_endorsed"}
    while todo:
        name = todo.pop()
        onward = {flow.target for flow in around.outgoing(name)} | {each.id for each in around.attached(name)}
        todo += onward - seen
        seen |= onward
    grading = release.activities_around(release.nodes["decide_risk_grade"])
    if "decide_risk_grade" in seen or any(each.may_be_left_out for each in grading):
        yield "decide_risk_grade", "A way leads back to the first grade after it was endorsed"


def _authority(release: Compiled, facts: Facts, lower: str) -> Finding | None:
    """Find a row that names somebody else than an inspector, or that nobody is named."""
    answers = _answers(release, "find_authority", facts, "who")
    if not answers or any(answer != "inspector" for answer in answers):
        return "find_authority", f"Leaving high for {RISK_LEVEL[lower]} must be decided by an inspector"
    return None


def _raise(release: Compiled, lower: str) -> Finding | None:
    """Find a row by which whoever may raise a grade lowers it, or by which noting the first grade changes it."""
    noted = release.decisions.get(release.nodes["note_grade"].decision)
    if noted is None or not noted.is_plain or column(noted, "level") is not None:
        return "note_grade", "Noting since when a grade holds may not change the grade"
    raised = {("risk", "level"): "high", ("grade_raise", "level"): lower}
    for answer in ("yes", None):
        facts = facts_of(release, {**raised, ("downgrade_approval", "approved"): answer})
        wrong = _grade(release, "set_raised_grade", facts, lower)
        if wrong is not None:
            return wrong
    return None


def _grade(release: Compiled, task: str, refused: Facts, lower: str) -> Finding | None:
    """Find a row that gives another grade than high; a decision that is no plain table may give any."""
    table = release.decisions.get(release.nodes[task].decision)
    if table is not None and not table.is_plain:
        return task, "The new grade must come from the rows of one table, without a default"
    answers = _answers(release, task, refused, "level")
    if any(answer not in {None, "high"} for answer in answers):
        return task, f"The table leaves high for {RISK_LEVEL[lower]} without an inspector's yes"
    return None


def _way(release: Compiled, refused: Facts) -> Finding | None:
    """Find a way around the decision in the drawing."""
    known: Facts = {**refused, "lowering_endorsement": {"1": {"agreed": "yes"}}}
    known[release.nodes["find_authority"].result] = {"": {"who": "inspector"}}
    unasked = {record: answers for record, answers in known.items() if record != "downgrade_approval"}
    for never, facts in ((frozenset[str](), known), (frozenset({"approve_downgrade"}), unasked)):
        if "set_new_grade" in World(release, never, [facts], ANCHOR).reached():
            return "approve_downgrade", "A way leads from high to a lower grade without an inspector's yes"
    return None


def _answers(release: Compiled, task: str, facts: Facts, output: str) -> list[Any]:
    """Give what the table of a step may answer, row by row; a text that cannot be foreseen stands as it is written."""
    scope = scope_of(release, facts)
    try:
        return [_value(text, scope) for text in cells(release, task, facts, output, _unsure)]
    except Invalid:
        return []


def _unsure(text: str) -> bool:
    return bool(rests_on(text, _KNOWN)) or _EARLIER.search(text) is not None


def _value(text: str, scope: dict[str, Any]) -> Any:
    return text if _unsure(text) else feel.compile(text).evaluate(scope, now=ANCHOR)
