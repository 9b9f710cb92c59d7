"""How many children live where comes in by a sheet, whole or not at all, and the dashboard's rates are worked out from it."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from itertools import product

import sqlalchemy as sa
from bs4 import BeautifulSoup

from engine.store import writing
from tests.web.site import Site
from web.population_sheets import HEADINGS, read
from workflows.access import KEEPS_POPULATIONS
from workflows.episodes import EpisodeRow
from workflows.populations import AGES, AREAS, GROUPS, Entry

KEEPER = "chief_inspector_missing"


def a_sheet(*areas: str, between: str = ",", **changes: str) -> bytes:
    """Write a sheet in which 1,250 children of each community and age live in each area; `changes` are of the first line."""
    rows = [
        ["2025", AREAS[area], group, age, "1,250", "Invented"]
        for area, group, age in product(areas, GROUPS.values(), AGES.values())
    ]
    rows[0] = [changes.get(heading, cell) for heading, cell in zip(HEADINGS, rows[0], strict=True)]
    out = io.StringIO()
    csv.writer(out, delimiter=between).writerows([HEADINGS, *rows])
    return out.getvalue().encode()


def row_of(page: BeautifulSoup, rows: str, words: str) -> list[str]:
    """Give the cells of the row with these words."""
    return next(
        [cell.text for cell in row.select("td")] for row in page.select(rows) if row.select("th")[0].text == words
    )


def test_a_sheet_comes_in_whole_and_says_all_that_is_wrong_with_its_line() -> None:
    found = read(a_sheet("nottingham_city"))
    assert (len(found.entries), found.problems) == (20, ())
    assert found.entries[0] == Entry(2025, "nottingham_city", "white", "under_10", 1250, "Invented")
    assert read(a_sheet("nottingham_city", between=";")) == found
    wrong = read(a_sheet("nottingham_city", Year="soon", Area="Example", Children="many", Source="")).problems
    assert [each.split(" ")[2] for each in wrong] == ["Area", "Year", "Children", "Source"]
    assert all(each.startswith("Line 2: ") for each in wrong)
    twice = read(a_sheet("nottingham_city", Community="Mixed")).problems
    assert twice == (
        "Nottingham City, 2025: White, Under 10, is missing. An area has each once",
        "Nottingham City, 2025: Mixed, Under 10, is there twice. An area has each once",
    )
    assert read(b"\xff\xfe").problems[0].startswith("The file is no CSV in UTF-8")
    assert read(b"Place,Number\n").problems[0].startswith("The first line is not the headings Year, Area")
    assert read(f"{','.join(HEADINGS)}\n".encode()).problems[0].startswith("The file has no row")


def sixty_episodes(site: Site) -> list[tuple[str, int, int, int]]:
    """Keep sixty episodes of February as the projection does: reference, child, age, and whether it is of the city."""
    columns = {
        column.name: False if isinstance(column.type, sa.Boolean) else ""
        for column in EpisodeRow.__table__.columns
        if not column.nullable
    }
    at = datetime(2026, 2, 10, tzinfo=UTC)
    people = [(f"MC-{number}", number % 3, 8 + number % 12, number % 2) for number in range(60)]
    with writing(site.services.engine) as connection:
        for case_id, child, age, city in people:
            row = {
                **columns, "case_id": case_id, "child_id": f"CH-{child}-{age}", "opened_at": at, "reported_at": at, "age": age,
                "adult": age > 17, "responsible_authority": "nottingham_city" if city else "another",
                "ethnicity": "asian_indian" if child else "white_irish",
            }  # fmt: skip
            connection.execute(sa.insert(EpisodeRow).values(**row))
    return people


def test_the_rates_are_the_episodes_of_children_for_each_thousand_who_live_there(site: Site) -> None:
    people = sixty_episodes(site)
    keeper = site.browser(KEEPER)
    page = keeper.page("/performance/population")
    assert "Nobody has taken any numbers in" in page.text
    refused = keeper.send("/performance/population/sheet", {"sheet": (io.BytesIO(b"x"), "x.csv")}, form=page)
    assert refused.status_code == 422
    taken = keeper.send(
        "/performance/population/sheet", {"sheet": (io.BytesIO(a_sheet("nottingham_city")), "s.csv")}, form=page
    )
    assert taken.status_code == 302
    assert "1,250" in keeper.page("/performance/population").text
    page = keeper.page("/performance?from=2026-02-01&to=2026-02-28")
    asian = [one for one in people if one[3] and one[2] < 18 and one[1]]
    cells = row_of(page, "#rates-tables table:nth-of-type(2) tbody tr", "Asian")
    assert cells[:3] == ["5,000", str(len(asian)), f"{1000 * len(asian) / 5000:.2f}"]
    bar = next(each for each in page.select("#rates-community li") if each.text.split()[0] == "Asian")
    assert bar.text.split()[1:] == [f"{cells[2]},", "before:", "0.00"]
    assert cells[5] == "0.00"
    assert cells[3] == str(len({(child, age) for _, child, age, _ in asian}))
    everybody = len([one for one in people if one[3] and one[2] < 18])
    times = (len(asian) / 5000) / (everybody / 25000)
    assert row_of(page, "#communities ~ div tbody tr", "Asian")[1:3] == [cells[2], f"{times:.1f}"]
    file = keeper.get("/performance/tables/rates.csv?from=2026-02-01&to=2026-02-28").text
    assert f'Community,Asian,"5,000",{len(asian)},{cells[2]},' in file
    assert "Children of 2025: Invented" in file
    for role in ("partnership_board", "csc_director"):
        assert site.browser(role).send("/performance/population/sheet", form=page).status_code == 403
    assert site.browser("call_taker").get("/performance/population").status_code == 403
    assert {KEEPER} < KEEPS_POPULATIONS
