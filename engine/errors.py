"""The five kinds of refusal: each says who can put the matter right.

`web` maps the kind to a status and never looks at the leaf; the leaf says what happened, in a sentence made of facts.
Anything that is not a `Refusal` is a bug: it is logged, rolled back and answered with 500.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable

from engine.frozen import frozen


@frozen
class Problem:
    """One thing that is wrong, at one place, in one sentence.

    `where` is what a person can find: an element id, a field key or a file name. `rule` names the rule in words with
    hyphens, for example ``timer-without-definition``. `sentence` says what is wrong and how to put it right.
    """

    where: str
    rule: str
    sentence: str

    def __str__(self) -> str:
        """Give the problem as one line of text."""
        return f"{self.where}: {self.sentence}"


def did_you_mean(name: str, known: Collection[str], *, least: float = 0.6) -> str:
    """Give the end of a sentence that names what was probably meant, "" where nothing is as near as `least` (of 1)."""
    near = difflib.get_close_matches(name, sorted(known), 1, least)
    return f" Did you mean {near[0]}?" if near else ""


class Refusal(Exception):
    """What was asked is refused; the message is a sentence that may be shown to the person who asked."""


class NotFound(Refusal):
    """There is no such thing, or this person may not know that it exists (404)."""


class NotAllowed(Refusal):
    """Someone else may do this (403)."""


class Conflict(Refusal):
    """The same person may do this after reading again (409)."""


class Unavailable(Refusal):
    """Time puts this right (503)."""


class Invalid(Refusal):
    """The same person puts this right by changing what was sent (422); all problems are given at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep the problems in the order in which they were found."""
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class AnswersInvalid(Invalid):
    """The answers of a form do not pass its checks: one problem per wrong field."""


class ReleaseInvalid(Invalid):
    """The files of a procedure cannot be published as they are."""


class CaseNotFound(NotFound):
    """No case has this reference."""


class TaskNotFound(NotFound):
    """No task has this id."""


class FactNotFound(NotFound):
    """Nothing was recorded under this name."""


class ReasonMissing(Invalid):
    """What is put right needs a reason."""


class CannotMend(Invalid):
    """What an operator asked for would not carry the case on, or would lose a token."""


class CaseHeldUp(Unavailable):
    """A step of the case has failed; nothing was changed, and the operators have been told."""


class CaseIsBusy(Unavailable):
    """Somebody else, or a clock, is writing this case at the same moment."""


class IncidentNotFound(NotFound):
    """There is no such incident."""


class IncidentSettled(Conflict):
    """Somebody has dealt with the incident."""


class NotYourTask(NotAllowed):
    """The task belongs to another role."""


class SamePersonTwice(NotAllowed):
    """A second person is needed here, and this is the first one."""


class TaskAlreadyCompleted(Conflict):
    """Somebody has done the task."""


class TaskNoLongerOpen(Conflict):
    """The case moved on and the task is not wanted any more."""


class PageIsStale(Conflict):
    """The fields that this page writes have changed since it was shown."""


class CaseIsClosed(Conflict):
    """The case has ended."""


class CaseIsErased(Conflict):
    """What the case held was erased; its log and a tombstone stay."""


class DraftNotFound(NotFound):
    """There is no draft of this procedure."""


class DraftIsOpen(Conflict):
    """A procedure has one draft at a time, and there is one."""


class DraftIsStale(Conflict):
    """Somebody else has changed the file since it was opened."""


class AgreementMissing(Conflict):
    """Somebody whom a change concerns has not agreed to it."""


class DraftHasMovedOn(Conflict):
    """The draft, or the release behind it, is not the one that was looked at."""
