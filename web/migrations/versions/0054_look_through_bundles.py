"""Keep bundles to be looked through before they are given, and what is taken out of them.

A program that does not know them would erase a child and leave them: it must stop.

Revision ID: 0054
Revises: 0053
"""

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None
oldest_program = "0054"


def upgrade() -> None:
    op.create_table(
        "bundles",
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("about", sa.String(20), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("recipient", sa.String(200), nullable=False),
        sa.Column("basis", sa.String(40), nullable=False),
        sa.Column("classes", sa.String(60), nullable=False),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("made_by", sa.String(120), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed_by", sa.String(120), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("archive", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_bundles")),
    )
    op.create_index(op.f("ix_bundles_about"), "bundles", ["about"])
    op.create_table(
        "bundle_redactions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bundle", sa.String(20), nullable=False),
        sa.Column("passage", sa.Integer(), nullable=False),
        sa.Column("extent", sa.String(12), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("ground", sa.String(20), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("taken_by", sa.String(120), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("back_by", sa.String(120), nullable=False),
        sa.Column("back_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["bundle"], ["bundles.number"], name=op.f("fk_bundle_redactions_bundle_bundles")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bundle_redactions")),
    )
    op.create_index(op.f("ix_bundle_redactions_bundle"), "bundle_redactions", ["bundle"])


def downgrade() -> None:
    op.drop_index(op.f("ix_bundle_redactions_bundle"), table_name="bundle_redactions")
    op.drop_table("bundle_redactions")
    op.drop_index(op.f("ix_bundles_about"), table_name="bundles")
    op.drop_table("bundles")
