"""Keep lists of tasks under a name.

Revision ID: 0041
Revises: 0040
"""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None
oldest_program = "0037"


def upgrade() -> None:
    op.create_table(
        "saved_lists",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("person", sa.String(120), nullable=False),
        sa.Column("team", sa.Integer, server_default="0", nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("address", sa.String(400), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_saved_lists"),
        sa.ForeignKeyConstraint(["person"], ["people.sign_in"], name="fk_saved_lists_person_people"),
    )
    op.create_index("ix_saved_lists_person", "saved_lists", ["person"])
    op.create_index("ix_saved_lists_team", "saved_lists", ["team"])


def downgrade() -> None:
    op.drop_index("ix_saved_lists_team", "saved_lists")
    op.drop_index("ix_saved_lists_person", "saved_lists")
    op.drop_table("saved_lists")
