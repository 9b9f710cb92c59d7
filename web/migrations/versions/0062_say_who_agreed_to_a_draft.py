"""Say who has to agree to a proposal beside the second person, and who has.

It only adds: a program that does not know the columns proposes without them, and this one then asks for it anew.

Revision ID: 0062
Revises: 0061
"""

import sqlalchemy as sa
from alembic import op

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None
oldest_program = "0060"


def upgrade() -> None:
    op.add_column("drafts", sa.Column("parties", sa.String(200), nullable=True))
    op.add_column("draft_events", sa.Column("party", sa.String(40), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("draft_events") as table:
        table.drop_column("party")
    with op.batch_alter_table("drafts") as table:
        table.drop_column("parties")
