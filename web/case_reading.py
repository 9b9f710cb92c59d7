"""A case read for a page: as far as the reader's data classes go, in words; that it was read is written down first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from engine.frozen import frozen
from engine.model import Actor
from engine.release import Compiled
from engine.store import reading
from engine.views import CaseView
from web import attachment_words, case_words, comment_words, correction_words, disclosure_words, episode_words
from web.disclosure_words import Given
from web.services import services
from workflows import children, comments, episodes
from workflows.episodes import Episode


@frozen
class CaseRead:
    """A case with its release, its episode and child where it has them, what was given of it, and `told`: everything in words.

    `names` are those of everybody involved, by sign-in name; `told` holds the files and comments too.
    """

    view: CaseView
    release: Compiled
    episode: Episode | None
    child_id: str | None
    given: Given
    names: Mapping[str, str]
    told: Mapping[str, object]


def read(case_id: str, who: Actor, classes: frozenset[str], *, purpose: str, now: datetime) -> CaseRead:
    """Read a case for a person who may read these data classes of it."""
    here = services()
    view = here.cases.case(case_id, classes=classes, by=who, purpose=purpose, now=now)
    release = here.cases.release_of(case_id)
    with reading(here.engine) as connection:
        episode = episodes.find(connection, case_id)
        child_id = children.child_of(connection, case_id)
        files, beside = attachment_words.lines(connection, case_id, classes)
        said, unsaid = comment_words.lines(connection, comments.of_case(connection, case_id), classes, who.person)
        given = disclosure_words.read(connection, {case_id, child_id or case_id}, who.roles)
        names = episode_words.names_of(connection, case_words.involved(view.timeline) | given.people)
    changes = correction_words.changes(here.engine, release, view, classes)
    told = case_words.describe(
        view, episode, release, names, who=who, now=now, classes=classes, changes=changes, beside=beside | unsaid
    )
    return CaseRead(view, release, episode, child_id, given, names, told | {"files": files, "said": said})
