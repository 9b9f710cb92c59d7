"""Find the cases that a message's key opened without reading all that are open.

Revision ID: 0023
Revises: 0022
"""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None
oldest_program = "0016"


def upgrade() -> None:
    op.create_index(op.f("ix_cases_correlation"), "cases", ["correlation", "procedure"])


def downgrade() -> None:
    op.drop_index(op.f("ix_cases_correlation"), table_name="cases")
