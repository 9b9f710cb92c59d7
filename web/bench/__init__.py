"""`homeward bench`: measures the shipped procedure against the budgets of its design, on this machine, in temporary folders.

Counts are hard. Times drift with the machine and with what else it does, so they are compared within one run, in turns, and
by medians. A budget that is missed stays in the table as missed and does not make the command fail.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from engine.frozen import frozen
from web.bench import county, crowd, decade, homes, language, lists, loop, process, sealed, site, steps, tables
from web.bench.report import Measure, table, write


@frozen
class Effort:
    """How often each thing is measured: cases played, turns of a loop, pages read, due timers, starts of a worker; and
    how many open tasks and waiting timers a large database holds, in comparison with a thousand; how many tasks, done
    ones too, the lists are asked among; how often a sealed record is asked for in turn with an invented one; of how many
    children a year's county is played for a month, 0 for none; how many episodes a year the figures are read then; and whether
    a whole year is played too.
    """

    cases: int = 25
    turns: int = 1_500
    pages: int = 60
    due: int = 1_000
    starts: int = 5
    open_tasks: int = 100_000
    waiting: int = 10_000
    tasks: tuple[int, ...] = (1_000, 100_000, 1_000_000)
    sealed: int = 300
    children: int = 300
    episodes: int = county.EPISODES_A_YEAR
    whole_year: bool = True


QUICK = Effort(
    cases=6,
    turns=300,
    pages=20,
    due=300,
    starts=2,
    tasks=(1_000, 100_000),
    sealed=60,
    children=150,
    episodes=300,
    whole_year=False,
)


def run(output: Path, *, quick: bool = False) -> str:
    """Measure in a temporary folder, write the values to `output`, and give the table; `quick` measures less often."""
    with tempfile.TemporaryDirectory(prefix="homeward-bench-") as folder:
        measures, notes = measure(Path(folder), QUICK if quick else Effort())
    write(measures, output)
    return "\n".join([*notes, "", table(measures), f"Written to {output}."])


def measure(folder: Path, effort: Effort) -> tuple[list[Measure], list[str]]:
    """Measure everything in an empty folder; give the measures, and sentences with the absolute times."""
    prepared = site.prepare(folder / "prepared")
    place = prepared.copy(folder / "steps")
    ratios, notes = steps.ratios(place, repetitions=effort.cases)
    spoken, sentences = language.measures()
    decided, more = tables.measures()
    measures = [*steps.counts(place), *ratios, *spoken, *decided]
    place.close()
    place = prepared.copy(folder / "loop")
    measures += loop.turns(place, late=effort.turns)
    place.close()
    measures += crowd.lists(prepared, folder, many=effort.open_tasks, repetitions=effort.pages)
    measures += lists.closed(prepared, folder, sizes=effort.tasks, repetitions=min(effort.pages, 20))
    measures += homes.closed(prepared, folder, many=effort.waiting)
    measures += crowd.clocks(prepared, folder, many=effort.waiting, due=effort.due)
    place = prepared.copy(folder / "sealed")
    measures += sealed.told_apart(place, calls=effort.sealed)
    place.close()
    if effort.children:
        place = prepared.copy(folder / "county")
        played, sentence = county.reckoned(place, children=effort.children)
        looked, times = decade.pages(place, folder, repetitions=min(effort.pages, 7), episodes=effort.episodes)
        place.close()
        measures, more = [*measures, *played, *looked], [*more, sentence, times]
    if effort.whole_year:
        place = prepared.copy(folder / "year")
        played, sentence = county.whole_year(place)
        place.close()
        measures, more = [*measures, *played], [*more, sentence]
    place = prepared.copy(folder / "process")
    measures += process.worker(place, starts=effort.starts)
    place.close()
    return measures, [*notes, *sentences, *more]
