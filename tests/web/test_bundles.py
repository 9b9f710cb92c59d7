"""What is given out: a child's own bundle names nobody else, a case is given as it was known then, and each is looked through and noted first."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from datetime import timedelta
from typing import Any
from zipfile import ZipFile

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup

from engine.model import Actor
from engine.store import ReadTable, reading, writing
from tests.web.scenes import Scenes, demonstration
from tests.web.site import Browser, Site
from web import keeping, verification
from workflows import children, disclosures, people, photographs, redacting, retention, seals
from workflows.agencies import ROLES
from workflows.disclosures import DisclosureRow
from workflows.redacting import GROUNDS, BundleRow
from workflows.seals import Wanted

PIXELS = b"\xff\xd8\xff\xe0 pixels that nobody decodes here"
ANN = Actor("ann", frozenset({"mfh_coordinator"}), "force")


@pytest.fixture
def casey(site: Site, scenes: Scenes) -> tuple[str, str]:
    """A case of the demonstration with a reporter's name in a field and in a free text; and the child's id."""
    case_id = scenes.begin(site, demonstration)["Casey"]
    with reading(site.services.engine) as connection:
        child_id = children.child_of(connection, case_id)
    right = {"reporter_name": "Marigold Thistle", "circumstances": "Marigold saw Casey at the bus stop."}
    site.services.cases.correct(
        case_id, "missing_report", "", right, by=ANN, now=site.clock(), key="r", reason="Misheard"
    )
    return case_id, str(child_id)


FIRST, SECOND = "information_governance", "other_governance"
"""Two people who answer for records: whoever makes a bundle, and whoever looks again."""


def unpacked(data: bytes) -> dict[str, str]:
    """Give the files of an archive; those that are no text as what they begin with."""
    with ZipFile(io.BytesIO(data)) as packed:
        return {name: packed.read(name).decode("utf-8", "replace") for name in packed.namelist()}


def noted(site: Site) -> list[tuple[str, str, str]]:
    row = DisclosureRow
    with reading(site.services.engine) as connection:
        return [(a, b, c) for a, b, c in connection.execute(sa.select(row.about, row.given_to, row.basis))]


def made(browser: Browser, address: str, told: dict[str, Any]) -> str:
    """Make a bundle to be looked through, and give its address."""
    answer = browser.send(address, told)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def sealed(browser: Browser, place: str) -> dict[str, str]:
    """Seal a bundle and give the files of its archive."""
    assert browser.send(f"{place}/seal", {"read": "yes"}, form=browser.page(place)).status_code == 303
    return unpacked(browser.get(f"{place}/file").data)


def number_of(browser: Browser, place: str, text: str) -> int:
    """Give the number of the passage in which a text stands."""
    (row,) = [row for row in browser.page(place).select("main [id^=passage-]") if text in row.text]
    return int(str(row["id"]).removeprefix("passage-"))


def take_out(browser: Browser, place: str, number: int, **wanted: str) -> int:
    told = {"extent": "passage", "words": "", "ground": "third_party", "why": "Because I say so"} | wanted
    return browser.send(f"{place}/{number}", told, form=browser.page(f"{place}/{number}")).status_code


def test_a_childs_own_bundle_never_names_who_reported(site: Site, casey: tuple[str, str]) -> None:
    case_id, child_id = casey
    browser = site.browser(FIRST)
    place = made(browser, f"/bundles/child/{child_id}", {"recipient": "Casey Example"})
    assert noted(site) == [], "nothing is given until it is sealed"
    files = sealed(browser, place)
    assert {"bundle.html", "bundle.json"} <= set(files)
    assert not [name for name, text in files.items() if "Marigold" in text or "Thistle" in text or "01632 960" in text]
    assert "[masked] saw Casey at the bus stop." in files["bundle.html"]
    assert "Who reported, or told us in confidence" in files["bundle.html"]
    assert "Casey Example" in files["bundle.html"]
    found = json.loads(files["bundle.json"])
    assert case_id in found["cases"]
    assert "Who reported, or told us in confidence" in {each["whom"] for each in found["masked"]}
    texts = [passage["text"] for chapter in found["chapters"] for passage in chapter["passages"]]
    shown = {each.text for each in BeautifulSoup(files["bundle.html"], "html.parser").select("dd")}
    assert set(texts) <= shown, "the machine is told what the pages say"
    assert (child_id, "Casey Example", "subject_access") in noted(site)
    assert (case_id, "Casey Example", "subject_access") in noted(site)
    with reading(site.services.engine) as connection:
        purposes = connection.execute(sa.select(ReadTable.purpose).where(ReadTable.case_id == case_id)).scalars()
        assert "bundle" in set(purposes)


def test_of_a_sealed_child_nothing_is_given_but_by_its_group(site: Site, casey: tuple[str, str]) -> None:
    """What stood for no record was the empty reference, which is that of every case that no message opened: all were given."""
    case_id, child_id = casey
    group = tuple(sorted(ROLES.keys() - {"information_governance"}))
    with writing(site.services.engine) as connection:
        chief = people.find(connection, "chief_inspector_missing").actor
        seals.seal(connection, Wanted(child_id, (case_id,), group, "He works here."), by=chief, now=site.clock())
    browser = site.browser("information_governance")
    for reference in (child_id, case_id, "CH-ZZZZZZZZ"):
        assert browser.get(f"/bundles/child/{reference}").status_code == 404
        form = browser.page("/retention")
        token = {"csrf_token": form.select("[name=csrf_token]")[0]["value"], "recipient": "Casey Example"}
        assert browser.post(f"/bundles/child/{reference}", data=token).status_code == 404
    assert noted(site) == []


def test_a_childs_own_bundle_holds_its_photograph_and_says_to_whom_something_was_given(
    site: Site, casey: tuple[str, str]
) -> None:
    case_id, child_id = casey
    what = "Facts of the episode, Police intelligence"
    with writing(site.services.engine) as connection:
        photographs.add(connection, child_id, PIXELS, by=ANN, now=site.clock())
        for to, way in (("Rosa Bramble, Example Academy", "bundle"), ("Dan Sorrel, own use on duty", "own_print")):
            copy = disclosures.Copy(way, frozenset({"D2"}))
            disclosures.note_disclosure(
                connection,
                about=[case_id, child_id],
                to=to,
                what=what,
                basis="school_or_health",
                by=ANN,
                now=site.clock(),
                copy=copy,
            )
    browser = site.browser(FIRST)
    place = made(browser, f"/bundles/child/{child_id}", {"recipient": "Casey Example"})
    picture = browser.page(f"{place}/{number_of(browser, place, 'In the file photograph-')}").select_one("main img")
    assert picture is not None
    assert str(picture["src"]) == f"data:image/jpeg;base64,{base64.b64encode(PIXELS).decode()}"
    assert browser.send(f"{place}/seal", {"read": "yes"}, form=browser.page(place)).status_code == 303
    with ZipFile(io.BytesIO(browser.get(f"{place}/file").data)) as packed:
        (name,) = [name for name in packed.namelist() if name.startswith("photograph-")]
        assert packed.read(name) == PIXELS
        page = packed.read("bundle.html").decode()
    assert f'src="{name}"' in page
    assert page.count("[masked], Example Academy") == 1, "what went in one is said once"
    assert "[masked], own use on duty" in page
    assert not [word for word in ("Bramble", "Sorrel", "intelligence") if word in page]


@pytest.fixture
def second(site: Site) -> Browser:
    """Somebody else who answers for records."""
    held = [people.Membership(FIRST, "example_police")]
    with writing(site.services.engine) as connection:
        people.add(
            connection, SECOND, name="Second", mail="s@example.org", password=None, memberships=held, now=site.clock()
        )
    return site.browser(SECOND)


def test_what_is_taken_out_needs_a_ground_and_a_reason_and_is_found_in_its_passage(
    site: Site, casey: tuple[str, str]
) -> None:
    browser = site.browser(FIRST)
    with writing(site.services.engine) as connection:
        photographs.add(connection, casey[1], PIXELS, by=ANN, now=site.clock())
    place = made(browser, f"/bundles/child/{casey[1]}", {"recipient": "Casey Example"})
    stop, picture = number_of(browser, place, "at the bus stop."), number_of(browser, place, "In the file photograph-")
    assert take_out(browser, place, stop, extent="words", words="at the tram stop") == 422
    assert take_out(browser, place, stop, ground="not_needed") == 422, "whatever the child asks for is needed"
    assert take_out(browser, place, stop, why=" ") == 422
    assert take_out(browser, place, picture, extent="words", words="file") == 422
    assert "What was taken out, and why" not in browser.page(place).text
    assert take_out(browser, place, picture, ground="serious_harm") == 303
    assert set(sealed(browser, place)) == {"bundle.html", "bundle.json"}, "no photograph"


def test_what_is_taken_out_is_not_in_the_copy_that_says_so_and_on_which_ground(
    site: Site, casey: tuple[str, str], second: Browser
) -> None:
    browser = site.browser(FIRST)
    place = made(browser, f"/bundles/child/{casey[1]}", {"recipient": "Casey Example"})
    stop, section = number_of(browser, place, "at the bus stop."), number_of(browser, place, "Looked after")
    assert (
        take_out(browser, place, stop, extent="words", words="saw  CASEY at", ground="crime", why="It tips off") == 303
    )
    assert take_out(browser, place, stop, extent="words", words="at the bus", why="Of another") == 303
    assert take_out(browser, place, section, extent="section", ground="wishes") == 303
    looked = second.page(f"{place}/{section}")
    entry = str(looked.select("main form input[name=entry]")[0]["value"])
    assert second.send(f"{place}/{section}/back", {"entry": entry}, form=looked).status_code == 303
    assert second.send(f"{place}/{section}/back", {"entry": entry}, form=looked).status_code == 404
    for text in sealed(second, place).values():
        assert not [words for words in ("saw Casey", "at the bus", "It tips off", "Of another") if words in text]
        assert f"[masked] {GROUNDS['crime'].mark} stop." in text, "what overlaps goes as one"
        assert GROUNDS["wishes"].mark not in text, "it was put back"
    kept = browser.page(place).text
    assert not [words for words in ("It tips off", "saw CASEY at", "Put back", "Second") if words not in kept]
    assert hashlib.sha256(browser.get(f"{place}/file").data).hexdigest() in kept
    row = DisclosureRow
    with reading(site.services.engine) as connection:
        asked = sa.select(row.what, row.way).where(row.number == place.rpartition("/")[2])
        what = "Everything held about the child, others masked; taken out: 2"
        assert connection.execute(asked).first() == (what, "subject_access")


def test_nothing_of_a_sealed_bundle_changes(site: Site, casey: tuple[str, str]) -> None:
    browser = site.browser(FIRST)
    place = made(browser, f"/bundles/child/{casey[1]}", {"recipient": "Casey Example"})
    stop = number_of(browser, place, "at the bus stop.")
    assert sealed(browser, place)
    before, form = browser.get(f"{place}/file").data, browser.page(f"/bundles/child/{casey[1]}")
    assert browser.get(f"{place}/{stop}").status_code == 404
    for act in (f"/{stop}", f"/{stop}/back", "/seal", "/drop"):
        told = {"extent": "passage", "ground": "crime", "why": "Late", "read": "yes", "entry": "1"}
        assert browser.send(f"{place}{act}", told, form=form).status_code == 409, act
    assert browser.get(f"{place}/file").data == before


def test_a_whole_section_goes_with_its_heading(site: Site, casey: tuple[str, str]) -> None:
    browser = site.browser(FIRST)
    place = made(browser, f"/bundles/child/{casey[1]}", {"recipient": "Casey Example"})
    assert "Who you are" in browser.page(place).text
    assert take_out(browser, place, number_of(browser, place, "Looked after"), extent="section", ground="crime") == 303
    for text in sealed(browser, place).values():
        assert not [words for words in ("Who you are", "Looked after") if words in text]
        assert GROUNDS["crime"].mark in text


def test_what_is_not_what_was_sealed_is_not_given(site: Site, casey: tuple[str, str]) -> None:
    browser = site.browser(FIRST)
    place = made(browser, f"/bundles/child/{casey[1]}", {"recipient": "Casey Example"})
    assert browser.get(f"{place}/file").status_code == 404, "it is not sealed yet"
    assert browser.send(f"{place}/seal", {}, form=browser.page(place)).status_code == 422
    assert sealed(browser, place)
    assert not [*redacting.check(site.services.engine)]
    with writing(site.services.engine) as connection:
        connection.execute(sa.update(BundleRow).values(archive=b"Something else"))
    assert browser.get(f"{place}/file").status_code == 409
    found = verification.verify(site.services.cases, site.clock())
    assert "bundle-changed" in {each.check for each in found}


def test_what_was_put_right_since_is_not_given_as_it_was(site: Site, casey: tuple[str, str]) -> None:
    """A recipient was to be told of what is put right after it was given, and nobody would have been of what was before."""
    browser = site.browser(FIRST)
    place = made(browser, f"/bundles/child/{casey[1]}", {"recipient": "Casey Example"})
    site.clock.forward(hours=1)
    right = {"circumstances": "It was the tram stop."}
    site.services.cases.correct(casey[0], "missing_report", "", right, by=ANN, now=site.clock(), key="s", reason="No")
    answer = browser.send(f"{place}/seal", {"read": "yes"}, form=browser.page(place))
    assert answer.status_code == 409
    assert "put right since" in answer.text
    assert not [each for each in noted(site) if each[1] == "Casey Example"]
    assert browser.send(f"{place}/drop", {}, form=browser.page(place)).status_code == 303
    assert browser.get(place).status_code == 404


def test_a_bundle_that_nobody_gave_goes_after_a_month_and_none_does_under_a_hold(
    site: Site, casey: tuple[str, str]
) -> None:
    browser, engine = site.browser(FIRST), site.services.engine
    place = made(browser, f"/bundles/child/{casey[1]}", {"recipient": "Casey Example"})
    given = made(browser, f"/bundles/child/{casey[1]}", {"recipient": "Casey Example"})
    assert sealed(browser, given)
    with writing(engine) as connection:
        subject = retention.subject_of(connection, casey[1])
        retention.hold(connection, subject, by=ANN, reason="Inquiry", now=site.clock())
    later = site.clock() + timedelta(days=31)
    assert keeping.nightly(engine, later)
    assert browser.get(place).status_code == 200
    with writing(engine) as connection:
        (hold,) = retention.holds(connection, subject)
        retention.end_hold(connection, subject, hold.id, by=Actor("bob"), reason="Over", now=later)
    assert keeping.nightly(engine, later + timedelta(days=1))
    assert browser.get(place).status_code == 404
    assert browser.get(given).status_code == 200


def test_a_bundle_is_nobodys_who_could_not_make_it(site: Site, casey: tuple[str, str]) -> None:
    case_id, child_id = casey
    own = made(site.browser(FIRST), f"/bundles/child/{child_id}", {"recipient": "Casey Example"})
    told = {"recipient": "Meadow School", "basis": "school_or_health", "classes": ["D1", "D2", "D3"]}
    force = made(site.browser("mfh_coordinator"), f"/bundles/case/{case_id}", told)
    for place, statuses in (
        (own, {"mfh_coordinator": 404, "csc_team_manager": 404, "call_taker": 403, FIRST: 200}),
        (force, {"mfh_coordinator": 200, "chief_inspector_missing": 200, "call_taker": 403, FIRST: 200}),
    ):
        found = {role: site.browser(role).get(place).status_code for role in statuses}
        assert found == statuses
    assert site.browser("mfh_coordinator").post(f"{own}/seal", data={"read": "yes"}).status_code in {400, 404}
    assert site.browser(FIRST).get("/bundles/B-22222222").status_code == 404


def test_without_a_recipient_nothing_is_made(site: Site, casey: tuple[str, str]) -> None:
    address = f"/bundles/child/{casey[1]}"
    assert site.browser(FIRST).send(address, {"recipient": " "}).status_code == 422
    answer = site.browser("mfh_coordinator").send(f"/bundles/case/{casey[0]}", {"at-day": "31", "at-month": "2"})
    page = BeautifulSoup(answer.text, "html.parser")
    assert len(page.select(".govuk-error-summary__list li")) == 4
    assert noted(site) == []
    with reading(site.services.engine) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(BundleRow)).scalar_one() == 0


def test_a_case_is_given_as_it_was_known_then(site: Site, casey: tuple[str, str]) -> None:
    case_id, browser = casey[0], site.browser("mfh_coordinator")
    site.clock.forward(hours=2)
    then = site.clock() - timedelta(hours=1)
    right = {"circumstances": "It was the tram stop."}
    site.services.cases.correct(case_id, "missing_report", "", right, by=ANN, now=site.clock(), key="s", reason="Wrong")
    given = {"recipient": "Meadow School", "basis": "school_or_health", "classes": ["D1", "D2"]}
    at = {"at-day": f"{then.day}", "at-month": f"{then.month}", "at-year": f"{then.year}", "at-time": f"{then:%H:%M}"}
    address = f"/bundles/case/{case_id}"
    now = sealed(browser, made(browser, address, given))["bundle.html"]
    before = sealed(browser, made(browser, address, given | at))["bundle.html"]
    assert ("tram stop" in now, "bus stop" in now) == (True, False)
    assert ("tram stop" in before, "bus stop" in before) == (False, True)
    assert noted(site) == [(case_id, "Meadow School", "school_or_health")] * 2
    assert "To Meadow School" in browser.page(f"/cases/{case_id}").text


def test_only_classes_that_the_giver_reads_are_given(site: Site, casey: tuple[str, str]) -> None:
    browser, address = site.browser("mfh_coordinator"), f"/bundles/case/{casey[0]}"
    offered = {box["value"] for box in browser.page(address).select("input[name=classes]")}
    assert "D8" not in offered
    assert "D4" not in offered
    given = {"recipient": "A court", "basis": "court_order", "classes": ["D8", "D4"]}
    assert browser.send(address, given).status_code == 422
    assert site.browser("csc_team_manager").get("/bundles/case/MC-22222222").status_code == 404
