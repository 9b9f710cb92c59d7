"""Open, act, read: the one door to the cases; each public method is one transaction.

A command locks its case's row, loads state and facts, lets the runner take one step, and writes state, facts, events, task
index and messages, or nothing at all. A command that the log knows as carried out gives its answer again.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine import corrections, reading, repeats, runner, schedules, values
from engine.admission import answers_said, fingerprint, is_recorded, opened_by_people, task_number, why_not_open
from engine.errands import Errand, Errands
from engine.errors import (
    CaseIsErased,
    CaseNotFound,
    FactNotFound,
    NotYourTask,
    PageIsStale,
    Problem,
    ReasonMissing,
    TaskNoLongerOpen,
    TaskNotFound,
)
from engine.faults import StepFailed
from engine.incidents import Alarm, Incidents
from engine.library import Library
from engine.messages import Messages
from engine.model import (
    SYSTEM,
    Actor,
    Command,
    Complete,
    Correct,
    Facts,
    FactWrite,
    Fire,
    Found,
    Open,
    Operation,
    Value,
    Wait,
)
from engine.outcome import Outcome
from engine.ownership import Ownership
from engine.release import Compiled
from engine.store import (
    ERASED,
    CaseTable,
    EventTable,
    ScheduleTable,
    TaskTable,
    put_off,
    row_lock,
    writing,
)
from engine.views import (
    CaseView,
    Cursor,
    Done,
    EventRow,
    Late,
    Observer,
    OpeningView,
    Page,
    ReleaseRow,
    ScheduleRow,
    Step,
    TaskRow,
    TaskView,
)
from engine.warm import WarmPositions
from engine.writing import Stored, write_new, write_step

__all__ = [
    "CaseView",
    "Cases",
    "Cursor",
    "Done",
    "EventRow",
    "Observer",
    "OpeningView",
    "Page",
    "ReleaseRow",
    "Step",
    "TaskRow",
    "TaskView",
]

LETTERS = "23456789BCDFGHJKLMNPQRSTVWXZ"
"""What references are made of: no vowels, so that they spell nothing; nothing that is read as something else."""

OperationInStep = Callable[[sa.Connection, Mapping[str, Value], datetime], Found]
"""What a service task calls: reads in the step's transaction what the case sees, and gives the fields that it found."""

# The statements of the hot path are made once (engine.writing says why).
_THE_TASK = sa.and_(TaskTable.case_id == sa.bindparam("this_case"), TaskTable.number == sa.bindparam("number"))
_ITS_STATUS = sa.select(TaskTable.status, TaskTable.completed_by).where(_THE_TASK)
LOAD = sa.select(
    CaseTable.__table__,
    sa.select(EventTable.asked).where(repeats.DONE_BEFORE).scalar_subquery().label("asked"),
    sa.select(TaskTable.owner).where(_THE_TASK).scalar_subquery().label("owner"),
).where(CaseTable.id == sa.bindparam("this_case"))


def new_reference(prefix: str) -> str:
    """Make a case reference, such as ``MC-7K3QX9PW``: eight random letters and digits, which nobody can guess."""
    return f"{prefix}-{''.join(secrets.choice(LETTERS) for _ in range(8))}"


