"""A disruption action in words: which it is, and how it stands."""

from __future__ import annotations

from datetime import datetime

from web.moments import say_key, say_moment
from workflows import disruptions
from workflows.disruptions import Disruption


def line(action: Disruption, now: datetime) -> tuple[str, str, str]:
    """Give the case of an action, what it is, and how it stands."""
    return action.case_id, disruptions.KINDS.get(action.kind, say_key(action.kind)), stands(action, now)


def stands(action: Disruption, now: datetime) -> str:
    """Say how an action stands: proposed, not open and why, in force until when, or over."""
    if action.issued_at is None:
        if action.issued == "no":
            return "not issued"
        return f"not open: {action.gate_why}" if action.gate_open is False else "proposed"
    until = f" until {say_moment(action.ends_at)}" if action.ends_at else ""
    if action.holds_at(now):
        return f"in force{until}, by {action.issued_by}"
    if action.closed_at is not None:
        return f"ended on {say_moment(action.closed_at)}"
    return f"ran out on {say_moment(action.ends_at)} and waits for its review" if action.ends_at else "over"
