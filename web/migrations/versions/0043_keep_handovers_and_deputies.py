"""Keep hand-overs and who stands in for whom.

Revision ID: 0043
Revises: 0042
"""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None
oldest_program = "0037"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "handovers",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("giver", sa.String(120), nullable=False),
        sa.Column("receiver", sa.String(120), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("offered_at", moment, nullable=False),
        sa.Column("answer_by", moment, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("settled_at", moment, nullable=True),
        sa.Column("answer", sa.Text, server_default="", nullable=False),
        sa.Column("told_at", moment, nullable=True),
        sa.Column("key", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_handovers"),
        sa.ForeignKeyConstraint(["giver"], ["people.sign_in"], name="fk_handovers_giver_people"),
        sa.ForeignKeyConstraint(["receiver"], ["people.sign_in"], name="fk_handovers_receiver_people"),
        sa.UniqueConstraint("giver", "key", name="uq_handovers_giver_key"),
    )
    op.create_index("ix_handovers_receiver", "handovers", ["receiver", "state"])
    op.create_index("ix_handovers_giver", "handovers", ["giver", "state"])
    op.create_index("ix_handovers_waiting", "handovers", ["state", "answer_by"])
    op.create_table(
        "handover_tasks",
        sa.Column("handover", sa.Integer, nullable=False),
        sa.Column("case_id", sa.String(20), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("taken_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("handover", "case_id", "number", name="pk_handover_tasks"),
        sa.ForeignKeyConstraint(["handover"], ["handovers.id"], name="fk_handover_tasks_handover_handovers"),
    )
    op.create_index("ix_handover_tasks_case", "handover_tasks", ["case_id"])
    op.create_table(
        "deputies",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("person", sa.String(120), nullable=False),
        sa.Column("deputy", sa.String(120), nullable=False),
        sa.Column("begins_at", moment, nullable=False),
        sa.Column("ends_at", moment, nullable=False),
        sa.Column("entered_by", sa.String(120), nullable=False),
        sa.Column("entered_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deputies"),
        sa.ForeignKeyConstraint(["person"], ["people.sign_in"], name="fk_deputies_person_people"),
        sa.ForeignKeyConstraint(["deputy"], ["people.sign_in"], name="fk_deputies_deputy_people"),
    )
    op.create_index("ix_deputies_deputy", "deputies", ["deputy", "ends_at"])
    op.create_index("ix_deputies_person", "deputies", ["person", "ends_at"])


def downgrade() -> None:
    for table in ("deputies", "handover_tasks", "handovers"):
        op.drop_table(table)
