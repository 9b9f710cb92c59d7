"""Stop watches and counters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from time import perf_counter

import sqlalchemy as sa
from sqlalchemy import event


class Watch:
    """Takes times under names, several for each; by the clock on the wall or another that gives seconds."""

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        """Begin with no times."""
        self.clock = clock
        self.times: dict[str, list[float]] = defaultdict(list)

    @contextmanager
    def time(self, name: str, *, parts: int = 1) -> Iterator[None]:
        """Take the time of what runs inside, in seconds; of each of so many equal parts of it."""
        begun = self.clock()
        yield
        self.times[name].append((self.clock() - begun) / parts)

    def median(self, name: str) -> float:
        """Give the median of the times under a name, in seconds."""
        return median(self.times[name])

    def mean_of_medians(self) -> float:
        """Give the mean over all names of their medians: what a part of the whole takes, on a machine that is busy."""
        return sum(map(self.median, self.times)) / len(self.times)


class Counter:
    """Counts what a database is asked: cursor executions and commits.

    A ``BEGIN`` belongs to the transaction, which is counted by its commit: SQLite's goes through a cursor, PostgreSQL's
    does not, and both databases shall give the same number.
    """

    def __init__(self, engine: sa.Engine) -> None:
        """Count on an engine from now on."""
        self.statements = self.commits = 0
        event.listen(engine, "before_cursor_execute", self._count_statement)
        event.listen(engine, "commit", self._count_commit)

    @contextmanager
    def count(self) -> Iterator[Counter]:
        """Count what runs inside from nought."""
        self.statements = self.commits = 0
        yield self

    def _count_statement(self, _connection: object, _cursor: object, statement: str, *_: object) -> None:
        self.statements += not statement.startswith("BEGIN")

    def _count_commit(self, *_: object) -> None:
        self.commits += 1
