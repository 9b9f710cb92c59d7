"""Keep which mails may wait for others to the same address.

It only adds: a program that does not know the column sends each of them alone.

Revision ID: 0058
Revises: 0057
"""

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None
oldest_program = "0057"


def upgrade() -> None:
    op.add_column("outbox", sa.Column("gathered", sa.Boolean(), server_default=sa.false(), nullable=False))
    only = sa.text("gathered")
    columns = ["recipient", "status", "sent_at"]
    op.create_index("ix_outbox_gathered", "outbox", columns, sqlite_where=only, postgresql_where=only)


def downgrade() -> None:
    op.drop_index("ix_outbox_gathered", table_name="outbox")
    op.drop_column("outbox", "gathered")
