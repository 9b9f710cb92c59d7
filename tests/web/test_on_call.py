"""The rota on its page: whom to ring, who keeps it, what is wrong at its field, and the warning where messages are stuck."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.store import writing
from notifications import outbox
from notifications.message import Message
from tests.web.site import Site

NIGHT = {
    "duty": "invented_police/duty_inspector/duty_inspector",
    "begins_at-day": "2",
    "begins_at-month": "3",
    "begins_at-year": "2026",
    "begins_at-time": "08:00",
    "ends_at-day": "2",
    "ends_at-month": "3",
    "ends_at-year": "2026",
    "ends_at-time": "18:00",
    "mobile": "07700 900 123",
}


def duty_of(site: Site) -> str:
    """The choice for the duty inspector, as the page offers it."""
    page = site.browser("control_room_supervisor").page("/on-call")
    return next(str(o["value"]) for o in page.select("#duty option") if "/duty_inspector/" in str(o.get("value")))


@pytest.fixture
def night(site: Site) -> dict[str, str]:
    return NIGHT | {"duty": duty_of(site)}


def test_somebody_is_put_on_the_rota_and_others_see_whom_to_ring(site: Site, night: dict[str, str]) -> None:
    keeper = site.browser("control_room_supervisor")
    assert "Nobody is on the rota now" in keeper.page("/on-call").text
    assert keeper.send("/on-call", night).status_code == 302
    shown = site.browser("csc_social_worker").page("/on-call")
    assert shown.select_one('a[href="tel:+447700900123"]')
    assert shown.select_one("form#duty, select#duty") is None
    warned = " ".join(keeper.page("/on-call").text.split())
    assert "is on call from 2 March 2026 at 6:00pm until 9 March 2026 at 9:00am" in warned


def test_the_number_of_the_last_entry_is_taken_where_none_is_typed(site: Site, night: dict[str, str]) -> None:
    keeper = site.browser("control_room_supervisor")
    keeper.send("/on-call", night)
    later = night | {"begins_at-day": "3", "ends_at-day": "3", "mobile": ""}
    assert keeper.send("/on-call", later).status_code == 302
    site.clock.forward(days=1)
    assert site.browser("call_taker").page("/on-call").select_one('a[href="tel:+447700900123"]')


def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(site: Site, night: dict[str, str]) -> None:
    keeper = site.browser("control_room_supervisor")
    wrong = keeper.send("/on-call", night | {"ends_at-time": "07:00", "mobile": "12"})
    assert wrong.status_code == 422
    for said in ("The end of the duty must be after its beginning", "Enter a telephone number, like", 'value="12"'):
        assert said in wrong.text
    empty = keeper.send("/on-call", {})
    assert "Select who is on call, and as what" in empty.text
    assert "Enter when the duty begins" in empty.text
    forged = keeper.send("/on-call", night | {"duty": "safe_steps/rhi_manager/rhi_manager"})
    assert forged.status_code == 422
    reader = site.browser("csc_social_worker")
    assert reader.send("/on-call", night, form=keeper.page("/on-call")).status_code in {400, 404}


def test_an_entry_is_ended_by_its_keeper_alone(site: Site, night: dict[str, str]) -> None:
    keeper = site.browser("control_room_supervisor")
    keeper.send("/on-call", night)
    page = keeper.page("/on-call")
    [ending] = [str(form["action"]) for form in page.select("form") if str(form.get("action")).endswith("/end")]
    other = site.browser("csc_mash")
    assert other.send(ending, form=other.page("/on-call")).status_code == 404
    assert site.browser("csc_social_worker").send(ending, form=page).status_code in {400, 403}
    assert keeper.send(ending, form=page).status_code == 302
    assert "Nobody is on the rota now" in keeper.page("/on-call").text


def test_the_tasks_warn_while_an_urgent_message_does_not_leave(site: Site) -> None:
    browser = site.browser("duty_inspector")
    message = Message("MC-1/1/x", "anna@force.example", "URGENT", "x\n", urgent=True)
    with writing(site.services.engine) as connection:
        outbox.record(connection, [message], site.clock())
    assert "Urgent messages are not leaving" not in browser.page("/tasks").text
    site.clock.forward(minutes=6)
    assert "Urgent messages are not leaving" in browser.page("/tasks").text
    site.clock.now -= timedelta(minutes=6)
