"""Keep which numbers a report does not show, and let SQLite refuse to put another row in the place of what was drawn up or issued.

A program that does not know the table would draw up reports without keeping what they hide, and show it later: it must stop.

Revision ID: 0067
Revises: 0066
"""

import sqlalchemy as sa
from alembic import op

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None
oldest_program = "0067"

REFUSAL = "What was drawn up or issued is kept as it is."
SAME = {
    "report_hidden": "(case_id = NEW.case_id AND number = NEW.number AND quarter = NEW.quarter)",
    "report_issues": "(case_id = NEW.case_id)",
    "report_versions": "(case_id = NEW.case_id AND number = NEW.number) OR (errand = NEW.errand)",
}


def upgrade() -> None:
    op.create_table(
        "report_hidden",
        sa.Column("case_id", sa.String(20), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("quarter", sa.Date(), nullable=False),
        sa.Column("cells", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "number", "quarter", name=op.f("pk_report_hidden")),
        sa.ForeignKeyConstraint(
            ["case_id", "number"],
            ["report_versions.case_id", "report_versions.number"],
            name=op.f("fk_report_hidden_case_id_report_versions"),
        ),
    )
    op.create_index(op.f("ix_report_hidden_quarter"), "report_hidden", ["quarter"])
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER report_hidden_no_{act.lower()} BEFORE {act} ON report_hidden "
                f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            )
        for table, same in SAME.items():
            there = f"SELECT 1 FROM {table} WHERE {same}"  # noqa: S608 - names of ours
            op.execute(
                f"CREATE TRIGGER {table}_no_replacement BEFORE INSERT ON {table} "
                f"WHEN EXISTS ({there}) BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            )
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION report_hidden_kept() RETURNS trigger AS "
        f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$ LANGUAGE plpgsql"
    )
    for name, acts, each in (("change", "UPDATE OR DELETE", "ROW"), ("truncation", "TRUNCATE", "STATEMENT")):
        op.execute(
            f"CREATE TRIGGER report_hidden_no_{name} BEFORE {acts} ON report_hidden "
            f"FOR EACH {each} EXECUTE FUNCTION report_hidden_kept()"
        )


def downgrade() -> None:
    op.drop_table("report_hidden")
    if op.get_bind().dialect.name == "sqlite":
        for table in ("report_issues", "report_versions"):
            op.execute(f"DROP TRIGGER {table}_no_replacement")
    else:
        op.execute("DROP FUNCTION IF EXISTS report_hidden_kept()")
