"""What is changed in a file of a draft and not saved is kept for its author; two people at one draft know of each other."""

from __future__ import annotations

from datetime import timedelta

from engine.store import writing
from tests.web.site import Site
from workflows import people, unsaved
from workflows.people import Membership

HOME = "/procedures/recommendation"
DRAFT = f"{HOME}/draft"
FILE = f"{DRAFT}/files/rag.dmn"


def test_what_is_not_saved_comes_back_beside_what_somebody_else_saved(site: Site) -> None:
    asha, approver = site.browser("procedure_editor"), site.browser("procedure_approver")
    assert asha.send(DRAFT, form=asha.page(HOME)).status_code == 303
    with writing(site.services.engine) as connection:
        held = [Membership("procedure_editor", "example_police")]

        people.add(
            connection,
            "ben",
            name="Ben Sample",
            mail="ben@example.org",
            password=None,
            memberships=held,
            now=site.clock(),
        )
    ben = site.browser("ben")
    page, others = asha.page(FILE), ben.page(FILE)
    area = page.select_one("textarea[name=text]")
    assert area is not None
    text = area.text.removeprefix("\n")
    mine, theirs = text.replace("label=", "label = ", 1), text.replace('label="', 'label="New ', 1)
    kept = asha.send(f"{FILE}/typed?typing=yes", {"text": mine}, form=page)
    assert "for you alone" in kept.text

    assert "has this file open since" in ben.send(f"{FILE}/typed", {}, form=others).text
    assert "did not save it" not in ben.page(FILE).text
    assert "did not save it" in asha.page(FILE).text
    assert ben.send(FILE, {"text": theirs}, form=others).status_code == 303
    assert "has saved this file since you opened it" in asha.send(f"{FILE}/typed", {}, form=page).text

    resumed = asha.page(f"{FILE}?kept=yes")
    answer = asha.send(FILE, {"text": mine}, form=resumed)
    assert answer.status_code == 409, "it was made of the text before"
    assert "Compare yours with it" in answer.text
    assert "New " in asha.page(f"{FILE}/mine").text
    assert asha.send(f"{FILE}/typed/drop", {}, form=asha.page(FILE)).status_code == 303
    asha.page(f"{FILE}/mine", status=404)
    approver.page(f"{FILE}/mine", status=404)
    with writing(site.services.engine) as connection:
        assert unsaved.tidy(connection, site.clock() + unsaved.KEPT_FOR + timedelta(days=1)) == 2
