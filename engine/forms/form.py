"""A form: it reads all answers at once, leaves out what is hidden, and gives kept values back as they were typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from itertools import product
from math import prod
from typing import cast

from marshmallow import Schema, ValidationError

from engine.errors import AnswersInvalid, Problem
from engine.feel import Expression
from engine.forms.answers import Raw, item_in, numbers_in, raw_of, schema_of, texts_under
from engine.forms.fields import Block, Field, Items, Kind
from engine.forms.wording import required_sentence, within_a_sentence, wrong_sentence
from engine.model import Value

MOST_ANSWERS = 64
"""So many combinations of answers are tried at most to find out that a question cannot apply."""


def may_name(expression: Expression) -> frozenset[str]:
    """Give all names that an expression may take from the answers, those inside a filter too."""
    return expression.names | expression.loose


def _always(hides: Expression, asked: Mapping[str, Field], seen: Mapping[str, Value], now: datetime) -> bool:
    """Tell whether a condition hides its question whatever is chosen on the page; no where something typed decides."""
    rests_on = [asked[key] for key in sorted(may_name(hides) & asked.keys())]
    if any(field.kind not in (Kind.RADIO, Kind.SELECT) for field in rests_on):
        return False
    choices = [(None, *(choice.value for choice in field.choices)) for field in rests_on]
    if prod(map(len, choices)) > MOST_ANSWERS:
        return False
    return all(
        hides.evaluate({**seen, **dict(zip((field.key for field in rests_on), given, strict=True))}, now=now) is True
        for given in product(*choices)
    )


def _of_item(field: Field, items: Items) -> Form:
    """Give the questions of one item of a list as a form of their own."""
    return Form(id=field.key, title=field.label, blocks=items.fields)


def _applying(block: Block, scope: Mapping[str, Value], now: datetime) -> Block:
    """Leave out of the items of a list what the facts of the case rule out, as of the questions of the page."""
    if not isinstance(block, Field) or block.items is None:
        return block
    asked = _of_item(block, block.items).page(scope=scope, now=now)
    fields = tuple(each for each in asked if isinstance(each, Field))
    return replace(block, items=replace(block.items, fields=fields))


def _read_items(
    field: Field, items: Items, raw: Raw, scope: Mapping[str, Value], now: datetime
) -> tuple[list[dict[str, Value]], list[Problem]]:
    """Read the items of a list, each as a form of its own; give those in which something was answered, and what is wrong."""
    asked = _of_item(field, items)
    found: list[dict[str, Value]] = []
    problems: list[Problem] = []
    numbers = numbers_in(field, raw)
    for place, number in enumerate(numbers, 1):
        given = item_in(field, raw, number)
        if not any(text.strip() for name in given for text in texts_under(given, name)):
            continue
        try:
            answers = asked.load(given, scope=scope, now=now)
        except AnswersInvalid as refusal:
            problems += [
                _in_item(problem, f"{field.key}-{number}-", items.title(place)) for problem in refusal.problems
            ]
            continue
        found += [item] if (item := {key: value for key, value in answers.items() if value not in (None, [])}) else []
    if len(numbers) > items.most:
        return found, [Problem(field.key, "too-many", f"Enter {items.most} {items.plural} or fewer")]
    if not problems and len(found) < items.least:
        problems.append(Problem(field.key, "required", required_sentence(field)))
    return found, problems


def _in_item(problem: Problem, place: str, title: str) -> Problem:
    """Give a problem of an item with its place on the page and in words: "Person 2: enter a name"."""
    return Problem(place + problem.where, problem.rule, f"{title}: {within_a_sentence(problem.sentence)}")


@dataclass(frozen=True)
class Form:
    """The questions of one page; `id` names the record that its answers are written to.

    `blocks` holds the questions with the headings and texts between them, in the order of the page.
    """

    id: str
    title: str
    blocks: tuple[Block, ...]

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The questions, in the order of the page."""
        return tuple(block for block in self.blocks if isinstance(block, Field))

    @property
    def names(self) -> frozenset[str]:
        """The names that its conditions and checks take from the case: those that no question of the form answers."""
        conditions = [each.hides for block in self.blocks if not isinstance(block, Field) for each in block.conditions]
        taken = (*(each.names for each in conditions), *(field.names for field in self.fields))
        used: frozenset[str] = frozenset().union(*taken)
        return used - {field.key for field in self.fields}

    def field(self, key: str) -> Field:
        """Give the question with this key; the form must have it."""
        return next(field for field in self.fields if field.key == key)

    @cached_property
    def takes_choices(self) -> bool:
        """Whether a question takes choices from the case."""
        return any(field.takes_choices for field in self.fields)

    def settled(self, *, scope: Mapping[str, Value], now: datetime) -> Form:
        """Give the form as the case stands: each question with the choices that the case offers now as its own."""
        if not self.takes_choices:
            return self
        blocks = tuple(block.settled(scope, now) if isinstance(block, Field) else block for block in self.blocks)
        return replace(self, blocks=blocks)

    @cached_property
    def schema(self) -> Schema:
        """The marshmallow schema of all questions but lists, whose items are forms of their own; see
        `engine.forms.answers.schema_of`. It is built once: that took longer than reading the answers.

        Of a form that takes choices from the case, take the schema of its `settled` form.
        """
        return schema_of(field for field in self.fields if field.items is None)

    def load(self, raw: Raw, *, scope: Mapping[str, Value], now: datetime) -> dict[str, Value]:
        """Read what a page posted (a Flask page passes ``request.form.to_dict(flat=False)``).

        `scope` holds the facts of the case as expressions see them. Example: ``{"returned_at-day": "27", ...,
        "found_how": "police"}`` gives ``{"returned_at": datetime(2026, 3, 27, 14, 30, tzinfo=UTC), "found_how":
        "police"}``. A question that was left empty is None, [] or False; one that its condition hides is not there, and
        neither is an item of a list in which nothing was answered.
        Refused with `AnswersInvalid`: one problem per wrong question, in the order of the page; those of an item are at
        ``persons-2-name``. A choice must be one
        that the form or the case offers at this moment; a question for which there is none is not asked.
        """
        if self.takes_choices:
            return self.settled(scope=scope, now=now).load(raw, scope=scope, now=now)
        answers, problems = self._read(raw, scope, now)
        kept = self._shown(answers, scope, now)
        found = {key: wrong for key, wrong in problems.items() if key in kept}
        for field in self.fields:
            if field.key in kept and field.key not in found and self._fails(field, kept, found, scope, now):
                sentence = field.check_error or wrong_sentence(field, "does not agree with the other answers")
                found[field.key] = [Problem(field.key, "check", sentence)]
        if found:
            raise AnswersInvalid(problem for field in self.fields for problem in found.get(field.key, ()))
        return kept

    def as_raw(self, values: Mapping[str, Value]) -> dict[str, list[str] | str]:
        """Give kept values as a page would post them, so that a page can be shown filled in; other keys are ignored."""
        raw: dict[str, list[str] | str] = {}
        for field in self.fields:
            raw |= raw_of(field, values.get(field.key))
        return raw

    def prefilled(self, values: Mapping[str, Value], *, scope: Mapping[str, Value], now: datetime) -> dict[str, Value]:
        """Give the values with which a page is first shown: what is kept, and for a form that nobody has answered yet
        what its questions take over from the case, such as the name that the caller gave.
        """
        if values:
            return dict(values)
        filled = {field.key: field.prefill.evaluate(scope, now=now) for field in self.fields if field.prefill}
        return {key: value for key, value in filled.items() if value is not None}

    def page(self, *, scope: Mapping[str, Value], now: datetime) -> tuple[Block, ...]:
        """Give the blocks that can apply, with their choices: all but those that the facts of the case hide whatever is
        answered, and the questions for which there is nothing to choose.
        """
        if self.takes_choices:
            return self.settled(scope=scope, now=now).page(scope=scope, now=now)
        shown: list[Block] = []
        open_keys = {field.key for field in self.fields}
        for block in self.blocks:
            seen = {**scope, **{field.key: None for field in self.fields}}
            gone = isinstance(block, Field) and block.has_nothing_to_choose
            asked = {field.key: field for field in self.fields if field.key in open_keys}
            if not gone and not any(_always(condition.hides, asked, seen, now) for condition in block.conditions):
                shown.append(_applying(block, scope, now))
            elif isinstance(block, Field):
                open_keys.discard(block.key)
        return tuple(shown)

    def _read(
        self, raw: Raw, scope: Mapping[str, Value], now: datetime
    ) -> tuple[dict[str, Value], dict[str, list[Problem]]]:
        """Read every answer; give the values that could be read and the problems of each that could not."""
        answers: dict[str, Value] = {}
        problems: dict[str, list[Problem]] = {}
        try:
            answers = cast("dict[str, Value]", self.schema.load(raw))
        except ValidationError as refused:
            messages = cast("dict[str, list[Problem]]", refused.messages)
            answers = cast("dict[str, Value]", refused.valid_data)
            problems = {key: found[:1] for key, found in messages.items()}
        for field in self.fields:
            if field.items is not None:
                answers[field.key], wrong = _read_items(field, field.items, raw, scope, now)
                problems |= {field.key: wrong} if wrong else {}
        return answers, problems

    def _shown(self, answers: Mapping[str, Value], scope: Mapping[str, Value], now: datetime) -> dict[str, Value]:
        """Keep the answers to the questions that are not hidden; a condition sees a hidden or wrong answer as null.

        One pass is enough: a condition looks back on the page only, `read` refuses any other.
        """
        kept: dict[str, Value] = {}
        seen = {**scope, **{field.key: None for field in self.fields}}
        for field in self.fields:
            hidden = any(condition.hides.evaluate(seen, now=now) is True for condition in field.conditions)
            if hidden or field.has_nothing_to_choose:
                continue
            kept[field.key] = seen[field.key] = answers.get(field.key)
        return kept

    def _fails(
        self,
        field: Field,
        kept: Mapping[str, Value],
        problems: Mapping[str, list[Problem]],
        scope: Mapping[str, Value],
        now: datetime,
    ) -> bool:
        """Say whether a question's own check is not true.

        A check that rests on an answer with a problem waits until that is put right. One that gives null fails,
        unless an answer that it rests on was left empty: what may be empty is not compared.
        """
        if field.check is None or may_name(field.check) & problems.keys():
            return False
        keys = {other.key for other in self.fields}
        outcome = field.check.evaluate({**scope, **dict.fromkeys(keys), **kept}, now=now)
        rests_on = (may_name(field.check) & keys) | {field.key}
        empty = any(kept.get(key) is None for key in rests_on)
        return outcome is not True and not (outcome is None and empty)
