"""Keep the carers' forms, and people and places of concern.

Revision ID: 0029
Revises: 0028
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None
oldest_program = "0016"


def upgrade() -> None:
    op.create_table(
        "philomena",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("owner", sa.String(length=60), nullable=False),
        sa.Column("child_id", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("born_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("review_due", sa.Date(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["owner"], ["organisations.key"], name=op.f("fk_philomena_owner")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_philomena")),
    )
    for column in ("born_on", "child_id", "owner"):
        op.create_index(op.f(f"ix_philomena_{column}"), "philomena", [column])
    op.create_table(
        "philomena_versions",
        sa.Column("form", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("written_by", sa.String(length=120), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["form"], ["philomena.id"], name=op.f("fk_philomena_versions_form")),
        sa.PrimaryKeyConstraint("form", "version", name=op.f("pk_philomena_versions")),
    )
    op.create_table(
        "philomena_moves",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("form", sa.String(length=20), nullable=False),
        sa.Column("went_to", sa.String(length=60), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["form"], ["philomena.id"], name=op.f("fk_philomena_moves_form")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_philomena_moves")),
    )
    op.create_index(op.f("ix_philomena_moves_form"), "philomena_moves", ["form"])
    op.create_table(
        "concerns",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("about", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("relation", sa.String(length=200), nullable=False),
        sa.Column("risk", sa.String(length=20), nullable=False),
        sa.Column("whereabouts", sa.String(length=500), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("data_class", sa.String(length=4), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("added_by", sa.String(length=120), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.String(length=120), nullable=False),
        sa.Column("ended_why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_concerns")),
    )
    op.create_index(op.f("ix_concerns_about"), "concerns", ["about"])


def downgrade() -> None:
    op.drop_index(op.f("ix_concerns_about"), table_name="concerns")
    op.drop_table("concerns")
    op.drop_index(op.f("ix_philomena_moves_form"), table_name="philomena_moves")
    op.drop_table("philomena_moves")
    op.drop_table("philomena_versions")
    for column in ("owner", "child_id", "born_on"):
        op.drop_index(op.f(f"ix_philomena_{column}"), table_name="philomena")
    op.drop_table("philomena")
