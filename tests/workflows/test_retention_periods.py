"""The longest period that applies counts; each row of the table says on which basis, and each sign is an answer that a form asks for."""

from __future__ import annotations

from datetime import date

import pytest

from engine import release
from tests.procedures.casework import files_of
from workflows.retention_periods import MARKS, RULES, SIGNS, WRONG, Known, Sign, longest, periods

FIRST, LAST, BORN = date(2026, 3, 2), date(2028, 2, 29), date(2012, 5, 3)
COUNTED = {
    "looked_after",
    "died",
    "protection",
    "in_need",
    "allegation_stands",
    "allegation_wrong",
    "serious",
    "episode",
}


@pytest.mark.parametrize(
    ("signs", "more", "kind", "on"),
    [
        ("", {}, "episode", date(2034, 3, 1)),
        ("serious", {}, "serious", date(2038, 3, 1)),
        ("in_need", {}, "episode", date(2034, 3, 1)),  # 6 years are longer than to 21
        ("in_need", {"born": date(2022, 5, 3)}, "in_need", date(2043, 5, 3)),
        ("in_need", {"born": None}, "in_need", date(2047, 3, 2)),
        ("in_need", {"born": date(2000, 1, 1), "last": date(2040, 1, 1)}, "episode", date(2046, 1, 1)),
        ("protection", {}, "protection", date(2063, 3, 1)),
        ("protection serious in_need", {}, "protection", date(2063, 3, 1)),
        ("allegation", {}, "allegation_stands", date(2128, 2, 29)),
        ("allegation", {"wrong": True}, "allegation_wrong", date(2038, 3, 1)),
        ("allegation protection", {"wrong": True}, "protection", date(2063, 3, 1)),
        ("looked_after protection", {}, "looked_after", date(2087, 5, 3)),
        ("looked_after", {"born": None}, "looked_after", date(2101, 3, 2)),
        ("looked_after", {"died": LAST}, "died", date(2043, 3, 1)),
        ("looked_after protection", {"died": LAST}, "protection", date(2063, 3, 1)),
        ("looked_after", {"born": date(1950, 1, 1)}, "episode", date(2034, 3, 1)),  # of an adult who was in care once
    ],
)
def test_the_longest_period_that_applies_counts(signs: str, more: dict[str, object], kind: str, on: date) -> None:
    """A child with a child protection plan was kept for six years, or ten, as if nobody had ever enquired."""
    given = {"first": FIRST, "last": LAST, "born": BORN, **more}
    period = longest(Known(frozenset(signs.split()), **given))  # type: ignore[arg-type]
    assert (period.rule.kind, period.on) == (kind, on)


def test_every_rule_says_its_basis_and_what_kind_of_rule_it_is() -> None:
    assert all(rule.basis and rule.mark in MARKS for rule in RULES.values())
    assert {rule.kind for rule in RULES.values() if rule.years} == COUNTED | {"log"}
    told = {
        period.rule.kind
        for wrong in (True, False)
        for died in (None, LAST)
        for period in periods(Known(frozenset(SIGNS), FIRST, LAST, BORN, died, wrong))
    }
    assert told == COUNTED


def test_every_sign_is_an_answer_that_a_form_asks_for_or_a_step_finds() -> None:
    """A question that is renamed or reworded would end a period too early, and nobody would see it."""
    drawn = [release.load(release.pack(files_of(name))[0]) for name in ("missing_child", "referral", "serious_event")]
    asked: dict[tuple[str, str], set[object]] = {("known", "looked_after"): {True}}  # recall_child finds it
    for record, form in ((record, form) for each in drawn for record, form in each.forms_by_record.items()):
        for field in form.fields:
            asked.setdefault((record, field.key), set()).update(choice.value for choice in field.choices)
    signs = [*SIGNS.values(), Sign({("allegation_contact", "outcome"): WRONG})]
    assert {
        place: wanted - asked.get(place, set())
        for sign in signs
        for place, wanted in sign.answers.items()
        if place not in asked or not wanted <= asked[place]
    } == {}
