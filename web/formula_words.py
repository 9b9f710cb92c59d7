"""An expression of a clock in words: “72 hours after the answer to “When was it held?””, for people who do not read FEEL."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime

from engine.editing import say_span
from engine.errors import Invalid
from engine.feel import syntax
from engine.feel.expression import parse
from engine.feel.syntax import Node
from web.moments import say_time
from workflows.agencies import ROLES, title_of

FACTS: Mapping[str, str] = {
    "action.due_on": "the day on which the action is due",
    "action.due_within": "the time that the action was given",
    "case.opened_at": "the opening of the case",
    "child_returned.returned_at": "the return of the child",
    "clock": "the beginning of the clock",
    "home.placement": "the home in which the child is known to live",
    "interview_received.received_at": "the moment when the interview came",
    "known.looked_after": "what is known of whether the child is looked after",
    "meeting_day.at": "the beginning of the day of the meeting",
    "month.at": "the beginning of the month",
    "plan_wanted.wanted_at": "the moment when the plan was asked for",
    "planned.due_on": "the planned day",
    "prevention_wanted.reported_at": "the moment when it was reported",
    "report.reported_at": "the moment of the report",
    "risk.level": "the grade",
    "risk.next_review_at": "the next review that was asked for",
    "risk.raised_at": "the moment when the grade was raised",
    "risk.since": "the moment since when the grade is what it is",
    "serious_event_suspected.suspected_at": "the moment when the event was suspected",
    "task.opened_at": "the beginning of the step",
    "year.at": "the beginning of the year",
}
"""What no form asks, and clocks count from or rest on; a fact that is neither here nor asked for is told by its own name."""
CALLS: Mapping[str, str] = {
    "working days after": "{1} working days after {0}",
    "next working day time": "{1} on the next working day after {0}",
    "date and time": "{1} on {0}",
    "date": "the day of {0}",
    "max": "the later of {0} and {1}",
    "min": "the earlier of {0} and {1}",
    "list contains": "{1} is in {0}",
    "not": "not so that {0}",
    "count": "the number of {0}",
    "time": "{0}",
}
"""Functions of the language, with a place for each argument."""
_COMPARED: Mapping[str, str] = {
    "=": "is",
    "!=": "is not",
    "<": "is less than",
    "<=": "is at most",
    ">": "is more than",
    ">=": "is at least",
}
_LATER: Mapping[str, str] = {"<": "is before", "<=": "is not after", ">": "is after", ">=": "is not before"}
_MOMENT = re.compile(r"(_at|_on|since|clock)\Z")
_CLOCK_TIME = re.compile(r"(\d\d):(\d\d)(?::\d\d)?(?:@.+)?\Z")

Fact = Callable[[str], str]
"""Gives the words for a fact, such as ``found.returned_at``; "" where there are none."""


class _Unsaid(Exception):
    """A part has no words."""


def say_formula(text: str, fact: Fact, given: Mapping[str, str] | None = None) -> str:
    """Say an expression; "" where a part of it has no words. `given` says what the clock gives to its table, by name."""
    try:
        said = _Saying(fact, given or {}).say(parse(text.strip().removeprefix("=")))
    except (_Unsaid, Invalid):
        return ""
    return said


class _Saying:
    """Says one expression."""

    def __init__(self, fact: Fact, given: Mapping[str, str]) -> None:
        self.fact, self.given = fact, given

    def say(self, node: Node) -> str:
        """Say a node; raises `_Unsaid` where it has no words."""
        says = _SAYS.get(type(node))
        if says is None:
            raise _Unsaid
        return says(self, node)

    def literal(self, node: syntax.Literal) -> str:
        if node.value is None:
            return "never"
        if isinstance(node.value, bool):
            return "yes" if node.value else "no"
        text = str(node.value)
        found = _CLOCK_TIME.fullmatch(text)
        if found:
            return say_time(datetime(2000, 1, 1, int(found[1]), int(found[2])).time())  # noqa: DTZ001 - a time of any day
        return title_of(text) if text in ROLES else text.replace("_", " ")

    def moment(self, node: syntax.AtLiteral) -> str:
        return self.literal(syntax.Literal(node.at, node.text))

    def name(self, node: syntax.Name) -> str:
        if node.name in self.given:
            given = self.given[node.name]
            return title_of(given) if given in ROLES else given
        return FACTS.get(node.name) or self.fact(node.name) or f"“{node.name.replace('_', ' ')}”"

    def path(self, node: syntax.Path) -> str:
        whole = _bare(node.whole)
        if not isinstance(whole, syntax.Name):
            raise _Unsaid
        name = f"{whole.name}.{node.part}"
        known = FACTS.get(name) or self.fact(name)
        return known or f"“{node.part.replace('_', ' ')}” ({whole.name.replace('_', ' ')})"

    def chosen(self, node: syntax.Filter) -> str:
        return self.say(_bare(node))

    def call(self, node: syntax.Call) -> str:
        if not isinstance(node.function, syntax.Name):
            raise _Unsaid
        name = node.function.name
        if name == "duration" and isinstance(node.arguments[0], syntax.Literal):
            return _span(str(node.arguments[0].value))
        if name == "date" and len(node.arguments) == len(("year", "month", "day")):
            return "the first day of the month"
        if name in CALLS:
            said = [self.say(each) for each in node.arguments]
            return CALLS[name].format(*said, *[""] * 2)
        about = [self.say(each) for each in node.arguments if not _is_clock(each)]
        return f"what the table “{name.replace('_', ' ').capitalize()}” says" + (
            f" for {', '.join(about)}" if about else ""
        )

    def sum(self, node: syntax.Binary) -> str:
        if node.operator not in {"+", "-"}:
            raise _Unsaid
        if isinstance(node.right, syntax.If):
            words = "later" if node.operator == "+" else "earlier"
            return f"{self.say(node.left)}, and {words} by {self.say(node.right)}"
        left, right = self.say(node.left), self.say(node.right)
        if right.startswith("what the table"):
            return f"{right}, counted from {left}" if node.operator == "+" else f"{left}, less {right}"
        return f"{right} {'after' if node.operator == '+' else 'before'} {left}"

    def compare(self, node: syntax.Compare) -> str:
        left, operator = self.say(node.left), node.operator
        if isinstance(node.right, syntax.Literal) and node.right.value is None:
            return f"{left} is {'not ' if operator == '=' else ''}known"
        if left.startswith("the number of") and isinstance(node.right, syntax.Literal) and node.right.value == 0:
            return f"there is {'no' if operator == '=' else 'a'} {left.removeprefix('the number of ')}"
        named = node.left.part if isinstance(node.left, syntax.Path) else getattr(node.left, "name", "")
        words = _LATER.get(operator) if _MOMENT.search(named) else None
        return f"{left} {words or _COMPARED[operator]} {self.say(node.right)}"

    def logic(self, node: syntax.Logic) -> str:
        return f" {node.operator} ".join(self.say(each) for each in node.parts)

    def choice(self, node: syntax.If) -> str:
        condition = self.say(node.condition)
        yes, no = self.say(node.yes), self.say(node.no)
        if no == "never":
            return f"{yes}, if {condition}"
        return f"{no}, unless {condition}" if yes == "never" else f"{yes} if {condition}, else {no}"

    def list(self, node: syntax.ListNode) -> str:
        return ", ".join(dict.fromkeys(self.say(each) for each in node.items))


_SAYS: Mapping[type[Node], Callable[..., str]] = {
    syntax.Literal: _Saying.literal,
    syntax.AtLiteral: _Saying.moment,
    syntax.Name: _Saying.name,
    syntax.Path: _Saying.path,
    syntax.Filter: _Saying.chosen,
    syntax.Call: _Saying.call,
    syntax.Binary: _Saying.sum,
    syntax.Compare: _Saying.compare,
    syntax.Logic: _Saying.logic,
    syntax.If: _Saying.choice,
    syntax.ListNode: _Saying.list,
}


def _span(literal: str) -> str:
    """Say a length of time: ``PT45M`` is ``45 minutes``, ``-PT3H`` is ``minus 3 hours``."""
    said = say_span(f'duration("{literal.removeprefix("-")}")') or "nothing"
    return f"minus {said}" if literal.startswith("-") else said


def _bare(node: Node) -> Node:
    """Take the choice of one of several off a node: people read it as the one that is meant."""
    while isinstance(node, syntax.Filter):
        node = node.whole
    return node


def _is_clock(node: Node) -> bool:
    return isinstance(node, syntax.Name) and node.name == "clock"
