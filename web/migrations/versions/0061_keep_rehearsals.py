"""Keep the cases with which somebody tries a procedure out.

It only adds: a program that does not know the table offers no trying out, and goes on.

Revision ID: 0061
Revises: 0060
"""

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None
oldest_program = "0060"


def upgrade() -> None:
    op.create_table(
        "rehearsals",
        sa.Column("person", sa.String(120), nullable=False),
        sa.Column("procedure", sa.String(80), nullable=False),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("began", sa.DateTime(timezone=True), nullable=False),
        sa.Column("commands", sa.LargeBinary(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["people.sign_in"], name=op.f("fk_rehearsals_person_people")),
        sa.PrimaryKeyConstraint("person", "procedure", "source", name=op.f("pk_rehearsals")),
    )


def downgrade() -> None:
    op.drop_table("rehearsals")
