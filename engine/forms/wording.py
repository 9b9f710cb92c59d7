"""The sentences that say what is wrong with an answer, where the form gives none of its own.

The patterns are those of the GOV.UK Design System ("Error message"): what is missing is asked for with a verb, what is
wrong is named as the subject of the sentence.
"""

from __future__ import annotations

import re

from engine.forms.fields import CHOOSING, Field, Kind

_QUESTION = re.compile(
    r"(?P<ask>(?:when|where|who|how|why) )?"
    r"(?P<verb>was|were|is|are|has|have|had|will|can) "
    r"(?P<subject>(?:the|this|that|their|any) [a-z]+|they|he|she|you|there|anyone|anybody|someone) "
    r"(?P<rest>(?:(?:last|first|ever|still|now|already|also|been|be) )*"
    r"(?:[a-z]+(?:ed|en|ing|ound|own|eld|eft|ost|ent|een)|in|at|on|from|with|under|safe|any|likely)\b.*)\?",
    re.IGNORECASE,
)


def required_sentence(field: Field) -> str:
    """Say that there is no answer: "Enter when the child was last seen", "Select yes if the child was harmed"."""
    if field.error:
        return field.error
    if field.items is not None:
        least = field.items.least
        return f"Enter at least {f'{least} {field.items.plural}' if least > 1 else f'one {field.items.noun}'}"
    verb = "Select" if field.kind in CHOOSING else "Enter"
    if field.kind is Kind.CHECKBOX:
        return f"Select “{field.label}” to continue"
    if not field.label.endswith("?"):
        return f"{verb} {within_a_sentence(field.label)}"
    statement = _statement(field.label)
    if statement is None:
        return f"{verb} an answer to “{field.label}”"
    asks, words = statement
    if asks:
        return f"{verb} {words}"
    yes = next((choice.label for choice in field.choices if choice.label.lower() == "yes"), None)
    return f"Select yes if {words}" if yes else f"{verb} whether {words}"


def wrong_sentence(field: Field, ending: str) -> str:
    """Say what an answer must be: "Date of return must be a real date"."""
    subject = f"Your answer to “{field.label}”" if field.label.endswith("?") else field.label
    return f"{subject} {ending}"


def _statement(question: str) -> tuple[bool, str] | None:
    """Turn a plain question into words that fit behind a verb, and say whether it asks for more than yes or no."""
    found = _QUESTION.fullmatch(question)
    if found is None:
        return None
    words = f"{(found['ask'] or '').lower()}{found['subject'].lower()} {found['verb'].lower()} {found['rest']}"
    return bool(found["ask"]), words


def within_a_sentence(label: str) -> str:
    """Write the first letter small, but leave an abbreviation such as NHS as it is."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]
