"""The page of a case that is held up, in a browser: for everyone to use, in a narrow window, mended without a script too."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
import waitress
from playwright.sync_api import Browser, Page, expect

from engine import store
from tests.browser.guard import Guard, look_at
from tests.web.conftest import prepared, scenes, site, stage
from tests.web.site import Site
from web.demo_people import PASSWORD

pytestmark = pytest.mark.browser
__all__ = ["prepared", "scenes", "site", "stage"]


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    """A site, served, with a case that a clock could not move on."""
    case_id = site.opened()
    with store.writing(site.services.engine) as connection:
        where = store.CaseTable.id == case_id
        state = connection.execute(sa.select(store.CaseTable.state).where(where)).scalar_one()
        connection.execute(sa.update(store.CaseTable).where(where).values(state=b'{"v":99}'))
    site.clock.forward(hours=3)
    assert site.sweep().failed
    with store.writing(site.services.engine) as connection:
        connection.execute(sa.update(store.CaseTable).where(where).values(state=state))
    server = waitress.create_server(site.app, host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
    thread.join(10)


def sign_in(page: Page, address: str) -> None:
    page.goto(address)
    page.fill("#name", "administrator")
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize("javascript", [True, False])
def test_an_operator_finds_what_is_held_up_and_mends_it(browser: Browser, address: str, *, javascript: bool) -> None:
    context = browser.new_context(java_script_enabled=javascript)
    guard, page = Guard(context, address), context.new_page()
    sign_in(page, address)
    page.goto(f"{address}/operations")
    assert not javascript or look_at(page, "operations-held-up") == []
    page.get_by_role("link", name="Look at it").click()
    assert not javascript or look_at(page, "incident") == []
    page.get_by_label("Move the token").check()
    page.get_by_role("button", name="Do this").click()
    expect(page.get_by_role("link", name="Say why.")).to_be_visible()
    assert page.get_by_label("Move the token").is_checked()
    assert not javascript or look_at(page, "incident-refused") == []
    page.get_by_label("Try again").check()
    page.get_by_label("Why").fill("The new version is here")
    page.get_by_role("button", name="Do this").click()
    expect(page.get_by_text("Tried again by administrator")).to_be_visible()
    assert guard.faults == []
    context.close()