class Cases:
    """The cases in one database.

    `observers` are called inside each step's transaction, in their order: projections and alerts. `operations` are what
    service tasks call, inside the step too: they read, and what they find becomes facts. `references` makes the reference
    of a new case from the procedure's prefix. `errands` are operations after the step. `alarms` are told of what fails, inside the transaction that keeps it. `veil` gives the facts as a reader may see them now.
    """

    def __init__(
        self,
        engine: sa.Engine,
        *,
        observers: Sequence[Observer] = (),
        operations: Mapping[str, OperationInStep] | None = None,
        references: Callable[[str], str] = new_reference,
        alarms: Sequence[Alarm] = (),
        errands: Mapping[str, Errand] | None = None,
        veil: reading.Veil = reading.as_they_are,
    ) -> None:
        """Use a database that `engine.store.connect` opened."""
        self.engine = engine
        self.operations = dict(operations or {})
        self.observers = tuple(observers)
        self.references = references
        self.library = Library(engine)
        self.warm = WarmPositions()
        self.views = reading.Views(engine, self.library, veil)
        self.incidents = Incidents(engine, self._load, self._step, alarms)
        self.errands = Errands(engine, self._load, self._step, errands or {})
        self.messages = Messages(
            engine, self.library, self.incidents, load=self._load, step=self._step, begin=self._open_itself
        )
        self.ownership = Ownership(engine)
        self._loading = {skip: row_lock(engine, LOAD, skip=skip) for skip in (False, True)}

    # Releases -------------------------------------------------------------------------------------------------------

    def publish(
        self, files: Mapping[str, str], *, by: str, now: datetime, roles: Sequence[str] | None = None
    ) -> ReleaseRow:
        """Check a procedure's files and keep them as its next release; new cases start on it, running ones stay.

        The same files published twice give the release that is there. `roles` are the role keys that lanes may name.

        Raises:
            ReleaseInvalid: with every problem of every file.
        """
        return self.library.publish(
            files, by=by, now=now, roles=roles, operations={*self.operations, *self.errands.names}
        )

    # Commands -------------------------------------------------------------------------------------------------------

    def opening(self, procedure: str) -> OpeningView:
        """Give the form and the role with which a case of a procedure is opened.

        Raises:
            NotFound: no release of this procedure was published.
        """
        release_id, release = self.library.newest(procedure)
        start = opened_by_people(release)
        return OpeningView(
            procedure, release.process.name, release.forms[start.form], start.role, release_id, start.documentation
        )

    def open(
        self, procedure: str, answers: Mapping[str, Value], *, by: Actor, now: datetime, key: str,
        on_paper: datetime | None = None,
    ) -> Done:  # fmt: skip
        """Open a case with the answers of its opening form (already loaded by the form).

        `on_paper` is when it was taken on paper, where it was. `key` makes the command idempotent: the same key again gives the same answer and no second case.

        Raises:
            NotFound: no release of this procedure was published.
            NotYourTask: none of the actor's roles may open it.
            Conflict: the key was used for another command.
        """
        release_id, release = self.library.newest(procedure)
        start = opened_by_people(release)
        if start.role not in by.roles:
            message = f"Opening a case is for {start.role}."
            raise NotYourTask(message)
        form = release.forms[start.form]
        writes = tuple(FactWrite(start.record, "", field.key, answers.get(field.key)) for field in form.fields)
        digest = fingerprint("open", procedure, by, answers, on_paper)

        def act() -> Done:
            with self.incidents.kept("", ("opening", procedure), now), writing(self.engine) as connection:
                done = repeats.answer(connection, key, digest)
                if done is not None:
                    return done
                reference = self.references(release.process.properties.get("reference", "C"))
                facts: Facts = {}
                outcome = runner.begin(
                    release, reference, facts, Open(writes, by, on_paper), now, self._calls(connection, now)
                )
                stored = Stored.new(reference, procedure, release_id, facts, command=key, asked=digest)
                return self._tell(connection, stored, outcome, write_new(connection, stored, outcome, now))

        return repeats.once(self.engine, key, digest, act)

    def complete(
        self, task_id: str, answers: Mapping[str, Value], *, by: Actor, now: datetime, key: str,
        stamp: str | None = None, on_paper: datetime | None = None,
    ) -> Done:  # fmt: skip
        """Do a task with the answers of its form (already loaded by the form).

        `on_paper` is when it was done on paper, where it was. `stamp` is the one that `task` gave with the page; None leaves the check out. Refused with `TaskNotFound`;
        `NotYourTask` (another role's) and `SamePersonTwice` (a second person is needed); `TaskAlreadyCompleted`,
        `TaskNoLongerOpen` and `PageIsStale` (the case has moved on); `Conflict` (the key belongs to another command);
        `CaseHeldUp` (the step failed: nothing was changed, and it is an incident).
        """
        case_id, number = task_number(task_id)
        digest = fingerprint("complete", task_id, by, answers, on_paper)
        about = ("task", str(number))

        def act() -> Done:
            with self.incidents.kept(case_id, about, now), writing(self.engine) as connection:
                stored, done, conductor = self._load(connection, case_id, now, key, digest, number=number)
                if done is not None:
                    return done
                if conductor is None:
                    raise TaskNotFound("There is no such task.")
                command = self._completion(connection, stored, conductor, number, answers, by, stamp)
                return self._step(connection, stored, conductor, replace(command, on_paper=on_paper), now)

        return repeats.once(self.engine, key, digest, act)

    @staticmethod
    def _completion(
        connection: sa.Connection,
        stored: Stored,
        conductor: runner.Conductor,
        number: int,
        answers: Mapping[str, Value],
        by: Actor,
        stamp: str | None,
    ) -> Complete:
        """Check that this person may do this task now, on this page, and give the command."""
        try:
            task = conductor.find(number)
        except TaskNoLongerOpen as gone:
            row = connection.execute(_ITS_STATUS, {"this_case": stored.case_id, "number": number}).first()
            raise why_not_open(row) or gone from None
        node = task.task_spec.node
        if node.role not in by.duties:
            raise NotYourTask(f"This task is for {node.role}.")
        record_key = task.internal_data.get("key", "")
        if stamp is not None and stamp != reading.stamp_of(stored.facts, node.record, record_key):
            raise PageIsStale("Somebody has changed what this page shows since you opened it.")
        fields = conductor.release.forms[node.form].fields
        writes = tuple(FactWrite(node.record, record_key, field.key, answers.get(field.key)) for field in fields)
        return Complete(number, writes, by, stored.owner)

    def correct(
        self, case_id: str, record: str, record_key: str, changes: Mapping[str, Value], *, by: Actor, now: datetime,
        key: str, reason: str, stamp: str | None = None,
    ) -> Done:  # fmt: skip
        """Put fields of a record right in one step; clocks that rest on them are derived again, and the log shows it.

        `stamp` is the one that `record` gave with the page; None leaves the check out. Refused with `CaseNotFound`;
        `FactNotFound` (no such question, or no such record was begun); `ReasonMissing`; `PageIsStale` (somebody else
        changed the record); `Conflict` (the key belongs to another command); `CaseHeldUp` (the step failed).
        """
        if not reason.strip():
            raise ReasonMissing([Problem("reason", "reason-missing", "Say why this is put right.")])
        asked = {f"{record}.{record_key}.{field}": value for field, value in changes.items()}
        digest = fingerprint("correct", case_id, by, asked)
        writes = tuple(FactWrite(record, record_key, field, value) for field, value in changes.items())

        def act() -> Done:
            with self.incidents.kept(case_id, ("correction", ""), now), writing(self.engine) as connection:
                stored, done, conductor = self._load(connection, case_id, now, key, digest)
                if done is not None:
                    return done
                if conductor is None:
                    raise CaseNotFound("There is no such case.")
                if not all(
                    is_recorded(conductor.release, stored.facts, record, record_key, field) for field in changes
                ):
                    raise FactNotFound("There is no such fact in this case.")
                if stamp is not None and stamp != reading.stamp_of(stored.facts, record, record_key):
                    raise PageIsStale("Somebody has changed what this page shows since you opened it.")
                return self._step(connection, stored, conductor, Correct(writes, by, reason), now)

        return repeats.once(self.engine, key, digest, act)

    # What the sweep does --------------------------------------------------------------------------------------------

    def next_due(self, *, now: datetime, held: Collection[str] = ()) -> str | None:
        """Give the case whose clock has been due for the longest, if any, apart from those that others hold."""
        return self.views.next_due(now, held)

    def fire(self, case_id: str, *, now: datetime) -> bool:
        """Let the earliest due clock of a case go off; False where another node has the case, or nothing is due."""
        with writing(self.engine) as connection:
            stored, _done, conductor = self._load(connection, case_id, now, skip=True)
            if conductor is None or stored.next_due_at is None or stored.next_due_at > now:
                return False
            self._step(connection, stored, conductor, Fire(), now)
            return True

    def _open_itself(
        self,
        connection: sa.Connection,
        release_id: int,
        release: Compiled,
        fields: Mapping[str, Value],
        now: datetime,
        correlation: str = "",
    ) -> str:
        """Open a case that no person opens: with what its message or timer says, as answers to the form if people open such cases too."""
        start = release.start
        own = "1" if start.properties.get("repeats") == "true" else ""
        said = answers_said(release.forms[start.form], fields) if start.form else fields
        writes = tuple(FactWrite(start.record, own, name, value) for name, value in said.items())
        reference = self.references(release.process.properties.get("reference", "C"))
        facts: Facts = {}
        command = Open(writes, Actor(SYSTEM))
        outcome = runner.begin(release, reference, facts, command, now, self._calls(connection, now))
        stored = Stored.new(reference, release.root, release_id, facts, correlation=correlation)
        self._tell(connection, stored, outcome, write_new(connection, stored, outcome, now))
        return reference

    def next_schedule(self, *, now: datetime, held: Collection[str] = ()) -> str | None:
        """Give the procedure that should have opened a case by itself for the longest, apart from those in `held`."""
        return self.views.next_schedule(now, held)

    def open_scheduled(self, procedure: str, *, now: datetime) -> bool:
        """Open the case whose time has come; False where another node was first, or nothing is due.

        However many moments were missed, one case is opened, for the latest of them, and the next moment is ahead of now.
        """
        schedule = ScheduleTable
        of_procedure = schedule.procedure == procedure
        with writing(self.engine) as connection:
            asked = sa.select(schedule.next_at).where(of_procedure, schedule.next_at <= now)
            found = connection.execute(row_lock(self.engine, asked, skip=True)).scalar()
            if found is None:
                return False
            release_id, release = self.library.newest(procedure)
            turn = schedules.turn(release, found, now)
            fields = {"at": turn.at, "missed": turn.missed}
            self._open_itself(connection, release_id, release, fields, now)
            following = {"next_at": turn.next_at, "failures": 0, "retry_at": None}
            connection.execute(sa.update(schedule).where(of_procedure).values(**following))
            return True

    def schedules(self) -> tuple[ScheduleRow, ...]:
        """Give the procedures that open their cases by themselves, with their next moments, in the order of their names."""
        return self.views.schedules()

    def postpone_schedule(self, procedure: str, *, now: datetime) -> int:
        """Push a procedure whose case could not be opened further away; give how often it failed."""
        return put_off(self.engine, ScheduleTable.procedure, procedure, now)

    def postpone(self, case_id: str, *, now: datetime) -> int:
        """Push a case whose step failed further away, so that it does not stop the others; give how often it failed."""
        return put_off(self.engine, CaseTable.id, case_id, now)

    def late(self, *, now: datetime) -> Late:
        """Tell how many clocks are more than a minute late, and since when."""
        return self.views.late(now)

    # Reading --------------------------------------------------------------------------------------------------------

    def task(self, task_id: str, *, by: Actor, now: datetime, classes: frozenset[str] = frozenset()) -> TaskView:
        """Give a task's page to a person who may do it; the reading is logged and committed first.

        Beside the form stand the facts that the diagram wants shown there, of the data classes in `classes`.

        Raises:
            TaskNotFound, NotYourTask, TaskAlreadyCompleted, TaskNoLongerOpen.
        """
        return self.views.task(*task_number(task_id), by=by, now=now, classes=classes)

    def case(self, case_id: str, *, classes: frozenset[str], by: Actor, purpose: str, now: datetime) -> CaseView:
        """Give a case with the facts of these data classes; who read what, and why, is committed first.

        Raises:
            CaseNotFound: there is no such case.
        """
        return self.views.case(case_id, classes=classes, by=by, purpose=purpose, now=now)

    def record(
        self, case_id: str, record: str, record_key: str, *, classes: frozenset[str], by: Actor, now: datetime
    ) -> corrections.RecordView:
        """Give one record with its form, to be put right; the reading is committed first."""
        place = (case_id, record, record_key)
        view = corrections.record(self.views, place, classes=classes, by=by, now=now)
        self.views.note_with(case_id, view.others, by, f"correction of {record}", sorted(classes), now)
        return view

    def waits(self, case_id: str, *, now: datetime) -> tuple[Wait, ...]:
        """Give for what a case waits by itself, without a person, as its position has it; nothing is written or taken.

        Nothing is known of it where the case cannot be read; it is held up then (`incidents`).

        Raises:
            CaseNotFound: there is no such case.
        """
        row = CaseTable.__table__.c
        asked = sa.select(row.release_id, row.state, row.facts).where(row.id == case_id)
        with self.engine.connect() as connection:
            found: Any = connection.execute(asked).first()
        if found is None:
            raise CaseNotFound("There is no such case.")
        release = self.library.get(found.release_id)
        try:
            return tuple(runner.restore(release, found.state, values.loads(found.facts), now).waits())
        except StepFailed:
            return ()

    def inbox(
        self,
        roles: frozenset[str],
        *,
        after: Cursor | None = None,
        limit: int = 50,
        within: reading.Within = None,
        ranked: bool = False,
    ) -> Page:
        """Give the open tasks of these roles, the earliest due first, those without a due time last.

        With `ranked`, the cases of the highest priority come first, and among their tasks the earliest due.
        `within` gives for a role what its tasks have to meet besides: ``lambda role: [TaskTable.case_id != "MC-7K3QX9PW"]``.
        """
        return self.views.inbox(roles, after=after, limit=limit, within=within, ranked=ranked)

    def decided(self, procedure: str, table: str, *, now: datetime) -> dict[str, Value]:
        """Give what a decision table says now of each case of a procedure, by reference; nothing is written.

        For what depends on the calendar and must be right whenever it is looked at. A case whose release has no such
        table is left out. Whoever shows it notes the reading (`note_reading`).
        """
        return self.views.decided(procedure, table, now=now)

    def _calls(self, connection: sa.Connection, now: datetime) -> Operation:
        """Bind the operations to a step's transaction and instant."""

        def call(name: str, scope: Mapping[str, Value]) -> Found:
            return self.operations[name](connection, scope, now)

        return call

    # How a step is taken --------------------------------------------------------------------------------------------

    def _load(
        self,
        connection: sa.Connection,
        case_id: str,
        now: datetime,
        key: str = "",
        digest: str | None = None,
        *,
        skip: bool = False,
        number: int = 0,
    ) -> tuple[Stored, Done | None, runner.Conductor | None]:
        """Lock a case's row and read it, with the owner of a task; give the answer instead where the command was carried out already."""
        row = connection.execute(self._loading[skip], {"this_case": case_id, "key": key, "number": number}).first()
        if row is None:
            return Stored.nothing(case_id), None, None
        stored = Stored.of(row, key, digest)
        if row.asked is not None:
            return stored, repeats.answer(connection, key, digest), None
        if row.status == ERASED:
            raise CaseIsErased("What this case held was erased. Nothing can be done in it any more.")
        release, calls = self.library.get(row.release_id), self._calls(connection, now)
        if (warm := self.warm.take(case_id, row.release_id, (row.state, row.facts))) is not None:
            conductor = runner.resume(release, warm.position, stored.facts, now, calls)
            return stored.waiting_for(warm.awaited), None, conductor
        conductor = runner.restore(release, row.state, stored.facts, now, calls)
        return stored.waiting_for(conductor.awaited()), None, conductor

    def _step(
        self, connection: sa.Connection, stored: Stored, conductor: runner.Conductor, command: Command, now: datetime
    ) -> Done:
        """Take one step and write it."""
        outcome = conductor.step(command)
        return self._tell(connection, stored, outcome, write_step(connection, stored, outcome, now))

    def _tell(self, connection: sa.Connection, stored: Stored, outcome: Outcome, step: Step) -> Done:
        """Let the observers see the step, and give its answer."""
        for observer in self.observers:
            observer(connection, step)
        self.warm.keep(step.case_id, stored.release_id, outcome.written, outcome.position, outcome.awaited)
        return Done(step.case_id, tuple(task.id for task in step.opened))

    def release_of(self, case_id: str) -> Compiled:
        """Give the release on which a case runs.

        Raises:
            CaseNotFound: there is no such case.
        """
        return self.library.get(self.views.release_id(case_id))

    def diagram(self, case_id: str, process: str) -> str:
        """Give the BPMN text of a process of the release on which a case runs; nothing in it is about the case.

        Raises:
            CaseNotFound: there is no such case.
            NotFound: its procedure has no such process.
        """
        return self.library.diagram(self.views.release_id(case_id), process)

    def note_reading(self, *about: str, by: Actor, purpose: str, classes: frozenset[str], now: datetime) -> None:
        """Commit who reads what about cases or children, before it is given; `about` are references or children's ids.

        For what is drawn from many cases: a page of one case is read by `case`, which notes it itself.
        """
        self.views.note(about, by, purpose, sorted(classes), now)
