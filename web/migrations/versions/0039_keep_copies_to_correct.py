"""Keep what a copy holds that was given away, and who must be told that it is no longer right.

Revision ID: 0039
Revises: 0038
"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None
oldest_program = "0037"

TEXTS = (
    ("about", 20),
    ("cause", 60),
    ("recipient", 200),
    ("what", 400),
    ("classes", 60),
    ("role", 60),
    ("organisation", 120),
    ("how", 20),
    ("told_by", 120),
    ("note", 400),
    ("settled_by", 120),
)


def upgrade() -> None:
    for name, length in (("way", 20), ("role", 60)):
        op.add_column("disclosures", sa.Column(name, sa.String(length=length), server_default="", nullable=False))
    op.add_column("disclosures", sa.Column("classes", sa.String(length=60), nullable=True))
    op.add_column("disclosures", sa.Column("known_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("disclosures", sa.Column("notice", sa.Integer(), nullable=True))
    op.add_column("notices", sa.Column("classes", sa.String(length=60), nullable=True))
    op.create_table(
        "copies_to_correct",
        sa.Column("id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.String(length=length), nullable=False) for name, length in TEXTS),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=False) for name in ("given_at", "made_at", "due_at")),
        *(sa.Column(name, sa.DateTime(timezone=True)) for name in ("reminded_at", "told_at", "settled_at")),
        sa.Column("notice", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_copies_to_correct")),
        sa.UniqueConstraint("cause", "recipient", name=op.f("uq_copies_to_correct_cause_recipient")),
    )
    op.create_index("ix_copies_to_correct_about", "copies_to_correct", ["about", "id"])
    still = {f"{database}_where": sa.text("settled_at IS NULL") for database in ("sqlite", "postgresql")}
    op.create_index("ix_copies_to_correct_open", "copies_to_correct", ["due_at"], **still)


def downgrade() -> None:
    op.drop_index("ix_copies_to_correct_open", table_name="copies_to_correct")
    op.drop_index("ix_copies_to_correct_about", table_name="copies_to_correct")
    op.drop_table("copies_to_correct")
    op.drop_column("notices", "classes")
    for name in ("way", "role", "classes", "known_at", "notice"):
        op.drop_column("disclosures", name)
