"""The dashboard: its numbers are those of the log, lead to the episodes behind them, and hide what points to somebody."""

from __future__ import annotations

import csv
import io
import random
from argparse import Namespace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup

from engine.calendars import LONDON
from engine.errors import Invalid
from engine.model import Actor
from engine.store import ReadTable, TaskTable, reading, writing
from tests.web import wellformed
from tests.web.counting import counted
from tests.web.overseen import pack
from tests.web.population import Population, play
from tests.web.scenes import Scenes
from tests.web.site import Site, seal_from, statements
from web import live_measures, pack_words, periods, return_sheets
from web.figure_words import HIDDEN
from workflows import erasing, figures, reports, verification
from workflows.access import FIGURES, FIGURES_WITH_EPISODES
from workflows.agencies import ROLES
from workflows.disclosures import DisclosureRow
from workflows.episodes import EpisodeRow
from workflows.measures import AGE_BANDS, MEASURES, PEOPLE, SLICES
from workflows.reports import Version

DAYS = {"from": "2025-11-22", "to": "2026-03-02"}
QUERY = "from=2025-11-22&to=2026-03-02"
BEGINS, ENDS = datetime(2025, 11, 22, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC)
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
STATEMENTS = 18
"""Two for the session, one for whom this person stands in, one for what is sealed from them, one for who is missing, four for the period and for the one before it, two for which of the cases may be listed, one for who looked, one for the audits, one for how many children live there, then and before."""


def force(site: Site) -> list[str]:
    """Play the cases of a force in a hundred days, in every state; give their references."""
    return play(site.services, cases=60, until=NOW - timedelta(hours=1), days=105).ids


@pytest.fixture
def played(site: Site, scenes: Scenes) -> list[str]:
    """The site with these cases, and their references."""
    return scenes.begin(site, force)


def numbers(page: BeautifulSoup, chart: str) -> dict[str, str]:
    """Give the numbers of a chart by their words, as the table says them."""
    rows = page.select(f"#{chart} tbody tr")
    return {row.select("th")[0].text: row.select("td")[0].text for row in rows}


def in_words(chart: str, counts: dict[str, int]) -> dict[str, str]:
    return {SLICES[chart].words[part]: str(count) for part, count in counts.items()}


def test_each_number_of_the_dashboard_is_that_of_the_log(site: Site, played: list[str]) -> None:
    assert len(played) == 60
    page = site.browser("chief_inspector_missing").page(f"/performance?{QUERY}")
    truth = counted(site.services.engine, BEGINS, ENDS, site.clock())

    assert list(numbers(page, "people").values()) == [str(count) for count in truth["people"]]
    assert list(numbers(page, "interviews").values()) == [str(count) for count in truth["interviews"]]
    for chart in (
        "authority", "who", "age", "sex", "ethnicity", "first_grade", "grade", "duration", "found_how", "disability",
        "looked_after", "missing_from",
    ):  # fmt: skip
        said = {words: count for words, count in numbers(page, chart).items() if count != "0"}
        assert said == in_words(chart, truth[chart]), chart
    assert list(numbers(page, "prevention").values()) == [str(count) for count in truth["prevention"]]
    harm = numbers(page, "harm")
    assert [harm[MEASURES[key].words] for key in ("asked", "harmed", "crime")] == [
        str(count) for count in truth["harm"]
    ]
    outcomes = list(numbers(page, "outcomes").values())
    assert outcomes[:7] == [str(count) for count in truth["outcomes"]]
    assert all(truth["outcomes"][:3]), "four weeks are over, and some stayed"
    late = numbers(page, "late")
    assert late.pop(MEASURES["late"].words) == str(sum(truth["late"].values()))
    assert late == {MEASURES[f"late_{reason}"].words: str(count) for reason, count in truth["late"].items()}
    listed = [row.text for row in page.select("h2#missing + ul + table tbody th")]
    assert sorted(listed) == truth["missing"]
    assert all(int(count) > 0 for count in truth["interviews"][:-1]), "the population has every outcome"
    assert len(truth["ethnicity"]) > 4
    assert set(truth["who"]) == {"child", "adult", "not_recorded"}
    assert {"not_recorded", "not_stated"} <= set(truth["ethnicity"])


