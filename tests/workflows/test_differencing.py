"""Whoever sees figures only cannot work out a small number from all the tables of a period and of the one before, whatever adds up.

What adds up is not taken from the program: it is found in many invented periods, as the sets of episodes behind the numbers. A table that
comes to the page is attacked with the others by itself.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import product
from typing import Any

from web import figure_words, period_figures, rate_words
from web.figure_words import no_link
from workflows import crossing, hiding
from workflows.figures import Population
from workflows.measures import AGE_BANDS, SLICES, Around, Counted, community
from workflows.populations import AGES, GROUPS, Living
from workflows.promises import PROMISES, State, Verdict
from workflows.suppression import is_small
from workflows.vocabulary import BREACH_REASON, ETHNICITY, FOUND_HOW, HARM_TYPE

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
AREAS = ("nottingham_city", "nottinghamshire_county", "another", "")
LIVING = Living(2025, ("Invented",), dict.fromkeys(product(AREAS[:2], GROUPS, AGES), 500))
PERIODS, ROUNDS = (*range(30), 87), 40
"""In 87 a community was hidden beside another that the ethnic groups give, so that it hid nothing."""

Cell = tuple[str, str]


@dataclass(frozen=True)
class Sight:
    """What there is in a period: of each number the episodes behind it, as bits, and what is shown of it."""

    masks: Mapping[Cell, int]
    shown: Mapping[Cell, int | None]
    hidden: frozenset[Cell] = frozenset()
    """What a report would keep of it (`reports.hidden`)."""


@dataclass(frozen=True)
class Relation:
    """Numbers of which the `whole` together contain the `parts` together, each episode once; always, whatever the period."""

    whole: tuple[Cell, ...]
    parts: tuple[Cell, ...]


def one_of(chance: random.Random, *weighted: tuple[str, int]) -> str:
    return chance.choices([each for each, _ in weighted], [weight for _, weight in weighted])[0]


def an_episode(chance: random.Random, number: int) -> Counted:
    """Invent an episode in which everything hangs together as the procedure makes it."""
    at, age = NOW - timedelta(days=chance.randrange(1, 90)), chance.choice([None, *range(8, 20)])
    back = None if chance.random() < 0.1 else at + chance.randrange(1, 200) * HOUR
    ways = [*((key, 9) for key in FOUND_HOW if key != "deceased"), ("deceased", 2)]
    how = one_of(chance, *ways) if back else ""
    levels = ["", *("high", "medium", "low", "very_low") * 5]
    first = chance.choice(levels)
    return Counted(
        case_id=f"MC-{number}",
        person=f"CH-{chance.randrange(number + 2)}",
        authority=chance.choice(AREAS),
        reported_at=at,
        missing_since=at - HOUR,
        age=age,
        adult=age is not None and age > 17 and chance.random() < 0.8,
        sex=chance.choice(["female", "male", "not_known", ""]),
        ethnicity=chance.choice([*ETHNICITY, *["white_british"] * 9, *["black_african"] * 4, ""]),
        disability=chance.choice(["yes", "no", "no", "not_known", ""]),
        looked_after=chance.choice(["yes", "no", "not_known", ""]),
        placement_type=chance.choice(["foster", "home", ""]),
        missing_from=chance.choice(["home", "foster", "childrens_home", ""]),
        initial_level=first,
        level=chance.choice([first, first, *levels[1:]]) if first else "",
        status="closed" if back else "locating",
        returned_at=back,
        found_how=how,
        distance_km=chance.choice([None, 0.5, 2, 7, 60]),
        harm=chance.choice(["", "none", "none", *HARM_TYPE]) if back else "",
        plan_read="",
        **afterwards(chance, at, back if how != "deceased" else None),
    )


def afterwards(chance: random.Random, at: datetime, back: datetime | None) -> dict[str, Any]:
    """Invent what was done after a return, and in meetings: each step only where the one before it was."""
    offered = back + 20 * HOUR if back and chance.random() < 0.8 else None
    held = offered + chance.randrange(1, 90) * HOUR if offered and chance.random() < 0.7 else None
    wanted = at if chance.random() < 0.3 else None
    met = wanted + chance.randrange(1, 12) * DAY if wanted and chance.random() < 0.7 else None
    seen = back + chance.randrange(1, 40) * HOUR if back and chance.random() < 0.8 else None
    return {
        "crime": chance.choice(["yes", "no", ""]) if seen else "",
        "seen_at": seen,
        "not_seen_why": "" if seen or chance.random() < 0.5 else "refused",
        "interview_offered_at": offered,
        "interview_accepted_at": offered if held or chance.random() < 0.2 else None,
        "interview_held_at": held,
        "interview_received_at": held if chance.random() < 0.8 else None,
        "trigger_plan_updated_at": held if chance.random() < 0.6 else None,
        "late_why": chance.choice(["", *list(BREACH_REASON)[:4]]),
        "rating": chance.choice(["", "2", "4", "5"]) if held else "",
        "meeting_wanted_at": wanted,
        "meeting_held_at": met,
        "police_met": chance.choice(["yes", "no"]) if met else "",
    }


def a_period(seed: int) -> Population:
    """Invent a period; one in three is that of a small place."""
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    size = chance.choice([chance.randrange(1, 30), chance.randrange(30, 150), chance.randrange(150, 500)])
    found = tuple(an_episode(chance, number) for number in range(size))
    return Population(found, (), Around(NOW, {}, {}, {}))


def sight(population: Population, also: frozenset[Cell] = frozenset()) -> Sight:
    """Look at the page as somebody who sees figures only: charts and rates, with the episodes that a reader of all would find behind each.

    What an earlier report has hidden of it is hidden `also`.
    """
    bit = {one.case_id: 1 << place for place, one in enumerate(population.episodes)}
    masks: dict[Cell, int] = {}
    shown: dict[Cell, int | None] = {}
    shown_tables = hiding.tables(population, every_number=False, also=also)
    for table, chart in figure_words.charts(population, shown_tables, no_link, every_number=False).items():
        bars = {bar.key: bar.count for bar in chart.bars}
        keys = shown_tables[table] if table in SLICES else bars
        for key in keys:
            if table != "people" or key == "episodes":
                behind = population.behind(table, key) if table in SLICES else population.behind(key)
                masks[table, key] = sum(bit[one.case_id] for one in behind)
                shown[table, key] = bars.get(key)
    children = [one for one in population.episodes if not one.adult and one.authority in AREAS[:2]]
    told = rate_words.tell(population, LIVING, shown_tables, every_number=False, also=also)
    assert told is not None
    for way, value in (
        ("area", lambda one: one.authority), ("community", community),
        ("age", lambda one: next((band for band, (low, high) in YEARS.items() if one.age is not None and low <= one.age < high), "")),
    ):  # fmt: skip
        for rate in told.found[way]:
            masks[f"rate {way}", rate.key] = sum(bit[one.case_id] for one in children if value(one) == rate.key)
            shown[f"rate {way}", rate.key] = rate.episodes
    crossed = crossing.crossed(population, shown_tables, told.found, LIVING, promised(population), also)
    look_at_packs(population, crossed, masks, shown)
    return Sight(masks, shown, period_figures.hidden_in(shown_tables, told) | crossed.hidden)


def look_at_packs(
    population: Population, told: crossing.Crossed, masks: dict[Cell, int], shown: dict[Cell, int | None]
) -> None:
    """Look at what the packs show besides: each row of each table of two answers, and two promises."""
    bit = {one.case_id: 1 << place for place, one in enumerate(population.episodes)}
    for name, view in crossing.VIEWS.items():
        for part, column in product(told.views[name], view.columns):
            test = view.columns[column].test
            own = (one for one in population.episodes if view.part(one) == part and test(one, population.around))
            masks[f"{name} {column}", part] = sum(bit[one.case_id] for one in own)
            shown[f"{name} {column}", part] = told.views[name][part][column]
    for kept, state in product(told.promises, State):
        found = (each for each in promised(population) if (each.promise.id, each.state) == (kept.promise, state))
        masks[f"promise {kept.promise}", state] = sum(bit[each.case_id] for each in found)
        shown[f"promise {kept.promise}", state] = getattr(kept, state)


def promised(population: Population) -> Iterator[Verdict]:
    """Say what became of two promises that have to do with what is counted: the offer of an interview, and its 72 hours."""
    offered, held = (each for each in PROMISES if each.id in {"G-01", "G-02"})
    for one in population.behind("eligible"):
        state = State.KEPT if one.interview_offered_at else State.BROKEN
        yield Verdict(offered, one.case_id, state, None, None, "")
    for key, state in (("in_time", State.KEPT), ("late", State.BROKEN), ("waiting", State.PENDING)):
        yield from (Verdict(held, one.case_id, state, None, None, "") for one in population.behind(key))


YEARS = dict(zip(AGES, ((0, 10), (10, 13), (13, 16), (16, 18)), strict=True))


@cache
def sights() -> tuple[Sight, ...]:
    return tuple(sight(a_period(seed)) for seed in PERIODS)


@cache
def relations() -> tuple[Relation, ...]:
    """Find what adds up in every one of these periods, whatever it holds: who is in a number is in the parts of a table that it ever touches."""
    cells = sorted({cell for each in sights() for cell in each.masks})
    tables: dict[str, list[Cell]] = {}
    for cell in cells:
        if cell[0] in SLICES or cell[0].startswith(("rate", "promise", *crossing.VIEWS)):
            tables.setdefault(cell[0], []).append(cell)
        elif cell[0] == "late" and cell[1] != "late":
            tables.setdefault("late reasons", []).append(cell)
    found = []
    for cell in cells:
        masks = [(each.masks[cell], each) for each in sights() if cell in each.masks]
        for table, parts in tables.items():
            if table == cell[0] or not any(mask for mask, _ in masks):
                continue
            whole = [part for part in parts if any(mask & each.masks.get(part, 0) for mask, each in masks)]
            inside = all(not mask & ~union(each, whole) for mask, each in masks)
            around = all(not union(each, whole) & ~mask for mask, each in masks)
            found += [Relation(tuple(whole), (cell,))] * inside + [Relation((cell,), tuple(whole))] * around
    return (*found, *(Relation((other,), (one,)) for one, other in product(cells, cells) if contains(other, one)))


def contains(other: Cell, one: Cell) -> bool:
    """Whether a number contains another in every period, and in some holds more."""
    both = [(each.masks[one], each.masks[other]) for each in sights() if one in each.masks and other in each.masks]
    inside = one != other and all(not a & ~b for a, b in both)
    return inside and any(a for a, _ in both) and any(b & ~a for a, b in both)


def union(each: Sight, cells: Iterable[Cell]) -> int:
    found = 0
    for cell in cells:
        found |= each.masks.get(cell, 0)
    return found


def bounds(each: Sight) -> dict[Cell, tuple[int, int]]:
    """Work out between what each hidden number lies, as long as something gets narrower, and not for ever."""
    most = each.shown["people", "episodes"]
    between = {
        cell: (0, 4 if most is None else most) if count is None else (count, count)
        for cell, count in each.shown.items()
    }
    sums = []
    for relation in relations():
        above, below = ([cell for cell in side if cell in between] for side in (relation.whole, relation.parts))
        if any(each.shown[cell] is None for cell in (*above, *below)):
            sums.append((above, below, exact(relation)))
    pending = sums
    for _ in range(ROUNDS):
        before = dict(between)
        for above, below, is_exact in pending:
            narrow(between, above, below, at_most=is_exact)
            narrow(between, below, above, at_least=is_exact, at_most=True)
        narrower = {cell for cell, ends in between.items() if ends != before[cell]}
        pending = [each for each in sums if not narrower.isdisjoint((*each[0], *each[1]))]
        if not pending:
            break
    return between


@cache
def exact(relation: Relation) -> bool:
    """Whether both sides hold the same episodes in every period, and the whole does not only contain its parts."""
    return all(union(each, relation.whole) == union(each, relation.parts) for each in sights())


def narrow(
    between: dict[Cell, tuple[int, int]], side: list[Cell], others: list[Cell], *, at_least: bool = True, at_most: bool
) -> None:
    """Bring what the other side of a relation says of the numbers of this one: the whole is at least its parts, the parts at most their whole."""
    low, high = (sum(between[cell][end] for cell in others) for end in (0, 1))
    least_of, most_of = (sum(between[cell][end] for cell in side) for end in (0, 1))
    for cell in side:
        least, greatest = between[cell]
        found = (
            max(least, low - most_of + greatest) if at_least else least,
            min(greatest, high - least_of + least) if at_most else greatest,
        )
        least_of, most_of = least_of + found[0] - least, most_of + found[1] - greatest
        between[cell] = found


def leaks(each: Sight) -> Iterator[str]:
    between = bounds(each)
    for cell, (least, greatest) in between.items():
        count = each.masks[cell].bit_count()
        assert least <= count <= greatest, (cell, "the attack is wrong")
        if is_small(count) and least == greatest:
            yield f"{cell} is {count}"
    for relation in relations():
        cells = (*relation.whole, *relation.parts)
        if all(each.shown.get(cell, 0) is not None for cell in cells):
            above, below = (
                sum(each.shown.get(cell) or 0 for cell in side) for side in (relation.whole, relation.parts)
            )
            if is_small(above - below):
                yield f"{relation} leaves {above - below}"


def test_the_attack_knows_what_adds_up() -> None:
    """Without that it would find nothing because it looks for nothing."""
    known = {(relation.whole, relation.parts): exact(relation) for relation in relations()}
    every = ("people", "episodes")
    sex = tuple(sorted(("sex", key) for key in ("female", "male", "not_known", "not_recorded")))
    assert known[(every,), sex]
    assert known[(("grade", "not_graded"),), (("change", "not_graded"),)]
    assert any(whole == (("interviews", "eligible"),) for whole, _ in known)
    assert len(AGE_BANDS) == len(YEARS) + 2
    assert len(known) > 200


def test_no_small_number_follows_from_all_the_tables_of_a_period() -> None:
    for seed, each in zip(PERIODS, sights(), strict=True):
        assert list(leaks(each)) == [], seed
        small = [cell for cell, mask in each.masks.items() if is_small(mask.bit_count())]
        assert [cell for cell in small if each.shown[cell] is not None] == [], seed


def test_files_and_later_periods_show_no_number_that_the_page_of_its_period_hides() -> None:
    earlier, later = (
        figure_words.charts(each, hiding.tables(each, every_number=False), no_link, every_number=False)
        for each in (a_period(6), a_period(7))
    )
    hidden = {(table, bar.key) for table, chart in earlier.items() for bar in chart.bars if bar.count is None}
    assert hidden
    for table, chart in figure_words.compared(later, earlier).items():
        assert all(bar.before in {"Not shown", "0"} for bar in chart.bars if (table, bar.key) in hidden)
    for table, chart in earlier.items():
        files = figure_words.as_csv(chart, ""), figure_words.aggregate(earlier, "")
        words = [bar.words for bar in chart.bars if bar.count is None]
        assert all(f"{each},[c]," in files[0].replace('"', "") for each in words)
        assert table not in figure_words.AGGREGATED or all(
            f"{chart.title},{each},[c]," in files[1].replace('"', "") for each in words
        )


def put_right(population: Population, seed: int) -> Population:
    """Say something else of up to three episodes, as a correction does that comes after the quarter."""
    chance = random.Random(1_000 + seed)  # noqa: S311 - nothing secret
    episodes = list(population.episodes)
    for _ in range(chance.randrange(1, 4)):
        number = chance.randrange(len(episodes))
        episodes[number] = an_episode(chance, number)
    return Population(tuple(episodes), (), population.around)


def told_later(earlier: Sight, later: Sight) -> list[Cell]:
    """Name the small numbers that a report hid and a page shows later, or lets be worked out: who knows what was put right, knows what they were.

    A row that is gone says that nothing is left in it.
    """
    small = (cell for cell, mask in earlier.masks.items() if is_small(mask.bit_count()))
    between = bounds(later)
    return [cell for cell in small if earlier.shown[cell] is None and len(set(between.get(cell, (0, 0)))) == 1]


def test_no_small_number_of_a_report_follows_from_what_is_shown_of_its_quarter_later() -> None:
    """Of what a report hid, a page of the corrected quarter hides as much, and with it as many others as it takes."""
    followed = 0
    for seed, earlier in zip(PERIODS, sights(), strict=True):
        corrected = put_right(a_period(seed), seed)
        followed += len(told_later(earlier, sight(corrected)))
        later = sight(corrected, earlier.hidden)
        assert told_later(earlier, later) == [], seed
        assert list(leaks(later)) == [], seed
    assert followed > len(PERIODS) / 10
