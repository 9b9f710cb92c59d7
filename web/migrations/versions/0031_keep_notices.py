"""Keep the notices to partners.

Revision ID: 0031
Revises: 0030
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None
oldest_program = "0016"

TEXTS = (
    ("case_id", 20),
    ("kind", 30),
    ("sent_by", 120),
    ("sender_role", 60),
    ("organisation", 120),
    ("key", 80),
    ("person", 120),
    ("works_for", 120),
    ("mail", 254),
    ("mobile", 20),
    ("account", 120),
    ("ring", 20),
    ("basis", 40),
    ("decided_by", 120),
    ("code_digest", 64),
    ("receipt_digest", 64),
    ("opened_by", 120),
    ("withdrawn_by", 120),
    ("withdrawn_why", 400),
)
MOMENTS = ("opened_at", "acknowledged_at", "answer_by", "reminded_at", "withdrawn_at")


def upgrade() -> None:
    op.create_table(
        "notices",
        sa.Column("id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.String(length=length), nullable=False) for name, length in TEXTS),
        sa.Column("token_digest", sa.String(length=64), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=True) for name in MOMENTS),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("sent_by", "key", name=op.f("uq_notices_sent_by_key")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_notices_token_digest")),
    )
    op.create_index(op.f("ix_notices_case_id"), "notices", ["case_id", "id"])
    op.create_index(op.f("ix_notices_answer_by"), "notices", ["answer_by"])


def downgrade() -> None:
    op.drop_index(op.f("ix_notices_answer_by"), table_name="notices")
    op.drop_index(op.f("ix_notices_case_id"), table_name="notices")
    op.drop_table("notices")
