"""What operators and people see of a case that is held up, and what operators do about it."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from engine import store, timers
from notifications.outbox import OutboxRow
from tests.web.site import Site
from web.assembly import make_worker

READABLE = {"what": "retry", "reason": "The new version is here"}


def spoil(site: Site, case_id: str) -> bytes:
    """Make a case unreadable; give its state, so that it can be put back."""
    with store.writing(site.services.engine) as connection:
        where = store.CaseTable.id == case_id
        state: bytes = connection.execute(sa.select(store.CaseTable.state).where(where)).scalar_one()
        connection.execute(sa.update(store.CaseTable).where(where).values(state=b'{"v":99}'))
    return state


def put_back(site: Site, case_id: str, state: bytes) -> None:
    with store.writing(site.services.engine) as connection:
        connection.execute(sa.update(store.CaseTable).where(store.CaseTable.id == case_id).values(state=state))


def mails(site: Site) -> list[str]:
    with store.reading(site.services.engine) as connection:
        return list(connection.execute(sa.select(OutboxRow.subject).order_by(OutboxRow.id)).scalars())


def test_a_case_that_cannot_be_read_is_shown_told_and_retried(site: Site) -> None:
    case_id = site.opened()
    state = spoil(site, case_id)
    site.clock.forward(days=3)
    assert site.sweep().failed == 1
    assert f"URGENT case {case_id} is held up" in mails(site)
    operator = site.browser("administrator")
    assert case_id in operator.page("/operations").text
    shown = operator.page("/operations/incidents/1").text
    assert "saved by another version" in shown
    people = site.browser("call_taker").page(f"/cases/{case_id}").text
    assert "This case is held up." in people
    site.sweep()
    put_back(site, case_id, state)
    answer = operator.send("/operations/incidents/1", {"what": "retry"})
    assert answer.status_code == 422
    assert "Say why." in answer.text
    page = operator.page("/operations/incidents/1")
    for _ in range(2):
        operator.send("/operations/incidents/1", READABLE, form=page)
    make_worker(site.services).beat()
    told = " ".join(operator.page("/operations").get_text(" ").split())
    assert "Clocks are late" not in told  # it was let go on a moment ago: nothing is wrong with the worker
    assert "Look whether a worker is running" not in told
    assert "More than a minute late 0 Let go on, for the next sweep 1" in told
    swept = site.sweep()
    assert swept.fired
    assert not swept.failed
    site.sweep()
    assert "This case is held up." not in site.browser("call_taker").page(f"/cases/{case_id}").text
    assert "Has gone on by administrator" in operator.page("/operations").text


def test_a_token_is_moved_on_the_page_and_what_is_missing_is_said(site: Site) -> None:
    case_id = site.opened()
    state = spoil(site, case_id)
    site.clock.forward(days=3)
    site.sweep()
    put_back(site, case_id, state)
    operator = site.browser("administrator")
    page = operator.page("/operations/incidents/1")
    values = [option["value"] for option in page.select("select#element option")]
    answer = operator.send("/operations/incidents/1", {"what": "move", "reason": "It is done on paper"})
    assert answer.status_code == 422
    assert "Choose which token goes where." in answer.text
    assert "It is done on paper" in answer.text
    wrong = {"what": "move", "reason": "x", "element": values[1], "to": "no_such_place"}
    assert "same process" in operator.send("/operations/incidents/1", wrong).text


def test_a_person_whose_step_fails_keeps_what_was_typed(site: Site) -> None:
    case_id = site.opened()
    browser = site.browser("call_taker")
    task = next(task for task in site.services.cases.inbox(frozenset({"call_taker"})).rows if task.case_id == case_id)
    page = browser.page(f"/tasks/{task.id}")
    text = page.select_one("main textarea, main input[type=text]")
    assert text is not None
    view = site.services.cases.incidents
    spoil(site, case_id)
    answer = browser.send(f"/tasks/{task.id}", {str(text["name"]): "typed with care"}, form=page)
    if answer.status_code == 422:  # the form asks for more; what was typed stays as always
        assert "typed with care" in answer.text
        return
    assert answer.status_code == 503
    assert "operators have been told" in answer.text
    assert "typed with care" in answer.text
    assert [each.kind for each in view.of_case(case_id)] == ["task"]


def test_late_clocks_are_gauged_and_told_of_after_two_sweeps(site: Site) -> None:
    site.opened()
    assert site.browser().get("/readyz").get_json()["late_clocks"] == {"count": 0, "held_up": 0, "oldest_seconds": None}
    site.clock.forward(days=3)
    late = site.browser().get("/readyz").get_json()["late_clocks"]
    assert late["count"] == 1
    assert late["oldest_seconds"] > 60
    page = site.browser("administrator").page("/operations")
    assert "Clocks are late: 1." in page.text
    assert "Look whether a worker is running" in page.text
    holder = store.connect(site.services.engine.url.render_as_string(hide_password=False))
    worker = make_worker(site.services)
    worker.beat()
    page = site.browser("administrator").page("/operations")
    assert "A worker is running and takes them one after the other" in page.text
    with store.writing(site.services.engine) as connection:
        stuck = sa.update(store.CaseTable).values(retry_at=site.clock() + timedelta(hours=1), failures=1)
        connection.execute(stuck)
    for _ in range(2):
        worker.fire()
    assert not any("Clocks are late" in subject for subject in mails(site))
    for _ in range(2):
        worker.fire()
    assert sum("Clocks are late" in subject for subject in mails(site)) == 1
    holder.dispose()


def test_an_incident_that_is_not_there_is_not_found(site: Site) -> None:
    assert site.browser("administrator").get("/operations/incidents/7").status_code == 404


def test_sweeping_nothing_keeps_nothing(site: Site) -> None:
    assert timers.sweep(site.services.cases, now=site.clock()).failed == 0
    assert "No case is held up." in site.browser("administrator").page("/operations").text
