"""A form of a draft as staff will see it; what is wrong stands at its question, even where the form could not be used."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from engine import forms
from engine.errors import Problem
from web.govuk import render_form


def preview(name: str, text: str | None, problems: Iterable[Problem]) -> tuple[str, Markup] | None:
    """Give a form's title and its questions, all of them shown; None where it is no form at all.

    `text` is what a guarded child could read of it (`workflows.draft_looks.shown_form`).
    """
    if text is None:
        return None
    wrong = [Problem(each.where.rpartition(".")[2], each.rule, each.sentence) for each in problems]
    form = forms.read(text, name)
    return form.title, render_form(form, {}, wrong, scope={})
