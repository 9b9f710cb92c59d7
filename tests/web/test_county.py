"""The synthetic county: what is drawn agrees with what was published, and the checks of the promises find the truth of what is played."""

from __future__ import annotations

import csv
import re
import sqlite3
from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from engine.errors import Invalid
from engine.store import reading
from tests.web import counting, counting_courses
from web import event_files
from web.assembly import assemble
from web.county import names, parameters
from web.county.generating import FILE, Wanted, generate
from web.county.lapses import LAPSES, NOT_DRAWN, REFUSED
from web.county.lives import County, Episode, draw
from web.county.people import ANSWERED, DECIDE, LEFT_OUT
from web.county.times import LYING
from web.settings import Settings
from workflows import figures
from workflows.measures import GROUPS
from workflows.promises import PROMISES

BEGINS = datetime(2026, 1, 5, tzinfo=UTC)
CHILDREN = 50_000
POINTS = 0.02
"""How far a share may lie from the published one."""


@pytest.fixture(scope="module")
def county() -> County:
    """A county of fifty thousand children: drawn, and not played."""
    return draw(seed=7, children=CHILDREN, begins_at=BEGINS)


def share(some: Sequence[Episode], is_so: Callable[[Episode], object]) -> float:
    """Give how many of some are so."""
    return sum(1 for each in some if is_so(each)) / len(some)


def shares(
    some: Sequence[Episode], what: Callable[[Episode], str], published: Mapping[str, float]
) -> dict[str, tuple[float, float]]:
    """Give the share of each value beside the published one."""
    counted = Counter(map(what, some))
    return {f"{name} of {sorted(published)}": (counted[name] / len(some), part) for name, part in published.items()}


def who(county: County) -> dict[str, tuple[float, float]]:
    """Give who the children are, and how often they go, beside what was published (domain.md 10, 4.6 and 4.7)."""
    every = county.episodes
    counts = Counter(each.child.number for each in every)
    sizes = sorted(counts.values(), reverse=True)
    top = {part: sum(sizes[: round(len(sizes) * part)]) / len(every) for part in (0.055, 0.15)}
    in_care = [each for each in every if each.child.in_care]
    teens = [each for each in every if each.child.age >= 12]
    signs = [each for each in every if "cse" in each.child.flags]
    homes = [each for each in county.children if each.care == "residential"]
    return {
        "repeats [S121]": (1 - len(counts) / len(every), 0.65),
        "top 5.5 % of children [S121]": (top[0.055], 0.33),
        "top 15 % of children [S122]": (top[0.15], 0.506),
        **{f"{n} episodes": (sizes.count(n) / len(sizes), part) for n, part in ((1, 0.464), (2, 0.237))},
        "10 episodes and more": (sum(n >= 10 for n in sizes) / len(sizes), 0.055),
        "under 12 [S105]": (share(every, lambda e: e.child.age < 12), 0.07),
        "12 to 14 [S105]": (share(every, lambda e: 12 <= e.child.age < 15), 0.35),
        "15 to 17 [S105]": (share(every, lambda e: e.child.age >= 15), 0.58),
        "in care, 16 and more [S113]": (share(in_care, lambda e: e.child.age >= 16), 0.56),
        "boys of 12 to 17 [S107]": (share(teens, lambda e: e.child.sex == "male"), 0.515),
        "in care [S113]": (len(in_care) / len(every), 0.42),
        "residential [S117]": (share(in_care, lambda e: e.child.care == "residential"), 0.50),
        "children of homes, out of area [S119b]": (sum(each.out_of_area for each in homes) / len(homes), 0.50),
        **shares(every, lambda e: e.child.ethnicity, parameters.ETHNICITY.of),
        "sexual exploitation [S108]": (len(signs) / len(every), 0.086),
        "of these girls [S107]": (share(signs, lambda e: e.child.sex == "female"), 0.69),
        "mental health [S132]": (share(every, lambda e: "mental_health" in e.child.flags), 0.30),
    }


