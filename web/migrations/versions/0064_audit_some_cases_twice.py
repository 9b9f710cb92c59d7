"""Keep which cases of a sample are audited twice and what the second auditor gave, and when somebody complained about a case.

No case that was drawn before is audited twice, and no form asked for complaints: there is nothing to fill in.

Revision ID: 0064
Revises: 0063
"""

import sqlalchemy as sa
from alembic import op

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None
oldest_program = "0060"


def upgrade() -> None:
    op.add_column("audit_samples", sa.Column("again", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("audit_samples", sa.Column("second_at", sa.DateTime(timezone=True)))
    op.add_column("audit_samples", sa.Column("second_at_risk", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("audit_samples", sa.Column("second_scores", sa.Text(), server_default="{}", nullable=False))
    op.add_column("episodes", sa.Column("complained_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("episodes", "complained_at")
    for name in ("second_scores", "second_at_risk", "second_at", "again"):
        op.drop_column("audit_samples", name)
