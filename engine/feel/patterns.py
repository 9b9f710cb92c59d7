r"""Regular expressions as XPath writes them, translated for RE2, whose time is linear in the text (XPath F&O 3.1, 5.6.1).

What RE2 cannot do in linear time, above all a reference back to a group, is refused in a sentence. So is what XPath does
not know, such as ``\b`` or a look ahead: a pattern means the same here as in any other reader of FEEL, or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple

import re2

from engine.feel.budget import Unusable

PATTERN_AT_MOST = 1_000
"""Characters of a pattern."""
PROGRAM_AT_MOST = 20_000
"""Instructions of a translated pattern: ``(a{900}){900}`` has too many."""
_NESTED_AT_MOST = 40
_MEMORY = 4 << 20
_LAST = 0x10FFFF

Interval = tuple[int, int]

_SPACE: tuple[Interval, ...] = ((9, 10), (13, 13), (32, 32))
_INITIAL: tuple[Interval, ...] = (
    (58, 58), (65, 90), (95, 95), (97, 122), (0xC0, 0xD6), (0xD8, 0xF6), (0xF8, 0x2FF), (0x370, 0x37D),
    (0x37F, 0x1FFF), (0x200C, 0x200D), (0x2070, 0x218F), (0x2C00, 0x2FEF), (0x3001, 0xD7FF), (0xF900, 0xFDCF),
    (0xFDF0, 0xFFFD), (0x10000, 0xEFFFF),
)  # fmt: skip
_NAME = (*_INITIAL, (45, 46), (48, 57), (0xB7, 0xB7), (0x300, 0x36F), (0x203F, 0x2040))
_SETS = {"s": _SPACE, "i": _INITIAL, "c": _NAME}
_CATEGORIES = {"d": (r"\p{Nd}", r"\P{Nd}"), "w": (r"\p{L}\p{M}\p{N}\p{S}", r"\p{P}\p{Z}\p{C}")}
_KNOWN_CATEGORIES = frozenset(
    kind + part
    for kind, parts in {
        "L": "ultmo",
        "M": "nce",
        "N": "dlo",
        "P": "cdseifo",
        "Z": "slp",
        "S": "mcko",
        "C": "cfo",
    }.items()
    for part in ("", *parts)
)
_BLOCKS: dict[str, Interval] = {
    "BasicLatin": (0, 0x7F), "Latin-1Supplement": (0x80, 0xFF), "LatinExtended-A": (0x100, 0x17F),
    "LatinExtended-B": (0x180, 0x24F), "IPAExtensions": (0x250, 0x2AF), "SpacingModifierLetters": (0x2B0, 0x2FF),
    "CombiningDiacriticalMarks": (0x300, 0x36F), "Greek": (0x370, 0x3FF), "GreekandCoptic": (0x370, 0x3FF),
    "Cyrillic": (0x400, 0x4FF), "Armenian": (0x530, 0x58F), "Hebrew": (0x590, 0x5FF), "Arabic": (0x600, 0x6FF),
    "Devanagari": (0x900, 0x97F), "Bengali": (0x980, 0x9FF), "Thai": (0xE00, 0xE7F), "Georgian": (0x10A0, 0x10FF),
    "LatinExtendedAdditional": (0x1E00, 0x1EFF), "GreekExtended": (0x1F00, 0x1FFF),
    "GeneralPunctuation": (0x2000, 0x206F), "CurrencySymbols": (0x20A0, 0x20CF), "Arrows": (0x2190, 0x21FF),
    "MathematicalOperators": (0x2200, 0x22FF), "BoxDrawing": (0x2500, 0x257F), "Hiragana": (0x3040, 0x309F),
    "Katakana": (0x30A0, 0x30FF), "CJKUnifiedIdeographs": (0x4E00, 0x9FFF), "HangulSyllables": (0xAC00, 0xD7A3),
}  # fmt: skip
_SINGLE = {"n": 10, "r": 13, "t": 9} | {sign: ord(sign) for sign in "\\|.?*+(){}-[]^$"}
_SPECIAL = frozenset("\\.?*+()|[]{}^$")


class UnusablePattern(Unusable):
    """The pattern, its flags or the replacement cannot be used; the message is a sentence."""


class Pattern(NamedTuple):
    """A translated pattern: RE2's own, how many groups it has, and its cost for each character of a text."""

    compiled: Any
    groups: int
    cost: int


def _rendered(intervals: Iterable[Interval]) -> str:
    return "".join(f"\\x{{{low:x}}}-\\x{{{high:x}}}" for low, high in intervals)


