"""Erases what cases hold, and keeps their logs: the chain of hashes stays whole, because it holds salted digests alone.

What goes: facts with every value that they ever had, reasons, token state, messages, texts of incidents, and the
digests of what commands asked. What stays: the log, who had which task, who read, and a tombstone. Tombstones stand in
a file outside of the database too (`lines`), so that a backup of before is put back without what was erased since.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from engine import posting, values
from engine.frozen import frozen
from engine.model import Event, Facts
from engine.rows import stored
from engine.store import (
    ERASED,
    AwaitedTable,
    Base,
    CaseTable,
    EventTable,
    FactTable,
    IncidentTable,
    MessageTable,
    Moment,
    ReasonTable,
    TaskTable,
    reading,
    row_lock,
)
from engine.writing import Stored, write_event

CASE_ERASED, FACTS_ERASED = "case_erased", "facts_erased"
TITLE = "Erased"
ASKED = "erased"
"""Stands in the place of the digest of what a command asked, which could be guessed; the command stays carried out."""


class TombstoneTable(Base):
    """What says that something was erased, and nothing of what it was; `refs` and `held` are JSON.

    `refs` lists the cases and other references under which it was known, `held` counts what was kept by table.
    """

    __tablename__ = "tombstones"
    subject: sa.Column[str] = stored(sa.String(20), primary_key=True)
    refs: sa.Column[str] = stored(sa.Text)
    erased_at: sa.Column[datetime] = stored(Moment)
    proposed_by: sa.Column[str] = stored(sa.String(120))
    approved_by: sa.Column[str] = stored(sa.String(120))
    basis: sa.Column[str] = stored(sa.String(400))
    held: sa.Column[str] = stored(sa.Text, default="{}")
    digest: sa.Column[str] = stored(sa.String(64), default="")


@frozen
class Tombstone:
    """Who had what erased, when and on which basis; `refs` are references of cases, and ids of whom they were about."""

    subject: str
    refs: tuple[str, ...]
    erased_at: datetime
    proposed_by: str
    approved_by: str
    basis: str
    held: Mapping[str, int]
    digest: str = ""

    @classmethod
    def of(cls, row: Any) -> Tombstone:
        """Read a row of the table."""
        plain = {field.name: getattr(row, field.name) for field in fields(cls)}
        return cls(**plain | {"refs": tuple(orjson.loads(row.refs)), "held": orjson.loads(row.held)})

    def as_line(self) -> str:
        """Write it as a line of the file that stands outside of the database."""
        return orjson.dumps(asdict(self), option=orjson.OPT_SORT_KEYS).decode()

    @classmethod
    def read(cls, line: str) -> Tombstone:
        """Read a line that `as_line` wrote; what is none is a `ValueError`, a `KeyError` or a `TypeError`."""
        found = orjson.loads(line)
        moment = datetime.fromisoformat(found["erased_at"])
        return cls(**found | {"erased_at": moment, "refs": tuple(found["refs"])})


def erase(connection: sa.Connection, case_ids: Iterable[str], stone: Tombstone) -> dict[str, int]:
    """Erase cases in the caller's transaction, open ones too; give how much went, by table.

    References of others than cases may stand among them: messages go that are for them. A case that is not there, or was erased before, is passed over: the same again changes nothing.
    """
    refs = sorted(set(case_ids))
    messages = _messages(connection, refs)
    gone: dict[str, int] = {MessageTable.__tablename__: messages} if messages else {}
    for case_id in refs:
        asked = sa.select(CaseTable.__table__).where(CaseTable.id == case_id)
        row: Any = connection.execute(row_lock(connection.engine, asked)).first()
        if row is None or row.status == ERASED:
            continue
        for name, count in _empty(connection, row, stone).items():
            gone[name] = gone.get(name, 0) + count
    return gone


def _messages(connection: sa.Connection, refs: Collection[str]) -> int:
    """Delete the messages that cases sent or took, and those under such a key that nobody took; count them.

    Of a partner's message its number stays, under which it is known when it is sent again (`engine.posting.leave`).
    """
    message = MessageTable
    sent = [message.id.startswith(f"{ref}/", autoescape=True) for ref in refs]
    about = sa.or_(message.taken_by.in_(refs), message.correlation.in_(refs), *sent)
    of_partner = message.origin == posting.PARTNER
    nothing = {"status": ERASED, "correlation": "", "payload": values.dumps({}), "taken_by": ""}
    emptied = connection.execute(sa.update(message).where(about, of_partner).values(nothing)).rowcount
    return emptied + connection.execute(sa.delete(message).where(about)).rowcount


def _empty(connection: sa.Connection, row: Any, stone: Tombstone) -> dict[str, int]:
    """Empty one case, and let its log say so as its last event."""
    mine = row.id
    told = {"subject": stone.subject, "proposed_by": stone.proposed_by}
    event = Event(CASE_ERASED, by=stone.approved_by, data=told)
    write_event(connection, Stored.of(row), event, stone.erased_at)
    gone = {"cases": 1}
    for table in (FactTable, ReasonTable, AwaitedTable):
        gone[table.__tablename__] = connection.execute(sa.delete(table).where(table.case_id == mine)).rowcount
    incident = sa.update(IncidentTable).where(IncidentTable.case_id == mine)
    connection.execute(incident.values(reason="", error="", facts="[]"))
    asked = sa.update(EventTable).where(EventTable.case_id == mine, EventTable.asked.is_not(None))
    connection.execute(asked.values(asked=ASKED))
    task = sa.update(TaskTable).where(TaskTable.case_id == mine)
    gone[TaskTable.__tablename__] = connection.execute(task.values(record_key="")).rowcount
    connection.execute(task.where(TaskTable.status == "open").values(status="cancelled", completed_at=stone.erased_at))
    connection.execute(
        sa.update(CaseTable)
        .where(CaseTable.id == mine)
        .values(
            title=TITLE,
            status=ERASED,
            closed_at=sa.func.coalesce(CaseTable.closed_at, sa.bindparam("at", stone.erased_at, Moment())),
            correlation="",
            state=b"",
            facts=values.dumps({}),
            next_due_at=None,
            retry_at=None,
            failures=0,
        )
    )
    return gone


@frozen
class Mention:
    """What goes of the cases of a procedure that are about others too: the records that name what is erased, and those of their items.

    `records` are those that may name it, any where there are none; `keeps` are (record, field) that stay all the same: a score.
    """

    records: frozenset[str] = frozenset()
    keeps: frozenset[tuple[str, str]] = frozenset()


def erase_mentions(
    connection: sa.Connection, mentions: Mapping[str, Mention], refs: Collection[str], stone: Tombstone
) -> int:
    """Erase what the cases of these procedures say about one of these references, open ones too; count the records.

    A record is about a reference when one of its fields is it, or holds it in a list or a context; and with it go the
    records of the same key. The logs of these cases say which records went, and which fields where others stay.
    """
    wanted, count = frozenset(refs), 0
    for procedure, mention in sorted(mentions.items()):
        for found in naming(connection, procedure, wanted):
            for place in sorted(_about(values.loads(found.facts), wanted, mention)):
                row: Any = connection.execute(sa.select(CaseTable.__table__).where(CaseTable.id == found.id)).one()
                count += _forget(connection, row, place, mention, stone)
    return count


def naming(connection: sa.Connection, procedure: str, refs: Collection[str]) -> Sequence[Any]:
    """Give the rows of the cases of a procedure in whose facts one of these references stands; the database looks for it."""
    case = CaseTable
    if connection.dialect.name == "sqlite":
        stands = [sa.func.instr(case.facts, ref.encode()) > 0 for ref in sorted(refs)]
    else:
        stands = [sa.func.convert_from(case.facts, "UTF8").contains(ref, autoescape=True) for ref in sorted(refs)]
    asked = sa.select(case.__table__).where(case.procedure == procedure, case.status != ERASED, case.id.not_in(refs))
    return connection.execute(asked.where(sa.or_(sa.false(), *stands)).order_by(case.id)).all()


def _about(facts: Facts, refs: frozenset[str], mention: Mention) -> set[tuple[str, str]]:
    """Name the records that are about one of these references, and those that belong to them by their key."""
    own = {
        (record, key)
        for record, keys in facts.items()
        for key, kept in keys.items()
        if (not mention.records or record in mention.records)
        and not refs.isdisjoint(values.references_in(list(kept.values())))
    }
    items = {key for _record, key in own if key}
    return own | {
        (record, key)
        for record, keys in facts.items()
        for key in keys
        if any(key == item or key.startswith(f"{item}.") for item in items)
    }


def _forget(connection: sa.Connection, row: Any, place: tuple[str, str], mention: Mention, stone: Tombstone) -> int:
    """Take one record out of a case, but for what stays of it, and let its log say so; count it, unless nothing was there to go."""
    record, key = place
    fact = FactTable
    own = (fact.case_id == row.id, fact.record == record, fact.record_key == key)
    there = sorted(connection.execute(sa.select(fact.field).where(*own).distinct()).scalars())
    gone = [name for name in there if (record, name) not in mention.keeps]
    if not gone:
        return 0
    told: dict[str, Any] = {"record": record, "key": key, "subject": stone.subject}
    told |= {} if gone == there else {"fields": gone}
    write_event(connection, Stored.of(row), Event(FACTS_ERASED, by=stone.approved_by, data=told), stone.erased_at)
    connection.execute(sa.delete(fact).where(*own, fact.field.in_(gone)))
    _forget_reasons(connection, row.id, place)
    facts = values.loads(row.facts)
    facts[record][key] = {name: value for name, value in facts[record][key].items() if name not in gone}
    if not facts[record][key]:
        facts[record].pop(key)
    if not facts[record]:
        facts.pop(record)
    kept = sa.update(CaseTable).where(CaseTable.id == row.id)
    connection.execute(kept.values(facts=values.dumps(facts)))
    return 1


def _forget_reasons(connection: sa.Connection, case_id: str, place: tuple[str, str]) -> None:
    """Take out why a record was put right: that may say what stood there."""
    event, reason = EventTable, ReasonTable
    asked = sa.select(event.seq, event.data).where(event.case_id == case_id, event.kind == "facts_corrected")
    told = [(seq, orjson.loads(data)) for seq, data in connection.execute(asked)]
    mine = [seq for seq, data in told if (data.get("record"), data.get("key", "")) == place]
    connection.execute(sa.delete(reason).where(reason.case_id == case_id, reason.seq.in_(mine)))


# The tombstones ---------------------------------------------------------------------------------------------------------


def bury(connection: sa.Connection, stone: Tombstone) -> Tombstone:
    """Keep a tombstone with the digest over it and the heads of the logs that it leaves; one that is there stays."""
    row = TombstoneTable
    there = connection.execute(sa.select(row.__table__).where(row.subject == stone.subject)).first()
    if there is not None:
        return Tombstone.of(there)
    heads = sa.select(CaseTable.id, CaseTable.head).where(CaseTable.id.in_(stone.refs)).order_by(CaseTable.id)
    content = [*([each.id, each.head] for each in connection.execute(heads)), stone.as_line()]
    kept = {**asdict(stone), "digest": hashlib.sha256(orjson.dumps(content)).hexdigest()}
    written = {"refs": orjson.dumps(sorted(stone.refs)).decode(), "held": orjson.dumps(dict(stone.held)).decode()}
    connection.execute(sa.insert(row).values(**kept | written))
    return Tombstone(**kept)


def tombstones(connection: sa.Connection) -> tuple[Tombstone, ...]:
    """Give every tombstone, the newest first."""
    row = TombstoneTable
    rows = connection.execute(sa.select(row.__table__).order_by(row.erased_at.desc(), row.subject))
    return tuple(Tombstone.of(each) for each in rows)


def tombstone_of(connection: sa.Connection, reference: str) -> Tombstone | None:
    """Give the tombstone under which a reference stands."""
    row = TombstoneTable
    named = sa.or_(row.subject == reference, row.refs.contains(f'"{reference}"', autoescape=True))
    found = connection.execute(sa.select(row.__table__).where(named)).first()
    return None if found is None else Tombstone.of(found)


def lines(engine: sa.Engine) -> list[str]:
    """Give every tombstone as a line of the file outside of the database, the oldest first."""
    with reading(engine) as connection:
        return [stone.as_line() for stone in reversed(tombstones(connection))]


def scrub(engine: sa.Engine) -> bool:
    """Let the database give up the room in which erased values still lie; False where others had it open at the moment.

    On SQLite the whole file is written anew and the log beside it emptied. On PostgreSQL the room is free for new rows at once; the
    blocks, the write-ahead log and the copies of the files are the affair of its own tools.
    """
    with engine.connect() as plain:
        connection = plain.execution_options(isolation_level="AUTOCOMMIT")
        if engine.dialect.name != "sqlite":
            for table in (FactTable, ReasonTable, CaseTable, EventTable, MessageTable):
                connection.exec_driver_sql(f"VACUUM {table.__tablename__}")
            return True
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        cursor.execute("VACUUM")
        return bool(cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)
    except sa.exc.DBAPIError:
        return False
    finally:
        raw.close()
