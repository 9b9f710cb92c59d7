"""What a form is made of: questions with their wording, choices, limits and conditions, and the text between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from engine.feel import Expression
from engine.frozen import frozen


class Kind(StrEnum):
    """The kinds of question; the value says what is kept of the answer.

    text and textarea keep str, number Decimal, datetime an aware datetime in UTC, date a date, select and radio the
    value of the choice, checklist a list of such values in the form's order, checkbox a bool, list a list of contexts,
    ``[{"name": "Sam Example", "danger": "high"}, {"name": "Jo Example"}]``: what was left empty in an item is not there.
    """

    TEXT = "text"
    TEXTAREA = "textarea"
    NUMBER = "number"
    DATETIME = "datetime"
    DATE = "date"
    SELECT = "select"
    RADIO = "radio"
    CHECKLIST = "checklist"
    CHECKBOX = "checkbox"
    LIST = "list"


CHOOSING = frozenset({Kind.SELECT, Kind.RADIO, Kind.CHECKLIST})
"""Kinds that are answered by choosing among `Field.choices_for`."""

TYPED_IN_PARTS = frozenset({Kind.DATETIME, Kind.DATE})
"""Kinds that arrive as ``<key>-day``, ``<key>-month``, ``<key>-year`` and, for datetime, ``<key>-time``."""


@frozen
class Choice:
    """One thing that may be chosen: the value that is kept and the words that are shown."""

    value: str
    label: str


@frozen
class Limits:
    """How long a text and how large a number may be; None where there is no limit.

    `longest` and `shortest` count characters, `decimals` the digits after the point; `shape` is "email", "phone" or "".
    """

    longest: int | None = None
    shortest: int | None = None
    least: Decimal | None = None
    most: Decimal | None = None
    decimals: int | None = None
    shape: str = ""


@frozen
class Condition:
    """What hides a question when it is true, and the same in words: "Only if you answered “Yes” to ...".

    `words` is empty where the condition rests on the facts of the case alone, so that a page knows what to show.
    """

    hides: Expression
    words: str = ""


@frozen
class Items:
    """What is asked of each item of a list, how many there may be, and how many empty ones a new page shows.

    `noun` is what one of them is called in the middle of a sentence, `plural` what several are: "person" and "people".
    """

    noun: str
    plural: str
    fields: tuple[Field, ...]
    most: int
    least: int = 0
    shown: int = 1

    def title(self, place: int) -> str:
        """Say which item it is, counted from 1: "Person 2"."""
        return f"{self.noun[:1].upper()}{self.noun[1:]} {place}"


@frozen
class Field:
    """One question.

    `error` is said when there is no answer, `error_format` when the answer cannot be read, `check_error` when `check`
    is not true; where the form gives none, a sentence is made from the label. `conditions` are those of the question
    and of the groups around it: one that is true hides it. `data_class` names who may read the answer, `summary_class`
    who may read it besides because it stands in the summary of its class, `source` the rule or guidance that asks for it, `prefill` what stands in the answer when the page is first shown. `choices` are
    those that the form gives, `choices_from` takes more from the case. `items` says what a list asks of each of its items; their
    questions have the list's data class, and their conditions and checks see the answers of their own item.
    """

    key: str
    kind: Kind
    label: str
    data_class: str
    summary_class: str = ""
    hint: str = ""
    required: bool = False
    choices: tuple[Choice, ...] = ()
    limits: Limits = Limits()
    error: str = ""
    error_format: str = ""
    source: str = ""
    prefix: str = ""
    suffix: str = ""
    conditions: tuple[Condition, ...] = ()
    check: Expression | None = None
    check_error: str = ""
    prefill: Expression | None = None
    choices_from: Expression | None = None
    items: Items | None = None

    @property
    def asked(self) -> tuple[Field, ...]:
        """The questions that people answer: itself, or those of each item of a list."""
        return self.items.fields if self.items else (self,)

    def choices_for(self, scope: Mapping[str, Any], now: datetime) -> tuple[Choice, ...]:
        """Give what may be chosen as the case stands: first what the case offers, then what the form always does.

        The case offers a list, for example ``[{"value": "CH-7K3QX9PW", "label": "Robin Example, 3 May 2012"}]``, or
        texts, each both value and label. What has no value is left out, and of equal values the first one stands.
        """
        if self.choices_from is None:
            return self.choices
        offered = self.choices_from.evaluate(scope, now=now)
        found: dict[str, Choice] = {}
        for choice in (*map(_choice, offered if isinstance(offered, list) else []), *self.choices):
            if choice.value:
                found.setdefault(choice.value, choice)
        return tuple(found.values())

    def settled(self, scope: Mapping[str, Any], now: datetime) -> Field:
        """Give the question with the choices that the case offers now as its own."""
        if not self.takes_choices:
            return self
        if self.items is not None:
            return replace(
                self, items=replace(self.items, fields=tuple(each.settled(scope, now) for each in self.asked))
            )
        return replace(self, choices=self.choices_for(scope, now), choices_from=None)

    @property
    def takes_choices(self) -> bool:
        """Whether it takes choices from the case."""
        return any(each.choices_from is not None for each in self.asked)

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """Every expression of the question: what hides it, checks it, fills it in and offers its choices."""
        return (*self._own, *(each for field in self._inner for each in field.expressions))

    @property
    def names(self) -> frozenset[str]:
        """The names that its expressions take from the page and the case; inside an item those that no question of it answers."""
        inside = frozenset().union(*(field.names for field in self._inner)) - {field.key for field in self._inner}
        return inside.union(*(each.names for each in self._own))

    @property
    def _own(self) -> tuple[Expression, ...]:
        own = (self.check, self.prefill, self.choices_from)
        return (*(each.hides for each in self.conditions), *(each for each in own if each is not None))

    @property
    def _inner(self) -> tuple[Field, ...]:
        return self.items.fields if self.items else ()

    @property
    def has_nothing_to_choose(self) -> bool:
        """Whether neither the form nor the case offers an answer to this settled question: then it is not asked."""
        return self.kind in CHOOSING and not self.choices and self.choices_from is None


@frozen
class Heading:
    """The heading of a group or a section; level 2 stands under the title of the page, level 3 under level 2.

    One that `folds` stands over questions that need no answer: a page may show them only to who asks for them.
    """

    text: str
    level: int
    conditions: tuple[Condition, ...] = ()
    folds: bool = False


@frozen
class Paragraph:
    """Text between the questions; it holds no markup."""

    text: str
    conditions: tuple[Condition, ...] = ()


Block = Field | Heading | Paragraph


def _choice(offered: object) -> Choice:
    """Read one thing that the case offers: a context with a value and a label, or a text that is both."""
    given = offered if isinstance(offered, Mapping) else {"value": offered}
    value, label = given.get("value"), given.get("label")
    if not isinstance(value, str):
        return Choice("", "")
    return Choice(value, label if isinstance(label, str) and label else value)
