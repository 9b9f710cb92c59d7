"""A form as the body of a GOV.UK page: what each question looks like, decided here and drawn by templates/govuk/form.html.

The page works without JavaScript. A question that other answers decide about is therefore always shown, with words that
say when it applies; the server leaves its answer out when it does not. One that the facts of the case rule out is not
shown at all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import jinja2
from markupsafe import Markup

from engine.errors import Problem
from engine.forms import TYPED_IN_PARTS, Block, Field, Form, Heading, Items, Kind, Paragraph, Raw, inputs_of
from engine.forms.answers import first
from engine.frozen import frozen
from engine.model import Value
from web.repeating import ADD, FOCUS, REMOVE, drawn

EXAMPLES = {
    Kind.DATE: "For example, 27 3 2026",
    Kind.DATETIME: "For example, 27 3 2026 and 14:30 on the 24-hour clock",
}
_WIDTHS = (5, 10, 20)
_INLINE_CHOICES, _INLINE_LETTERS = 2, 12
_PART_WIDTHS = {"day": 2, "month": 2, "year": 4, "time": 5}

Params = dict[str, Any]


@frozen
class Drawn:
    """One block of a page: the component that draws it, its parameters, and whether other answers decide about it."""

    component: str
    params: Params
    conditional: bool = False


def loader() -> jinja2.BaseLoader:
    """Give the loader of the site's templates and of the GOV.UK components."""
    components = jinja2.PrefixLoader({"govuk_frontend_jinja": jinja2.PackageLoader("govuk_frontend_jinja")})
    return jinja2.ChoiceLoader([jinja2.PackageLoader("web"), components])


def render_form(
    form: Form,
    raw: Raw,
    problems: Iterable[Problem] = (),
    *,
    scope: Mapping[str, Value],
    now: datetime | None = None,
) -> Markup:
    """Draw the questions of a form, filled in with `raw`, each with its problem; the page gives the form element.

    `raw` is what was posted, or ``form.as_raw(values)`` for a page that shows what is kept. `scope` holds the facts of
    the case. Without `now` no condition is settled beforehand: every question is shown.
    """
    wrong = {problem.where: problem for problem in problems}
    shown = form.blocks if now is None else form.page(scope=scope, now=now)
    return Markup(_template().blocks(list(_sections(shown, raw, wrong))))  # noqa: S704 - autoescaped


def error_summary(problems: Iterable[Problem], form: Form, others: Collection[str] = ()) -> Markup:
    """Draw the list of problems, each linked to the first input that puts it right; nothing without problems.

    `others` are the ids of inputs of the page that are none of the form.
    """
    errors = []
    for problem in problems:
        field = _field_at(form, problem.where)
        place = _first_input(field, problem) if field else problem.where if problem.where in others else ""
        errors.append({"text": problem.sentence} | ({"href": f"#{place}"} if place else {}))
    return Markup(_template().summary(errors)) if errors else Markup()  # noqa: S704 - autoescaped


@lru_cache(maxsize=1)
def environment() -> jinja2.Environment:
    """Give the site's templates to whatever is drawn without a reader and a request."""
    return jinja2.Environment(loader=loader(), autoescape=True)


@lru_cache(maxsize=1)
def _template() -> Any:
    """Load the macros once."""
    return environment().get_template("govuk/form.html").module


def _sections(shown: Iterable[Block], raw: Raw, wrong: Mapping[str, Problem]) -> Iterator[Drawn]:
    """Draw the blocks of a page; those under a heading that folds stand together, and open where one has a problem or an answer."""
    folded: Drawn | None = None
    for block in shown:
        if isinstance(block, Heading):
            folded = Drawn("fold", {"text": block.text, "blocks": [], "open": False}) if block.folds else None
            yield folded or _drawn(block, raw, wrong)
        elif folded is None:
            yield _drawn(block, raw, wrong)
        else:
            folded.params["blocks"].append(_drawn(block, raw, wrong))
            folded.params["open"] |= isinstance(block, Field) and (
                _is_answered(block, raw) or any(where.partition("-")[0] == block.key for where in wrong)
            )


def _is_answered(field: Field, raw: Raw) -> bool:
    """Tell whether something stands in a question, in one of its parts or in an item."""
    inside = f"{field.key}-"
    return any(any(given) for name, given in raw.items() if name.startswith(inside)) or any(raw.get(field.key, ()))


