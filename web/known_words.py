"""What was known of a child when a report was matched, as people read it beside a form: warnings first, counts last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.model import Value
from workflows.vocabulary import FLAG

RECORD = "known"
"""The record that the operation `recall_child` writes."""

TITLE = "What we know of this child"


def known(fields: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Say the record as pairs of a heading and words; what is not there is left out, but never that there is no flag or plan."""
    if fields.get("is_new"):
        yield "Earlier reports", "None: we did not know this child before this report."
        return
    flags = [FLAG.get(str(flag), str(flag)) for flag in fields.get("flags") or []]
    if "flags" in fields:
        yield "Flags", "\n".join(flags) or "None"
    if fields.get("contact_rules"):
        yield "Whom not to contact, and how", str(fields["contact_rules"])
    if fields.get("plan"):
        summary = fields.get("plan_summary") or fields.get("plan_for_police") or "for the police alone"
        yield "Trigger plan", f"Version {fields.get('plan_version')}: {summary}"
    elif "plan" in fields:
        yield "Trigger plan", "None"
    yield from _entries(fields, {"immediate_tasks": "Do first, says the plan", "carry_over": "Left from the last time"})
    yield from _history(fields)


def _entries(fields: Mapping[str, Any], headings: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    for name, heading in headings.items():
        lines = [str(entry["label"]) for entry in fields.get(name) or []]
        if lines:
            yield heading, "\n".join(lines)


def _history(fields: Mapping[str, Value]) -> Iterable[tuple[str, str]]:
    if fields.get("episodes_count") is not None:
        counts = f"{fields.get('episodes_90d')} in 90 days, {fields.get('episodes_365d')} in a year"
        last = fields.get("last_episode")
        yield "Episodes, with this one", f"{counts}. The last one was {last}" if last else counts
    if fields.get("looked_after"):
        yield "Looked after", "Yes"
