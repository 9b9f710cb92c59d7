"""Answers as they are typed, read by a marshmallow schema that is built from the questions of a form."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, cast

from marshmallow import EXCLUDE, Schema, ValidationError, fields, pre_load

from engine.errors import Problem
from engine.forms.fields import TYPED_IN_PARTS, Field, Kind
from engine.forms.items import items_of
from engine.forms.moments import Fault, date_parts, moment_parts, read_date, read_moment
from engine.forms.wording import required_sentence, wrong_sentence
from engine.frozen import frozen
from engine.model import Value

Raw = Mapping[str, list[str] | str]
"""What a page posts: ``{"found_how": "police", "returned_at-day": ["27"], "harm": ["injury", "none"], "key": "..."}``."""

LONGEST_TEXT = 200
LONGEST_TEXTAREA = 10_000
_LONGEST_PART = 20
_LONGEST_NUMBER = 30

_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")
_PHONE = re.compile(r"\+?[0-9 ().\-]{6,30}( ?(x|ext\.?|extension) ?[0-9]{1,6})?", re.IGNORECASE)
_ITEM = re.compile(r"[1-9][0-9]{0,3}")
_PARTS = ("day", "month", "year", "time")
_TICKED = frozenset({"true", "on"})


@frozen
class Wrong:
    """Why an answer is refused: the rule and the whole sentence."""

    rule: str
    sentence: str


def schema_of(questions: Iterable[Field]) -> Schema:
    """Build the schema that reads the answers to these questions; keys that are no question are ignored.

    It loads what a page posts and gives values; each message is a `Problem`. It does not know which questions are
    hidden: `Form.load` does.
    """
    return _Answers.from_dict({question.key: _Answer(question) for question in questions})()


def raw_of(question: Field, value: Value) -> dict[str, list[str] | str]:
    """Give a kept value as a page would post it, for example ``{"seen-day": "27", "seen-month": "3", ...}``."""
    if value is None or value is False or value == []:
        return {}
    if question.items is not None:
        return _raw_of_items(question, value)
    if question.kind in TYPED_IN_PARTS:
        parts = moment_parts(value) if question.kind is Kind.DATETIME else date_parts(value)
        return {f"{question.key}-{part}": text for part, text in parts.items()}
    if question.kind is Kind.CHECKLIST:
        return {question.key: list(value)}
    if question.kind is Kind.CHECKBOX:
        return {question.key: "true"}
    return {question.key: format(value, "f") if isinstance(value, Decimal) else str(value)}


def names_of(question: Field, raw: Raw) -> list[str]:
    """Give the names under which a page posts an answer: ``["seen-day", "seen-month", "seen-year", "seen-time"]``.

    Of a list they are those of the items that this page has: ``["persons", "persons-1-name", "persons-3-name"]``.
    """
    key = question.key
    if question.items is None:
        return [f"{key}-{part}" for part in _PARTS] if question.kind in TYPED_IN_PARTS else [key]
    return [
        key,
        *(
            name
            for number in numbers_in(question, raw)
            for each in inputs_of(question, number)
            for name in names_of(each, raw)
        ),
    ]


def numbers_in(question: Field, raw: Raw) -> list[str]:
    """Give the numbers of the items of a list that a page has, each once, in their order; one more than allowed at most.

    An item keeps its number while others come and go, so that nothing that was typed moves to another one.
    """
    items = question.items
    given = dict.fromkeys(text for text in texts_under(raw, question.key) if _ITEM.fullmatch(text))
    return list(given)[: items.most + 1 if items else 0]


def inputs_of(question: Field, number: str) -> list[Field]:
    """Give the questions of one item as they stand on the page, each under its own name: ``persons-3-name``."""
    return [replace(each, key=f"{question.key}-{number}-{each.key}") for each in question.asked]


def item_in(question: Field, raw: Raw, number: str) -> dict[str, list[str] | str]:
    """Give what a page posted for one item of a list, under the names of its questions."""
    start = f"{question.key}-{number}-"
    names = (name for each in inputs_of(question, number) for name in names_of(each, raw) if name in raw)
    return {name.removeprefix(start): raw[name] for name in names}


def _raw_of_items(question: Field, value: Value) -> dict[str, list[str] | str]:
    raw: dict[str, list[str] | str] = {question.key: []}
    for place, item in enumerate(items_of(question, value), 1):
        raw[question.key] = [*texts_under(raw, question.key), str(place)]
        for each, asked in zip(question.asked, inputs_of(question, str(place)), strict=True):
            raw |= raw_of(asked, item.get(each.key))
    return raw


def texts_under(raw: Raw, name: str) -> list[str]:
    """Give every text that a page posted under a name."""
    given = raw.get(name, [])
    return [given] if isinstance(given, str) else list(given)


class _Answers(Schema):
    """The answers of a page, one field per question."""

    class Meta:
        """marshmallow's settings."""

        unknown = EXCLUDE

    @pre_load
    def gather(self, data: Raw, **_: Any) -> dict[str, object]:
        """Bring the parts of each answer together under its key, so that every question is read, answered or not."""
        return {name: cast("_Answer", field).gather(data) for name, field in self.fields.items()}


