"""What a component of a form says as the fields of a page: read from form-js JSON, checked, and written back; everything else stays."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.errors import Invalid, Problem
from engine.feel import compile, patterns

Component = dict[str, Any]
Given = Mapping[str, str]

KINDS: Mapping[str, str] = {
    "textfield": "One line of text",
    "textarea": "Several lines of text",
    "number": "A number",
    "date": "A day",
    "datetime": "A day and a time",
    "radio": "One of a few choices",
    "select": "One of many choices",
    "checklist": "Several choices",
    "checkbox": "A box to tick",
    "text": "Text between the questions",
    "group": "A group of questions under a heading",
    "dynamiclist": "A list: the same questions for each of several, such as people or places",
}
"""What can be added, by the name of form-js; a day is its ``datetime`` with the subtype ``date``."""
CHOOSING = frozenset({"radio", "select", "checklist"})
HOLDING: Mapping[str, str] = {"group": "Group of questions", "dynamiclist": "List of questions"}
LIST = "dynamiclist"
WORDS_ALONE = frozenset({"text", "group"})
"""What is no question."""
MOST_ITEMS = 20
LONGEST_KEY = 60

PAST, FUTURE, PATTERN, OWN = "past", "future", "pattern", "own"
RULES: Mapping[str, tuple[str, frozenset[str]]] = {
    PAST: ("It must not lie in the future", frozenset({"date", "datetime"})),
    FUTURE: ("It must lie in the future", frozenset({"date", "datetime"})),
    PATTERN: ("It must be written in one way, such as a number of a vehicle", frozenset({"textfield"})),
    OWN: ("A rule of its own, written in FEEL", frozenset(KINDS) - WORDS_ALONE),
}
"""The rules that an answer can have to meet, and of which kinds of question."""

_TEXTS: Mapping[str, str] = {
    "error": "error",
    "error_format": "errorFormat",
    "source": "source",
    "class": "dataClass",
    "check_error": "checkError",
    "item": "item",
    "plural": "items",
}
"""Fields that are a text among the properties."""
_READ_IN_PARTS = frozenset({"number", "date", "datetime", "textfield"})
"""Kinds of which an answer can be one that cannot be read."""
_LIMITS: Mapping[str, tuple[str, str]] = {
    "textfield": ("minLength", "maxLength"),
    "textarea": ("minLength", "maxLength"),
    "number": ("min", "max"),
}
_WHEN = re.compile(r'=\s*(\w+) = null or (?:\1 != (?:"([^"]*)"|(true))|not\(list contains\(\1, "([^"]*)"\)\))')
_PATTERN = re.compile(r'matches\(\w+, "\^\((.*)\)\$"\)')


def kind_of(component: Component) -> str:
    """Give the kind of a component as `KINDS` names it."""
    kind = str(component.get("type") or "")
    return "date" if kind == "datetime" and component.get("subtype", "date") == "date" else kind


def words_of(component: Component) -> str:
    """Give what a component says or asks."""
    named = (component.get(name) for name in ("label", "dateLabel", "text"))
    return str(next(filter(None, named), ""))


def key_of(component: Component) -> str:
    """Give the key under which the answer is kept; that of a list is called its path."""
    return str(component.get("path" if component.get("type") == LIST else "key") or "")


def part(component: Component, name: str) -> Component:
    """Give the settings of a component that stand together; nothing where somebody wrote something else there."""
    found = component.get(name)
    return found if isinstance(found, dict) else {}


# Reading --------------------------------------------------------------------------------------------------------------


def given_of(component: Component) -> dict[str, str]:
    """Give what a component says, as `write` takes it."""
    kind, validate, properties = kind_of(component), part(component, "validate"), part(component, "properties")
    values = component.get("values")
    options = [each for each in values if isinstance(each, dict)] if isinstance(values, list) else []
    least, most = _LIMITS.get(kind, ("", ""))
    held = properties if kind == LIST else validate
    return {
        "kind": kind,
        "label": words_of(component),
        "hint": str(component.get("description") or properties.get("hint") or ""),
        "required": "yes" if validate.get("required") is True else "",
        "options": "\n".join(f"{each.get('value')}: {each.get('label')}" for each in options),
        "least": _said(held.get("least" if kind == LIST else least)),
        "most": _said(held.get("most" if kind == LIST else most)),
        "decimals": _said(component.get("decimalDigits")),
        "shape": str(validate.get("validationType") or ""),
        "shown": _said(component.get("defaultRepetitions")),
        "folds": "yes" if properties.get("folds") == "true" else "",
        "prefill": str(properties.get("prefill") or ""),
        **{name: str(properties.get(ours) or "") for name, ours in _TEXTS.items()},
        **_rule_of(str(properties.get("check") or ""), key_of(component)),
        **_when_of(str(part(component, "conditional").get("hide") or "").strip()),
    }


def _said(value: object) -> str:
    return "" if value is None else str(value)


def _rule_of(check: str, key: str) -> dict[str, str]:
    """Give which rule an answer has to meet: one of `RULES`, and what belongs to it."""
    plain = {_past(key, day=False): PAST, _past(key, day=True): PAST, _future(key, day=False): FUTURE}
    plain |= {_future(key, day=True): FUTURE, "": ""}
    pattern = _PATTERN.fullmatch(check)
    if pattern and check == _matches(key, pattern[1]):
        return {"rule": PATTERN, "pattern": pattern[1], "check": ""}
    own = plain.get(check, OWN)
    return {"rule": own, "pattern": "", "check": check if own == OWN else ""}


def _past(key: str, *, day: bool) -> str:
    return f"{key} <= {'today()' if day else 'now()'}"


def _future(key: str, *, day: bool) -> str:
    return f"{key} > {'today()' if day else 'now()'}"


def _matches(key: str, pattern: str) -> str:
    return f'matches({key}, "^({pattern})$")'


def _when_of(hide: str) -> dict[str, str]:
    """Give when a component is asked: ``seen=yes`` after a choice, ``sure=`` after a tick, ``signs~hurt`` after one of several."""
    read = _WHEN.fullmatch(hide)
    if read is None:
        return {"when": OWN if hide else "", "condition": hide.removeprefix("=").strip()}
    if read[4] is not None:
        return {"when": f"{read[1]}~{read[4]}", "condition": ""}
    return {"when": f"{read[1]}={read[2] or ''}", "condition": ""}


# Checking -------------------------------------------------------------------------------------------------------------


def wrong(kind: str, given: Given, *, offered: bool = False, in_list: bool = False) -> Iterator[Problem]:
    """Say what is missing, or cannot be; `offered` where the case offers choices, `in_list` where it stands in a list."""
    if kind not in KINDS:
        yield Problem("kind", "kind-missing", "Select what kind of question it is")
    if not given.get("label"):
        yield Problem("label", "label-missing", "Enter the question, as staff will read it")
    if kind in CHOOSING and not options_of(given) and not offered:
        yield Problem("options", "options-missing", "Enter what can be chosen, one choice in each line")
    if kind in KINDS and kind not in WORDS_ALONE and not given.get("class") and not in_list:
        yield Problem("class", "class-missing", "Select who may read the answer")
    yield from _wrong_limits(kind, given)
    yield from _wrong_rule(kind, given)
    if given.get("prefill"):
        yield from _wrong_feel("prefill", given["prefill"])
    if given.get("when") == OWN:
        yield from _wrong_feel("condition", given.get("condition", ""))


def _wrong_limits(kind: str, given: Given) -> Iterator[Problem]:
    """Say which limits are no numbers, or leave no room between them."""
    names = ("least", "most") if kind in {*_LIMITS, LIST} else ()
    found: dict[str, Decimal | None] = {}
    for name in (*names, *(("decimals",) if kind == "number" else ()), *(("shown",) if kind == LIST else ())):
        found[name] = _number(given.get(name, ""))
        whole = kind != "number" or name == "decimals"
        number = found[name]
        if given.get(name) and (number is None or (whole and (number < 0 or number != int(number)))):
            yield Problem(
                name, "not-a-number", f"Enter a {'whole number, such as 10' if whole else 'number, such as 2.5'}"
            )
    least, most = found.get("least"), found.get("most")
    if least is not None and most is not None and least > most:
        yield Problem("most", "no-room", "The most must not be less than the least")
    if kind != LIST:
        return
    if not given.get("item"):
        yield Problem("item", "item-missing", "Enter what one of them is called, for example person")
    if most is None or not 1 <= most <= MOST_ITEMS:
        yield Problem("most", "most-missing", f"Enter how many there can be, {MOST_ITEMS} at most")


def _wrong_rule(kind: str, given: Given) -> Iterator[Problem]:
    """Say what is wrong with the rule that an answer has to meet."""
    rule = given.get("rule", "")
    if rule and (rule not in RULES or kind not in RULES[rule][1]):
        yield Problem("rule", "rule-does-not-fit", "Select a rule that fits this kind of question")
    if rule == PATTERN:
        try:
            patterns.translate(f"^({given.get('pattern', '')})$", "")
        except patterns.UnusablePattern as fault:
            yield Problem("pattern", "pattern-unreadable", f"The way of writing cannot be read: {fault}")
        if not given.get("pattern") or '"' in given["pattern"]:
            yield Problem("pattern", "pattern-missing", "Enter how it is written, without quotation marks")
    if rule == OWN:
        yield from _wrong_feel("check", given.get("check", ""))
    if rule and not given.get("check_error"):
        yield Problem("check_error", "check-error-missing", "Enter what is said when the rule is not met")


def _wrong_feel(name: str, text: str) -> Iterator[Problem]:
    """Say what of an expression cannot be read."""
    if not text.removeprefix("=").strip():
        yield Problem(name, "expression-missing", "Enter the expression")
        return
    try:
        compile(text.removeprefix("=").strip())
    except Invalid as refusal:
        yield Problem(name, "expression-unreadable", f"The expression cannot be read: {refusal.problems[0].sentence}")


def _number(text: str) -> Decimal | None:
    try:
        found = Decimal(text) if text else None
    except InvalidOperation:
        return None
    return found if found is not None and found.is_finite() else None


# Writing --------------------------------------------------------------------------------------------------------------


def write(one: Component, kind: str, given: Given, *, in_list: bool = False, ticked: bool = False) -> None:
    """Write what somebody wants of a component; `ticked` where it rests on a box that is ticked."""
    name = "text" if kind == "text" else "label"
    one["dateLabel" if one.get("type") == "datetime" and "label" not in one else name] = given["label"]
    if kind not in WORDS_ALONE:
        _write_question(one, kind, given, in_list=in_list)
    if kind == "group":
        _put_part(one, "properties", {"folds": "true" if given.get("folds") else ""})
    _write_condition(one, given, ticked=ticked)


def _write_question(one: Component, kind: str, given: Given, *, in_list: bool) -> None:
    """Write what holds for a question: hint, limits, choices, errors, its rule and who may read the answer."""
    if kind != LIST:
        _set(one, "description", given.get("hint", ""))
        _put_part(one, "validate", _limits(kind, given))
    else:
        one["defaultRepetitions"] = _plain(given.get("shown", "")) or 1
    if kind == "number":
        _set(one, "decimalDigits", _plain(given.get("decimals", "")))
    if kind in CHOOSING and options_of(given):
        one["values"] = options_of(given)
    _put_part(one, "properties", _texts(one, kind, given, in_list=in_list))


def _limits(kind: str, given: Given) -> dict[str, Any]:
    """Write whether a question must be answered, and the limits of its answer."""
    least, most = _LIMITS.get(kind, ("", ""))
    limits: dict[str, Any] = {"required": given.get("required") == "yes"}
    if least:
        limits |= {least: _plain(given.get("least", "")), most: _plain(given.get("most", ""))}
    return limits | ({"validationType": given.get("shape", "")} if kind == "textfield" else {})


def _texts(one: Component, kind: str, given: Given, *, in_list: bool) -> dict[str, str]:
    """Write our own settings of a question: each is a text."""
    texts = {ours: given.get(name, "") for name, ours in _TEXTS.items()}
    texts |= {"check": _check(key_of(one), kind, given), "prefill": "" if in_list else given.get("prefill", "")}
    if kind == LIST:
        texts |= {"hint": given.get("hint", ""), "least": given.get("least", ""), "most": given.get("most", "")}
    if in_list:
        texts |= {"dataClass": "", "summaryClass": ""}
    if not texts["check"]:
        texts["checkError"] = ""
    silent = {"errorFormat"} if kind not in _READ_IN_PARTS else set()
    silent |= {"item", "items"} if kind != LIST else set()
    return {name: text for name, text in texts.items() if name not in silent}


def _check(key: str, kind: str, given: Given) -> str:
    """Write the rule that an answer has to meet, "" for none."""
    rule, day = given.get("rule", ""), kind == "date"
    return {
        PAST: _past(key, day=day),
        FUTURE: _future(key, day=day),
        PATTERN: _matches(key, given.get("pattern", "")),
        OWN: given.get("check", ""),
    }.get(rule, "")


def _write_condition(one: Component, given: Given, *, ticked: bool) -> None:
    """Write when a component is asked, as `given_of` says it; words for an expression of its own stay where there still is one."""
    when = given.get("when", "")
    if when == OWN:
        hide = f"={given.get('condition', '').removeprefix('=').strip()}"
    elif "~" in when:
        key, _, value = when.partition("~")
        hide = f'={key} = null or not(list contains({key}, "{value}"))'
    elif when:
        key, _, value = when.partition("=")
        hide = f"={key} = null or {key} != " + ("true" if ticked else f'"{value}"')
    else:
        hide = ""
    if hide == str(part(one, "conditional").get("hide") or "").strip():
        return
    _set(one, "conditional", {"hide": hide} if hide else {})
    _put_part(one, "properties", {"onlyIf": ""})


def options_of(given: Given) -> list[dict[str, str]]:
    """Read choices, one in a line: ``yes: Yes, somebody has checked it``, or its words alone."""
    options = []
    for line in given.get("options", "").splitlines():
        value, colon, label = (each.strip() for each in line.partition(":"))
        coded = bool(colon and label and re.fullmatch(r"[A-Za-z0-9_.-]{1,80}", value))
        words = label if coded else line.strip()
        if words:
            key = value if coded else re.sub(r"[^a-z0-9]+", "_", words.casefold()).strip("_")[:LONGEST_KEY]
            options.append({"label": words, "value": key})
    return options


def _plain(text: str) -> int | float | None:
    number = _number(text)
    return None if number is None else int(number) if number == int(number) else float(number)


def _put_part(one: Component, name: str, told: Mapping[str, Any]) -> None:
    """Set some of the settings that stand together; one that says nothing is taken out, and so is what holds none."""
    found = {**part(one, name)}
    for key, value in told.items():
        _set(found, key, value)
    _set(one, name, found)


def _set(held: Component, name: str, value: Any) -> None:
    """Set a value, or take it out where it says nothing."""
    if value or (value == 0 and value is not False):
        held[name] = value
    elif held.get(name) is not False:  # one that is said to be so stays said
        held.pop(name, None)
