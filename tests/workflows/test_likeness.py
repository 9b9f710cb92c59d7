"""Names that sound alike meet, and birthdays that are a slip apart; strangers do not."""

from datetime import date

import pytest

from workflows.likeness import ALIKE, birthdays_near, likeness, sounds_of, words_of

BORN = date(2012, 5, 3)
SWAPPED = date(2012, 3, 5)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Robin Example", "Robyn Exampel"),
        ("Catherine Smith", "Katherine Smyth"),
        ("Steven Jones", "Stephen Jones"),
        ("Mohammed Ali", "Muhammad Ali"),
        ("Zhang Wei", "Wei Chang"),
        ("Zoe O'Neil", "Zoë ONeill"),
        ("Sky", "Sky Blue"),
    ],
)
@pytest.mark.parametrize("born", [BORN, SWAPPED, None])
def test_a_name_that_is_spelled_by_ear_is_found(said: str, kept: str, born: date | None) -> None:
    assert likeness([said], BORN, [kept], born) >= ALIKE
    assert likeness([said], BORN, [kept], BORN) >= likeness([said], BORN, [kept], born)


def test_a_short_form_is_found_by_the_birthday() -> None:
    assert likeness(["Alex"], BORN, ["Alexander Brown"], BORN) >= ALIKE


def test_another_name_by_which_the_child_goes_counts_like_the_first() -> None:
    assert likeness(["Robin Example", "Bobs"], None, ["Somebody Else", "Bobs"], None) >= ALIKE


def test_a_stranger_is_not_offered_and_a_shared_surname_is_not_enough() -> None:
    assert likeness(["Robin Example"], BORN, ["Devon Other"], BORN) < ALIKE
    assert likeness(["Robin Example"], BORN, ["Casey Example"], date(2010, 9, 9)) < ALIKE


def test_nobody_is_like_a_child_without_a_name() -> None:
    assert likeness([], BORN, ["Robin Example"], BORN) < ALIKE
    assert likeness(["..."], BORN, ["Robin Example"], BORN) < ALIKE
    assert sounds_of("", "?!") == frozenset()


def test_accents_and_signs_are_no_letters() -> None:
    assert words_of("Zoë O'Neil-Çelik") == ("zoe", "o", "neil", "celik")


def test_names_in_another_script_are_kept_as_they_are() -> None:
    assert words_of("李 明") == ("李", "明")
    assert likeness(["李 明"], BORN, ["李 明"], BORN) == 1.0


def test_a_day_that_cannot_be_a_month_has_no_other_reading() -> None:
    assert birthdays_near(BORN) == (BORN, SWAPPED)
    assert birthdays_near(date(2012, 5, 30)) == (date(2012, 5, 30),)
    assert birthdays_near(date(2012, 5, 5)) == (date(2012, 5, 5),)