class _Answer(fields.Field[Value]):
    """One question's answer: typed text in, value out."""

    def __init__(self, question: Field) -> None:
        super().__init__(required=True)
        self.question = question

    def gather(self, data: Raw) -> str | list[str] | dict[str, str]:
        """Take what was typed for this question: one text, a list of choices, or the parts of a date."""
        key = self.question.key
        if self.question.kind is Kind.CHECKLIST:
            return texts_under(data, key)
        if self.question.kind in TYPED_IN_PARTS:
            return {part: _tidy(first(data.get(f"{key}-{part}", ""))) for part in _PARTS}
        return _tidy(first(data.get(key, "")))

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Value:
        """Read one answer, or refuse it with a problem."""
        outcome = _read(self.question, value)
        if isinstance(outcome, Wrong):
            raise ValidationError([Problem(self.question.key, outcome.rule, outcome.sentence)])
        return outcome


def _read(question: Field, given: Any) -> Value | Wrong:
    """Give the value of an answer; what was left empty is None, [] or False where it may be empty."""
    if not (any(given.values()) if isinstance(given, dict) else given):
        if question.required:
            return Wrong("required", required_sentence(question))
        return {Kind.CHECKLIST: [], Kind.CHECKBOX: False}.get(question.kind)
    return _READERS[question.kind](question, given)


def _read_line(question: Field, text: str) -> Value | Wrong:
    """Read one line of text."""
    wrong = _not_plain(question, text, allowed="") or _length(question, text, LONGEST_TEXT)
    if wrong is None and question.limits.shape == "email" and not _EMAIL.fullmatch(text):
        return _format(question, "email", "Enter an email address in the correct format, like name@example.com")
    if wrong is None and question.limits.shape == "phone" and not _PHONE.fullmatch(text):
        return _format(question, "phone", "Enter a phone number, like 01632 960 001 or +44 808 157 0192")
    return wrong or text


def _read_lines(question: Field, text: str) -> Value | Wrong:
    """Read a text of several lines; browsers end a line with two characters, we keep one."""
    return _not_plain(question, text, allowed="\n\t") or _length(question, text, LONGEST_TEXTAREA) or text


def _read_number(question: Field, text: str) -> Value | Wrong:
    """Read a number; spaces and the commas between thousands are taken away."""
    plain = re.sub(r"[ ,]", "", text)
    if len(plain) > _LONGEST_NUMBER or not _NUMBER.fullmatch(plain):
        return _format(question, "number", wrong_sentence(question, "must be a number"))
    number = Decimal(plain)
    return _range(question, number) or number


def _range(question: Field, number: Decimal) -> Wrong | None:
    """Say when a number is too small, too large or too fine."""
    limits = question.limits
    if limits.decimals is not None and -cast("int", number.as_tuple().exponent) > limits.decimals:
        ending = f"must have {limits.decimals} decimal places or fewer" if limits.decimals else "must be a whole number"
        return Wrong("decimals", wrong_sentence(question, ending))
    below = limits.least is not None and number < limits.least
    above = limits.most is not None and number > limits.most
    if not (below or above):
        return None
    if limits.least is not None and limits.most is not None:
        ending = f"must be between {limits.least:f} and {limits.most:f}"
    else:
        ending = f"must be {limits.least:f} or more" if below else f"must be {limits.most:f} or fewer"
    return Wrong("range", wrong_sentence(question, ending))


