"""A fault is found on a page of which another like it was read already."""

import pytest
from html5lib.html5parser import ParseError

from tests.web import wellformed

PAGE = (
    '<!DOCTYPE html><html lang="en"><head><title>One</title></head><body><table class="a"><tbody><tr>\n<td>Alex</td></tr>'
    '</tbody></table><p id="b">Words &amp; more</p><form><input type="hidden" name="c" value="d"></form></body></html>'
)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('id="b"', 'id="b" id="b"'),
        ('class="a"', 'class="a"id="e"'),
        ("&amp;", "&nothing;"),
        ("Words", "Words </b>"),
        ("Alex", "<a>Alex"),
        ("Words", "Wo\x01rds"),
        ("more</p>", "more</p></p>"),
        ("<!DOCTYPE html>", ""),
        ("<tr>\n<td>Alex</td></tr>", '<tr><td>Alex</td></tr><input type="text">'),
    ],
)
def test_a_fault_is_found_behind_a_page_without_it(right: str, wrong: str) -> None:
    wellformed.read(PAGE, part=False)
    assert right in PAGE
    with pytest.raises(ParseError):
        wellformed.read(PAGE.replace(right, wrong, 1), part=False)


def test_other_words_and_values_are_not_read_again() -> None:
    other = PAGE.replace("Alex", "Kit, of 12 years").replace('value="d"', 'value="a longer one"')
    assert wellformed.shape(other) == wellformed.shape(PAGE)
