"""Saved databases that every later release must open: one for each schema that was ever released.

Such a file is written once, by ``python -m tests.golden_databases``, and never again: a release that changes the schema writes
a new file beside it, and still brings the old ones to its own schema and goes on with their cases. The procedures are those of
the torture: tasks of people, a deadline, a timer, messages between cases, mails, and a case that the calendar opens.
"""

from __future__ import annotations

import base64
import gzip
import itertools
import lzma
import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import flask_migrate
import orjson
import sqlalchemy as sa

from engine import anchors, timers
from engine.cases import Cases
from engine.store import reading, writing
from tests.drawn import form, procedure
from tests.torture import sample
from tests.web.site import SECRET
from web import migrating, schema
from web.app import create_app
from web.assembly import assemble
from web.services import Services
from web.settings import Settings

FOLDER = Path(__file__).parent / "golden"
SAVED_AT = sample.NOW + timedelta(days=1, minutes=30)
DAILY = procedure(
    "daily",
    """
    begun: start cycle={=next local time(after, @"08:00:00")}
    look: user form=looked
    done: end
    begun > look
    look > done
    """,
    form("looked", "text"),
)


def path_of(revision: str) -> Path:
    """Give the place of the database of a schema's revision."""
    return FOLDER / f"database_{revision}.json.gz"


def numbered(engine: sa.Engine) -> Cases:
    """Give the cases of a database, whose references are numbers."""
    numbers = itertools.count(1)
    return Cases(engine, observers=(sample.tell,), references=lambda prefix: f"{prefix}-{next(numbers):08d}")


def story(engine: sa.Engine) -> None:
    """Let cases come to every state that the store keeps: just opened, half joined, told and answered, ended, overdue."""
    cases = numbered(engine)
    for files in (sample.WORK, sample.BESIDE, DAILY):
        cases.publish(files, by="ann", now=sample.NOW, roles=sample.ROLES)
    opened = [
        cases.open("work", {"name": f"Invented {number}"}, by=sample.ANN, now=sample.NOW, key=f"open {number}")
        for number in range(4)
    ]
    timers.sweep(cases, now=sample.NOW + timedelta(minutes=1))
    done = {task.element: task.id for task in cases.inbox(sample.ANN.roles).rows if task.case_id == opened[1].case_id}
    cases.complete(done["ask"], {"text": "half"}, by=sample.ANN, now=sample.NOW, key="ask")
    cases.correct(opened[1].case_id, "opening", "", {"name": "Put right"}, by=sample.ANN, now=sample.NOW, key="correct", reason="wrong")  # fmt: skip
    timers.sweep(cases, now=sample.LATER)
    finish(cases, opened[2].case_id, sample.LATER)
    timers.sweep(cases, now=SAVED_AT)
    anchors.write(engine, SAVED_AT)


def finish(cases: Cases, case_id: str, now: datetime) -> None:
    """Bring a case of the procedure `work`, with the case that answers it, to its end."""
    for element, answers in (("ask", {"text": "x"}), ("check", {"verdict": "y"})):
        task = next((row for row in _open(cases) if (row.case_id, row.element) == (case_id, element)), None)
        if task is not None:
            cases.complete(task.id, answers, by=sample.ANN, now=now, key=f"{element} {case_id}")
    for row in [row for row in _open(cases) if row.element == "review"]:
        cases.complete(row.id, {"text": "seen"}, by=sample.ANN, now=now, key=f"review {row.id}")
    timers.sweep(cases, now=now)


def _open(cases: Cases) -> tuple[Any, ...]:
    return tuple(cases.inbox(sample.ANN.roles, limit=200).rows)


def write() -> Path:
    """Write the database of this program's schema."""
    with tempfile.TemporaryDirectory() as folder:
        services = migrated(f"sqlite:///{folder}/golden.sqlite", "head")
        story(services.engine)
        target = save(services.engine, path_of(schema.needed_revision()))
        services.engine.dispose()
    return target


def save(engine: sa.Engine, target: Path) -> Path:
    """Write every row of a database of this program's schema to a file."""
    with reading(engine) as connection:
        names = [name for name in sa.inspect(connection).get_table_names() if name != "alembic_version"]
        rows = {
            name: [
                {key: _plain(value) for key, value in row.items()}
                for row in connection.exec_driver_sql(f'SELECT * FROM "{name}"').mappings()
            ]
            for name in names
        }
    document = {"revision": schema.needed_revision(), "rows": {name: found for name, found in rows.items() if found}}
    content = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
    target.write_bytes(lzma.compress(content) if target.suffix == ".xz" else gzip.compress(content, mtime=0))
    return target


def load(path: Path) -> dict[str, Any]:
    """Read a file: the schema's revision, and the rows of each table."""
    content = path.read_bytes()
    found: dict[str, Any] = orjson.loads(lzma.decompress(content) if path.suffix == ".xz" else gzip.decompress(content))
    return found


def migrated(url: str, revision: str) -> Services:
    """Bring an empty database to a revision."""
    settings = Settings(database_url=url, secret=SECRET)
    services = assemble(settings)
    _upgrade(services, revision)
    return services


def opened(url: str, path: Path) -> Services:
    """Bring a saved database to today's schema, as the first start of a newer program does."""
    document = load(path)
    services = migrated(url, document["revision"])
    fill(services.engine, document["rows"])
    _upgrade(services, "head")
    return services


def _upgrade(services: Services, revision: str) -> None:
    app = create_app(services.settings, services=services, migrated=False)
    migrating.prepare(app, schema.DIRECTORY)
    with app.app_context():
        flask_migrate.upgrade(directory=str(schema.DIRECTORY), revision=revision)


def fill(engine: sa.Engine, rows: Mapping[str, list[dict[str, Any]]]) -> None:
    """Put the rows of a saved database into one of the same revision."""
    tables = sa.MetaData()
    tables.reflect(engine)
    with writing(engine) as connection:
        for table in tables.sorted_tables:
            found = rows.get(table.name, [])
            if found:
                connection.execute(table.delete())  # what the migrations themselves have written
                connection.execute(table.insert(), [_typed(table, row, engine.dialect.name) for row in found])
            if found and engine.dialect.name == "postgresql" and "id" in table.c and _counts(table):
                asked = f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), max(id)) FROM {table.name}"
                connection.exec_driver_sql(asked)


def _counts(table: sa.Table) -> bool:
    return isinstance(table.c.id.type, sa.Integer)


def _plain(value: Any) -> Any:
    return {"bytes": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def _typed(table: sa.Table, row: Mapping[str, Any], dialect: str) -> dict[str, Any]:
    """Give a row in the types of its columns."""
    return {name: _value(table.c[name].type, value, dialect) for name, value in row.items()}


def _value(kind: Any, value: Any, dialect: str) -> Any:
    if isinstance(value, dict):
        return base64.b64decode(value["bytes"])
    if value is None:
        return None
    if isinstance(kind, sa.DateTime):
        moment = datetime.fromisoformat(value)
        return moment if dialect == "sqlite" else moment.replace(tzinfo=UTC)
    if isinstance(kind, sa.Date):
        return datetime.fromisoformat(value).date()
    return bool(value) if isinstance(kind, sa.Boolean) else value


if __name__ == "__main__":
    if not path_of(schema.needed_revision()).exists():
        sys.stdout.write(f"wrote {write().name}\n")
