"""Let programs save the state of a case in version 2, which programs before this one cannot read.

Revision ID: 0016
Revises: 0015
"""

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None
oldest_program = "0016"
state_version = 2


def upgrade() -> None:
    """Change nothing: programs of this revision read both versions."""


def downgrade() -> None:
    """Change nothing: a case that was saved in version 2 meanwhile is an incident of the earlier program, and is not lost."""
