"""Decisions of DMN 1.5: read once with all that is wrong in them, then decided with the rules that fired.

A decision is a table or another boxed expression; it may rest on other decisions and functions of its file.
"""

from __future__ import annotations

from engine.decisions.files import read, read_all
from engine.decisions.model import (
    POLICIES,
    RULES,
    SAW,
    Decision,
    DecisionAmbiguous,
    DecisionInvalid,
    Input,
    Output,
    Rule,
    ValueNotAllowed,
)
from engine.decisions.tables import Table

__all__ = [
    "POLICIES",
    "RULES",
    "SAW",
    "Decision",
    "DecisionAmbiguous",
    "DecisionInvalid",
    "Input",
    "Output",
    "Rule",
    "Table",
    "ValueNotAllowed",
    "read",
    "read_all",
]
