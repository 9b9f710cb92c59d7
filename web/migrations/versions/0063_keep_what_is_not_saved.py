"""Keep what somebody has changed in a file of a draft and not saved, and who has it open.

It only adds: a program that does not know the table keeps nothing, and goes on.

Revision ID: 0063
Revises: 0062
"""

import sqlalchemy as sa
from alembic import op

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None
oldest_program = "0060"


def upgrade() -> None:
    op.create_table(
        "unsaved",
        sa.Column("person", sa.String(120), nullable=False),
        sa.Column("procedure", sa.String(80), nullable=False),
        sa.Column("file", sa.String(120), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("stamp", sa.String(32), nullable=False, server_default=""),
        sa.Column("typed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("here_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("here_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["people.sign_in"], name=op.f("fk_unsaved_person_people")),
        sa.PrimaryKeyConstraint("person", "procedure", "file", name=op.f("pk_unsaved")),
    )


def downgrade() -> None:
    op.drop_table("unsaved")
