"""Try a decision table: enter what is asked, see which rows apply and what they answer, and what is to be said of the table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import flask
import orjson
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from engine import values
from engine.errors import Invalid, NotFound
from web.access import roles
from web.moments import say_value
from web.services import services
from web.trial_words import Source, source_of
from workflows import checking
from workflows.drafts import READERS
from workflows.table_words import in_words, say_cell

page = flask.Blueprint("table_trials", __name__, url_prefix="/procedures/<procedure>/try/<source>/tables")

ANOTHER = "_another"
"""The choice of a column for which something else is typed."""
LONGEST = 200


@page.get("/<table>")
@roles(*READERS)
def table(procedure: str, source: str, table: str) -> ResponseReturnValue:
    """Show a table with what was entered in the address, and what it answers."""
    tried = source_of(procedure, source)
    text = tried.files.get(table)
    if text is None or not table.endswith(".dmn"):
        raise NotFound("There is no such decision table.")
    given = _given(flask.request.args) if "asked" in flask.request.args else None
    question = {"file": table, "text": text, "given": given, "now": services().clock().isoformat()}
    try:
        told = checking.tried_table(question)
    except Invalid as refusal:
        sentences = [each.sentence for each in refusal.problems]
        return flask.render_template("try_not_yet.html", tried=tried, problems=sentences), 422
    return _page(tried, table, told)


def _given(sent: MultiDict[str, str]) -> dict[str, str | list[str]]:
    """Read what was entered: by the place of its column, chosen from its list, ticked, or typed."""
    found: dict[str, str | list[str]] = {}
    for name in sent:
        place = name.removeprefix("c").removeprefix("m")
        if name == f"c{place}" and place.isdigit():
            typed = sent.get(f"other{place}", "") if sent[name] == ANOTHER else sent[name]
            found[place] = typed.strip()[:LONGEST]
        if name == f"m{place}" and place.isdigit():
            found[place] = [text[:LONGEST] for text in sent.getlist(name) if text]
    return found


def _page(tried: Source, name: str, told: Mapping[str, Any]) -> str:
    said, answer = told["words"], told["answer"]
    at_rows: dict[str, list[str]] = {}
    for kind, rules, sentence in told["findings"]:
        for rule in rules or [""]:
            at_rows.setdefault(rule, []).append(f"{_KINDS.get(kind, 'To look at')}: {in_words(sentence)}")
    gives = [[(label, _say(value)) for label, value in each] for each in answer["gives"]] if answer else []
    return flask.render_template(
        "try_table.html",
        tried=tried,
        name=name,
        said=said,
        columns=[{**each, "items": _items(each)} for each in told["columns"]],
        answer=answer,
        gives=gives,
        numbers={row: place for place, (row, _) in enumerate(said["rows"], 1)} if said else {},
        findings=at_rows,
        wrong=told["wrong"],
        typed=flask.request.args,
        ANOTHER=ANOTHER,
    )


_KINDS: Mapping[str, str] = {
    "overlap": "Meets another row",
    "differ": "Contradicts another row",
    "never": "Never applies",
    "gap": "Nothing applies",
    "undecided": "Cannot be decided",
}
"""What a finding is called at its row."""


def _items(column: Mapping[str, Any]) -> list[dict[str, str]]:
    """Give the choices of a column in words; none where it is typed."""
    if not column["choices"]:
        return []
    chosen = [
        {"value": each, "text": say_cell(each if each in {"true", "false"} else f'"{each}"')}
        for each in column["choices"]
    ]
    if column["many"]:
        return chosen
    return [{"value": "", "text": "Not known"}, *chosen, {"value": ANOTHER, "text": "Something else"}]


def _say(value: Any) -> str:
    found = values.loads(orjson.dumps(value))
    return say_cell(f'"{found}"') if isinstance(found, str) else say_value(found) if found is not None else "Nothing"
