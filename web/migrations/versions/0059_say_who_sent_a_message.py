"""Say who sent a message, from where, and whether somebody has to take it.

What waits already was sent by cases; of the news for the plans of a child it is known that nobody need take them. A program that
does not know the columns would tell nobody of a message that nobody took: it has to stop.

Revision ID: 0059
Revises: 0058
"""

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None
oldest_program = "0059"

NEWS = ("interview_received", "child_returned", "episode_closed", "plan_updated")
NEW = ("origin", "sender", "element", "optional")


def upgrade() -> None:
    op.add_column("messages", sa.Column("origin", sa.String(12), server_default="case", nullable=False))
    op.add_column("messages", sa.Column("sender", sa.String(120), server_default="", nullable=False))
    op.add_column("messages", sa.Column("element", sa.String(80), server_default="", nullable=False))
    op.add_column("messages", sa.Column("optional", sa.Boolean(), server_default=sa.false(), nullable=False))
    columns = (sa.column(name) for name in ("id", "name", "status", "sender", "optional"))
    message = sa.table("messages", *columns)
    sent = message.c.id.like("__-________/%")
    op.execute(sa.update(message).where(sent).values(sender=sa.func.substr(message.c.id, 1, 11)))
    op.execute(sa.update(message).where(message.c.name.in_(NEWS)).values(optional=sa.true()))


def downgrade() -> None:
    for name in reversed(NEW):
        op.drop_column("messages", name)
