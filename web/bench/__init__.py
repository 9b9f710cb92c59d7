"""`homeward bench`: measures the shipped procedure against the budgets of its design, on this machine, in temporary folders.

Counts are hard. Times drift with the machine and with what else it does, so they are compared within one run, in turns, and
by medians. A budget that is missed stays in the table as missed and does not make the command fail.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from web.bench import crowd, loop, process, site, steps
from web.bench.report import Measure, table, write

FILE = Path("build") / "bench.json"


@dataclass(frozen=True, slots=True)
class Effort:
    """How often each thing is measured: cases played, turns of a loop, pages read, due timers, starts of a worker."""

    cases: int = 25
    turns: int = 1_500
    pages: int = 60
    due: int = 1_000
    starts: int = 5


QUICK = Effort(cases=6, turns=300, pages=20, due=300, starts=2)


def main(arguments: Sequence[str]) -> int:
    """Measure, print the table and write the file; give 0, also where a budget was missed."""
    parser = argparse.ArgumentParser(prog="homeward bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="measure less often: noisier, and done in half a minute")
    parser.add_argument("--output", type=Path, default=FILE, help="where the values go (default: %(default)s)")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="homeward-bench-") as folder:
        measures, notes = measure(Path(folder), QUICK if chosen.quick else Effort())
    write(measures, chosen.output)
    sys.stdout.write("\n".join(["", *notes, "", table(measures), f"Written to {chosen.output}.", ""]))
    return 0


def measure(folder: Path, effort: Effort) -> tuple[list[Measure], list[str]]:
    """Measure everything in an empty folder; give the measures, and sentences with the absolute times."""
    prepared = site.prepare(folder / "prepared")
    place = prepared.copy(folder / "steps")
    ratios, notes = steps.ratios(place, repetitions=effort.cases)
    measures = [*steps.counts(place), *ratios]
    place.close()
    place = prepared.copy(folder / "loop")
    measures += loop.turns(place, late=effort.turns)
    place.close()
    measures += crowd.lists(prepared, folder, repetitions=effort.pages)
    measures += crowd.clocks(prepared, folder, due=effort.due)
    place = prepared.copy(folder / "process")
    measures += process.worker(place, starts=effort.starts)
    place.close()
    return measures, notes
