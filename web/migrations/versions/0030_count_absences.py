"""Keep what carers decided about short absences.

Revision ID: 0030
Revises: 0029
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None
oldest_program = "0016"


def upgrade() -> None:
    op.create_table(
        "carer_absences",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("form", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("absent_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expected_return", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts_made", sa.Text(), nullable=False),
        sa.Column("risk_considered", sa.Text(), nullable=False),
        sa.Column("decision", sa.String(length=20), nullable=False),
        sa.Column("told", sa.String(length=200), nullable=False),
        sa.Column("decided_by", sa.String(length=120), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("outcome_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome_by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["form"], ["philomena.id"], name=op.f("fk_carer_absences_form")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carer_absences")),
        sa.UniqueConstraint("form", "key", name=op.f("uq_carer_absences_form_key")),
    )


def downgrade() -> None:
    op.drop_table("carer_absences")