def every_number(site: Site) -> dict[str, int]:
    """Give every number of the period: of each measure, and of each part of each slice."""
    with reading(site.services.engine) as connection:
        found = figures.population(connection, figures.Period(BEGINS, ENDS), now=site.clock())
    parts = {f"{key} {part}": count for key in SLICES for part, count in found.parts(key).items() if count}
    return parts | {key: count for key in (*PEOPLE, *MEASURES) if (count := found.count(key))}


def changed(site: Site, before: dict[str, int]) -> dict[str, int]:
    """Say by how much each number is another now."""
    now = every_number(site)
    found = {key: now.get(key, 0) - before.get(key, 0) for key in now | before}
    return {key: more for key, more in found.items() if more}


def test_the_numbers_are_the_same_drawn_anew_and_follow_what_is_put_right_entered_late_and_erased(
    site: Site, played: list[str]
) -> None:
    """What is counted is kept with each step; drawn from the log again it is the same."""
    services, before = site.services, every_number(site)
    assert len(before) > 70

    row = EpisodeRow.__table__.c
    with reading(services.engine) as connection:
        alone = sa.select(row.case_id).where(row.found_how == "returned_self", row.child_id != "")
        inside = alone.where(row.reported_at >= BEGINS).order_by(row.reported_at)
        case_id = connection.execute(inside).scalars().all()[0]
    anybody, now = Actor("chief_inspector_missing", frozenset(ROLES), "police"), site.clock()
    services.cases.correct(
        case_id, "found", "", {"found_how": "found_family"}, by=anybody, now=now, key="put right", reason="Her aunt did"
    )
    assert changed(site, before) == {"found_how returned_self": -1, "found_how found_family": 1}

    more = Population(services, random.Random(1), NOW, list(played))  # noqa: S311 - a story, not a secret
    more.play(BEGINS + timedelta(days=3))
    assert changed(site, before)["episodes"] == 1

    told = every_number(site)
    with writing(services.engine) as connection:
        subject = erasing.find(connection, case_id)
        assert subject is not None
        erasing.erase(connection, subject, proposed_by="a", approved_by="b", basis="over", now=now)
    gone = changed(site, told)
    assert not {"episodes", "individuals", "eligible", "held"} & set(gone), "an episode counts without who it was"
    verification.rebuild(services.engine)
    assert changed(site, told) == gone


def test_a_shorter_period_and_one_authority_are_counted_alike(site: Site, played: list[str]) -> None:
    where = "from=2026-01-10&to=2026-02-10"
    begins, ends = datetime(2026, 1, 10, tzinfo=UTC), datetime(2026, 2, 11, tzinfo=UTC)
    truth = counted(site.services.engine, begins, ends, site.clock())
    browser = site.browser("superintendent")
    page = browser.page(f"/performance?{where}")
    assert list(numbers(page, "people").values()) == [str(count) for count in truth["people"]]
    assert 0 < truth["people"][0] < len(played)
    page = browser.page(f"/performance?{where}&authority=nottingham_city")
    assert numbers(page, "people")["Episodes reported"] == str(truth["authority"]["nottingham_city"])
    assert page.select("#authority.hw-chart") == []


def test_each_number_leads_to_the_episodes_behind_it(site: Site, played: list[str]) -> None:
    browser = site.browser("chief_inspector_missing")
    page = browser.page(f"/performance?{QUERY}")
    links = page.select(".hw-bar-count a")
    assert len(links) > 25
    for link in links:
        listed = browser.page(str(link["href"]))
        number = link.find(string=True)
        people = link.find_parent("figure")["id"] == "people" and "of=episodes" not in str(link["href"])  # type: ignore[index]
        rows = listed.select("tbody tr")
        found = {row.select("td")[0].text for row in rows} if people else {row.select("th")[0].text for row in rows}
        more = listed.select(".govuk-pagination__next")
        assert len(found) == int(str(number)) or more, link
        assert all(row.select("th a") for row in rows)
    assert "Kit" not in page.text
    assert len(played) > 50


