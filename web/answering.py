"""What a page with a form of the procedure sends and gets back; the opening of a case and every task share it."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID, uuid4, uuid5

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue

from engine.errors import Refusal
from engine.forms import Field, Form, Raw, inputs_of, names_of, numbers_in, texts_under
from engine.frozen import frozen
from engine.store import EventTable, TaskTable, reading
from engine.views import Done
from web import repeating
from web.access import actor
from web.errors import kind_of, sentence_of
from web.moments import say_key
from web.numbers import read_number
from web.second_person import done_before
from web.services import services

SEEN, LATER = "_seen", "_later"
"""Names of the page's own beside the answers: no question can be called so, since its key begins with a letter."""
AFTER = "_after"
"""Stands among what is kept of a page when it was typed after its button was pressed: the key of that page."""
OURS = frozenset({"csrf_token", "key", "stamp", SEEN, LATER, AFTER, *repeating.NAMES})


@frozen
class Posted:
    """What a person sent: the typed answers, the key that makes a second sending harmless, the page's stamp, and the last event
    that the page knew of. `step` is what they want of the page itself instead: another item of a list, or one less.
    """

    raw: Raw
    key: str
    stamp: str
    seen: int = 0
    step: tuple[str, str] = ("", "")

    @classmethod
    def read(cls) -> Posted:
        """Read it from the present request; a key that is no UUID is replaced, so that nobody chooses it."""
        sent = flask.request.form.to_dict(flat=False)
        raw: Raw = {name: values for name, values in sent.items() if name not in OURS}
        return cls(
            raw=raw,
            key=_key(flask.request.form.get("key", "")),
            stamp=flask.request.form.get("stamp", ""),
            seen=read_number(flask.request.form.get(SEEN, "")),
            step=repeating.asked(flask.request.form),
        )

    def turned(self, form: Form) -> Raw | None:
        """Give the answers with an item more or less, where a button of a list was pressed: nothing is sent, and nothing is checked."""
        return repeating.turned(form, self.raw, *self.step)

    @property
    def sealed_key(self) -> str:
        """The key of the page together with its person and answers: other answers from the same page are another command."""
        content = repr((actor().person, sorted((name, list(given)) for name, given in self.raw.items())))
        return str(uuid5(UUID(self.key), content))


def was_done(key: str) -> bool:
    """Whether a command with this key was carried out: the page was sent twice, and the second time changes nothing."""
    with reading(services().engine) as connection:
        return is_done(connection, key)


def is_done(connection: sa.Connection, key: str) -> bool:
    """Whether a command with this key is carried out, as this transaction sees it."""
    done = sa.select(EventTable.seq).where(EventTable.command == key, EventTable.asked.is_not(None))
    return connection.execute(done).first() is not None


def new_key() -> str:
    """Make the key of a page that has not been sent yet."""
    return str(uuid4())


def without_source(documentation: str) -> str:
    """Give what the diagram says about a task without its last words, which name the source for those who draw."""
    return documentation.partition(" Source:")[0]


def go_on(done: Done) -> ResponseReturnValue:
    """Go to the first task that this step opened for this person, or to the list of tasks.

    A task of one of their roles that somebody else must do, because it checks what they did, is none of theirs.
    """
    numbers = [int(task_id.rpartition(".")[2]) for task_id in done.tasks]
    mine = (
        sa.select(TaskTable.number, TaskTable.element, TaskTable.record_key)
        .where(TaskTable.case_id == done.case_id, TaskTable.number.in_(numbers), TaskTable.role.in_(actor().duties))
        .order_by(TaskTable.due_at, TaskTable.number)
    )
    with reading(services().engine) as connection:
        opened = connection.execute(mine).all()
    release = services().cases.release_of(done.case_id) if opened else None
    for row in opened:
        if release and not done_before(release, done.case_id, row.element, row.record_key, actor().person):
            return flask.redirect(flask.url_for("tasks.task", task_id=f"{done.case_id}.{row.number}"))
    return flask.redirect(flask.url_for("inbox.tasks"))


def conflict_page(refusal: Refusal, raw: Raw, *, form: Form | None, case_id: str, kept: str = "") -> tuple[str, int]:
    """Say what happened in the meantime, and show what was typed so that it can be copied; nothing was saved.

    `kept` is the task for which it was typed before, where it waits on the server for its author.
    """
    kind = kind_of(refusal)
    typed = typed_lines(raw, form)
    page = flask.render_template(
        "conflict.html", kind=kind, sentence=sentence_of(refusal), typed=typed, case_id=case_id, kept=kept
    )
    return page, kind.status


def typed_lines(raw: Raw, form: Form | None) -> list[tuple[str, str]]:
    """Pair each question with what was typed for it, in the page's order; without the form, keys stand for questions."""
    if form is None:
        lines = [
            (say_key(name.replace("-", " ")), " ".join(filter(None, texts_under(raw, name))))
            for name in raw
            if name != AFTER
        ]
    else:
        lines = [line for field in form.fields for line in _lines(field, raw)]
    return [(label, text) for label, text in lines if text.strip()]


def _lines(field: Field, raw: Raw) -> Iterator[tuple[str, str]]:
    """Give what was typed for a question; of a list an item in a line."""
    if field.items is None:
        yield field.label, _typed(field, raw)
        return
    for place, number in enumerate(numbers_in(field, raw), 1):
        said = [(each.label, _typed(each, raw)) for each in inputs_of(field, number)]
        title = f"{field.label} {field.items.title(place)}"
        yield title, "\n".join(f"{label} {text}" for label, text in said if text.strip())


def _typed(field: Field, raw: Raw) -> str:
    words = {choice.value: choice.label for choice in field.choices}
    return " ".join(words.get(text, text) for name in names_of(field, raw) for text in texts_under(raw, name) if text)


def _key(sent: str) -> str:
    try:
        return str(UUID(sent))
    except ValueError:
        return new_key()