def what(county: County) -> dict[str, tuple[float, float]]:
    """Give what happens and what is done, beside what was published (domain.md 10, 4.6 and 4.8)."""
    every = county.episodes
    counts = Counter(each.child.number for each in every)
    first = {each.child.number: each for each in every if each.number == 1}
    seconds = [each for each in every if each.number == 2 and counts[each.child.number] < 10]
    soon = [each.missing_since - first[each.child.number].returned_at < timedelta(days=28) for each in seconds]
    in_care = [each for each in every if each.child.in_care]
    offered = [each for each in every if each.interview != "not_offered"]
    held = [each for each in offered if each.interview != "refused"]
    hours = {most: sum(each.hours < most for each in every) / len(every) for most in (24, 48)}
    distance = {km: sum(each.distance_km <= km for each in every) / len(every) for km in (1, 3, 18, 43)}
    lapses = Counter(key for each in every for key in each.lapses)
    return {
        "first repeat in four weeks [S120]": (sum(soon) / len(soon), 0.55),
        **shares(every, lambda e: e.risk, parameters.RISK.of),
        "within 24 hours [S111]": (hours[24], 0.76),
        "within 48 hours [S38]": (hours[48], 0.87),
        **{f"{km} km [S125]": (distance[km], part) for km, part in ((1, 0.30), (3, 0.50), (18, 0.80), (43, 0.90))},
        "from care, 22:00 to 01:00 [S126]": (share(in_care, lambda e: e.reported_at.hour in {22, 23, 0}), 0.40),
        **shares(every, lambda e: e.found_how, parameters.FOUND_HOW.of),
        "found at home [S125]": (share(every, lambda e: e.found_where == "home"), 0.25),
        "harm [S38]": (share(every, lambda e: e.harm), 0.04),
        "relationships [S107]": (share(every, lambda e: e.reason == "family_conflict"), 0.21),
        "interview offered [S47]": (len(offered) / len(every), 0.85),
        "held of the offered [S48]": (len(held) / len(offered), 0.62),
        "in time of the held [S47]": (share(held, lambda e: e.interview == "held"), 0.63),
        **{each.key: (lapses[each.key] / len(every), each.rate.of) for each in LAPSES},
        "confirms a sign": (share(every, lambda e: e.confirms), parameters.SELDOM.confirmed.of),
        "dead": (share(every, lambda e: e.is_fatal), parameters.SELDOM.dead.of),
    }


def test_every_published_share_is_drawn_within_two_points(county: County) -> None:
    off = {name: pair for name, pair in {**who(county), **what(county)}.items() if abs(pair[0] - pair[1]) > POINTS}
    assert off == {}
    assert abs(len(county.episodes) / len(county.children) - 2.86) < 0.06
    in_care = [each for each in county.episodes if each.child.in_care]
    assert abs(len(in_care) / len({each.child.number for each in in_care}) - 6.8) < 0.4


def test_brothers_and_sisters_go_and_come_back_together(county: County) -> None:
    """They are reported after the first and stay away as long; of children at home so many go with another as the rate says, where it fits."""
    firsts = {each.child.number: each for each in county.episodes if each.number == 1}
    pairs = [(firsts[each.together], each) for each in county.episodes if each.together]
    at_home = [each for each in county.children if not each.in_care]
    assert 0.4 < len(pairs) / len(at_home) / parameters.SELDOM.together.of < 1
    for first, other in pairs:
        assert first.reported_at < other.reported_at < other.returned_at == first.returned_at
        assert (first.missing_since, first.child.authority) == (other.missing_since, other.child.authority)
    assert sum(each.is_fatal for each in county.episodes) > 0


def test_nine_of_ten_are_back_within_a_day_in_a_county_that_is_quick() -> None:
    quick = draw(seed=7, children=4_000, begins_at=BEGINS, hours=parameters.HOURS_FAST).episodes
    for hours, published in ((24, 0.90), (48, 0.97)):
        assert abs(sum(each.hours < hours for each in quick) / len(quick) - published) < POINTS


def test_nobody_is_missing_twice_at_once_and_the_same_seed_draws_the_same(county: County) -> None:
    back: dict[int, datetime] = {}
    for each in county.episodes[:20_000]:
        assert (
            back.get(each.child.number, BEGINS - timedelta(days=9))
            < each.missing_since
            <= each.reported_at
            < each.returned_at
        )
        back[each.child.number] = each.returned_at
    some = [draw(seed=seed, children=40, begins_at=BEGINS) for seed in (5, 5, 6)]
    assert some[0] == some[1] != some[2]


def test_names_are_each_given_once_and_numbers_are_those_kept_free_for_drama(county: County) -> None:
    assert len({each.name for each in county.children}) == CHILDREN
    assert all(re.fullmatch(r"0115 496 0\d{3}", names.telephone(each)) for each in range(2_000))


def test_each_promise_that_is_checked_can_be_broken_or_it_is_said_why_not() -> None:
    broken = {promise for lapse in LAPSES for promise in lapse.promises} | {"G-01", "G-02"}
    kept = {*REFUSED, *NOT_DRAWN}
    assert broken.isdisjoint(kept)
    assert {each.id for each in PROMISES if each.check is not None} == broken | kept


@pytest.mark.parametrize(
    ("wanted", "places"),
    [
        (
            Wanted(months=13, children=0, first=date(9999, 12, 20), database_url="nowhere"),
            ["months", "children", "from"],
        ),
        (Wanted(database_url="no address"), ["database"]),
        (Wanted(database_url="sqlite:////not/there/county.sqlite3"), ["database"]),
        (Wanted(folder=Path(__file__)), ["out"]),
    ],
)
def test_a_county_that_cannot_be_is_refused_in_words(wanted: Wanted, places: list[str]) -> None:
    with pytest.raises(Invalid) as refused:
        list(generate(wanted))
    assert [each.where for each in refused.value.problems] == places


