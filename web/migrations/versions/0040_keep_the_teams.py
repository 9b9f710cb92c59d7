"""Keep the teams of an agency, and in the log of administration which agency and team a change was about.

Revision ID: 0040
Revises: 0039
"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None
oldest_program = "0037"

LOG = "administration_log"


def upgrade() -> None:
    op.create_table(
        "teams",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.key"], name=op.f("fk_teams_organisation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teams")),
    )
    op.create_index(op.f("ix_teams_organisation"), "teams", ["organisation"])
    op.create_table(
        "team_members",
        sa.Column("team", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["team"], ["teams.id"], name=op.f("fk_team_members_team")),
        sa.ForeignKeyConstraint(["person"], ["people.sign_in"], name=op.f("fk_team_members_person")),
        sa.PrimaryKeyConstraint("team", "person", name=op.f("pk_team_members")),
    )
    op.create_index(op.f("ix_team_members_person"), "team_members", ["person"])
    op.add_column(LOG, sa.Column("agency", sa.String(length=60), server_default="", nullable=False))
    op.add_column(LOG, sa.Column("team", sa.Integer(), nullable=True))
    for name in ("agency", "team"):
        op.create_index(op.f(f"ix_administration_log_{name}"), LOG, [name, "id"])


def downgrade() -> None:
    for name in ("team", "agency"):
        op.drop_index(op.f(f"ix_administration_log_{name}"), table_name=LOG)
        op.drop_column(LOG, name)
    op.drop_index(op.f("ix_team_members_person"), table_name="team_members")
    op.drop_table("team_members")
    op.drop_index(op.f("ix_teams_organisation"), table_name="teams")
    op.drop_table("teams")
