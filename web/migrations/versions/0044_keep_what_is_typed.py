"""Keep what people have typed and not sent.

Revision ID: 0044
Revises: 0043
"""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None
oldest_program = "0037"


def upgrade() -> None:
    op.create_table(
        "typed",
        sa.Column("case_id", sa.String(20), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("person", sa.String(120), nullable=False),
        sa.Column("raw", sa.LargeBinary, nullable=True),
        sa.Column("stamp", sa.String(64), server_default="", nullable=False),
        sa.Column("seen", sa.Integer, server_default="0", nullable=False),
        sa.Column("typed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("here_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("case_id", "number", "person", name="pk_typed"),
        sa.ForeignKeyConstraint(["person"], ["people.sign_in"], name="fk_typed_person_people"),
    )
    op.create_index("ix_typed_person", "typed", ["person", "typed_at"])


def downgrade() -> None:
    op.drop_table("typed")
