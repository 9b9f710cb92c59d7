"""Drafts of a procedure: changed side by side, proposed, approved by somebody else; the same on SQLite and PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import pytest
import sqlalchemy as sa

from engine import release
from engine.cases import Cases
from engine.errors import (
    AgreementMissing,
    DraftHasMovedOn,
    DraftIsOpen,
    DraftIsStale,
    DraftNotFound,
    Invalid,
    NotFound,
    Problem,
    ReasonMissing,
    Refusal,
    ReleaseInvalid,
    SamePersonTwice,
)
from engine.publishing import Drafts, stamp_of
from tests.contracts.sample import FILES, NOW, WORKER
from tests.drawn import form

OTHER_WORDS = form("answer", "text", "when:datetime", "more")


def check(_procedure: str, files: Mapping[str, str]) -> tuple[Problem, ...]:
    return release.examine(files)[1]


@pytest.fixture
def cases(engine: sa.Engine) -> Cases:
    made = Cases(engine)
    made.publish(FILES, by="ann", now=NOW)
    return made


@pytest.fixture
def drafts(cases: Cases) -> Drafts:
    return Drafts(cases.library, check, roles=None)


def change(drafts: Drafts, by: str = "ann", text: str = OTHER_WORDS) -> None:
    """Save other words for the form as somebody who looked at it just now."""
    stamp = stamp_of(drafts.get("sample").files["answer.form"])
    drafts.save("sample", "answer.form", text, stamp=stamp, by=by, now=NOW)


def proposed(drafts: Drafts) -> str:
    """Begin, change and propose a draft as Ann; give its digest."""
    drafts.begin("sample", by="ann", now=NOW)
    change(drafts)
    digest = drafts.get("sample").digest
    drafts.propose("sample", digest=digest, reason="It is asked on the telephone.", by="ann", now=NOW)
    return digest


def kinds(drafts: Drafts, draft_id: int) -> list[str]:
    return [event.kind for event in drafts.history(draft_id)][::-1]


def test_a_draft_begins_with_the_running_release_and_there_is_one_at_a_time(drafts: Drafts) -> None:
    draft = drafts.begin("sample", by="ann", now=NOW)
    assert draft.files == FILES
    with pytest.raises(DraftIsOpen):
        drafts.begin("sample", by="bob", now=NOW)
    with pytest.raises(NotFound):
        drafts.begin("nothing", by="bob", now=NOW)


def test_what_one_proposed_another_approves_and_new_cases_start_on_it(cases: Cases, drafts: Drafts) -> None:
    old = cases.open("sample", {"name": "Robin"}, by=WORKER, now=NOW, key="old").case_id
    digest = proposed(drafts)
    published = drafts.approve("sample", digest=digest, by="bob", now=NOW)
    assert (published.number, published.published_by, published.digest) == (2, "bob", digest)
    new = cases.open("sample", {"name": "Kim"}, by=WORKER, now=NOW, key="new").case_id
    assert "more" in [field.key for field in cases.release_of(new).forms["answer"].fields]
    assert "more" not in [field.key for field in cases.release_of(old).forms["answer"].fields]
    assert drafts.find("sample") is None
    behind = drafts.behind("sample")[published.id]
    assert (behind.proposed_by, behind.reason) == ("ann", "It is asked on the telephone.")
    assert kinds(drafts, behind.id) == ["begun", "saved", "proposed", "approved"]


@pytest.mark.parametrize("who", ["ann", "eve"])
def test_nobody_approves_what_they_proposed_or_changed(drafts: Drafts, who: str) -> None:
    drafts.begin("sample", by="ann", now=NOW)
    change(drafts, by="eve")
    digest = drafts.get("sample").digest
    drafts.propose("sample", digest=digest, reason="Better", by="ann", now=NOW)
    with pytest.raises(SamePersonTwice):
        drafts.approve("sample", digest=digest, by=who, now=NOW)
    assert drafts.approve("sample", digest=digest, by="bob", now=NOW).number == 2


def test_a_file_that_somebody_else_changed_is_not_overwritten(drafts: Drafts) -> None:
    drafts.begin("sample", by="ann", now=NOW)
    seen = stamp_of(FILES["answer.form"])
    change(drafts, by="bob")
    with pytest.raises(DraftIsStale, match=r"answer\.form was changed"):
        drafts.save("sample", "answer.form", "{}", stamp=seen, by="ann", now=NOW)
    with pytest.raises(DraftIsStale):
        drafts.remove("sample", "answer.form", stamp=seen, by="ann", now=NOW)
    assert drafts.get("sample").files["answer.form"] == OTHER_WORDS


def test_two_people_who_change_two_files_do_not_disturb_each_other(drafts: Drafts) -> None:
    drafts.begin("sample", by="ann", now=NOW)
    change(drafts, by="bob")
    check_form = form("check", "verdict", "why")
    stamp = stamp_of(FILES["check.form"])
    drafts.save("sample", "check.form", check_form, stamp=stamp, by="ann", now=NOW)
    assert drafts.get("sample").files == {**FILES, "answer.form": OTHER_WORDS, "check.form": check_form}


def test_the_text_that_stands_already_is_no_change(drafts: Drafts) -> None:
    draft = drafts.begin("sample", by="ann", now=NOW)
    change(drafts, text=FILES["answer.form"].replace("\n", "\r\n"))
    assert kinds(drafts, draft.id) == ["begun"]


def test_files_are_added_and_taken_out(drafts: Drafts) -> None:
    draft = drafts.begin("sample", by="ann", now=NOW)
    drafts.save("sample", "new_one.form", "{}", stamp="", by="ann", now=NOW)
    with pytest.raises(DraftIsStale, match=r"There is a file new_one\.form already"):
        drafts.save("sample", "new_one.form", "{ }", stamp="", by="bob", now=NOW)
    for name in ("New.form", "a/b.form", "../x.form", "x.py", "x.form\n", ".form"):
        with pytest.raises(Invalid, match="A file's name"):
            drafts.save("sample", name, "{}", stamp="", by="ann", now=NOW)
    drafts.remove("sample", "new_one.form", stamp=stamp_of("{}"), by="ann", now=NOW)
    drafts.remove("sample", "new_one.form", stamp=stamp_of("{}"), by="ann", now=NOW)
    assert drafts.get("sample").files == FILES
    assert kinds(drafts, draft.id) == ["begun", "added", "removed"]


def test_a_draft_with_problems_is_saved_and_not_proposed(drafts: Drafts) -> None:
    drafts.begin("sample", by="ann", now=NOW)
    change(drafts, text="{")
    with pytest.raises(ReleaseInvalid, match="Line 1, column 2"):
        drafts.propose("sample", digest=drafts.get("sample").digest, reason="Better", by="ann", now=NOW)
    assert drafts.get("sample").status == "open"


def test_a_draft_that_changes_nothing_and_one_without_a_reason_are_not_proposed(drafts: Drafts) -> None:
    draft = drafts.begin("sample", by="ann", now=NOW)
    with pytest.raises(DraftHasMovedOn, match="nothing to propose"):
        drafts.propose("sample", digest=draft.digest, reason="Better", by="ann", now=NOW)
    change(drafts)
    for reason in ("", "  \n", "x" * 2001):
        with pytest.raises(ReasonMissing):
            drafts.propose("sample", digest=drafts.get("sample").digest, reason=reason, by="ann", now=NOW)


def test_the_same_proposal_twice_is_one(drafts: Drafts) -> None:
    digest = proposed(drafts)
    drafts.propose("sample", digest=digest, reason="Better", by="ann", now=NOW)
    assert kinds(drafts, drafts.get("sample").id) == ["begun", "saved", "proposed"]


def test_a_change_withdraws_the_proposal_and_what_was_seen_before_cannot_be_approved(drafts: Drafts) -> None:
    digest = proposed(drafts)
    change(drafts, by="eve", text=form("answer", "text", "when:datetime", "other"))
    draft = drafts.get("sample")
    assert (draft.status, draft.proposed_by) == ("open", "")
    assert kinds(drafts, draft.id)[-2:] == ["saved", "withdrawn"]
    with pytest.raises(DraftHasMovedOn, match="was changed after"):
        drafts.approve("sample", digest=digest, by="bob", now=NOW)
    with pytest.raises(DraftHasMovedOn, match="not proposed"):
        drafts.approve("sample", digest=draft.digest, by="bob", now=NOW)


def test_a_proposal_is_sent_back_with_a_reason_or_taken_back(drafts: Drafts) -> None:
    digest = proposed(drafts)
    with pytest.raises(ReasonMissing):
        drafts.send_back("sample", digest=digest, reason="", by="bob", now=NOW)
    drafts.send_back("sample", digest=digest, reason="The hint is unclear.", by="bob", now=NOW)
    draft = drafts.get("sample")
    drafts.propose("sample", digest=digest, reason="It is clear.", by="ann", now=NOW)
    drafts.send_back("sample", digest=digest, reason="I was wrong.", by="ann", now=NOW)
    assert kinds(drafts, draft.id)[2:] == ["proposed", "sent_back", "proposed", "withdrawn"]


def test_a_release_that_came_in_between_stops_the_approval_until_it_is_proposed_anew(
    cases: Cases, drafts: Drafts
) -> None:
    digest = proposed(drafts)
    cases.publish({**FILES, "check.form": form("check", "verdict", "why")}, by="zoe", now=NOW)
    with pytest.raises(DraftHasMovedOn, match="Another release"):
        drafts.approve("sample", digest=digest, by="bob", now=NOW)
    drafts.send_back("sample", digest=digest, reason="Compare again", by="bob", now=NOW)
    drafts.propose("sample", digest=digest, reason="Compared", by="ann", now=NOW)
    assert drafts.approve("sample", digest=digest, by="bob", now=NOW).number == 3


def test_a_dropped_draft_makes_room_and_keeps_its_history(drafts: Drafts) -> None:
    draft = drafts.begin("sample", by="ann", now=NOW)
    with pytest.raises(ReasonMissing):
        drafts.drop("sample", digest=draft.digest, reason=" ", by="ann", now=NOW)
    drafts.drop("sample", digest=draft.digest, reason="Begun by mistake", by="ann", now=NOW)
    with pytest.raises(DraftNotFound):
        drafts.save("sample", "answer.form", "{}", stamp="", by="ann", now=NOW)
    assert drafts.begin("sample", by="bob", now=NOW).id != draft.id
    assert kinds(drafts, draft.id) == ["begun", "dropped"]


def at_once(*acts: object) -> list[str]:
    """Do things at the same moment; give how each of them ended, sorted."""
    ended: list[str] = []

    def run(act: object) -> None:
        try:
            act()  # type: ignore[operator]
            ended.append("done")
        except Refusal as refusal:
            ended.append(type(refusal).__name__)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(ended)


def test_of_two_who_begin_at_once_one_does(drafts: Drafts) -> None:
    begun = [lambda name=name: drafts.begin("sample", by=name, now=NOW) for name in ("ann", "bob")]
    assert at_once(*begun) == ["DraftIsOpen", "done"]


def test_of_two_who_save_the_same_file_at_once_one_does(drafts: Drafts) -> None:
    drafts.begin("sample", by="ann", now=NOW)
    stamp = stamp_of(FILES["answer.form"])
    saved = [
        lambda text=text: drafts.save("sample", "answer.form", text, stamp=stamp, by="ann", now=NOW)
        for text in ("{}", "[]")
    ]
    assert at_once(*saved) == ["DraftIsStale", "done"]


def test_an_approval_and_a_change_at_once_never_publish_what_was_not_proposed(drafts: Drafts) -> None:
    digest = proposed(drafts)
    ended = at_once(
        lambda: drafts.approve("sample", digest=digest, by="bob", now=NOW),
        lambda: change(drafts, by="eve", text="{}"),
    )
    newest = drafts.library.releases("sample")[0]
    assert (newest.number, newest.digest) == (2, digest) if "DraftHasMovedOn" not in ended else newest.number == 1


def test_whom_it_concerns_agrees_too_nobody_twice_and_anew_after_a_change(cases: Cases) -> None:
    drafts = Drafts(cases.library, check, roles=None, parties=lambda *_: ("care",), doubts=lambda *_: True)
    digest = proposed(drafts)
    with pytest.raises(AgreementMissing):
        drafts.approve("sample", digest=digest, by="bob", reason="Known", now=NOW)
    with pytest.raises(SamePersonTwice):
        drafts.agree("sample", "care", digest=digest, by="ann", now=NOW)
    with pytest.raises(DraftHasMovedOn):
        drafts.agree("sample", "health", digest=digest, by="cat", now=NOW)
    drafts.agree("sample", "care", digest=digest, by="cat", now=NOW)
    with pytest.raises(SamePersonTwice):
        drafts.approve("sample", digest=digest, by="cat", reason="Known", now=NOW)
    with pytest.raises(ReasonMissing):
        drafts.approve("sample", digest=digest, by="bob", now=NOW)
    drafts.send_back("sample", digest=digest, reason="Look again", by="bob", now=NOW)
    drafts.propose("sample", digest=digest, reason="Looked", by="ann", now=NOW)
    with pytest.raises(AgreementMissing):
        drafts.approve("sample", digest=digest, by="bob", reason="Known", now=NOW)