def test_a_long_list_has_pages_and_each_look_is_written_down(site: Site, played: list[str]) -> None:
    browser = site.browser("chief_inspector_missing")
    first = browser.page(f"/performance/episodes?{QUERY}&of=episodes")
    (following,) = first.select(".govuk-pagination__next a")
    second = browser.page(str(following["href"]))
    seen = [row.text for page in (first, second) for row in page.select("tbody th")]
    assert len(seen) == len(set(seen))
    assert set(seen) <= set(played)
    with reading(site.services.engine) as connection:
        read = connection.execute(sa.select(ReadTable.case_id).where(ReadTable.person == "chief_inspector_missing"))
        assert sorted(read.scalars()) == sorted(seen)


def test_the_cost_in_statements_does_not_grow_with_the_cases(site: Site, scenes: Scenes) -> None:
    def asked() -> int:
        browser = site.browser("chief_inspector_missing")
        with statements(site) as seen:
            browser.page(f"/performance?{QUERY}")
        return sum(text.lstrip().startswith(("SELECT", "INSERT", "UPDATE")) for text in seen)

    assert asked() <= STATEMENTS
    assert len(scenes.begin(site, force)) == 60
    assert asked() <= STATEMENTS


@pytest.mark.parametrize("role", sorted(ROLES))
def test_who_sees_the_figures_and_who_the_episodes_behind_them(site: Site, role: str) -> None:
    browser = site.browser(role)
    assert browser.get("/performance").status_code == (200 if role in FIGURES else 403)
    assert browser.get("/performance/tables/sex.csv").status_code == (200 if role in FIGURES else 403)
    status = 200 if role in FIGURES_WITH_EPISODES else 403
    assert browser.get("/performance/episodes?of=sex&is=female").status_code == status
    shown = [link.text.strip() for link in browser.page("/tasks").select("nav a")]
    assert ("Performance" in shown) == (role in FIGURES)


@pytest.mark.parametrize("role", ["partnership_board", "inspection_coordinator", "rhi_commissioner"])
def test_who_sees_figures_only_sees_no_small_number_and_no_list(site: Site, played: list[str], role: str) -> None:
    browser = site.browser(role)
    quarter = "from=2025-10-01&to=2025-12-31"
    page = browser.page(f"/performance?{quarter}")
    assert page.select(".hw-bar-count a") == []
    assert page.select("h2#missing") == []
    assert not any(case_id in page.text for case_id in played)
    for chart in ("people", "interviews", *SLICES):
        for words, number in numbers(page, chart).items():
            assert number == "Not shown" or int(number) == 0 or int(number) >= 5, words
    assert "Not shown" in page.text
    csv_text = browser.get(f"/performance/tables/ethnicity.csv?{quarter}").text
    assert "[c]" in csv_text


def test_who_is_missing_and_sealed_is_not_even_counted_for_those_who_do_not_see_it(
    site: Site, played: list[str]
) -> None:
    """That there is one more, of which one is not told, is what a seal keeps (domain 13.12)."""
    reader = site.browser("chief_inspector_missing")
    before = reader.page(f"/performance?{QUERY}")
    listed = [row.text for row in before.select("h2#missing + ul + table tbody th")]
    seal_from(site, listed[:1], "chief_inspector_missing")
    after = reader.page(f"/performance?{QUERY}")
    assert [row.text for row in after.select("h2#missing + ul + table tbody th")] == listed[1:]
    counts = [page.select("h2#missing + ul li")[0].text for page in (before, after)]
    assert [int(each.split(" ")[0]) for each in counts] == [len(listed), len(listed) - 1]
    assert "of which your roles do not see" not in after.text
    assert len(played) == 60


