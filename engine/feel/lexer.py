"""Cuts the text of an expression into tokens, each with its place."""

from __future__ import annotations

import re
from decimal import Decimal

from engine.feel.budget import FeelSyntaxError
from engine.feel.values import DECIMAL, EXACT
from engine.frozen import frozen

CHARACTERS_AT_MOST = 20_000
"""An expression that is longer is refused before it is read."""

_LETTER = r"A-Za-z_\u00c0-\u1fff\u200c\u200d\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufffd\U00010000-\U000effff"
_MORE = rf"{_LETTER}0-9\u00b7\u0300-\u036f\u203f-\u2040"
_PATTERN = re.compile(
    r"(?P<space>(?:\s|//[^\n]*|/\*(?:[^*]|\*(?!/))*\*/)+)"
    r"|(?P<number>(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)"
    r'|(?P<string>"(?:[^"\\]|\\.)*")'
    rf"|(?P<name>[{_LETTER}?][{_MORE}]*(?:'[{_LETTER}][{_MORE}]*)*)"
    r"|(?P<symbol>\*\*|\.\.|!=|<=|>=|->|[-+*/=<>()\[\]{},.:@])",
    re.DOTALL,
)
_ESCAPE = re.compile(
    r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})"
    r"|\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{6})|\\(.)",
    re.DOTALL,
)
_PLAIN = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "'": "'", "\\": "\\"}


@frozen
class Token:
    """A piece of the text: `kind` is ``number``, ``string``, ``name``, ``symbol`` or ``end``; `at` counts from 0."""

    kind: str
    text: str
    at: int
    end: int

    def __str__(self) -> str:
        """Name the token in a refusal."""
        return "the end of the expression" if self.kind == "end" else f"'{self.text}'"


def tokens(text: str) -> list[Token]:
    """Cut the text; raises FeelSyntaxError at the first sign that is not FEEL."""
    if len(text) > CHARACTERS_AT_MOST:
        raise FeelSyntaxError(text, 0, f"An expression has at most {CHARACTERS_AT_MOST} characters.")
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _PATTERN.match(text, at)
        if match is None:
            raise FeelSyntaxError(text, at, _complaint(text, at))
        if match.lastgroup != "space":
            found.append(Token(str(match.lastgroup), match.group(), at, match.end()))
        at = match.end()
    found.append(Token("end", "", at, at))
    return found


def _complaint(text: str, at: int) -> str:
    if text[at] == '"':
        return "This text in quotation marks has no closing quotation mark."
    if text.startswith("/*", at):
        return "This comment has no closing */."
    hint = " Texts stand in straight double quotation marks." if text[at] in "'\u201c\u201d\u2018\u2019" else ""
    return f"The sign {text[at]!r} has no meaning here.{hint}"


def number(text: str) -> int | Decimal:
    """Read a number exactly: an int where it is whole and short, else a Decimal of 34 digits."""
    if text.isdigit() and len(text) <= 34:
        return int(text)
    value = DECIMAL.create_decimal(text)
    return int(value) if value == value.to_integral_value() and abs(value) < EXACT else value


def string(text: str) -> str:
    r"""Read a literal with its quotation marks: ``\n``, ``\"``, ``\u00e9``, ``\U01F40E``; other escapes stay as typed."""
    return _ESCAPE.sub(_unescape, text[1:-1]) if "\\" in text else text[1:-1]


def _unescape(match: re.Match[str]) -> str:
    high, low, short, long, sign = match.groups()
    if high:
        return chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + int(low, 16) - 0xDC00)
    if short or long:
        code = int(short or long, 16)
        return chr(code) if code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else match.group()
    return _PLAIN.get(sign, match.group())
