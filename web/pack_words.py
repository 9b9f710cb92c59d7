"""The body of the packs for the scrutiny panel and the safeguarding partnership: the figures of a quarter, its promises, audits and recommendations.

Told is what somebody is told who sees figures only (domain.md 5.2, rule vi), whoever asks: no person, no small number, none that gives
one away, whole quarters that are over. What is sealed is counted as it is for every such reader, so that a seal changes no number. A pack
is plain data: the same facts give the same bytes. Source: domain.md 3.6, N12.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType

import sqlalchemy as sa

from engine.errors import Invalid, NotFound, Problem
from engine.frozen import frozen
from engine.model import Value
from web import audit_words, govuk, period_figures, periods, recommendation_words
from web.figure_words import HIDDEN, Bar, Chart, no_link
from web.period_figures import PeriodFigures, Scope
from web.periods import Span
from web.promise_words import SEVERITIES
from web.recommendation_words import Line
from workflows import audits, crossing, reports, sources
from workflows.agencies import title_of
from workflows.audits import STANDARDS, Month
from workflows.crossing import VIEWS, Crossed, Kept
from workflows.hiding import Cell
from workflows.promises import PROMISES, check_period
from workflows.recommendations import Recommendation
from workflows.suppression import SMALLEST_SHOWN

SINCE: Mapping[str, str] = MappingProxyType(
    {"panel": "since the panel's last report", "partnership": "since the quarter began"}
)
"""The kinds of packs, and since when something is new to the readers of each."""

MOST_BESIDE, MOST_ON_A_PAGE = 5, 22


@frozen
class Row:
    """One row: `bar` is the length of its bar in per cent, None where it has none or is not shown; `outlined` is that of no answer."""

    words: str
    cells: tuple[str, ...]
    bar: int | None = None
    outlined: bool = False


@frozen
class Table:
    """One table: `says` is what is counted in it, `head` what its first column is; `is_text` where the others are no numbers."""

    key: str
    title: str
    says: str
    head: str
    heads: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    is_text: bool = False

    @property
    def is_wide(self) -> bool:
        """Whether it has so many columns, or so much text in them, that the first one has to be narrow."""
        return self.is_text or len(self.heads) > MOST_BESIDE

    @property
    def is_whole(self) -> bool:
        """Whether it is so short that it is not broken over two pages."""
        return len(self.rows) <= MOST_ON_A_PAGE


@frozen
class Listing:
    """Sentences under a heading; without any, `nothing` is said."""

    title: str
    entries: tuple[str, ...]
    nothing: str


@frozen
class Section:
    """A part of a pack: sentences, tables, lists."""

    key: str
    title: str
    says: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    listings: tuple[Listing, ...] = ()

    @property
    def is_long(self) -> bool:
        """Whether a table in it goes on over pages, so that it begins on one of its own."""
        return not all(each.is_whole for each in self.tables)


@frozen
class Pack:
    """The body of a pack as its template shows it; the report around it says of which kind and quarter it is.

    `hidden` are the numbers that are not shown in it, by the first day of their quarter.
    """

    sections: tuple[Section, ...]
    hidden: Mapping[date, frozenset[Cell]]


class PackNotFound(NotFound):
    """There is no pack of this kind."""


IN_SHORT: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("people", ("episodes", "individuals", "two_or_more", "three_in_90", "ten_in_365")),
    ("harm", ("harmed",)),
    ("prevention", ("seen_in_time",)),
    ("interviews", ("offered", "held", "in_time")),
    ("meetings", ("met_in_time",)),
    ("outcomes", ("quiet_28", "quiet_90", "quiet_180")),
)
"""The numbers with which a pack begins, by table."""

CHARTS: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "missing": ("Who was missing", ("people", "who", "age", "sex", "disability", "looked_after", "missing_from", "authority")),
        "communities": ("Communities", ("ethnicity",)),
        "risk": ("Risk, time away and return", ("first_grade", "grade", "change", "duration", "distance", "found_how")),
        "harm": ("Harm and offences", ("harm",)),
        "after": ("After the return", ("prevention", "interviews", "late")),
        "meetings": ("Meetings", ("meetings",)),
        "outcomes": ("What became of the children", ("outcomes",)),
    }
)  # fmt: skip
"""The sections of tables of the dashboard, by title and tables (domain.md 3.6)."""

PARTNERSHIP_VIEWS = ("authorities", "placements")
"""What a safeguarding partnership asks besides: each authority and each kind of placement for itself."""

COUNTED = (
    "An episode belongs to the quarter in which it was reported. A person is counted once, however often they were reported.",
    "Numbers from 1 to 4 are not shown, nor others from which they would follow. “Not shown” is therefore not always a small number.",
    "The period before is the quarter before. What is published elsewhere is of other years and counted in other ways: it is for orientation and no target.",
    "Of what came after a return, only children are counted who have been back for so many days.",
    "Left out are flags, trigger plans and who sat in meetings: those who read figures are told no number of police intelligence, of plans and of minutes.",
)  # fmt: skip
"""How it is counted, for every pack."""


def told(
    connection: sa.Connection,
    kind: str,
    span: Span,
    now: datetime,
    *,
    open_ones: Sequence[Recommendation],
    stands: Mapping[str, Value],
) -> Pack:
    """Tell the pack of a quarter with the recommendations that are not over; `stands` is what the table `rag` says now of each, by case.

    Who is told is noted by whoever shows it. Refused with `PackNotFound`, and with `Invalid` where the days are no whole quarter that
    is over: between two periods that overlap, a hidden number is a difference.
    """
    if kind not in SINCE:
        raise PackNotFound("There is no pack of this kind.")
    if not periods.is_ended_quarter(span, now):
        raise Invalid([Problem("period", "ended-quarter", "A pack is of a whole quarter that is over")])
    figures = period_figures.of(connection, span, Scope(), no_link, now)
    verdicts = check_period(connection, span.period, now=now)
    found = {} if figures.rates is None else figures.rates.found
    also = reports.hidden(connection, {span.first}).get(span.first, frozenset())
    more = crossing.crossed(figures.population, figures.shown, found, figures.living, verdicts, also)
    months = [each for each in audits.months(connection, now) if each.month <= span.last][: audit_words.SHOWN]
    sections = (
        _in_short(figures.charts),
        *_figures(figures, more),
        *([_partnership(more)] if kind == "partnership" else []),
        _promises(more.promises),
        _audits(months, span),
        _recommendations(kind, open_ones, stands, span, now),
        Section("counted", "How it is counted", COUNTED),
    )
    hidden = {**figures.hidden, span.first: figures.hidden[span.first] | more.hidden}
    return Pack(tuple(each for each in sections if each.tables or each.says), hidden)


def fragment(pack: Pack) -> str:
    """Write a pack as a piece of a page that begins with headings of the second level; it needs no reader and no request."""
    return govuk.environment().get_template("pack.html").render(pack=pack)


# Figures ----------------------------------------------------------------------------------------------------------------


def _in_short(charts: Mapping[str, Chart]) -> Section:
    """Give the numbers with which a pack begins."""
    rows = tuple(
        Row(_in_full(charts[table], bar), _number(bar))
        for table, keys in IN_SHORT
        for bar in (charts[table].bars if table in charts else ())
        if bar.key in keys
    )
    table = Table("in_short", "The quarter in short", "", "What is counted", CHART_HEADS, rows)
    return Section("in-short", "In short", (), (table,))


def _in_full(chart: Chart, bar: Bar) -> str:
    """Say what is counted so that it is understood away from its table."""
    if chart.key == "people":
        return bar.words
    return f"{chart.title}: {bar.words[:1].lower()}{bar.words[1:]}"


CHART_HEADS = ("Number", "Share", "Period before")


def _figures(figures: PeriodFigures, more: Crossed) -> Iterator[Section]:
    """Give the sections of tables; that of the communities with rates, and with what is compared between them."""
    for key, (title, names) in CHARTS.items():
        tables = [_chart(figures.charts[name]) for name in names if name in figures.charts]
        says: tuple[str, ...] = ()
        if key == "communities":
            tables += [*_rates(figures), _view("communities", more)]
            says = _living(figures)
        yield Section(key, title, says, tuple(tables))


def _chart(chart: Chart) -> Table:
    """Give a table of the dashboard, each row with its bar, and what was published elsewhere below."""
    rows = tuple(
        Row(bar.words, _number(bar), None if bar.count is None else bar.width, bar.outlined) for bar in chart.bars
    )
    notes = [f"{bar.words}, elsewhere: {sources.cited(bar.country)}." for bar in chart.bars if bar.country]
    if chart.is_hidden:
        notes.append(f"Not shown: fewer than {SMALLEST_SHOWN} in all.")
    return Table(chart.key, chart.title, chart.says, chart.head, CHART_HEADS, rows, tuple(notes))


def _number(bar: Bar) -> tuple[str, ...]:
    share = f"{bar.share} of {bar.of}" if bar.share else ""
    return HIDDEN if bar.count is None else str(bar.count), share, bar.before


def _living(figures: PeriodFigures) -> tuple[str, ...]:
    """Say where the number of children comes from, or that nobody has taken it in."""
    if figures.rates is None:
        return ("Nobody has taken in how many children live here, so there are no rates for each 1,000 children.",)
    told = figures.rates
    where = f"Rates are for each 1,000 children who live here. Children of {told.year}: {'; '.join(told.sources)}."
    return (f"{where} Whose community or age is not recorded stands in no row of them.",)


def _rates(figures: PeriodFigures) -> Iterator[Table]:
    if figures.rates is None:
        return
    for table in figures.rates.tables:
        drawn = zip(table.bars, table.rows, strict=True)
        rows = tuple(Row(bar.words, cells[1:], None if bar.is_hidden else bar.width) for bar, cells in drawn)
        says = "Episodes of children, for each 1,000 who live here"
        yield Table(f"rates_{table.key}", f"Rates: {table.title}", says, table.title, figures.rates.heads, rows)


def _view(name: str, more: Crossed) -> Table:
    """Give a table of two answers; each number with its share of the number to which its column belongs."""
    view = VIEWS[name]
    rows = tuple(
        Row(view.words[part], tuple(_share(count, row.get(view.columns[column].of)) for column, count in row.items()))
        for part, row in more.views[name].items()
    )
    heads = tuple(each.words for each in view.columns.values())
    return Table(name, view.title, view.says, view.head, heads, rows)


def _share(count: int | None, of: int | None) -> str:
    if count is None:
        return HIDDEN
    return f"{count} ({round(100 * count / of)}%)" if of else str(count)


def _partnership(more: Crossed) -> Section:
    """Give what a safeguarding partnership asks for besides: where each authority and each kind of placement stands."""
    says = "Shares of interviews are of the children who returned, so that one is owed; the others are of the episodes of the row."
    return Section(
        "partners", "Authorities and placements", (says,), tuple(_view(name, more) for name in PARTNERSHIP_VIEWS)
    )


# Promises, audits, recommendations --------------------------------------------------------------------------------------


def _promises(kept: Sequence[Kept]) -> Section:
    """Give what became of the promises, the critical ones first."""
    of = {each.id: each for each in PROMISES}
    ordered = sorted(kept, key=lambda each: list(SEVERITIES).index(of[each.promise].severity))
    rows = tuple(
        Row(of[each.promise].words, (SEVERITIES[of[each.promise].severity], *_became(each)), _share_kept(each))
        for each in ordered
    )
    says = "What was promised to every missing child, and in how many episodes of the quarter it was kept. Pending is what is not due yet."
    heads = ("Weight", "Kept", "Pending", "Broken", "Share kept")
    table = Table("promises", "Promises kept and broken", "Episodes in which each was owed", "Promise", heads, rows)
    return Section("promises", "Promises kept and broken", (says,), (table,))


def _became(one: Kept) -> tuple[str, ...]:
    numbers = (HIDDEN if each is None else str(each) for each in (one.kept, one.pending, one.broken))
    share = _share_kept(one)
    return *numbers, "" if share is None else f"{share}%"


def _share_kept(one: Kept) -> int | None:
    """Give the share of the decided ones that were kept in whole per cent, where both numbers are shown."""
    if one.kept is None or one.broken is None or not one.kept + one.broken:
        return None
    return round(100 * one.kept / (one.kept + one.broken))


def _audits(months: Sequence[Month], span: Span) -> Section:
    """Give the trend of the audits, how far two auditors agree, and the standards in the months of the quarter."""
    title = "How good the work is"
    if not months:
        return Section("audits", title, ("No month has been audited yet.",))
    rows = tuple(
        Row(
            f"{each.month:%B %Y}",
            (f"{each.audited} of {len(each.sample)}", _mean(each, each.mean), each.agreement.said),
        )
        for each in months
    )
    trend = Table(
        "audits", "Audits, the latest months", "Closed cases of each month's sample, scored from 0, poor or missing, to 3, good", "Month",
        ("Audited", "Mean score", "Scored twice"), rows,
    )  # fmt: skip
    together = audits.together(months)
    says = f"Over the months shown, two auditors who score the same cases agree: {together.said}. {together.meaning}."
    own = [each for each in reversed(months) if each.month >= span.first and each.audited >= SMALLEST_SHOWN]
    of_quarter = [_standards(own)] if own else []
    return Section("audits", title, (says,), (trend, *of_quarter))


def _standards(months: Sequence[Month]) -> Table:
    """Give the mean of each standard in each month of the quarter."""
    rows = tuple(
        Row(words, tuple(_mean(each, each.means.get(key)) for each in months)) for key, words in STANDARDS.items()
    )
    heads = tuple(f"{each.month:%B %Y}" for each in months)
    return Table(
        "standards", "Mean score of each standard", "From 0, poor or missing, to 3, good", "Standard", heads, rows
    )


def _mean(month: Month, mean: object) -> str:
    """Say a mean; that of so few cases that it may be of one is not shown."""
    if mean is None:
        return "None"
    return str(mean) if month.audited >= SMALLEST_SHOWN else HIDDEN


def _recommendations(
    kind: str, found: Sequence[Recommendation], stands: Mapping[str, Value], span: Span, now: datetime
) -> Section:
    """Give the recommendations by how they stand, with what was escalated and what is new to those who read the pack."""
    title = "Recommendations of inspections"
    if not found:
        return Section("recommendations", title, ("There is no recommendation to report.",))
    lines = {each.case_id: recommendation_words.line(each, stands.get(each.case_id), now) for each in found}
    owners = {each.case_id: title_of(each.owner) for each in found}
    gravest = recommendation_words.by_gravity(lines.values())
    counted = recommendation_words.counted(gravest)
    largest = max(count for _words, count in counted)
    standing = Table(
        "standing", "How they stand", "Recommendations that are not closed, or closed since the last report", "Stands", ("Number",),
        tuple(Row(words, (str(count),), round(100 * count / largest) if largest else 0) for words, count in counted),
    )  # fmt: skip
    each_one = Table(
        "recommendations", "Each recommendation", "The gravest first", "Reference",
        ("What it asks for", "How it stands", "Owner and deadline", "Next milestone"),
        tuple(Row(each.ref_no, _line(each, owners[each.case_id])) for each in gravest), is_text=True,
    )  # fmt: skip
    news = {each.case_id: _news(kind, each, lines[each.case_id], span) for each in found}
    listings = (
        Listing(
            "What was escalated, and why",
            tuple(_named(gravest, {each.case_id: each.escalated for each in gravest})),
            "Nothing.",
        ),
        Listing(f"New {SINCE[kind]}", tuple(_named(gravest, news)), "Nothing."),
    )
    return Section("recommendations", title, (), (standing, each_one), listings)


def _news(kind: str, one: Recommendation, line: Line, span: Span) -> Sequence[str]:
    """Say what is new to the readers of a pack."""
    if kind == "panel":
        return line.new
    return [recommendation_words.said(each) for each in one.history if each.at >= span.period.begins_at]


def _line(one: Line, owner: str) -> tuple[str, ...]:
    late = f" Milestones overdue: {one.overdue}." if one.overdue else ""
    stands = f"{one.rag}: {one.status[:1].lower()}{one.status[1:]}. {one.why}".rstrip(". ")
    return one.text, f"{stands}.{late}", f"{owner}. Deadline: {one.deadline}", one.next_step


def _named(lines: Iterable[Line], said: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Put before each sentence the recommendation that it is about."""
    return (f"{line.ref_no}: {sentence}" for line in lines for sentence in said[line.case_id])
