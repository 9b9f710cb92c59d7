"""Keep comments on cases, and whom they mention.

A program that does not know them would erase a child and leave them: it must stop.

Revision ID: 0056
Revises: 0055
"""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None
oldest_program = "0056"

UNSEEN = sa.text("seen_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "comments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.String(20), nullable=False),
        sa.Column("task", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("data_class", sa.String(4), nullable=False),
        sa.Column("written_by", sa.String(120), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
        sa.UniqueConstraint("written_by", "key", name=op.f("uq_comments_written_by_key")),
    )
    op.create_index(op.f("ix_comments_case_id"), "comments", ["case_id"])
    op.create_table(
        "comment_mentions",
        sa.Column("comment", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(120), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["comment"], ["comments.id"], name=op.f("fk_comment_mentions_comment_comments")),
        sa.PrimaryKeyConstraint("comment", "person", name=op.f("pk_comment_mentions")),
    )
    op.create_index(
        "ix_comment_mentions_unseen", "comment_mentions", ["person"], sqlite_where=UNSEEN, postgresql_where=UNSEEN
    )


def downgrade() -> None:
    op.drop_index(
        "ix_comment_mentions_unseen", table_name="comment_mentions", sqlite_where=UNSEEN, postgresql_where=UNSEEN
    )
    op.drop_table("comment_mentions")
    op.drop_index(op.f("ix_comments_case_id"), table_name="comments")
    op.drop_table("comments")
