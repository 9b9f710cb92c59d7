"""Keep the audits with their samples and findings.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audits",
        sa.Column("case_id", sa.String(length=20), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("summarised_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_audits")),
    )
    op.create_table(
        "audit_samples",
        sa.Column("case_id", sa.String(length=20), nullable=False),
        sa.Column("record_key", sa.String(length=40), nullable=False),
        sa.Column("sampled_case", sa.String(length=20), nullable=False),
        sa.Column("sampled_by", sa.String(length=20), nullable=False),
        sa.Column("audited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("at_risk", sa.Boolean(), nullable=False),
        sa.Column("blaming", sa.Boolean(), nullable=False),
        sa.Column("scores", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "record_key", name=op.f("pk_audit_samples")),
    )
    with op.batch_alter_table("audit_samples", schema=None) as batch_op:
        batch_op.create_index("ix_audit_samples_sampled_case", ["sampled_case"], unique=False)

    op.create_table(
        "audit_findings",
        sa.Column("case_id", sa.String(length=20), nullable=False),
        sa.Column("record_key", sa.String(length=40), nullable=False),
        sa.Column("standard", sa.String(length=40), nullable=False),
        sa.Column("role", sa.String(length=60), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("case_id", "record_key", name=op.f("pk_audit_findings")),
    )


def downgrade() -> None:
    op.drop_table("audit_findings")
    with op.batch_alter_table("audit_samples", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_samples_sampled_case")

    op.drop_table("audit_samples")
    op.drop_table("audits")
