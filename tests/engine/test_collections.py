"""What a multi-instance may run over: every kind of value, straight and restored."""

from __future__ import annotations

import pytest

from tests.drawn import form, procedure
from tests.driving import Drive, both

FORMS = form("opening", "why"), form("answer", "text")


def over(collection: str, flag: str) -> dict[str, str]:
    text = f"""
    begun: start form=opening
    ask: user form=answer each={{{collection}}} as=item {flag}
    done: end
    begun > ask
    ask > done
    """
    return procedure("each_of_them", text, *FORMS)


@pytest.mark.parametrize("flag", ["", "one_by_one"])
@pytest.mark.parametrize(
    ("collection", "keys"),
    [
        ("null", []),
        ("5", ["5"]),
        ("opening.why", ["seen"]),
        ("[1.5, 2]", ["1.5", "2"]),
        ('["a", "b", "a"]', ["a", "b"]),
        ('["²", "1"]', ["1", "²"]),
        ('[date("2026-01-01")]', ["2026-01-01"]),
        ('[duration("PT1H")]', ["1:00:00"]),
    ],
)
def test_a_multi_instance_runs_once_for_each_value(collection: str, keys: list[str], flag: str) -> None:
    """A number had no items, a text was taken letter by letter, a decimal could not be saved, a twin was overwritten."""

    def play(drive: Drive) -> None:
        drive.open(why="seen")
        while drive.tasks:
            drive.do("ask", text="yes")

    straight, _restored = both(over(collection, flag), play)
    assert straight.closed
    assert sorted(straight.facts.get("answer", {})) == keys
