"""Signing in and out: the throttle, the end of a session, and where one may be sent afterwards."""

from __future__ import annotations

import io

import pytest
import sqlalchemy as sa

from engine.store import reading, writing
from tests.web.site import OPENING, Browser, Site
from web.assembly import make_worker
from web.demo_people import PASSWORD
from web.identity import safe_next
from web.tables import SessionRow, SignInFailureRow
from workflows import people


def test_a_stranger_is_sent_to_sign_in_and_then_to_the_page_that_was_wanted(site: Site) -> None:
    browser = site.browser()
    answer = browser.get("/cases?after=x")
    assert answer.location == "/sign-in?next=/cases?after%3Dx"
    after = browser.send(answer.location, {"name": "call_taker", "password": PASSWORD})
    assert after.location == "/cases?after=x"


def test_what_is_sent_after_the_session_has_ended_waits_in_the_window_until_it_is_sent_again(site: Site) -> None:
    """A call taker whose page was open for longer than the session lost the four things that the caller had said."""
    page = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate"}
    stranger = site.browser()
    answer = stranger.post("/cases/open", data=OPENING, headers=page)
    assert answer.status_code == 403
    assert OPENING["why_worried"] in answer.text
    older = {"Origin": "http://localhost", "Accept": "text/html"}
    with_file = {**OPENING, "file": (io.BytesIO(b"a"), "a.txt")}
    for sent, said in ((OPENING, OPENING["why_worried"]), (with_file, "The file that you chose is not kept")):
        kept = stranger.post("/cases/open", data=sent, headers=older)
        assert (kept.status_code, said in kept.text) == (403, True), "an older browser says it by its origin"
    for origin in ("http://elsewhere.example", "null"):
        assert stranger.post("/cases/open", data=OPENING, headers=older | {"Origin": origin}).status_code == 302
    elsewhere = stranger.post("/cases/open", data=OPENING, headers=page | {"Sec-Fetch-Site": "cross-site"})
    secret = stranger.post("/cases/open", data=OPENING | {"password": "hunter two"}, headers=page)
    assert (elsewhere.status_code, secret.status_code) == (302, 302)


def test_the_name_may_be_typed_in_capitals(site: Site) -> None:
    answer = site.browser().send("/sign-in", {"name": " Call_Taker ", "password": PASSWORD})
    assert answer.status_code == 302


@pytest.mark.parametrize("name", ["call_taker", "nobody_at_all", ""])
def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(site: Site, name: str) -> None:
    answer = site.browser().send("/sign-in", {"name": name, "password": "wrong password"})
    assert answer.status_code == 403
    assert "The sign-in name or the password is wrong." in answer.text
    assert "wrong password" not in answer.text


def test_after_five_failures_a_name_must_wait_a_quarter_of_an_hour(site: Site) -> None:
    browser = site.browser()
    for _ in range(5):
        assert browser.send("/sign-in", {"name": "call_taker", "password": "wrong"}).status_code == 403
    right = {"name": "call_taker", "password": PASSWORD}
    assert browser.send("/sign-in", right).status_code == 429
    assert browser.send("/sign-in", right | {"name": "rhi_worker"}).status_code == 302
    site.wall_clock.forward(minutes=15, seconds=1)
    assert site.browser().send("/sign-in", right).status_code == 302


def test_a_success_takes_the_failures_back(site: Site) -> None:
    for _ in range(4):
        site.browser().send("/sign-in", {"name": "call_taker", "password": "wrong"})
    site.browser("call_taker")
    with reading(site.services.engine) as connection:
        assert connection.execute(sa.select(SignInFailureRow.id)).all() == []


def test_what_was_typed_as_a_name_is_kept_as_a_digest_only(site: Site) -> None:
    site.browser().send("/sign-in", {"name": "my secret password", "password": "x"})
    with reading(site.services.engine) as connection:
        rows = connection.execute(sa.select(SignInFailureRow.__table__)).all()
    assert "my secret password" not in repr(rows)


