"""FEEL, the expression language of DMN 1.5: read once, compiled to closures, run within a budget.

>>> from datetime import datetime, UTC
>>> compile('found.returned_at != null and risk.level = "high"').names == {"found", "risk"}
True
>>> compile("sum(for x in 1..3 return x * 2)").evaluate({}, now=datetime(2026, 1, 5, tzinfo=UTC))
12
"""

from __future__ import annotations

from engine.feel.budget import Budget, BudgetExceeded, FeelSyntaxError
from engine.feel.expression import Expression, compile, compile_source, compile_unary_tests
from engine.feel.reasons import Reason
from engine.feel.values import Function, Range, YearMonthDuration

__all__ = [
    "Budget",
    "BudgetExceeded",
    "Expression",
    "FeelSyntaxError",
    "Function",
    "Range",
    "Reason",
    "YearMonthDuration",
    "compile",
    "compile_source",
    "compile_unary_tests",
]