def _drawn(block: Block, raw: Raw, wrong: Mapping[str, Problem]) -> Drawn:
    """Decide what one block looks like."""
    if isinstance(block, Heading):
        return Drawn(f"heading-{block.level}", {"text": block.text})
    if isinstance(block, Paragraph):
        return Drawn("paragraph", {"text": block.text})
    if block.items is not None:
        return _draw_list(block, block.items, raw, wrong)
    problem = wrong.get(block.key)
    params: Params = {"autocomplete": "off"}
    hint = _hint(block)
    if hint:
        params["hint"] = {"text": hint}
    if problem:
        params["errorMessage"] = {"text": problem.sentence}
    component, own = _COMPONENTS[block.kind](block, raw, problem)
    return Drawn(component, params | own, conditional=any(condition.words for condition in block.conditions))


def _draw_list(field: Field, items: Items, raw: Raw, wrong: Mapping[str, Problem]) -> Drawn:
    """A list: a fieldset for each item with a button that takes it away, and one that adds another."""
    numbers = drawn(field, raw)
    to = first(raw.get(FOCUS, ""))
    told = [
        {
            "id": f"{field.key}-{number}",
            "number": number,
            "title": items.title(place),
            "blocks": [_drawn(each, raw, wrong) for each in inputs_of(field, number)],
            "focus": to == f"{field.key}-{number}",
        }
        for place, number in enumerate(numbers, 1)
    ]
    problem = wrong.get(field.key)
    params = {
        "key": field.key,
        "legend": _words(field),
        "hint": _hint(field),
        "error": problem.sentence if problem else "",
        "items": told,
        "noun": items.noun,
        "plural": items.plural,
        "most": items.most,
        "is_full": len(numbers) >= items.most,
        "add": ADD,
        "remove": REMOVE,
    }
    return Drawn("list", params, conditional=any(condition.words for condition in field.conditions))


def told(problems: Iterable[Problem]) -> dict[str, object]:
    """Give what a page of the site's own needs to say what is wrong: `problems` for its summary, `wrong` by the name of the input."""
    found = tuple(problems)
    return {
        "problems": [{"text": each.sentence, "href": f"#{each.where}"} for each in found],
        "wrong": {each.where: each.sentence for each in found},
    }


def _field_at(form: Form, where: str) -> Field | None:
    """Give the question of a problem under the name that it has on the page, in an item of a list too."""
    key, _, inside = where.partition("-")
    field = next((each for each in form.fields if each.key == key), None)
    if field is None or not inside:
        return field
    return next((each for each in inputs_of(field, inside.partition("-")[0]) if each.key == where), None)


def _hint(field: Field) -> str:
    """Say when the question applies, then its own hint, then how a date is typed."""
    sentences = [*(condition.words for condition in field.conditions), field.hint, EXAMPLES.get(field.kind, "")]
    said = [sentence for sentence in sentences if sentence]
    ended = [sentence if sentence.endswith((".", "?", "!")) else f"{sentence}." for sentence in said[:-1]]
    return " ".join([*ended, *said[-1:]])


def _words(field: Field) -> str:
    """Give the label; what may be left empty says so, unless it says already that it is asked only after another answer."""
    asked_only_if = any(condition.words for condition in field.conditions)
    return field.label if field.required or asked_only_if else f"{field.label} (optional)"


def _label(field: Field) -> Params:
    return {"label": {"text": _words(field), "classes": "govuk-label--s"}, "id": field.key, "name": field.key}


def _legend(field: Field) -> Params:
    return {"fieldset": {"legend": {"text": _words(field), "classes": "govuk-fieldset__legend--s"}}}


def _draw_line(field: Field, raw: Raw, _: Problem | None) -> tuple[str, Params]:
    """One line of text or a number."""
    params = _label(field) | {"value": first(raw.get(field.key, ""))}
    longest = field.limits.longest
    if field.kind is Kind.NUMBER:
        params |= {"inputmode": "numeric" if field.limits.decimals == 0 else "decimal", "spellcheck": False}
        longest = longest or _WIDTHS[0]
    width = next((width for width in _WIDTHS if longest is not None and longest <= width), None)
    if width:
        params["classes"] = f"govuk-input--width-{width}"
    if field.limits.shape:
        params |= {"type": {"email": "email", "phone": "tel"}[field.limits.shape], "spellcheck": False}
    for name, text in (("prefix", field.prefix), ("suffix", field.suffix)):
        if text:
            params[name] = {"text": text}
    return "input", params


