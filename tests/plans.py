"""How SQLite would read what is asked: by an index, or row by row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from engine.store import reading


def steps_of(engine: sa.Engine, act: Callable[[], object], *, asks: int) -> list[str]:
    """Do something that asks so many questions, and give each step of their plans: ``SEARCH cases USING INDEX ...``."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        seen.append((statement, parameters))

    sa.event.listen(engine, "before_cursor_execute", note)
    act()
    sa.event.remove(engine, "before_cursor_execute", note)
    asked = [one for one in seen if one[0].startswith(("SELECT", "WITH"))]
    assert len(asked) == asks, [statement for statement, _ in asked]
    with reading(engine) as connection:
        plans = [connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values).all() for text, values in asked]
    return [str(row[-1]) for plan in plans for row in plan]
