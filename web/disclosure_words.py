"""What was given of a case or a child to others, in words: to whom, what, by whom, when and on which basis."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from web.fact_words import Row, row
from web.moments import say_moment
from workflows.disclosures import Disclosure
from workflows.vocabulary import words


def lines(given: Iterable[Disclosure], names: Mapping[str, str]) -> list[Row]:
    """Give a row of a summary list for each disclosure; `names` is by sign-in name."""
    return [row(f"To {each.given_to}", "\n".join(_said(each, names))) for each in given]


def _said(given: Disclosure, names: Mapping[str, str]) -> list[str]:
    """Say one disclosure, a thing in a line."""
    return [
        given.what,
        f"{given.about}, {say_moment(given.at)}, by {names.get(given.given_by, given.given_by)}",
        words("disclosure_basis", given.basis),
    ]