def _without(intervals: Iterable[Interval], taken: Iterable[Interval]) -> list[Interval]:
    """Take the second set of characters from the first."""
    left = list(intervals)
    for low, high in taken:
        left = [
            part
            for first, last in left
            for part in ((first, min(last, low - 1)), (max(first, high + 1), last))
            if part[0] <= part[1]
        ]
    return left


def _literal(sign: str) -> str:
    return sign if sign.isascii() and sign.isalnum() else f"\\x{{{ord(sign):x}}}"


class _Reader:
    """Reads one pattern strictly and writes it for RE2."""

    def __init__(self, pattern: str, flags: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.groups = 0
        self.nested = 0
        self.dot = "(?s:.)" if "s" in flags else r"[^\n\r]"
        self.end = "$" if "m" in flags else r"\z"

    def fail(self, what: str) -> UnusablePattern:
        return UnusablePattern(f"The pattern is not usable at character {self.at + 1}: {what}.")

    def sees(self, signs: str) -> bool:
        return self.pattern.startswith(signs, self.at)

    def take(self, signs: str) -> bool:
        found = self.sees(signs)
        self.at += len(signs) if found else 0
        return found

    def sign(self) -> str:
        if self.at >= len(self.pattern):
            raise self.fail("it ends too early")
        self.at += 1
        return self.pattern[self.at - 1]

    def whole(self) -> str:
        written = self.branches()
        if self.at < len(self.pattern):
            raise self.fail("a ')' has no '('")
        return written

    def branches(self) -> str:
        self.nested += 1
        if self.nested > _NESTED_AT_MOST:
            raise self.fail("the brackets are nested too deeply")
        made = [self.branch()]
        while self.take("|"):
            made.append(self.branch())
        self.nested -= 1
        return "|".join(made)

    def branch(self) -> str:
        made: list[str] = []
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            made.append(self.atom() + self.quantifier())
        return "".join(made)

    def atom(self) -> str:
        sign = self.sign()
        read: Callable[[], str] | None = {"(": self.group, "[": self.bracket, "\\": self.escape}.get(sign)
        if read is not None:
            return read()
        if sign in {".", "^", "$"}:
            return {".": self.dot, "^": "^", "$": self.end}[sign]
        if sign in _SPECIAL:
            self.at -= 1
            raise self.fail(f"'{sign}' stands alone")
        return _literal(sign)

    def group(self) -> str:
        kept = not self.take("?:")
        if kept and self.sees("?"):
            raise self.fail("only '(?:' may begin with a question mark")
        self.groups += kept
        inside = self.branches()
        if not self.take(")"):
            raise self.fail("a ')' is missing")
        return f"({'' if kept else '?:'}{inside})"

    def quantifier(self) -> str:
        made = next((each for each in ("?", "*", "+") if self.take(each)), "")
        if not made and self.take("{"):
            made = f"{{{self.bounds()}}}"
        return made + ("?" if made and self.take("?") else "")

    def bounds(self) -> str:
        body, closed, _ = self.pattern[self.at :].partition("}")
        low, comma, high = body.partition(",")
        fits = low.isascii() and low.isdigit() and (not high or (high.isascii() and high.isdigit()))
        if not closed or not fits or len(body) > 9 or (high and int(high) < int(low)):
            raise self.fail("a repetition is {n}, {n,} or {n,m}")
        if max(int(low), int(high or 0)) > 1_000:
            raise self.fail("a repetition of more than 1000 times is too large")
        self.at += len(body) + 1
        return f"{int(low)}{comma}{int(high) if high else ''}"

    def escape(self) -> str:
        sign = self.sign()
        if sign in _SINGLE:
            return f"\\x{{{_SINGLE[sign]:x}}}"
        if sign.isdigit():
            raise self.fail("it refers back to a group, which takes more than linear time")
        return f"[{self.category(sign)}]"

    def category(self, sign: str) -> str:
        """Write an escape that stands for many characters as it stands in square brackets."""
        lower, negated = sign.lower(), sign.isupper()
        if lower in _CATEGORIES:
            return _CATEGORIES[lower][negated]
        if lower in _SETS:
            return _rendered(_without([(0, _LAST)], _SETS[lower]) if negated else _SETS[lower])
        if lower == "p" and self.take("{"):
            name, closed, _ = self.pattern[self.at :].partition("}")
            if closed and name in _KNOWN_CATEGORIES:
                self.at += len(name) + 1
                return f"\\{sign}{{{name}}}"
            block = _BLOCKS.get(name.removeprefix("Is")) if closed and name.startswith("Is") else None
            if block is not None:
                self.at += len(name) + 1
                return _rendered(_without([(0, _LAST)], [block]) if negated else [block])
            raise self.fail("this category or block of characters is not known")
        raise self.fail(f"'\\{sign}' has no meaning")

    # ------------------------------------------------------------------------------------ square brackets

    def bracket(self) -> str:
        """Write ``[a-z]``, ``[^a]``, ``[A-Z-[OI]]``."""
        negated, intervals, categories = self.members()
        if not self.sees("-["):
            if not self.take("]"):
                raise self.fail("a ']' is missing")
            return f"[{'^' if negated else ''}{_rendered(intervals)}{categories}]"
        self.at += 2
        taken = self.taken()
        if not self.take("]"):
            raise self.fail("a ']' is missing")
        if categories:
            raise self.fail("characters can be taken from single characters and ranges only")
        left = _without(_without([(0, _LAST)], intervals) if negated else intervals, taken)
        return f"[{_rendered(left)}]" if left else r"[^\x{0}-\x{10ffff}]"

    def taken(self) -> list[Interval]:
        negated, intervals, categories = self.members()
        if categories or not self.take("]"):
            raise self.fail("only single characters and ranges can be taken away")
        return _without([(0, _LAST)], intervals) if negated else intervals

    def members(self) -> tuple[bool, list[Interval], str]:
        negated = self.take("^")
        intervals: list[Interval] = []
        categories = ""
        begins = self.at
        while not self.sees("]") and not self.sees("-["):
            low = self.member()
            if isinstance(low, str):
                categories += low
                continue
            high = low
            if self.sees("-") and not self.sees("-]") and not self.sees("-["):
                self.at += 1
                end = self.member()
                if isinstance(end, str) or end < low:
                    raise self.fail("the range runs backwards or ends in no character")
                high = end
            intervals.append((low, high))
        if self.at == begins:
            raise self.fail("square brackets must hold something")
        return negated, intervals, categories

    def member(self) -> int | str:
        sign = self.sign()
        if sign == "[":
            raise self.fail("'[' in square brackets is written '\\['")
        if sign != "\\":
            return ord(sign)
        sign = self.sign()
        if sign in _SINGLE:
            return _SINGLE[sign]
        if sign == "s":
            return _rendered(_SPACE)
        return self.category(sign)


def _without_space(pattern: str) -> str:
    """Take the white space out of a pattern with the flag ``x``; in square brackets it stays."""
    made: list[str] = []
    depth = 0
    escaped = False
    for sign in pattern:
        if not escaped:
            depth += {"[": 1, "]": -1}.get(sign, 0)
        if depth > 0 or sign not in " \t\n\r":
            made.append(sign)
            escaped = sign == "\\" and not escaped
    return "".join(made)


@lru_cache(maxsize=512)
def translate(pattern: str, flags: str) -> Pattern:
    """Give RE2's pattern for XPath's, with its flags of ``s``, ``m``, ``i``, ``x`` and ``q``; raises UnusablePattern."""
    if len(pattern) > PATTERN_AT_MOST:
        raise UnusablePattern(f"A pattern has at most {PATTERN_AT_MOST} characters.")
    if not set(flags) <= set("smixq"):
        raise UnusablePattern("The flags of a pattern are s, m, i, x and q.")
    groups = 0
    if "q" in flags:
        written = "".join(map(_literal, pattern))
    else:
        reader = _Reader(_without_space(pattern) if "x" in flags else pattern, flags)
        written, groups = reader.whole(), reader.groups
    marks = "".join(flag for flag in "im" if flag in flags)
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    try:
        compiled = re2.compile(f"(?{marks}){written}" if marks else written, options)
    except re2.error:
        raise UnusablePattern("The pattern is too large.") from None
    cost = int(compiled.programsize)
    if cost > PROGRAM_AT_MOST:
        raise UnusablePattern("The pattern is too large.")
    return Pattern(compiled, groups, cost)


def replacement(text: str, groups: int) -> list[str | int]:
    r"""Read a replacement: texts, and the numbers of groups that ``$1`` names; ``\$`` is a dollar, ``\\`` a backslash."""
    parts: list[str | int] = []
    at = 0
    while at < len(text):
        sign, after = text[at], text[at + 1 : at + 2]
        if sign == "\\":
            if after not in {"$", "\\"} or not after:
                raise UnusablePattern("In a replacement a backslash stands before '$' or another backslash only.")
            parts.append(after)
            at += 2
        elif sign == "$":
            digits = at + 1
            while (
                digits < len(text)
                and text[digits] in "0123456789"
                and (digits == at + 1 or int(text[at + 1 : digits + 1]) <= groups)
            ):
                digits += 1
            if digits == at + 1:
                raise UnusablePattern("In a replacement '$' stands before the number of a group only.")
            parts.append(int(text[at + 1 : digits]))
            at = digits
        else:
            parts.append(sign)
            at += 1
    return parts
