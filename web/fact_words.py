"""The facts of a case in words: record by record, under the questions that asked for them or the columns that gave them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from html import unescape
from itertools import chain

import flask
from markupsafe import Markup

from engine.decisions import RULES, SAW, Table
from engine.decisions.telling import why
from engine.forms import Field, Form, items_in_words
from engine.frozen import frozen
from engine.model import Facts, Value
from engine.release import Compiled
from web import known_words
from web.moments import say_key, say_value
from workflows import sources
from workflows.vocabulary import FLAG, RISK_LEVEL

Row = dict[str, dict[str, str]]

OFFERED = "offered"
"""The field with what an operation gives to choose from: it says nothing of the case."""

FOR_AUDITORS = frozenset({RULES, SAW})
"""What a table notes beside its answer: said in sentences, and not as it is kept."""

WHY = "Why"

CASE = "case_id"
"""The field in which an operation names another case."""

_REFERENCE = re.compile(r"(?!CH-)[A-Z]{2}-[0-9A-Z]{8}")

_TAG = re.compile(r"<[^>]*>")

WHAT_APPLIES = "What applies"
"""Stands over the rows of a table that gives all that apply."""


@frozen
class Section:
    """The facts of one record as rows of a summary list, and by whom and when they were written, where that is known.

    `place` names the record and its key.
    """

    title: str
    rows: Sequence[Row]
    written: str = ""
    place: tuple[str, str] = ("", "")


def row(key: str, value: str) -> Row:
    """Give one row of a summary list; what a person typed keeps its line breaks."""
    # The span keeps typed line breaks without keeping those of the template around it.
    return {"key": {"text": key}, "value": {"html": Markup('<span class="hw-typed">{}</span>').format(value)}}


def text_of(one: Row) -> str:
    """Give the value of a row as plain text, with the line breaks that were typed."""
    value = one["value"]
    return value["text"] if "text" in value else unescape(_TAG.sub("", value["html"]))


def row_from(key: str, value: str, reference: str, when: str) -> Row:
    """Give a row with where and when its value was said; the case is a link, where `reference` names one."""
    said = Markup('<span class="hw-typed">{}</span><br><span class="govuk-hint">Said {}').format(value, when)
    if reference:
        address = flask.url_for("cases.case", case_id=reference)
        said += Markup(' in <a class="govuk-link" href="{}">{}</a>').format(address, reference)
    return {"key": {"text": key}, "value": {"html": said + Markup("</span>")}}


def sections(
    facts: Facts,
    release: Compiled,
    now: datetime,
    written: Mapping[tuple[str, str], str] | None = None,
    decided: Mapping[tuple[str, str], Table] | None = None,
) -> Iterable[Section]:
    """Give facts record by record, in the order of `written`, which says by whom and when: ``Ada Example, 2 March``.

    `written` is by record and its key. Without it the order is that of the facts. `decided` gives the tables that wrote a record
    last; why they did is said of these only, since a person's answer may stand over an earlier decision. A choice that the case offered has its
    words as far as the facts that offered it are among these.
    """
    scope = {record: keys.get("") or list(keys.values()) for record, keys in facts.items()}
    notes = written or {}
    headed = _columns(release)
    order = {name: place for place, name in enumerate(notes)}
    found = [(record, key, fields) for record, keys in facts.items() for key, fields in keys.items()]
    for record, key, fields in sorted(found, key=lambda one: order.get(one[:2], len(order))):
        asked, titles = release.forms_by_record.get(record), _titles(release)
        form = asked.settled(scope=scope, now=now) if asked else None
        title = form.title if form else titles.get(record, say_key(record))
        columns = headed.get(record, {})
        said = [*(_answers(fields, form, columns) if form else _results(fields, columns, release))]
        said += _why(fields, (decided or {}).get((record, key)), release)
        if record == known_words.RECORD:
            title, said = known_words.TITLE, [row(*pair) for pair in known_words.known(fields)]
        yield Section(_headed(title, key), said, notes.get((record, key), ""), (record, key))


def _headed(title: str, key: str) -> str:
    """Give the heading of one of several records: by its number, or by the flag that it is about."""
    if key in FLAG:
        return f"{title}: {FLAG[key].lower()}"
    return f"{title}, number {key}" if key else title


def _titles(release: Compiled) -> dict[str, str]:
    return {node.result: node.name for node in release.nodes.values() if node.result}


def _answers(fields: Mapping[str, Value], form: Form, columns: Mapping[str, str]) -> Iterable[Row]:
    """Say what people answered, in the order of the questions; then what a table wrote beside it, under its columns."""
    questions = {field.key: field for field in form.fields}
    others = [key for key in fields if key not in questions and key not in FOR_AUDITORS]
    ordered = [key for key in questions if key in fields] + others
    for key in ordered:
        if fields[key] not in (None, "", []):
            question = questions.get(key)
            label = question.label if question else columns.get(key) or say_key(key)
            yield _said(label, say_answer(fields[key], question))


def say_answer(value: Value, question: Field | None) -> str:
    """Say an answer by the words of its question; text and what the question does not know stay as they are."""
    if question is not None and question.items is not None:
        return items_in_words(question, value, say_answer)
    words = {choice.value: choice.label for choice in question.choices} if question else {}
    if isinstance(value, list):
        return ", ".join(words.get(one, one) if isinstance(one, str) else say_value(one) for one in value)
    return words.get(value, value) if isinstance(value, str) else say_value(value)


def _results(fields: Mapping[str, Value], columns: Mapping[str, str], release: Compiled) -> Iterable[Row]:
    """Say what a table gave, under the labels of its columns; the key of a question stands for the question."""
    words = words_of(release)
    for key, value in fields.items():
        if value not in (None, "", []) and key not in FOR_AUDITORS | {OFFERED}:
            label = columns.get(key) or {"matches": WHAT_APPLIES, CASE: "Case"}.get(key) or say_key(key)
            yield _said(label, _say_result(value, words))


def alone(release: Compiled) -> dict[tuple[str, str], Table]:
    """Give the tables whose records nobody else writes: what stands there is what they decided last."""
    writers: dict[str, list[str]] = {}
    for node in release.nodes.values():
        for record in {node.record, node.result} - {""}:
            writers.setdefault(record, []).append(node.decision if node.result == record else "")
    tables = {record: release.decisions.get(found[0]) for record, found in writers.items() if len(found) == 1}
    return {(record, ""): table for record, table in tables.items() if table is not None}


def words_of(release: Compiled) -> dict[str, str]:
    """Give the words for what tables answer and see: answers that every form calls the same, the questions, the flags and the grades."""
    questions = [field for form in release.forms.values() for field in form.fields]
    called: dict[str, set[str]] = {}
    for choice in chain.from_iterable(
        question.choices for question in chain.from_iterable(each.asked for each in questions)
    ):
        called.setdefault(choice.value, set()).add(choice.label)
    answers = {value: min(labels) for value, labels in called.items() if len(labels) == 1}
    return answers | {question.key: question.label for question in questions} | dict(FLAG) | dict(RISK_LEVEL)


def _why(fields: Mapping[str, Value], table: Table | None, release: Compiled) -> Iterable[Row]:
    """Say why a table gave what it did, a rule in a line."""
    reasons = list(why(table, fields, partial(say_inside, words=words_of(release)), sources.plain)) if table else []
    return [row(WHY, "\n".join(reasons))] if reasons else []


def _said(label: str, value: str) -> Row:
    """Give the row of a value; the reference of another case is a link, and that page asks who may look."""
    reference = value.strip().upper()
    if not _REFERENCE.fullmatch(reference):
        return row(label, value)
    address = flask.url_for("cases.case", case_id=reference)
    link = Markup('<a class="govuk-link" href="{}">{}</a>').format(address, reference)
    return {"key": {"text": label}, "value": {"html": link}}


def _columns(release: Compiled) -> dict[str, dict[str, str]]:
    """Give by record the labels of what tables write into it, by field; of two tables that write a field the first one's."""
    found: dict[str, dict[str, str]] = {}
    for node in release.nodes.values():
        if table := release.decisions.get(node.decision):
            for output in table.outputs:
                found.setdefault(node.result, {}).setdefault(output.name, output.label or say_key(output.name))
    return found


def say_inside(value: Value, words: Mapping[str, str]) -> str:
    """Say a value in the middle of a sentence."""
    said = ", ".join(_say_result(one, words) for one in value) if isinstance(value, list) else _say_result(value, words)
    return said.lower() if value is None or value == "" or isinstance(value, bool) else said or "none"


def _say_result(value: Value, words: Mapping[str, str]) -> str:
    """Say one thing in a line, several each in a line of their own, and the columns of a row with colons."""
    if isinstance(value, list):
        return "\n".join(_say_result(one, words) for one in value)
    if isinstance(value, dict) and value.keys() == {"value", "label"}:
        return str(value["label"])
    if isinstance(value, dict):
        return ": ".join(_say_result(one, words) for one in value.values())
    return words.get(value, value) if isinstance(value, str) else say_value(value)
