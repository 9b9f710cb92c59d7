"""Keep each thing once: commands in the log, the child of an episode with the episode, past episodes apart.

Revision ID: 0005
Revises: 0004
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _commands_into_the_log()
    _children_into_the_episodes()
    op.drop_table("child_episodes")
    with op.batch_alter_table("outbox") as outbox:
        outbox.alter_column("recipient", existing_type=sa.String(length=320), type_=sa.String(length=1000))


def _commands_into_the_log() -> None:
    op.add_column("events", sa.Column("asked", sa.String(length=64), nullable=True))
    op.execute("""
        UPDATE events SET asked = (SELECT digest FROM commands WHERE commands.key = events.command)
        WHERE command <> '' AND NOT EXISTS (
            SELECT 1 FROM events AS earlier
            WHERE earlier.case_id = events.case_id AND earlier.command = events.command AND earlier.seq < events.seq)
    """)
    op.create_index(
        "uq_events_command",
        "events",
        ["command"],
        unique=True,
        sqlite_where=sa.text("asked IS NOT NULL"),
        postgresql_where=sa.text("asked IS NOT NULL"),
    )
    op.drop_table("commands")


def _children_into_the_episodes() -> None:
    op.create_table(
        "past_episodes",
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("child_id", sa.String(length=20), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("level", sa.String(length=30), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unfinished", sa.Text(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_row", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_past_episodes")),
    )
    op.create_index("ix_past_episodes_child_id", "past_episodes", ["child_id"])
    op.execute("""
        INSERT INTO past_episodes
        SELECT case_id, child_id, reported_at, returned_at, level, closed_at, unfinished, imported_at, imported_row
        FROM child_episodes WHERE imported_at IS NOT NULL
    """)
    op.add_column("episodes", sa.Column("child_id", sa.String(length=20), nullable=True))
    op.add_column("episodes", sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("episodes", sa.Column("unfinished", sa.Text(), nullable=True))
    for column, nothing in (("child_id", "''"), ("reported_at", "NULL"), ("unfinished", "''")):
        op.execute(f"""
            UPDATE episodes SET {column} = coalesce((
                SELECT {column} FROM child_episodes WHERE child_episodes.case_id = episodes.case_id
                AND imported_at IS NULL), {nothing})
        """)  # noqa: S608 - the names of columns stand here
    with op.batch_alter_table("episodes") as episodes:
        episodes.alter_column("child_id", existing_type=sa.String(length=20), nullable=False)
        episodes.alter_column("unfinished", existing_type=sa.Text(), nullable=False)
    op.create_index("ix_episodes_child_id", "episodes", ["child_id"])


def downgrade() -> None:
    with op.batch_alter_table("outbox") as outbox:
        outbox.alter_column("recipient", existing_type=sa.String(length=1000), type_=sa.String(length=320))
    _commands_out_of_the_log()
    op.create_table(
        "child_episodes",
        sa.Column("case_id", sa.String(length=60), nullable=False),
        sa.Column("child_id", sa.String(length=20), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("level", sa.String(length=30), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unfinished", sa.Text(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("imported_row", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_child_episodes")),
    )
    op.create_index("ix_child_episodes_child", "child_episodes", ["child_id", "reported_at"])
    op.execute("""
        INSERT INTO child_episodes
        SELECT reference, child_id, reported_at, returned_at, level, closed_at, unfinished, imported_at, imported_row
        FROM past_episodes
    """)
    op.execute("""
        INSERT INTO child_episodes
        SELECT case_id, child_id, coalesce(reported_at, opened_at), returned_at, risk_level, case_closed_at, unfinished,
               NULL, ''
        FROM episodes WHERE child_id <> ''
    """)
    op.drop_table("past_episodes")
    op.drop_index("ix_episodes_child_id", "episodes")
    with op.batch_alter_table("episodes") as episodes:
        for column in ("child_id", "reported_at", "unfinished"):
            episodes.drop_column(column)


def _commands_out_of_the_log() -> None:
    commands = op.create_table(
        "commands",
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("case_id", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_commands")),
    )
    events = sa.table(
        "events",
        sa.column("case_id", sa.String()),
        sa.column("seq", sa.Integer()),
        sa.column("at", sa.DateTime(timezone=True)),
        sa.column("kind", sa.String()),
        sa.column("task", sa.Integer()),
        sa.column("command", sa.String()),
        sa.column("asked", sa.String()),
    ).c
    opened: dict[str, list[str]] = {}
    found = sa.select(events.command, events.case_id, events.task).where(events.kind == "task_opened")
    for command, case_id, task in op.get_bind().execute(found.order_by(events.case_id, events.seq)):
        opened.setdefault(command, []).append(f"{case_id}.{task}")
    asked = sa.select(events.command, events.case_id, events.at, events.asked).where(events.asked.is_not(None))
    rows = [
        {
            "key": key,
            "case_id": case_id,
            "at": at,
            "digest": digest,
            "answer": json.dumps([case_id, opened.get(key, [])]),
        }
        for key, case_id, at, digest in op.get_bind().execute(asked)
    ]
    if rows:
        op.bulk_insert(commands, rows)
    op.drop_index("uq_events_command", "events")
    op.drop_column("events", "asked")
