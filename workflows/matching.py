"""Which child an episode is about, as a person matched it, in the facts of its case."""

from __future__ import annotations

from collections.abc import Mapping

from engine.model import Facts, Value

PREFIX = "CH-"
"""How a child's id begins: ``CH-7K3QX9PW`` is the child whom we first met in the case ``MC-7K3QX9PW``."""

CANDIDATES = "candidates"
"""The record of the children who may be the one of a report."""

MATCH, NEW_CHILD = "child_match", "new"
"""The record in which a person says which child it is, and the answer that it is one whom we did not know."""


def own_id(reference: str) -> str:
    """Give the id of a child whom we first met in a case: ``CH-7K3QX9PW`` for ``MC-7K3QX9PW``."""
    return PREFIX + reference.rpartition("-")[2]


def child_in(facts: Facts, reference: str) -> str | None:
    """Give the id of the child of an episode as a person matched it; None while nobody has said."""
    chosen = latest(facts, MATCH).get("child")
    if not chosen:
        known = latest(facts, "known").get("child_id")
        return str(known) if known else None
    return own_id(reference) if chosen == NEW_CHILD else str(chosen)


def every(facts: Facts, record: str) -> list[Mapping[str, Value]]:
    """Give every occurrence of a record in the order of its keys ``"1"``, ``"2"``, ``"10"``."""
    found = facts.get(record, {})
    return [found[key] for key in sorted(found, key=lambda key: (len(key), key))]


def latest(facts: Facts, record: str) -> Mapping[str, Value]:
    """Give the last occurrence of a record; empty where there is none."""
    found = facts.get(record, {})
    return found[max(found, key=lambda key: (len(key), key))] if found else {}