def test_a_pack_tells_of_a_quarter_without_a_person_or_a_small_number_to_nobody_in_particular(
    site: Site, played: list[str]
) -> None:
    """It is drawn without a request or a reader; the same facts give the same bytes, and what is sealed changes none of them."""
    quarter, now = periods.Span(date(2025, 10, 1), date(2025, 12, 31)), site.clock()
    with site.app.app_context():
        told = pack(site, "partnership", quarter, now)
        body = pack_words.fragment(told)
        page = BeautifulSoup(body, "html.parser")
        wellformed.read(body, part=True)
        seal_from(site, played[:40], "partnership_board")
        assert pack_words.fragment(pack(site, "partnership", quarter, now)) == body
        panel = pack(site, "panel", quarter, now)
        for wrong in (
            periods.Span(quarter.first, date(2025, 12, 30)),
            periods.Span(date(2026, 1, 1), date(2026, 3, 31)),
        ):
            with pytest.raises(Invalid, match="whole quarter that is over"):
                pack(site, "panel", wrong, now)
        with pytest.raises(pack_words.PackNotFound):
            pack(site, "elephants", quarter, now)
    assert {each.key for each in told.sections} - {each.key for each in panel.sections} == {"partners"}
    assert not any(case_id in body for case_id in played)
    assert "Kit" not in body
    assert "CH-" not in body
    assert page.select("#pack-flags, #pack-plans") == []
    bars = [bar.extract() for bar in page.select("svg")]
    assert all(bar.find("title") for bar in bars), "a tagged PDF says each picture in words"
    dashboard = site.browser("partnership_board").page("/performance?from=2025-10-01&to=2025-12-31")
    for chart in ("people", "interviews", "ethnicity", "outcomes"):
        rows = {row.select("th")[0].text: row.select("td")[0].text for row in page.select(f"#pack-{chart} tbody tr")}
        assert rows == numbers(dashboard, chart)
    cells = [
        cell.text.split(" ")[0] for row in page.select("table:not(.hw-pack-wide) tbody tr") for cell in row.select("td")
    ]
    assert not {"1", "2", "3", "4"} & set(cells)
    kept = {row.select("th")[0].text: row.select("td")[1].text for row in page.select("#pack-promises tbody tr")}
    assert len(kept) > 10
    assert "Not shown" in kept.values()
    assert any(each.isdecimal() for each in kept.values())


def test_what_a_report_hid_of_a_quarter_stays_hidden_when_something_is_put_right_later(
    site: Site, played: list[str]
) -> None:
    """Who knows what was put right would have from the report and the page together what the report hid."""
    quarter, now = periods.Span(date(2025, 10, 1), date(2025, 12, 31)), site.clock()
    address = "from=2025-10-01&to=2025-12-31"
    told = pack(site, "panel", quarter, now)
    key = next(key for table, key in sorted(told.hidden[quarter.first]) if table == "ethnicity")
    words = SLICES["ethnicity"].words[key]
    board, inspector = site.browser("partnership_board"), site.browser("chief_inspector_missing")
    with writing(site.services.engine) as connection:
        within = EpisodeRow.reported_at < quarter.period.ends_at
        some = connection.execute(sa.select(EpisodeRow.case_id).where(within).limit(12)).scalars().all()
        connection.execute(sa.update(EpisodeRow).where(EpisodeRow.case_id.in_(some)).values(ethnicity=key))
    assert numbers(board.page(f"/performance?{address}"), "ethnicity")[words].isdecimal()
    with writing(site.services.engine) as connection:
        drawn = Version("RP-7K3QX9PW", 1, "<p>A</p>", reports.fingerprint("<p>A</p>"), (), now)
        reports.keep_version(connection, "errand", drawn, told.hidden)
    assert numbers(board.page(f"/performance?{address}"), "ethnicity")[words] == "Not shown"
    file = board.get(f"/performance/tables/ethnicity.csv?{address}").text
    assert next(row for row in csv.reader(io.StringIO(file)) if row and row[0] == words)[1] == "[c]"
    assert ("ethnicity", key) in pack(site, "partnership", quarter, now).hidden[quarter.first]
    assert numbers(inspector.page(f"/performance?{address}"), "ethnicity")[words].isdecimal()
    with writing(site.services.engine) as connection:
        connection.execute(sa.update(EpisodeRow).where(EpisodeRow.ethnicity == key).values(ethnicity=""))
    assert numbers(board.page(f"/performance?{address}"), "ethnicity")[words] == "Not shown"
    assert ("ethnicity", key) in pack(site, "panel", quarter, now).hidden[quarter.first]
    assert words not in numbers(inspector.page(f"/performance?{address}"), "ethnicity")


def test_periods_that_overlap_are_not_for_those_who_see_figures_only(site: Site) -> None:
    """Two periods that differ by a day would tell of that day alone."""
    browser = site.browser("partnership_board")
    page = browser.page("/performance?from=2025-10-01&to=2025-12-30", 422)
    assert "whole quarters that are over" in page.text
    assert browser.page("/performance?from=2026-01-01&to=2026-03-31", 422)
    page = browser.page("/performance?authority=nottingham_city")
    assert "all authorities" in page.text


