"""Keep which school each report names, and who is vetted.

Revision ID: 0053
Revises: 0052
"""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None
oldest_program = "0052"


def upgrade() -> None:
    op.add_column("child_details", sa.Column("school", sa.String(60), server_default="", nullable=False))
    op.add_column("child_details", sa.Column("school_name", sa.Text(), server_default="", nullable=False))
    op.create_index(op.f("ix_child_details_school"), "child_details", ["school"])
    op.create_table(
        "vettings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(length=120), nullable=False),
        sa.Column("agency", sa.String(length=60), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["people.sign_in"], name=op.f("fk_vettings_person")),
        sa.ForeignKeyConstraint(["agency"], ["organisations.key"], name=op.f("fk_vettings_agency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vettings")),
    )
    op.create_index(op.f("ix_vettings_person"), "vettings", ["person"])


def downgrade() -> None:
    op.drop_index(op.f("ix_vettings_person"), table_name="vettings")
    op.drop_table("vettings")
    op.drop_index(op.f("ix_child_details_school"), table_name="child_details")
    op.drop_column("child_details", "school_name")
    op.drop_column("child_details", "school")