def test_a_session_ends_after_half_an_hour_without_a_request(site: Site) -> None:
    browser = site.browser("call_taker")
    site.wall_clock.forward(minutes=29)
    assert browser.get("/tasks").status_code == 200
    site.wall_clock.forward(minutes=29)
    assert browser.get("/tasks").status_code == 200
    site.wall_clock.forward(minutes=31)
    assert browser.get("/tasks").status_code == 302


def test_a_session_ends_after_twelve_hours_in_any_case(site: Site) -> None:
    browser = site.browser("call_taker")
    for _ in range(24):
        site.wall_clock.forward(minutes=29)
        assert browser.get("/tasks").status_code == 200
    site.wall_clock.forward(minutes=29)
    assert browser.get("/tasks").status_code == 302


def test_the_night_forgets_the_sessions_of_days_ago_by_the_clock_on_the_wall(site: Site) -> None:
    """A demonstration's clock that is put on by a month signs nobody out."""
    browser, worker = site.browser("call_taker"), make_worker(site.services)
    site.clock.forward(days=30)
    worker.work_at_night()
    assert browser.get("/tasks").status_code == 200
    site.wall_clock.forward(days=3)
    site.clock.forward(days=1)
    worker.work_at_night()
    with reading(site.services.engine) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(SessionRow)).scalar_one() == 0


def cookie(browser: Browser) -> str:
    """Read the session cookie."""
    found = browser.get_cookie("homeward")
    assert found is not None
    return found.value


def test_signing_out_is_final_even_for_a_copy_of_the_cookie(site: Site) -> None:
    browser = site.browser("call_taker")
    copied = cookie(browser)
    form = browser.page("/tasks").select_one("form.hw-person input")
    assert form is not None
    assert browser.get("/sign-out").status_code == 405
    assert browser.post("/sign-out", data={"csrf_token": form["value"]}).status_code == 302
    thief = site.browser()
    thief.set_cookie("homeward", copied)
    assert thief.get("/tasks").status_code == 302


def test_signing_in_begins_a_session_of_its_own(site: Site) -> None:
    browser = site.browser()
    token = browser.page("/sign-in").select_one("main input[name=csrf_token]")
    assert token is not None
    browser.send("/sign-in", {"name": "call_taker", "password": PASSWORD})
    answer = browser.post("/cases/open", data=OPENING | {"csrf_token": str(token["value"])})
    assert answer.status_code == 400


def test_the_database_holds_no_token_that_could_be_used(site: Site) -> None:
    browser = site.browser("call_taker")
    with reading(site.services.engine) as connection:
        digests = connection.execute(sa.select(SessionRow.digest)).scalars().all()
    with browser.session_transaction() as session:
        assert session["_user_id"] not in digests


def test_a_disabled_person_is_out_at_the_next_request(site: Site) -> None:
    browser = site.browser("call_taker")
    with writing(site.services.engine) as connection:
        people.disable(connection, "call_taker", site.clock())
    assert browser.get("/tasks").status_code == 302
    assert site.browser().send("/sign-in", {"name": "call_taker", "password": PASSWORD}).status_code == 403


def test_a_form_without_its_token_is_refused_and_nothing_is_saved(site: Site) -> None:
    browser = site.browser("call_taker")
    answer = browser.post("/cases/open", data=OPENING | {"why_worried": "something personal"})
    assert answer.status_code == 400
    assert "something personal" not in answer.text
    assert "no open case" in browser.page("/cases").text


def test_the_cookie_is_closed_to_scripts_and_other_sites(site: Site) -> None:
    answer = site.browser().send("/sign-in", {"name": "call_taker", "password": PASSWORD})
    header = answer.headers["Set-Cookie"]
    assert "HttpOnly" in header
    assert "SameSite=Lax" in header


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "",
        "tasks",
        "/tasks\n//evil",
        "/\t/evil",
    ],
)
def test_nobody_is_sent_to_another_site(site: Site, wanted: str) -> None:
    with site.app.test_request_context():
        assert safe_next(wanted) == "/"


def test_a_page_of_this_site_may_be_wanted(site: Site) -> None:
    with site.app.test_request_context():
        assert safe_next("/cases/MC-7K3QX9PW?a=b") == "/cases/MC-7K3QX9PW?a=b"
