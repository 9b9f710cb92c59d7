"""Let programs save the state of a case in version 4, which programs before this one cannot read.

Revision ID: 0037
Revises: 0036
"""

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None
oldest_program = "0037"
state_version = 4


def upgrade() -> None:
    """Change nothing: programs of this revision read all four versions."""


def downgrade() -> None:
    """Change nothing: a case that was saved in version 4 meanwhile is an incident of the earlier program, and is not lost."""