def test_every_lapse_is_a_task_that_lies_one_that_is_left_out_or_an_answer() -> None:
    lying = {each.lapse for rows in LYING.values() for each in rows} - {"not_offered", "held_late"}
    assert {each.key for each in LAPSES} == lying | ANSWERED | LEFT_OUT


OFTEN = parameters.Seldom(*(parameters.Rate(of, "(c)") for of in (0.1, 0.5, 0.9, 1.0)))
"""Lets a month of few children hold what a year holds once."""


def test_the_checks_find_every_broken_promise_of_a_county_that_was_played_and_no_other(tmp_path: Path) -> None:
    wanted = Wanted(seed=393, months=1, children=70, folder=tmp_path, check=True, seldom=OFTEN)
    said = list(generate(wanted))
    assert said[-1].splitlines()[-1].split()[-2:] == ["1.000", "1.000"]
    with (tmp_path / "ground_truth.csv").open() as file:
        truth = list(csv.DictReader(file))
    assert len({each["promise"] for each in truth}) >= 8
    assert "G-36" in {each["promise"] for each in truth}
    seldom_things_are_there(tmp_path)
    assert {path.name for path in tmp_path.glob("*.csv")} == {
        f"{name}.csv" for name in ("children", "episodes", "ground_truth", "bias_audit")
    }
    with pytest.raises(Invalid, match="not empty"):
        list(generate(wanted))
    time_goes_on_and_a_meeting_is_held_each_morning(tmp_path)
    dashboard_counts_what_the_exported_log_says(tmp_path)


def seldom_things_are_there(folder: Path) -> None:
    """Brothers and sisters name the case of the first, and nothing comes after a death."""
    together = "SELECT count(*) FROM episodes WHERE missing_with IN (SELECT case_id FROM episodes)"
    dead = "SELECT child_id, max(found_how = 'deceased'), max(reported_at), max(iif(found_how = 'deceased', reported_at, '')) FROM episodes GROUP BY 1"
    with closing(sqlite3.connect(folder / FILE)) as kept:
        assert kept.execute(together).fetchone()[0] > 0
        ends = [(last, died) for _child, is_dead, last, died in kept.execute(dead) if is_dead]
    assert ends
    assert all(last == died for last, died in ends)


def time_goes_on_and_a_meeting_is_held_each_morning(folder: Path) -> None:
    """Once a clock that was wound for a moment in the past went off then, and the log went back in time."""
    done = "SELECT count(*) FROM tasks WHERE element = ? AND status = 'completed'"
    before = "SELECT at, lag(at) OVER (PARTITION BY case_id ORDER BY seq) AS earlier FROM events"
    with closing(sqlite3.connect(folder / FILE)) as kept:
        signed, decided = (kept.execute(done, (name,)).fetchone()[0] for name in ("sign_off_meeting", DECIDE))
        back = kept.execute(f"SELECT count(*) FROM ({before}) WHERE at < earlier").fetchone()[0]
    assert back == 0
    assert signed in {29, 30, 31}
    assert decided > 0


def dashboard_counts_what_the_exported_log_says(folder: Path) -> None:
    """Meetings, trigger plans, flags and communities, counted from the log that is exported and the sheets; none is zero by chance."""
    services = assemble(Settings(database_url=f"sqlite:///{folder / FILE}", secret="x" * 64))
    key, log, ends = folder / "key", folder / "log.jsonocel", BEGINS + timedelta(days=31)
    key.write_bytes(b"so that the log and the sheets fit")
    about = {"file": log, "first": BEGINS.date(), "last": ends.date(), "procedure": [], "key_file": key}
    said = {"recipient": "The university", "basis": "partnership_analysis", "by": "superintendent"}
    list(event_files.export(services, Namespace(**about, **said), now=ends))
    truth = counting_courses.counted(folder, key.read_bytes(), counting.log_of(services.engine))
    with reading(services.engine) as connection:
        shown = figures.population(connection, figures.Period(BEGINS, ends), now=ends)
    services.engine.dispose()
    for group in ("meetings", "plans"):
        assert [shown.count(each) for each in GROUPS[group].measures] == truth[group]
        assert all(truth[group])
    flags = {each: shown.count(each) for each in GROUPS["flags"].measures if shown.count(each)}
    assert flags == {f"flag_{each}": count for each, count in truth["flags"].items()}
    assert {"flag_repeat_3_in_90", "flag_cse"} <= flags.keys()
    communities = {group: (count, list(each.values())) for group, (count, each) in shown.communities().items() if count}
    assert communities == truth["communities"]
    assert len(communities) >= 3
