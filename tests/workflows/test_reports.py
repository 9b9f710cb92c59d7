"""What was drawn up and issued of a report is kept as it is, by both databases."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from engine.store import reading, writing
from workflows import reports
from workflows.reports import ReportIssueRow, ReportVersionRow, Version


def test_neither_database_changes_or_deletes_what_was_drawn_up_or_issued(engine: sa.Engine) -> None:
    now = datetime(2026, 3, 2, 9, tzinfo=UTC)
    drawn = Version("RP-7K3QX9PW", 1, "<p>A</p>", reports.fingerprint("<p>A</p>"), ("RC-7K3QX9PW",), now)
    with writing(engine) as connection:
        reports.keep_version(connection, "errand", drawn)
        for _again in range(2):
            reports.keep_issue(connection, drawn, "panel 2026-01-01", None, now)
    for table in (ReportVersionRow, ReportIssueRow):
        refused: list[sa.Executable] = [sa.update(table).values(sha256="0" * 64), sa.delete(table)]
        if engine.dialect.name != "sqlite":
            refused.append(sa.text(f"TRUNCATE {table.__tablename__} CASCADE"))
        for statement in refused:
            with pytest.raises(sa.exc.DBAPIError, match="kept as it is"), writing(engine) as connection:
                connection.execute(statement)
    with reading(engine) as connection:
        assert reports.version(connection, "RP-7K3QX9PW", 1) == drawn
        assert reports.earlier(connection, "panel 2026-01-01") == ("RP-7K3QX9PW", now)
        assert list(reports.check(connection)) == []