def _read_choice(question: Field, text: str) -> Value | Wrong:
    """Read one choice; it must be one that the form offers."""
    if any(choice.value == text for choice in question.choices):
        return text
    return _format(question, "not-a-choice", required_sentence(question))


def _read_choices(question: Field, given: list[str]) -> Value | Wrong:
    """Read several choices; they are kept in the order of the form, each once."""
    offered = [choice.value for choice in question.choices]
    if set(given) - set(offered):
        return _format(question, "not-a-choice", required_sentence(question))
    return [value for value in offered if value in given]


def _read_tick(question: Field, text: str) -> Value | Wrong:
    """Read a single box; a box that is not ticked is not sent at all."""
    return True if text in _TICKED else Wrong("not-a-choice", required_sentence(question))


def _read_typed_date(question: Field, parts: dict[str, str]) -> Value | Wrong:
    """Read a date."""
    return _unless_fault(question, read_date(_bounded(parts)))


def _read_typed_moment(question: Field, parts: dict[str, str]) -> Value | Wrong:
    """Read a date and time."""
    return _unless_fault(question, read_moment(_bounded(parts)))


def _unless_fault(question: Field, outcome: Value | Fault) -> Value | Wrong:
    """Turn a fault in a date into the sentence for this question; the form's own sentence is for what is not real."""
    if not isinstance(outcome, Fault):
        return outcome
    sentence = wrong_sentence(question, outcome.ending)
    if outcome.rule in {"date-not-real", "time-not-real"}:
        return _format(question, outcome.rule, sentence)
    return Wrong(outcome.rule, sentence)


_READERS: dict[Kind, Callable[[Field, Any], Value | Wrong]] = {
    Kind.TEXT: _read_line,
    Kind.TEXTAREA: _read_lines,
    Kind.NUMBER: _read_number,
    Kind.DATETIME: _read_typed_moment,
    Kind.DATE: _read_typed_date,
    Kind.SELECT: _read_choice,
    Kind.RADIO: _read_choice,
    Kind.CHECKLIST: _read_choices,
    Kind.CHECKBOX: _read_tick,
}


def _format(question: Field, rule: str, sentence: str) -> Wrong:
    """Refuse an answer of the wrong form, in the form's own words where it has some."""
    return Wrong(rule, question.error_format or sentence)


def _length(question: Field, text: str, longest: int) -> Wrong | None:
    """Say when a text is too long or too short."""
    limits = question.limits
    most = longest if limits.longest is None else limits.longest
    if len(text) > most:
        return Wrong("too-long", wrong_sentence(question, f"must be {most:,} characters or less"))
    if limits.shortest is not None and len(text) < limits.shortest:
        return Wrong("too-short", wrong_sentence(question, f"must be {limits.shortest:,} characters or more"))
    return None


def _not_plain(question: Field, text: str, *, allowed: str) -> Wrong | None:
    """Refuse control characters and half characters: they can hide text from a reader and break what prints it."""
    if any(unicodedata.category(character) in {"Cc", "Cs"} and character not in allowed for character in text):
        where = "characters that cannot be shown" if allowed else "line breaks or characters that cannot be shown"
        return Wrong("control-character", wrong_sentence(question, f"must not include {where}"))
    return None


def first(given: list[str] | str) -> str:
    """Take the first of the texts that were sent under one name, or ""."""
    if isinstance(given, str):
        return given
    return given[0] if given else ""


def _tidy(text: str) -> str:
    """Keep typed text as typed, but for the white space around it, the form of its accents and the ends of its lines."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _bounded(parts: Mapping[str, str]) -> dict[str, str]:
    """Cut the parts of a date to a length at which they are certainly wrong but cheap to read."""
    return {part: text[:_LONGEST_PART] for part, text in parts.items()}
