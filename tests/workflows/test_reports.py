"""What was drawn up and issued of a report is kept as it is, by both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from engine.store import reading, writing
from workflows import reports
from workflows.reports import ReportHiddenRow, ReportIssueRow, ReportVersionRow, Version

QUARTER, BEFORE = date(2026, 1, 1), date(2025, 10, 1)
HIDDEN = frozenset({("age", "under_10"), ("authorities", "nottingham_city held"), ("G-02", "kept")})
"""Some numbers: of a table, of a table of two answers, of a promise."""


def test_neither_database_changes_or_deletes_what_was_drawn_up_or_issued(engine: sa.Engine) -> None:
    now = datetime(2026, 3, 2, 9, tzinfo=UTC)
    drawn = Version("RP-7K3QX9PW", 1, "<p>A</p>", reports.fingerprint("<p>A</p>"), ("RC-7K3QX9PW",), now)
    with writing(engine) as connection:
        reports.keep_version(connection, "errand", drawn, {QUARTER: HIDDEN, BEFORE: ()})
        for _again in range(2):
            reports.keep_issue(connection, drawn, "panel 2026-01-01", None, now)
    for table, changed in (
        (ReportVersionRow, {"sha256": "0" * 64}),
        (ReportIssueRow, {"sha256": "0" * 64}),
        (ReportHiddenRow, {"cells": ""}),
    ):
        refused: list[sa.Executable] = [sa.update(table).values(**changed), sa.delete(table)]
        if engine.dialect.name != "sqlite":
            refused.append(sa.text(f"TRUNCATE {table.__tablename__} CASCADE"))
        else:
            with reading(engine) as connection:
                row = dict(connection.execute(sa.select(table.__table__)).mappings().all()[0])
            same = [{}, {"number": 2}] if table is ReportVersionRow else [{}]
            anew = sa.insert(table).prefix_with("OR REPLACE")
            refused += [anew.values(**row | other | changed) for other in same]
        for statement in refused:
            with pytest.raises(sa.exc.DBAPIError, match="kept as it is"), writing(engine) as connection:
                connection.execute(statement)
    with reading(engine) as connection:
        assert reports.version(connection, "RP-7K3QX9PW", 1) == drawn
        assert reports.earlier(connection, "panel 2026-01-01") == ("RP-7K3QX9PW", now)
        assert list(reports.check(connection)) == []
        assert reports.hidden(connection, {QUARTER, BEFORE}) == {QUARTER: HIDDEN, BEFORE: frozenset()}


def test_what_any_version_hid_of_a_quarter_stays_hidden(engine: sa.Engine) -> None:
    now = datetime(2026, 4, 2, 9, tzinfo=UTC)
    with writing(engine) as connection:
        for number, cells in ((1, HIDDEN), (2, {("promise", "kept")})):
            drawn = Version("RP-7K3QX9PW", number, "<p>A</p>", reports.fingerprint("<p>A</p>"), (), now)
            reports.keep_version(connection, f"errand {number}", drawn, {QUARTER: cells})
        assert reports.hidden(connection, {QUARTER, BEFORE}) == {QUARTER: HIDDEN | {("promise", "kept")}}
