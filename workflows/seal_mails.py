"""Tells the group of a sealed record at once that a new report was matched to it: an observer of steps.

A sealed child who goes missing has to be looked for with what is known, so whoever takes the report may match the record without
seeing it (`seals.CANDIDATE`). Who does so is in the log, and the group decides whether its seal covers the report.
"""

from __future__ import annotations

import sqlalchemy as sa

from engine.views import Step
from notifications import outbox, wording
from notifications.message import Message
from workflows import about, seals
from workflows.alerts import in_words
from workflows.matching import MATCH, PREFIX

TEMPLATE = "sealed_match"


class SealMails:
    """Give it the address of the site."""

    def __init__(self, base_url: str) -> None:
        """Keep the address to which the links lead."""
        self.base_url = base_url.rstrip("/")

    def __call__(self, connection: sa.Connection, step: Step) -> None:
        """Put a message to each of the group into the outbox, in the step that matches the report."""
        matched = [child for child in about.said(step, [(MATCH, "child")]) if child.startswith(PREFIX)]
        told = seals.to_be_told(connection, matched[0], step.case_id) if matched else ()
        if not told:
            return
        words = {"reference": step.case_id, "at": in_words(step.now), "link": f"{self.base_url}/seals"}
        subject, text = wording.write(TEMPLATE, words)
        key = f"{step.case_id}/{step.events[-1].seq}/{TEMPLATE}"
        messages = [Message(f"{key}/{name}", mail, subject, text, urgent=True) for name, mail in told]
        outbox.record(connection, messages, step.now)
