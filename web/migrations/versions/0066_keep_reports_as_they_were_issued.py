"""Keep the reports of oversight: how each stands, the versions that were drawn up, and what was issued, which nobody can change any more.

A program that does not know the tables would let reports stand still while their cases go on: it must stop.

Revision ID: 0066
Revises: 0065
"""

import sqlalchemy as sa
from alembic import op

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None
oldest_program = "0066"

MOMENT = sa.DateTime(timezone=True)
TEXTS = {"kind": 20, "source_body": 20, "report_title": 200, "stage": 20}
PEOPLE = ("written", "reviewed", "signed")
REFUSAL = "What was drawn up or issued is kept as it is."
KEPT = ("report_versions", "report_issues")


def upgrade() -> None:
    op.create_table(
        "reports",
        sa.Column("case_id", sa.String(20), nullable=False),
        *(sa.Column(name, sa.String(length), nullable=False) for name, length in TEXTS.items()),
        *(sa.Column(name, sa.Date(), nullable=True) for name in ("published_on", "quarter_from")),
        sa.Column("due_at", MOMENT, nullable=True),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("drawn", "approved")),
        *(sa.Column(f"{name}_by", sa.String(120), nullable=False) for name in PEOPLE),
        *(sa.Column(f"{name}_at", MOMENT, nullable=True) for name in PEOPLE),
        sa.Column("to_change", sa.Text(), nullable=False),
        sa.Column("out_where", sa.String(400), nullable=False),
        *(sa.Column(name, sa.Date(), nullable=True) for name in ("out_on", "home_secretary_on", "inspectorate_on")),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_reports")),
    )
    op.create_table(
        "report_versions",
        sa.Column("case_id", sa.String(20), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("errand", sa.String(120), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("recommendations", sa.Text(), nullable=False),
        sa.Column("drawn_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("case_id", "number", name=op.f("pk_report_versions")),
        sa.UniqueConstraint("errand", name=op.f("uq_report_versions_errand")),
    )
    op.create_table(
        "report_issues",
        sa.Column("case_id", sa.String(20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(260), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("pdf", sa.LargeBinary(), nullable=True),
        sa.Column("issued_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_report_issues")),
        sa.ForeignKeyConstraint(
            ["case_id", "number"],
            ["report_versions.case_id", "report_versions.number"],
            name=op.f("fk_report_issues_case_id_report_versions"),
        ),
    )
    op.create_index(op.f("ix_report_issues_subject"), "report_issues", ["subject"])
    for table in KEPT:
        _guard(table)


def _guard(table: str) -> None:
    """Let the database refuse to change or to delete a row, or all of them at once."""
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            )
        return
    op.execute(
        f"CREATE OR REPLACE FUNCTION {table}_kept() RETURNS trigger AS "
        f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$ LANGUAGE plpgsql"
    )
    for name, acts, each in (("change", "UPDATE OR DELETE", "ROW"), ("truncation", "TRUNCATE", "STATEMENT")):
        op.execute(
            f"CREATE TRIGGER {table}_no_{name} BEFORE {acts} ON {table} FOR EACH {each} EXECUTE FUNCTION {table}_kept()"
        )


def downgrade() -> None:
    for table in ("report_issues", "report_versions", "reports"):
        op.drop_table(table)
    if op.get_bind().dialect.name != "sqlite":
        for table in KEPT:
            op.execute(f"DROP FUNCTION IF EXISTS {table}_kept()")