def test_a_council_sees_its_own_episodes_and_no_others(site: Site, played: list[str]) -> None:
    everything = site.browser("superintendent").page(f"/performance?{QUERY}")
    own = numbers(everything, "authority")["Nottinghamshire County"]
    browser = site.browser("csc_service_manager")
    page = browser.page(f"/performance?{QUERY}")
    assert numbers(page, "people")["Episodes reported"] == own != str(len(played))
    listed = browser.page(f"/performance/episodes?{QUERY}&of=episodes")
    assert len(listed.select("tbody tr")) == int(own)
    assert browser.page(f"/performance?{QUERY}&authority=nottingham_city", 422)
    other = browser.page(f"/performance/episodes?{QUERY}&of=authority&is=nottingham_city")
    assert other.select("tbody tr") == []


def test_what_a_role_may_not_read_has_a_number_and_no_list(site: Site, played: list[str]) -> None:
    """A locate sergeant reads no outcome of a return interview (D9), and sees how many were held."""
    browser = site.browser("locate_sergeant")
    page = browser.page(f"/performance?{QUERY}")
    assert int(numbers(page, "interviews")["Held"]) > 0
    linked = [link["href"] for link in page.select("#interviews .hw-bar-count a")]
    assert [str(href).rpartition("of=")[2] for href in linked] == ["eligible"]
    listed = browser.page(f"/performance/episodes?{QUERY}&of=held")
    assert listed.select("tbody tr") == []
    assert len(played) == 60


def test_a_table_is_a_file_that_no_spreadsheet_takes_for_a_formula(site: Site, played: list[str]) -> None:
    browser = site.browser("mfh_coordinator")
    page = browser.page(f"/performance?{QUERY}")
    for chart in ("people", "interviews", *SLICES):
        answer = browser.get(f"/performance/tables/{chart}.csv?{QUERY}")
        assert answer.mimetype == "text/csv"
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{chart}.csv"'
        rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
        assert {row[0]: row[1] for row in rows[2:]} == numbers(page, chart)
        assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]
    whole = list(
        csv.reader(io.StringIO(browser.get(f"/performance/tables/aggregate.csv?{QUERY}").text.removeprefix("\ufeff")))
    )
    for chart in ("grade", "age", "sex", "ethnicity", "duration", "found_how"):
        assert {row[1]: row[2] for row in whole if row[0] == SLICES[chart].title} == numbers(page, chart)
    board = site.browser("partnership_board").get("/performance/tables/aggregate.csv").text
    assert "[c]" in board
    assert not [row for row in csv.reader(io.StringIO(board)) if row[2] in {"1", "2", "3", "4"}]
    assert browser.get("/performance/tables/elephants.csv").status_code == 404
    assert browser.get("/performance/episodes?of=elephants").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/performance/tables/late.csv", "/performance/episodes", "/performance/steps.csv", "/performance/reconciled",
        "/performance/reconciled.csv", "/promises/G-01",
    ],
)  # fmt: skip
def test_a_file_or_a_list_of_days_that_cannot_be_is_refused_and_not_of_others(site: Site, path: str) -> None:
    """It was of the last 90 days, and said so in its first line alone."""
    answer = site.browser("superintendent").get(f"{path}?of=episodes&from=2026-02-01&to=2026-01-01")
    assert answer.status_code == 422
    assert "The last day must be the first day or later" in answer.text


def test_a_number_that_is_not_shown_to_who_looks_is_not_said_to_be_none() -> None:
    for table, key in (("flags", "flag_cse"), ("plans", "with_plan"), ("meetings", "police_met")):
        assert live_measures._said({"": {}}, live_measures.Named(table, key, ""), every_number=False) == HIDDEN
        assert live_measures._said({"": {}}, live_measures.Named(table, key, ""), every_number=True) == "None"


def test_a_cell_that_would_be_a_formula_becomes_a_text() -> None:
    from web.figure_words import written

    assert written([["=1+1", "-2", "+3", "@SUM", "\tx", "plain"]]) == "\ufeff'=1+1,'-2,'+3,'@SUM,'\tx,plain\r\n"


