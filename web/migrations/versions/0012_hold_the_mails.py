"""Hold the mails after a restore until a person has decided on them.

Revision ID: 0012
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0010"
branch_labels = None
depends_on = None

STATUS = "ck_outbox_status"


def upgrade() -> None:
    op.create_table(
        "outbox_holds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_by", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("decision", sa.String(length=12), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=120), nullable=False),
        sa.Column("decided_why", sa.String(length=400), nullable=False),
        sa.Column("mails", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_holds")),
    )
    _allow("'waiting', 'sent', 'failed', 'dropped'")


def downgrade() -> None:
    op.execute("UPDATE outbox SET status = 'failed' WHERE status = 'dropped'")
    _allow("'waiting', 'sent', 'failed'")
    op.drop_table("outbox_holds")


def _allow(statuses: str) -> None:
    if op.get_bind().dialect.name == "sqlite":  # a table that is written anew loses its checks, and gets this one
        with op.batch_alter_table("outbox", recreate="always") as outbox:
            outbox.create_check_constraint(op.f(STATUS), f"status IN ({statuses})")
        return
    op.drop_constraint(op.f(STATUS), "outbox", type_="check")
    op.create_check_constraint(op.f(STATUS), "outbox", f"status IN ({statuses})")
