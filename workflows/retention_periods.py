"""How long what is kept of a child is kept: the table of domain.md 5.5, and which of its rows apply by the facts of the cases.

The longest period that applies counts, for a child with all cases as one. A sign that was ever there counts for good: a flag that
has ended or was withdrawn, and an answer that was put right.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from engine import values
from engine.frozen import frozen
from engine.store import FactTable
from workflows import amendments, children
from workflows.children import EXPLOITATION, ChildFlagRow, ChildRow
from workflows.days import day_in_words, day_of, years_after
from workflows.episodes import ADULT_FROM, EpisodeRow
from workflows.erasing import Subject
from workflows.kept_things import IMPORTED_FLAG

MARKS: Mapping[str, str] = MappingProxyType(
    {"a": "Law or national guidance", "b": "What others do", "c": "Our own rule"}
)
"""What kind of rule it is (domain.md 0)."""


@frozen
class Rule:
    """How long one kind of record is kept: years, from when they count, on which basis, and what kind of rule it is (`MARKS`).

    Without years nobody reviews it: `counts_from` says how long it stays, and by what that is so.
    """

    kind: str
    what: str
    years: int | None
    counts_from: str
    basis: str
    mark: str


_REGULATION_50 = "Care Planning Regulations 2010, regulation 50 [S81]"
_POLICE = "Code of practice on police information, APP [S82]"

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        rule.kind: rule
        for rule in (
            Rule(
                "open",
                "A case that goes on, and a child who is still missing",
                None,
                "Kept until it ends: nothing that is open is reviewed. A flag of exploitation or a trigger plan that stands is "
                "such a case, at which somebody has to look again in time",
                _POLICE,
                "a",
            ),
            Rule("looked_after", "A looked-after child, and one who has left care", 75, "birth", _REGULATION_50, "a"),
            Rule("died", "A looked-after child who died under 18", 15, "death", _REGULATION_50, "a"),
            Rule(
                "protection",
                "A child protection enquiry (section 47), conference or plan",
                35,
                "the last case was closed",
                "Upheld in [2015] EWHC 2134 (Admin) (Northumberland); Blackpool [S81d]",
                "b",
            ),
            Rule(
                "in_need",
                "A child in need",
                3,
                "the last case was closed, and not before the 18th birthday",
                "Devon [S81b]",
                "b",
            ),
            Rule(
                "allegation_stands",
                "An allegation against somebody who works with children, unless it is known to be wrong",
                100,
                "the last case was closed: others count from the birth of whoever it is about, who is not named here",
                "Devon [S81b]",
                "b",
            ),
            Rule(
                "allegation_wrong",
                "An allegation that was unfounded, false or malicious",
                10,
                "the last case was closed",
                "Devon [S81b]",
                "b",
            ),
            Rule(
                "serious",
                "Episodes with exploitation or serious harm",
                10,
                "the last case was closed",
                f"{_POLICE}, by seriousness",
                "c",
            ),
            Rule(
                "episode",
                "Other missing episodes",
                6,
                "the last case was closed",
                f"{_POLICE}: at least six years",
                "a",
            ),
            Rule(
                "philomena",
                "The carer's form",
                None,
                "The placement has it while it keeps it, and hands it to the next one. The police read it while an "
                "episode is open, and have no copy: the form goes with the child's records",
                "Philomena protocol [S75]",
                "b",
            ),
            Rule(
                "interview",
                "The provider's copy of a return interview",
                None,
                "There is none: the interviewer writes into this record, and reads it while they hold the role and the child "
                "is under 18. What was given out as a file stands in the log of disclosures, and who has it gives it back",
                "Our own rule, where others leave it to the contract",
                "c",
            ),
            Rule(
                "figures", "Counts without who it was", None, "Kept for ever: nobody is in them", "domain.md 5.5", "c"
            ),
            Rule(
                "log",
                "Who read a record, who was given a copy, who held and decided, and the tombstone",
                1,
                "the record has gone",
                "DPA 2018, section 62, for at least as long as the record; the year is ours",
                "c",
            ),
        )
    }
)
"""The table of domain.md 5.5, as far as such records are kept here."""

SERIOUS_HARM = frozenset(
    {
        "physical_injury",
        "sexual_offence",
        "sexual_exploitation",
        "criminal_exploitation",
        "trafficking",
        "overdose",
        "death",
    }
)
"""Harm that links an episode to a serious offence or a grave outcome, of the vocabulary ``harm_type``."""

WRONG = frozenset({"unfounded", "false", "malicious"})
"""What an allegation has come to where it was wrong."""

ANYTHING: frozenset[Any] = frozenset()


@frozen
class Sign:
    """By what is seen that a rule applies: answers by record and field, `ANYTHING` where any does, and flags of the child."""

    answers: Mapping[tuple[str, str], frozenset[Any]]
    flags: frozenset[str] = frozenset()


SIGNS: Mapping[str, Sign] = MappingProxyType(
    {
        "looked_after": Sign(
            {("missing_report", "looked_after"): frozenset({"yes"}), ("known", "looked_after"): frozenset({True})},
            frozenset({"lac", "care_leaver"}),
        ),
        "protection": Sign(
            {
                ("strategy_discussion", "outcome"): frozenset({"section_47"}),
                ("conference", "outcome"): ANYTHING,
                ("meeting", "decisions"): frozenset({"s47"}),
                ("risk_assessment", "ra_cp"): frozenset({"yes"}),
                ("inspectorate_notice", "event"): frozenset({"protection_enquiry"}),
            },
            frozenset({"cp_plan"}),
        ),
        "in_need": Sign(
            {
                ("referral_decision", "outcome"): frozenset({"assessment"}),
                ("strategy_discussion", "outcome"): frozenset({"section_17"}),
                ("assessment", "finished_at"): ANYTHING,
                ("meeting", "decisions"): frozenset({"s17"}),
            },
            frozenset({"cin"}),
        ),
        "allegation": Sign(
            {
                ("referral", "suspected"): frozenset({"allegation"}),
                ("allegation_contact", "contacted_at"): ANYTHING,
                ("inspectorate_notice", "event"): frozenset({"allegation"}),
            }
        ),
        "serious": Sign(
            {
                ("found", "harm"): SERIOUS_HARM,
                ("referral", "suspected"): frozenset({"cse", "cce", "trafficking"}),
                ("national_referral", "outcome"): frozenset({"referred"}),
                ("inspectorate_notice", "event"): frozenset({"sexual_exploitation"}),
            },
            EXPLOITATION,
        ),
    }
)
"""By what each rule is seen to apply; the rule of the other episodes always does."""

_BORN, _OUTCOME = ("missing_report", "date_of_birth"), ("allegation_contact", "outcome")
_ASKED = frozenset({_BORN, _OUTCOME}.union(*(sign.answers for sign in SIGNS.values())))


Answers = Mapping[tuple[str, str], set[Any]]


@frozen
class Known:
    """What the periods of a subject rest on: its signs (`SIGNS`), the days from which they count, None where one is not known.

    `first` and `last` are the first and the last day on which something of it was done; `wrong` says that every allegation was.
    """

    signs: frozenset[str]
    first: date
    last: date
    born: date | None = None
    died: date | None = None
    wrong: bool = False


@frozen
class Period:
    """When one of the periods ends, and why then."""

    rule: Rule
    on: date
    why: str


def longest(known: Known) -> Period:
    """Give the period that ends last of those that apply, the one that stands first in the table among equals."""
    return max(periods(known), key=lambda period: period.on)


def periods(known: Known) -> Iterator[Period]:
    """Give every period that applies, in the order of the table."""
    closed = f"The last case was closed on {day_in_words(known.last)}."
    if "looked_after" in known.signs:
        yield _looked_after(known)
    if "protection" in known.signs:
        yield _from_the_last(known, "protection", f"There was a child protection enquiry, conference or plan. {closed}")
    if "in_need" in known.signs:
        yield _in_need(known)
    if "allegation" in known.signs and known.wrong:
        yield _from_the_last(known, "allegation_wrong", f"An allegation was found to be wrong. {closed}")
    elif "allegation" in known.signs:
        why = "There is an allegation, and nobody has written down that it was wrong."
        yield _from_the_last(known, "allegation_stands", f"{why} {closed}")
    if "serious" in known.signs:
        yield _from_the_last(known, "serious", closed)
    yield _from_the_last(known, "episode", closed)


def known_of(connection: sa.Connection, subject: Subject) -> Known | None:
    """Tell what the periods of a subject with closed cases rest on; None where nothing was ever done, so that no day counts."""
    child = children.find(connection, subject.subject)
    days = sorted(_days(connection, subject))
    if not days:
        return None
    by_case = _answers(connection, [case.case_id for case in subject.cases])
    answers = {place: set().union(*(each.get(place, ()) for each in by_case.values())) for place in _ASKED}
    flags = frozenset(
        connection.execute(
            sa.select(ChildFlagRow.flag).where(ChildFlagRow.child_id.in_(subject.ids), ChildFlagRow.source != "")
        ).scalars()
    )
    flags |= {each["flag"] for each in amendments.withdrawn(connection, IMPORTED_FLAG, subject.ids).values()}
    signs = {name for name, sign in SIGNS.items() if _is_seen(sign, answers, flags)}
    if child is not None and child.looked_after in children.LOOKED_AFTER | {"care_leaver"}:
        signs.add("looked_after")
    given = sorted(each for each in answers[_BORN] if isinstance(each, date))
    allegations = [each for each in by_case.values() if _is_seen(SIGNS["allegation"], each)]
    return Known(
        frozenset(signs),
        days[0],
        days[-1],
        born=(child.born_on if child is not None else None) or max(given, default=None),
        died=_died(connection, subject),
        wrong=all(_was_wrong(each.get(_OUTCOME, set())) for each in allegations),
    )


def _from_the_last(known: Known, kind: str, why: str) -> Period:
    rule = RULES[kind]
    return Period(rule, years_after(known.last, rule.years or 0), why)


def _looked_after(known: Known) -> Period:
    """Count from birth, or from death under 18; without a date of birth from the first day, which is later."""
    if known.died is not None:
        rule = RULES["died"]
        return Period(
            rule, years_after(known.died, rule.years or 0), f"The child died on or before {day_in_words(known.died)}."
        )
    rule = RULES["looked_after"]
    why = f"Born on {day_in_words(known.born)}, looked after." if known.born else f"Looked after; {_unborn(known)}"
    return Period(rule, years_after(known.born or known.first, rule.years or 0), why)


def _in_need(known: Known) -> Period:
    """Count three years without anything done, from the 18th birthday at the earliest."""
    rule, grown_up = RULES["in_need"], years_after(known.born or known.first, ADULT_FROM)
    born = f"born on {day_in_words(known.born)}." if known.born else _unborn(known)
    why = f"A child in need, {born} The last case was closed on {day_in_words(known.last)}."
    return Period(rule, years_after(max(grown_up, known.last), rule.years or 0), why)


def _unborn(known: Known) -> str:
    return f"no date of birth is known, so it counts from the first report, {day_in_words(known.first)}."


def _is_seen(sign: Sign, answers: Answers, flags: frozenset[str] = frozenset()) -> bool:
    """Whether a sign is there."""
    told = (answers.get(place, set()) & (wanted or answers.get(place, set())) for place, wanted in sign.answers.items())
    return not sign.flags.isdisjoint(flags) or any(told)


def _was_wrong(outcomes: set[Any]) -> bool:
    """Whether an allegation is known to have been wrong; one whose outcome was put right counts by the graver one."""
    known = outcomes - {"not_known"}
    return bool(known) and known <= WRONG


def _answers(connection: sa.Connection, case_ids: Collection[str]) -> dict[str, dict[tuple[str, str], set[Any]]]:
    """Give every value that the answers which are asked for ever had, by case."""
    fact, found = FactTable, dict[str, dict[tuple[str, str], set[Any]]]()
    asked = sa.select(fact.case_id, fact.record, fact.field, fact.value).where(
        fact.case_id.in_(list(case_ids)), sa.tuple_(fact.record, fact.field).in_(sorted(_ASKED))
    )
    for row in connection.execute(asked):
        own = found.setdefault(row.case_id, {}).setdefault((row.record, row.field), set())
        own.update(_single(values.loads(row.value)))
    return found


def _single(value: Any) -> Iterable[Any]:
    """Give what was chosen, one by one; nothing where nothing was answered."""
    return value if isinstance(value, list) else () if value in (None, "") else (value,)


def _days(connection: sa.Connection, subject: Subject) -> Iterator[date]:
    """Give the days on which something was done, of before the cut-over too; where there was nothing, the day of the cut-over."""
    moments = [moment for case in subject.cases for moment in (case.opened_at, case.closed_at)]
    past = children.episodes_of(connection, subject.subject) if subject.ids else ()
    moments += [moment for each in past for moment in (each.reported_at, each.returned_at, each.closed_at)]
    if not moments:
        taken_in = sa.select(ChildRow.imported_at).where(ChildRow.child_id.in_(subject.ids))
        moments = list(connection.execute(taken_in).scalars())
    yield from (day_of(moment) for moment in moments if isinstance(moment, datetime))


def _died(connection: sa.Connection, subject: Subject) -> date | None:
    """Give the day by which the child had died, where that was under 18 or the age is not known."""
    row = EpisodeRow
    asked = sa.select(row.returned_at, row.reported_at, row.age).where(
        row.case_id.in_([case.case_id for case in subject.cases]), row.found_how == "deceased"
    )
    for found in connection.execute(asked.order_by(row.reported_at)):
        if found.age is None or found.age < ADULT_FROM:
            moment: datetime = found.returned_at or found.reported_at
            return day_of(moment)
    return None
