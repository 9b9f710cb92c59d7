"""Let programs save the state of a case in version 3, which programs before this one cannot read.

Revision ID: 0035
Revises: 0034
"""

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None
oldest_program = "0035"
state_version = 3


def upgrade() -> None:
    """Change nothing: programs of this revision read all three versions."""


def downgrade() -> None:
    """Change nothing: a case that was saved in version 3 meanwhile is an incident of the earlier program, and is not lost."""
