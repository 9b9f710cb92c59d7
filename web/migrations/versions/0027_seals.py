"""Keep seals: which records only a named group sees.

Revision ID: 0027
Revises: 0026
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None
oldest_program = "0016"


def upgrade() -> None:
    op.create_table(
        "seals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("about", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("sealed_by", sa.String(length=120), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_by", sa.String(length=120), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seals")),
    )
    holds = sa.text("lifted_at IS NULL")
    op.create_index("uq_seals_about", "seals", ["about"], unique=True, sqlite_where=holds, postgresql_where=holds)
    op.create_table(
        "seal_cases",
        sa.Column("seal", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["seal"], ["seals.id"], name=op.f("fk_seal_cases_seal")),
        sa.PrimaryKeyConstraint("seal", "case_id", name=op.f("pk_seal_cases")),
    )
    op.create_index(op.f("ix_seal_cases_case_id"), "seal_cases", ["case_id"])
    op.create_table(
        "seal_members",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seal", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(length=120), nullable=False),
        sa.Column("added_by", sa.String(length=120), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_by", sa.String(length=120), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person"], ["people.sign_in"], name=op.f("fk_seal_members_person")),
        sa.ForeignKeyConstraint(["seal"], ["seals.id"], name=op.f("fk_seal_members_seal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal_members")),
    )
    op.create_index(op.f("ix_seal_members_seal"), "seal_members", ["seal"])
    op.create_index(op.f("ix_seal_members_person"), "seal_members", ["person"])


def downgrade() -> None:
    op.drop_table("seal_members")
    op.drop_table("seal_cases")
    op.drop_table("seals")
