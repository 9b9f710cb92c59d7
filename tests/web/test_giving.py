"""Telling a case what it waits to hear, and what administrators see of a message that nobody took."""

from __future__ import annotations

from engine.model import Actor
from tests.drawn import form, procedure
from tests.web.site import Site
from tests.web.test_operations import mails

SEARCH = procedure(
    "search",
    """
    begun: start form=opening role=call_taker
    part: parallel
    ask: user form=asked role=call_taker
    seen: catch message=child_seen key={=opening.child} form=sighting given_by={call_taker}
    look: user form=asked role=call_taker
    done: end
    over: end
    begun > part
    part > ask
    part > seen
    ask > done
    seen > look
    look > over
    """,
    form("opening", "child"),
    form("asked", "text"),
    form("sighting", "place"),
)
TELLS = procedure(
    "tells",
    """
    begun: start form=opening role=call_taker
    told: end message=wanted correlation=opening.child time_to_live=P1D
    begun > told
    """,
    form("opening", "child"),
)
TAKER = Actor("call_taker", frozenset({"call_taker"}), "police")


def opened(site: Site, files: dict[str, str], name: str) -> str:
    cases, now = site.services.cases, site.clock()
    cases.publish(files, by="ann", now=now)
    return cases.open(name, {"child": "CH-1"}, by=TAKER, now=now, key=name).case_id


def test_who_the_drawing_names_tells_the_case_and_for_everybody_else_there_is_nothing_to_tell(site: Site) -> None:
    case_id = opened(site, SEARCH, "search")
    taker, other = site.browser("call_taker"), site.browser("locate_sergeant")
    (link,) = (each for each in taker.page(f"/cases/{case_id}").select("main a") if "Tell the case" in each.text)
    path = str(link["href"])
    assert other.get(path).status_code == 404
    assert other.get(path).text == other.get(path.replace(case_id, "C-22222222")).text
    assert other.send(path, {"place": "harbour"}, form=taker.page(path)).status_code in {400, 404}
    assert taker.get(f"/cases/{case_id}/messages/999").status_code == 404
    page = taker.page(path)
    assert "on paper" not in page.text
    refused = taker.send(path, {"place": "x" * 20_000}, form=page)
    assert refused.status_code in {413, 422}
    for _turn in range(2):
        assert taker.send(path, {"place": "harbour"}, form=page).status_code == 302
    assert taker.get(path).status_code == 404
    told = taker.page(f"/cases/{case_id}").text
    assert "Tell the case" not in told
    assert "harbour" in told


def test_a_message_that_nobody_took_is_told_of_shown_and_set_aside_with_a_reason(site: Site) -> None:
    case_id = opened(site, TELLS, "tells")
    site.clock.forward(days=2)
    site.sweep()
    assert f"URGENT nobody took a message from case {case_id}" in mails(site)
    operator = site.browser("administrator")
    assert "Messages that nobody took" in operator.page("/operations").text
    assert "wanted" in operator.page("/operations/incidents/1").text
    answer = operator.send("/operations/incidents/1", {"what": "set_aside"})
    assert answer.status_code == 422
    assert "Say why." in answer.text
    assert operator.send("/operations/incidents/1", {"what": "set_aside", "reason": "Told by radio"}).status_code == 302
    site.sweep()
    operations = " ".join(operator.page("/operations").get_text(" ").split())
    assert "Each message was taken" in operations
    kinds = [each.kind for each in site.services.cases.case(
        case_id, classes=frozenset(), by=TAKER, purpose="test", now=site.clock()).timeline]  # fmt: skip
    assert kinds[-2:] == ["message_unread", "message_set_aside"]
