"""Keep the rota: who is on call, in which role, when, and at which number.

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None
oldest_program = "0016"


def upgrade() -> None:
    op.create_table(
        "on_call",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation", sa.String(length=60), nullable=False),
        sa.Column("role", sa.String(length=60), nullable=False),
        sa.Column("person", sa.String(length=120), nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mobile", sa.String(length=20), nullable=False),
        sa.Column("pager", sa.String(length=30), nullable=False),
        sa.Column("entered_by", sa.String(length=120), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.String(length=120), nullable=False, server_default=""),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.key"], name=op.f("fk_on_call_organisation")),
        sa.ForeignKeyConstraint(["person"], ["people.sign_in"], name=op.f("fk_on_call_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_on_call")),
        sa.UniqueConstraint("entered_by", "key", name=op.f("uq_on_call_entered_by_key")),
    )
    op.create_index(op.f("ix_on_call_role"), "on_call", ["role", "ends_at"])
    op.create_index(op.f("ix_on_call_organisation"), "on_call", ["organisation", "ends_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_on_call_organisation"), table_name="on_call")
    op.drop_index(op.f("ix_on_call_role"), table_name="on_call")
    op.drop_table("on_call")
