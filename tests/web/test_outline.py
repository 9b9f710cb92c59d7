"""Where a case is, said three times: as marks for the drawing, as a table, and in words that follow the flows."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa

from engine import release
from engine.cases import Cases
from engine.errors import NotFound
from engine.model import Actor, Value
from tests.drawn import form, procedure
from web.outline import Coming, Drawing, Map, Outline, drawings, outline

FILES = procedure(
    "search",
    """
    begun: start form=opening
    find_child: call calls=enquiries
    returned: boundary on=find_child message=child_back key={=case.reference}
    ask_child: user form=answer record=told role=rhi_worker
    is_it_safe: exclusive
    safe: end
    wait_for_news: catch message=news key={=case.reference}
    begun > find_child
    find_child > wait_for_news
    wait_for_news > safe
    returned > ask_child
    ask_child > is_it_safe
    is_it_safe > safe : =told.text = "yes"
    is_it_safe > ask_child default
    """,
    form("opening", "name"),
    form("answer", "text"),
    enquiries="""
    enquiries_begun: start
    ring_round: user form=answer record=rung role=locate_sergeant
    clock: boundary on=ring_round duration=PT1H
    late: end
    look_inside: inside
      inside_begun: start
      search_house: user form=answer record=house role=locate_sergeant
      inside_done: end
      inside_begun > search_house
      search_house > inside_done
    enquiries_done: end
    enquiries_begun > ring_round
    ring_round > look_inside
    look_inside > enquiries_done
    clock > late
    """,
)
QUIET = procedure(
    "quiet",
    """
    begun: start form=opening
    ways: parallel
    ring: user form=opening record=rung role=locate_sergeant
    ring_clock: boundary on=ring quiet cycle={=[{at: case.opened_at + duration("PT2H"), step: "due", tell: ["cmo"], due: true}]}
    told: end
    child_is_safe: catch when={=rung.name = "Robin"}
    safe: end
    tomorrow: catch duration=P1D
    asked: end
    ring_done: end
    begun > ways
    ways > ring
    ways > child_is_safe
    ways > tomorrow
    ring > ring_done
    ring_clock > told
    child_is_safe > safe
    tomorrow > asked
    """,
    form("opening", "name"),
)
ENDS = procedure(
    "ends",
    "begun: start form=opening\nask: user form=opening record=told role=locate_sergeant\ndone: end\nbegun > ask\nask > done",
    form("opening", "name"),
)
EVENTS = procedure(
    "events",
    """
    begun: start form=opening
    look: inside
        in_look: start
        ask: user form=opening record=told role=locate_sergeant
        failed: end error=failed
        in_look > ask
        ask > failed
    it_failed: boundary on=look error=failed
    which: race
    word: catch message=news key=case.reference
    later: catch duration=P1D
    heard: end
    too_late: end
    done: end
    begun > look
    look > done
    it_failed > which
    which > word
    which > later
    word > heard
    later > too_late
    care: handler
        called: start quiet message=call key=case.reference
        help: user form=opening record=help role=rhi_worker
        helped: end
        called > help
        help > helped
    """,
    form("opening", "name"),
)
WHO = Actor("ann", frozenset({"worker", "locate_sergeant"}), "police")


class Search:
    """One case of the small procedure."""

    def __init__(self, engine: sa.Engine, now: datetime) -> None:
        self.cases, self.now = Cases(engine), now
        self.begin(FILES, "search")

    def begin(self, files: dict[str, str], name: str) -> None:
        self.cases.publish(files, by="ann", now=self.now)
        answers: dict[str, Value] = {"name": "Robin"}
        self.case_id = self.cases.open(name, answers, by=WHO, now=self.now, key=name).case_id

    def do(self, number: int) -> None:
        self.cases.complete(
            f"{self.case_id}.{number}", {"text": "no"}, by=WHO, now=self.now, key=f"key-{number}", stamp=None
        )

    def open_numbers(self) -> list[int]:
        return [row.number for row in self.cases.inbox(WHO.roles).rows if row.case_id == self.case_id]

    def say(self) -> tuple[list[Drawing], Outline]:
        view = self.cases.case(self.case_id, classes=frozenset(), by=WHO, purpose="test", now=self.now)
        release, waits = self.cases.release_of(self.case_id), self.cases.waits(self.case_id, now=self.now)
        return drawings(view, release, waits), outline(view, release, waits, self.now)


@pytest.fixture
def search(engine: sa.Engine, now: datetime) -> Search:
    return Search(engine, now)


def test_an_open_step_is_marked_and_so_is_what_calls_its_diagram(search: Search) -> None:
    (root, called), _ = search.say()
    assert (root.id, root.here, root.current) == ("search", 0, frozenset({"find_child"}))
    assert (called.id, called.here, called.current) == ("enquiries", 1, frozenset({"ring_round"}))
    assert "begun" in root.passed


def test_the_table_says_where_with_whom_and_when_due(search: Search) -> None:
    _, said = search.say()
    place = said.places[0]
    assert (place.name, place.part, place.who, place.due) == (
        "ring round", "enquiries", "Locate team sergeant", "No time set",
    )  # fmt: skip


def test_what_comes_next_follows_what_is_thrown_and_what_waits_beside() -> None:
    where = Map(release.load(release.pack(EVENTS)[0]))
    asked = where.ahead("ask")
    assert asked.next == [Coming("word", "", ""), Coming("later", "", "")]
    assert Coming("help", "called", "Return interview worker") in asked.could
    assert [each.name for each in where.ahead("word").next] == ["heard"]


def test_what_can_come_next_follows_the_flows_into_and_out_of_what_is_called(search: Search) -> None:
    _, said = search.say()
    (ahead,) = said.ahead
    assert (ahead.element, ahead.name) == ("ring_round", "ring round")
    assert ahead.next == [Coming("search house", "", "Locate team sergeant")]
    assert ahead.could == [
        Coming("wait for news", "clock", ""),
        Coming("ask child", "returned", "Return interview worker"),
    ]


def test_the_outline_says_of_each_line_on_which_drawing_its_element_stands(search: Search) -> None:
    _, said = search.say()
    where, happened = said.tree
    step = where.inside[0]
    assert (step.words, step.element, step.part) == ("ring round: Locate team sergeant", "ring_round", "enquiries")
    comes, could = step.inside
    assert [(one.words, one.element, one.part) for one in comes.inside] == [
        ("search house: Locate team sergeant", "search_house", "enquiries")
    ]
    assert could.inside[1].words == "ask child: Return interview worker (if: returned)"
    assert (could.inside[1].element, could.inside[1].part) == ("ask_child", "search")
    assert [(one.element, one.part) for one in happened.inside][:1] == [("begun", "search")]


def test_inside_an_embedded_process_the_way_leads_out_of_it(search: Search) -> None:
    search.do(*search.open_numbers())
    (_, called), said = search.say()
    assert called.current == {"search_house", "look_inside"}
    assert "ring_round" in called.passed
    assert [one.name for one in (*said.ahead[0].next, *said.ahead[0].could)] == ["wait for news", "ask child"]
    assert any(step.words.startswith("ring round, 2 March 2026") for step in said.tree[-1].inside)


def test_a_case_that_waits_for_a_message_stands_at_its_event(search: Search) -> None:
    for _ in range(2):
        search.do(*search.open_numbers())
    (root, _), said = search.say()
    assert (root.here, root.current, root.waiting) == (0, frozenset(), frozenset({"wait_for_news"}))
    assert [(place.name, place.who) for place in said.places] == [("wait for news", "The case waits for word of this")]
    assert [one.name for one in said.ahead[0].next] == ["safe"]


def test_events_at_the_border_of_an_activity_are_marked_and_a_time_that_ends_it_is_a_place(search: Search) -> None:
    (root, called), said = search.say()
    assert (root.waiting, called.waiting) == (frozenset({"returned"}), frozenset({"clock"}))
    assert [(place.name, place.who, place.due) for place in said.places[1:]] == [
        ("clock", "The case waits until then", "2 March 2026 at 10:00am (in 1 hour)")
    ]


def test_times_conditions_and_clocks_are_told_with_their_moments(search: Search) -> None:
    search.begin(QUIET, "quiet")
    (root,), said = search.say()
    assert (root.here, root.current) == (1, frozenset({"ring"}))
    assert root.waiting == {"child_is_safe", "tomorrow", "ring_clock"}
    assert [(place.name, place.who, place.due) for place in said.places[1:]] == [
        ("tomorrow", "The case waits until then", "3 March 2026 at 9:00am (in 24 hours)"),
        ("child is safe", "The case waits until this is so", "No time set"),
    ]
    assert [one.words for one in said.tree[1].inside] == ["ring clock: 2 March 2026 at 11:00am (in 2 hours)"]
    assert [one.name for one in said.ahead] == ["ring", "tomorrow", "child is safe"]


def test_a_case_that_is_over_waits_for_nothing(search: Search) -> None:
    search.begin(ENDS, "ends")
    search.do(*search.open_numbers())
    (root,), said = search.say()
    assert (root.here, root.current, root.waiting) == (0, frozenset(), frozenset())
    assert (said.places, said.ahead) == ([], [])
    assert [one.words for one in said.tree[0].inside] == ["At its end: nothing is open"]


def test_a_diagram_is_given_as_it_was_published(search: Search) -> None:
    assert search.cases.diagram(search.case_id, "enquiries") == FILES["enquiries.bpmn"]
    for case_id, process in ((search.case_id, "another"), ("MC-22222222", "search")):
        with pytest.raises(NotFound):
            search.cases.diagram(case_id, process)