def test_days_are_chosen_in_a_form_and_become_an_address(site: Site) -> None:
    browser = site.browser("duty_inspector")
    form = "from-day=1&from-month=2&from-year=2026&to-day=28&to-month=2&to-year=2026"
    answer = browser.get(f"/performance?{form}&authority=another")
    assert answer.status_code == 302
    assert answer.location == "/performance?from=2026-02-01&to=2026-02-28&authority=another"
    assert "1 February 2026 to 28 February 2026, Another authority" in browser.page(answer.location).text


def test_all_that_is_wrong_with_the_days_is_said_at_once_and_nothing_typed_is_lost(site: Site) -> None:
    browser = site.browser("duty_inspector")
    form = "from-day=31&from-month=2&from-year=2026&to-day=x&to-month=2&to-year=2026&authority=nobody"
    page = browser.page(f"/performance?{form}", 422)
    assert [link["href"] for link in page.select(".govuk-error-summary a")] == ["#from-day", "#to-day", "#authority"]
    assert page.select("#from-day")[0]["value"] == "31"
    assert page.select("#to-day")[0]["value"] == "x"
    assert page.title is not None
    assert page.title.text.startswith("Error: ")
    page = browser.page("/performance?from=2026-02-01&to=2026-01-01", 422)
    assert "The last day must be the first day or later" in page.text
    assert "two years at most" in browser.page("/performance?from=2020-02-01&to=2026-01-01", 422).text
    assert "today or in the past" in browser.page("/performance?from=2027-02-01&to=2027-03-01", 422).text


def test_periods_begin_and_end_at_midnight_in_england(now: datetime) -> None:
    spans = periods.presets(now)
    assert {words: span.query for words, span in spans.items()} == {
        "This month": {"from": "2026-03-01", "to": "2026-03-02"},
        "Last month": {"from": "2026-02-01", "to": "2026-02-28"},
        "This quarter": {"from": "2026-01-01", "to": "2026-03-02"},
        "Last quarter": {"from": "2025-10-01", "to": "2025-12-31"},
        "Last 90 days": {"from": "2025-12-03", "to": "2026-03-02"},
        "Last 12 months": {"from": "2025-03-03", "to": "2026-03-02"},
    }
    summer = periods.ended_quarters(datetime(2026, 7, 1, 0, 30, tzinfo=UTC))[0]
    assert summer.period.begins_at == datetime(2026, 3, 31, 23, tzinfo=UTC)
    assert summer.period.ends_at == datetime(2026, 6, 30, 23, tzinfo=UTC)
    assert set(AGE_BANDS) == set(SLICES["age"].always)


def test_the_counts_of_police_and_social_care_differ_by_cases_that_are_listed_with_the_reason(
    site: Site, played: list[str]
) -> None:
    task = TaskTable
    done = sa.select(task.case_id, task.completed_at).where(
        task.element == "acknowledge_missing_notice", task.status == "completed"
    )
    with reading(site.services.engine) as connection:
        acknowledged = {
            case for case, at in connection.execute(done).tuples() if at is not None and BEGINS <= at < ENDS
        }
    truth = counted(site.services.engine, BEGINS, ENDS, site.clock())
    browser = site.browser("superintendent")
    page = browser.page(f"/performance/reconciled?{QUERY}")
    rows = {row.select("th")[0].text: [cell.text for cell in row.select("td")] for row in page.table.select("tbody tr")}  # type: ignore[union-attr]
    assert rows["All"] == [str(truth["people"][0]), str(len(acknowledged))]
    assert [sum(int(row[side]) for words, row in rows.items() if words != "All") for side in (0, 1)] == [
        int(each) for each in rows["All"]
    ]
    listed = [row.select("th")[0].text for row in page.select("h2 + table.hw-screen tbody tr")]
    assert len(listed) == len(page.select("h2 + table tbody tr")), "no case is named on paper"
    assert (
        len(set(listed))
        == len(listed)
        == sum(abs(int(row[0]) - int(row[1])) for words, row in rows.items() if words != "All")
        > 0
    )
    alone = {case for case in listed if case not in acknowledged}
    assert alone
    assert alone <= set(played)
    assert "An adult, of whom social care is not told" in rows
    lines = list(csv.reader(io.StringIO(browser.file(f"/performance/reconciled.csv?{QUERY}"))))
    assert sorted(line[0] for line in lines[5:]) == sorted(listed)
    with reading(site.services.engine) as connection:
        assert noted_under(connection, "The counts of police and social care") == set(listed)
        looked = sa.select(ReadTable.case_id).where(
            ReadTable.purpose == "performance, counts of police and social care"
        )
        assert set(connection.execute(looked).scalars()) == set(listed)


