"""The command line: `homeward demo`, `serve`, `worker`, `migrate`, `publish`, `verify`, `rebuild`, `backup`, `restore`, `hold`, `resume`, `import`, `check`, `procedure`, `promises`, `export`, `organisation`, `user`, `generate`, `bench`."""

from __future__ import annotations

import argparse
import getpass
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import sqlalchemy as sa

from engine.errors import Invalid, Problem, Refusal
from engine.model import Actor
from engine.store import reading, writing
from web import procedures, schema, serving, sessions, upkeep
from web.app import create_app
from web.assembly import make_worker, opened
from web.clock import system_clock
from web.services import Services
from web.settings import read_settings
from workflows import administration, people
from workflows.administration import Change
from workflows.agencies import KINDS, ROLES
from workflows.cutover_sheets import SHEETS
from workflows.organisations import Register

DONE, REFUSED, INTERRUPTED = 0, 1, 130
DEFAULT_PORT = 8000
DEMO_FOLDER = Path("build") / "demo"
DEMO_CHILDREN = 80
BENCH_FILE = Path("build") / "bench.json"
RETURNS = ("ssda903", "annex_a")
OF_RETURNS, OF_LOGS = ("area",), ("first", "procedure", "key_file")
"""What is asked of a return alone, and of a log alone: to pass over it would give away more than was meant."""
REPORTED_AS = ("text", "json", "sarif", "junit")

