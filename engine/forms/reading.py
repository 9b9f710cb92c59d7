"""form-js JSON -> Form: an allow-list of components and settings, and all problems of a form at once.

What would be ignored is refused: a setting that is not listed here must be empty or false. The page is drawn by the
server as GOV.UK components, so a setting that only places or sizes a component in form-js is let through unread.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.errors import Invalid, Problem
from engine.feel import Expression, compile
from engine.forms.fields import CHOOSING, Block, Choice, Condition, Field, Heading, Items, Kind, Limits, Paragraph
from engine.forms.form import Form
from engine.forms.syntax import read_json

Component = dict[str, Any]

_KINDS = {
    "textfield": Kind.TEXT,
    "textarea": Kind.TEXTAREA,
    "number": Kind.NUMBER,
    "datetime": Kind.DATETIME,
    "select": Kind.SELECT,
    "radio": Kind.RADIO,
    "checklist": Kind.CHECKLIST,
    "checkbox": Kind.CHECKBOX,
}
_LIST = "dynamiclist"
_DRAWN_BY_THE_PAGE = frozenset({"separator", "spacer", "button"})

_ROOT = frozenset({
    "$schema", "components", "executionPlatform", "executionPlatformVersion", "exporter", "generated", "id",
    "schemaVersion", "title", "type", "versionTag",
})  # fmt: skip
_QUESTION = frozenset({"conditional", "description", "id", "key", "label", "layout", "properties", "type", "validate"})
_SETTINGS = {
    "textfield": _QUESTION | {"appearance"},
    "textarea": _QUESTION,
    "number": _QUESTION | {"appearance", "decimalDigits", "serializeToString"},
    "datetime": _QUESTION | {"dateLabel", "subtype", "timeInterval", "timeLabel", "timeSerializingFormat", "use24h"},
    "select": _QUESTION | {"searchable", "values", "valuesExpression"},
    "radio": _QUESTION | {"values", "valuesExpression"},
    "checklist": _QUESTION | {"values", "valuesExpression"},
    "checkbox": _QUESTION,
    "text": frozenset({"conditional", "id", "layout", "text", "type"}),
    "group": (_QUESTION - {"description", "key", "validate"}) | {"components", "showOutline", "verticalAlignment"},
    _LIST: (_QUESTION - {"description", "key", "validate"})
    | {
        "allowAddRemove", "components", "defaultRepetitions", "disableCollapse", "isRepeating", "nonCollapsedItems", "path",
        "showOutline", "verticalAlignment",
    },
}  # fmt: skip
_PROPERTIES = frozenset(
    {"check", "checkError", "dataClass", "error", "errorFormat", "onlyIf", "prefill", "source", "summaryClass"}
)
_OF_ITEMS = _PROPERTIES - {"dataClass", "prefill", "summaryClass"}
"""What a question of an item says itself; the rest holds for the whole list and is said there."""
_OF_LISTS = frozenset({
    "check", "checkError", "dataClass", "error", "hint", "item", "items", "least", "most", "onlyIf", "prefill", "source", "summaryClass",
})  # fmt: skip
MOST_ITEMS = 20
_VALIDATE = {
    Kind.TEXT: frozenset({"maxLength", "minLength", "required", "validationType"}),
    Kind.TEXTAREA: frozenset({"maxLength", "minLength", "required"}),
    Kind.NUMBER: frozenset({"max", "min", "required"}),
}
_SHAPES = frozenset({"", "email", "phone"})
_OURS = frozenset({"csrf_token", "key", "stamp"})
"""Names that a page sends beside the answers, or that a repeated record has of its own."""

_KEY = re.compile(r"[a-z][a-z0-9_]{0,63}")
_DATA_CLASS = re.compile(r"[A-Z][0-9]{1,2}")
_SUMMARY_CLASS = re.compile(r"[A-Z][0-9]{1,2}[A-Z]")
_MARKUP = re.compile(r"</?[a-zA-Z]|\*\*|\]\(|\{\{|^=")
_HEADING = re.compile(r"(#{1,3}) +(.+)")
_UNLESS_EQUAL = re.compile(
    r"""(?:(?P<name>\w+) = null or )?(?:not\((?P<same>\w+) = (?P<is>"[^"]*"|true)\)|(?P<other>\w+) != (?P<was>"[^"]*"|true))"""
)


def read(text: str, name: str) -> Form:
    """Read one form; `name` is its file name or stem, which must be the form's id.

    Example: ``{"id": "found", "type": "default", "title": "Child found", "components": [{"type": "datetime", "subtype":
    "datetime", "key": "returned_at", "label": "When did the child return?", "validate": {"required": true},
    "properties": {"dataClass": "D2", "error": "Enter when the child returned"}}]}``. The title is the form's own, or
    its first heading (a text that begins with ``# ``), or its id in words. Refused with `Invalid`: every problem of the
    form at once, each at ``<form>.<key>`` or at the file.
    """
    stem = name.removesuffix(".form")
    root = read_json(text, stem)
    if not isinstance(root, dict) or not isinstance(root.get("components"), list):
        raise Invalid([Problem(stem, "form-without-components", "The form has no list of components.")])
    reading = _Reading(stem)
    form = reading.form(root)
    if reading.problems:
        raise Invalid(reading.problems)
    return form


class _Reading:
    """One walk over the components of a form; the problems gather in the order of the page."""

    def __init__(self, stem: str, around: Field | None = None) -> None:
        self.stem = stem
        self.around = around
        self.problems: list[Problem] = []
        self.fields: dict[str, Field] = {}
        self.title = ""

    def form(self, root: Component) -> Form:
        """Read the whole form."""
        if root.get("id") != self.stem:
            self._refuse("", "form-id", f"The form's id is {root.get('id')!r}; it must be {self.stem!r} like its file.")
        if root.get("type", "default") != "default":
            self._refuse("", "form-type", "The form's type must be default.")
        self._only(root, _ROOT, "", "the form")
        self.title = str(root.get("title") or "")
        blocks = tuple(self._blocks(root["components"], (), 2))
        title = self.title or self.stem.replace("_", " ").capitalize()
        if not any(isinstance(block, Field) for block in blocks):
            self._refuse("", "form-without-questions", "The form asks nothing.")
        self._ahead(blocks)
        return Form(id=self.stem, title=title, blocks=blocks)

    def _blocks(self, components: object, around: tuple[Condition, ...], level: int) -> Iterator[Block]:
        """Read components one after the other; `around` holds the conditions of the groups around them."""
        given = components if isinstance(components, list) else []
        for place, component in enumerate(given):
            kind = component.get("type") if isinstance(component, dict) else None
            if kind in _DRAWN_BY_THE_PAGE:
                continue
            if kind not in _SETTINGS or (self.around is not None and kind not in _KINDS):
                where = "be part of a list" if kind in _SETTINGS else "be shown to staff"
                self._refuse(_where(component), "form-component", f"A component of type {kind!r} cannot {where}.")
                continue
            self._only(component, _SETTINGS[kind], _where(component), f"a {kind}")
            conditions = (*around, *self._condition(component))
            if kind == "text":
                yield from self._text(component, conditions)
            elif kind == "group":
                folds = self._folds(component, given[place + 1 : place + 2])
                if component.get("label"):
                    yield Heading(str(component["label"]), level, conditions, folds)
                yield from self._blocks(component.get("components"), conditions, min(level + 1, 3))
            elif kind == _LIST:
                yield self._list(component, conditions)
            else:
                yield self._question(component, kind, conditions)

    def _folds(self, group: Component, following: list[Any]) -> bool:
        """Tell whether a group folds: then it has a label, nothing of it must be answered, and a group or nothing comes after it."""
        folds = self._inner(group, "properties", frozenset({"folds", "onlyIf"})).get("folds") == "true"
        inside = group.get("components")
        asked = [each for each in (inside if isinstance(inside, list) else []) if isinstance(each, dict)]
        must = any(
            each.get("type") == "group" or (each.get("validate") or {}).get("required") is True for each in asked
        )
        after = any(not isinstance(each, dict) or each.get("type") != "group" for each in following)
        if folds and (must or after or not group.get("label")):
            sentence = (
                "A group that folds needs a label, holds no group and no question that must be answered, and another group or "
                "nothing comes after it: nobody would see the others."
            )
            self._refuse(_where(group), "form-fold", sentence)
        return folds

    def _text(self, component: Component, conditions: tuple[Condition, ...]) -> Iterator[Block]:
        """Read static text: paragraphs divided by empty lines, and headings that begin with #."""
        text = str(component.get("text") or "").strip()
        if _MARKUP.search(text):
            sentence = "Text is shown as it is written: it may hold headings (# ...) but no other markup and no FEEL."
            self._refuse(_where(component), "form-text-markup", sentence)
        for part in re.split(r"\n\s*\n", text) if text else []:
            heading = _HEADING.fullmatch(part.strip())
            if heading is None:
                yield Paragraph(" ".join(part.split()), conditions)
            elif len(heading[1]) == 1 and not self.title:
                self.title = heading[2]
            else:
                yield Heading(heading[2], max(2, len(heading[1])), conditions)

    def _question(self, component: Component, type_: str, conditions: tuple[Condition, ...]) -> Field:
        """Read one question."""
        kind = self._kind(component, type_)
        key, label = self._key_and_label(component)
        validate = self._inner(component, "validate", _VALIDATE.get(kind, frozenset({"required"})))
        appearance = self._inner(component, "appearance", frozenset({"prefixAdorner", "suffixAdorner"}))
        properties = self._properties(component)
        check = properties.get("check")
        field = Field(
            key=key,
            kind=kind,
            label=label,
            data_class=properties.get("dataClass", ""),
            summary_class=properties.get("summaryClass", ""),
            hint=str(component.get("description") or ""),
            required=validate.get("required") is True,
            choices=self._choices(component) if kind in CHOOSING else (),
            limits=self._limits(component, kind, validate),
            error=properties.get("error", ""),
            error_format=properties.get("errorFormat", ""),
            source=properties.get("source", ""),
            prefix=str(appearance.get("prefixAdorner") or ""),
            suffix=str(appearance.get("suffixAdorner") or ""),
            conditions=conditions,
            check=self._feel(_where(component), check) if check else None,
            check_error=properties.get("checkError", ""),
            prefill=self._feel(_where(component), properties["prefill"]) if "prefill" in properties else None,
            choices_from=self._choices_from(component) if kind in CHOOSING else None,
        )
        self.fields.setdefault(key, field)
        return field

    def _list(self, component: Component, conditions: tuple[Condition, ...]) -> Field:
        """Read a list: each item is asked the same questions, which have the data class of the list."""
        where = _where(component)
        key, label = self._key_and_label({**component, "key": component.get("path")})
        properties = self._properties(component, _OF_LISTS)
        check, fills = properties.get("check"), properties.get("prefill")
        least, most, shown = self._counts(component, properties)
        if not properties.get("item"):
            sentence = 'The list does not say what one of its items is called; for example "item": "person".'
            self._refuse(where, "form-item", sentence)
        noun = properties.get("item", "item")
        field = Field(
            key=key,
            kind=Kind.LIST,
            label=label,
            data_class=properties.get("dataClass", ""),
            summary_class=properties.get("summaryClass", ""),
            hint=properties.get("hint", ""),
            required=least > 0,
            error=properties.get("error", ""),
            source=properties.get("source", ""),
            conditions=conditions,
            check=self._feel(where, check) if check else None,
            check_error=properties.get("checkError", ""),
            prefill=self._feel(where, fills) if fills else None,
        )
        inside = _Reading(self.stem, field)
        asked = tuple(block for block in inside._blocks(component.get("components"), (), 3) if isinstance(block, Field))
        inside._ahead(asked)
        self.problems += inside.problems
        if not asked:
            self._refuse(where, "form-item", "The list asks nothing of its items.")
        items = Items(noun, properties.get("items") or f"{noun}s", asked, most, least, shown)
        field = replace(field, items=items)
        self.fields.setdefault(key, field)
        return field

    def _counts(self, component: Component, properties: Mapping[str, str]) -> tuple[int, int, int]:
        """Read how many items there must be, may be, and stand on a new page."""
        where = _where(component)
        if component.get("isRepeating") is not True or component.get("allowAddRemove") is not True:
            sentence = "Set isRepeating and allowAddRemove: people add and remove the items of a list themselves."
            self._refuse(where, "form-item-count", sentence)
        least, most = (_whole(_number(properties.get(name))) for name in ("least", "most"))
        shown = _whole(_number(component.get("defaultRepetitions", 1)))
        if most is None or not 1 <= most <= MOST_ITEMS:
            sentence = f'A list needs the largest number of its items, {MOST_ITEMS} at most; for example "most": "10".'
            self._refuse(where, "form-item-count", sentence)
        elif not 0 <= (least or 0) <= most or shown is None or not 1 <= shown <= most:
            self._refuse(
                where, "form-item-count", f"Its least and its defaultRepetitions must not be more than {most}."
            )
        return least or 0, most or 1, shown or 1

    def _properties(self, component: Component, known: frozenset[str] = _PROPERTIES) -> dict[str, str]:
        """Read our own settings of a question: each is a text."""
        where = _where(component)
        given = self._inner(component, "properties", _OF_ITEMS if self.around else known)
        properties = {name: str(text).strip() for name, text in given.items() if text}
        if self.around is not None:
            properties |= {"dataClass": self.around.data_class, "summaryClass": self.around.summary_class}
        elif not _DATA_CLASS.fullmatch(properties.get("dataClass", "")):
            sentence = 'The question has no data class; give it one in its properties, for example "dataClass": "D2".'
            self._refuse(where, "form-data-class", sentence)
        summary = "" if self.around else properties.get("summaryClass", "")
        if summary and (not _SUMMARY_CLASS.fullmatch(summary) or summary[:-1] != properties.get("dataClass")):
            sentence = 'The class of a summary is the data class and one capital letter, for example "D2S" beside "D2".'
            self._refuse(where, "form-summary-class", sentence)
        if ("check" in properties) != ("checkError" in properties):
            sentence = "A check needs the sentence that is said when it is not true, and the sentence a check."
            self._refuse(where, "form-check-error", sentence)
        return properties

    def _kind(self, component: Component, type_: str) -> Kind:
        """Tell the kind of a question; of the three that form-js calls datetime a time alone is no answer to when."""
        if type_ != "datetime":
            return _KINDS[type_]
        subtype = component.get("subtype", "date")
        if subtype not in {"date", "datetime"}:
            self._refuse(_where(component), "form-subtype", "A time is asked for with its date: use subtype datetime.")
        return Kind.DATETIME if subtype == "datetime" else Kind.DATE

    def _key_and_label(self, component: Component) -> tuple[str, str]:
        """Read the name of a question and its words."""
        where = _where(component)
        key = str(component.get("key") or "")
        label = str(component.get("label") or component.get("dateLabel") or "").strip()
        if not _KEY.fullmatch(key):
            self._refuse(where, "form-key", f"The key {key!r} must be words of small letters, like returned_at.")
        if key in _OURS:
            self._refuse(where, "form-key", f"The key {key!r} is one that every page uses itself.")
        if key in self.fields:
            self._refuse(where, "form-key-twice", "Two questions have this key; one answer would overwrite the other.")
        if not label:
            self._refuse(where, "form-label", "The question has no label; it would be asked without words.")
        return key, label

    def _choices(self, component: Component) -> tuple[Choice, ...]:
        """Read what may always be chosen."""
        values = component.get("values")
        given = [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []
        choices = tuple(Choice(str(one.get("value") or ""), str(one.get("label") or "").strip()) for one in given)
        if not choices and not component.get("valuesExpression"):
            sentence = (
                "There is nothing to choose from: give values, or a valuesExpression that takes them from the case."
            )
            self._refuse(_where(component), "form-choices", sentence)
        if any(not choice.value or not choice.label for choice in choices):
            self._refuse(_where(component), "form-choices", "Each choice needs a value and a label.")
        if len({choice.value for choice in choices}) < len(choices):
            self._refuse(_where(component), "form-choices", "Two choices have the same value.")
        return choices

    def _choices_from(self, component: Component) -> Expression | None:
        """Read the expression that takes choices from the case; the answers of its own page it cannot see."""
        text, where = component.get("valuesExpression"), _where(component)
        if not text:
            return None
        if not isinstance(text, str) or not text.startswith("="):
            self._refuse(where, "form-choices", "The valuesExpression begins with = and goes on in FEEL.")
            return None
        return self._feel(where, text)

    def _limits(self, component: Component, kind: Kind, validate: Mapping[str, Any]) -> Limits:
        """Read how long a text and how large a number may be."""
        where = _where(component)
        shape = str(validate.get("validationType") or "")
        if shape not in _SHAPES:
            self._refuse(where, "form-validation-type", f"The validation type {shape!r} is none of email and phone.")
        numbers: dict[str, Decimal | None] = {}
        for name, given in (
            *((name, validate.get(name)) for name in ("maxLength", "minLength", "max", "min")),
            ("decimalDigits", component.get("decimalDigits") if kind is Kind.NUMBER else None),
        ):
            numbers[name] = _number(given)
            if given not in {None, ""} and numbers[name] is None:
                self._refuse(where, "form-limit", f"The limit {name} must be a number, not {given!r}.")
        return Limits(
            longest=_whole(numbers["maxLength"]),
            shortest=_whole(numbers["minLength"]),
            least=numbers["min"],
            most=numbers["max"],
            decimals=_whole(numbers["decimalDigits"]),
            shape=shape,
        )

    def _condition(self, component: Component) -> tuple[Condition, ...]:
        """Read the condition that hides a component; it may rest on earlier answers and on the facts of the case."""
        where = _where(component)
        text = self._inner(component, "conditional", frozenset({"hide"})).get("hide")
        only_if = str((component.get("properties") or {}).get("onlyIf") or "")
        if not text:
            if only_if:
                self._refuse(where, "form-only-if", "The words of onlyIf belong to a condition, and there is none.")
            return ()
        if not isinstance(text, str) or not text.startswith("="):
            self._refuse(where, "form-condition", "A condition begins with = and goes on in FEEL.")
            return ()
        expression = self._feel(where, text)
        return () if expression is None else (Condition(expression, self._in_words(text, expression, only_if)),)

    def _in_words(self, text: str, expression: Expression, only_if: str) -> str:
        """Say a condition as a person reads it; "" where it rests on no answer of the page."""
        asked = [self.fields[name].label for name in self.fields if name in expression.names]
        if only_if or not asked:
            return only_if and f"Only if {re.sub('^only if ', '', only_if, flags=re.IGNORECASE)}"
        plain = _UNLESS_EQUAL.fullmatch(text.removeprefix("=").strip())
        if plain is None:
            return f"Only if it applies after your answer to {' and '.join(f'“{label}”' for label in asked)}"
        field = self.fields.get(plain["same"] or plain["other"])
        value = (plain["is"] or plain["was"]).strip('"')
        if field is None or plain["name"] not in {None, field.key}:
            return f"Only if it applies after your answer to “{asked[0]}”"
        if value == "true":
            return f"Only if you ticked “{field.label}”"
        shown = next((choice.label for choice in field.choices if choice.value == value), value)
        return f"Only if you answered “{shown}” to “{field.label}”"

    def _ahead(self, blocks: tuple[Block, ...]) -> None:
        """Refuse conditions that rest on a question which comes later on the page, or on the hidden one itself, and
        choices that rest on any question of the page: a page without JavaScript cannot follow its own answers.
        """
        later = {block.key for block in blocks if isinstance(block, Field)}
        for block in blocks:
            for name in sorted(later & frozenset().union(*(condition.hides.names for condition in block.conditions))):
                where = block.key if isinstance(block, Field) else block.text[:64]
                sentence = f"The condition rests on {name}, which is not asked before it."
                self._refuse(where, "form-condition-ahead", sentence)
            if not isinstance(block, Field):
                continue
            self._outside(block)
            later.discard(block.key)
            for name in sorted(self.fields.keys() & (block.choices_from.names if block.choices_from else ())):
                sentence = f"The choices rest on {name}, which the same page asks; they can rest on the case only."
                self._refuse(block.key, "form-choices-ahead", sentence)

    def _outside(self, block: Field) -> None:
        """Refuse questions of an item that rest on an answer outside their list."""
        own = frozenset(each.key for each in block.asked)
        for each in block.asked if block.items else ():
            for name in sorted((each.names - own) & self.fields.keys()):
                sentence = f"The question rests on {name}, which is asked outside the list; it can rest on its own item and on the case."
                self._refuse(f"{block.key}-{each.key}", "form-condition-outside", sentence)

    def _feel(self, where: str, text: str) -> Expression | None:
        """Compile an expression, or take over what is wrong with it."""
        try:
            expression = compile(text.removeprefix("=").strip())
        except Invalid as wrong:
            self._refuse(where, "form-feel", f"The expression {text!r} cannot be read: {wrong}")
            return None
        for doubt in expression.doubts:
            self._refuse(where, "form-feel", f"The expression {text!r} can only give null: {doubt}")
        return expression

    def _inner(self, component: Component, name: str, allowed: frozenset[str]) -> Component:
        """Give the object that a component has under a name, after refusing settings in it that nothing would read."""
        inner = component.get(name) or {}
        if not isinstance(inner, dict):
            self._refuse(_where(component), "form-setting", f"The setting {name} must be an object.")
            return {}
        self._only(inner, allowed, _where(component), name)
        return inner

    def _only(self, given: Component, allowed: frozenset[str], where: str, what: str) -> None:
        """Refuse settings that nothing would read, unless they are empty or false."""
        for name in sorted(given.keys() - allowed):
            if given[name] not in (None, False, "", [], {}):
                self._refuse(where, "form-setting", f"The setting {name} of {what} would be ignored; take it away.")

    def _refuse(self, where: str, rule: str, sentence: str) -> None:
        """Add a problem at ``<form>.<key>``, ``<form>.<list>-<key>`` or at the form; the same problem is named once."""
        where = f"{self.around.key}-{where}" if self.around else where
        problem = Problem(f"{self.stem}.{where}" if where else self.stem, rule, sentence)
        if problem not in self.problems:
            self.problems.append(problem)


def _where(component: object) -> str:
    """Name a component by what a person finds in the editor: its key, its id or its words."""
    if not isinstance(component, dict):
        return ""
    names = ("path" if component.get("type") == _LIST else "key", "id", "label", "text")
    return str(next((component[name] for name in names if component.get(name)), ""))[:64]


def _number(given: object) -> Decimal | None:
    """Read a limit; form-js writes some as numbers and some as text."""
    if isinstance(given, bool) or not isinstance(given, int | str | Decimal):
        return None
    try:
        number = Decimal(given)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _whole(number: Decimal | None) -> int | None:
    """Give a limit that counts something."""
    return None if number is None else int(number)
