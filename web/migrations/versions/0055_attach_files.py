"""Keep files that are attached to cases.

A program that does not know them would erase a child and leave them: it must stop.

Revision ID: 0055
Revises: 0054
"""

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None
oldest_program = "0055"


def upgrade() -> None:
    op.create_table(
        "attachments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.String(20), nullable=False),
        sa.Column("task", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("what", sa.String(20), nullable=False),
        sa.Column("data_class", sa.String(4), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("added_by", sa.String(120), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("scan_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("scan_count", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachments")),
        sa.UniqueConstraint("added_by", "key", name=op.f("uq_attachments_added_by_key")),
    )
    op.create_index(op.f("ix_attachments_case_id"), "attachments", ["case_id"])
    waits = sa.text("state IN ('held', 'unscanned')")
    op.create_index("ix_attachments_scan", "attachments", ["scan_at"], sqlite_where=waits, postgresql_where=waits)


def downgrade() -> None:
    op.drop_index(
        "ix_attachments_scan",
        table_name="attachments",
        sqlite_where=sa.text("state IN ('held', 'unscanned')"),
        postgresql_where=sa.text("state IN ('held', 'unscanned')"),
    )
    op.drop_index(op.f("ix_attachments_case_id"), table_name="attachments")
    op.drop_table("attachments")