def _draw_lines(field: Field, raw: Raw, _: Problem | None) -> tuple[str, Params]:
    """A text of several lines."""
    return "textarea", _label(field) | {"value": first(raw.get(field.key, ""))}


def _draw_select(field: Field, raw: Raw, _: Problem | None) -> tuple[str, Params]:
    """A list to choose one from; nothing is chosen beforehand."""
    items = [{"value": "", "text": "Choose one"}, *_items(field)]
    return "select", _label(field) | {"items": items, "value": first(raw.get(field.key, ""))}


def _draw_radios(field: Field, raw: Raw, _: Problem | None) -> tuple[str, Params]:
    """Radio buttons; two short ones stand beside each other."""
    short = all(len(choice.label) <= _INLINE_LETTERS for choice in field.choices)
    inline = "govuk-radios--inline" if short and len(field.choices) == _INLINE_CHOICES else ""
    params = {"idPrefix": field.key, "name": field.key, "classes": inline, "items": _items(field)}
    return "radios", _legend(field) | params | {"value": first(raw.get(field.key, ""))}


def _draw_checklist(field: Field, raw: Raw, _: Problem | None) -> tuple[str, Params]:
    """Boxes of which several may be ticked."""
    given = raw.get(field.key, [])
    params = {"idPrefix": field.key, "name": field.key, "items": _items(field)}
    return "checkboxes", _legend(field) | params | {"values": [given] if isinstance(given, str) else list(given)}


def _draw_tick(field: Field, raw: Raw, _: Problem | None) -> tuple[str, Params]:
    """A single box; its label is the question."""
    item = {"value": "true", "text": field.label, "checked": bool(first(raw.get(field.key, "")))}
    return "checkboxes", {"idPrefix": field.key, "name": field.key, "items": [item]}


def _draw_moment(field: Field, raw: Raw, problem: Problem | None) -> tuple[str, Params]:
    """A date, or a date and time, typed in parts; the part that is wrong is marked, or all of them."""
    marked = _part(problem)
    items = []
    for part in _parts(field):
        error = " govuk-input--error" if problem and marked in {"", part} else ""
        item = {"name": part, "value": first(raw.get(f"{field.key}-{part}", "")), "autocomplete": "off"}
        item |= {"classes": f"govuk-input--width-{_PART_WIDTHS[part]}{error}"}
        items.append(item | ({"inputmode": "text"} if part == "time" else {}))
    return "date-input", _legend(field) | {
        "id": field.key,
        "namePrefix": field.key,
        "items": items,
        "classes": "hw-moment",
    }


_COMPONENTS: dict[Kind, Callable[[Field, Raw, Problem | None], tuple[str, Params]]] = {
    Kind.TEXT: _draw_line,
    Kind.NUMBER: _draw_line,
    Kind.TEXTAREA: _draw_lines,
    Kind.SELECT: _draw_select,
    Kind.RADIO: _draw_radios,
    Kind.CHECKLIST: _draw_checklist,
    Kind.CHECKBOX: _draw_tick,
    Kind.DATE: _draw_moment,
    Kind.DATETIME: _draw_moment,
}


def _items(field: Field) -> list[Params]:
    return [{"value": choice.value, "text": choice.label} for choice in field.choices]


def _parts(field: Field) -> tuple[str, ...]:
    return ("day", "month", "year", "time") if field.kind is Kind.DATETIME else ("day", "month", "year")


def _part(problem: Problem | None) -> str:
    """Give the part of a date that a problem is about; "" when it is about the whole."""
    part = problem.rule.split("-")[0] if problem else ""
    return part if part in _PART_WIDTHS else ""


def _first_input(field: Field, problem: Problem) -> str:
    """Name the input to which a problem leads."""
    return f"{field.key}-{_part(problem) or 'day'}" if field.kind in TYPED_IN_PARTS else field.key
