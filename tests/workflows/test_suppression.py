"""What is hidden cannot be worked out from what is shown, not even by somebody who knows the rule."""

from collections import defaultdict
from itertools import product

import pytest

from workflows.suppression import hide_nested, hide_parts, is_small


def shown_parts(counts: tuple[int, ...]) -> tuple[object, ...]:
    """Give what a reader sees of a table: its numbers, and its total where that is not small itself."""
    total = sum(counts)
    return (None if is_small(total) else total, *hide_parts(dict(enumerate(counts))).values())


@pytest.mark.parametrize(("parts", "largest"), [(2, 16), (3, 12), (4, 8)])
def test_no_hidden_part_follows_from_the_total(parts: int, largest: int) -> None:
    """Every table of this size is hidden, and then guessed at: each hidden part has to have two values or more."""
    seen = defaultdict(list)
    for counts in product(range(largest + 1), repeat=parts):
        seen[shown_parts(counts)].append(counts)
    for shown, possible in seen.items():
        if max(max(counts) for counts in possible) > largest - 4:
            continue  # what could also have been is not in this list any more
        for place, number in enumerate(shown[1:]):
            values = {counts[place] for counts in possible}
            assert len(values) > 1 or number is not None, (shown, possible)
            assert number is None or not is_small(min(values)), shown


def test_what_is_shown_is_right_and_the_order_stays() -> None:
    parts = {"b": 12, "a": 0, "d": 3, "c": 40}
    assert hide_parts(parts) == {"b": None, "a": 0, "d": None, "c": 40}
    assert list(hide_parts(parts)) == ["b", "a", "d", "c"]
    assert hide_parts({"a": 12, "b": 0}) == {"a": 12, "b": 0}
    assert hide_parts({}) == {}


def test_of_a_small_whole_nothing_is_shown() -> None:
    assert hide_parts({"a": 4, "b": 0}) == {"a": None, "b": None}


def test_no_small_number_is_the_difference_of_two_that_are_shown() -> None:
    for counts in product(range(14), repeat=4):
        nested = dict(enumerate(sorted(counts, reverse=True)))
        shown = [count for count in hide_nested(nested, known=[20]).values() if count is not None] + [20]
        assert not any(is_small(abs(one - other)) for one in shown for other in [*shown, 0]), counts


def test_who_was_not_offered_an_interview_is_not_told_by_taking_away() -> None:
    assert hide_nested({"eligible": 40, "offered": 38, "held": 20, "received": 20}) == {
        "eligible": 40,
        "offered": None,
        "held": 20,
        "received": 20,
    }