Command = Callable[[argparse.Namespace], int | None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; give 0 when it is done, 1 when it was refused, 2 for a wrong use, 130 when interrupted."""
    chosen = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for name in ("apscheduler", "waitress.queue"):
        logging.getLogger(name).setLevel(
            logging.ERROR
        )  # a late tick and a request that waits for a thread are not news
    try:
        return chosen.run(chosen) or DONE
    except Refusal as refusal:
        print(str(refusal), file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever reads what is printed, such as `head`, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="homeward", description="Casework for missing children.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    demo = _add(commands, "demo", "show everything with invented people, in one process on this machine", _demo)
    demo.add_argument("--port", type=int, default=DEFAULT_PORT, help="where the site listens (default: %(default)s)")
    demo.add_argument("--data", type=Path, default=DEMO_FOLDER, help="where its data lie (default: %(default)s)")
    demo.add_argument(
        "--county", type=int, default=DEMO_CHILDREN, metavar="CHILDREN",
        help="of how many children three months are played first; 0 for none, and the quickest start (default: %(default)s)",
    )  # fmt: skip
    serve = _add(commands, "serve", "serve the site; an unmigrated database is refused", _serve)
    serve.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: %(default)s)")
    serve.add_argument("--port", type=int, default=DEFAULT_PORT, help="the port to listen on (default: %(default)s)")
    serve.add_argument("--threads", type=int, default=8, help="requests answered at once (default: %(default)s)")
    _add(commands, "worker", "keep the clocks and send the mails; run at least one", _work)
    _add(commands, "migrate", "bring the database to the schema of this program", _migrate)
    publish = _add(commands, "publish", "publish the shipped procedures where they have changed", _publish)
    publish.add_argument("--by", required=True, metavar="NAME", help="the sign-in name of who answers for it")
    _add_upkeep_commands(commands)
    _add_promises_command(commands)
    _add_export_command(commands)
    _add_check_command(commands)
    _add_procedure_commands(commands)
    _add_import_command(commands)
    _add_organisation_commands(commands)
    _add_user_commands(commands)
    _add_generate_command(commands)
    bench = _add(commands, "bench", "measure, print a table and write build/bench.json", _bench)
    bench.add_argument("--quick", action="store_true", help="measure less often: noisier, done in half a minute")
    bench.add_argument("--output", type=Path, default=BENCH_FILE, help="where the values go (default: %(default)s)")
    return parser


def _add(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, does: str, run: Command
) -> argparse.ArgumentParser:
    added = commands.add_parser(name, help=does, description=does[:1].upper() + does[1:] + ".")
    added.set_defaults(run=run)
    return added


def _add_upkeep_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verify = _add(commands, "verify", "check everything that is kept against itself; nothing is changed", _verify)
    verify.add_argument("--json", action="store_true", help="one JSON object a line, for a machine")
    _add(commands, "rebuild", "write lists and projections anew from the cases and their log", _rebuild)
    copy = _add(commands, "backup", "copy an SQLite database to a new file while the site runs", _back_up)
    copy.add_argument("file", type=Path, metavar="FILE", help="the new file")
    restore = _add(commands, "restore", "put a backup in the place of an SQLite database; its mails are held", _restore)
    restore.add_argument("file", type=Path, metavar="FILE", help="the backup")
    restore.add_argument(
        "--tombstones", type=Path, metavar="FILE", help="what was erased since, beside the one at the database"
    )
    restore.add_argument("--yes-replace", action="store_true", help="put the database aside that is there")
    stones = _add(
        commands, "tombstones", "keep outside of the database what was erased, or erase it again", _tombstones
    )
    stones.add_argument("file", type=Path, metavar="FILE", help="the file; it gets what it does not have yet")
    stones.add_argument(
        "--replay", action="store_true", help="erase what the file names, after a restore by other tools"
    )
    hold = _add(commands, "hold", "hold all mails, after a restore by other tools", _hold)
    resume = _add(commands, "resume", "say what becomes of the mails that are held", _resume)
    choice = resume.add_mutually_exclusive_group(required=True)
    choice.add_argument("--send", action="store_true", help="send those that wait")
    choice.add_argument(
        "--drop", action="store_true", help="drop those that wait, because they left before the restore"
    )
    for command in (hold, resume):
        command.add_argument("--by", required=True, metavar="NAME", help="the sign-in name of who answers for it")
        command.add_argument("--reason", required=True, metavar="TEXT", help="why; it is kept")


def _add_promises_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    does = "say which promises to missing children were kept, are pending or were broken, by the log of each episode"
    tell = _add(commands, "promises", does, _promises)
    tell.add_argument("--case", default="", metavar="REFERENCE", help="of one case, promise by promise")
    tell.add_argument("--from", dest="first", type=date.fromisoformat, metavar="DAY", help="reported from this day on")
    tell.add_argument("--to", dest="last", type=date.fromisoformat, metavar="DAY", help="reported until this day")
    tell.add_argument("--json", action="store_true", help="one verdict of one case a line, as JSON")


def _add_export_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    does = "write the course of cases without names for process mining, or a council's statutory return; it is noted for each case"
    give = _add(commands, "export", does, _export)
    give.add_argument(
        "file", type=Path, metavar="FILE", help="the new file: .xes or .jsonocel, each also with .gz; a return is CSV"
    )
    give.add_argument("--return", dest="statutory", choices=RETURNS, help="write this return of a council")
    give.add_argument("--area", metavar="KEY", help="the council whose return it is, such as nottingham_city")
    give.add_argument("--from", dest="first", type=date.fromisoformat, metavar="DAY", help="opened from this day on")
    give.add_argument(
        "--to",
        dest="last",
        type=date.fromisoformat,
        metavar="DAY",
        help="opened until this day; of a return the day up to which it tells",
    )
    give.add_argument("--procedure", action="append", default=[], metavar="KEY", help="of these alone; may be repeated")
    give.add_argument("--key-file", type=Path, metavar="FILE", help="the key of the pseudonyms, so that two files fit")
    give.add_argument("--recipient", required=True, metavar="TEXT", help="to whom it is given")
    give.add_argument(
        "--basis", metavar="KEY", help="why it may be (partnership_analysis; of a return childrens_services)"
    )
    give.add_argument("--by", required=True, metavar="NAME", help="the sign-in name of who answers for it")


def _add_check_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    does = "report on diagrams, decision tables and forms: 0 when nothing is refused, 1 when something is, 2 when unreadable"
    look = _add(commands, "check", does, _check)
    look.add_argument("paths", nargs="+", type=Path, metavar="FILE", help="a .bpmn, .dmn or .form file, or a folder")
    look.add_argument("--import", dest="imports", action="store_true", help="what an import would make of each diagram")
    _add_format_arguments(look)


def _add_format_arguments(parser: argparse.ArgumentParser) -> None:
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--format", choices=REPORTED_AS, default="text", help="of the report (default: %(default)s)")
    form.add_argument("--json", dest="format", action="store_const", const="json", help="the same as --format json")


def _add_procedure_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    outer = commands.add_parser("procedure", help="export, check and import the files of a procedure")
    inner = outer.add_subparsers(required=True, metavar="COMMAND")
    out = _add(inner, "export", "write a release to a new folder or zip archive", _export_procedure)
    out.add_argument("procedure", help="its name, such as missing_child")
    out.add_argument("path", type=Path, metavar="PATH", help="the new folder, or a new file that ends with .zip")
    out.add_argument("--release", type=int, metavar="NUMBER", help="another than the running one")
    does = (
        "report on a folder, a zip archive or files: 0 when nothing is refused, 1 when something is, 2 when unreadable"
    )
    look = _add(inner, "check", does, _check)
    look.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a folder, a zip archive, or a file")
    look.set_defaults(imports=False)
    _add_format_arguments(look)
    does = "make a draft of a folder or zip archive in which nothing is refused; two people publish it in the browser"
    bring = _add(inner, "import", does, _import_procedure)
    bring.add_argument("procedure", help="its name, such as missing_child")
    bring.add_argument("path", type=Path, metavar="PATH", help="the folder or zip archive")
    bring.add_argument("--by", required=True, metavar="NAME", help="the sign-in name of who answers for it")


def _add_import_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    does = "take children, past episodes, flags and live plans from CSV files; each row is reported"
    bring = _add(commands, "import", does, _import)
    for sheet in SHEETS:
        bring.add_argument(f"--{sheet}", type=Path, metavar="FILE", help=f"the {sheet}, as CSV in UTF-8")
    bring.add_argument("--dry-run", action="store_true", help="only report: nothing is taken")


def _add_organisation_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    outer = commands.add_parser("organisation", help="add and list organisations")
    inner = outer.add_subparsers(required=True, metavar="COMMAND")
    add = _add(inner, "add", "add an organisation", _add_organisation)
    add.add_argument("key", help="a short key such as safe_steps")
    add.add_argument("--name", required=True, help="its name")
    add.add_argument("--kind", required=True, choices=sorted(KINDS), help="what it is")
    _add(inner, "list", "list the organisations", _list_organisations)


def _add_user_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    outer = commands.add_parser("user", help="add, change, disable, enable and list people")
    inner = outer.add_subparsers(required=True, metavar="COMMAND")
    add = _add(inner, "add", "add a person; the password is asked for, or read from the standard input", _add_user)
    add.add_argument("sign_in", metavar="NAME", help="the sign-in name")
    add.add_argument("--name", required=True, help="the person's full name")
    add.add_argument("--mail", required=True, help="where reminders go")
    _add_membership_arguments(add)
    change = _add(inner, "roles", "put these roles in the place of the present ones", _give_roles)
    change.add_argument("sign_in", metavar="NAME", help="the sign-in name")
    _add_membership_arguments(change)
    for name, does, run in (
        ("password", "give a person a new password", _set_password),
        ("disable", "let a person sign in no more", _disable_user),
        ("enable", "let a disabled person in again", _enable_user),
    ):
        _add(inner, name, does, run).add_argument("sign_in", metavar="NAME", help="the sign-in name")
    _add(inner, "list", "list the people with their roles", _list_users)


def _add_membership_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--organisation", required=True, metavar="KEY", help="the organisation of these roles")
    parser.add_argument("--role", action="append", required=True, choices=sorted(ROLES), help="a role; may be repeated")


def _add_generate_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    does = "play a county of invented children through the engine, into a new database; the same seed gives the same county"
    make = _add(commands, "generate", does, _generate)
    make.add_argument("--seed", type=int, default=1, metavar="N", help="what chance begins with (default: %(default)s)")
    make.add_argument("--months", type=int, default=12, metavar="M", help="1 to 12 (default: %(default)s)")
    make.add_argument(
        "--children", type=int, metavar="N", help="how many go missing in a year (default: a whole county)"
    )
    make.add_argument(
        "--from", dest="first", type=date.fromisoformat, metavar="DAY", help="the first day (default: 2026-01-05)"
    )
    make.add_argument(
        "--out", type=Path, metavar="FOLDER", help="where the CSV files go, and the database without --database"
    )
    make.add_argument("--database", default="", metavar="URL", help="the database, which must be empty")
    make.add_argument(
        "--check", action="store_true", help="hold the checks of the promises against the truth; 1 where they differ"
    )


def _generate(chosen: argparse.Namespace) -> None:
    from web.county import generating

    given = {name: each for name in ("children", "first") if (each := getattr(chosen, name)) is not None}
    wanted = generating.Wanted(
        chosen.seed, chosen.months, folder=chosen.out, database_url=chosen.database, check=chosen.check
    )
    _say(generating.generate(replace(wanted, **given)))


def _demo(chosen: argparse.Namespace) -> None:
    from web import demonstration

    demonstration.run(chosen.port, chosen.data, county=chosen.county)


def _serve(chosen: argparse.Namespace) -> None:
    settings = read_settings(os.environ)
    app = create_app(settings, services=opened(settings))
    where = f"http://{chosen.host}:{chosen.port}"
    serving.serve(app, chosen.host, chosen.port, threads=chosen.threads, ready=lambda: print(f"Serving on {where}"))


def _work(_chosen: argparse.Namespace) -> None:
    services = _services()
    schema.require_migrated(services.engine)
    worker = make_worker(services)
    worker.start()
    try:
        serving.wait_for_signal()
    finally:
        worker.stop()


def _migrate(_chosen: argparse.Namespace) -> None:
    settings = read_settings(os.environ)
    services = opened(settings)
    schema.migrate(create_app(settings, services=services, migrated=False))
    print(f"The database stands at revision {schema.present_revision(services.engine)}.")
    services.engine.dispose()


def _publish(chosen: argparse.Namespace) -> None:
    services = _services()
    with reading(services.engine) as connection:
        by = people.find(connection, chosen.by)
    for name, number in procedures.publish_all(services.cases, by=by.sign_in, now=system_clock()).items():
        print(f"{name} stands at release {number}.")
    for name in procedures.kept(services.cases):
        print(
            f"{name} was changed by managers here: the shipped files are offered on its page as a draft, and run nowhere yet."
        )


def _verify(chosen: argparse.Namespace) -> None:
    with _open_services() as services:
        _say(upkeep.verify(services, as_json=chosen.json))


def _rebuild(_chosen: argparse.Namespace) -> None:
    with _open_services() as services:
        _say(upkeep.rebuild(services))


def _back_up(chosen: argparse.Namespace) -> None:
    _say(upkeep.back_up(read_settings(os.environ), chosen.file))


def _restore(chosen: argparse.Namespace) -> None:
    _say(upkeep.restore(read_settings(os.environ), chosen, system_clock()))


def _tombstones(chosen: argparse.Namespace) -> None:
    with _open_services() as services:
        act = upkeep.replay_tombstones if chosen.replay else upkeep.keep_tombstones
        _say(act(services, chosen.file))


def _hold(chosen: argparse.Namespace) -> None:
    with _open_services() as services:
        _say(upkeep.hold(services, chosen))


def _resume(chosen: argparse.Namespace) -> None:
    with _open_services() as services:
        _say(upkeep.resume(services, chosen))


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)


def _promises(chosen: argparse.Namespace) -> None:
    from web import promise_words

    services, now = _services(), system_clock()
    _say(promise_words.told(services.engine, chosen.case, (chosen.first, chosen.last), as_json=chosen.json, now=now))
    services.engine.dispose()


def _export(chosen: argparse.Namespace) -> None:
    from web import event_files, return_sheets

    if any(getattr(chosen, name) for name in (OF_LOGS if chosen.statutory else OF_RETURNS)):
        sentence = "--area goes with --return; --from, --procedure and --key-file go without it."
        raise Invalid([Problem("return", "option-of-another", sentence)])
    write = return_sheets.export if chosen.statutory else event_files.export
    chosen.basis = chosen.basis or ("childrens_services" if chosen.statutory else "partnership_analysis")
    with _open_services() as services:
        _say(write(services, chosen, now=system_clock()))


def _check(chosen: argparse.Namespace) -> int:
    from web import ci_reports, file_reports

    logging.getLogger("homeward.guard").setLevel(logging.CRITICAL)  # the report says it
    report = file_reports.of_paths(chosen.paths, imports=chosen.imports)
    _say([ci_reports.told(report, chosen.format)])
    return report.status


def _export_procedure(chosen: argparse.Namespace) -> None:
    from web import procedure_files

    with _open_services() as services:
        _say(procedure_files.export(services, chosen.procedure, chosen.release, chosen.path))


def _import_procedure(chosen: argparse.Namespace) -> int:
    from web import file_reports, procedure_files

    try:
        files = file_reports.files_at(chosen.path)
    except Invalid as refusal:
        print(str(refusal), file=sys.stderr)
        return file_reports.NOT_READ
    with _open_services() as services:
        with reading(services.engine) as connection:
            by = people.find(connection, chosen.by).sign_in
        _say(procedure_files.bring_in(services, chosen.procedure, files, by=by, now=system_clock()))
    return DONE


def _import(chosen: argparse.Namespace) -> None:
    from workflows import cutover

    paths = {sheet: path for sheet in SHEETS if (path := getattr(chosen, sheet)) is not None}
    if not paths:
        options = ", ".join(f"--{sheet}" for sheet in SHEETS)
        raise Invalid([Problem("import", "file-missing", f"Name at least one file: {options}.")])
    files = {sheet: (path.name, _content(path)) for sheet, path in paths.items()}
    engine = _services().engine
    try:
        report = cutover.bring_in(engine, files, now=system_clock(), dry_run=chosen.dry_run)
    finally:
        engine.dispose()
    for line in report.lines:
        print(line)
    for file, verdicts in report.totals().items():
        counted = ", ".join(f"{verdicts[verdict]} {verdict}" for verdict in cutover.VERDICTS)
        print(f"{file}: {counted}{' (dry run: nothing was written)' if chosen.dry_run else ''}")
    if report.refused:
        sentence = "Some rows were refused. Put them right and import the same files again."
        raise Invalid([Problem("import", "rows-refused", sentence)])


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as fault:
        sentence = f"The file cannot be read: {fault.strerror}."
        raise Invalid([Problem(path.name, "file-cannot-be-read", sentence)]) from fault


def _bench(chosen: argparse.Namespace) -> None:
    from web import bench

    print(bench.run(chosen.output, quick=chosen.quick))


def _add_organisation(chosen: argparse.Namespace) -> None:
    with writing(_services().engine) as connection:
        register = Register(connection, Actor(getpass.getuser()), "", system_clock())
        register.add(chosen.key, chosen.name, chosen.kind, "From the command line")
    print(f"{chosen.key} was added.")


def _list_organisations(_chosen: argparse.Namespace) -> None:
    rows = people.OrganisationRow
    with reading(_services().engine) as connection:
        for row in connection.execute(sa.select(rows.key, rows.name, rows.kind).order_by(rows.key)):
            print(f"{row.key}\t{row.name}\t{row.kind}")


def _add_user(chosen: argparse.Namespace) -> None:
    services, password = _services(), _new_password()
    with writing(services.engine) as connection:
        people.add(
            connection,
            chosen.sign_in.strip().casefold(),
            name=chosen.name,
            mail=chosen.mail,
            password=password,
            memberships=_memberships(chosen),
            now=system_clock(),
        )
    print(f"{chosen.sign_in} was added.")


def _give_roles(chosen: argparse.Namespace) -> None:
    with writing(_services().engine) as connection:
        people.give_roles(connection, chosen.sign_in, _memberships(chosen))
    print(f"{chosen.sign_in} holds: {', '.join(chosen.role)}.")


def _set_password(chosen: argparse.Namespace) -> None:
    services, password = _services(), _new_password()
    with writing(services.engine) as connection:
        people.set_password(connection, chosen.sign_in, password)
        _ended(connection, chosen.sign_in, "password set")
    print(f"{chosen.sign_in} has a new password.")


def _disable_user(chosen: argparse.Namespace) -> None:
    with writing(_services().engine) as connection:
        people.disable(connection, chosen.sign_in, system_clock())
        _ended(connection, chosen.sign_in, "disabled")
    print(f"{chosen.sign_in} can sign in no more.")


def _ended(connection: sa.Connection, sign_in: str, what: str) -> None:
    """End what somebody has open, let their links die, and write down what was done from the command line."""
    now = system_clock()
    sessions.end_all(connection, sign_in, now=now)
    administration.end_links(connection, sign_in)
    administration.note(connection, Change(now, getpass.getuser(), what, "", "", "From the command line", sign_in))


def _enable_user(chosen: argparse.Namespace) -> None:
    with writing(_services().engine) as connection:
        people.enable(connection, chosen.sign_in)
    print(f"{chosen.sign_in} can sign in again.")


def _list_users(_chosen: argparse.Namespace) -> None:
    with reading(_services().engine) as connection:
        names = connection.execute(sa.select(people.PersonRow.sign_in).order_by(people.PersonRow.sign_in)).scalars()
        for name in list(names):
            person = people.find(connection, name)
            disabled = "" if person.disabled_at is None else "\tdisabled"
            held = ", ".join(f"{one.role} at {one.organisation}" for one in person.memberships) or "no role"
            print(f"{name}\t{person.name}\t{held}{disabled}")


@contextmanager
def _open_services() -> Iterator[Services]:
    services = _services()
    try:
        yield services
    finally:
        services.engine.dispose()


def _services() -> Services:
    services = opened(read_settings(os.environ))
    schema.require_migrated(services.engine)
    return services


def _memberships(chosen: argparse.Namespace) -> list[people.Membership]:
    return [people.Membership(role, chosen.organisation) for role in chosen.role]


def _new_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first, second = getpass.getpass("New password: "), getpass.getpass("The same again: ")
    if first != second:
        raise Invalid([Problem("password", "passwords-differ", "The two passwords are not the same.")])
    return first
