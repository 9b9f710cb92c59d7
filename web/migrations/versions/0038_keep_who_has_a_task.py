"""Keep who has a task, and in which order cases stand in lists.

Revision ID: 0038
Revises: 0037
"""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None
oldest_program = "0037"

NEW = ("rank", "owner", "owned_at", "given_by", "returns_to")
OPEN = "status = 'open'"
INDEXES = (
    ("ix_tasks_rank", ["role", "rank", "due_at", "case_id", "number"], f"{OPEN} AND due_at IS NOT NULL"),
    ("ix_tasks_owner", ["owner", "rank", "due_at"], f"{OPEN} AND owner <> ''"),
    ("ix_tasks_given", ["given_by", "rank", "due_at"], f"{OPEN} AND given_by <> ''"),
    ("ix_tasks_done", ["completed_by", "completed_at", "case_id", "number"], "status = 'completed'"),
)


def upgrade() -> None:
    op.add_column("cases", sa.Column("rank", sa.SmallInteger, server_default="50", nullable=False))
    op.add_column("tasks", sa.Column("rank", sa.SmallInteger, server_default="50", nullable=False))
    op.add_column("tasks", sa.Column("owned_at", sa.DateTime(timezone=True), nullable=True))
    for name in ("owner", "given_by", "returns_to"):
        op.add_column("tasks", sa.Column(name, sa.String(120), server_default="", nullable=False))
    for name, columns, where in INDEXES:
        op.create_index(name, "tasks", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def downgrade() -> None:
    for name, _columns, _where in INDEXES:
        op.drop_index(name, "tasks")
    for name in NEW:
        op.drop_column("tasks", name)
    op.drop_column("cases", "rank")
