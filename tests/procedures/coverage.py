"""Where each deadline, promise and notice of the specification lives, and the story that proves it: bpmn/COVERAGE.md.

``python -m tests.procedures.coverage`` writes the table again.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from engine import release
from engine.release import Compiled
from tests.procedures.casework import BPMN, STORIES, Reach, files_of, reached
from workflows import catalogue
from workflows.alert_table import ALERTS
from workflows.notice_kinds import KINDS
from workflows.promises import PROMISES

PAGE = BPMN / "COVERAGE.md"

IDS = (
    *(f"T-{number:02}" for number in range(1, 50)),
    *(f"G-{number:02}" for number in range(1, 55)),
    *(f"N{number}" for number in range(1, 13)),
)
"""Every deadline (domain 7), promise (8, 13) and notice (5.2a) of the specification."""

NOT_YET: Mapping[str, str] = {}
"""What does not live in a procedure yet, and why. It may only become shorter."""

MOST = 0
"""How many may stand there at most; lower it when one comes off."""

_HOLDS_OF_ALL = {
    "G-41": "no single one: tests/procedures/test_drawings.py",
    "G-42": "all of them together reach every task and way: tests/procedures/test_stories.py",
    "G-43": "no single one: tests/house/test_catalogue.py",
    "G-44": "no single one, since it is about two cases at once: tests/web/test_promises.py",
    "G-45": "no single one: tests/golden opens cases of older releases",
}
"""Promises that hold of every drawing or release, and what proves them instead of a story of their own."""

KEPT_BY_THE_PROGRAM: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "T-45": (
        ("`workflows/figures.py`: `population`, counted at every look, so that nothing has to be built at 06:00",),
        (
            "tests/workflows/test_figures.py::test_at_six_each_morning_the_figures_hold_everything_until_then_on_the_clocks_of_england",
            "tests/web/test_performance.py::test_each_number_of_the_dashboard_is_that_of_the_log",
        ),
    ),
    "G-32": (
        ("`workflows/access.py`: `readable`, asked at every look, which is written down before the page is sent",),
        (
            "tests/web/test_need_to_know.py::test_no_page_and_no_file_shows_somebody_what_they_may_not_read",
            "tests/web/test_need_to_know.py::test_every_look_that_was_written_down_is_one_that_the_specification_allows",
        ),
    ),
    "G-33": (
        ("`workflows/disclosures.py`: `note_disclosure`, in the transaction in which something is given",),
        (
            "tests/web/test_bundles.py::test_a_case_is_given_as_it_was_known_then",
            "tests/workflows/test_disclosures.py::test_a_disclosure_without_recipient_kind_and_basis_is_refused_with_all_three",
        ),
    ),
    "G-34": (
        (
            "`workflows/retention.py`: holds, reviews and the deletion by two; `retention_review`: the calendar asks each month",
        ),
        ("tests/web/test_life.py::test_put_right_given_away_held_erased_and_gone_after_the_backup_is_put_back",),
    ),
    "N12": (
        ("`workflows/board_mails.py`: `tell`, asked by `web/worker.py`", "`workflows/suppression.py`: numbers under 5"),
        (
            "tests/workflows/test_board_mails.py::test_each_month_each_member_gets_one_mail_with_a_link_and_no_figure",
            "tests/web/test_performance.py::test_who_sees_figures_only_sees_no_small_number_and_no_list",
        ),
    ),
}
"""What no drawing has a part in, because the program itself does it: where, and the tests that prove it."""

SENT_BY_HAND = "no story: tests/web/test_notices.py, tests/web/test_need_to_know.py"
"""What proves a notice that a person sends from a page: no drawing has a part in it."""

for _path in sorted(Path(__file__).parent.glob("stories_of_*.py")):
    import_module(f"tests.procedures.{_path.stem}")


class Row(NamedTuple):
    """One id: where it lives, in words for the table, and the story that proves it."""

    id: str
    where: tuple[str, ...]
    story: str


def rows(folder: Path) -> Iterator[Row]:
    """Give a row for each id that lives somewhere; the folder keeps what the stories reach."""
    reached(STORIES, folder)  # all of them side by side with the other processes, before they are read one by one
    reach = {name: reached([name], folder) for name in sorted(STORIES)}
    for name in IDS:
        if name in KEPT_BY_THE_PROGRAM:
            kept, tests = KEPT_BY_THE_PROGRAM[name]
            yield Row(name, kept, f"no story: {', '.join(f'`{test}`' for test in tests)}")
            continue
        where, proof = _notice(name) if name.startswith("N") else _deadline(name)
        if name.startswith("G"):
            held, marked = _promise(name)
            where, proof = (*held, *where), (*marked, *proof)
            if name in _HOLDS_OF_ALL:
                yield Row(name, held, _HOLDS_OF_ALL[name])
                continue
        story = SENT_BY_HAND if name.startswith("N") and where and not proof else _best(proof, reach)
        if where and story:
            yield Row(name, where, story)


def page(found: Iterable[Row]) -> str:
    """Give the text of the table."""
    lines = [
        "# What of the specification lives where",
        "",
        "Made by `python -m tests.procedures.coverage`; a test holds it to the drawings, tables, alerts, promises and stories. The story is the",
        "one that reaches most of what carries the id: `tests/procedures` has it under that name.",
        "",
        "| id | where it lives | story |",
        "|---|---|---|",
        *(f"| {row.id} | {'; '.join(row.where)} | {row.story} |" for row in found),
        "",
        "## Not there yet",
        "",
        "| id | why |",
        "|---|---|",
        *(f"| {name} | {why} |" for name, why in NOT_YET.items()),
        "",
    ]
    return "\n".join(lines)


# Where an id lives: the words, and what a story has to reach ---------------------------------------------------------

Proof = tuple[tuple[str, str], ...]
"""What carries an id: procedure, and rule of its deadlines or element of its diagrams."""


def _deadline(name: str) -> tuple[tuple[str, ...], Proof]:
    where, proof = [], []
    for procedure, compiled in _procedures().items():
        table = compiled.decisions.get("deadlines")
        rules = [rule.id for rule in table.rules if rule.tests[0].strip('"') == name] if table is not None else []
        if rules:
            nodes = compiled.nodes.values()
            clocks = [each.attached_to for each in nodes if each.is_deadline and compiled.deadline_name(each) == name]
            where.append(f"`{procedure}`: clock of {_listed(clocks)}, rows {_listed([rules[0], rules[-1]])}")
            proof += [(procedure, rule) for rule in rules]
    return tuple(where), tuple(proof)


def _promise(name: str) -> tuple[tuple[str, ...], Proof]:
    promise = next(each for each in PROMISES if each.id == name)
    lives = promise.check is not None or promise.model or name in _HOLDS_OF_ALL
    sources = (name, *re.findall(r"T-\d\d", promise.source))
    marked: Proof = ()
    for source in sources if lives else ():
        marked = marked or tuple(
            (procedure, node.id)
            for procedure, compiled in _procedures().items()
            for node in compiled.nodes.values()
            if source in node.documentation or source in files_of(procedure).get(f"{node.form}.form", "")
        )
    elements = sorted({element for _procedure, element in marked})
    said = [f"promise, at {_listed(elements[:3])}" if elements else "promise"] if lives else []
    return tuple(said), marked


def _notice(name: str) -> tuple[tuple[str, ...], Proof]:
    where, proof = [], []
    for alert in ALERTS:
        if re.search(rf"\b{name}\b", alert.source):
            where.append(f"template `{alert.template}`, alert `{alert.id}`")
            proof.append((alert.procedure, alert.element or _procedures()[alert.procedure].start.id))
    place = "`workflows/notice_kinds.py`, page “Tell a partner”"
    where += [f"notice `{kind.key}`: {place}" for kind in KINDS.values() if kind.id == name]
    return tuple(where), tuple(proof)


def _best(proof: Proof, reach: Mapping[str, Reach]) -> str:
    """Give the story that reaches most of it; of two, the first by name."""

    def score(name: str) -> int:
        mine = (part for procedure, part in proof if procedure == STORIES[name].procedure)
        return sum(_is_in(part, reach[name]) for part in mine)

    best = max(reach, key=score)
    return best if score(best) else ""


def _is_in(part: str, reach: Reach) -> bool:
    taken = (way.startswith(f"{part}_to_") for way in reach.ways)
    return part in reach.passed or part in reach.done or part in reach.rungs or any(taken)


@cache
def _procedures() -> Mapping[str, Compiled]:
    return {name: release.load(release.pack(files_of(name))[0]) for name in catalogue.procedures()}


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in dict.fromkeys(names))


if __name__ == "__main__":
    with TemporaryDirectory() as kept:
        PAGE.write_text(page(rows(Path(kept))), encoding="utf-8")
    sys.exit(0)
