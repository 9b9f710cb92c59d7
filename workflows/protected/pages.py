"""What the page of a protected step must ask."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta

from engine.errors import AnswersInvalid
from engine.forms import Form
from engine.forms.fields import Field
from engine.model import Value
from engine.release import Compiled
from workflows.protected.findings import ANCHOR, Check, Finding, name_of, scope_of


def must_be_said(task: str, key: str, beside: Mapping[str, Value] | None = None) -> Check:
    """A step's page is refused without this answer, whatever stands beside it in the page."""

    def checked(release: Compiled) -> Iterator[Finding]:
        if key not in _wrong(release, task, beside or {}):
            yield (
                task,
                f"The page of “{name_of(release, task)}” must ask for an answer to “{_label(release, task, key)}”",
            )

    return checked


def never_later(task: str, key: str, beside: Sequence[str] = ()) -> Check:
    """A moment that a clock counts from cannot be said before it has come; those in `beside` are said to be now."""

    def checked(release: Compiled) -> Iterator[Finding]:
        if key not in _wrong(release, task, {**dict.fromkeys(beside, ANCHOR), key: ANCHOR + timedelta(hours=1)}):
            yield (
                task,
                f"The page of “{name_of(release, task)}” must refuse a time in the future for “{_label(release, task, key)}”",
            )

    return checked


def by_hand(task: str, key: str) -> Check:
    """Nobody answered a question before the page was opened."""

    def checked(release: Compiled) -> Iterator[Finding]:
        field = _field(release, task, key)
        if field is not None and field.prefill is not None:
            yield task, f"“{_label(release, task, key)}” may not be filled in beforehand"

    return checked


def says_yes(task: str, key: str) -> Check:
    """A yes is stored where somebody chose a yes, and nobody chose it for them."""

    def checked(release: Compiled) -> Iterator[Finding]:
        field = _field(release, task, key)
        offered = () if field is None else field.choices
        plain = all((choice.value == "yes") == choice.label.startswith("Yes") for choice in offered)
        if field is None or not plain or field.prefill is not None or field.choices_from is not None:
            yield (
                task,
                f"Of “{_label(release, task, key)}” the answer yes, and no other, must begin with “Yes” and be chosen by hand",
            )

    return checked


def offers_only(task: str, key: str, allowed: Collection[str]) -> Check:
    """A question offers no other answers than these."""

    def checked(release: Compiled) -> Iterator[Finding]:
        field = _field(release, task, key)
        offered = () if field is None else field.choices
        more = [choice.label for choice in offered if choice.value not in allowed]
        if more or field is None or field.choices_from is not None:
            named = ", ".join(f"“{label}”" for label in more) or "More"
            yield task, f"{named} cannot be an answer to “{_label(release, task, key)}”"

    return checked


def _form(release: Compiled, task: str) -> Form | None:
    return release.forms.get(release.nodes[task].form)


def _field(release: Compiled, task: str, key: str) -> Field | None:
    form = _form(release, task)
    return None if form is None else next((each for each in form.fields if each.key == key), None)


def _label(release: Compiled, task: str, key: str) -> str:
    field = _field(release, task, key)
    return key if field is None else field.label


def _wrong(release: Compiled, task: str, answers: Mapping[str, Value]) -> set[str]:
    """Give the questions at which a page with some answers is refused."""
    form = _form(release, task)
    if form is None:
        return set()
    try:
        form.load(form.as_raw(answers), scope=scope_of(release, {}), now=ANCHOR)
    except AnswersInvalid as refusal:
        return {problem.where.rpartition(".")[2] for problem in refusal.problems}
    return set()
