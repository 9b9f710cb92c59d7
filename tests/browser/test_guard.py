"""The guard and axe are themselves tried: a planted fault of each kind is found."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Error, Page

from tests.browser.guard import NARROW, WIDE, Guard, axe, look_at, wait_until

pytestmark = pytest.mark.browser


@pytest.fixture
def guarded(browser: Browser, base_url: str) -> Iterator[tuple[Page, Guard]]:
    """A page whose guard is read by the test itself."""
    context = browser.new_context(base_url=base_url)
    guard = Guard(context, base_url)
    page = context.new_page()
    page.goto("/sign-in")
    assert guard.faults == []
    yield page, guard
    context.close()


def heard(page: Page, guard: Guard) -> str:
    """Give what the guard heard, as soon as it heard anything; a busy machine may take its time."""
    for _turn in range(50):
        if guard.faults:
            break
        page.wait_for_timeout(100)
    return " ".join(guard.faults)


def test_an_inline_style_is_found(guarded: tuple[Page, Guard]) -> None:
    page, guard = guarded
    page.evaluate("""document.body.insertAdjacentHTML('beforeend', '<p style="color: red">planted</p>')""")
    assert "Content Security Policy" in heard(page, guard)


def test_an_inline_script_is_found(guarded: tuple[Page, Guard]) -> None:
    page, guard = guarded
    page.evaluate("document.head.append(Object.assign(document.createElement('script'), {textContent: 'planted()'}))")
    assert "Content Security Policy" in heard(page, guard)


def test_a_request_to_elsewhere_is_found_and_does_not_leave(guarded: tuple[Page, Guard]) -> None:
    page, guard = guarded
    page.evaluate("document.body.append(Object.assign(new Image(), {src: 'http://elsewhere.example/planted.png'}))")
    assert "elsewhere.example" in heard(page, guard)


def test_going_elsewhere_is_found_and_does_not_happen(guarded: tuple[Page, Guard]) -> None:
    page, guard = guarded
    with pytest.raises(Error, match="ERR_FAILED"):
        page.goto("http://elsewhere.example/")
    assert "asked outside: http://elsewhere.example/" in guard.faults


def test_a_script_that_fails_is_found(guarded: tuple[Page, Guard]) -> None:
    page, guard = guarded
    page.evaluate("setTimeout(() => { throw new Error('planted') })")
    assert "script: planted" in heard(page, guard).replace("Error: ", "")


def test_a_file_that_is_not_there_is_found(guarded: tuple[Page, Guard]) -> None:
    page, guard = guarded
    page.evaluate("document.body.append(Object.assign(new Image(), {src: '/static/planted.png'}))")
    assert "404" in heard(page, guard)


def test_axe_finds_a_missing_label_and_a_missing_text_for_a_picture(guarded: tuple[Page, Guard]) -> None:
    page, _guard = guarded
    assert axe(page) == []
    page.evaluate("document.querySelector('form').insertAdjacentHTML('beforeend', '<input><img src=\"/favicon.svg\">')")
    assert {finding.partition(":")[0] for finding in axe(page)} >= {"label", "image-alt"}


def test_axe_finds_words_that_are_too_pale(guarded: tuple[Page, Guard]) -> None:
    page, _guard = guarded
    page.evaluate("document.querySelector('h1').style.color = '#ccc'")
    assert [finding.partition(":")[0] for finding in axe(page)] == ["color-contrast"]


def test_a_page_that_scrolls_sideways_is_found(guarded: tuple[Page, Guard]) -> None:
    page, _guard = guarded
    assert look_at(page, "sign-in") == []
    page.evaluate("document.querySelector('h1').style.width = '400px'")
    assert "scrolls sideways" in " ".join(look_at(page, "planted"))
    assert page.viewport_size == WIDE != NARROW


def test_what_comes_true_later_is_waited_for_under_the_sites_own_policy(guarded: tuple[Page, Guard]) -> None:
    page, guard = guarded
    page.evaluate("setTimeout(() => { document.title = 'planted' }, 400)")
    wait_until(page, "document.title === 'planted'")
    assert guard.faults == []