def noted_under(connection: sa.Connection, what: str) -> set[str]:
    """Name the records of which it is noted that this was given."""
    asked = sa.select(DisclosureRow.about).where(DisclosureRow.what.startswith(what))
    return set(connection.execute(asked).scalars())


def written_by_command(site: Site, file: Path, lines: list[list[str]], faults: int, cases: set[str]) -> None:
    """Write the same return from the command line: the same lines and faults, noted for the same cases; and what is refused, all at once."""
    said = {"statutory": "ssda903", "area": "nottinghamshire_county", "last": date(2026, 3, 31), "by": "csc_director"}
    given = {"file": file, "recipient": "The department", "basis": "childrens_services"}
    told = list(return_sheets.export(site.services, Namespace(**said | given), now=site.clock()))
    assert list(csv.reader(io.StringIO(file.read_text("utf-8-sig")))) == lines
    assert len(told) - 1 == faults
    with reading(site.services.engine) as connection:
        to = sa.select(DisclosureRow.about).where(DisclosureRow.given_to == "The department")
        assert cases <= set(connection.execute(to).scalars())
    wrong = Namespace(**said | given | {"recipient": "", "area": "nottingham_city"})
    with pytest.raises(Invalid) as refused:
        list(return_sheets.export(site.services, wrong, now=site.clock()))
    assert {each.where for each in refused.value.problems} >= {"file", "area", "recipient"}


def test_the_return_of_a_council_holds_its_children_in_care_and_is_noted(
    site: Site, played: list[str], tmp_path: Path
) -> None:
    """On the page and from the command line: the same lines, faults and record of the copy."""
    director = site.browser("csc_director")
    page = director.page("/returns?to=2026-03-31")
    with reading(site.services.engine) as connection:
        row = EpisodeRow
        own = sa.select(row.case_id, row.missing_since, row.reported_at, row.returned_at).where(
            row.responsible_authority == "nottinghamshire_county",
            row.looked_after == "yes",
            row.status != "cancelled_error",
        )
        truth = connection.execute(own).all()
    assert truth
    assert f"{len(truth)} line" in " ".join(page.text.split())
    address = "/returns/file?file=ssda903&area=nottinghamshire_county&to=2026-03-31"
    assert "Choose for whom it is." in director.send(address, {}, form=director.page(address)).text
    lines = list(csv.reader(io.StringIO(director.file(address))))
    assert lines[0] == ["CHILD", "DOB", "MISSING", "MIS_START", "MIS_END"]

    def day(moment: datetime | None) -> str:
        return "" if moment is None else f"{moment.astimezone(LONDON):%d/%m/%Y}"

    assert sorted(line[2:] for line in lines[1:]) == sorted(
        ["M", day(each.missing_since or each.reported_at), day(each.returned_at)] for each in truth
    )
    with reading(site.services.engine) as connection:
        assert {each.case_id for each in truth} <= noted_under(connection, "Missing episodes of the SSDA903")
    written_by_command(
        site, tmp_path / "year.csv", lines, len(page.select("tbody tr")), {each.case_id for each in truth}
    )
    annex = list(csv.reader(io.StringIO(director.file(address.replace("ssda903", "annex_a")))))
    assert sum(int(line[2]) for line in annex[1:]) == len(truth)
    for line in page.select("tbody tr"):
        assert line.select("td")[2].text
    assert director.get("/returns?area=nottingham_city").status_code == 404, "another council's"
    assert director.get("/returns/file?to=2026-03-02").status_code == 422, "no year ends on that day"
    assert site.browser("chief_inspector_missing").get("/returns").status_code == 403
